"""How layers are taken out and put in so that names, order and readers stay right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import onnx_ir as ir

from core.errors import UserError
from core.model.editing.draft import Draft
from core.model.inline import constant_tensor
from core.model.model import layer_name


def bypass(draft: Draft, node: ir.Node, source: ir.Value) -> list[ir.Value | None]:
    """Take a layer out; what read its first output reads ``source``. A graph output keeps its name.

    Returns what the layer read: the caller drops what nobody reads any more.
    """
    first, *others = node.outputs
    unwanted = [v for v in others if v.uses() or v.is_graph_output()]
    if unwanted:
        raise UserError(
            f"Layer '{layer_name(node)}' ({node.op_type}) cannot be bypassed: '{unwanted[0].name}' is used too."
        )
    if first.is_graph_output() and is_end_to_end(source, first):
        raise UserError(
            f"Layer '{layer_name(node)}' ({node.op_type}) cannot be bypassed: graph output '{first.name}' "
            f"would be '{source.name}' itself."
        )
    draft.redirect(first, source)
    if first.is_graph_output():
        _take_output(draft, first, source)
    inputs = list(node.inputs)
    draft.remove(node)
    return inputs


def only_source(node: ir.Node) -> ir.Value:
    """What takes a layer's place where nothing is said: its only input that is computed. Raises UserError."""
    flowing = list(dict.fromkeys(v for v in node.inputs if v is not None and constant_tensor(v) is None))
    if len(flowing) != 1:
        listed = ", ".join(f"'{v.name}'" for v in flowing) or "none"
        raise UserError(
            f"Layer '{layer_name(node)}' ({node.op_type}) cannot be bypassed: it has {len(flowing)} computed inputs.",
            f"Say which of them takes its place: {listed}." if flowing else "",
        )
    return flowing[0]


def delete(draft: Draft, node: ir.Node) -> list[ir.Value | None]:
    """Take a layer out; its readers lack an input then. Returns what it read: the caller drops what nobody reads."""
    given = [v for v in node.outputs if v.is_graph_output()]
    if given:
        raise UserError(
            f"Layer '{layer_name(node)}' makes the graph output '{given[0].name}'.", "Remove that output first."
        )
    for value in node.outputs:
        draft.redirect(value, None)
    inputs = list(node.inputs)
    draft.remove(node)
    return inputs


def put_in_place(draft: Draft, old: ir.Node, nodes: Sequence[ir.Node], made: ir.Value) -> None:
    """New layers, in order, where one stood; ``made`` takes the name and the readers of what that one made first."""
    result, inputs = old.outputs[0], list(old.inputs)
    after = draft.order.previous(old)
    for node in nodes:
        draft.insert(node, after)
        after = node
    made.type, made.shape, made.doc_string = result.type, result.shape, result.doc_string
    draft.redirect(result, made)
    if result.is_graph_output():
        draft.set_ends("outputs", [made if v is result else v for v in draft.graph.outputs])
    name = result.name or ""
    draft.remove(old)
    draft.rename_tensor(made, name)
    draft.drop_unread(inputs)


def _take_output(draft: Draft, old: ir.Value, new: ir.Value) -> None:
    name = old.name or ""
    draft.set_ends("outputs", [new if v is old else v for v in draft.graph.outputs])
    draft.rename_tensor(old, draft.unused(f"{name}_removed"))
    draft.rename_tensor(new, name)
    maker = new.producer()
    if maker is not None:  # an output must say its type
        draft.touched[maker] = None


def keep_output_name(draft: Draft, old: ir.Value, new: ir.Value) -> None:
    name = old.name or ""
    draft.set_ends("outputs", [new if v is old else v for v in draft.graph.outputs])
    draft.rename_tensor(old, draft.unused(f"{name}_before"))
    draft.rename_tensor(new, name)


def is_end_to_end(source: ir.Value, result: ir.Value) -> bool:
    """A graph output must stay the work of a layer: an input, a constant or another output cannot take its name."""
    return result.is_graph_output() and (source.producer() is None or source.is_graph_output())


def last_maker(draft: Draft, values: Iterable[ir.Value]) -> ir.Node | None:
    """The layer furthest down the file among those that make the values."""
    makers = {v.producer() for v in values} - {None}
    return max((m for m in makers if m is not None), key=draft.order.place, default=None)


def check_order(draft: Draft, value: ir.Value, last: ir.Node | None, only: ir.Node | None) -> None:
    """Whoever is to read the new layer's result must stand behind all that the new layer reads."""
    if last is None or last is value.producer():
        return
    readers = {u.node for u in value.uses() if only is None or u.node is only}
    place = draft.order.place
    early = [n for n in readers if n in draft.order and place(n) <= place(last)]
    if early:
        raise UserError(
            f"The new layer cannot stand in front of layer '{layer_name(min(early, key=place))}', "
            f"because it would read what layer '{layer_name(last)}' makes later.",
            "Put it in front of a later layer only.",
        )
