"""What can be known of a graph without running it: the shape and type of every value, and every constant value.

Shape inference (onnx's, data propagation on) and constant folding take turns until nothing new is found, because
exporters compute Pad and Reshape arguments with chains of Constant, Shape, Slice and Concat nodes. An If whose
condition is found to be constant counts as the branch it takes. Nothing is changed in the graph; big initializers are
never copied.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
import onnx
import onnx_ir as ir
from onnx.reference import ReferenceEvaluator

from core.errors import UserError
from core.model.facts_rewrites import take_branches, unpack_sequences
from core.model.model import Model

Array = npt.NDArray[np.generic]
_SMALL = 4096  # elements: shape arithmetic is below this, weights above
LARGEST, _MOST = 1 << 24, 1 << 27  # elements of one folded value, and of all: a file of 1 kB may ask for terabytes
_DOUBLINGS = 8
_TYPED_FUNCTIONS = 10  # the IR version since which functions may say the types of their values
_MOST_LAYERS, _DEEPEST = 1_000_000, 200  # written out of functions; functions inside functions
RANDOM = {"RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike", "Multinomial", "Bernoulli"}
NEVER_FOLDED = {"QuantizeLinear", "DequantizeLinear", "Dropout", *RANDOM}
LIKE_INPUT = {"GroupNormalization", "MeanVarianceNormalization"}  # onnx infers nothing behind these
_GROWING = {"ConstantOfShape", "Expand", "Tile", "Range", "OneHot", "Pad", "Resize", "Upsample", "Einsum"}


@dataclass(frozen=True)
class Facts:
    """Facts of a graph for one binding of its inputs.

    ``shapes``: value name -> shape, only where every axis is known. ``dtypes``: value name -> type. Values inside the
    branch that a constant If takes are among them.
    ``constants``: value name -> array, for every value computed by nodes from constants alone (initializers are not in
    here: use :meth:`array`).
    """

    graph: ir.Graph
    shapes: Mapping[str, tuple[int, ...]]
    dtypes: Mapping[str, ir.DataType]
    constants: Mapping[str, Array] = field(default_factory=dict)

    def array(self, value: ir.Value | None) -> Array | None:
        """The constant behind a value (initializer, Constant node or folded), else None."""
        if value is None:
            return None
        name = value.name or ""
        if name in self.constants:
            return self.constants[name]
        tensor = self.graph.initializers[name].const_value if name in self.graph.initializers else value.const_value
        return None if tensor is None else tensor.numpy()

    def shape(self, value: ir.Value | None) -> tuple[int, ...] | None:
        return None if value is None else self.shapes.get(value.name or "")

    @cached_property
    def constant_nodes(self) -> frozenset[int]:
        """id() of the nodes whose every output is a known constant: they cost nothing at run time."""
        if not self.constants:
            return frozenset()
        return frozenset(id(n) for n in self.graph if n.outputs and all(o.name in self.constants for o in n.outputs))


def infer(model: Model, batch: int = 1, bindings: Mapping[str, int] | None = None) -> Facts:
    """Facts with every input bound to numbers (symbolic first axis = ``batch``).

    Raises UserError where an input's size is unknown and not bound, or where declared types contradict the layers.
    """
    check_functions(model.graph)
    bound = {s.name: s.bound(batch, bindings) for s in model.inputs}
    proto = _skeleton(model.graph, bound)
    known = _small_constants(model.graph.graph)
    folded: dict[str, Array] = {}
    broken: set[str] = set()
    while True:
        shapes, dtypes = _inferred(proto)
        new = _fold(proto, shapes, {**known, **folded}, broken)
        if new:
            folded.update(new)
            _replace_by_constants(proto, new)
        constants = {**known, **folded}
        stored = take_branches(proto, constants)
        known.update(stored or {})
        if not new and stored is None and not unpack_sequences(proto, constants, shapes):
            break
    _add_initializers(model.graph.graph, shapes, dtypes)
    _add_masks(model.graph.graph, shapes, dtypes)
    for name, value in folded.items():
        shapes[name] = value.shape
        dtypes[name] = ir.DataType.from_numpy(value.dtype)
    return Facts(model.graph.graph, shapes, dtypes, folded)


def check_functions(graph: ir.Model) -> None:
    """Raise UserError where functions that call functions stand for more layers than any network has."""
    if not graph.functions:
        return
    sizes: dict[ir.OperatorIdentifier, int] = {}

    def size(nodes: Iterable[ir.Node], within: frozenset[ir.OperatorIdentifier]) -> int:
        total = 0
        for node in nodes:
            called = node.op_identifier()
            function = graph.functions.get(called)
            if function is None or called in within or len(within) > _DEEPEST:  # circles are refused elsewhere
                total += 1
                continue
            if called not in sizes:
                sizes[called] = size(function.all_nodes(), within | {called})
            total += sizes[called]
        return total

    if size(graph.graph.all_nodes(), frozenset()) > _MOST_LAYERS:
        raise UserError(
            f"The functions of the graph stand for more than {_MOST_LAYERS:,} layers.", "The file may be damaged."
        )


def _skeleton(graph: ir.Model, bound: Mapping[str, tuple[int, ...]]) -> onnx.ModelProto:
    """The graph as a proto in which big initializers are typed inputs (their values never matter for shapes).

    Written at once, not from a changed clone: cloning a graph takes longer than inferring its shapes.
    """
    main = graph.graph
    # below version 4, inference ignores initializers that are not inputs too
    proto = onnx.ModelProto(ir_version=max(graph.ir_version, 4))
    proto.opset_import.extend(onnx.helper.make_opsetid(d, v) for d, v in graph.opset_imports.items())
    typed = graph.ir_version >= _TYPED_FUNCTIONS
    proto.functions.extend(ir.serde.serialize_function(f, create_value_info=typed) for f in graph.functions.values())
    proto.graph.name = main.name or ""
    inputs = {v.name or "": v for v in main.inputs}
    for name, value in main.initializers.items():
        tensor = value.const_value
        if tensor is not None and tensor.size <= _SMALL:
            ir.serde.serialize_tensor_into(proto.graph.initializer.add(), tensor)
            proto.graph.initializer[-1].name = name
        elif tensor is not None:
            shape = ir.Shape(tensor.shape.numpy())
            inputs[name] = ir.Value(name=name, type=ir.TensorType(tensor.dtype), shape=shape)
    for name, value in inputs.items():
        known = ir.Shape(bound[name]) if name in bound else value.shape
        ir.serde.serialize_value_into(proto.graph.input.add(), ir.Value(name=name, type=value.type, shape=known))
    for node in main:
        _write_node(proto.graph.node.add(), node)
    for value in main.outputs:
        ir.serde.serialize_value_into(proto.graph.output.add(), ir.Value(name=value.name, type=value.type))
    return proto


def _write_node(proto: onnx.NodeProto, node: ir.Node) -> None:
    ir.serde.serialize_node_into(proto, node)
    if node.op_type in LIKE_INPUT and node.domain in ("", "ai.onnx"):
        # a Dropout has the shape and type of its input too, and is never folded
        proto.op_type = "Dropout"
        del proto.attribute[:], proto.input[1:]


def _small_constants(graph: ir.Graph) -> dict[str, Array]:
    known: dict[str, Array] = {}
    for name, value in graph.initializers.items():
        if value.const_value is not None and value.const_value.size <= _SMALL:
            known[name] = value.const_value.numpy()
    return known


def _inferred(proto: onnx.ModelProto) -> tuple[dict[str, tuple[int, ...]], dict[str, ir.DataType]]:
    del proto.graph.value_info[:]
    for out in proto.graph.output:
        out.type.tensor_type.ClearField("shape")
    try:
        done = onnx.shape_inference.infer_shapes(proto, data_prop=_safe_to_propagate(proto))
    except (onnx.shape_inference.InferenceError, onnx.checker.ValidationError) as error:
        reason = str(error).strip().splitlines()[0].rstrip(".")
        raise UserError(f"The graph contradicts itself: {reason}.", "Export the model again.") from error
    shapes: dict[str, tuple[int, ...]] = {}
    dtypes: dict[str, ir.DataType] = {}
    for v in (*done.graph.input, *done.graph.value_info, *done.graph.output):
        t = v.type.tensor_type
        if t.elem_type:
            dtypes[v.name] = ir.DataType(t.elem_type)
        if t.HasField("shape") and all(d.HasField("dim_value") for d in t.shape.dim):
            shapes[v.name] = tuple(d.dim_value for d in t.shape.dim)
    for t in done.graph.initializer:
        shapes[t.name], dtypes[t.name] = tuple(t.dims), ir.DataType(t.data_type)
    return shapes, dtypes


def _safe_to_propagate(proto: onnx.ModelProto) -> bool:
    """Whether onnx may follow the numbers of shapes: it writes out a whole Range, and Concats that double each time."""
    joins = sum(n.op_type == "Concat" and len(set(n.input)) < len(n.input) for n in proto.graph.node)
    return joins <= _DOUBLINGS and not any(n.op_type == "Range" for n in proto.graph.node)


def _fold(
    proto: onnx.ModelProto, shapes: Mapping[str, tuple[int, ...]], known: Mapping[str, Array], broken: set[str]
) -> dict[str, Array]:
    done: dict[str, Array] = {}
    room = _MOST - sum(v.size for v in known.values())

    def look(name: str) -> Array | None:
        return done.get(name, known.get(name))

    for node in proto.graph.node:
        names = [i for i in node.input if i]
        if not node.output or node.output[0] in broken or node.domain not in ("", "ai.onnx"):
            continue
        if node.op_type == "Shape" and names[0] in shapes:
            cut = {a.name: a.i for a in node.attribute}
            done[node.output[0]] = np.asarray(shapes[names[0]][cut.get("start", 0) : cut.get("end")], np.int64)
        elif node.op_type not in NEVER_FOLDED and all(look(n) is not None for n in names):
            given = [np.asarray(look(n)) for n in names]
            if most_elements(node, shapes, given) > min(LARGEST, room):
                continue  # perhaps its shape is known the next time
            try:
                results = evaluate(node, dict(zip(names, given, strict=True)), proto.opset_import, proto.ir_version)
            except Exception:  # noqa: BLE001  a node that the reference cannot run is simply not a constant
                broken.add(node.output[0])
                continue
            done.update(results)
            room -= sum(v.size for v in results.values())
    return done


def most_elements(node: onnx.NodeProto, shapes: Mapping[str, tuple[int, ...]], given: Sequence[Array]) -> float:
    """How many elements a node's largest output has, from above: as inferred, else as its inputs can bring about."""
    outputs = [shapes.get(o) for o in node.output if o]
    if all(shape is not None for shape in outputs):
        return max(float(math.prod(shape)) for shape in outputs if shape is not None)
    if node.op_type in _GROWING:  # their size is in the numbers of their inputs
        return math.inf
    return math.prod(max(float(x.size), 1.0) for x in given)


