"""Learned step sizes: the hook that trains quantization scales with the weights. torch is imported inside functions.

Esser et al. 2020, "Learned Step Size Quantization" (arXiv:1902.08153). The gradient of a scale s is that of
core.execute.torch_ops_quantized, multiplied by 1 / sqrt(N * Qp): N numbers share the scale (weights of a channel,
values of an item), Qp is the largest integer (section 2.2). So a step moves scales relatively as far as weights.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.methods.training_hooks import Hook
from core.model.facts import infer
from core.model.model import Model, layer_name
from core.model.qdq_groups import activation_groups
from core.model.qdq_thaw import FloatWeight, float_weights
from core.report import Table

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Parameter

    from core.execute.torch_graph import TorchGraph

_LOWEST, _HIGHEST = 1 / 16, 16.0  # times the scale at the start: a scale must never reach 0


@dataclass(frozen=True, slots=True)
class _Scale:
    """One parameter: the initializers it stands for, how many numbers share each of its entries, the largest integer.

    ``topped``: it may only shrink.
    """

    names: tuple[str, ...]
    shared_by: float
    largest: int
    topped: bool = False


@dataclass(frozen=True, slots=True)
class _Weight:
    """What a float weight may be in steps of its scale; ``axis`` and ``block`` say how the scale lies along it."""

    name: str
    layer: str
    scale: str
    low: int
    high: int
    axis: int
    block: int


@dataclass(frozen=True, slots=True)
class _Bias:
    """A bias in steps of input scale times weight scale; ``channels``: the axis of block scales that it follows."""

    name: str
    input_scale: str
    scale: str
    channels: int


class LearnedSteps(Hook):
    """Trains the scales of a thawed graph (core.model.qdq_thaw): of its weights, with ``ranges`` of activations too.

    One parameter for each scale group (core.model.qdq_groups): it is the scale divided by its start, with a gradient
    so that plain SGD moves the scale as the paper's does, while an optimizer that normalizes gradients moves it by a
    share of itself. Scales that runtimes dictate stand still. Biases are rounded in every pass as they will be stored:
    even that moves a value here and there by a step. Weights outside the range of their integers get no
    gradient, as in the paper. ``frozen``: names of float weights that keep their numbers and scales.
    """

    name = "learned_steps"

    def __init__(self, model: Model, *, ranges: bool, frozen: frozenset[str] = frozenset()) -> None:
        thawed = [w for w in float_weights(model) if w.name not in frozen]
        self._weights = [_weight(w) for w in thawed]
        self._biases = [_bias(w) for w in float_weights(model) if w.bias is not None]
        self._scales = [_weight_scale(w) for w in {w.scale.name: w for w in thawed}.values()]
        if ranges:
            self._scales += _activation_scales(model)
        self._start: dict[str, Tensor] = {}
        self._fixed: dict[str, Tensor] = {}
        self._shares: list[Parameter] = []

    @property
    def learns_ranges(self) -> bool:
        """Whether scales of activations are among those that move."""
        return len(self._scales) > len({w.scale for w in self._weights})

    def start(self, net: TorchGraph) -> None:
        import torch

        device = next(net.parameters()).device
        self._start = {n: net.setting(n).detach().clone().to(device) for s in self._scales for n in s.names}
        others = {n for b in self._biases for n in (b.input_scale, b.scale)} - self._start.keys()
        self._fixed = {n: net.setting(n).detach().to(device) for n in sorted(others)}
        self._shares = [torch.nn.Parameter(torch.ones_like(self._start[s.names[0]])) for s in self._scales]

    def parameters(self) -> Iterable[Parameter]:
        return self._shares

    def weights(self, current: Mapping[str, Tensor], step: int) -> Mapping[str, Tensor]:
        import torch

        found: dict[str, Tensor] = {}
        for scale, share in zip(self._scales, self._shares, strict=True):
            start = self._start[scale.names[0]]
            slowed = _with_gradient_times(share, 1 / (math.sqrt(scale.shared_by * scale.largest) * start**2))
            found.update({n: slowed * self._start[n] for n in scale.names})
        for weight in self._weights:
            x = current[weight.name]
            step_size = _spread(found[weight.scale], weight, x)
            found[weight.name] = torch.clamp(x, weight.low * step_size, weight.high * step_size)
        scales = {**self._fixed, **found}
        for bias in self._biases:
            found[bias.name] = _rounded(current[bias.name], bias, scales)
        return found

    def after_step(self, net: TorchGraph, step: int) -> None:
        for scale, share in zip(self._scales, self._shares, strict=True):
            share.clamp_(_LOWEST, 1.0 if scale.topped else _HIGHEST)

    def finish(self, net: TorchGraph) -> None:
        final = self.weights(dict(net.named_initializers()), 0)
        for name in (*(w.name for w in self._weights), *(b.name for b in self._biases)):
            net.initializer(name).copy_(final[name])
        for scale in self._scales:
            for name in scale.names:
                net.set_setting(name, final[name])

    def moved(self) -> float:
        """By what factor the scales have moved, up or down: the median."""
        logs = np.concatenate([np.abs(np.log(s.detach().cpu().numpy().reshape(-1))) for s in self._shares])
        return float(np.exp(np.median(logs)))

    def table(self) -> Table:
        """By what the scales of every layer's weight were multiplied: the least, the median and the most of them."""
        shares = {s.names[0]: p.detach().cpu().numpy() for s, p in zip(self._scales, self._shares, strict=True)}
        found = [(w.layer, shares[w.scale]) for w in self._weights]
        rows = tuple((n, float(a.min()), float(np.median(a)), float(a.max()), int(a.size)) for n, a in found)
        return Table("Learned scales of weights", ("layer", "least factor", "median", "largest", "scales"), rows)

    def state(self) -> Mapping[str, Tensor]:
        return {str(k): share.detach() for k, share in enumerate(self._shares)}

    def load(self, state: Mapping[str, Tensor]) -> None:
        import torch

        with torch.no_grad():
            for k, share in enumerate(self._shares):
                share.copy_(state[str(k)])


