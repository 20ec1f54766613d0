"""A figure per layer: what it is, how it is known, and its value for every layer that has one."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import onnx_ir as ir

from core.measure.cost import LayerCost
from gui.graph_view.known import Known
from gui.words import mark, tr

BUILT_IN = ("macs", "params", "weight_bytes", "activation_bytes")
SPARSITY, SPREAD = "sparsity", "channel_spread"
_GRAPH = mark("Estimated from the graph, batch of 1")


@dataclass(frozen=True)
class LayerFigure:
    """``values`` by the key of a layer; a layer without the figure is not in there.

    ``unit`` as in core.report. ``how`` says whether it was measured or estimated, and on what. A block shows the sum
    of its layers, or where ``weights`` are given the mean with these. Layers of the same group in ``groups`` share one
    value, which counts once in a sum. Of ``unknown`` layers the figure cannot be told, nor of a block with one of them.
    """

    key: str
    title: str
    unit: str
    how: str
    values: Mapping[str, float]
    weights: Mapping[str, float] | None = None
    groups: Mapping[str, int] = field(default_factory=dict)
    note: str = ""
    unknown: frozenset[str] = frozenset()

    def over(self, keys: Iterable[str]) -> float | None:
        """What several layers come to together; None where none of them has the figure, or one's is unknown."""
        asked = list(keys)
        here = [key for key in asked if key in self.values]
        if not here or (self.unknown and not self.unknown.isdisjoint(asked)):
            return None
        if self.weights is not None:
            weights = self.weights
            whole = sum(weights.get(key, 0.0) for key in here)
            return sum(self.values[key] * weights.get(key, 0.0) for key in here) / whole if whole else None
        once = {self.groups.get(key, -1 - k): self.values[key] for k, key in enumerate(here)}
        return sum(once.values())


def built_in(key: str, of_model: Known) -> LayerFigure:
    """One of BUILT_IN, counted on the graph."""
    title, unit, value = _FIGURES[key]
    found = {name: value(node, cost, of_model) for name, (node, cost) in of_model.layers.items()}
    known_ones = {name: v for name, v in found.items() if v is not None}
    unknown = frozenset(found.keys() - known_ones.keys())
    return LayerFigure(key, tr(title), unit, tr(_GRAPH), known_ones, unknown=unknown)


def title_of(key: str) -> str:
    """What a built-in figure is called."""
    return tr(_FIGURES[key][0])


def _macs(node: ir.Node, cost: LayerCost, of_model: Known) -> float | None:
    return None if cost.macs is None else float(cost.macs)


def _params(node: ir.Node, cost: LayerCost, of_model: Known) -> float | None:
    return float(cost.params)


def _weight_bytes(node: ir.Node, cost: LayerCost, of_model: Known) -> float | None:
    return float(cost.weight_bytes)


def _activation_bytes(node: ir.Node, cost: LayerCost, of_model: Known) -> float | None:
    """Of all outputs; None where the size of one is not known."""
    total = 0.0
    for value in node.outputs:
        shape = of_model.facts.shape(value)
        kind = of_model.facts.dtypes.get(value.name or "") or value.dtype
        if shape is None or kind is None:
            return None
        total += math.ceil(math.prod(shape) * kind.bitwidth / 8) if kind != ir.DataType.STRING else 0
    return total


_Value = Callable[[ir.Node, LayerCost, Known], float | None]
_FIGURES: dict[str, tuple[str, str, _Value]] = {
    "macs": (mark("MACs"), "MACs", _macs),
    "params": (mark("Parameters"), "params", _params),
    "weight_bytes": (mark("Weight bytes"), "bytes", _weight_bytes),
    "activation_bytes": (mark("Activation bytes"), "bytes", _activation_bytes),
}
