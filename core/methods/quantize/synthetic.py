"""Inputs made from the network alone, to calibrate with where there is no data.

A BatchNormalization remembers the mean and the variance, by channel, of what reached it in training. Noise is changed
by gradient descent until a batch of it has the same in front of every such layer: Cai et al., "ZeroQ: A Novel Zero Shot
Quantization Framework", 2020 (arXiv:2001.00281), equation 3. Behind the last of them nothing says how sure answers are,
and those of such inputs are not, so the range of the logits would be too narrow: of a classifier every input is given
a class at random that it is to be taken for, as in Yin et al., "Dreaming to Distill", 2020 (arXiv:1912.08795).
torch is imported inside functions.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.data import preprocess
from core.data.dataset import Item
from core.data.feed import batch_limit
from core.data.noise import noise
from core.errors import UserError
from core.jobs import Job
from core.methods.quantize.calibrate import elements
from core.methods.recover.batchnorm import has_statistics, stored
from core.model.facts import Array, infer
from core.model.model import InputSpec, Model
from core.model.prepare import prepare
from core.model.preprocessing import Preprocessing

if TYPE_CHECKING:
    from torch import Tensor

    from core.execute.torch_graph import TorchGraph

_BATCH_BYTES = 512 << 20  # what a batch leaves for the way back
_LARGEST_BATCH = 32
_RATE = 0.1  # of Adam, falling to nothing along a cosine; inputs have a deviation near 1
_SURE = 0.05  # what the cross-entropy of the given classes counts beside the distance
_PIXEL_STEPS = ("scale", "normalize")


class SyntheticSet:
    """Items held in memory, ready for the network's inputs: input name -> array without batch axis."""

    name, location = "synthetic inputs", ""
    classes: tuple[str, ...] = ()

    def __init__(self, arrays: Mapping[str, Array]) -> None:
        self._arrays = dict(arrays)
        count = len(next(iter(self._arrays.values())))
        self.items: Sequence[Item] = tuple(Item(f"synthetic {k}") for k in range(count))

    def load(self, index: int) -> dict[str, Array]:
        return {name: array[index] for name, array in self._arrays.items()}


@dataclass(frozen=True)
class Synthetic:
    """``data`` and how near it came: the distance from the statistics of ``layers`` layers, ``before`` as noise.

    The distance of one is the mean over its channels of ((m - μ) / σ)² + (s / σ - 1)², with mean m and deviation s of
    the batch, and the layer's own mean μ and σ = sqrt(variance + ε); that of the network is the mean over layers.
    """

    data: SyntheticSet
    layers: int
    before: float
    after: float

    def note(self) -> str:
        """What a reader must know of the calibration."""
        return (
            f"Calibrated on {len(self.data.items)} synthetic inputs, made to match the statistics of {self.layers}"
            f" BatchNormalization layers: their distance fell from {self.before:.3g} of noise to {self.after:.3g}."
        )


@dataclass(frozen=True, slots=True)
class _Target:
    """What one BatchNormalization wants of its input ``value``: (channels,) each."""

    value: str
    mean: Array
    deviation: Array