def _with_gradient_times(x: Tensor, factor: Tensor) -> Tensor:
    """``x`` with its gradient multiplied: the paper's gradscale."""
    scaled = x * factor
    return x.detach() + (scaled - scaled.detach())


def _rounded(x: Tensor, bias: _Bias, scales: Mapping[str, Tensor]) -> Tensor:
    """As it will be stored, with a straight-through gradient; in float64, as int32 exceeds float32's exact range."""
    scale = scales[bias.scale].detach()
    if scale.dim() > 1:
        scale = scale.amax([k for k in range(scale.dim()) if k != bias.channels])
    step = (scales[bias.input_scale].detach() * scale).double()
    stored = ((x.detach().double() / step).round() * step).to(x.dtype)
    return stored + (x - x.detach())


def _spread(scale: Tensor, weight: _Weight, x: Tensor) -> Tensor:
    if scale.numel() == 1 and scale.dim() <= 1:
        return scale.reshape(())
    axis = weight.axis % x.dim()
    if weight.block:
        return scale.repeat_interleave(weight.block, axis).narrow(axis, 0, x.shape[axis])
    return scale.reshape([-1 if k == axis else 1 for k in range(x.dim())])


def _weight(weight: FloatWeight) -> _Weight:
    attributes = weight.quantize.attributes
    zero = weight.zero_point()
    # a zero point moves what the integers stand for; where it differs along the scales the widest reach is taken
    low, high = weight.low - int(zero.min()), weight.high - int(zero.max())
    axis, block = attributes.get_int("axis", 1), attributes.get_int("block_size", 0)
    return _Weight(weight.name, layer_name(weight.layer), weight.scale.name or "", low, high, axis, block)


def _bias(weight: FloatWeight) -> _Bias:
    value, source = weight.bias, weight.input_scale
    assert value is not None, "the caller asked"
    assert source is not None, "a bias is thawed behind a pair only"
    return _Bias(value.name or "", source.name or "", weight.scale.name or "", weight.form.channels)


def _weight_scale(weight: FloatWeight) -> _Scale:
    value, scale = weight.value.const_value, weight.scale.const_value
    assert value is not None, "float_weights gives initializers"
    assert scale is not None, "and constant scales"
    return _Scale((weight.scale.name or "",), value.size / scale.size, weight.high)


def _activation_scales(model: Model) -> list[_Scale]:
    facts, found = infer(model), []
    for group in activation_groups(model):
        if group.dictated:
            continue
        sizes = [math.prod(facts.shapes.get(v, (1,))[1:]) for v in group.values]
        highest = int(np.iinfo(group.params.storage).max)
        found.append(_Scale(group.scales, max(sum(sizes), 1), highest, group.topped))
    return found
