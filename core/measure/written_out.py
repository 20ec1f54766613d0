"""A model as the plain layers it runs: calls of model-local functions and constant Ifs written out, for counting."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass

import onnx_ir as ir

from core.errors import UserError
from core.model.facts import Facts, infer
from core.model.inline import inline_constant_ifs, inline_functions
from core.model.model import Model
from core.model.weight_functions import DOMAIN

_LAYER = "thimble.layer"  # which layer of the model a plain one stems from; only on the clone


@dataclass(frozen=True, slots=True)
class WrittenOut:
    """``layers``: for every layer of the original, in the file's order, the plain layers that it runs."""

    model: Model
    facts: Facts | None
    layers: tuple[tuple[ir.Node, ...], ...]


def written_out(model: Model, facts: Facts | None) -> WrittenOut:
    """The model itself where there is nothing to write out, or where that is not possible (functions in a circle)."""
    functions = [k for k in model.graph.functions if k[0] != DOMAIN]  # those that decode weights count as one node
    if not functions and not any(n.op_type == "If" for n in model.nodes()):
        return _as_it_is(model, facts)
    marked = model.clone()
    for place, node in enumerate(marked.graph.graph):
        for inner in _with_inner(node):
            inner.metadata_props[_LAYER] = str(place)
    try:
        plain, _ = inline_constant_ifs(inline_functions(marked, but=DOMAIN)[0])
    except UserError:
        return _as_it_is(model, facts)
    layers: list[list[ir.Node]] = [[] for _ in model.nodes()]
    for node in plain.nodes():
        if _LAYER in node.metadata_props:
            layers[int(node.metadata_props[_LAYER])].append(node)
    return WrittenOut(plain, _facts(plain, facts), tuple(map(tuple, layers)))


def _facts(plain: Model, facts: Facts | None) -> Facts | None:
    """Facts of the plain model for the same sizes of the inputs; None where these are not known."""
    if facts is None or any(s.name not in facts.shapes for s in plain.inputs):
        return None
    bound = tuple(dataclasses.replace(s, shape=facts.shapes[s.name]) for s in plain.inputs)
    try:
        return infer(dataclasses.replace(plain, inputs=bound))
    except UserError:
        return None


def _as_it_is(model: Model, facts: Facts | None) -> WrittenOut:
    return WrittenOut(model, facts, tuple((n,) for n in model.nodes()))


def _with_inner(node: ir.Node) -> Iterator[ir.Node]:
    yield node
    for attribute in node.attributes.values():
        if attribute.type == ir.AttributeType.GRAPH:
            yield from attribute.as_graph().all_nodes()