def synthesize(
    model: Model, items: int = 32, steps: int = 100, seed: int = 0, threads: int = 1, job: Job | None = None
) -> Synthetic:
    """``items`` inputs in batches, each changed for ``steps`` steps.

    Images stay within what their preprocessing makes of pixels. Raises UserError where the network has no
    BatchNormalization with statistics, or an input is not made of float32 numbers.
    """
    model = prepare(model)[0]
    targets = _targets(model)
    _refuse_others(model, targets)
    from core.execute.torch_graph import TorchGraph

    job = job or Job()
    with _torch_threads(threads):
        maker = _Maker(TorchGraph(model), model, targets, steps, job)
        size = _batch_size(model)
        counts = [size] * -(-items // size) if batch_limit(model) else _even(items, size)
        made = [maker.batch(count, seed + k, k, len(counts)) for k, count in enumerate(counts)]
    arrays = {name: np.concatenate([m[0][name] for m in made])[:items] for name in made[0][0]}
    before, after = (float(np.mean([m[k] for m in made])) for k in (1, 2))
    return Synthetic(SyntheticSet(arrays), len(targets), before, after)


def _refuse_others(model: Model, targets: Sequence[_Target]) -> None:
    if not targets:
        raise UserError(
            "No inputs can be made for this network: it has no BatchNormalization whose statistics they could match,"
            " because it never had any or they were folded into the layers before them.",
            "Apply it to the revision before they were folded, or calibrate with data; it needs no labels.",
        )
    for spec in model.inputs:
        if spec.dtype != "float32":
            raise UserError(
                f"No inputs can be made for this network: '{spec.name}' takes {spec.dtype}, which has no gradient.",
                "Calibrate with data; it needs no labels.",
            )
        if spec.preprocessing is not None and not spec.layout:
            raise UserError(
                f"No inputs can be made for this network: '{spec.name}' is no image, and its numbers are prepared.",
                "Calibrate with data; it needs no labels.",
            )


def _targets(model: Model) -> list[_Target]:
    found = []
    for node in model.nodes():
        value = node.inputs[0] if has_statistics(model, node) else None
        if value is None:
            continue
        mean, variance = (np.asarray(stored(model, node, slot)[1], np.float32) for slot in (3, 4))
        deviation = np.sqrt(np.maximum(variance, 0) + node.attributes.get_float("epsilon", 1e-5))
        found.append(_Target(value.name or "", mean, deviation.astype(np.float32)))
    return found


class _Maker:
    """Makes batches with one network."""

    def __init__(self, net: TorchGraph, model: Model, targets: Sequence[_Target], steps: int, job: Job) -> None:
        import torch

        self._net, self._inputs, self._steps, self._job = net.eval().requires_grad_(False), model.inputs, steps, job
        self._scores = _logits(model)
        self._net.between_layers = job.check
        self._targets = [(t.value, torch.tensor(t.mean), torch.tensor(t.deviation)) for t in targets]
        self._limits = {s.name: limits for s in model.inputs if (limits := _limits(s)) is not None}

    def batch(self, count: int, seed: int, number: int, of: int) -> tuple[dict[str, Array], float, float]:
        """(input name -> [count, ...], the distance before, the distance after)."""
        import torch

        feed = {n: torch.from_numpy(a).requires_grad_() for n, a in noise(self._inputs, count, seed).items()}
        optimizer = torch.optim.Adam(feed.values(), lr=_RATE)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, max(self._steps, 1))
        draw = torch.Generator().manual_seed(seed)
        classes: Tensor | None = None
        before = 0.0
        for step in range(self._steps):
            self._job.progress((number + step / self._steps) / of, f"Making inputs, batch {number + 1} of {of}")
            optimizer.zero_grad()
            distance, scores = self._look(feed)
            loss = distance
            if scores is not None:
                if classes is None:
                    classes = torch.randint(scores.shape[1], (len(scores),), generator=draw)
                loss = distance + _SURE * torch.nn.functional.cross_entropy(scores, classes)
            before = float(distance.detach()) if step == 0 else before
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
            self._keep_within_pixels(feed)
        with torch.no_grad():
            after = float(self._look(feed)[0])
        return {name: tensor.detach().numpy() for name, tensor in feed.items()}, before, after

    def _look(self, feed: Mapping[str, Tensor]) -> tuple[Tensor, Tensor | None]:
        """(the distance of the statistics, class scores [B, classes] where the network gives such)."""
        import torch

        values = self._net(feed, keep={*(value for value, _, _ in self._targets), *self._scores})
        each = []
        for value, mean, deviation in self._targets:
            x = values[value]
            variance, own = torch.var_mean(x, dim=[a for a in range(x.dim()) if a != 1], correction=0)
            spread = (variance + 1e-12).sqrt()
            each.append((((own - mean) / deviation).square() + (spread / deviation - 1).square()).mean())
        found = next((values[name] for name in self._scores), None)
        classes = found is not None and found.is_floating_point() and found.dim() > 1 and found[0].numel() > 1
        scores = found.flatten(1) if found is not None and classes and found.shape[1] == found[0].numel() else None
        return torch.stack(each).mean(), scores

    def _keep_within_pixels(self, feed: Mapping[str, Tensor]) -> None:
        import torch

        with torch.no_grad():
            for name, (low, high) in self._limits.items():
                feed[name].clamp_(torch.from_numpy(low), torch.from_numpy(high))


def _logits(model: Model) -> tuple[str, ...]:
    """The network's only output as far as it may be class scores, before a Softmax; () where there are several."""
    if len(model.graph.graph.outputs) != 1:
        return ()
    value = model.graph.graph.outputs[0]
    node = value.producer()
    if node is not None and node.op_type == "Softmax" and node.inputs[0] is not None:
        value = node.inputs[0]
    return (value.name or "",)


def _limits(spec: InputSpec) -> tuple[Array, Array] | None:
    """The least and the largest that an image's preprocessing makes of pixels, (channels, 1, 1) or (channels,)."""
    if not spec.layout or spec.preprocessing is None:
        return None
    steps = Preprocessing(tuple(s for s in spec.preprocessing.steps if s.name in _PIXEL_STEPS))
    channels = spec.shape[1 if spec.layout == "NCHW" else 3]
    shape = (1, 1, channels if isinstance(channels, int) else 3)
    ends = []
    for pixel in (0, 255):
        one = dataclasses.replace(spec, shape=(1, shape[2], 1, 1) if spec.layout == "NCHW" else (1, *shape))
        ends.append(preprocess.apply(steps, np.full(shape, pixel, np.uint8), one))
    return np.minimum(*ends), np.maximum(*ends)


def _batch_size(model: Model) -> int:
    fixed = batch_limit(model)
    if fixed is not None:
        return fixed
    facts = infer(model)
    values = (o.name or "" for n in model.nodes() if id(n) not in facts.constant_nodes for o in n.outputs)
    each = 4 * sum(elements(facts, v) for v in values)
    return int(min(max(_BATCH_BYTES // max(each, 1), 1), _LARGEST_BATCH))


def _even(items: int, size: int) -> list[int]:
    """Batches of nearly the same size, at most ``size``: statistics of a small rest would be poor."""
    many = -(-items // size)
    return [items // many + int(k < items % many) for k in range(many)]


@contextmanager
def _torch_threads(threads: int) -> Iterator[None]:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)
