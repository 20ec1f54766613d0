"""MatMul by a constant matrix becomes Gemm, together with the Add of a bias behind it (rule 7 of quantization)."""

from __future__ import annotations

import numpy as np
import onnx_ir as ir

from core.model.facts import Facts, infer
from core.model.model import Model, layer_name
from core.model.qdq_operators import default_domain


def fuse_gemm(model: Model) -> tuple[Model, tuple[str, ...]]:
    """A clone in which every MatMul of a 2-D value by a constant float32 matrix is a Gemm, and those layers' names.

    An Add of one constant number per column that alone reads the product becomes the Gemm's bias. The layer keeps the
    MatMul's name; the Add disappears, its result keeps its name.
    """
    if not any(n.op_type == "MatMul" for n in model.nodes()):
        return model, ()
    new = model.clone()
    facts = infer(new)
    fused: list[str] = []
    for node in list(new.nodes()):
        if node.op_type == "MatMul" and default_domain(node) and _is_linear(node, facts):
            _fuse(new.graph.graph, node, facts)
            fused.append(layer_name(node))
    return (new, tuple(fused)) if fused else (model, ())


def _is_linear(node: ir.Node, facts: Facts) -> bool:
    weight, shape = facts.array(node.inputs[1]), facts.shape(node.inputs[0])
    return (
        weight is not None
        and weight.dtype == np.float32
        and weight.ndim == 2
        and shape is not None
        and len(shape) == 2
        and facts.array(node.inputs[0]) is None
    )


def _fuse(graph: ir.Graph, node: ir.Node, facts: Facts) -> None:
    inputs = [v for v in node.inputs if v is not None]
    add, bias = _bias_behind(node, facts)
    gemm = ir.Node("", "Gemm", inputs if bias is None else [*inputs, bias], name=node.name, doc_string=node.doc_string)
    gemm.metadata_props.update(node.metadata_props)
    last = node if add is None else add
    old, result = last.outputs[0], gemm.outputs[0]
    result.name, result.shape, result.type = old.name, old.shape, old.type
    graph.insert_after(last, gemm)  # behind the Add: its constant may be made after the MatMul
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
