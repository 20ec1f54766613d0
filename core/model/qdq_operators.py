"""Which operators run in int8, and how each treats the scales of its inputs and outputs."""

from __future__ import annotations

import numpy as np
import onnx_ir as ir

from core.model.facts import Array, Facts
from core.model.qdq_written_out import written_out

WEIGHTED = frozenset({"Conv", "ConvTranspose", "Gemm", "MatMul"})
"""Layers with int8 weights: input pair, weight and int32 bias behind DequantizeLinear, output pair."""

BIASED = WEIGHTED - {"MatMul"}
"""Those of them that can have a bias."""

PASS_THROUGH = frozenset(
    {
        "MaxPool", "AveragePool", "Concat", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose", "Split",
        "Slice", "Gather", "Pad", "Resize", "Identity", "Dropout", "DepthToSpace", "SpaceToDepth", "Expand", "Tile",
    }
)  # fmt: skip
"""Operators that cannot rescale: all their inputs and outputs have one scale and zero point."""

ACTIVATIONS = frozenset({"Relu", "Clip"})
"""Run inside the layer before them; where that is impossible they behave like PASS_THROUGH."""

FUSING = WEIGHTED | {"Add", "Sub", "Mul"}
"""Layers that can take a Relu or Clip into themselves."""

MEANS = frozenset({"GlobalAveragePool", "ReduceMean"})
FIXED = frozenset({"Softmax", "Sigmoid", "Tanh"})
"""Outputs whose scale the runtimes dictate (see ``fixed_params``)."""

BINARY = frozenset({"Add", "Sub", "Mul"})
UNARY = frozenset({"LeakyRelu", "HardSwish"})


NORMALIZATIONS = frozenset(
    {"LayerNormalization", "RMSNormalization", "GroupNormalization", "InstanceNormalization"}
)  # fmt: skip
"""Run in float: an int8 form of theirs would lose most of what they give."""


def reads_float(node: ir.Node, facts: Facts) -> bool:
    """Whether a transformer's layer always reads float: a normalization, or a product of two computed values."""
    if node.op_type in NORMALIZATIONS or written_out(node):
        return True
    return node.op_type == "MatMul" and facts.array(node.inputs[1]) is None


def runs_inside(node: ir.Node) -> ir.Node | None:
    """The layer that may take this Relu or Clip into itself, for nobody else reads its result; None for other nodes."""
    value = node.inputs[0] if node.op_type in ACTIVATIONS else None
    maker = None if value is None else value.producer()
    if value is None or maker is None or maker.op_type not in FUSING:
        return None
    return maker if len(value.uses()) == 1 and not value.is_graph_output() else None


def default_domain(node: ir.Node) -> bool:
    return node.domain in ("", "ai.onnx")


def data_inputs(node: ir.Node) -> list[ir.Value]:
    """The inputs that carry activations (not weights, biases, shapes, indices or bounds)."""
    if node.op_type == "Concat":
        count = len(node.inputs)
    else:
        count = 2 if node.op_type in BINARY else 1
    return [v for v in node.inputs[:count] if v is not None]


def weight_axis(node: ir.Node) -> int:
    """The axis of the weight (2nd input) that counts output channels."""
    if node.op_type == "Conv" or (node.op_type == "Gemm" and node.attributes.get_int("transB", 0) != 0):
        return 0
    return 1


def why_not_int8(node: ir.Node, facts: Facts) -> str:
    """'' where the operator has an int8 form with these constants, else the reason as the end of a sentence."""
    if not default_domain(node):
        return f"the operator belongs to the domain '{node.domain}'"
    if whole := written_out(node):
        return f"it is a part of {whole}, written in plain operators"
    check = _CHECKS.get(node.op_type)
    if check is not None:
        return check(node, facts)
    if node.op_type in PASS_THROUGH | UNARY | FIXED | MEANS:
        return ""
    return f"{node.op_type} has no int8 form here"


_COMPUTED = "its weight is computed while the network runs"


def _weight(node: ir.Node, facts: Facts) -> Array | None:
    return facts.array(node.inputs[1]) if len(node.inputs) > 1 else None


def _unfit(weight: Array) -> str:
    """Why a stored weight cannot become int8; '' where it can."""
    if weight.dtype != np.float32:
        return f"its weight is {weight.dtype}, not float32"
    return "" if np.isfinite(weight).all() else "its weight holds values that are not finite"


