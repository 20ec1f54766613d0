"""Which layers of a float graph run in int8 and which values get a quantization pair. Changes nothing.

A layer runs in int8 if its operator can, it is wanted, and int8 values reach it (graph inputs count). A value gets a
pair if an int8 layer makes or reads it; the value between a layer and the Relu or Clip that runs inside it gets none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import onnx_ir as ir

from core.model.facts import Facts
from core.model.model import Model, layer_name, real_inputs
from core.model.qdq_operators import (
    ACTIVATIONS,
    BINARY,
    PASS_THROUGH,
    WEIGHTED,
    data_inputs,
    reads_float,
    runs_inside,
    why_not_int8,
)

Wanted = Callable[[ir.Node], bool]
OUTSIDE = "it is outside the chosen layers"
_FOR_FLOAT = "only float layers read it, and its sums would lose much in 8 bits"


@dataclass(frozen=True, slots=True)
class KeptFloat:
    """A layer that stays float; ``reason`` ends the sentence "layer x stays float: …"."""

    layer: str
    operator: str
    reason: str


@dataclass(frozen=True)
class Int8Plan:
    """The outcome of :func:`plan_int8`, everything in graph order.

    ``layers``: the nodes that run in int8. ``values``: names of the float values that get a pair. ``fused``: those
    Relu and Clip nodes among ``layers`` that run inside the layer before them. ``kept``: what stays float, and why.
    ``tables``: Gather nodes whose embedding table is stored in uint8; what they give is float again right behind them.
    """

    layers: tuple[ir.Node, ...]
    values: tuple[str, ...]
    fused: frozenset[ir.Node]
    kept: tuple[KeptFloat, ...]
    tables: tuple[ir.Node, ...] = ()

    def weighted(self) -> tuple[ir.Node, ...]:
        """The int8 layers that have weights."""
        return tuple(n for n in self.layers if n.op_type in WEIGHTED)

    def moves_data(self, node: ir.Node) -> bool:
        """Whether the inputs and outputs of this int8 layer share one scale."""
        return node.op_type in PASS_THROUGH or (node.op_type in ACTIVATIONS and node not in self.fused)

    def rescaled(self) -> tuple[str, ...]:
        """Values with a pair whose range must be observed: those that no data-moving layer makes."""
        moved = {o.name for n in self.layers if self.moves_data(n) for o in n.outputs}
        return tuple(v for v in self.values if v not in moved)


def plan_int8(
    model: Model, facts: Facts, wanted: Wanted = lambda _: True, refused: Mapping[ir.Node, str] | None = None
) -> Int8Plan:
    """Decide for every layer; ``refused`` adds reasons found elsewhere (a final Concat of unlike heads)."""
    return _Planner(model, facts, wanted, refused or {}).plan()


def is_float(value: ir.Value, facts: Facts) -> bool:
    """Whether a value is known to be float32."""
    return facts.dtypes.get(value.name or "", value.dtype) == ir.DataType.FLOAT


class _Planner:
    def __init__(self, model: Model, facts: Facts, wanted: Wanted, refused: Mapping[ir.Node, str]) -> None:
        self.model, self.facts, self.wanted, self.refused = model, facts, wanted, refused
        self.int8: dict[ir.Node, None] = {}
        self.fused: set[ir.Node] = set()
        self.hidden: set[str] = set()
        self.reached = {v.name or "" for v in real_inputs(model.graph) if is_float(v, facts)}
        self.paired: set[str] = set()  # by float layers too: they have a pair, for a layer in int8 multiplies them
        self.kept: list[KeptFloat] = []
        self.trunk: set[ir.Node] = set()  # sums that stay float for float readers

    def plan(self) -> Int8Plan:
        for node in self.model.nodes():
            if node.op_type in WEIGHTED and not self._reason(node):
                self.paired.update(v.name or "" for v in data_inputs(node))
        for node in self.model.nodes():
            if id(node) in self.facts.constant_nodes or not any(is_float(o, self.facts) for o in node.outputs):
                continue
            if self._runs_inside_producer(node):
                self.fused.add(node)
                self.hidden.add(node.inputs[0].name or "")  # type: ignore[union-attr]
            elif reason := self._reason(node):
                if node.op_type not in PASS_THROUGH | ACTIVATIONS or node in self.refused:
                    self.kept.append(KeptFloat(layer_name(node), node.op_type, reason))
                continue
            self.int8[node] = None
            self.reached.update(o.name or "" for o in node.outputs)
        self._leave_float_sums()
        values = tuple(self._values())
        tables = tuple(self._tables(frozenset(values)))
        return Int8Plan(tuple(self.int8), values, frozenset(self.fused), tuple(self.kept), tables)

    def _runs_inside_producer(self, node: ir.Node) -> bool:
        return runs_inside(node) in self.int8 and not why_not_int8(node, self.facts)

    def _reason(self, node: ir.Node) -> str:
        if node in self.refused:
            return self.refused[node]
        if reason := why_not_int8(node, self.facts):
            return reason
        if not self.wanted(node):
            return OUTSIDE
        dynamic = [v for v in data_inputs(node) if self.facts.array(v) is None]
        if not dynamic or not all(is_float(v, self.facts) for v in dynamic):
            return "its inputs are not float32"
        if node.op_type not in WEIGHTED and not any(self._in_integers(node, v) for v in dynamic):
            return "its inputs come from float layers"
        if node.op_type == "Concat" and not all(self._in_integers(node, v) for v in dynamic):
            return "some of its inputs come from float layers"
        return ""

    def _in_integers(self, node: ir.Node, value: ir.Value) -> bool:
        """Whether ``node`` finds this input in integers. One that only moves values goes with any pair there is.

        Else it would move real numbers from a pair to a pair of another scale, which runtimes round differently.
        """
        return value.name in self.reached or (node.op_type in PASS_THROUGH and value.name in self.paired)

    def _leave_float_sums(self) -> None:
        """Take out the sums that only normalizations and attention read: in int8 they cost accuracy and time.

        Such are the sums along a transformer's trunk, which reach far further than what its layers add to them.
        """
        for node in reversed(tuple(self.int8)):
            behind = self._only_for_float(node.outputs[0]) if node.op_type in BINARY else None
            if behind is None:
                continue
            self.trunk.add(node)
            self.kept.append(KeptFloat(layer_name(node), node.op_type, _FOR_FLOAT))
            for gone in (node, *behind):
                del self.int8[gone]
        if self.trunk:
            places = {layer_name(n): k for k, n in enumerate(self.model.nodes())}
            self.kept.sort(key=lambda k: places[k.layer])

    def _only_for_float(self, value: ir.Value) -> list[ir.Node] | None:
        """The int8 layers behind a value that only move it, where every other reader is a float layer; else None."""
        readers = [u.node for u in value.uses()]
        if not readers or value.is_graph_output():
            return None
        moving: list[ir.Node] = []
        for node in readers:
            if node in self.trunk or (node not in self.int8 and reads_float(node, self.facts)):
                continue
            further = self._only_for_float(node.outputs[0]) if self._moves_alone(node) else None
            if further is None:
                return None
            moving += [n for n in (node, *further) if n not in moving]
        return moving

    def _moves_alone(self, node: ir.Node) -> bool:
        one = len(node.outputs) == 1 and len(data_inputs(node)) == 1
        return node in self.int8 and node.op_type in PASS_THROUGH and one

    def _tables(self, values: frozenset[str]) -> Iterable[ir.Node]:
        """Embedding tables of which rows are looked up, for a float layer to read."""
        for node in self.model.nodes():
            if node.op_type != "Gather" or node in self.refused or not self.wanted(node):
                continue
            table, result = self.facts.array(node.inputs[0]), node.outputs[0]
            if table is None or id(node) in self.facts.constant_nodes or result.name in values:
                continue
            floats = table.dtype == np.float32 and table.ndim == 2 and bool(np.isfinite(table).all())
            if floats and node.attributes.get_int("axis", 0) == 0 and not result.is_graph_output():
                yield node

    def _values(self) -> Iterable[str]:
        seen: dict[str, None] = {}
        for node in self.int8:
            for value in (*data_inputs(node), *node.outputs):
                name = value.name or ""
                if name and name not in self.hidden and self.facts.array(value) is None and is_float(value, self.facts):
                    seen[name] = None
        return seen
