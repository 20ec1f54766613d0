"""The weights of a quantized network rounded layer by layer, each for the inputs that the layers before it now make."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.execute.walk import Walk
from core.jobs import Job
from core.methods.quantize.bias_correction import Shift, correct_bias
from core.methods.quantize.calibrate import Chunk, first_chunks
from core.methods.quantize.rounding.curvature import Halves
from core.methods.quantize.rounding.grid import Array64, Ints, Uniform
from core.methods.quantize.rounding.layers import LayerView
from core.methods.quantize.rounding.rounder import Flags, Rounder, RoundingSettings, Rows
from core.methods.quantize.rounding.scales import searched
from core.methods.quantize.sequential import Inputs, visit_layers
from core.methods.recover.linear import sample
from core.model.facts import Array
from core.model.masks import pattern_of
from core.model.model import Model
from core.model.qdq_insert import Int8Layer


@dataclass(frozen=True)
class Refinement:
    """What is done to each layer. ``rounder``: None leaves weights as they are.

    ``means``: value at a layer's input -> its mean over the first axis, of the float network on the same chunks; None
    leaves biases as they are.
    """

    rounder: Rounder | None
    settings: RoundingSettings
    means: Mapping[str, Array64] | None
    seed: int = 0
    threads: int = 1


def refine(
    quantized: Model,
    parent: Model,
    layers: Sequence[Int8Layer],
    chunks: Sequence[Chunk],
    how: Refinement,
    job: Job | None = None,
) -> tuple[Shift, ...]:
    """Round the weights of ``layers`` and correct their biases in the quantized graph, in place.

    ``parent``: the float network that was quantized, with the same names. Gives what was taken out of the biases.
    """
    job = job or Job()
    shifts: list[Shift] = []
    rounding = None if how.rounder is None else _Rounding(parent, layers, chunks, how, how.rounder, job)

    def act(layer: Int8Layer, inputs: Inputs) -> None:
        corrected = how.means is not None and layer.bias is not None
        if rounding is not None:
            rounding.round(layer, inputs, corrected)
        if corrected:
            assert how.means is not None, "asked above"
            shifts.append(correct_bias(layer, how.means[layer.source], inputs.mean()))

    message = "Correcting biases" if how.rounder is None else "Rounding weights"
    visit_layers(quantized, layers, chunks, act, how.threads, job, message)
    return tuple(shifts)


class _Rounding:
    """Rounds one layer after the other; walks the float network beside the quantized one."""

    def __init__(
        self, parent: Model, layers: Sequence[Int8Layer], chunks: Sequence[Chunk], how: Refinement, rounder: Rounder,
        job: Job,
    ) -> None:  # fmt: skip
        self._rounder, self._settings, self._seed, self._job = rounder, how.settings, how.seed, job
        self._threads = how.threads
        self._chunks = first_chunks(chunks, how.settings.rounding_items)
        self._walk = Walk(parent, [c.feed for c in self._chunks], how.threads)
        made = {n.name: n.outputs[0].name or "" for n in parent.nodes()}  # the quantized graph renames its outputs
        places = [self._walk.index_of(made[layer.node.name]) for layer in layers]
        self._places = {id(layer): k for layer, k in zip(layers, places, strict=True)}
        self._hold = {id(layer): min(places[k + 1 :], default=places[k]) for k, layer in enumerate(layers)}

    def round(self, layer: Int8Layer, inputs: Inputs, corrected: bool) -> None:
        """``corrected``: the layer's mean output will be put right by its bias."""
        if not looks_at(layer):
            return
        view = LayerView.of(layer.node, layer.weight.shape)
        weight = view.split(layer.weight)
        free = _free(layer, view)
        target, moments = self._halves(layer, view, inputs).target(weight, corrected)
        own = moments.own
        scale = self._scale(layer, view, target if free is None else target * free, own)
        wide = layer.form.spread(scale, layer.weight.shape)
        grid = Uniform.symmetric(view.split(wide, fill=1.0), layer.form.bits)
        rounded = self._rounder.round(Rows(target, own, grid, free, self._threads, self._job), self._settings)
        layer.hold(view.join(rounded), scale)

    def _halves(self, layer: Int8Layer, view: LayerView, inputs: Inputs) -> Halves:
        halves = Halves()
        floats: Iterator[Array] = self._walk.visit(layer.source, self._hold[id(layer)])
        for k, (chunk, x, wanted) in enumerate(zip(self._chunks, inputs.reals(len(self._chunks)), floats, strict=True)):
            places = self._sampled(view, x, chunk, (self._seed, self._places[id(layer)], k))
            halves.add(view.inputs(x, places), view.inputs(wanted, places))
            self._job.check()
        return halves

    def _sampled(self, view: LayerView, x: Array, chunk: Chunk, seed: tuple[int, ...]) -> Ints:
        size = next(iter(chunk.feed.values())).shape[0]
        each = self._settings.rounding_places
        return sample(np.random.default_rng(seed), view.linear.rows(x.shape), size, chunk.count, each)

    def _scale(self, layer: Int8Layer, view: LayerView, target: Array64, own: Array64) -> Array:
        """Scales for the target, searched; large enough for the present bias."""
        form, wanted = layer.form, view.join(target)
        start = form.scale(wanted)
        owner = form.spread(np.arange(start.size).reshape(start.shape), wanted.shape)
        importance = np.einsum("gff->gf", own)[:, None, :]
        factors = searched(
            target,
            view.split(form.spread(start, wanted.shape), fill=1.0),
            view.split(np.broadcast_to(owner, wanted.shape)).astype(np.int64),
            form.bits,
            np.maximum(importance, 1e-12 * importance.mean()),
            start.size,
        )
        scale = np.asarray(start * factors.reshape(start.shape), np.float32)
        return scale if layer.bias is None else form.raised(scale, layer.bias, layer.input_params.scale)


def looks_at(layer: Int8Layer) -> bool:
    """Whether its weights are rounded by what they multiply: a transposed convolution's stay rounded to the nearest,
    for each output position meets other taps of its kernel.
    """
    return layer.node.op_type != "ConvTranspose"


def _free(layer: Int8Layer, view: LayerView) -> Flags | None:
    """False where a mask holds weights at zero."""
    if pattern_of(layer.weight_values[0]) is None:
        return None
    return np.asarray(view.split(layer.weight) != 0)
