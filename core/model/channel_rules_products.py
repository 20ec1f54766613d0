"""Channel rules of products of computed matrices, as attention makes them, and how a head is found.

Attention writes its D channels as H heads of D / H channels and multiplies head by head. A Reshape leaves only one of
these two axes free (see channel_rules_moves); where one becomes a batch axis of a product of computed matrices it is
the heads', and heads are cut whole: the scale 1 / sqrt(D / H) then stays right, however it was computed.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx_ir as ir

from core.model.channel_labels import Ints, Labelling, Lane
from core.model.channel_rules import no_rule, visit
from core.model.model import layer_name

_MOST_STEPS = 64  # between the Reshape that makes heads and the product that reads them


def is_product(state: Labelling, node: ir.Node) -> bool:
    """Whether a node multiplies matrices that are both computed, or one by a stack of stored ones."""
    return node.op_type == "MatMul" and node.domain in ("", "ai.onnx")


def product(state: Labelling, node: ir.Node) -> None:
    """(..., M, K) times (..., K, N): channels along K and along a batch axis must be the same on both sides.

    Along M or N they go on to the result. A stored operand is cut with the computed one. A result can carry channels
    along one axis only; what would come along another one is locked.
    """
    rank = len(state.shape(node.outputs[0]))
    if min(len(state.shape(v)) for v in node.inputs) < 2:
        no_rule(state, node)
        return
    results: dict[int, Ints] = {}
    for slot, value in enumerate(node.inputs):
        lane = _aligned(state, value, rank)
        if lane is None:
            continue
        if lane.axis >= rank - 2 and _is_inner(slot, lane.axis, rank):
            # the other side's K is its other last axis
            _meet(state, node, slot, lane.labels, 2 * rank - 3 - lane.axis)
        elif lane.axis >= rank - 2:
            results[lane.axis] = lane.labels
        else:
            state.stacked.append(lane.labels)
            results[lane.axis] = _meet(state, node, slot, lane.labels, lane.axis)
    kept = min(results, default=0)
    for axis, labels in results.items():
        if axis == kept:
            state.put(node.outputs[0], axis, labels)
        else:
            state.lock(labels, f"MatMul makes channels along two axes (layer {layer_name(node)})")


def _aligned(state: Labelling, value: ir.Value | None, rank: int) -> Lane | None:
    """The lane of an operand, its axis counted in the result's axes."""
    lane = state.lane(value)
    return None if lane is None else Lane(lane.axis + rank - len(state.shape(value)), lane.labels)


def _is_inner(slot: int, axis: int, rank: int) -> bool:
    """Whether the axis (one of the last two) is the one that the product sums over."""
    return axis == (rank - 1 if slot == 0 else rank - 2)


def _meet(state: Labelling, node: ir.Node, slot: int, labels: Ints, axis: int) -> Ints:
    """The other operand along ``axis`` (counted in the result's axes) must lose what this one loses."""
    other = node.inputs[1 - slot]
    rank = len(state.shape(node.outputs[0]))
    own = axis - rank + len(state.shape(other))
    if own < 0 or state.shape(other)[own] != len(labels):
        return labels  # broadcast
    why = f"MatMul (layer {layer_name(node)}) meets it with channels that have to stay"
    lane = state.lane(other)
    if lane is not None and lane.axis == own:
        return state.join(labels, lane.labels, why)
    if state.is_static(other):
        state.tie(node, 1 - slot, own, labels, "carries" if axis < rank - 2 else "reads")
    else:
        state.lock(labels, why)
    return labels


def axis_of_heads(state: Labelling, out: ir.Value, axes: Sequence[int]) -> int | None:
    """The first of some axes of a value that becomes a batch axis of a product of computed matrices; None if none does.

    A label is sent along each axis by the rules themselves, on a labelling of its own.
    """
    if state.probing:
        return None
    return next((axis for axis in axes if _becomes_batch(state, out, axis)), None)


def _becomes_batch(state: Labelling, out: ir.Value, axis: int) -> bool:
    probe = state.probe()
    sent = probe.fresh(state.shape(out)[axis])
    probe.put(out, axis, sent)
    todo, seen = [out], {id(out.producer())}
    while todo and len(seen) < _MOST_STEPS:
        value = todo.pop()
        for node in dict.fromkeys(use.node for use in value.uses()):
            if id(node) in seen:
                continue
            seen.add(id(node))
            lane = probe.lane(value)
            if lane is not None and is_product(probe, node) and not any(probe.is_static(v) for v in node.inputs):
                if lane.axis < len(state.shape(value)) - 2:
                    return True
                continue
            visit(probe, node)
            todo += [o for o in node.outputs if _carries(probe.lane(o), sent)]
    return False


def _carries(lane: Lane | None, sent: Ints) -> bool:
    """Whether any label that was sent has arrived (later ones are those of layers on the way)."""
    return lane is not None and bool(((lane.labels > 0) & (lane.labels <= np.max(sent, initial=0))).any())
