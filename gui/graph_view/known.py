"""What the views share about a model: facts and cost, computed once, and a key for every layer."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

import onnx
import onnx_ir as ir

from core.errors import UserError
from core.measure.cost import Cost, LayerCost, cost
from core.model.editing.working_copy import problems
from core.model.facts import Facts, infer
from core.model.marks import marks
from core.model.model import Model, layer_name
from core.model.stored_weights import GraphKind, decoded_tensor, decodes, kind_of
from core.model.unfinished import unfinished
from core.model.weight_functions import DOMAIN

QUANTIZATION = ("DequantizeLinear", "QuantizeLinear")
_KEPT = 4  # revisions looked at side by side, and the one before


@dataclass(frozen=True, slots=True)
class Known:
    """Facts and cost of one model. ``layers`` maps the key of a layer to its node and its cost.

    Layers are what the views show: constants and the (de)quantization of weights belong to their consumers.
    ``marks`` maps the name of a layer to the sentences on what is unusual about it, ``wrong`` the key of a layer that
    cannot run to the reason. ``nodes`` are all nodes in the order of ``cost.layers``, ``keys`` the keys of all of them:
    an edit changes the graph itself. ``kind``: which kind of graph they make.
    """

    model: Model
    facts: Facts
    cost: Cost
    hidden: frozenset[int]
    layers: Mapping[str, tuple[ir.Node, LayerCost]]
    marks: Mapping[str, tuple[str, ...]]
    wrong: Mapping[str, str] = field(default_factory=dict)
    nodes: tuple[ir.Node, ...] = ()
    keys: tuple[str, ...] = ()
    kind: GraphKind = "float"


_recent: OrderedDict[int, Known] = OrderedDict()
_one_at_a_time = threading.Lock()


def known(model: Model) -> Known:
    """Everything the views show of a model without running it; remembered for the last few models.

    A graph with a free size or a custom operator is still shown, only with fewer shapes.
    """
    with _one_at_a_time:  # the views ask for the same model in different threads: count it once
        found = _recent.get(id(model))
        if found is None or found.model is not model:
            found = _recent[id(model)] = _find_out(model)
        _recent.move_to_end(id(model))
        while len(_recent) > _KEPT:
            _recent.popitem(last=False)
        return found


def known_already(model: Model) -> Known | None:
    """What is known of a model, if it was found out before; at once."""
    found = _recent.get(id(model))
    return found if found is not None and found.model is model else None


def remember(whole: Known) -> None:
    """What an edit has found out about a model, so that :func:`known` need not."""
    with _one_at_a_time:
        _recent[id(whole.model)] = whole
        _recent.move_to_end(id(whole.model))
        while len(_recent) > _KEPT:
            _recent.popitem(last=False)


def forget(graphs: Collection[ir.Model]) -> None:
    """Nothing will be asked about models of these graphs any more."""
    with _one_at_a_time:
        for key in [k for k, found in _recent.items() if any(found.model.graph is g for g in graphs)]:
            del _recent[key]


def _find_out(model: Model) -> Known:
    broken = False
    try:
        facts = infer(model)
    except (UserError, onnx.shape_inference.InferenceError, RuntimeError, ValueError, TypeError):
        facts, broken = Facts(model.graph.graph, {}, {}), True
    counted, hidden = cost(model, facts), hidden_nodes(facts)
    nodes = tuple(model.nodes())
    keys = keys_of(nodes)
    every = zip(keys, nodes, counted.layers, strict=True)
    layers = {key: (node, layer) for key, node, layer in every if id(node) not in hidden}
    marked: dict[str, tuple[str, ...]] = {}
    for mark in marks(model):
        marked[mark.layer] = (*marked.get(mark.layer, ()), mark.sentence)
    wrong = {p.layer: p.sentence for p in problems(model)} if broken or unfinished(model) else {}
    said = wrong_keys(nodes, keys, wrong)
    return Known(model, facts, counted, hidden, layers, marked, said, nodes, keys, kind_of(nodes))


def wrong_keys(nodes: Iterable[ir.Node], keys: Iterable[str], wrong: Mapping[str, str]) -> dict[str, str]:
    """Sentences on wrong layers by the layer's key instead of its name."""
    if not wrong:
        return {}
    found = ((key, wrong.get(layer_name(node), "")) for node, key in zip(nodes, keys, strict=True))
    return {key: sentence for key, sentence in found if sentence}


def layer_keys(model: Model) -> list[str]:
    """One key per node, in the file's order: its name where that is its own, else name and position."""
    found = known_already(model)
    return list(found.keys if found is not None else keys_of(model.nodes()))


def keys_of(nodes: Iterable[ir.Node]) -> tuple[str, ...]:
    """As :func:`layer_keys`, of nodes in the file's order."""
    names = [node.name or "" for node in nodes]
    if len(set(names)) == len(names) and "" not in names:
        return tuple(names)
    times = Counter(names)
    return tuple(name if name and times[name] == 1 else f"{name}#{k}" for k, name in enumerate(names))


def hidden_nodes(facts: Facts) -> frozenset[int]:
    """id() of the nodes that are not layers of their own but belong to their consumers.

    Chains of constants, and the (de)quantization of weights.
    """
    hidden = set(facts.constant_nodes)
    for node in facts.graph:
        if belongs_to_weight(node, hidden):
            hidden.add(id(node))
    return frozenset(hidden)


def belongs_to_weight(node: ir.Node, hidden: set[int] | frozenset[int]) -> bool:
    """Whether a node (de)quantizes or decodes what is stored."""
    if node.op_type in QUANTIZATION:
        return all(value is None or constant(value, hidden) for value in node.inputs)
    return decodes(node)


def constant(value: ir.Value, hidden: set[int] | frozenset[int]) -> bool:
    """Whether a value is stored in the file or made by hidden nodes."""
    producer = value.producer()
    return value.const_value is not None if producer is None else id(producer) in hidden


def shape_of(value: ir.Value | None, facts: Facts) -> tuple[int | str, ...] | None:
    """The inferred shape, else what the file notes ('?' for an unknown axis), else None."""
    if value is None:
        return None
    known = facts.shape(value)
    if known is not None or value.shape is None:
        return known
    return tuple(d if isinstance(d, int) else (d.value or "?") for d in value.shape)


def dtype_of(value: ir.Value | None, facts: Facts) -> str:
    """Such as 'float32'; '' where unknown."""
    if value is None:
        return ""
    kind = facts.dtypes.get(value.name or "") or value.dtype
    return "" if kind is None else {"FLOAT": "float32", "DOUBLE": "float64"}.get(kind.name, kind.name.lower())


def stored_tensor(value: ir.Value | None) -> ir.TensorProtocol | None:
    """The tensor in the file behind a value, seen through Constant and (de)quantization nodes; else None."""
    while value is not None:
        if value.const_value is not None:
            return value.const_value
        producer = value.producer()
        if producer is None:
            return None
        if producer.op_type == "Constant" and "value" in producer.attributes:
            return producer.attributes["value"].as_tensor()
        if producer.domain == DOMAIN and decodes(producer):
            return decoded_tensor(producer)
        if producer.op_type not in ("DequantizeLinear", "QuantizeLinear", "Identity", "Transpose", "Cast"):
            return None
        value = producer.inputs[0] if producer.inputs else None
    return None


def times(shape: tuple[int | str, ...] | None) -> str:
    """Sizes as people write them: 1×3×224×224."""
    return "" if shape is None else "×".join(str(d) for d in shape)
