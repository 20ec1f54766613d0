"""A convolution becomes a lightweight block between the same tensors."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import onnx_ir as ir

from core.errors import UserError
from core.model.editing import block_weights as nearest
from core.model.editing.constants import add_constant, stored_array
from core.model.editing.draft import Draft
from core.model.editing.edit import Edit, edit
from core.model.editing.inference import TensorType, type_of
from core.model.editing.wiring import put_in_place
from core.model.model import ORIGIN

Array = npt.NDArray[Any]
KINDS = {
    "depthwise_separable": "Depthwise separable",
    "fire": "Fire",
    "shuffle": "Shuffle",
    "ghost": "Ghost",
}


@edit("block.replace", "Replace by a lightweight block")
@dataclass(frozen=True, slots=True)
class ReplaceBlock(Edit):
    """A convolution becomes a block with fewer weights: same tensors, stride, padding and dilation.

    The first weights come as near to the replaced ones as the block's form allows where that has a closed form, else
    they are drawn; the edit's note says which, and what of the kernel is lost.
    """

    layer: Annotated[str, "Layer"]
    kind: Annotated[str, "Block"] = "depthwise_separable"
    multiplier: Annotated[int, "Depthwise filters per input channel"] = 1
    squeeze: Annotated[float, "Squeeze channels, as a share of the inputs"] = 0.5
    large: Annotated[float, "Share of the outputs with the full kernel"] = 0.5
    groups: Annotated[int, "Groups of the pointwise layers"] = 2
    bottleneck: Annotated[float, "Inner channels, as a share of the outputs"] = 0.5
    ratio: Annotated[int, "Outputs per kept output"] = 2
    cheap: Annotated[int, "Kernel of the cheap filters"] = 3
    relu: Annotated[bool, "Relu inside"] = False

    def apply(self, draft: Draft) -> None:
        draft.note = replace_block(draft, self)


USED = {
    "depthwise_separable": ("multiplier", "relu"),
    "fire": ("squeeze", "large", "relu"),
    "shuffle": ("groups", "bottleneck", "relu"),
    "ghost": ("ratio", "cheap"),
}  # the fields that a kind reads


@dataclass(frozen=True, slots=True)
class _Spot:
    """What is known of the convolution that goes."""

    node: ir.Node
    source: ir.Value
    kernel: Array  # [O, C, ...]
    bias: Array | None
    attributes: Mapping[str, ir.Attr]  # of stride, padding and dilation
    strides: tuple[int, ...]
    dilations: tuple[int, ...]
    sizes: tuple[int | str | None, ...] | None  # of the input

    @property
    def taps(self) -> tuple[int, ...]:
        return tuple(self.kernel.shape[2:])


def replace_block(draft: Draft, act: ReplaceBlock, weights: bool = True) -> str:
    """Carry the edit out and say where the first weights come from; without ``weights`` they are zeros.

    Raises UserError where the layer is no dense convolution with stored weights, or a setting does not fit it.
    """
    if act.kind not in KINDS:
        raise UserError(f"There is no block '{act.kind}'.", f"Known: {', '.join(KINDS)}.")
    spot = _spot(draft, act)
    build = _Build(draft, spot, weights)
    made, note = _BUILDERS[act.kind](build, act)
    put_in_place(draft, spot.node, build.nodes, made)
    return note if weights else ""


def _spot(draft: Draft, act: ReplaceBlock) -> _Spot:
    node = draft.layer(act.layer)
    title = f"Layer '{act.layer}' ({node.op_type})"
    if node.op_type != "Conv" or node.domain not in ("", "ai.onnx"):
        raise UserError(f"{title} cannot become a lightweight block: it is no Conv.")
    if node.attributes.get_int("group", 1) != 1:
        raise UserError(f"{title} cannot become a lightweight block: it is grouped already.")
    kernel, source = stored_array(node.inputs[1]), node.inputs[0]
    bias = node.inputs[2] if len(node.inputs) > 2 else None
    if kernel is None or source is None or (bias is not None and stored_array(bias) is None):
        raise UserError(f"{title} cannot become a lightweight block: its weights are computed, not stored.")
    if kernel.dtype.kind != "f":
        raise UserError(f"{title} cannot become a lightweight block: its weights are {kernel.dtype.name}, not floats.")
    rank = kernel.ndim - 2
    if act.kind != "ghost" and math.prod(kernel.shape[2:]) == 1:
        raise UserError(f"{title} has a kernel of one tap, so a {KINDS[act.kind]} block saves nothing.")
    kept = {k: a for k, a in node.attributes.data.items() if k in ("strides", "pads", "dilations", "auto_pad")}
    known = type_of(source, draft.known)
    strides, dilations = (tuple(node.attributes.get_ints(k, [1] * rank)) for k in ("strides", "dilations"))
    sizes = known.shape if isinstance(known, TensorType) else None
    return _Spot(node, source, kernel, stored_array(bias), kept, strides, dilations, sizes)


class _Build:
    """The layers of a block, one behind the other, with names made of the replaced layer's."""

    def __init__(self, draft: Draft, spot: _Spot, weights: bool) -> None:
        self.draft, self.spot, self.weights = draft, spot, weights
        self.nodes: list[ir.Node] = []
        self.layer = spot.node.name or spot.node.outputs[0].name or ""
        self.rng = np.random.default_rng(zlib.crc32(self.layer.encode()))

    def __call__(self, operator: str, role: str, inputs: Sequence[ir.Value], *attributes: ir.Attr) -> ir.Value:
        name = self.draft.unused(f"{self.layer}/{role}")
        out = ir.Value(name=self.draft.unused(f"{name}_output"), type=self.spot.source.type)
        node = ir.Node("", operator, list(inputs), list(attributes), outputs=[out], name=name)
        node.metadata_props[ORIGIN] = f"edit: in place of {self.layer}"
        self.nodes.append(node)
        return out

    def constant(self, name: str, array: Array) -> ir.Value:
        if array.dtype.kind == "f":
            array = array.astype(self.spot.kernel.dtype)
        return add_constant(self.draft, f"{self.layer}/{name}", array, origin=self.layer)

    def conv(
        self,
        role: str,
        x: ir.Value,
        weight: Array,
        group: int = 1,
        spatial: Mapping[str, ir.Attr] | None = None,
        bias: Array | None = None,
    ) -> ir.Value:
        inputs = [x, self.constant(f"{role}.weight", weight)]
        if bias is not None:
            inputs.append(self.constant(f"{role}.bias", bias))
        shape = ir.AttrInt64s("kernel_shape", list(weight.shape[2:]))
        copies = [ir.Attr(a.name, a.type, a.value) for a in (spatial or {}).values()]
        return self("Conv", role, inputs, ir.AttrInt64("group", group), shape, *copies)

    def relu(self, x: ir.Value, role: str, wanted: bool) -> ir.Value:
        return self("Relu", role, [x]) if wanted else x

    def ones(self) -> list[int]:
        return [1] * len(self.spot.taps)


