"""What every value is to be stored in: its type, symmetric or not, who finds its range, or the range somebody typed.

A choice is made for a layer, or for an input of the graph by its name, and holds for what the layer makes, behind the
Relu or Clip that runs inside it. Values that must share a scale (rule 4 of ``core.model.qdq``) share type and symmetry:
one layer's choice holds for all of them. Layers named one by one go before patterns, of which the last holds; two named
ones that contradict each other are refused. A range is the business of whoever makes the numbers: what is said of a
layer that only moves them holds for its sources, and of several ranges the widest is taken, as rule 4 has it.
None in an override takes back what others say: the layer has what the network has.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

import onnx_ir as ir

from core.errors import UserError
from core.methods.method import Context
from core.methods.scope import Scope, with_inputs
from core.model.model import Model, real_inputs
from core.model.qdq import (
    FIXED,
    PASS_THROUGH,
    ActivationForm,
    Int8Plan,
    Scales,
    data_inputs,
    runs_inside,
    scale_groups,
)
from core.model.qdq_tensors import SEARCHED
from core.params import Field

Ends = tuple[float | None, float | None]
FORM = ("activations", "symmetric")
RANGE = ("calibrator", "range_low", "range_high")
TYPED, MINMAX = "typed", "minmax"  # where a range comes from
_WIDEST, _NAMED = 1e30, 3


@dataclass(frozen=True, slots=True)
class LayerParams:
    """What only single layers have; the rest of what may differ stands in the method's own parameters."""

    range_low: Annotated[
        float | None,
        Field("Lowest value", "Of the layer's result; empty: as calibration finds it. Every range is widened to hold 0",
              step=0.1),
    ] = None  # fmt: skip
    range_high: Annotated[
        float | None,
        Field("Highest value", "Of the layer's result; what lies beyond it is cut off", step=0.1),
    ] = None


