"""MatMul by a constant matrix becomes Gemm, together with the Add of a bias behind it (rule 7 of quantization).

A Gemm has an int32 bias inside, and one rounding where MatMul and Add have two. The layers of transformers multiply
rows of tokens [N, T, C]: they become a Gemm between two Reshapes, which move no data in any runtime.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnx_ir as ir

from core.model.constants import add_initializer, unused_name
from core.model.facts import Facts, infer
from core.model.model import ORIGIN, Model, layer_name
from core.model.qdq_operators import default_domain


def fuse_gemm(model: Model, of_rows: Callable[[ir.Node], bool] = lambda _: False) -> tuple[Model, tuple[str, ...]]:
    """A clone in which every MatMul of a 2-D value by a constant float32 matrix is a Gemm, and those layers' names.

    An Add of one constant number per column that alone reads the product becomes the Gemm's bias. The layer keeps the
    MatMul's name; the Add disappears, its result keeps its name. ``of_rows``: which MatMuls of values with more axes
    become a Gemm too; layers that read one value share the Reshape in front of them.
    """
    if not any(n.op_type == "MatMul" for n in model.nodes()):
        return model, ()
    new = model.clone()
    facts, twice = infer(new), None
    graph, rows = new.graph.graph, _Rows(new.graph.graph)
    fused: list[str] = []
    for node in list(new.nodes()):
        if node.op_type != "MatMul" or not default_domain(node) or not (axes := _axes(node, facts)):
            continue
        if axes > 2:
            if not of_rows(node):
                continue
            twice = twice or infer(new, 2)
            if not _only_rows_vary(node, facts, twice):
                continue
        _fuse(graph, node, facts, rows if axes > 2 else None)
        fused.append(layer_name(node))
    return (new, tuple(fused)) if fused else (model, ())


def _axes(node: ir.Node, facts: Facts) -> int:
    """How many axes a linear layer's input has, at least 2; 0 where the layer is none."""
    weight, shape = facts.array(node.inputs[1]), facts.shape(node.inputs[0])
    if weight is None or weight.dtype != np.float32 or weight.ndim != 2 or shape is None:
        return 0
    return len(shape) if len(shape) >= 2 and facts.array(node.inputs[0]) is None else 0


def _only_rows_vary(node: ir.Node, once: Facts, twice: Facts) -> bool:
    """Whether no axis but the first depends on the batch."""
    first, second = once.shape(node.inputs[0]), twice.shape(node.inputs[0])
    return first is not None and second is not None and first[1:] == second[1:]


class _Rows:
    """Reshapes to rows [N * T, C] and back."""

    def __init__(self, graph: ir.Graph) -> None:
        self._graph = graph
        self._values = {v.name or "" for v in [*graph.inputs, *graph.initializers.values()]}
        self._values.update(o.name or "" for n in graph for o in n.outputs)
        self._nodes = {n.name or "" for n in graph}
        self._made: dict[ir.Value, ir.Value] = {}

    def of(self, node: ir.Node) -> ir.Value:
        """The layer's input as rows."""
        value = node.inputs[0]
        assert value is not None, "a MatMul has two inputs"
        if value not in self._made:
            weight = node.inputs[1]
            assert weight is not None, "a MatMul has two inputs"
            assert weight.shape is not None, "the weight is a constant matrix"
            made = self._reshape(value, (-1, weight.shape.numpy()[0]), node, "rows")
            self._graph.insert_before(node, made)
            self._made[value] = made.outputs[0]
        return self._made[value]

    def back(self, value: ir.Value, shape: tuple[int, ...], node: ir.Node) -> ir.Node:
        """The layer's result with all its axes; not in the graph yet."""
        value.name = unused_name(f"{node.name}.rows.out", self._values)
        return self._reshape(value, (-1, *shape[1:]), node, "axes")

    def _reshape(self, value: ir.Value, shape: tuple[int, ...], node: ir.Node, word: str) -> ir.Node:
        name = unused_name(f"{node.name}.{word}", self._nodes)
        size = add_initializer(self._graph, unused_name(f"{name}.shape", self._values), np.array(shape, np.int64))
        made = ir.Node("", "Reshape", [value, size], name=name)
        made.metadata_props[ORIGIN] = node.metadata_props.get(ORIGIN, node.name or "")
        made.outputs[0].name = unused_name(f"{name}.out", self._values)
        made.outputs[0].dtype = ir.DataType.FLOAT
        return made


def _fuse(graph: ir.Graph, node: ir.Node, facts: Facts, rows: _Rows | None) -> None:
    inputs = [v for v in node.inputs if v is not None]
    add, bias = _bias_behind(node, facts)
    last = node if add is None else add
    if rows is not None:
        inputs[0] = rows.of(node)
    gemm = ir.Node("", "Gemm", inputs if bias is None else [*inputs, bias], name=node.name, doc_string=node.doc_string)
    gemm.metadata_props.update(node.metadata_props)
    new = [gemm]
    if rows is not None:
        shape = facts.shape(node.outputs[0])
        assert shape is not None, "the shapes of its inputs are known"
        new.append(rows.back(gemm.outputs[0], shape, node))
    old, result = last.outputs[0], new[-1].outputs[0]
    result.name, result.shape, result.type = old.name, old.shape, old.type
    graph.insert_after(last, new)  # behind the Add: its constant may be made after the MatMul
    for use in list(old.uses()):
        use.node.replace_input_with(use.idx, result)
    for index, out in enumerate(graph.outputs):
        if out is old:
            graph.outputs[index] = result
    graph.remove([node] if add is None else [add, node], safe=True)


def _bias_behind(node: ir.Node, facts: Facts) -> tuple[ir.Node | None, ir.Value | None]:
    product = node.outputs[0]
    uses = list(product.uses())
    if len(uses) != 1 or product.is_graph_output() or uses[0].node.op_type != "Add":
        return None, None
    add = uses[0].node
    other = add.inputs[1 - uses[0].idx]
    array, weight = facts.array(other), facts.array(node.inputs[1])
    if array is None or weight is None or array.dtype != np.float32:
        return None, None
    columns = weight.shape[1]
    fits = array.ndim <= 2 and array.size == columns and (array.ndim == 0 or array.shape[-1] == columns)
    return (add, other) if fits else (None, None)