def _depthwise_separable(build: _Build, act: ReplaceBlock) -> tuple[ir.Value, str]:
    spot, kernel = build.spot, build.spot.kernel
    outputs, channels = kernel.shape[:2]
    most = min(math.prod(spot.taps), outputs)
    if not 1 <= act.multiplier <= most:
        raise UserError(f"Layer '{act.layer}' can have 1 to {most} depthwise filters per input channel, "
                        f"not {act.multiplier}.")  # fmt: skip
    inner = channels * act.multiplier
    note = _drawn_note()
    if not build.weights:
        depthwise, pointwise = np.zeros((inner, 1, *spot.taps)), np.zeros((outputs, inner, *build.ones()))
    elif act.relu:
        depthwise = nearest.drawn((inner, 1, *spot.taps), build.rng)
        pointwise = nearest.drawn((outputs, inner, *build.ones()), build.rng)
    else:
        depthwise, pointwise = nearest.separated(kernel, act.multiplier)
        both = pointwise.reshape(outputs, channels, act.multiplier), depthwise.reshape(channels, act.multiplier, -1)
        made = np.einsum("ocr,crt->oct", *both).reshape(kernel.shape)
        note = _nearest_note("the nearest depthwise separable kernel", nearest.error(kernel, made))
    x = build.conv("depthwise", spot.source, depthwise, channels, spot.attributes)
    x = build.relu(x, "relu", act.relu)
    return build.conv("pointwise", x, pointwise, bias=spot.bias), note


