"""The stored tensors a layer reads: where they lie, along which axis its channels run, how integers become numbers.

No Qt. What is found here holds arrays and names only, so that another thread may work on it while the graph is edited.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx_ir as ir

from core.model.stored_weights import decoded_tensor, decodes, stored_as, stored_bytes
from core.model.weight_functions import DOMAIN
from gui.graph_view.known import Known, constant
from gui.inspector.wiring import Wiring

Array = npt.NDArray[Any]
_PASSED = ("Identity", "Cast", "QuantizeLinear")
_MOVED = ("Reshape", "Unsqueeze", "Squeeze", "Flatten")


@dataclass(frozen=True, slots=True)
class Channels:
    """Channels run along ``axis`` of the stored tensor; with ``group`` > 1 (ConvTranspose) axis 0 holds the groups.

    Channel c of a grouped ConvTranspose of n channels a group is index c % n in group c // n.
    """

    axis: int
    group: int = 1


@dataclass(frozen=True, slots=True)
class Scaling:
    """Real value = (integer - zero) * scale. Arrays of one element, or along ``axis``, in blocks of ``block``."""

    scale: Array
    zero: Array | None
    axis: int = 0
    block: int = 0


@dataclass(frozen=True, slots=True)
class Stored:
    """One constant input of a layer. ``formal`` is the operator's name for it, ``name`` the tensor's own.

    ``tensor`` lies in the file; where nodes compute it from constants there is only ``array``. ``rounded`` says that a
    quantization behind it rounds it when the model runs. ``shared`` are the keys of other layers that read it. Of codes
    (a codebook, powers of two) ``tensor`` is what they stand for, and ``coded`` (format, bytes in the file).
    """

    formal: str
    name: str
    tensor: ir.TensorProtocol | None
    array: Array | None
    shape: tuple[int, ...]
    channels: Channels | None
    scaling: Scaling | None = None
    rounded: bool = False
    shared: tuple[str, ...] = ()
    coded: tuple[str, int] | None = None

    @property
    def count(self) -> int:
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def dtype(self) -> str:
        if self.coded is not None:
            return self.coded[0]
        if self.tensor is None:
            return "" if self.array is None else self.array.dtype.name
        kind = self.tensor.dtype.name
        return {"FLOAT": "float32", "DOUBLE": "float64"}.get(kind, kind.lower())

    @property
    def bytes(self) -> int:
        """Of the stored tensor; what is computed when the model is loaded takes none in the file."""
        if self.coded is not None:
            return self.coded[1]
        return 0 if self.tensor is None else int(self.tensor.nbytes)

    def read(self) -> Array:
        """The stored numbers, memory-mapped where the file allows. Raises OSError and the like where it is lost."""
        if self.tensor is not None:
            return self.tensor.numpy()
        return np.zeros(0) if self.array is None else self.array


def stored_inputs(node: ir.Node, formals: list[str], whole: Known, wiring: Wiring) -> list[Stored]:
    """Every constant input of a layer, in the operator's order."""
    key = wiring.key(node)
    out = []
    for position, (formal, value) in enumerate(zip(formals, node.inputs, strict=True)):
        if value is None or not constant(value, whole.hidden):
            continue
        found = _follow(value, whole, _channels(node, position))
        if found is not None:
            others = tuple(k for k in wiring.readers(found.source) if k != key)
            scaling = found.scaling or _scaling_of_integers(node, position, whole)
            shape = found.shape
            channels = found.channels if found.channels and _fits(found.channels, shape) else None
            name = found.source.name or ""
            numbers = (found.tensor, found.array, shape, channels, scaling, found.rounded, others, found.coded)
            out.append(Stored(formal, name, *numbers))
    return out


def stored_value(value: ir.Value, whole: Known, wiring: Wiring) -> Stored | None:
    """A constant by itself, without a layer's view of its axes."""
    found = _follow(value, whole, None)
    if found is None:
        return None
    shape = found.shape
    readers = tuple(wiring.readers(found.source))
    numbers = (found.tensor, found.array, shape, None, found.scaling, found.rounded, readers, found.coded)
    return Stored("", value.name or "", *numbers)


@dataclass(slots=True)
class _Found:
    """A constant on the way back to where it is stored."""

    source: ir.Value
    channels: Channels | None
    tensor: ir.TensorProtocol | None = None
    array: Array | None = None
    scaling: Scaling | None = None
    rounded: bool = False
    coded: tuple[str, int] | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        if self.tensor is not None:
            return tuple(int(d) for d in self.tensor.shape.numpy())
        return () if self.array is None else self.array.shape


