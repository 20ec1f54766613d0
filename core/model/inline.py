"""Model-local functions and constant Ifs written out, so that what runs and measures graphs meets plain layers only.

Everything works on clones. Names of layers and values stay; what comes out of a function or a branch and would meet a
name already in use gets a new one, and remembers in its metadata (``thimble.origin``) the layer it came from.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
import onnx_ir as ir
from onnx_ir.passes import PreconditionError
from onnx_ir.passes.common import InlinePass

from core.errors import UnsupportedOperator, UserError
from core.model.facts import Facts, check_functions, infer
from core.model.model import ORIGIN, Model, layer_name

_BATCHES = (2, 3)  # what holds for both does not depend on the batch


def inline_functions(model: Model, but: str | None = None) -> tuple[Model, tuple[str, ...]]:
    """A clone without model-local functions, and the names of the layers that called them (none: ``model`` itself).

    ``but``: functions of this domain stay. Raises UserError where functions call each other in a circle or are written
    for another opset than the graph.
    """
    if all(domain == but for domain, _, _ in model.graph.functions):
        return model, ()
    check_functions(model.graph)
    new = model.clone()
    going = {k: f for k, f in new.graph.functions.items() if k[0] != but}
    calls = [n for n in new.graph.graph.all_nodes() if n.op_identifier() in going]
    names = tuple(layer_name(n) for n in calls)
    for node, called in zip(calls, names, strict=True):
        node.metadata_props.setdefault(ORIGIN, called)  # the pass hands metadata on to what it writes out
    for function in going.values():
        for node in function.all_nodes():
            node.name = layer_name(node)
    outputs = [v.name for v in new.graph.graph.outputs]
    try:
        InlinePass(lambda function: function.domain != but)(new.graph)
    except (ValueError, PreconditionError) as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise UserError(f"The functions of the graph cannot be written out: {reason}.") from error
    for key in going:
        new.graph.functions.pop(key, None)  # those that nothing calls
    for value, name in zip(new.graph.graph.outputs, outputs, strict=True):
        value.name = name
    return new.with_graph(new.graph), names


def inline_constant_ifs(model: Model) -> tuple[Model, tuple[str, ...]]:
    """A clone in which the taken branch stands in place of each If whose condition is known without running the graph.

    Also gives the names of those Ifs (none: ``model`` itself). Conditions may be computed by nodes and may depend on
    the sizes of the inputs, but not on the batch. Other Ifs are left; see :func:`refuse_open_ifs`.
    """
    names: list[str] = []
    new = model
    while ifs := [n for n in new.graph.graph if _is_if(n)]:
        if new is model:
            new = model.clone()
            continue
        chosen = _conditions(new, ifs)
        for node, condition in zip(ifs, chosen, strict=True):
            if condition is not None:
                names.append(layer_name(node))
                _put_branch(new.graph.graph, node, condition)
        if all(c is None for c in chosen):
            break
    return (new.with_graph(new.graph), tuple(names)) if names else (model, ())


def refuse_open_ifs(model: Model) -> None:
    """Raise UnsupportedOperator naming the first If that is left in the graph."""
    for node in model.graph.graph:
        if _is_if(node):
            raise UnsupportedOperator(
                "If",
                layer_name(node),
                "which branch is taken depends on what the model is fed",
                "Export the model with one of the branches only.",
            )


def _is_if(node: ir.Node) -> bool:
    return node.op_type == "If" and node.domain in ("", "ai.onnx")


def _conditions(model: Model, ifs: Sequence[ir.Node]) -> list[bool | None]:
    """What each If's condition is, None where it is not known."""
    at_once = [_stored(node.inputs[0]) for node in ifs]
    if any(c is not None for c in at_once):
        return at_once
    try:
        seen = [infer(model, batch) for batch in _BATCHES]
    except UserError:  # an input of unknown size: what depends on sizes stays unknown
        return at_once
    return [_agreed(seen, node.inputs[0]) for node in ifs]


def constant_tensor(value: ir.Value | None) -> ir.TensorProtocol | None:
    """The tensor of an initializer or of a Constant node; nothing is changed (onnx_ir's own helper renames tensors)."""
    if value is None:
        return None
    node = value.producer()
    if node is not None and node.op_type == "Constant" and "value" in node.attributes:
        return node.attributes["value"].as_tensor()
    return value.const_value


