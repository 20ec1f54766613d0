"""From observed ranges to the scale of every pair: groups, dictated scales, whole MEAN ratios, layers that agree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import onnx_ir as ir

from core.model.facts import Facts
from core.model.qdq_add import agreeing_add_scale
from core.model.qdq_numbers import (
    ActivationForm,
    QuantParams,
    Storage,
    activation_params,
    evenly_halved,
    fixed_params,
    mean_scale,
    meets_halves,
)
from core.model.qdq_operators import FIXED, MEANS, PASS_THROUGH, UNARY, data_inputs, pad_value
from core.model.qdq_plan import Int8Plan
from core.model.qdq_unary import agreeing_unary_scale

Range = tuple[float, float]
_UNLIKE = 2.0  # heads whose ranges differ more would lose over one bit in a common scale


@dataclass(frozen=True)
class Scales:
    """Parameters of every pair.

    ``values``: float value name -> parameters. ``bridges``: (value, reading node) -> parameters of a second pair, where
    a value with a dictated scale enters a scale group.
    """

    values: Mapping[str, QuantParams]
    bridges: Mapping[tuple[str, ir.Node], QuantParams]


def scale_groups(plan: Int8Plan, cut: Iterable[str] = ()) -> tuple[tuple[str, ...], ...]:
    """Values that must share one scale, in graph order; values in ``cut`` enter groups through a second pair.

    Every value with a pair is in exactly one group.
    """
    leader = {v: v for v in plan.values}
    cut = frozenset(cut)

    def find(name: str) -> str:
        while leader[name] != name:
            leader[name] = leader[leader[name]]
            name = leader[name]
        return name

    for node in filter(plan.moves_data, plan.layers):
        members = [v.name or "" for v in (*data_inputs(node), *node.outputs) if v.name in leader and v.name not in cut]
        for other in members[1:]:
            leader[find(other)] = find(members[0])
    groups: dict[str, list[str]] = {}
    for value in plan.values:
        groups.setdefault(find(value), []).append(value)
    return tuple(tuple(g) for g in groups.values())


def value_ranges(plan: Int8Plan, facts: Facts, observed: Mapping[str, Range]) -> dict[str, Range]:
    """The range of every value with a pair: observed, dictated, or that of what a data-moving layer was given."""
    ranges = dict(observed)
    for node in plan.layers:
        if node.op_type in FIXED:
            ranges[node.outputs[0].name or ""] = fixed_params(node.op_type).range
        elif plan.moves_data(node):
            inputs = [ranges[v.name or ""] for v in data_inputs(node)]
            if node.op_type == "Pad" and node.attributes.get_string("mode", "constant") == "constant":
                fill = pad_value(node, facts) or 0.0
                inputs.append((fill, fill))
            ranges.update(dict.fromkeys((o.name or "" for o in node.outputs if o.name in plan.values), _union(inputs)))
    return {v: _union([ranges[v], (0.0, 0.0)]) for v in plan.values}


def unlike_final_concats(plan: Int8Plan, ranges: Mapping[str, Range]) -> dict[ir.Node, str]:
    """Int8 Concats that only graph outputs read and whose inputs differ in range by more than two times (rule 9)."""
    found: dict[ir.Node, str] = {}
    for node in plan.layers:
        if node.op_type != "Concat" or not _is_final(node):
            continue
        spans = [high - low for low, high in (ranges[v.name or ""] for v in data_inputs(node))]
        if max(spans) > _UNLIKE * min(spans):
            found[node] = "it joins outputs of unlike ranges, which one scale would spoil"
    return found


def solve_scales(
    plan: Int8Plan, ranges: Mapping[str, Range], storage: Storage, forms: Mapping[str, ActivationForm] | None = None
) -> Scales:
    """One set of parameters per scale group; see the module's rules.

    ``storage`` is the usual type, ``forms`` hold for single values: the same for all that share a scale.
    """
    usual, forms = ActivationForm(storage), forms or {}
    dictated = {
        v: fixed_params(n.op_type, forms.get(v, usual).storage)
        for n in plan.layers
        if n.op_type in FIXED and (v := n.outputs[0].name or "")
    }
    cut: set[str] = set()
    for group in scale_groups(plan):
        fixed = {v for v in group if v in dictated}
        if fixed and not _fits(group, fixed, dictated, ranges, plan):
            cut |= fixed
    groups = scale_groups(plan, cut)
    params: dict[str, QuantParams] = {}
    averaged = _averaged(plan)
    for group in groups:
        agreed = next((dictated[v] for v in group if v in dictated), None)
        form = forms.get(group[0], usual)
        one = agreed or activation_params(*_union(ranges[v] for v in group), form.storage, form.symmetric)
        if agreed is None and one.bits == 8 and not averaged.isdisjoint(group):
            one = evenly_halved(one)
        params.update(dict.fromkeys(group, one))
    _make_layers_agree(plan, groups, params, frozenset(dictated))
    centred = frozenset(v for v, form in forms.items() if form.centred)
    _make_mean_ratios_whole(plan, groups, ranges, params, frozenset(dictated), centred)
    return Scales(params, _bridges(plan, cut, params))


def _fits(
    group: tuple[str, ...],
    fixed: set[str],
    dictated: Mapping[str, QuantParams],
    ranges: Mapping[str, Range],
    plan: Int8Plan,
) -> bool:
    """Whether the whole group can take the dictated scale without losing range or more than one bit."""
    kinds = {dictated[v] for v in fixed}
    if len(kinds) > 1:
        return False
    free = [ranges[v] for v in plan.rescaled() if v in group and v not in fixed]
    if not free:
        return True
    (low, high), (top_low, top_high) = _union(free), next(iter(kinds)).range
    inside = low >= top_low - 1e-6 and high <= top_high * 1.01
    return inside and all((b - a) * _UNLIKE >= top_high - top_low for a, b in free)


def _bridges(
    plan: Int8Plan, cut: set[str], params: Mapping[str, QuantParams]
) -> dict[tuple[str, ir.Node], QuantParams]:
    found: dict[tuple[str, ir.Node], QuantParams] = {}
    for node in filter(plan.moves_data, plan.layers):
        target = params[next(o.name or "" for o in node.outputs if o.name in params)]
        for value in data_inputs(node):
            if value.name in cut and params[value.name or ""] != target:
                found[value.name or "", node] = target
    return found


def _averaged(plan: Int8Plan) -> frozenset[str]:
    """Results of average pools whose windows meet halves between two steps."""
    pools = (n for n in plan.layers if n.op_type == "AveragePool")
    return frozenset(n.outputs[0].name or "" for n in pools if meets_halves(n.attributes.get_ints("kernel_shape", ())))


def _make_layers_agree(
    plan: Int8Plan, groups: tuple[tuple[str, ...], ...], params: dict[str, QuantParams], dictated: frozenset[str]
) -> None:
    """Move result scales of Add, HardSwish and LeakyRelu a little, so that onnxruntime and TFLite round alike.

    In graph order, because a residual chain adds to what was added before.
    """
    group_of = {v: g for g in groups for v in g}
    for node in plan.layers:
        if node.op_type != "Add" and node.op_type not in UNARY:
            continue
        names = [v.name or "" for v in node.inputs if v is not None]
        result = _paired_result(plan, node)
        group = group_of.get(result, ())
        if not group or dictated.intersection(group) or any(group_of.get(n, group) == group for n in names):
            continue
        old = params[result]
        sources = [params[n] for n in names]
        if any(p.bits != 8 for p in (old, *sources)):
            continue  # the fixed-point arithmetic of 16 bits is another, and a step there is nothing
        if node.op_type == "Add":
            scale = agreeing_add_scale(sources[0], sources[1], old)
        else:
            scale = agreeing_unary_scale(node.op_type, sources[0], old, node.attributes.get_float("alpha", 0.01))
        params.update(dict.fromkeys(group, replace(old, scale=scale)))


def _paired_result(plan: Int8Plan, node: ir.Node) -> str:
    """The value with the pair: the layer's own, or that of the activation fused into it."""
    value = node.outputs[0]
    behind = next((u.node for u in value.uses() if u.node in plan.fused), None)
    return (value if behind is None else behind.outputs[0]).name or ""


