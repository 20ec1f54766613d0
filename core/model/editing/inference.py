"""What one layer makes of what it reads, by the operator's own definition in the onnx package; answers are kept.

Networks repeat themselves: of 10,000 layers a few dozen differ in operator, attributes and types of inputs.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import onnx
import onnx_ir as ir

from core.model.editing.checks import Known, Sizes, TensorType, disagreement, misfit
from core.model.editing.index import bodies_of
from core.model.facts import LIKE_INPUT
from core.model.inline import constant_tensor
from core.model.model import layer_name

__all__ = [
    "SMALL",
    "Constant",
    "Inference",
    "Known",
    "Look",
    "Sizes",
    "TensorType",
    "Types",
    "schema_of",
    "small_constant",
    "type_of",
]

SMALL = 64  # elements of a constant that a shape may depend on
_MOST_KEPT = 50_000
_BLIND = frozenset(
    {
        "Conv",
        "ConvTranspose",
        "Gemm",
        "MatMul",
        "Add",
        "Sub",
        "Mul",
        "Div",
        "Pow",
        "PRelu",
        "Clip",
        "BatchNormalization",
        "InstanceNormalization",
        "LayerNormalization",
        "GroupNormalization",
        "Concat",
        "Where",
        "Min",
        "Max",
        "Gather",
        "QuantizeLinear",
        "DequantizeLinear",
        "LSTM",
        "GRU",
        "RNN",
    }
)  # fmt: skip  the numbers that these read never decide a shape
_WITH_BODIES = frozenset({"If", "Loop", "Scan", "SequenceMap"})
_SHAPED_BY = {"Reshape": 1, "ConstantOfShape": 0}  # the input that holds the shape of what is made
_PLAIN = frozenset({ir.AttributeType.INT, ir.AttributeType.FLOAT, ir.AttributeType.STRING, ir.AttributeType.INTS,
                    ir.AttributeType.FLOATS, ir.AttributeType.STRINGS})  # fmt: skip
Types = dict[ir.Value, Known]
Answer = tuple[tuple[Known | None, ...], str]  # a type for each output, and what is wrong ('' or the sentence's end)


def small_constant(value: ir.Value | None) -> ir.TensorProtocol | None:
    """A constant that a shape may depend on."""
    tensor = constant_tensor(value)
    return tensor if tensor is not None and math.prod(tensor.shape.numpy()) <= SMALL else None


Look = Callable[[ir.Value], Known | None]
Constant = Callable[[ir.Value | None], ir.TensorProtocol | None]


@dataclass(frozen=True, slots=True)
class _Definition:
    schema: onnx.defs.OpSchema
    inputs: tuple[str, ...]
    needed: tuple[bool, ...]
    fewest: int
    most: int


class Inference:
    """Asks onnx, once for each distinct question about the graphs of one opset."""

    def __init__(self, graph: ir.Model) -> None:
        self.opsets = dict(graph.opset_imports)
        self._imports = [onnx.helper.make_opsetid(k, v) for k, v in self.opsets.items()]
        self._kept: dict[Any, Answer] = {}

    def fits(self, graph: ir.Model) -> bool:
        """Whether its answers hold for another graph."""
        return self.opsets == dict(graph.opset_imports)

    def ask(
        self, graph: ir.Model, node: ir.Node, look: Look, constant: Constant = small_constant
    ) -> tuple[tuple[Known | None, ...], str]:
        """(types of a layer's outputs, what is wrong with it or ''): the end of a sentence that begins with the layer.

        ``look`` says the type of what the layer reads, ``constant`` the numbers where they are few and known.
        """
        definition = _definition(graph, node)
        if definition is None:
            return (), ""
        lacking = _lacking(graph, node, definition)
        if lacking:
            return (), f"{lacking}."
        given = []
        for value in node.inputs:
            known = look(value) if value is not None else None
            if known is None and value is not None:
                return (), ""
            given.append(known)
        key = _key(node, definition, given, constant)
        answer = self._kept.get(key) if key is not None else None
        if answer is None:
            answer = self._asked(graph, node, definition.schema, given, constant)
            if key is not None:
                if len(self._kept) > _MOST_KEPT:
                    self._kept.clear()
                self._kept[key] = answer
        return answer

    def _asked(
        self,
        graph: ir.Model,
        node: ir.Node,
        schema: onnx.defs.OpSchema,
        given: Sequence[Known | None],
        constant: Constant,
    ) -> Answer:
        if node.op_type in LIKE_INPUT and node.domain in ("", "ai.onnx"):
            return (given[0],), ""
        protos, data = {}, {}
        for value, known in zip(node.inputs, given, strict=True):
            if value is None or known is None:
                continue
            protos[value.name or ""] = _proto(known) if isinstance(known, TensorType) else known
            tensor = constant(value)
            if tensor is not None:
                data[value.name or ""] = ir.serde.serialize_tensor(tensor)
        try:
            out = onnx.shape_inference.infer_node_outputs(
                schema, ir.serde.serialize_node(node), protos, data,
                opset_imports=self._imports, ir_version=graph.ir_version,
            )  # fmt: skip
        except Exception as error:  # noqa: BLE001  onnx raises errors of several C++ types, all about this layer
            return (), misfit(node, given) or f": {_plain(str(error))}."
        made = _ranked(node, given, tuple(_known(out.get(value.name or "")) for value in node.outputs))
        return made, disagreement(node, given, made)


def type_of(value: ir.Value, types: Mapping[ir.Value, Known]) -> Known | None:
    """As the file says, else as inferred; None where nothing is known or it is no tensor."""
    shape, dtype = value.shape, value.dtype
    if shape is None or dtype is None:
        tensor = constant_tensor(value)
        if tensor is None:
            return types.get(value)
        return TensorType(int(tensor.dtype), tuple(tensor.shape.numpy()))
    return TensorType(int(dtype), tuple([d if isinstance(d, int) else d.value for d in shape.dims]))


def schema_of(graph: ir.Model, node: ir.Node) -> onnx.defs.OpSchema | None:
    """The operator's definition at the graph's opset; None where onnx does not know it."""
    definition = _definition(graph, node)
    return None if definition is None else definition.schema


def _definition(graph: ir.Model, node: ir.Node) -> _Definition | None:
    domain = "" if node.domain == "ai.onnx" else node.domain
    version = node.version or graph.opset_imports.get(domain, graph.opset_imports.get("ai.onnx", 0))
    if not version or (graph.functions and (domain, node.op_type, node.overload) in graph.functions):
        return None
    return _looked_up(node.op_type, version, domain)


@lru_cache(maxsize=4096)
def _looked_up(operator: str, version: int, domain: str) -> _Definition | None:
    try:
        schema = onnx.defs.get_schema(operator, version, domain)
    except onnx.defs.SchemaError:
        return None
    needed = tuple(str(i.option).endswith("Single") for i in schema.inputs)
    return _Definition(schema, tuple(i.name for i in schema.inputs), needed, schema.min_input, schema.max_input)


def _lacking(graph: ir.Model, node: ir.Node, definition: _Definition) -> str:
    """What a layer, or a layer in its body, reads too little or too much; '' for nothing."""
    inputs = node.inputs
    if None in inputs:
        for index, value in enumerate(inputs):
            if value is None and index < len(definition.needed) and definition.needed[index]:
                return f" lacks its input '{definition.inputs[index]}'"
    if len(inputs) < definition.fewest:
        return f" lacks its input '{definition.inputs[len(inputs)]}'"
    if len(inputs) > definition.most:
        return f" has {len(inputs)} inputs, and {node.op_type} takes at most {definition.most}"
    if node.op_type in _WITH_BODIES:
        for inner in (n for body in bodies_of(node) for n in body):
            known = _definition(graph, inner)
            lacking = _lacking(graph, inner, known) if known is not None else ""
            if lacking:
                return f": in its body, layer '{layer_name(inner)}' ({inner.op_type}){lacking}"
    return ""


def _key(node: ir.Node, definition: _Definition, given: Sequence[Known | None], constant: Constant) -> Any:
    """All that an answer depends on; None where that is more than can be compared."""
    attributes = []
    for a in node.attributes.values():
        if a.type not in _PLAIN or a.is_ref():
            return None
        attributes.append((a.name, a.value if not isinstance(a.value, list) else tuple(a.value)))
    for known in given:
        if known is not None and not isinstance(known, TensorType):
            return None
    numbers = []
    if node.op_type not in _BLIND:
        for value in node.inputs:
            tensor = constant(value)
            numbers.append(tensor.tobytes() if tensor is not None else None)
    # named inputs are told apart by onnx by their names: one value read twice is one to it, which changes nothing
    schema = definition.schema
    return node.op_type, node.domain, id(schema), tuple(attributes), tuple(given), tuple(numbers), len(node.outputs)


@lru_cache(maxsize=4096)
def _proto(known: TensorType) -> onnx.TypeProto:
    proto = onnx.TypeProto()
    proto.tensor_type.elem_type = known.dtype
    if known.shape is not None:
        dims = proto.tensor_type.shape
        dims.SetInParent()
        for size in known.shape:
            dim = dims.dim.add()
            if isinstance(size, int):
                dim.dim_value = size
            elif size:
                dim.dim_param = size
    return proto


def _known(proto: onnx.TypeProto | None) -> Known | None:
    if proto is None or not proto.HasField("tensor_type"):
        return proto
    tensor = proto.tensor_type
    if not tensor.HasField("shape"):
        return TensorType(tensor.elem_type, None)
    return TensorType(
        tensor.elem_type,
        tuple(d.dim_value if d.HasField("dim_value") else d.dim_param or None for d in tensor.shape.dim),
    )


def _ranked(node: ir.Node, given: Sequence[Known | None], made: tuple[Known | None, ...]) -> tuple[Known | None, ...]:
    """A shape that layers compute has a length at least, and that is the number of axes."""
    if node.op_type not in _SHAPED_BY or node.domain not in ("", "ai.onnx") or len(made) != 1:
        return made
    place = _SHAPED_BY[node.op_type]
    target = given[place] if place < len(given) else None
    length = target.shape[0] if isinstance(target, TensorType) and target.shape and len(target.shape) == 1 else None
    first = made[0]
    if not isinstance(first, TensorType) or first.shape is not None or not isinstance(length, int):
        return made
    return (TensorType(first.dtype, (None,) * length),)


def _plain(text: str) -> str:
    text = re.sub(r"\bnode\([^)]*\) with schema\([^)]*\) ", "", text)  # answers are kept for all layers alike
    lines = [line for line in text.replace("[ShapeInferenceError]", "").strip().splitlines() if line.strip()]
    sentence = (lines[-1] if lines else "its inputs do not fit").strip().rstrip(".")
    return sentence[:1].lower() + sentence[1:]