def _fire(build: _Build, act: ReplaceBlock) -> tuple[ir.Value, str]:
    spot, kernel = build.spot, build.spot.kernel
    outputs, channels = kernel.shape[:2]
    centre = _centre(act.layer, spot)
    for share, name, most in ((act.squeeze, "squeeze", 1.0), (act.large, "large", 0.999)):
        if not 0 < share <= most:
            raise UserError(f"The setting '{name}' of a Fire block is {share:g}; it must be between 0 and 1.")
    inner, small = max(1, round(channels * act.squeeze)), outputs - max(1, round(outputs * act.large))
    if not 0 < small < outputs:
        raise UserError(f"Layer '{act.layer}' has {outputs} outputs, too few to divide them over two expand layers.")
    note = _drawn_note()
    shapes = (inner, channels, *build.ones()), (small, inner, *build.ones()), (outputs - small, inner, *spot.taps)
    if not build.weights:
        squeeze, one, full = (np.zeros(s) for s in shapes)
    elif act.relu:
        squeeze, one, full = (nearest.drawn(s, build.rng) for s in shapes)
    else:
        squeeze, one, full = nearest.squeezed(kernel, inner, small, centre)
        made = np.zeros(kernel.shape)
        flat = squeeze.reshape(inner, channels)
        nearest.tap(made[:small], centre)[:] = one.reshape(small, inner) @ flat
        made[small:] = np.einsum("os...,sc->oc...", full, flat)
        note = _nearest_note("the nearest kernel that a Fire block can have", nearest.error(kernel, made))
    x = build.relu(build.conv("squeeze", spot.source, squeeze), "relu", act.relu)
    first, second = (None, None) if spot.bias is None else (spot.bias[:small], spot.bias[small:])
    strides = {"strides": spot.attributes["strides"]} if "strides" in spot.attributes else {}
    parts = [build.conv("expand_small", x, one, spatial=strides, bias=first),
             build.conv("expand_large", x, full, spatial=spot.attributes, bias=second)]  # fmt: skip
    return build("Concat", "concat", parts, ir.AttrInt64("axis", 1)), note


