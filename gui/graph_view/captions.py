"""What a card says: the kind of an operator, and the few parameters that matter at a glance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod

import onnx_ir as ir

from core.model.facts import Facts
from gui.graph_view.known import constant, shape_of, stored_tensor, times
from gui.words import thousands

Row = tuple[str, str]

_CATEGORIES = {
    "layer": "Conv ConvTranspose ConvInteger QLinearConv DeformConv Gemm MatMul MatMulInteger QLinearMatMul Einsum "
    "LSTM GRU RNN Attention MultiHeadAttention",
    "activation": "Relu Clip Sigmoid HardSigmoid Tanh LeakyRelu PRelu Elu Selu Celu Gelu HardSwish Swish Mish Softplus "
    "Softsign ThresholdedRelu Softmax LogSoftmax Erf",
    "pooling": "MaxPool AveragePool GlobalAveragePool GlobalMaxPool LpPool GlobalLpPool ReduceMean ReduceMax ReduceSum",
    "normalization": "BatchNormalization InstanceNormalization LayerNormalization GroupNormalization LRN "
    "LpNormalization RMSNormalization SimplifiedLayerNormalization MeanVarianceNormalization Dropout",
    "join": "Concat Split Slice Gather GatherND GatherElements ScatterND Pad Where",
    "shape": "Reshape Flatten Transpose Squeeze Unsqueeze Expand Tile Shape DepthToSpace SpaceToDepth Resize Upsample "
    "Identity Cast CastLike",
    "quantization": "QuantizeLinear DequantizeLinear DynamicQuantizeLinear",
    "arithmetic": "Add Sub Mul Div Pow Sqrt Exp Log Neg Abs Min Max Sum Mean",
}
CATEGORY = {operator: kind for kind, operators in _CATEGORIES.items() for operator in operators.split()}


def category(node: ir.Node) -> str:
    """The kind of operator, a key of ``Theme.categories``."""
    return CATEGORY.get(node.op_type, "other") if node.domain in ("", "ai.onnx", "com.microsoft") else "other"


def rows(node: ir.Node, facts: Facts, hidden: frozenset[int], params: int) -> tuple[Row, ...]:
    """The lines inside a card: a grey key and a value each. ``params`` is the layer's share of the parameters."""
    out = [*_OPERATOR_ROWS.get(node.op_type, _scalars)(node, facts)]
    if params:
        out += [("weights", text) for text in (_weights(node, facts, hidden),) if text]
        out.append(("params", thousands(params)))
    return tuple(out)


def _weights(node: ir.Node, facts: Facts, hidden: frozenset[int]) -> str:
    """Shape of the largest stored input, with its type where that is not float; '' for a plain vector."""
    stored = [v for v in node.inputs if v is not None and constant(v, hidden)]
    shapes = [(prod(s), s, v) for v in stored if (s := facts.shape(v)) is not None]
    if not shapes:
        return ""
    _, shape, value = max(shapes, key=lambda found: found[0])
    tensor = stored_tensor(value)
    kind = "" if tensor is None or tensor.dtype.name == "FLOAT" else f" · {tensor.dtype.name.lower()}"
    return times(shape) + kind if len(shape) > 1 else ""


def _ints(node: ir.Node, name: str) -> tuple[int, ...]:
    return tuple(node.attributes[name].as_ints()) if name in node.attributes else ()


def _int(node: ir.Node, name: str, default: int) -> int:
    return node.attributes[name].as_int() if name in node.attributes else default


def _even(values: Sequence[int]) -> str:
    """One number where all are equal, else all of them."""
    return str(values[0]) if len(set(values)) == 1 else "×".join(str(v) for v in values)


