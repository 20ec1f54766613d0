"""What no single rule can see: locks of the user, tensors that several layers share, sizes used as numbers."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import onnx_ir as ir

from core.model.channel_labels import STATIC_MOVES, Ints, Labelling, Lane, Occurrence
from core.model.channel_rules_moves import slice_ranges
from core.model.model import is_locked, layer_name

# their size arguments are computed again from the survivors by core.model.channel_cut
MENDED = {"Reshape", "Expand", "Split", "Slice", "Pad", "Gather", "Resize"}


def lock_as_marked(state: Labelling) -> None:
    """What the user locked stays: the channels that a marked layer makes, and so all that are coupled with them.

    This reason comes before all others, because it is the one that the user can take back.
    """
    marked = [node for node in state.facts.graph if node.metadata_props and is_locked(node)]
    names = {layer_name(node) for node in marked}
    locks: list[tuple[Ints, str]] = []
    for node in marked:
        lanes = [lane for lane in map(state.lane, node.outputs) if lane is not None]
        locks += [(lane.labels, f"locked by the user (layer {layer_name(node)})") for lane in lanes]
    for o in state.occurrences if names else ():
        if o.layer in names and o.role != "reads":
            locks.append((o.labels, f"locked by the user (layer {o.layer})"))
    state.locks[:0] = [(labels[labels != 0], reason) for labels, reason in locks]


def check_shared_tensors(state: Labelling) -> None:
    """A tensor read in several places is cut only if all of them agree: join their labels, or lock them."""
    by_tensor: dict[str, list[Occurrence]] = defaultdict(list)
    for occurrence in state.occurrences:
        by_tensor[occurrence.tensor].append(occurrence)
    for value in stored_values(state.facts.graph):
        found = by_tensor.get(value.name or "")
        if not found:
            continue
        uses = final_uses(state, value)
        if value.is_graph_output():
            for occurrence in found:
                state.lock(occurrence.labels, f"its weight '{value.name}' is a graph output")
        if len(uses) > 1 or len(found) > len({(o.axis, o.rows) for o in found}):
            _check_one(state, found, uses)


def stored_values(graph: ir.Graph) -> list[ir.Value]:
    constants = [n.outputs[0] for n in graph if n.op_type == "Constant"]
    return [*graph.initializers.values(), *constants]


def final_uses(state: Labelling, value: ir.Value) -> set[tuple[int, int]]:
    """The (node, slot) pairs that read a stored tensor, looked at through Transpose, DequantizeLinear and the like."""
    uses: set[tuple[int, int]] = set()
    for use in value.uses():
        moved = use.node.op_type in STATIC_MOVES and use.idx == 0 and state.is_static(use.node.outputs[0])
        if moved:
            uses |= final_uses(state, use.node.outputs[0])
        else:
            uses.add((id(use.node), use.idx))
    return uses


def _check_one(state: Labelling, found: list[Occurrence], uses: set[tuple[int, int]]) -> None:
    for axis, rows in {(o.axis, o.rows) for o in found}:
        same = [o for o in found if (o.axis, o.rows) == (axis, rows)]
        why = f"its weight '{same[0].tensor}' is shared by layers that read it differently"
        for other in same[1:]:
            state.join(same[0].labels, other.labels, why)
        if {o.use for o in same} != uses:
            for occurrence in same:
                state.lock(occurrence.labels, why)


def check_sizes_used_as_numbers(state: Labelling) -> None:
    """A channel count that enters arithmetic (a scale of 1/sqrt(D)) changes when channels are cut: lock them."""
    for node in state.facts.graph:
        if node.op_type not in ("Shape", "Size"):
            continue
        lane = state.lane(node.inputs[0])
        if lane is not None and _counts(node, lane, state) and _reaches_arithmetic(state, node, lane):
            state.lock(lane.labels, f"its size is used as a number (layer {layer_name(node)})")


def _counts(node: ir.Node, lane: Lane, state: Labelling) -> bool:
    """Whether the channels are among the axes that a Shape or Size node counts."""
    axes = list(range(len(state.shape(node.inputs[0]))))
    end = node.attributes.get_int("end", len(axes))
    return node.op_type == "Size" or lane.axis in axes[node.attributes.get_int("start", 0) : end]


def _reaches_arithmetic(state: Labelling, counter: ir.Node, lane: Lane) -> bool:
    """Follow the numbers computed from a size to the layers that use them: only mended ones may."""
    constant = state.facts.constant_nodes
    todo, seen = [counter], {id(counter)}
    while todo:
        node = todo.pop()
        for out in node.outputs:
            if out.is_graph_output():
                return True
            for use in out.uses():
                if node is counter and _reads_other_sizes(state, use.node, lane.axis):
                    continue
                if id(use.node) not in constant:
                    if use.idx == 0 or not _is_mended_with(state, use.node, lane):
                        return True
                elif id(use.node) not in seen:
                    seen.add(id(use.node))
                    todo.append(use.node)
    return False


def _is_mended_with(state: Labelling, node: ir.Node, lane: Lane) -> bool:
    """Whether a layer's size arguments are written anew as soon as any of the lane's channels is cut."""
    result = state.lane(node.outputs[0])
    if node.op_type not in MENDED or result is None:
        return False
    return bool(np.isin(state.classes.roots(lane.labels), state.classes.roots(result.labels)).all())


def _reads_other_sizes(state: Labelling, node: ir.Node, axis: int) -> bool:
    """Whether a reader of a whole shape picks entries other than the channels' (a batch size, most often)."""
    shape_of = node.inputs[0].producer() if node.inputs and node.inputs[0] is not None else None
    if node.op_type not in ("Gather", "Slice") or shape_of is None or "start" in shape_of.attributes:
        return False
    rank = len(state.shape(shape_of.inputs[0]))
    if node.op_type == "Slice":
        ranges = slice_ranges(state, node)
        return ranges is not None and axis not in range(rank)[ranges.get(0, slice(None))]
    chosen = state.constants(node.inputs[1])
    return chosen is not None and all(i % rank != axis for i in chosen)
