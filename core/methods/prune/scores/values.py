"""Values of the graph that tell what a layer's channels do: where to look, and which unit a channel belongs to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import onnx_ir as ir

from core.methods.prune.scores.filters import Ints
from core.model.channels import ChannelGroup, ChannelGroups, layer_name
from core.model.model import Model

if TYPE_CHECKING:
    from torch import Tensor

_KEEP_FORM = {"Identity", "Dropout", "Cast"}
_ACTIVATIONS = {
    "Relu", "LeakyRelu", "PRelu", "ThresholdedRelu", "Elu", "Selu", "Celu", "Gelu", "Mish", "Clip", "Sigmoid",
    "HardSigmoid", "HardSwish", "Tanh", "Softplus", "Softsign",
}  # fmt: skip
_RECTIFIERS = {"Relu", "ThresholdedRelu", "HardSwish"}
_ARITHMETIC = {"Add", "Sub", "Mul", "Div"}
_STEPS = 64  # a chain longer than this is no layer with its normalization


def units_on(groups: ChannelGroups, group: ChannelGroup, value: str) -> tuple[int, Ints] | None:
    """(axis, unit of every position along it, -1 where none) of a value, None where it carries none of the group."""
    lane = groups.lanes.get(value)
    if lane is None:
        return None
    unit_of = np.full(len(groups.root_of), -1, np.int64)
    unit_of[group.roots] = np.arange(group.size)
    units = unit_of[groups.root_of[lane.labels]]
    return (lane.axis, units) if (units >= 0).any() else None


def producers(model: Model, group: ChannelGroup) -> list[ir.Node]:
    """The nodes that produce the group's channels, in graph order."""
    names = set(group.producers)
    return [node for node in model.nodes() if layer_name(node) in names]


def settled(groups: ChannelGroups, node: ir.Node) -> ir.Value:
    """What a layer gives in the end: its output behind its own bias, normalization and activation.

    Stops before two branches meet, so in a residual trunk every layer keeps a value of its own.
    """
    value = node.outputs[0]
    for after in _behind(groups, value, joins=False):
        value = after.outputs[0]
        if after.op_type in _ACTIVATIONS or _is_gate(after):
            break
    return value


def outermost(groups: ChannelGroups, node: ir.Node) -> ir.Value:
    """The last value that holds a layer's channels alone: behind depthwise layers too, before two branches meet."""
    value = settled(groups, node)
    for _ in range(_STEPS):
        users = list(dict.fromkeys(use.node for use in value.uses()))
        if len(users) != 1 or value.is_graph_output() or not _is_depthwise(groups, users[0]):
            break
        value = settled(groups, users[0])
    return value


def values_read(groups: ChannelGroups, group: ChannelGroup, readers: Sequence[ir.Node]) -> list[ir.Value] | None:
    """What the readers of a group read of it, each value once; None where something else uses such a value too.

    To set these values to zero is then to remove the group's channels, and nothing but that.
    """
    found: dict[str, ir.Value] = {}
    for node in readers:
        value = next((v for v in node.inputs if v is not None and units_on(groups, group, v.name or "")), None)
        if value is None or value.is_graph_output() or any(use.node not in readers for use in value.uses()):
            return None
        found[value.name or ""] = value
    return list(found.values()) or None


def by_item(values: Tensor, axis: int, items: int) -> Tensor:
    """A value as (items, positions, channels), its channels along ``axis``; its first axis counts the items.

    Where the number of rows shows that it does not, all rows count as one item's.
    """
    last = values.movedim(axis, -1)
    known = axis != 0 and (last.numel() // last.shape[-1]) % items == 0
    return last.reshape(items if known else 1, -1, last.shape[-1])


def rectified(groups: ChannelGroups, node: ir.Node) -> ir.Value | None:
    """The first value behind a layer that a rectifier sets to zero at places, None where there is none.

    Goes through the additions of a residual trunk: there all its layers get the same value.
    """
    for after in _behind(groups, node.outputs[0], joins=True):
        low = groups.facts.array(after.inputs[1]) if after.op_type == "Clip" and len(after.inputs) > 1 else None
        clipped = after.attributes.get_float("min", -1.0) if low is None else float(np.asarray(low).reshape(-1)[0])
        if after.op_type in _RECTIFIERS or (after.op_type == "Clip" and clipped == 0.0):
            return after.outputs[0]
        if after.op_type in _ACTIVATIONS or _is_gate(after):
            return None
    return None


def _behind(groups: ChannelGroups, value: ir.Value, joins: bool) -> Iterator[ir.Node]:
    """The layers that follow one another, each the only reader of the one before; ``joins``: also where two meet."""
    for _ in range(_STEPS):
        after = _next(groups, value, joins)
        if after is None:
            return
        yield after
        value = after.outputs[0]


def _next(groups: ChannelGroups, value: ir.Value, joins: bool) -> ir.Node | None:
    users = list(dict.fromkeys(use.node for use in value.uses()))
    if value.is_graph_output() or not users:
        return None
    if gate := _gate(users):
        return gate
    if len(users) > 1:
        return None
    node = users[0]
    others = [v for v in node.inputs if v is not None and v is not value]
    constant = all(groups.facts.array(v) is not None for v in others)
    if node.op_type in _KEEP_FORM or node.op_type in _ACTIVATIONS or node.op_type == "BatchNormalization":
        return node
    if node.op_type in _ARITHMETIC and (constant or (joins and node.op_type in ("Add", "Sub"))):
        return node
    return None


def _gate(users: list[ir.Node]) -> ir.Node | None:
    """x · sigmoid(x) and the like: the product, where x is read by the activation and by the product alone."""
    if len(users) != 2:
        return None
    for first, second in (users, users[::-1]):
        if first.op_type in _ACTIVATIONS and second.op_type == "Mul" and first.outputs[0] in second.inputs:
            return second
    return None


def _is_depthwise(groups: ChannelGroups, node: ir.Node) -> bool:
    if node.op_type != "Conv" or node.attributes.get_int("group", 1) == 1:
        return False
    shape = groups.facts.shape(node.inputs[1])
    return shape is not None and shape[1] == 1


def _is_gate(node: ir.Node) -> bool:
    return node.op_type == "Mul" and any(
        (maker := v.producer()) is not None and maker.op_type in _ACTIVATIONS for v in node.inputs if v is not None
    )