def evaluate(
    node: onnx.NodeProto, feed: Mapping[str, Array], opsets: Iterable[onnx.OperatorSetIdProto], ir_version: int
) -> dict[str, Array]:
    """What a node makes of the arrays it reads, by onnx's reference; raises whatever that raises."""
    if any(a.type == onnx.AttributeProto.GRAPH for a in node.attribute):
        raise ValueError("a node with a body is not folded")
    kinds = [
        onnx.helper.make_tensor_value_info(k, onnx.helper.np_dtype_to_tensor_dtype(v.dtype), v.shape)
        for k, v in feed.items()
    ]
    graph = onnx.helper.make_graph([node], "fold", kinds, [onnx.ValueInfoProto(name=o) for o in node.output if o])
    plain = [o for o in opsets if o.domain in ("", "ai.onnx")]
    one = onnx.helper.make_model(graph, opset_imports=plain, ir_version=ir_version)
    values = ReferenceEvaluator(one).run(None, dict(feed))
    return {o: np.asarray(v) for o, v in zip((o for o in node.output if o), values, strict=True)}


def _replace_by_constants(proto: onnx.ModelProto, new: Mapping[str, Array]) -> None:
    keep = [n for n in proto.graph.node if not (n.output and n.output[0] in new)]
    del proto.graph.node[:]
    proto.graph.node.extend(keep)
    tensors = (onnx.numpy_helper.from_array(np.asarray(v), k) for k, v in new.items() if v.size <= _SMALL)
    proto.graph.initializer.extend(tensors)
    for k, v in new.items():
        if v.size > _SMALL:
            kind = onnx.helper.np_dtype_to_tensor_dtype(v.dtype)
            proto.graph.input.append(onnx.helper.make_tensor_value_info(k, kind, v.shape))


def _add_masks(graph: ir.Graph, shapes: dict[str, tuple[int, ...]], dtypes: dict[str, ir.DataType]) -> None:
    """The mask of a Dropout before opset 10, whose shape onnx leaves open."""
    for node in graph:
        if node.op_type != "Dropout" or len(node.outputs) < 2:
            continue
        data, mask = node.outputs[0].name, node.outputs[1].name
        if data in shapes and mask and mask not in shapes:
            shapes[mask] = shapes[data]
            dtypes.setdefault(mask, dtypes[data])


def _add_initializers(graph: ir.Graph, shapes: dict[str, tuple[int, ...]], dtypes: dict[str, ir.DataType]) -> None:
    for name, value in graph.initializers.items():
        if value.const_value is not None:
            shapes[name] = tuple(int(d) for d in value.const_value.shape.numpy())
            dtypes[name] = value.const_value.dtype
