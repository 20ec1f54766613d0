"""Which inputs of a node are its weights, and which stored tensors stand behind them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import onnx_ir as ir

from core.model.facts import Facts
from core.model.weight_functions import kind_and_bits

# Positions of the weights among a node's inputs. Where an operator is not listed, float tensors of more than one
# element count: a scalar beside an Add or Mul is arithmetic, not a weight.
_POSITIONS: Mapping[str, tuple[int, ...]] = {
    "Conv": (1, 2),
    "ConvTranspose": (1, 2),
    "ConvInteger": (1,),
    "DeformConv": (1, 3),
    "MatMulInteger": (0, 1),
    "QLinearConv": (3, 8),
    "QLinearMatMul": (0, 3),
    "Gemm": (0, 1, 2),
    "MatMul": (0, 1),
    "BatchNormalization": (1, 2),
    "InstanceNormalization": (1, 2),
    "LayerNormalization": (1, 2),
    "GroupNormalization": (1, 2),
    "PRelu": (1,),
    "LSTM": (1, 2, 3, 7),
    "GRU": (1, 2, 3),
    "RNN": (1, 2, 3),
    "Attention": (0, 1, 2),  # a mask that is added is none
}
_NONE = {"Clip", "Pad", "Resize", "Upsample", "Dropout", "Pow", "Range", "OneHot", "ConstantOfShape", "Where"}
# A weight may stand behind these: they change its place or its number format, not what it is.
CARRIERS = {"Identity", "Cast", "Transpose", "Reshape", "Unsqueeze", "Squeeze", "Flatten"}
_FILLERS = {"ConstantOfShape", "Expand", "Tile"}
QUANTIZERS = {"QuantizeLinear", "DequantizeLinear"}
_PICKERS = {"Gather", "Slice"}  # rows of a table at fixed places: the table is the weight (position biases)
_FLOAT = {ir.DataType.FLOAT, ir.DataType.FLOAT16, ir.DataType.BFLOAT16, ir.DataType.DOUBLE}


@dataclass(frozen=True, slots=True)
class Constant:
    """What an input carries that is known before running: ``size`` elements under ``name``.

    ``number`` says whether they stand for real numbers (floats, or integers that are dequantized). ``tensors`` are the
    stored ones on the way, by name; scales and zero points are among them.
    """

    name: str
    size: int
    number: bool
    tensors: tuple[tuple[str, ir.TensorProtocol], ...]


def constant(value: ir.Value | None, facts: Facts | None) -> Constant | None:
    """The constant behind an input, looked for through carriers and quantization nodes; None for a computed value."""
    met: list[tuple[str, ir.TensorProtocol]] = []
    dequantized = False
    first = value
    while value is not None:
        tensor = stored_tensor(value)
        if tensor is not None:
            name = value.name or ""
            number = dequantized or tensor.dtype in _FLOAT
            return Constant(name, int(tensor.size), number, ((name, tensor), *met))
        node = value.producer()
        if node is not None and kind_and_bits(node) is not None:
            return _coded(value, node, met)
        if node is None or not _passes_on(node, facts):
            return _computed(first, facts)
        dequantized |= node.op_type == "DequantizeLinear"
        met.extend((v.name or "", t) for v in node.inputs[1:] if v and (t := stored_tensor(v)) is not None)
        value = node.inputs[0]
    return None


def _coded(value: ir.Value, node: ir.Node, met: list[tuple[str, ir.TensorProtocol]]) -> Constant:
    """A weight stored as codes: what its function decodes, and all the tensors that it needs."""
    stored = [(v.name or "", t) for v in node.inputs if v is not None and (t := stored_tensor(v)) is not None]
    return Constant(value.name or "", math.prod(node.attributes.get_ints("shape", ())), True, (*stored, *met))


def _passes_on(node: ir.Node, facts: Facts | None) -> bool:
    """Whether a node gives on what its first input stores."""
    if node.op_type in _PICKERS:
        places = [v for v in node.inputs[1:] if v is not None]
        return all(stored_tensor(v) is not None or (facts and facts.array(v) is not None) for v in places)
    return node.op_type in CARRIERS | QUANTIZERS


def stored_tensor(value: ir.Value) -> ir.TensorProtocol | None:
    """The tensor of an initializer or a Constant node."""
    if value.const_value is not None:
        return value.const_value
    node = value.producer()
    if node is None or node.op_type != "Constant":
        return None
    held = node.attributes.get("value")
    return None if held is None else held.as_tensor()


def is_weight(node: ir.Node, position: int, found: Constant) -> bool:
    """Whether a constant input is a parameter of its node."""
    if node.op_type in _NONE or not (found.number or node.op_type.startswith("QLinear") or "Integer" in node.op_type):
        return False
    if node.op_type in _POSITIONS:
        return position in _POSITIONS[node.op_type]
    return found.size > 1


def _computed(value: ir.Value | None, facts: Facts | None) -> Constant | None:
    """Weights that nodes make out of constants alone (ConstantOfShape, Concat of parts): nothing is stored as such."""
    if value is None or facts is None:
        return None
    name, node, shape = value.name or "", value.producer(), facts.shape(value)
    if name in facts.constants:
        array = facts.constants[name]
        return Constant(name, int(array.size), array.dtype.kind == "f", ())
    large = node is not None and node.op_type in _FILLERS and all(facts.array(v) is not None for v in node.inputs)
    if not large or shape is None:  # facts leave out what is too large to hold, but know its shape
        return None
    return Constant(name, math.prod(shape), facts.dtypes.get(name) in _FLOAT, ())
