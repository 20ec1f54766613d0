"""What the views know of a model after an edit, from what they knew before it: only what changed is looked at again.

Everything here runs in the window's thread on the graph that is being edited.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping

import onnx_ir as ir

from core.measure.cost import Cost, LayerCost, recount
from core.measure.memory import PeakMemory, peak_memory
from core.model.editing.changes import Changes
from core.model.facts import Facts
from core.model.facts_after import Place, facts_after
from core.model.marks import layer_marks
from core.model.model import Model, layer_name
from core.model.stored_weights import decodes, kind_of
from gui.graph_view.known import QUANTIZATION, Known, belongs_to_weight, keys_of, wrong_keys
from gui.graph_view.model_work import IN_THREAD
from gui.words import mark, tr

_LATER = PeakMemory(None, note=mark("It is counted again when the edits become a revision."))


def transplanted(whole: Known, model: Model) -> Known | None:
    """The same knowledge about a copy of the model, layer by layer; None where the two are not alike."""
    nodes, others = whole.nodes, tuple(model.nodes())
    if [n.name for n in nodes] != [n.name for n in others]:
        return None
    twin = dict(zip(nodes, others, strict=True))
    facts = Facts(model.graph.graph, whole.facts.shapes, whole.facts.dtypes, whole.facts.constants)
    hidden = frozenset(id(twin[n]) for n in nodes if id(n) in whole.hidden)
    layers = {key: (twin[node], counted) for key, (node, counted) in whole.layers.items()}
    return Known(
        model, facts, whole.cost, hidden, layers, whole.marks, whole.wrong, others, whole.keys, whole.kind
    )  # fmt: skip


def counted_anew(whole: Known, exact: Known | Cost | None) -> Known | None:
    """The same layers with what is known of a copy of the model, or with exact figures; None where they are others."""
    if exact is None or isinstance(exact, Known):
        return transplanted(exact, whole.model) if exact is not None else None
    if [(c.name, c.operator) for c in whole.cost.layers] != [(c.name, c.operator) for c in exact.layers]:
        return None
    if exact.layers == whole.cost.layers:
        return dataclasses.replace(whole, cost=dataclasses.replace(exact, layers=whole.cost.layers))
    costs = dict(zip(whole.nodes, exact.layers, strict=True))
    layers = {key: (node, costs[node]) for key, (node, _) in whole.layers.items()}
    return dataclasses.replace(whole, cost=exact, layers=layers)


def known_after(
    before: Known, model: Model, changes: Changes, wrong: Mapping[str, str], place: Place | None = None
) -> Known | None:
    """What is known of ``model``, which an edit made of ``before.model``'s graph.

    ``wrong``: name of a layer -> what is wrong with it; ``place``: see :func:`facts_after`. None where the whole model
    must be looked at again.
    """
    if changes.whole:
        return None
    after = facts_after(before.facts, model, changes.layers, place)
    if after is None:
        return None
    looked_at = after.inferred | changes.layers
    nodes, keys, costs = _rows(before, model, changes)
    gone = {costs.pop(n).name for n in changes.removed if n in costs}
    renamed = {costs[n].name for n in changes.layers if n in costs}
    costs.update(recount(model, after.facts, looked_at, place))
    for node in looked_at:
        costs.setdefault(node, LayerCost(layer_name(node), node.op_type, 0, None, 0, None, _LATER.note))
    hidden = _hidden(before.hidden, changes.removed, looked_at)
    if nodes is before.nodes and keys is before.keys and hidden == before.hidden:
        layers = dict(before.layers)  # an update of some is quicker than all of it anew
        layers.update((key, (node, costs[node])) for key, (node, _) in before.layers.items() if node in looked_at)
    else:
        layers = {key: (node, costs[node]) for key, node in zip(keys, nodes, strict=True) if id(node) not in hidden}
    marks = {name: lines for name, lines in before.marks.items() if name not in gone | renamed}
    for one in layer_marks(model, changes.layers):
        marks[one.layer] = (*marks.get(one.layer, ()), one.sentence)
    counted = _total(before.cost, model, after.facts, [costs[n] for n in nodes])
    kind = kind_of(looked_at if before.kind == "float" else nodes)
    return Known(
        model, after.facts, counted, hidden, layers, marks, wrong_keys(nodes, keys, wrong), nodes, keys, kind
    )  # fmt: skip


def _rows(
    before: Known, model: Model, changes: Changes
) -> tuple[tuple[ir.Node, ...], tuple[str, ...], dict[ir.Node, LayerCost]]:
    """(nodes, keys, what each cost before); the very tuples from before where no layer came, went or was renamed."""
    costs = dict(zip(before.nodes, before.cost.layers, strict=True))
    nodes = before.nodes if not changes.added and not changes.removed else tuple(model.nodes())
    same = nodes is before.nodes and all(n not in costs or costs[n].name == layer_name(n) for n in changes.layers)
    return nodes, before.keys if same else keys_of(nodes), costs


def _hidden(before: frozenset[int], removed: Iterable[ir.Node], looked_at: Iterable[ir.Node]) -> frozenset[int]:
    """A (de)quantization may have become that of a weight, or of an activation."""
    hidden = set(before) - {id(n) for n in removed}
    for node in looked_at:
        if node.op_type not in QUANTIZATION and not decodes(node):
            continue
        hidden.discard(id(node))
        if belongs_to_weight(node, hidden):
            hidden.add(id(node))
    return frozenset(hidden)


def _total(before: Cost, model: Model, facts: Facts, layers: list[LayerCost]) -> Cost:
    """The sums; stored bytes that belong to no layer are taken to be as many as before."""
    unknown = [layer for layer in layers if layer.macs is None]
    bytes_before = sum(layer.weight_bytes for layer in before.layers)
    bytes_now = sum(layer.weight_bytes for layer in layers)
    note = before.note
    if unknown and not note:
        first = unknown[0]
        note = tr("The MACs of '{layer}' ({operator}) are unknown.", layer=first.name, operator=first.operator)
    return Cost(
        params=sum(layer.params for layer in layers),
        macs=None if unknown else sum(layer.macs or 0 for layer in layers),
        weight_bytes=max(before.weight_bytes + bytes_now - bytes_before, 0),
        layers=tuple(layers),
        note=note if unknown else "",
        peak_memory=_peak(model, facts, len(layers)),
    )


def _peak(model: Model, facts: Facts, count: int) -> PeakMemory:
    if count > IN_THREAD or model.graph.functions or any(n.op_type == "If" for n in model.nodes()):
        return _LATER
    return peak_memory(model, facts)
