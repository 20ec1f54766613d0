"""Rounding of weights that are stored alone: activations stay float, so both networks walk in float32."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.data.dataset import DataSet
from core.data.splits import take
from core.errors import UserError
from core.jobs import Job
from core.methods.quantize.bias_correction import mean_output
from core.methods.quantize.calibrate import Chunk, Mean
from core.methods.quantize.formats import Stored, Weight
from core.methods.quantize.formats.stored import Codes, Integers
from core.methods.quantize.rounding.curvature import Halves
from core.methods.quantize.rounding.grid import Array64, Grid, Ints, Levels, Uniform
from core.methods.quantize.rounding.layers import LayerView
from core.methods.quantize.rounding.rounder import Rounder, RoundingSettings, Rows
from core.methods.recover.linear import Linear, linear_of, sample
from core.model.facts import Array, infer
from core.model.masks import numbers
from core.model.model import Model
from core.model.weight_functions import levels

_BATCH = 16
Encode = Callable[[Array], Stored]


@dataclass(frozen=True)
class Item:
    """One weight to be stored: ``stored`` as it is rounded now, ``encode`` stores other numbers of its shape."""

    weight: Weight
    stored: Stored
    encode: Encode


@dataclass(frozen=True)
class Rounded:
    """``model``: the float network with corrected biases. ``stored``: by initializer. ``biases``: how many moved."""

    model: Model
    stored: Mapping[str, Stored]
    biases: int


@dataclass(frozen=True)
class WeightsOnly:
    """What is done to each layer; ``rounder``: None leaves weights as they are stored."""

    rounder: Rounder | None
    settings: RoundingSettings
    correct: bool
    seed: int = 0
    threads: int = 1


def round_weights(model: Model, items: Sequence[Item], data: DataSet, how: WeightsOnly, job: Job) -> Rounded:
    """Round the weights of ``model`` layer by layer, each on what the layers before it now give, then its bias.

    Layers that are no Conv, Gemm or MatMul keep what is stored. Raises UserError where there are no items.
    """
    from core.data.feed import batches

    data = take(data, how.settings.rounding_items, how.seed)
    chunks = [Chunk(b.feed, b.count) for b in batches(data, model, _BATCH)]
    if not chunks:
        raise UserError("There are no items to round weights with.", "Attach a data set with more items.")
    return _WeightsOnly(model, items, chunks, how, job).run()


class _WeightsOnly:
    """The walk: one network with float weights, one with those that are stored."""

    def __init__(
        self, model: Model, items: Sequence[Item], chunks: Sequence[Chunk], how: WeightsOnly, job: Job
    ) -> None:
        from core.execute.walk import Walk

        self._model, self._chunks, self._how, self._job = model, chunks, how, job
        self._float, self._new = (Walk(model, [c.feed for c in chunks], how.threads) for _ in range(2))
        facts = infer(model)
        layers = {n.name: linear_of(model, n, facts) for n in model.nodes() if n.op_type in ("Conv", "Gemm", "MatMul")}
        self._items = [(item, layers.get(item.weight.layer, "")) for item in items]
        self._stored = {item.weight.tensor: item.stored for item in items}
        self._biases: dict[str, Array] = {}

    def run(self) -> Rounded:
        todo = [(i, linear) for i, linear in self._items if isinstance(linear, Linear)]
        for item, linear in self._items:
            if not isinstance(linear, Linear):
                self._new.set_weight(item.weight.tensor, item.stored.values())
        places = [self._float.index_of(linear.result) for _, linear in todo]
        for k, (item, linear) in enumerate(self._job.track(todo, len(todo), "Rounding weights")):
            self._layer(item, linear, places[k], min(places[k + 1 :], default=places[k]))
        return Rounded(self._with_biases(), self._stored, len(self._biases))

    def _layer(self, item: Item, linear: Linear, place: int, hold: int) -> None:
        name, array = item.weight.tensor, numbers(self._model, item.weight.tensor)
        correct = self._how.correct and linear.shift is not None and linear.node.op_type != "MatMul"
        view = LayerView.of(linear.node, array.shape)
        halves, mean, float_mean = Halves(), Mean(), Mean()
        values = zip(
            self._chunks, self._new.visit(linear.source, place), self._float.visit(linear.source, hold), strict=True
        )
        for k, (chunk, x, wanted) in enumerate(values):
            if self._how.rounder is not None:
                places = self._places(view, x, chunk, (self._how.seed, place, k))
                halves.add(view.inputs(x, places), view.inputs(wanted, places))
            if correct:
                mean.add(chunk.real(x))
                float_mean.add(chunk.real(wanted))
            self._job.check()
        if self._how.rounder is not None:
            self._stored[name] = self._rounded(item, view, array, halves, correct)
        new = self._stored[name].values()
        self._new.set_weight(name, new)
        if correct:
            shift = mean_output(linear.node, new, mean.value()) - mean_output(linear.node, array, float_mean.value())
            self._move_bias(linear, shift)

    def _rounded(self, item: Item, view: LayerView, array: Array, halves: Halves, correct: bool) -> Stored:
        rounder = self._how.rounder
        assert rounder is not None, "asked before"
        free = np.asarray(view.split(array) != 0) if item.weight.masked else None
        target, moments = halves.target(view.split(array), correct)
        wanted = view.join(target if free is None else target * free).astype(np.float32)
        stored = item.encode(wanted)
        grid = grid_of(stored, view)
        if grid is None:  # numbers that are hardly rounded: float16
            return item.stored
        rows = Rows(target, moments.own, grid, free, self._how.threads, self._job)
        return stored_as(stored, view.join(rounder.round(rows, self._how.settings)))

    def _places(self, view: LayerView, x: Array, chunk: Chunk, seed: tuple[int, ...]) -> Ints:
        size = next(iter(chunk.feed.values())).shape[0]
        each = self._how.settings.rounding_places
        return sample(np.random.default_rng(seed), view.linear.rows(x.shape), size, chunk.count, each)

    def _move_bias(self, linear: Linear, shift: Array64) -> None:
        assert linear.shift is not None, "asked before"
        name = linear.shift.name
        old = self._biases.get(name)
        old = numbers(self._model, name) if old is None else old
        moved = np.asarray(old, np.float64) - linear.shift.sign * shift.reshape(old.shape)
        self._biases[name] = moved.astype(old.dtype)
        self._new.set_weight(name, self._biases[name])

    def _with_biases(self) -> Model:
        import onnx_ir as ir

        new = self._model.clone()
        for name, array in self._biases.items():
            new.graph.graph.initializers[name].const_value = ir.tensor(array, name=name)
        return new.with_graph(new.graph)


def grid_of(stored: Stored, view: LayerView) -> Grid | None:
    """The numbers that a stored weight can have; None for a format that hardly rounds (float16)."""
    if isinstance(stored, Integers):
        scale = view.split(_spread(stored, stored.scale), fill=1.0)
        if stored.zero is None:
            return Uniform.symmetric(scale, stored.dtype.bitwidth)
        top = 2**stored.dtype.bitwidth - 1
        return Uniform(scale, 0, top, view.split(_spread(stored, stored.zero)))
    if isinstance(stored, Codes):
        one = np.ones((1, 1, 1))
        scale = one if stored.scale is None else view.split(_spread(stored, stored.scale), fill=1.0)
        return Levels(_levels(stored)[0], scale)
    return None


def stored_as(stored: Stored, values: Array64) -> Stored:
    """The same format with other ``values`` on its grid, in the weight's shape."""
    if isinstance(stored, Integers):
        zero = 0.0 if stored.zero is None else _spread(stored, stored.zero)
        steps = np.rint(values / _spread(stored, stored.scale) + zero)
        return replace(stored, q=steps.astype(stored.q.dtype))
    assert isinstance(stored, Codes), "grid_of() knows no other"
    found, codes = _levels(stored)
    plain = values if stored.scale is None else values / _spread(stored, stored.scale)
    middle = (found[1:] + found[:-1]) / 2
    return replace(stored, codes=codes[np.searchsorted(middle, plain)].astype(stored.codes.dtype))


def _spread(stored: Integers | Codes, of_blocks: Array) -> Array64:
    """One number a block as an array of the weight's shape."""
    blocks = stored.blocks
    assert blocks is not None, "a codebook has no scales"
    like = blocks.rows(np.zeros(blocks.shape, np.float64))
    return np.asarray(blocks.join(like + np.asarray(of_blocks, np.float64).reshape(-1, 1)))


def _levels(stored: Codes) -> tuple[Array64, Ints]:
    """Ascending numbers of the codes, without their scale, and the first code of each."""
    table = stored.table if stored.table is not None else levels(stored.kind, stored.bits)
    found, codes = np.unique(np.asarray(table, np.float64), return_index=True)
    return found, codes
