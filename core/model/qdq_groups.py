"""Scale groups read from a quantized graph, and the scales that follow from others, solved again.

:func:`core.model.qdq.scale_groups` knows groups of a plan, before nodes are written. After a training, or in a file
from elsewhere, there is no plan: what must share a scale follows from the nodes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import onnx_ir as ir

from core.model.model import Model
from core.model.qdq_add import agreeing_add_scale
from core.model.qdq_numbers import QuantParams, mean_scale
from core.model.qdq_operators import ACTIVATIONS, FIXED, FUSING, MEANS, PASS_THROUGH, data_inputs
from core.model.qdq_pairs import RANGE_FROM, Pair, activation_pairs, read_params, source_pair
from core.model.qdq_tensors import LEARNED


@dataclass(frozen=True, slots=True)
class ScaleGroup:
    """Activations with one scale.

    ``scales``: names of the initializers that hold it. ``values``: the float values it quantizes. ``dictated``: the
    runtimes demand it (behind Softmax, Sigmoid, Tanh), so nobody may change it. ``topped``: everything in the group
    ends at a bound of its Clip, so that a larger scale would reach beyond what there can be.
    """

    scales: tuple[str, ...]
    values: tuple[str, ...]
    params: QuantParams
    dictated: bool
    topped: bool


def activation_groups(model: Model) -> tuple[ScaleGroup, ...]:
    """The groups of a quantized graph, in graph order; pairs without constant per-tensor parameters are in none.

    Values that a data-moving layer joins share a group where their parameters are equal, as they are under the rules.
    """
    pairs = [p for p in activation_pairs(model.graph.graph).values() if _stored(p)]
    leader = {_name(p.quantize): _name(p.quantize) for p in pairs}

    def find(name: str) -> str:
        while leader[name] != name:
            name = leader[name]
        return name

    def join(names: list[str]) -> None:
        for other in names[1:]:
            first, second = find(names[0]), find(other)
            leader[max(first, second)] = min(first, second)

    params = {_name(p.quantize): p.params for p in pairs}
    for node in model.nodes():
        if not _moves_data(node):
            continue
        names = [n for n in _around(node) if n in leader]
        for own in dict.fromkeys(params[n] for n in names):
            join([n for n in names if params[n] == own])
    groups: dict[str, list[Pair]] = {}
    for pair in pairs:
        groups.setdefault(find(_name(pair.quantize)), []).append(pair)
    return tuple(_group(members) for members in groups.values())


def settle(model: Model) -> None:
    """Solve again, in place, what depends on scales: sums that all runtimes round alike, whole ratios of means.

    As :func:`core.model.qdq.solve_scales` does it; zero points stay. Biases have to be rounded again afterwards.
    """
    group_of = {name: g for g in activation_groups(model) for name in g.scales}
    for kinds in (frozenset({"Add"}), MEANS):
        for node in model.nodes():
            quantize = _behind(node) if node.op_type in kinds else None
            if quantize is not None:
                _settle(model, node, quantize, group_of)


def set_scale(model: Model, group: ScaleGroup, scale: float) -> None:
    """Write another scale into every initializer of a group, in place."""
    for name in group.scales:
        value = model.graph.graph.initializers[name]
        old = value.const_value
        assert old is not None, "a group's scales are stored"
        value.const_value = ir.tensor(np.full(old.shape.numpy(), scale, old.dtype.numpy()), name=name)


def mark_learned(model: Model) -> None:
    """Say, in place, of every range that nobody dictates that a training found it."""
    learned = {name for group in activation_groups(model) if not group.dictated for name in group.scales}
    for node in model.nodes():
        if node.op_type == "QuantizeLinear" and _name(node) in learned:
            node.metadata_props[RANGE_FROM] = LEARNED


def _settle(model: Model, node: ir.Node, quantize: ir.Node, group_of: dict[str, ScaleGroup]) -> None:
    group = group_of.get(_name(quantize))
    sources = [source_pair(v) for v in data_inputs(node)]
    if group is None or group.dictated or any(s is None or _name(s) in group.scales for s in sources):
        return
    inputs = [read_params(s) for s in sources if s is not None]
    result = read_params(quantize)
    if result is None or any(p is None for p in inputs):
        return
    known = [p for p in inputs if p is not None]
    if any(p.bits != 8 for p in (result, *known)):
        return
    if node.op_type == "Add":
        scale = agreeing_add_scale(known[0], known[1], result)
    elif known[0].signed_zero_point == 0:
        return
    else:
        scale = mean_scale(known[0], result)
    if scale != result.scale:
        set_scale(model, group, scale)


def _group(pairs: list[Pair]) -> ScaleGroup:
    makers = [p.quantize.inputs[0].producer() if p.quantize.inputs[0] is not None else None for p in pairs]
    dictated = any(m is not None and m.op_type in FIXED for m in makers)
    sources = [m for m in makers if m is None or not (_moves_data(m) or m.op_type == "DequantizeLinear")]
    topped = bool(sources) and all(m is not None and m.op_type == "Clip" for m in sources)
    names = dict.fromkeys(_name(p.quantize) for p in pairs)
    return ScaleGroup(tuple(names), tuple(p.value for p in pairs), pairs[0].params, dictated, topped)


def _stored(pair: Pair) -> bool:
    """Whether a pair quantizes something that is computed, and its nodes read one scale, an initializer."""
    source, scale = pair.quantize.inputs[:2]
    if source is None or source.is_initializer() or scale is None or not scale.is_initializer():
        return False
    return all(n.inputs[1] is scale for n in pair.dequantize)


def _name(node: ir.Node) -> str:
    value = node.inputs[1]
    return "" if value is None else value.name or ""


def _moves_data(node: ir.Node) -> bool:
    """Whether a layer's inputs and outputs share one scale; a Relu or Clip that runs inside another layer does not."""
    if node.op_type in PASS_THROUGH:
        return True
    return node.op_type in ACTIVATIONS and source_pair(node.inputs[0]) is not None


def _around(node: ir.Node) -> Iterator[str]:
    """The scales of a layer's quantized inputs and outputs."""
    for value in data_inputs(node):
        source = source_pair(value)
        if source is not None:
            yield _name(source)
    for value in node.outputs:
        yield from (_name(u.node) for u in value.uses() if u.node.op_type == "QuantizeLinear")


def _behind(node: ir.Node) -> ir.Node | None:
    """The QuantizeLinear behind a layer, or behind the Relu or Clip that runs inside it."""
    value = node.outputs[0]
    uses = list(value.uses())
    if node.op_type in FUSING and len(uses) == 1 and uses[0].node.op_type in ACTIVATIONS:
        uses = list(uses[0].node.outputs[0].uses())
    return next((u.node for u in uses if u.node.op_type == "QuantizeLinear"), None)
