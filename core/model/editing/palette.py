"""Which operators can stand on an edge, and which in a layer's place: tried on onnx's own type inference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import onnx
import onnx_ir as ir

from core.errors import UserError
from core.model.editing.attributes import attribute, attribute_values, is_allowed
from core.model.editing.fresh import Array, Fresh, fresh, spot
from core.model.editing.inference import Inference, Known, TensorType, type_of
from core.model.editing.operators import CATEGORY, OperatorInfo, operator_info
from core.model.editing.working_copy import WorkingCopy
from core.model.inline import constant_tensor
from core.model.model import Model

_SUGGESTED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "Clip": ({}, {"min": 0, "max": 6}),
    "LeakyRelu": ({"alpha": 0.1}, {}),
    "Cast": ({"to": 1}, {}),
}  # attributes and constants that a form offers though the operator can do without


@dataclass(frozen=True, slots=True)
class Offer:
    """An operator that can stand there, with what it is given if nothing else is said.

    ``constants`` are by the operator's own names of its inputs; one number stands for as many as are needed, and large
    ones are left out: they are made when the layer is put in. ``shape`` is that of the result.
    """

    operator: OperatorInfo
    attributes: Mapping[str, Any]
    constants: Mapping[str, Any]
    shape: tuple[int | str | None, ...] | None
    keeps_shape: bool


def palette(copy: WorkingCopy, tensor: ir.Value) -> tuple[Offer, ...]:
    """The operators that can be put behind a tensor in one step, by category, those that keep its shape first there."""
    return _offers(copy, [_known(copy, tensor)], None)


def candidates(copy: WorkingCopy, node: ir.Node) -> tuple[Offer, ...]:
    """The operators that can take a layer's place on the tensors it reads, those that make the same shape first."""
    flowing = [v for v in node.inputs if v is not None and constant_tensor(v) is None]
    if not flowing or len(node.outputs) != 1:
        return ()
    result = _known(copy, node.outputs[0])
    offers = _offers(copy, [_known(copy, v) for v in flowing], node)
    wanted = result.shape if isinstance(result, TensorType) else None
    kept = [o for o in offers if o.operator.name != node.op_type]
    return tuple(sorted(kept, key=lambda o: o.shape != wanted))


def _known(copy: WorkingCopy, value: ir.Value) -> Known | None:
    dtype = copy.dtype_of(value)
    return None if dtype is None else TensorType(int(dtype), copy.shape_of(value))


def _offers(copy: WorkingCopy, given: Sequence[Known | None], node: ir.Node | None) -> tuple[Offer, ...]:
    model, inference = copy.model, Inference(copy.model.graph)
    found = []
    for operator in CATEGORY:
        info = operator_info(operator, model.opset)
        offer = None if info is None else _offer(model, inference, info, given, node)
        if offer is not None:
            found.append(offer)
    order = list(dict.fromkeys(CATEGORY.values()))
    return tuple(sorted(found, key=lambda o: (order.index(o.operator.category), not o.keeps_shape)))


def _offer(
    model: Model, inference: Inference, info: OperatorInfo, given: Sequence[Known | None], old: ir.Node | None
) -> Offer | None:
    first = given[0]
    if not isinstance(first, TensorType) or (len(given) > 1 and info.name not in _OF_SEVERAL):
        return None
    schema = onnx.defs.get_schema(info.name, info.since)
    if not _accepts(schema.name, schema.since_version, len(given), first.dtype) or schema.min_output > 1:
        return None
    kept = {k: v for k, v in attribute_values(old).items() if is_allowed(schema, k, v)} if old is not None else {}
    attributes, constants = (dict(d) for d in _SUGGESTED.get(info.name, ({}, {})))
    if first.dtype not in _FLOATS or not all(any(i.name == c for i in info.inputs) for c in constants):
        constants = {}
    attributes = {k: v for k, v in attributes.items() if k in schema.attributes} | kept
    place = spot(info.name, info.since, first, attributes)
    try:
        extra = fresh(place) if len(given) == 1 else None
    except UserError:
        if any(i.needed for i in info.inputs[1:]) or any(a.required for a in info.attributes):
            return None
        extra = None
    extra = extra or Fresh({}, {})
    attributes = {**extra.attributes, **attributes}
    made = _tried(model, inference, info, given, extra.constants, attributes)
    if not isinstance(made, TensorType):
        return None
    shown = {k: _shown(v) for k, v in extra.constants.items()}
    values = {k: v for k, v in shown.items() if v is not None}
    same = made.shape == first.shape and made.dtype == first.dtype
    return Offer(info, attributes, {**values, **constants}, made.shape, same)


def _shown(array: Array) -> Any:
    """A constant as a form shows it: one number where all are the same, a short list, else None."""
    if array.dtype.kind == "f" and array.size and (array == array.flat[0]).all():
        return float(array.flat[0])
    return array.tolist() if array.size <= 16 else None


_OF_SEVERAL = frozenset({"Add", "Sub", "Mul", "Div", "Pow", "Max", "Min", "Mean", "Sum", "Mod", "Concat", "MatMul"})
_FLOATS = frozenset(int(t) for t in (ir.DataType.FLOAT, ir.DataType.FLOAT16, ir.DataType.DOUBLE, ir.DataType.BFLOAT16))


@lru_cache(maxsize=8192)
def _accepts(operator: str, version: int, count: int, dtype: int) -> bool:
    """Whether an operator can read so many tensors of one type first."""
    schema = onnx.defs.get_schema(operator, version)
    if count > schema.max_input:
        return False
    name = f"tensor({ir.DataType(dtype).name.lower()})"
    for port in schema.inputs[: min(count, len(schema.inputs))]:
        allowed = next((c.allowed_type_strs for c in schema.type_constraints if c.type_param_str == port.type_str), ())
        if name not in (port.type_str, *allowed):
            return False
    return True


def _tried(
    model: Model,
    inference: Inference,
    info: OperatorInfo,
    given: Sequence[Known | None],
    constants: Mapping[str, Array],
    attributes: Mapping[str, Any],
) -> Known | None:
    """The type of what the layer would make; None where it could not run."""
    names = [i.name for i in info.inputs]
    values: list[ir.Value | None] = [ir.Value(name=f"given{k}") for k in range(len(given))]
    types: dict[ir.Value, Known] = {v: t for v, t in zip(values, given, strict=True) if v is not None and t is not None}
    for name, array in constants.items():
        index = names.index(name)
        values += [None] * (index + 1 - len(values))
        tensor = ir.tensor(array, name=name)
        values[index] = ir.Value(name=name, const_value=tensor)
    if len(types) < len(given) or any(i.needed and (k >= len(values) or values[k] is None)
                                      for k, i in enumerate(info.inputs)):  # fmt: skip
        return None
    node = ir.Node("", info.name, values, num_outputs=1, name="tried")
    node.outputs[0].name = "made"
    try:
        for key, value in attributes.items():
            node.attributes.add(attribute(model.graph, node, key, value))
    except UserError:
        return None
    if any(a.required and a.name not in node.attributes for a in info.attributes):
        return None
    outputs, wrong = inference.ask(model.graph, node, lambda v: type_of(v, types))
    return outputs[0] if outputs and not wrong else None
