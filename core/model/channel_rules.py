"""What each operator does to channel labels: one rule per operator family, in one table.

A rule is called with the labelling and a node that is not constant and whose shapes are known; it gives the outputs
their labels, joins labels, ties weights and locks what cannot be cut. The rules themselves stand in the
channel_rules_* modules, by family; they enter RULES through :func:`rule`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import onnx_ir as ir

from core.model.channel_labels import Labelling
from core.model.model import layer_name

Rule = Callable[[Labelling, ir.Node], None]
RULES: dict[str, Rule] = {}


def rule(*operators: str) -> Callable[[Rule], Rule]:
    """Enter a function as the rule of these operators of the default domain."""

    def enter(function: Rule) -> Rule:
        for operator in operators:
            if operator in RULES:
                raise ValueError(f"two channel rules for {operator}")
            RULES[operator] = function
        return function

    return enter


def visit(state: Labelling, node: ir.Node) -> None:
    """Apply the node's rule; without one, lock what the node touches and note its name."""
    found = RULES.get(node.op_type) if node.domain in ("", "ai.onnx") else None
    if found is None:
        no_rule(state, node)
    elif not _shapes_known(state, node):
        no_rule(state, node, f"a shape at layer {layer_name(node)} is not known before running")
    else:
        found(state, node)


def no_rule(state: Labelling, node: ir.Node, reason: str = "") -> None:
    """Lock every labelled value the node reads, bodies of control flow included, and say why; outputs get no labels."""
    touched = [v for v in reads(node) if state.lane(v) is not None]
    for value in touched:
        state.lock_value(value, reason or f"operator {node.op_type} has no rule (layer {layer_name(node)})")
    if touched and not reason:
        state.notes.append(
            f"Operator {node.op_type} has no rule for channels (layer {layer_name(node)}): what it touches is kept."
        )


def reads(node: ir.Node) -> Iterator[ir.Value]:
    """Every value a node reads, captured by its bodies too."""
    yield from (v for v in node.inputs if v is not None)
    for attribute in node.attributes.values():
        bodies: tuple[ir.Graph, ...] = ()
        if attribute.type == ir.AttributeType.GRAPH:
            bodies = (attribute.as_graph(),)
        elif attribute.type == ir.AttributeType.GRAPHS:
            bodies = tuple(attribute.as_graphs())
        for body in bodies:
            for inner in body:
                yield from reads(inner)
            yield from body.outputs


def _shapes_known(state: Labelling, node: ir.Node) -> bool:
    values = [*node.inputs, *(o for o in node.outputs[:1])]
    return all(v is None or not v.name or state.facts.shape(v) is not None for v in values)
