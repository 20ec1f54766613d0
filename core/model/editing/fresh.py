"""What a new layer reads besides the tensor it is put behind: constants of fitting shape that change nothing yet.

A fresh convolution or product passes its input on (as in Chen et al., "Net2Net", 2016), a fresh normalization has the
scale 1, a fresh sum adds 0: the network computes what it did until the values are edited or trained.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnx_ir as ir

from core.errors import UserError
from core.model.editing.inference import Known, Sizes, TensorType

Array = npt.NDArray[Any]
_INT64 = "tensor(int64)"


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a layer is to stand: what it reads first, and the attributes it is to have.

    What its methods raise is the end of a sentence about the layer.
    """

    operator: str
    opset: int
    shape: Sizes | None
    dtype: np.dtype[Any]
    attributes: Mapping[str, Any]

    @property
    def rank(self) -> int:
        """Raises UserError where it is not known."""
        if self.shape is None:
            raise UserError("the shape of its input is not known.")
        return len(self.shape)

    def size(self, axis: int) -> int:
        """The number of elements along an axis; raises UserError where it is open."""
        size = self.shape[axis] if self.shape is not None and -len(self.shape) <= axis < len(self.shape) else None
        if not isinstance(size, int):
            what = "number of channels" if axis == 1 else f"size of axis {axis}"
            raise UserError(f"the {what} of its input is not known.")
        return size

    def space(self) -> int:
        """The number of axes behind batch and channels; raises UserError where there are none."""
        if self.rank < 3:
            raise UserError(f"it needs an input of at least 3 axes, and this one has {self.rank}.")
        return self.rank - 2


@dataclass(frozen=True, slots=True)
class Fresh:
    """Constants by the operator's own names of its inputs, and attributes to go with them."""

    constants: Mapping[str, Array]
    attributes: Mapping[str, Any]


def spot(operator: str, opset: int, known: Known | None, attributes: Mapping[str, Any]) -> Spot:
    """Where the first input is of a known type; float32 where it is not known."""
    if not isinstance(known, TensorType):
        return Spot(operator, opset, None, np.dtype(np.float32), attributes)
    return Spot(operator, opset, known.shape, ir.DataType(known.dtype).numpy(), attributes)


def fresh(place: Spot) -> Fresh | None:
    """What the operator needs there; None where nothing known would do. Raises UserError where it does not fit."""
    rule = _RULES.get(place.operator)
    return None if rule is None else rule(place)


def typed(place: Spot, schema: onnx.defs.OpSchema, name: str, value: Any, like: Array | None) -> Array:
    """A value given by hand for an input; a number stands for as many as are needed. Raises UserError."""
    port = next(i for i in schema.inputs if i.name == name)
    if port.type_str == schema.inputs[0].type_str:
        kind = place.dtype
    else:
        allowed = next((c.allowed_type_strs for c in schema.type_constraints if c.type_param_str == port.type_str), ())
        kind = np.dtype(np.int64 if _INT64 in (port.type_str, *allowed) else np.float32)
    try:
        array = np.array(value)
    except ValueError as error:
        raise UserError(f"The value of '{name}' for {place.operator} is a ragged list.") from error
    whole = array.dtype.kind in "iub" or (array.dtype.kind == "f" and bool((array == np.floor(array)).all()))
    if array.dtype.kind not in "iufb" or (kind.kind in "iu" and not whole):
        what = "whole numbers" if kind.kind in "iu" else "numbers"
        raise UserError(f"The value of '{name}' for {place.operator} must be {what}, not {value!r}.")
    array = array.astype(kind)
    if like is not None and array.ndim == 0:
        return np.full(like.shape, array, kind)
    return array.reshape(1) if array.ndim == 0 and kind == np.int64 else array


