"""What could be done about a wrong layer: edits that were tried and take the problem away."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass

import onnx_ir as ir

from core.errors import UserError
from core.model.editing.attributes import attribute_values
from core.model.editing.constants import stored_array
from core.model.editing.edit import Edit
from core.model.editing.ends import SetInputShape
from core.model.editing.fit import FitChannels
from core.model.editing.layers import Connect, Insert
from core.model.editing.names import RemoveAttribute, SetAttribute
from core.model.editing.weights import SetWeights
from core.model.editing.working_copy import Problem, WorkingCopy
from core.model.inline import constant_tensor
from core.model.model import layer_name

_MOST = 4  # offers
_PATIENCE = 0.4  # seconds: on large graphs an idea may change the shapes of all that follows
_RECENT = 12  # attributes and shapes that were changed, tried from the last
_BROADCAST = frozenset({"Add", "Sub", "Mul", "Div", "Pow", "Max", "Min", "Sum", "Mean", "PRelu", "Where"})
Sizes = tuple[int | str | None, ...]


@dataclass(frozen=True, slots=True)
class Repair:
    """An offer: what a button says, and the edits to be done in order."""

    title: str
    edits: tuple[Edit, ...]


def repairs(copy: WorkingCopy, problem: Problem) -> tuple[Repair, ...]:
    """Offers that take a problem away and make no new one, the likeliest first; the model is as before.

    Nothing is guessed about weights that are gone: what is missing is connected to what the deleted layer read, sizes
    are fitted by a new layer that passes on what it can, values are set back to what they were.
    """
    node = next((n for n in copy.model.nodes() if layer_name(n) == problem.layer), None)
    if node is None or problem not in copy.problems:
        return ()
    found: list[Repair] = []
    start = time.perf_counter()
    for offer in _ideas(copy, node):
        if len(found) == _MOST or time.perf_counter() - start > (_PATIENCE if not found else _PATIENCE / 4):
            break
        if offer not in found and _helps(copy, problem, offer):
            found.append(offer)
    return tuple(found)


def _helps(copy: WorkingCopy, problem: Problem, offer: Repair) -> bool:
    before = set(copy.problems)
    try:
        after = set(copy.try_out(offer.edits[0]))
    except UserError:
        return False
    return problem not in after and len(after) < len(before) and {p.layer for p in after} <= {p.layer for p in before}


def _ideas(copy: WorkingCopy, node: ir.Node) -> Iterator[Repair]:
    yield from _connected(copy, node)
    yield from _set_back(copy, node)
    if node.op_type == "Reshape":
        yield from _left_open(node)
    if node.op_type in _BROADCAST and len(node.inputs) >= 2:
        yield from _brought_together(copy, node)
    yield from _fitted(copy, node)


def _connected(copy: WorkingCopy, node: ir.Node) -> Iterator[Repair]:
    """A missing input reads what the layer read that made it."""
    graph, history = copy.model.graph.graph, copy.history
    layer = layer_name(node)
    for index in range(max(len(node.inputs), 1)):
        if index < len(node.inputs) and node.inputs[index] is not None:
            continue
        waiting, seen = [history.lost.get((node, index))], set[ir.Value]()
        while waiting:
            value = waiting.pop(0)
            if value is None or value in seen:
                continue
            seen.add(value)
            maker = value.producer()
            there = value.graph is graph and (maker is None or maker.graph is graph)
            if there:
                title = f"Connect '{layer}' to '{value.name}', which the deleted layer read"
                yield Repair(title, (Connect(layer, index, value.name or ""),))
            elif maker is not None:
                waiting += [v for v in history.read.get(maker, ()) if v is not None and constant_tensor(v) is None]


def _set_back(copy: WorkingCopy, node: ir.Node) -> Iterator[Repair]:
    """An attribute, or the shape of an input, is what it was before it was edited."""
    history, graph = copy.history, copy.model.graph.graph
    recent = list(reversed(history.attributes.items()))[:_RECENT]
    recent.sort(key=lambda item: item[0][0] is not node)  # those of the layer itself first
    for (layer, name), old in recent:
        now = layer.attributes.data.get(name)
        if layer.graph is not graph or now is old:
            continue
        if old is None:
            yield Repair(f"Take '{name}' away from '{layer_name(layer)}' again",
                         (RemoveAttribute(layer_name(layer), name),))  # fmt: skip
            continue
        value = attribute_values(ir.Node("", layer.op_type, [], [old])).get(name)
        if value is not None:
            yield Repair(f"Set '{name}' of '{layer_name(layer)}' back to {value}",
                         (SetAttribute(layer_name(layer), name, value),))  # fmt: skip
    for value, shape in list(reversed(history.shapes.items()))[:_RECENT]:
        sizes = _named(shape)
        if value.graph is graph and sizes is not None and shape != value.shape:
            shown = " x ".join(str(s) for s in sizes)
            yield Repair(f"Set the shape of '{value.name}' back to {shown}", (SetInputShape(value.name or "", sizes),))


def _named(shape: ir.Shape | None) -> tuple[int | str, ...] | None:
    sizes = [] if shape is None else [d if isinstance(d, int) else d.value for d in shape]
    found = tuple(s for s in sizes if s is not None)
    return found if shape is not None and len(found) == len(sizes) else None


def _left_open(node: ir.Node) -> Iterator[Repair]:
    """One number of a Reshape's target becomes -1, so that it follows from the elements."""
    target = node.inputs[1] if len(node.inputs) > 1 else None
    array = stored_array(target)
    if array is None or target is None or array.ndim != 1 or (array == -1).any():
        return
    for axis in reversed(range(len(array))):
        sizes = tuple(-1 if k == axis else int(n) for k, n in enumerate(array))
        shown = ", ".join(str(n) for n in sizes)
        yield Repair(f"Let axis {axis} of the target shape follow: {shown}", (SetWeights(target.name or "", sizes),))


