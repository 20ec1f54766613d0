"""The nodes of a graph as calls that torch runs one after the other."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import onnx_ir as ir
import torch
from torch import Tensor

from core.errors import UnsupportedOperator, UserError
from core.execute.torch_ops import Layer, Operator, Run, reason_against, to_tensor
from core.execute.torch_ops_quantized import fake_quantize
from core.model.inline import constant_tensor
from core.model.model import layer_name


@dataclass(frozen=True, slots=True)
class Call:
    """One node as it will be run. '' among the names stands for an input not given or an output not used.

    ``spare`` marks a call whose results nobody reads unless a caller asks to keep them.
    """

    layer: Layer
    run: Run
    trains: bool
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    last_use_of: tuple[str, ...] = ()
    spare: bool = False


def compiled(node: ir.Node, opset: int, table: Mapping[str, Operator], still: bool) -> Call:
    """The call of a node; ``still`` makes it behave as in evaluation always.

    Raises UnsupportedOperator where torch cannot run it.
    """
    layer = _layer(node, opset)
    op = table.get(node.op_type)
    reason = reason_against(op, layer, node.domain)
    if reason or op is None:
        raise UnsupportedOperator(node.op_type, layer.name, reason)
    names = ["" if v is None else v.name or "" for v in node.inputs]
    while names and not names[-1]:
        names.pop()
    run = _in_evaluation(op.run) if still else op.run
    return Call(layer, run, op.trains, tuple(names), tuple(o.name or "" for o in node.outputs))


def perform(call: Call, env: Mapping[str, Tensor], training: bool) -> dict[str, Tensor]:
    """The node's outputs by name; a failure inside torch becomes a sentence that names the layer."""
    inputs = [env[n] if n else None for n in call.inputs]
    try:
        y = call.run(call.layer, *inputs, training=training) if call.trains else call.run(call.layer, *inputs)
        results = (y,) if isinstance(y, Tensor) else y
        if len(results) < call.layer.outputs:
            raise ValueError(f"it has {call.layer.outputs} outputs, but only {len(results)} come about")
    except (RuntimeError, ValueError, IndexError, TypeError, ArithmeticError, MemoryError) as error:
        shapes = ", ".join("x".join(map(str, t.shape)) or "scalar" for t in inputs if t is not None)
        raise UserError(
            f"Layer '{call.layer.name}' ({call.layer.operator}) cannot be run on inputs of size {shapes}: "
            f"{_reason(error)}."
        ) from error
    return {n: t for n, t in zip(call.outputs, results, strict=False) if n}


def _reason(error: Exception) -> str:
    text = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
    if isinstance(error, MemoryError) or "allocate memory" in text:
        return "its result does not fit into memory"
    return "it divides by zero" if isinstance(error, ZeroDivisionError) or text == "ZeroDivisionError" else text


def join_quantization(calls: Sequence[Call], constants: Mapping[str, Tensor], outputs: Collection[str]) -> list[Call]:
    """Each DequantizeLinear behind a QuantizeLinear of the same scale and zero point runs as one step with a gradient.

    The QuantizeLinear stays for others who read its integers.
    """
    quantizers = {c.outputs[0]: c for c in calls if c.layer.operator == "QuantizeLinear"}
    joined = []
    for call in calls:
        source = quantizers.get(call.inputs[0]) if call.layer.operator == "DequantizeLinear" else None
        matches = source is not None and _same_settings(source, call, constants)
        joined.append(_as_one_step(source, call) if source is not None and matches else call)
    read = {n for c in joined for n in c.inputs} | set(outputs)
    return [replace(c, spare=True) if c.outputs[0] in quantizers and c.outputs[0] not in read else c for c in joined]


def _same_settings(quantizer: Call, dequantizer: Call, constants: Mapping[str, Tensor]) -> bool:
    for index in (1, 2):
        a, b = (c.inputs[index] if len(c.inputs) > index else "" for c in (quantizer, dequantizer))
        if a == b:
            continue
        if not a or not b:  # a zero point that is not given is zero
            known = constants.get(a or b)
            if index == 1 or known is None or bool(known.any()):
                return False
        elif a not in constants or b not in constants or not torch.equal(constants[a], constants[b]):
            return False
    scale = constants.get(quantizer.inputs[1])
    if scale is not None and scale.numel() == 1:
        return True
    return all(quantizer.layer.get(k, d) == dequantizer.layer.get(k, d) for k, d in (("axis", 1), ("block_size", 0)))


def _as_one_step(quantizer: Call, dequantizer: Call) -> Call:
    def run(layer: Layer, /, *inputs: Any, **state: Any) -> Tensor:
        return fake_quantize(quantizer.layer, layer, *inputs)

    return replace(dequantizer, run=run, inputs=quantizer.inputs)


def with_last_uses(calls: Sequence[Call], lasting: Collection[str]) -> list[Call]:
    """Each call with the values that nothing reads after it, so that they can be freed."""
    seen: set[str] = set(lasting) | {""}
    out = []
    for call in reversed(calls):
        names = dict.fromkeys((*call.inputs, *call.outputs))
        done = tuple(n for n in names if n not in seen)
        seen.update(names)
        out.append(replace(call, last_use_of=done))
    return out[::-1]


def _layer(node: ir.Node, opset: int) -> Layer:
    types = tuple(_type_name(v) for v in node.inputs)
    attributes = {a.name: _plain(a) for a in node.attributes.values() if not a.is_ref()}
    used = max((k + 1 for k, o in enumerate(node.outputs) if o.name), default=0)
    return Layer(layer_name(node), node.op_type, node.version or opset, attributes, types, used)


def _type_name(value: ir.Value | None) -> str:
    """'' where the file does not say; of a constant its node knows."""
    if value is None:
        return ""
    tensor = constant_tensor(value) if value.dtype is None else None
    kind = value.dtype if tensor is None else tensor.dtype
    return "" if kind is None else kind.name


def _plain(attribute: ir.Attr) -> Any:
    value = attribute.value
    if attribute.type == ir.AttributeType.TENSOR:
        return None if value.dtype == ir.DataType.STRING else to_tensor(value.numpy())
    return list(value) if isinstance(value, tuple) else value


def _in_evaluation(run: Run) -> Run:
    def fixed(layer: Layer, /, *inputs: Any, **state: Any) -> Tensor | tuple[Tensor, ...]:
        return run(layer, *inputs, training=False)

    return fixed


def names_read(calls: Iterable[Call]) -> set[str]:
    """Every value that a call reads."""
    return {n for c in calls for n in c.inputs}
