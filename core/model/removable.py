"""Parts of a network that can go as a whole, because what they give has the shape of something that is there anyway.

Branches: what lies between a fork and an Add, whose other side is the fork itself (identity shortcut) or a few layers
on it (projection). Without the branch the Add's readers read the other side. Chains: a layer with weights that keeps
the shape, with its normalization, and with its activation where its input has passed the same one before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import onnx_ir as ir

from core.model.channel_rules import reads
from core.model.collector import resting_collector
from core.model.facts import Facts, infer
from core.model.inline import constant_tensor
from core.model.model import Model, is_locked, layer_name

Part = Literal["branch", "chain"]
_WEIGHTED = {"Conv", "ConvTranspose", "MatMul", "Gemm"}
_SIMPLE = {"BatchNormalization", "Add", "Mul", "Identity", "Dropout", "PRelu"}
_ACTIVATIONS = {
    "Relu", "LeakyRelu", "Clip", "Elu", "Selu", "Celu", "Gelu", "Mish", "Sigmoid", "HardSigmoid", "HardSwish", "Tanh",
    "Softplus", "PRelu",
}  # fmt: skip
_PROJECTION = 6  # most layers of a shortcut


@dataclass(frozen=True, slots=True)
class Removable:
    """A part that can go.

    ``key``: the layer that makes its result (an Add) or the first layer of a chain; the same for as long as the layer
    is there. ``layers``: the names of all layers that go, in graph order. ``kept``: the value that readers of
    ``result`` read then. ``rectified``: only a Relu reads the result, so that it belongs to the block's output.
    """

    key: str
    part: Part
    layers: tuple[str, ...]
    kept: str
    result: str
    rectified: bool


def removables(model: Model, facts: Facts | None = None) -> tuple[Removable, ...]:
    """All parts that can go, in the order of their results; chains inside branches too.

    Locked layers stay (core.model.editing.locks), and so does what makes a graph output.
    """
    facts = facts or infer(model)
    order = {node: k for k, node in enumerate(model.nodes())}
    found = []
    for node in order:
        if not node.outputs or node.outputs[0].is_graph_output() or node.domain not in ("", "ai.onnx"):
            continue
        one = _branch(node, facts, order) if node.op_type == "Add" else _chain(node, facts)
        if one is not None and not any(is_locked(gone) for gone in one[1]):
            found.append(_described(one, order))
    return tuple(found)


def without(model: Model, part: Removable) -> Model:
    """A new Model without one part; names and order of all others stay, their tensors are shared."""
    with resting_collector():
        new = model.clone()
        values = {o.name: o for node in new.nodes() for o in node.outputs}
        values |= {v.name: v for v in (*new.graph.graph.inputs, *new.graph.graph.initializers.values())}
        result, kept = values[part.result], values[part.kept]
        for use in list(result.uses()):
            use.node.replace_input_with(use.idx, kept)
        named = set(part.layers)
        gone = [node for node in new.nodes() if layer_name(node) in named and _is_unread(node, named)]
        stored = {v for node in gone for v in node.inputs if v is not None and v.is_initializer()}
        new.graph.graph.remove(gone, safe=True)
        for value in stored:
            if not value.uses() and not value.is_graph_output() and not value.is_graph_input():
                del new.graph.graph.initializers[value.name or ""]
    return new


def _is_unread(node: ir.Node, named: Iterable[str]) -> bool:
    """Whether all readers of a layer go too (names of layers may occur twice in a file)."""
    return all(layer_name(use.node) in named for out in node.outputs for use in out.uses())


Found = tuple[Part, set[ir.Node], ir.Value, ir.Value, str]


def _described(found: Found, order: dict[ir.Node, int]) -> Removable:
    part, gone, kept, result, key = found
    uses = list(result.uses())
    rectified = len(uses) == 1 and uses[0].node.op_type == "Relu"
    layers = tuple(layer_name(node) for node in sorted(gone, key=order.__getitem__))
    return Removable(key, part, layers, kept.name or "", result.name or "", rectified)


def _branch(add: ir.Node, facts: Facts, order: dict[ir.Node, int]) -> Found | None:
    result = add.outputs[0]
    options: list[tuple[bool, int, Found]] = []
    for kept, other in (add.inputs, reversed(add.inputs)):
        if kept is None or other is None or kept is other or not _same_shape(facts, kept, result):
            continue
        if constant_tensor(kept) is not None or (other.producer() is None):
            continue
        gone = _only_for(add, other, kept)
        read = {v for node in gone if node is not add for v in reads(node) if v.producer() not in gone}
        if not any(_holds_weights(node, facts) for node in gone) or _starves_input(read - {kept}, gone):
            continue
        identity = kept in read
        if identity or _projects(kept, read, len(gone)):
            options.append((identity, len(gone), ("branch", gone, kept, result, layer_name(add))))
    return max(options, key=lambda option: option[:2])[2] if options else None


def _only_for(add: ir.Node, value: ir.Value, kept: ir.Value) -> set[ir.Node]:
    """The Add and the layers that nobody else needs once its readers read ``kept`` and it no longer ``value``."""
    gone, todo = {add}, [value]
    while todo:
        node = todo.pop().producer()
        if node is None or node in gone or kept in node.outputs:
            continue
        needed = any(o.is_graph_output() or any(u.node not in gone for u in o.uses()) for o in node.outputs)
        if not needed:
            gone.add(node)
            todo += [v for v in reads(node)]
    return gone


def _starves_input(read: set[ir.Value], gone: set[ir.Node]) -> bool:
    """Whether an input of the graph would lose its last reader."""
    inputs = [v for v in read if v.is_graph_input() and not v.is_initializer()]
    return any(all(use.node in gone for use in v.uses()) for v in inputs)


def _projects(kept: ir.Value, read: set[ir.Value], most: int) -> bool:
    """Whether a value is made by a few layers, one after another, of something that the branch reads too."""
    value = kept
    for steps in range(1, _PROJECTION + 1):
        node = value.producer()
        flowing = [v for v in node.inputs if v is not None and constant_tensor(v) is None] if node is not None else []
        if len(flowing) != 1:
            return False
        value = flowing[0]
        if value in read:
            return steps < most
    return False


def _chain(first: ir.Node, facts: Facts) -> Found | None:
    """A layer with weights and what belongs to it."""
    kept = first.inputs[0] if first.inputs else None
    if kept is None or not _holds_weights(first, facts) or constant_tensor(kept) is not None:
        return None
    gone = {first}
    last = first
    for node in _followers(first):
        simple = node.op_type in _SIMPLE and all(
            v is last.outputs[0] or (v is not None and constant_tensor(v) is not None) for v in node.inputs
        )
        maker = kept.producer()
        again = node.op_type in _ACTIVATIONS and maker is not None and maker.op_type == node.op_type
        if not (simple or again) or len(node.outputs) != 1 or node.outputs[0].is_graph_output():
            break
        gone.add(node)
        last = node
        if again:
            break
    result = last.outputs[0]
    if not _same_shape(facts, kept, result) or not result.uses():
        return None
    return "chain", gone, kept, result, layer_name(first)


def _followers(node: ir.Node) -> Iterator[ir.Node]:
    """The layers behind one, for as long as each has a single reader."""
    while True:
        uses = list(node.outputs[0].uses())
        if len(uses) != 1 or node.outputs[0].is_graph_output():
            return
        node = uses[0].node
        yield node


def _holds_weights(node: ir.Node, facts: Facts) -> bool:
    if node.op_type not in _WEIGHTED or len(node.inputs) < 2:
        return False
    weight = node.inputs[1]
    return weight is not None and (weight.is_initializer() or constant_tensor(weight) is not None)


def _same_shape(facts: Facts, a: ir.Value, b: ir.Value) -> bool:
    shape = facts.shape(a)
    return (
        shape is not None
        and shape == facts.shape(b)
        and facts.dtypes.get(a.name or "") == facts.dtypes.get(b.name or "")
    )