def _stored(value: ir.Value | None) -> bool | None:
    tensor = constant_tensor(value)
    return None if tensor is None or tensor.size != 1 else bool(tensor.numpy().reshape(-1)[0])


def _agreed(seen: Sequence[Facts], value: ir.Value | None) -> bool | None:
    arrays = [facts.array(value) for facts in seen]
    if any(a is None or a.size != 1 for a in arrays):
        return None
    found = {bool(np.asarray(a).reshape(-1)[0]) for a in arrays}
    return found.pop() if len(found) == 1 else None


def _put_branch(graph: ir.Graph, node: ir.Node, condition: bool) -> None:
    """The nodes of the taken branch in place of ``node``."""
    branches = {a.name: a.as_graph() for a in node.attributes.values() if a.type == ir.AttributeType.GRAPH}
    branch = branches["then_branch" if condition else "else_branch"]
    within: Counter[str] = Counter(name for b in branches.values() for name in _defined(b))
    taken = set(Counter(_defined(graph)) - within)
    node_names = {n.name or "" for n in graph}
    results, origin = list(branch.outputs), layer_name(node)
    _move_initializers(graph, branch, taken, origin)
    nodes = list(branch)
    branch.outputs.clear()
    branch.remove(nodes)
    for inner in nodes:
        inner.name = _unused(inner.name or "", node_names) if inner.name else inner.name
        inner.metadata_props.setdefault(ORIGIN, origin)
        for out in inner.outputs:
            out.name = _unused(out.name, taken) if out.name else out.name
    graph.insert_before(node, nodes)
    own = {id(o) for n in nodes for o in n.outputs}
    for old, result in zip(list(node.outputs), results, strict=True):
        if old.name:
            fresh = id(result) in own
            own.discard(id(result))  # a value can take the name of one output only
            _replace(graph, node, old, result if fresh else _copied(graph, node, result))
    graph.remove(node, safe=True)


def _move_initializers(graph: ir.Graph, branch: ir.Graph, taken: set[str], origin: str) -> None:
    for name, value in list(branch.initializers.items()):
        del branch.initializers[name]
        value.name = _unused(name, taken)
        value.metadata_props.setdefault(ORIGIN, origin)
        graph.register_initializer(value)


def _copied(graph: ir.Graph, node: ir.Node, source: ir.Value) -> ir.Value:
    """A new value equal to ``source``, which itself is an outer value, a weight, or an output already."""
    name = _unused(layer_name(node), {n.name or "" for n in graph if n is not node})
    copy = ir.node("Identity", [source], name=name)
    copy.metadata_props[ORIGIN] = layer_name(node)
    graph.insert_before(node, [copy])
    return copy.outputs[0]


def _replace(graph: ir.Graph, node: ir.Node, old: ir.Value, new: ir.Value) -> None:
    name, old.name = old.name, f"{old.name}_before"
    new.name = name
    new.shape = new.shape if old.shape is None else old.shape
    new.type = new.type if old.type is None else old.type
    for use in list(old.uses()):
        use.node.replace_input_with(use.idx, new)
    for holder in _subgraphs(graph):
        for place, value in enumerate(holder.outputs):
            if value is old:
                holder.outputs[place] = new


def _subgraphs(graph: ir.Graph) -> Iterator[ir.Graph]:
    """The graph and every graph inside it."""
    yield graph
    for node in graph:
        for attribute in node.attributes.values():
            if attribute.type == ir.AttributeType.GRAPH:
                yield from _subgraphs(attribute.as_graph())
            elif attribute.type == ir.AttributeType.GRAPHS:
                for inner in attribute.as_graphs():
                    yield from _subgraphs(inner)


def _defined(graph: ir.Graph) -> Iterator[str]:
    """The name of every value that the graph and the graphs inside it give."""
    for inner in _subgraphs(graph):
        yield from (v.name or "" for v in inner.inputs if v.name not in inner.initializers)
        yield from inner.initializers
        yield from (o.name or "" for node in inner for o in node.outputs)


def _unused(wanted: str | None, taken: set[str]) -> str:
    name, number = wanted or "", 1
    while name in taken:
        number += 1
        name = f"{wanted}_{number}"
    taken.add(name)
    return name