def _follow(value: ir.Value, whole: Known, channels: Channels | None) -> _Found | None:
    found = _Found(value, channels)
    while True:
        if found.source.const_value is not None:
            found.tensor = found.source.const_value
            return found
        node = found.source.producer()
        if node is None:
            return None
        if node.op_type == "Constant" and "value" in node.attributes:
            found.tensor = node.attributes["value"].as_tensor()
            return found
        if node.domain == DOMAIN and decodes(node):
            found.tensor = decoded_tensor(node)
            found.coded = stored_as(node), stored_bytes(node)
            return found
        if not _step_back(found, node, whole):
            found.source, found.scaling, found.channels = value, None, channels
            found.array = whole.facts.array(value)
            return found if found.array is not None else None


def _step_back(found: _Found, node: ir.Node, whole: Known) -> bool:
    """Look through a node that only moves or requantizes; False for one that computes."""
    if not node.inputs or node.inputs[0] is None:
        return False
    if node.op_type == "DequantizeLinear":
        found.scaling = _scaling(node, whole)
    elif node.op_type == "QuantizeLinear":
        found.scaling, found.rounded = None, True
    elif node.op_type == "Transpose":
        order = tuple(node.attributes["perm"].as_ints()) if "perm" in node.attributes else ()
        found.channels = _moved(found.channels, order)
        if found.scaling is not None and found.scaling.scale.size > 1:
            at = _moved(Channels(found.scaling.axis), order)
            found.scaling = None if at is None else Scaling(found.scaling.scale, found.scaling.zero, at.axis)
    elif node.op_type in _MOVED:
        found.channels = None
        if found.scaling is not None and found.scaling.scale.size > 1:
            return False
    elif node.op_type not in _PASSED:
        return False
    found.source = node.inputs[0]
    return True


def _moved(channels: Channels | None, order: tuple[int, ...]) -> Channels | None:
    """Along which axis the channels run before a Transpose; None where it cannot be said."""
    if channels is None or channels.group > 1 or not order:
        return None
    return Channels(order[channels.axis]) if -len(order) <= channels.axis < len(order) else None


def _scaling(node: ir.Node, whole: Known) -> Scaling | None:
    scale = whole.facts.array(node.inputs[1]) if len(node.inputs) > 1 else None
    zero = whole.facts.array(node.inputs[2]) if len(node.inputs) > 2 else None
    if scale is None:
        return None
    axis, block = (
        node.attributes[n].as_int() if n in node.attributes else d for n, d in (("axis", 1), ("block_size", 0))
    )
    return Scaling(scale, zero, axis, block)


# where operators that store integers keep the scale and the zero point of an input: (input, scale, zero point, axis)
_INTEGER = {("QLinearConv", 3): (4, 5, 0), ("QLinearMatMul", 3): (4, 5, 1), ("QLinearMatMul", 0): (1, 2, 0)}


def _scaling_of_integers(node: ir.Node, position: int, whole: Known) -> Scaling | None:
    at = _INTEGER.get((node.op_type, position))
    if at is None:
        return None
    scale, zero = (whole.facts.array(node.inputs[k]) if len(node.inputs) > k else None for k in at[:2])
    return None if scale is None else Scaling(scale, zero, at[2])


def _channels(node: ir.Node, position: int) -> Channels | None:
    """Along which axis of an input the layer's output channels run; None where that makes no sense."""
    operator = node.op_type
    if (operator in ("Conv", "ConvInteger", "DeformConv") and position == 1) or (operator, position) == (
        "QLinearConv",
        3,
    ):
        return Channels(0)
    if operator == "ConvTranspose" and position == 1:
        return Channels(1, node.attributes["group"].as_int() if "group" in node.attributes else 1)
    if operator == "Gemm" and position in (0, 1):
        name = ("transA", "transB")[position]
        flipped = name in node.attributes and bool(node.attributes[name].as_int())
        return Channels(int(flipped) if position == 0 else int(not flipped))
    if (operator in ("MatMul", "MatMulInteger") and position in (0, 1)) or operator == "QLinearMatMul":
        return Channels(-1 if position else -2) if position in (0, 1, 3) else None
    return None


def _fits(channels: Channels, shape: tuple[int, ...]) -> bool:
    """Whether there are channels at all, and more than one value in each."""
    if len(shape) < 2 or not -len(shape) <= channels.axis < len(shape):
        return False
    return channels.group == 1 or (shape[0] % channels.group == 0)