def _conv(node: ir.Node, facts: Facts, outputs: int = 0) -> str:
    """``outputs``: the weight's axis of output channels."""
    weight = _weight(node, facts)
    if weight is None:
        return _COMPUTED
    if why := _unfit(weight):
        return why
    if weight.ndim > 4:
        return f"int8 convolutions have at most 2 spatial axes, this one has {weight.ndim - 2}"
    return _bias(node, facts, weight.shape[outputs])


def _conv_transpose(node: ir.Node, facts: Facts) -> str:
    if node.attributes.get_int("group", 1) != 1:
        return "transposed convolutions with groups have no int8 form"
    weight = _weight(node, facts)
    return _conv(node, facts, 1) if weight is not None and weight.ndim > 2 else _COMPUTED


def _gemm(node: ir.Node, facts: Facts) -> str:
    weight = _weight(node, facts)
    if weight is None:
        return _COMPUTED
    if why := _unfit(weight):
        return why
    alpha, beta = (node.attributes.get_float(name, 1.0) for name in ("alpha", "beta"))
    if (alpha, beta) != (1.0, 1.0) or node.attributes.get_int("transA", 0) != 0:
        return "alpha, beta or transA are set"
    return _bias(node, facts, weight.shape[weight_axis(node)])


def _bias(node: ir.Node, facts: Facts, channels: int) -> str:
    if len(node.inputs) < 3 or node.inputs[2] is None:
        return ""
    bias = facts.array(node.inputs[2])
    if bias is None:
        return "its bias is computed while the network runs"
    if bias.size not in (1, channels) or (bias.ndim and bias.shape[-1] != bias.size):
        return f"its bias of shape {bias.shape} is not one number per channel"
    return "" if np.isfinite(bias).all() else "its bias holds values that are not finite"


def _matmul(node: ir.Node, facts: Facts) -> str:
    weight = _weight(node, facts)
    if weight is None:
        return "both operands are computed while the network runs (attention), where int8 costs accuracy"
    if weight.dtype != np.float32 or weight.ndim != 2:
        return f"its weight is {weight.dtype} with {weight.ndim} axes, not a float32 matrix"
    return _unfit(weight)


def _binary(node: ir.Node, facts: Facts) -> str:
    constants = [facts.array(v) for v in data_inputs(node)]
    if any(c is not None and not np.isfinite(c).all() for c in constants):
        return "its constant is not finite"
    return ""


def _activation(node: ir.Node, facts: Facts) -> str:
    if node.op_type == "Relu" or len(node.inputs) < 2:
        return ""
    bounds = [v for v in node.inputs[1:] if v is not None]
    return "" if all(facts.array(v) is not None for v in bounds) else "its bounds are computed while the network runs"


def _pass_through(node: ir.Node, facts: Facts) -> str:
    if any(facts.array(v) is not None for v in data_inputs(node)):
        return "it moves a constant"
    return ""


def _pad(node: ir.Node, facts: Facts) -> str:
    if node.attributes.get_string("mode", "constant") == "constant" and pad_value(node, facts) is None:
        return "its fill value is computed while the network runs or is not finite"
    return _pass_through(node, facts)


def _resize(node: ir.Node, facts: Facts) -> str:
    if node.attributes.get_string("mode", "nearest") == "cubic":
        return "cubic interpolation leaves the range of its input"
    return _pass_through(node, facts)


def _reduce_mean(node: ir.Node, facts: Facts) -> str:
    if len(node.inputs) > 1 and node.inputs[1] is not None and facts.array(node.inputs[1]) is None:
        return "its axes are computed while the network runs"
    return ""


def pad_value(node: ir.Node, facts: Facts) -> float | None:
    """What a constant Pad fills with; None where unknown or not finite."""
    value = node.inputs[2] if len(node.inputs) > 2 else None
    if value is None:
        return node.attributes.get_float("value", 0.0)
    array = facts.array(value)
    fill = None if array is None else float(array.reshape(-1)[0])
    return fill if fill is not None and np.isfinite(fill) else None


_CHECKS = {
    "Conv": _conv,
    "ConvTranspose": _conv_transpose,
    "Gemm": _gemm,
    "MatMul": _matmul,
    **dict.fromkeys(BINARY, _binary),
    **dict.fromkeys(ACTIVATIONS, _activation),
    **dict.fromkeys(PASS_THROUGH, _pass_through),
    "Pad": _pad,
    "Resize": _resize,
    "ReduceMean": _reduce_mean,
}