def _make_mean_ratios_whole(
    plan: Int8Plan,
    groups: tuple[tuple[str, ...], ...],
    ranges: Mapping[str, Range],
    params: dict[str, QuantParams],
    dictated: frozenset[str],
    centred: frozenset[str],
) -> None:
    """``centred``: values whose zero point stays where it is."""
    group_of = {v: g for g in groups for v in g}
    for node in plan.layers:
        if node.op_type not in MEANS:
            continue
        source, target = (node.inputs[0].name or "" if node.inputs[0] else ""), node.outputs[0].name or ""
        group = group_of[target]
        if source in group or dictated.intersection(group) or params[source].signed_zero_point == 0:
            continue
        old = params[target]
        if old.bits != 8 or params[source].bits != 8:
            continue
        scale = mean_scale(params[source], old)
        if target in centred:
            params.update(dict.fromkeys(group, replace(old, scale=scale)))
            continue
        low = min(ranges[v][0] for v in group)
        zero = old.lowest + min(max(round(-low / scale), 0), 255)
        params.update(dict.fromkeys(group, replace(old, scale=scale, zero_point=zero)))


def _is_final(node: ir.Node) -> bool:
    """Whether every path from the node's outputs ends at a graph output and only moves data on its way."""
    for value in node.outputs:
        users = [u.node for u in value.uses()]
        if not users and not value.is_graph_output():
            return False
        if any(u.op_type not in PASS_THROUGH or not _is_final(u) for u in users):
            return False
    return True


def _union(ranges: Iterable[Range]) -> Range:
    lows, highs = zip(*ranges, strict=True)
    return min(lows), max(highs)
