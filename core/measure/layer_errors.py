"""What quantization does inside single layers with weights, told from the float network's own inputs.

For y = L(x; w, b) the quantized layer computes L(x'; w', b'), with x' the rounded input. As L is linear, its error is
L(x'; w' - w, b' - b) + L(x' - x; w): what rounding the weights and the bias does, and what rounding the input does.
Both are computed by copies of the layers beside the float network, in one run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import onnx_ir as ir

from core.data.dataset import Array
from core.data.feed import real_rows
from core.execute.runtimes import onnx_session
from core.jobs import Job
from core.measure.part_runs import computed
from core.measure.quantized_parts import QuantizedParts
from core.measure.quantized_taps import Steps, by_channel, steps_of
from core.model.constants import add_initializer
from core.model.model import Model, layer_name
from core.model.qdq_operators import WEIGHTED

Array64 = npt.NDArray[np.float64]
_ITEMS = 16  # each has thousands of positions: shares of an error's energy need no more


@dataclass(frozen=True)
class LayerError:
    """One layer. ``signal``: energy (sum of squares) of its float output, before any activation.

    Energies of the error at its output: ``weights`` (weights and bias), ``inputs`` (its input's rounding), and of both
    together ``total``, of which ``shift`` is a constant per channel. ``weight``, ``bias``: float as the parent has
    them; ``stored_weight``, ``stored_bias``: as they are read back. ``shifts``: the mean of the whole error by channel.
    """

    layer: str
    signal: float
    weights: float
    inputs: float
    total: float
    shift: float
    weight: Array
    stored_weight: Array
    bias: Array | None
    stored_bias: Array | None
    shifts: Array64


def layer_errors(
    parts: QuantizedParts,
    feeds: Sequence[Mapping[str, Array]],
    counts: Sequence[int],
    *,
    threads: int = 1,
    job: Job | None = None,
) -> dict[str, LayerError]:
    """By layer: every Conv, Gemm and MatMul with stored weights that the parent has under the same name."""
    twins = _Twins(parts)
    if not twins.layers:
        return {}
    session = onnx_session(twins.model, threads, taps=twins.taps())
    sums = {name: _Sums() for name in twins.layers}
    enough = next((k for k in range(1, len(feeds)) if sum(counts[:k]) >= _ITEMS), len(feeds))
    for k, feed in enumerate((job or Job()).track(feeds[:enough], enough, "Looking into layers")):
        found = session.run(feed)
        for name, layer in twins.layers.items():
            y, by_weights, by_input = (real_rows(found[tap], feed, counts[k]) if tap else None for tap in layer.taps)
            assert y is not None, "the layer's output is tapped"
            assert by_weights is not None, "only the input may be float"
            sums[name].add(y, by_weights, by_input)
    return {name: sums[name].error(twins.layers[name]) for name in twins.layers}


def stored_constants(parts: QuantizedParts, places: Sequence[tuple[int, int]]) -> dict[tuple[int, int], Array]:
    """What stored numbers are read back as, whatever their format: (place, input index) -> float array."""
    names = {at: v.name or "" for at in places if (v := parts.nodes[at[0]].inputs[at[1]]) is not None}
    made = computed(parts, list(names.values()))
    return {at: made[name] for at, name in names.items() if name in made}


@dataclass(frozen=True)
class _Twin:
    """``taps``: names of y, of the weights' error and of the input's error ('' where the input is float)."""

    name: str
    taps: tuple[str, str, str]
    weight: Array
    stored_weight: Array
    bias: Array | None
    stored_bias: Array | None


class _Twins:
    """The float network with copies of its layers that compute their errors."""

    def __init__(self, parts: QuantizedParts) -> None:
        self._parts = parts
        self.model: Model = parts.parent.clone()
        self._graph = self.model.graph.graph
        self._values = {v.name: v for n in self._graph for v in n.outputs} | {v.name: v for v in self._graph.inputs}
        wanted = [
            (k, i)
            for part in parts.parts.values()
            for k in [parts.place_of(part.layer)]
            for i in part.constants
            if k in parts.twins and parts.nodes[k].op_type in WEIGHTED
        ]
        self._stored = stored_constants(parts, wanted)
        self.layers = {
            layer_name(parts.nodes[k]): twin
            for k in dict.fromkeys(k for k, i in wanted if i == 1)
            if (twin := self._twin(k)) is not None
        }

    def taps(self) -> list[str]:
        return [tap for layer in self.layers.values() for tap in layer.taps if tap]

    def _twin(self, place: int) -> _Twin | None:
        parts, node, twin = self._parts, self._parts.nodes[place], self._parts.twins[place]
        weight, stored = parts.float_weight(place, 1), self._stored.get((place, 1))
        x = self._values.get(twin.inputs[0].name or "") if twin.inputs[0] is not None else None
        if weight is None or stored is None or weight.shape != stored.shape or x is None:
            return None
        name = layer_name(node)
        bias, stored_bias = self._biases(place, stored.shape[0])
        source = parts.source_of(place)
        steps = steps_of(source) if source is not None else None
        rounded = x if steps is None else self._rounded(x, steps, name)
        change = None if stored_bias is None else stored_bias - (0.0 if bias is None else bias)
        by_weights = self._copy(twin, rounded, stored - weight, change, f"{name}/weights")
        by_input = ""
        if steps is not None:
            difference = self._node("Sub", [rounded, x], f"{name}/rounding")
            by_input = self._copy(twin, difference, weight, None, f"{name}/inputs")
        return _Twin(name, (twin.outputs[0].name or "", by_weights, by_input), weight, stored, bias, stored_bias)

    def _biases(self, place: int, channels: int) -> tuple[Array | None, Array | None]:
        bias = self._parts.float_weight(place, 2)
        return bias, self._stored.get((place, 2))

    def _rounded(self, x: ir.Value, steps: Steps, name: str) -> ir.Value:
        """x through the pair, in float arithmetic, so that any opset will do."""
        scale = self._constant(f"{name}/scale", np.asarray(steps.scale, np.float32))
        bounds = [
            self._constant(f"{name}/{k}", np.asarray(q - steps.zero, np.float32))
            for k, q in enumerate((steps.lowest, steps.highest))
        ]
        value = self._node("Div", [x, scale], f"{name}/div")
        value = self._node("Round", [value], f"{name}/round")
        value = self._node("Clip", [value, *bounds], f"{name}/clip")
        return self._node("Mul", [value, scale], f"{name}/mul")

    def _copy(self, layer: ir.Node, x: ir.Value, weight: Array, bias: Array | None, name: str) -> str:
        inputs = [x, self._constant(f"{name}/w", weight.astype(np.float32))]
        if bias is not None:
            inputs.append(self._constant(f"{name}/b", np.asarray(bias, np.float32)))
        return self._node(layer.op_type, inputs, name, list(layer.attributes.values())).name or ""

    def _constant(self, name: str, array: Array) -> ir.Value:
        return add_initializer(self._graph, f"thimble/{name}", array)

    def _node(self, kind: str, inputs: Sequence[ir.Value], name: str, attributes: Sequence[ir.Attr] = ()) -> ir.Value:
        node = ir.Node("", kind, inputs, attributes, name=f"thimble/{name}")
        out = node.outputs[0]
        out.name, out.dtype = f"thimble/{name}", ir.DataType.FLOAT
        self._graph.append(node)
        return out


class _Sums:
    def __init__(self) -> None:
        self.signal = self.weights = self.inputs = self.total = 0.0
        self.shift = np.zeros(1)
        self.each = 0

    def add(self, y: Array, by_weights: Array, by_input: Array | None) -> None:
        self.signal += float(np.vdot(y, y))
        self.weights += float(np.vdot(by_weights, by_weights))
        self.inputs += 0.0 if by_input is None else float(np.vdot(by_input, by_input))
        whole = by_weights if by_input is None else by_weights + by_input
        self.total += float(np.vdot(whole, whole))
        rows = by_channel(whole)
        self.shift = self.shift + rows.sum(axis=1, dtype=np.float64)
        self.each += rows.shape[1]

    def error(self, twin: _Twin) -> LayerError:
        shifts = self.shift / max(self.each, 1)
        shift = min(float((shifts**2).sum() * self.each), self.total)
        energies = (self.signal, self.weights, self.inputs, self.total, shift)
        return LayerError(twin.name, *energies, twin.weight, twin.stored_weight, twin.bias, twin.stored_bias, shifts)