def _dirac(place: Spot) -> Fresh:
    """A convolution that passes every channel on, of 3 taps an axis where nothing else is said."""
    channels, space = place.size(1), place.space()
    group = int(place.attributes.get("group", 1))
    taps = list(place.attributes.get("kernel_shape", [3] * space))
    if len(taps) != space or group < 1 or channels % group:
        raise UserError(f"a kernel of {taps} in {group} groups does not fit an input of {channels} channels "
                        f"with {space} axes in space.")  # fmt: skip
    weight = np.zeros((channels, channels // group, *taps), place.dtype)
    centre = tuple((t - 1) // 2 for t in taps)
    for k in range(channels):
        weight[(k, k % (channels // group), *centre)] = 1
    attributes: dict[str, Any] = {"kernel_shape": taps}
    if not {"pads", "auto_pad"} & set(place.attributes):
        dilations = place.attributes.get("dilations", [1] * space)
        reach = [(t - 1) * d for t, d in zip(taps, dilations, strict=False)]
        low = [c * d for c, d in zip(centre, dilations, strict=False)]
        attributes["pads"] = [*low, *(r - b for r, b in zip(reach, low, strict=True))]
    return Fresh({"W": weight}, attributes)


def _pool(place: Spot) -> Fresh:
    space = place.space()
    taps = list(place.attributes.get("kernel_shape", [3] * space))
    if {"pads", "auto_pad", "strides"} & set(place.attributes) or any(t % 2 == 0 for t in taps):
        return Fresh({}, {"kernel_shape": taps})
    return Fresh({}, {"kernel_shape": taps, "pads": [t // 2 for t in taps] * 2, "strides": [1] * space})


def _eye(name: str) -> Callable[[Spot], Fresh]:
    def rule(place: Spot) -> Fresh:
        if place.operator == "Gemm" and place.rank != 2:
            raise UserError(f"it needs an input of 2 axes, and this one has {place.rank}.")
        axis = 0 if place.operator == "Gemm" and place.attributes.get("transA") else -1
        square = np.eye(place.size(axis), dtype=place.dtype)
        bias = {"C": np.zeros(len(square), place.dtype)} if place.operator == "Gemm" and place.opset < 11 else {}
        return Fresh({name: square, **bias}, {})

    return rule


def _per_channel(name: str, value: float) -> Callable[[Spot], Fresh]:
    """One number a channel, shaped to be broadcast; a single one where channels are not known."""

    def rule(place: Spot) -> Fresh:
        if place.opset < 7:  # broadcasting was another then
            return Fresh({}, {})
        if place.shape is None or len(place.shape) < 2:
            return Fresh({name: np.array(value, place.dtype)}, {})
        channels = place.shape[1]
        shape = (channels, *[1] * (place.rank - 2)) if isinstance(channels, int) else ()
        return Fresh({name: np.full(shape, value, place.dtype)}, {})

    return rule


def _batch_norm(place: Spot) -> Fresh:
    ones, zeros = np.ones(place.size(1), place.dtype), np.zeros(place.size(1), place.dtype)
    if place.operator == "InstanceNormalization":
        place.space()
        return Fresh({"scale": ones, "B": zeros}, {})
    old = place.opset < 14  # statistics had one type with the data, and other names
    names = ("mean", "var") if old else ("input_mean", "input_var")
    return Fresh({"scale": ones, "B": zeros, names[0]: zeros, names[1]: ones}, {})


def _group_norm(place: Spot) -> Fresh:
    groups = int(place.attributes.get("num_groups", 1))
    count = place.size(1) if place.opset >= 21 else groups
    ones = np.ones(count, place.dtype)
    return Fresh({"scale": ones, "bias": np.zeros_like(ones)}, {"num_groups": groups})


def _last_norm(name: str) -> Callable[[Spot], Fresh]:
    def rule(place: Spot) -> Fresh:
        axis = int(place.attributes.get("axis", -1))
        if not -place.rank <= axis < place.rank:
            raise UserError(f"its input has {place.rank} axes, and none with the number {axis}.")
        first = axis % place.rank
        shape = tuple(place.size(k - place.rank) for k in range(first, place.rank))
        return Fresh({name: np.ones(shape, place.dtype)}, {"axis": axis})

    return rule


def _axes(name: str, one: int, since: int) -> Callable[[Spot], Fresh]:
    """One number an axis: an input since an opset, an attribute before."""

    def rule(place: Spot) -> Fresh:
        count = place.rank * (2 if name == "pads" else 1)
        if place.opset < since:
            return Fresh({}, {name: [one] * count})
        return Fresh({name: np.full(count, one, np.int64)}, {})

    return rule


def _resize(place: Spot) -> Fresh:
    scales = np.array([1, 1, *[2] * place.space()], np.float32)
    if place.opset >= 13:
        return Fresh({"scales": scales}, {})
    roi = {"roi": np.zeros(0, np.float32)} if place.opset >= 11 else {}
    return Fresh({**roi, "scales": scales}, {})


def _slice(place: Spot) -> Fresh:
    axis = min(1, place.rank - 1)
    ends = {"starts": [0], "ends": [2**63 - 1], "axes": [axis]}
    if place.opset < 10:
        return Fresh({}, ends)
    return Fresh({k: np.array(v, np.int64) for k, v in ends.items()}, {})


def _unsqueeze(place: Spot) -> Fresh:
    axes = [place.rank]
    return Fresh({"axes": np.array(axes, np.int64)}, {}) if place.opset >= 13 else Fresh({}, {"axes": axes})


def _squeeze(place: Spot) -> Fresh:
    """The axes of one element; which they are when the network runs is not known where a size is open."""
    axes = [k for k, d in enumerate(place.shape or ()) if d == 1]
    if not axes:
        return Fresh({}, {})
    return Fresh({"axes": np.array(axes, np.int64)}, {}) if place.opset >= 13 else Fresh({}, {"axes": axes})


def _gather(place: Spot) -> Fresh:
    axis = int(place.attributes.get("axis", 1))
    size = place.shape[axis] if place.shape is not None and -place.rank <= axis < place.rank else None
    if not isinstance(size, int):
        raise UserError(f"the size of its input is not known on axis {axis}.")
    return Fresh({"indices": np.arange(size, dtype=np.int64)}, {"axis": axis})


def _reshape(place: Spot) -> Fresh:
    if place.opset < 5:
        return Fresh({}, {"shape": [0] * place.rank})
    return Fresh({"shape": np.zeros(place.rank, np.int64)}, {})


def _scalar(name: str, value: float) -> Callable[[Spot], Fresh]:
    return lambda place: Fresh({name: np.array(value, place.dtype)}, {})


def _attributes(**values: Any) -> Callable[[Spot], Fresh]:
    return lambda place: Fresh({}, values)


def _blocks(place: Spot) -> Fresh:
    size = int(place.attributes.get("blocksize", 2))
    if place.rank != 4:
        raise UserError(f"it needs an input of 4 axes, and this one has {place.rank}.")
    divided = [(1, size * size)] if place.operator == "DepthToSpace" else [(2, size), (3, size)]
    for axis, count in divided:
        length = place.shape[axis] if place.shape is not None else None
        if isinstance(length, int) and size > 0 and length % count:
            raise UserError(f"blocks of {size} do not divide an axis of {length}.")
    return Fresh({}, {"blocksize": size})


_RULES: dict[str, Callable[[Spot], Fresh]] = {
    "Conv": _dirac,
    "ConvTranspose": _dirac,
    "MaxPool": _pool,
    "AveragePool": _pool,
    "LpPool": _pool,
    "Gemm": _eye("B"),
    "MatMul": _eye("B"),
    "Add": _per_channel("B", 0),
    "Sub": _per_channel("B", 0),
    "Mul": _per_channel("B", 1),
    "Div": _per_channel("B", 1),
    "PRelu": _per_channel("slope", 0.25),
    "Pow": _scalar("Y", 1),
    "BatchNormalization": _batch_norm,
    "InstanceNormalization": _batch_norm,
    "GroupNormalization": _group_norm,
    "LayerNormalization": _last_norm("Scale"),
    "RMSNormalization": _last_norm("scale"),
    "Reshape": _reshape,
    "Expand": _axes("shape", 1, 8),
    "Tile": _axes("repeats", 1, 6),
    "Pad": _axes("pads", 0, 11),
    "Resize": _resize,
    "Slice": _slice,
    "Unsqueeze": _unsqueeze,
    "Squeeze": _squeeze,
    "Gather": _gather,
    "Transpose": lambda place: Fresh({}, {"perm": list(range(place.rank))}),
    "DepthToSpace": _blocks,
    "SpaceToDepth": _blocks,
    "LRN": _attributes(size=5),
    "Split": lambda place: Fresh({}, {"num_outputs": 1} if place.opset >= 18 else {}),
    "Concat": _attributes(axis=1),
}