def _brought_together(copy: WorkingCopy, node: ir.Node) -> Iterator[Repair]:
    """Two operands of different shapes: one is transposed, or gets the other's channels."""
    layer = layer_name(node)
    operands = [(k, v, copy.shape_of(v)) for k, v in enumerate(node.inputs[:2]) if v is not None]
    for (index, value, shape), (_, _, other) in itertools.permutations(operands, 2):
        if shape is None or other is None or len(shape) != len(other) or constant_tensor(value) is not None:
            continue
        for perm in _permutations(shape, other):
            title = f"Transpose '{value.name}' in front of '{layer}'"
            yield Repair(title, (Insert(value.name or "", "Transpose", reader=layer, attributes={"perm": perm}),))
        if len(shape) >= 3 and isinstance(other[1], int) and shape[1] != other[1]:
            yield _fit(layer, index, value, other[1])


def _permutations(shape: Sizes, other: Sizes) -> Iterator[list[int]]:
    """The orders of axes that turn one shape into the other; the two between channels first and last come first."""
    rank = len(shape)
    if sorted(map(str, shape)) != sorted(map(str, other)) or rank < 2 or rank > 5:
        return
    usual = [[0, *range(2, rank), 1], [0, rank - 1, *range(1, rank - 1)]]
    every = [*usual, *(list(p) for p in itertools.permutations(range(rank)))]
    for perm in every:
        if perm != list(range(rank)) and tuple(shape[p] for p in perm) == other:
            yield perm
            return


def _fitted(copy: WorkingCopy, node: ir.Node) -> Iterator[Repair]:
    """A layer with weights gets as many channels as its weights are made for."""
    value = node.inputs[0] if node.inputs else None
    weight = stored_array(node.inputs[1]) if len(node.inputs) > 1 else None
    if value is None or weight is None or weight.ndim < 2:
        return
    if node.op_type == "Conv":
        yield _fit(layer_name(node), 0, value, weight.shape[1] * node.attributes.get_int("group", 1))
    elif node.op_type == "ConvTranspose":
        yield _fit(layer_name(node), 0, value, weight.shape[0])
    elif node.op_type in ("Gemm", "MatMul") and not node.attributes.get_int("transA", 0):
        yield _fit(layer_name(node), 0, value, weight.shape[-1 if node.attributes.get_int("transB", 0) else -2])


def _fit(layer: str, index: int, value: ir.Value, channels: int) -> Repair:
    title = f"Give '{value.name}' {channels} channels with a new layer in front of '{layer}'"
    return Repair(title, (FitChannels(layer, index, channels),))
