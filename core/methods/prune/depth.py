"""Depth pruning: whole residual blocks and layers go, those first that change least what passes through them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Annotated

import onnx_ir as ir

from core.errors import UserError
from core.measure.cost import Cost, cost
from core.measure.latency import feed_for, latency
from core.methods.chosen import chosen_names
from core.methods.method import Context, Outcome, Plan, method
from core.methods.prune.depth_change import Change, changes, source
from core.methods.prune.proof import TOLERANCE, difference
from core.methods.scope import Scope
from core.model.model import Model, layer_name
from core.model.prepare import prepare
from core.model.removable import Removable, removables, without
from core.params import Field
from core.report import Measure, Report, Table

_ROUNDS = 9


class Parts(Enum):
    """What may go."""

    BLOCKS = "residual blocks"
    LAYERS = "layers"
    BOTH = "both"


class Goal(Enum):
    """What is counted until enough has gone."""

    COUNT = "number"
    MACS = "MACs"
    LATENCY = "latency"


@dataclass(frozen=True, slots=True)
class Params:
    """Parameters of depth pruning."""

    parts: Annotated[
        Parts, Field("Remove", "Branches beside a shortcut, layers that keep the shape, or whichever matters least.")
    ] = Parts.BOTH
    goal: Annotated[Goal, Field("Target", "A number of blocks and layers, or a share of the cost.")] = Goal.COUNT
    count: Annotated[int, Field("Number", "Of blocks and layers to remove.", 1, 1000, "")] = 1
    share: Annotated[
        float, Field("Share", "Of the MACs, or of the milliseconds on this machine, to remove.", 0.01, 0.95, "", 0.01)
    ] = 0.2
    change: Annotated[
        Change, Field("Score", "Distance of the block's output with and without, relative or as an angle.")
    ] = Change.RELATIVE
    rescore: Annotated[
        bool, Field("Score again after each", "Later choices see the shortened network; takes longer.", advanced=True)
    ] = False
    items: Annotated[int, Field("Items", "Most items of the data to look at.", 1, 100_000, "items", advanced=True)] = 64
    chosen: Annotated[str, Field("Chosen already", "Names as a JSON list; empty: choose them.", advanced=True)] = ""


@dataclass(frozen=True, slots=True)
class _Decision:
    """The prepared model, the shortened one, what went with its change and its share of the MACs, and what stayed."""

    model: Model
    shorter: Model
    gone: tuple[tuple[Removable, float, float | None], ...]
    stayed: tuple[tuple[Removable, float], ...]
    costs: tuple[Cost, Cost]
    notes: tuple[str, ...]
    milliseconds: tuple[Measure, Measure] | None


def plan(model: Model, params: Params, ctx: Context) -> Plan:
    """The figures after the removal. Blocks are scored by running the model, on noise where no data is attached."""
    decision = ctx.memo.once(("depth", params, ctx.scope), lambda: _decide(model, params, ctx))
    return Plan(_report(decision, params, ctx, {}), tuple(name for part, *_ in decision.gone for name in part.layers))


@method("prune.depth", title="Layers and blocks…", menu="Prune", params=Params, uses=("data",), plan=plan)
def apply(model: Model, params: Params, ctx: Context) -> Outcome:
    """Removes whole residual blocks and layers, those that change least what passes through them.

    A block is a branch between a fork and the Add with its shortcut; a layer must keep the shape. Each is scored by
    the change it causes in its block's output on unlabelled data, or on noise without any (see depth_change).
    Raises UserError where nothing in scope can go, or where the result is not the network without these parts.
    """
    ctx.job.progress(0.0, "Finding blocks")
    decision = _decide(model, params, ctx)
    ctx.job.progress(0.9, "Proving that the rest computes the same")
    proof = _proof(decision, ctx)
    report = _report(decision, params, ctx, {"removal_difference": proof})
    ctx.job.progress(1.0, "Done")
    return Outcome(decision.shorter, report, _settled(params, decision))


def _settled(params: Params, decision: _Decision) -> Params | None:
    """Milliseconds differ from run to run: a replay removes the same parts, whatever they take."""
    if params.goal is not Goal.LATENCY:
        return None
    gone = [part.key for part, *_ in decision.gone]
    return replace(params, goal=Goal.COUNT, count=len(gone), chosen=json.dumps(gone) if gone else "")


def _decide(model: Model, params: Params, ctx: Context) -> _Decision:
    prepared, notes = prepare(model)
    parts = _allowed(prepared, params.parts, ctx.scope)
    if not parts:
        raise UserError(
            f"Nothing can be removed: no {_wanted(params.parts)} in the scope keeps the shape of what passes through.",
            "Choose other layers, or remove channels instead.",
        )
    before = cost(prepared)
    spent = _Spent(prepared, params, ctx, before)
    scores = changes(prepared, parts, params.change, params.items, ctx)
    now = prepared
    gone: list[tuple[Removable, float, float | None]] = []
    while parts:
        ctx.job.check()
        chosen = spent.next(now, sorted(parts, key=lambda p: scores[p.key]), len(gone))
        if chosen is None:
            break
        now = without(now, chosen)
        gone.append((chosen, scores[chosen.key], spent.part(chosen)))
        left = {p.key for p in parts if p is not chosen}
        parts = [p for p in _allowed(now, params.parts, ctx.scope) if p.key in left]
        if params.rescore and parts:
            scores = changes(now, parts, params.change, params.items, ctx)
    stayed = tuple((p, scores[p.key]) for p in parts)
    return _Decision(prepared, now, tuple(gone), stayed, (before, cost(now)), notes, spent.milliseconds(now))


def _allowed(model: Model, wanted: Parts, scope: Scope) -> list[Removable]:
    inside = {layer_name(node) for node in model.nodes() if scope.contains(node)}
    kinds = {Parts.BLOCKS: ("branch",), Parts.LAYERS: ("chain",), Parts.BOTH: ("branch", "chain")}[wanted]
    found = [p for p in removables(model) if p.part in kinds and inside.issuperset(p.layers)]
    return list({p.key: p for p in reversed(found)}.values())[::-1]  # names may occur twice in a file: the first counts


def _wanted(parts: Parts) -> str:
    return {Parts.BLOCKS: "residual block", Parts.LAYERS: "layer", Parts.BOTH: "block or layer"}[parts]


class _Spent:
    """What has been removed of what was asked for, and which part comes next."""

    def __init__(self, model: Model, params: Params, ctx: Context, before: Cost) -> None:
        self._model, self._params, self._ctx = model, params, ctx
        self._macs = {layer.name: layer.macs or 0 for layer in before.layers}
        self._total = before.macs
        self._gone = 0.0
        self._chosen = chosen_names(params.chosen) if params.chosen else ()
        if params.goal is Goal.MACS and not self._total:
            raise UserError("The MACs of this network are not known, so no share of them can be removed.")

    def part(self, part: Removable) -> float | None:
        """The share of the first network's MACs that a part is."""
        return None if not self._total else sum(self._macs.get(name, 0) for name in part.layers) / self._total

    def next(self, now: Model, parts: Sequence[Removable], done: int) -> Removable | None:
        """The best part with which the target is met better than without it; None where there is none."""
        if self._chosen:
            return self._named(parts, done)
        if self._params.goal is Goal.COUNT:
            return parts[0] if done < self._params.count else None
        for part in parts:
            gone = self._gone_with(now, part)
            if abs(gone - self._params.share) < abs(self._gone - self._params.share):
                self._gone = gone
                return part
            if self._params.goal is Goal.LATENCY and self._gone >= self._params.share:
                return None
        return None

    def _named(self, parts: Sequence[Removable], done: int) -> Removable | None:
        if done == len(self._chosen):
            return None
        name = self._chosen[done]
        found = next((part for part in parts if part.key == name), None)
        if found is None:
            raise UserError(
                f"'{name}' cannot be removed: no {_wanted(self._params.parts)} of this name is in the scope.",
                "Empty 'Chosen already' to have the parts chosen anew.",
            )
        return found

    def _gone_with(self, now: Model, part: Removable) -> float:
        if self._params.goal is Goal.MACS:
            return self._gone + (self.part(part) or 0.0)
        first, last = self._time(without(now, part))
        return 1.0 - last.value / first.value

    def _time(self, other: Model) -> tuple[Measure, Measure]:
        from core.execute.runtimes import onnx_session

        timed = []
        for name, model in (("before", self._model), ("after", other)):
            session = onnx_session(model, self._ctx.threads)
            timed.append((name, session, feed_for(session, model.inputs)))
        first, last = latency(timed, _ROUNDS, job=self._ctx.job)
        return first.median, last.median

    def milliseconds(self, now: Model) -> tuple[Measure, Measure] | None:
        """Measured in turn, where the target was in time."""
        return self._time(now) if self._params.goal is Goal.LATENCY else None