def _shuffle(build: _Build, act: ReplaceBlock) -> tuple[ir.Value, str]:
    spot, groups = build.spot, act.groups
    outputs, channels = spot.kernel.shape[:2]
    if groups < 2 or not 0 < act.bottleneck <= 4:
        raise UserError("A Shuffle block needs at least 2 groups, and a share of inner channels above 0 and up to 4.")
    inner = round(outputs * act.bottleneck)
    for what, count in (("inputs", channels), ("inner channels", inner), ("outputs", outputs)):
        if count % groups or not count:
            raise UserError(f"Layer '{act.layer}' has {count} {what}, which {groups} groups do not divide.")
    space = list(spot.sizes[2:]) if spot.sizes is not None else [None]
    if not all(isinstance(d, int) for d in space):
        raise UserError(f"Layer '{act.layer}' cannot become a Shuffle block: the size of its input is not known.",
                        "Give the model a fixed input size first.")  # fmt: skip
    shapes = (
        (inner, channels // groups, *build.ones()),
        (inner, 1, *spot.taps),
        (outputs, inner // groups, *build.ones()),
    )
    first, depthwise, last = (nearest.drawn(s, build.rng) if build.weights else np.zeros(s) for s in shapes)
    x = build.relu(build.conv("reduce", spot.source, first, groups), "relu", act.relu)
    split = build.constant("groups", np.array([0, groups, inner // groups, -1], np.int64))
    joined = build.constant("channels", np.array([0, inner, *space], np.int64))
    x = build("Reshape", "split", [x, split])
    x = build("Transpose", "shuffle", [x], ir.AttrInt64s("perm", [0, 2, 1, 3]))
    x = build("Reshape", "join", [x, joined])
    x = build.conv("depthwise", x, depthwise, inner, spot.attributes)
    return build.conv("expand", x, last, groups, bias=spot.bias), _drawn_note()


def _ghost(build: _Build, act: ReplaceBlock) -> tuple[ir.Value, str]:
    spot, kernel = build.spot, build.spot.kernel
    outputs = kernel.shape[0]
    if act.ratio < 2 or outputs % act.ratio:
        raise UserError(f"Layer '{act.layer}' has {outputs} outputs, which a Ghost block cannot divide by {act.ratio}.")
    if act.cheap < 1 or act.cheap % 2 == 0:
        raise UserError(f"The kernel of the cheap filters is {act.cheap}; it must be odd.")
    kept = outputs // act.ratio
    note, filters = "", np.zeros((outputs - kept, 1, *[act.cheap] * len(spot.taps)))
    if build.weights:
        filters = nearest.ghosts(kernel, kept, act.cheap, spot.strides, spot.dilations)
        note = (
            f"{kept} of {outputs} kernels are kept as they are; the cheap filters that make the others are the nearest."
        )
    first = second = None
    if spot.bias is not None:
        first = spot.bias[:kept]
        through = filters.reshape(len(filters), -1).sum(1) * np.repeat(first, act.ratio - 1)
        second = spot.bias[kept:] - through  # what the kept biases bring along, away from the border
    x = build.conv("primary", spot.source, kernel[:kept], spatial=spot.attributes, bias=first)
    half = act.cheap // 2
    pads = {"pads": ir.AttrInt64s("pads", [half] * 2 * len(spot.taps))}
    cheap = build.conv("cheap", x, filters, kept, pads, bias=second)
    return build("Concat", "concat", [x, cheap], ir.AttrInt64("axis", 1)), note + _TRAIN


_TRAIN = " Train the network before you judge it."
_BUILDERS: dict[str, Callable[[_Build, ReplaceBlock], tuple[ir.Value, str]]] = {
    "depthwise_separable": _depthwise_separable,
    "fire": _fire,
    "shuffle": _shuffle,
    "ghost": _ghost,
}


def _nearest_note(what: str, lost: float) -> str:
    if lost < 1e-5:
        return "The weights are those of the replaced kernel: nothing is lost."
    return f"The weights are {what}; {100 * lost:.0f} % of the replaced one's norm is lost.{_TRAIN}"


def _drawn_note() -> str:
    return f"The weights are drawn anew (He et al. 2015).{_TRAIN}"


def _centre(layer: str, spot: _Spot) -> tuple[int, ...]:
    """The tap that lies on the input element an output belongs to; a layer of one tap must give the same size."""
    pads = spot.attributes["pads"].as_ints() if "pads" in spot.attributes else [0] * 2 * len(spot.taps)
    auto = spot.attributes["auto_pad"].as_string() if "auto_pad" in spot.attributes else "NOTSET"
    reach = [(t - 1) * d for t, d in zip(spot.taps, spot.dilations, strict=True)]
    if auto.startswith("SAME") and set(spot.strides) == {1}:
        low = [r // 2 if auto == "SAME_UPPER" else r - r // 2 for r in reach]
        pads = [*low, *(r - b for r, b in zip(reach, low, strict=True))]
    elif auto != "NOTSET":
        pads = []
    begin, end = pads[: len(reach)], pads[len(reach) :]
    same = bool(pads) and all(b + e == r for b, e, r in zip(begin, end, reach, strict=True))
    if not same or any(b % d for b, d in zip(begin, spot.dilations, strict=True)):
        raise UserError(f"Layer '{layer}' cannot become a Fire block: its padding does not keep the size of its input.")
    return tuple(b // d for b, d in zip(begin, spot.dilations, strict=True))