def _window(node: ir.Node, facts: Facts) -> list[Row]:
    """Kernel, stride, dilation and groups in one line, defaults left out; padding only where it is not the usual one
    that keeps the size."""
    kernel = _ints(node, "kernel_shape")
    if not kernel and len(node.inputs) > 1:
        kernel = tuple(d for d in (shape_of(node.inputs[1], facts) or ())[2:] if isinstance(d, int))
    parts = ["×".join(str(k) for k in kernel)] if kernel else []
    dilations = _ints(node, "dilations") or (1,) * len(kernel)
    for values, word in ((_ints(node, "strides"), "stride"), (dilations, "dilation")):
        if any(v != 1 for v in values):
            parts.append(f"{word} {_even(values)}")
    pads = _ints(node, "pads") or (0,) * (2 * len(kernel))
    if pads != tuple(d * (k - 1) // 2 for k, d in zip(kernel, dilations, strict=False)) * 2:
        parts.append(f"pad {_even(pads)}" if any(pads) else "no pad")
    group = _int(node, "group", 1)
    if group > 1:
        data = shape_of(node.inputs[0], facts)
        parts.append("depthwise" if data and len(data) > 1 and data[1] == group else f"{group} groups")
    return [("kernel", " · ".join(parts))] if parts else []


def _clip(node: ir.Node, facts: Facts) -> list[Row]:
    low, high = (_number(node, k, name, facts) for k, name in ((1, "min"), (2, "max")))
    return [("range", f"{low or '−∞'} … {high or '∞'}")]


def _number(node: ir.Node, position: int, attribute: str, facts: Facts) -> str:
    """A scalar given as an attribute (old opsets) or as a constant input."""
    if attribute in node.attributes:
        return f"{node.attributes[attribute].as_float():g}".replace("-", "−")
    value = node.inputs[position] if len(node.inputs) > position else None
    array = facts.array(value)
    return f"{float(array):g}".replace("-", "−") if array is not None and array.size == 1 else ""


def _axis(node: ir.Node, facts: Facts) -> list[Row]:
    return [("axis", str(_int(node, "axis", -1)))] if "axis" in node.attributes else []


def _axes(node: ir.Node, facts: Facts) -> list[Row]:
    array = facts.array(node.inputs[1]) if len(node.inputs) > 1 else None
    axes = _ints(node, "axes") or (tuple(int(a) for a in array.ravel()) if array is not None else ())
    return [("axes", ", ".join(str(a) for a in axes))] if axes else []


def _permutation(node: ir.Node, facts: Facts) -> list[Row]:
    order = _ints(node, "perm")
    return [("order", " ".join(str(a) for a in order))] if order else []


def _pads(node: ir.Node, facts: Facts) -> list[Row]:
    array = facts.array(node.inputs[1]) if len(node.inputs) > 1 else None
    pads = _ints(node, "pads") or (tuple(int(a) for a in array.ravel()) if array is not None else ())
    half = len(pads) // 2
    changed = [f"axis {k}: {pads[k]}+{pads[half + k]}" for k in range(half) if pads[k] or pads[half + k]]
    return [("pads", " · ".join(changed[:2]) or "none")] if pads else []


def _scale(node: ir.Node, facts: Facts) -> list[Row]:
    scale = facts.array(node.inputs[1]) if len(node.inputs) > 1 else None
    if scale is None or _second_of_pair(node):
        return []
    if scale.size > 1:
        return [("scale", f"{scale.size} channels")]
    zero = facts.array(node.inputs[2]) if len(node.inputs) > 2 else None
    at = f" · zero {int(zero.ravel()[0])}".replace("-", "−") if zero is not None else ""
    return [("scale", f"{float(scale.ravel()[0]):.4g}{at}")]


def _second_of_pair(node: ir.Node) -> bool:
    """Whether the card above already says the scale."""
    before = node.inputs[0].producer() if node.inputs[0] is not None else None
    return (
        node.op_type == "DequantizeLinear"
        and before is not None
        and before.op_type == "QuantizeLinear"
        and tuple(before.inputs[1:]) == tuple(node.inputs[1:])
    )


def _nothing(node: ir.Node, facts: Facts) -> list[Row]:
    return []


_SCALARS = {ir.AttributeType.INT: "as_int", ir.AttributeType.FLOAT: "as_float", ir.AttributeType.STRING: "as_string"}


def _scalars(node: ir.Node, facts: Facts) -> list[Row]:
    """The first two plain attributes of an operator without a rule of its own."""
    out = []
    for name, attribute in node.attributes.items():
        if attribute.type in _SCALARS and not attribute.is_ref():
            value = getattr(attribute, _SCALARS[attribute.type])()
            out.append((name[:10], f"{value:g}" if isinstance(value, float) else str(value)[:24]))
    return out[:2]


_OPERATOR_ROWS: dict[str, Callable[[ir.Node, Facts], list[Row]]] = {
    **dict.fromkeys(("Conv", "ConvTranspose", "ConvInteger", "MaxPool", "AveragePool", "LpPool"), _window),
    **dict.fromkeys(("ReduceMean", "ReduceMax", "ReduceSum", "Squeeze", "Unsqueeze"), _axes),
    **dict.fromkeys(("Concat", "Split", "Softmax", "LogSoftmax", "Gather"), _axis),
    **dict.fromkeys(("QuantizeLinear", "DequantizeLinear"), _scale),
    **dict.fromkeys(("Gemm", "MatMul", "BatchNormalization", "Flatten", "Reshape", "Cast", "Dropout"), _nothing),
    "Clip": _clip,
    "Transpose": _permutation,
    "Pad": _pads,
}