@dataclass(frozen=True)
class ValueForms:
    """By value: ``forms`` (of every value with a pair), ``calibrators`` and ``ends`` where somebody chose.

    ``ends``: (lowest, highest), None where calibration finds it. ``spoken``: values of which something was said, with
    the layer it was said of. ``notes`` are sentences for the user.
    """

    forms: Mapping[str, ActivationForm]
    calibrators: Mapping[str, str]
    ends: Mapping[str, Ends]
    spoken: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def widest(self) -> str:
        """A type with the most bits of all, for the opset."""
        return next((f.storage for f in self.forms.values() if f.bits == 16), "uint8")

    def ranges(self, observed: Mapping[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
        """The observed ranges with the ends that were typed in their place."""
        found = dict(observed)
        for value, (low, high) in self.ends.items():
            if value in found:
                seen = found[value]
                found[value] = (seen[0] if low is None else low, seen[1] if high is None else high)
        return found

    def origins(self, plan: Int8Plan, usual: str, searched: Collection[str] = ()) -> dict[str, str]:
        """Value -> who found its range, where that is not said by its absence: the extremes of what was seen.

        ``usual`` is the calibrator of values that nothing is said of; the ranges of ``searched`` were found otherwise.
        """
        found = {}
        for value in plan.rescaled():
            ends, finder = self.ends.get(value, (None, None)), self.calibrators.get(value, usual)
            typed = [name for name, end in zip(("lowest", "highest"), ends, strict=True) if end is not None]
            if len(typed) == len(ends):
                found[value] = TYPED
            elif typed:
                found[value] = f"{TYPED} {typed[0]}, {finder}"
            elif value in searched:
                found[value] = SEARCHED
            elif finder != MINMAX:
                found[value] = finder
        return found

    def chosen(self, scales: Scales, origins: Mapping[str, str]) -> tuple[tuple[str, str, float, float, str], ...]:
        """(layer, type, lowest, highest, where the range comes from) of every value of which something was said."""
        rows = []
        for value, layer in self.spoken.items():
            if value in scales.values:
                params = scales.values[value]
                rows.append((layer, self.forms[value].words(), *params.range, origins.get(value, MINMAX)))
        return tuple(rows)

    def widened(self, plan: Int8Plan, ranges: Mapping[str, tuple[float, float]]) -> Iterator[str]:
        """Says which typed ranges others made wider, with which they share a scale."""
        for group in scale_groups(plan):
            low, high = min(ranges[v][0] for v in group), max(ranges[v][1] for v in group)
            for value in (v for v in group if v in self.ends):
                if (low, high) != ranges[value]:
                    others = _listed(v for v in group if v != value and v in plan.rescaled())
                    yield (
                        f"The range of '{self.spoken[value]}' became [{low:g}, {high:g}]: its result shares a scale "
                        f"with {others}, and one range holds both."
                    )


@dataclass(frozen=True)
class _Said:
    """One override of one layer: ``order`` is its place among them, ``named`` whether it is about this very layer."""

    order: int
    named: bool
    layer: str
    value: Any


def _weight(said: _Said) -> tuple[bool, int]:
    """What is said by name goes first, and of several the last."""
    return said.named, said.order


class ValueChoices:
    """``usual``: for values that nothing else is said of; overrides are looked up by the names of layers."""

    def __init__(self, model: Model, usual: ActivationForm, ctx: Context) -> None:
        self.usual = usual
        self._said: dict[str, dict[str, list[_Said]]] = {}
        layers = with_inputs(model) if ctx.overrides else ()
        for order, (scope, part) in enumerate(ctx.overrides):
            wanted = [name for name in (*FORM, *RANGE) if name in part]
            for layer in layers if wanted else ():
                if scope.contains(layer):
                    said = self._said.setdefault(layer.name or "", {})
                    for name in wanted:
                        said.setdefault(name, []).append(_Said(order, _names(scope), layer.name or "", part[name]))

    def forms(self, plan: Int8Plan, model: Model) -> ValueForms:
        """What holds for the values of a plan. ``model`` is the prepared one that the plan is about.

        Raises UserError naming the layers whose choices contradict each other, or a range whose ends do.
        """
        makers = _Makers(plan, model)
        forms: dict[str, ActivationForm] = {}
        typed: dict[str, str] = {}
        notes: list[str] = []
        for group in scale_groups(plan):
            layers = list(dict.fromkeys(name for v in group for name in makers.of(v)))
            storage, symmetric = (self._decided(layers, name) for name in FORM)
            form = ActivationForm(
                self.usual.storage if storage is None else storage.value,
                self.usual.symmetric if symmetric is None else bool(symmetric.value),
            )
            forms.update(dict.fromkeys(group, form))
            if storage is not None or symmetric is not None:
                typed.update({v: makers.of(v)[-1] for v in group if makers.of(v)})
            notes += self._spread(form, [makers.of(v) for v in group], storage or symmetric)
        return self._with_ranges(plan, makers, ValueForms(forms, {}, {}, typed, tuple(notes)))

    def _with_ranges(self, plan: Int8Plan, makers: _Makers, found: ValueForms) -> ValueForms:
        notes = list(found.notes)
        own = {v: self._own(makers.of(v)) for v in plan.values}
        dictated = {n.outputs[0].name or "" for n in plan.layers if n.op_type in FIXED}
        passed = _at_sources(plan, {v: said for v, said in own.items() if said.of_ends}, _wider)
        asked = _at_sources(plan, {v: said for v, said in own.items() if said.of_calibrator}, lambda a, b: b)
        passed = {v: said for v, said in passed.items() if said.ends != (None, None)}
        asked = {v: said for v, said in asked.items() if said.calibrator}
        ends = {v: said.ends for v, said in passed.items() if v not in dictated}
        calibrators = {v: said.calibrator for v, said in asked.items() if v not in dictated}
        fixed = sorted(said.layer for v, said in passed.items() if v in dictated)
        if fixed:
            notes.append(f"The range of {_listed(fixed)} is not the one chosen: runtimes dictate it.")
        spoken = {v: s.layer for said in (asked, passed) for v, s in said.items() if v not in dictated}
        notes += self._unheard(makers)
        return ValueForms(found.forms, calibrators, ends, {**found.spoken, **spoken}, tuple(notes))

    def _decided(self, layers: Sequence[str], name: str) -> _Said | None:
        """The override that holds for all of these layers, which share a scale; None: nothing is said."""
        said = [s for layer in layers if (s := self.last((layer,), name)) is not None]
        named = [s for s in said if s.named and s.value is not None]
        for other in named[1:]:
            if other.value != named[0].value:
                raise UserError(
                    f"The results of '{named[0].layer}' and '{other.layer}' share one scale, so they cannot be "
                    f"{_words(name, named[0].value)} and {_words(name, other.value)}.",
                    "Choose the same for both layers, or say nothing of one of them.",
                )
        held = named[0] if named else max(said, key=_weight, default=None)
        return None if held is None or held.value is None else held

    def _about(self, layer: str, name: str) -> list[_Said]:
        return self._said.get(layer, {}).get(name, [])

    def _own(self, layers: Sequence[str]) -> _Range:
        """What is said of the range of a value with these makers; raises UserError where its ends make no range."""
        found = {name: said for name in RANGE if (said := self.last(layers, name)) is not None}
        known = {name: said.value for name, said in found.items() if said.value is not None}
        low, high = (float(known[name]) if name in known else None for name in RANGE[1:])
        layer = next((found[name].layer for name in known), "")
        if problem := no_range(low, high, layer):
            raise UserError(problem, "Give two finite numbers, the lower one first.")
        of_ends = any(name in found for name in RANGE[1:])
        return _Range(layer, (low, high), str(known.get("calibrator", "")), of_ends, "calibrator" in found)

    def last(self, layers: Sequence[str], name: str) -> _Said | None:
        """The override that holds for a value with these makers; its value is None where it takes back earlier ones."""
        said = [s for layer in layers for s in self._about(layer, name)]
        return max(said, key=_weight, default=None)

    def _spread(self, form: ActivationForm, made_by: Sequence[Sequence[str]], said: _Said | None) -> Iterator[str]:
        """Says so where a choice holds for values that it was not made for."""
        if said is None or form == self.usual:
            return
        orders = {n: {s.order for k in FORM for s in self._about(n, k)} for names in made_by for n in names}
        others = [names[-1] for names in made_by if names and not any(said.order in orders[n] for n in names)]
        if others:
            yield f"{form.words()}, chosen for '{said.layer}', holds for {_listed(others)} as well: they share a scale."

    def _unheard(self, makers: _Makers) -> Iterator[str]:
        """Layers named one by one whose result is not stored in integers."""
        chosen = {n: [s for k in said.values() for s in k if s.value is not None] for n, said in self._said.items()}
        named = (n for n, said in chosen.items() if any(s.named for s in said))
        lost = [n for n in named if n not in makers.known]
        if lost:
            yield f"Nothing was chosen for the result of {_listed(lost)}: it is not stored in integers."


def typed_results(model: Model, ctx: Context) -> dict[str, ir.Value]:
    """Layer -> its result, of layers whose range somebody typed: behind the Relu or Clip that runs inside the layer."""
    if not ctx.overrides:
        return {}
    choices = ValueChoices(model, ActivationForm(), ctx)
    outer = {node: layer for node in model.nodes() if (layer := runs_inside(node)) is not None}
    hidden, found = set(outer.values()), {}
    for node in (n for n in model.nodes() if n not in hidden):
        makers = [layer.name or "" for layer in (outer.get(node), node) if layer is not None]
        said = [s for name in RANGE[1:] if (s := choices.last(makers, name)) is not None and s.value is not None]
        if said and node.outputs:
            found[said[0].layer] = node.outputs[0]
    return found


def no_range(low: float | None, high: float | None, layer: str = "") -> str:
    """One sentence on ends that make no range, '' where they do. None: as calibrated; ``layer``: whose range it is."""
    of = f"The range of '{layer}'" if layer else "The range"
    if any(end is not None and not abs(end) <= _WIDEST for end in (low, high)):
        return f"{of} cannot reach beyond {_WIDEST:g}, nor to what is no number."
    if low is not None and high is not None:
        whole = f"{of} cannot be [{low:g}, {high:g}]: its lowest value is not below its highest."
        return whole if low >= high else ""
    if high is not None and high < 0:
        return f"{of} cannot end at {high:g} while its lowest value is not chosen: every range holds 0."
    if low is not None and low > 0:
        return f"{of} cannot begin at {low:g} while its highest value is not chosen: every range holds 0."
    return ""


@dataclass(frozen=True, slots=True)
class _Range:
    """What is said of one value's range, and of which layer.

    ``of_ends``, ``of_calibrator``: something is said of them at all, if only that it is as for the whole network.
    """

    layer: str
    ends: Ends
    calibrator: str
    of_ends: bool
    of_calibrator: bool


class _Makers:
    """Which layers make a value: the node itself, and the one that a Relu or Clip runs inside, or whose float result it
    only moves (a Dropout or Reshape between a normalization and the layers that read it).
    """

    def __init__(self, plan: Int8Plan, model: Model) -> None:
        self._of: dict[str, list[str]] = {v.name or "": [v.name or ""] for v in real_inputs(model.graph)}
        planned = set(plan.layers)
        for node in model.nodes():
            names = [node.name or ""]
            source = node.inputs[0] if node.inputs else None
            inside = source.producer() if node in plan.fused and source is not None else None
            if inside is not None:
                names.insert(0, inside.name or "")
            elif node.op_type in PASS_THROUGH and node not in planned and len(data_inputs(node)) == 1:
                names += self.of(data_inputs(node)[0].name or "")
            self._of.update(dict.fromkeys((o.name or "" for o in node.outputs), names))
        self.known = {name for v in plan.values for name in self.of(v)}

    def of(self, value: str) -> list[str]:
        return self._of.get(value, [])


def _at_sources(
    plan: Int8Plan, said: Mapping[str, _Range], merge: Callable[[_Range, _Range], _Range]
) -> dict[str, _Range]:
    """What is said of values that layers only move, handed on to those who make the numbers; they go by their own."""
    found = dict(said)
    for node in reversed(plan.layers):
        if not plan.moves_data(node):
            continue
        moved = [found.pop(o.name or "") for o in node.outputs if o.name in found]
        for value in data_inputs(node) if moved else ():
            name = value.name or ""
            for one in moved:
                if name not in said:
                    found[name] = merge(found[name], one) if name in found else one
    return found


def _wider(a: _Range, b: _Range) -> _Range:
    lows, highs = zip(a.ends, b.ends, strict=True)
    low = None if None in lows else min(x for x in lows if x is not None)
    high = None if None in highs else max(x for x in highs if x is not None)
    return replace(a, ends=(low, high))


def _names(scope: Scope) -> bool:
    """Whether a scope names its layers, rather than describing them."""
    return bool(scope.layers) or (bool(scope.pattern) and not any(c in scope.pattern for c in "*?["))


def _words(name: str, value: Any) -> str:
    if name == "symmetric":
        return "symmetric" if value else "not symmetric"
    return str(value)


def _listed(names: Iterable[str]) -> str:
    found = list(dict.fromkeys(names))
    rest = len(found) - _NAMED
    return ", ".join(f"'{n}'" for n in found[:_NAMED]) + (f" and {rest} more" if rest > 0 else "")