def _proof(decision: _Decision, ctx: Context) -> Measure:
    """The network with all its layers, whose blocks hand on what they were given, against the one without them."""
    from core.data.noise import noise_batches
    from core.execute.runtimes import onnx_session

    handed_on = handing_on(decision.model, [part for part, *_ in decision.gone])
    first, second = onnx_session(decision.shorter, ctx.threads), onnx_session(handed_on, ctx.threads)
    worst = 0.0
    for feed in noise_batches(decision.model.inputs, 2):
        a, b = first.run(feed), second.run(feed)
        worst = max(worst, *(difference(a[name], b[name]) for name in b))
    if not worst <= TOLERANCE:
        raise UserError(
            f"Without the removed parts the network computes something else (difference {worst:.1e}); "
            "nothing was changed.",
            "Leave some of these layers out of the scope, and please report the model.",
        )
    note = "the removed parts against the same parts multiplied by 0, relative"
    return Measure(worst, "", "measured", "noise, in onnxruntime", 2, note=note)


def handing_on(model: Model, parts: Sequence[Removable]) -> Model:
    """A new Model in which every part is still computed, but its result becomes what passes by: kept + 0 * result."""
    new = model.clone()
    graph = new.graph.graph
    values = {o.name: o for node in graph for o in node.outputs} | {v.name: v for v in graph.inputs}
    for part in parts:
        result, kept = values[part.result], values[part.kept]
        maker = result.producer()
        assert maker is not None
        readers = list(result.uses())
        nothing = ir.node("Sub", [result, result])
        handed = ir.node("Add", [kept, nothing.outputs[0]])
        graph.insert_after(maker, [nothing, handed])
        for use in readers:
            use.node.replace_input_with(use.idx, handed.outputs[0])
    return new


def _report(decision: _Decision, params: Params, ctx: Context, more: Mapping[str, Measure]) -> Report:
    on, count = source(ctx, params.items)
    notes = list(decision.notes)
    if ctx.data is None:
        notes.append("Blocks were scored on noise, because no data is attached.")
    if not decision.gone:
        notes.append("Nothing was removed: every block and layer is larger than twice what should go.")
    figures = {"removed_parts": Measure(len(decision.gone), "", "estimated", "the graph")}
    for suffix, found in zip(("_before", ""), decision.costs, strict=True):
        how = "the graph"
        figures[f"params{suffix}"] = Measure(found.params, "", "estimated", how)
        figures[f"weight_bytes{suffix}"] = Measure(found.weight_bytes, "B", "estimated", how)
        if found.macs is not None:
            figures[f"macs{suffix}"] = Measure(found.macs, "MAC", "estimated", how)
    if decision.milliseconds is not None:
        figures |= dict(zip(("latency_before", "latency"), decision.milliseconds, strict=True))
    return Report({**figures, **more}, (_table(decision, f"{on}, {count} items"),), notes=tuple(notes))


def _table(decision: _Decision, on: str) -> Table:
    total = decision.costs[0].macs
    macs = {layer.name: layer.macs or 0 for layer in decision.costs[0].layers}
    rows = []
    for part, change, removed in (
        *((p, change, True) for p, change, _ in decision.gone), *((p, change, False) for p, change in decision.stayed),
    ):  # fmt: skip
        kind = "Block" if part.part == "branch" else "Layer"
        share = "" if not total else f"{100 * sum(macs.get(name, 0) for name in part.layers) / total:.1f} %"
        rows.append(
            (part.key, kind, len(part.layers), float(f"{change:.4g}"), share, "removed" if removed else "stays")
        )
    columns = ("Layer", "What", "Layers", f"Change of the output ({on})", "MACs", "Outcome")
    return Table("Blocks and layers", columns, tuple(rows))
