"""Channel pruning: a score says which channels matter least, a target says how many go, the cut makes them go."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from core.errors import UserError
from core.jobs import Job
from core.measure.cost import cost
from core.measure.removal_cost import Removal
from core.methods.memo import Memo
from core.methods.method import Context, Outcome, Plan, method
from core.methods.prune.budget import Candidates, Choice, Currency, Distribution, choose
from core.methods.prune.proof import cut_equals_mask
from core.methods.prune.recovering import Recovering, constants_folded, recovered, refuse_without_data
from core.methods.prune.removal import Ground, Kinds, figures, groups_table, outcome_words, survey
from core.methods.prune.scores import Combine, Evidence, Floats, Norm, ScoreSettings, score_names, unit_scores
from core.methods.prune.timing import compare_times, macs_for_time, time_words
from core.model.channel_widths import widths
from core.model.channels import cut, facts_after
from core.model.model import Model
from core.params import Field
from core.report import Measure, Report

_DETAILS = "Details"


@dataclass(frozen=True)
class Budget:
    """How much goes, and from where; what matters most comes first in the form."""

    ratio: Annotated[
        float,
        Field("Removed", "Share of the channels, parameters, MACs, bytes or time that goes.", 0.0, 0.95, "share", 0.05),
    ] = 0.5
    currency: Annotated[Currency, Field("Counted in", "What the target is a share of.")] = Currency.MACS
    score: Annotated[str, Field("Score", "What tells which channels matter least.", choices=score_names)] = "magnitude"
    distribution: Annotated[
        Distribution,
        Field(
            "Spread",
            "uniform: the same share of every group. global: the least of all groups together. per_layer: only the "
            "ratios given for layers. scaled: these ratios, all times one factor until the target is met.",
        ),
    ] = Distribution.GLOBAL
    multiple: Annotated[
        int,
        Field(
            "Multiple of",
            "Channels kept are a multiple of this; kernels work in blocks.",
            1,
            64,
            "channels",
            group=_DETAILS,
        ),
    ] = 4
    floor: Annotated[
        float,
        Field("Kept at least", "Of every group, whatever the scores say.", 0.0, 1.0, "share", 0.05, group=_DETAILS),
    ] = 0.1
    trunks: Annotated[
        bool,
        Field(
            "Cut trunks too",
            "Also channels that residual blocks add to; else only where the target asks for it.",
            group=_DETAILS,
        ),
    ] = False
    kinds: Annotated[
        Kinds,
        Field(
            "Groups",
            "Plain channels, heads of attention, the hidden width of a transformer's MLP, or all.",
            group=_DETAILS,
        ),
    ] = Kinds.ALL
    combine: Annotated[
        Combine,
        Field("Group score", "How the votes of several layers that share channels become one.", group=_DETAILS),
    ] = Combine.MEAN
    rounds: Annotated[
        int,
        Field(
            "Rounds",
            "The target is reached in so many equal steps, and channels are scored anew before each.",
            1,
            50,
            "rounds",
            group=_DETAILS,
        ),
    ] = 1


@dataclass(frozen=True)
class Params(ScoreSettings, Recovering, Budget):
    """Parameters of channel pruning: the budget, the recovery, then what scores can be told."""

    norm: Annotated[Norm, Field("Norm", "L1 adds absolute weights, L2 is their Euclidean length.", group="Score")] = (
        Norm.L2
    )


@dataclass(frozen=True, eq=False)
class Step:
    """One round: the ground it stands on, what could go, what goes, and what the score had to say."""

    ground: Ground
    candidates: Candidates
    choice: Choice
    said: tuple[str, ...]


def plan(model: Model, params: Params, ctx: Context) -> Plan:
    """The figures after the cut, without cutting: what was found out of the model before comes from the memo."""
    notes = []
    if params.currency is Currency.MILLISECONDS:
        params = dataclasses.replace(params, currency=Currency.MACS)
        notes.append("Time is measured when the act is applied; until then it is taken to follow the MACs.")
    step = decide(model, params, ctx)
    ground, removed = step.ground, step.choice.removed
    if params.recovers:
        notes.append("The recovery comes with the act; it changes weights, not these figures.")
    if params.rounds > 1:
        notes.append("Channels are scored anew in each round, so layers may keep other numbers than shown here.")
    after = ground.costs.exactly(step.choice.alive)
    layers = dict.fromkeys(layer for key in removed for layer in ground.groups[key].producers)
    return Plan(
        _report(step, step, after, step.choice.channels, params, notes), tuple(layers), widths(ground.groups, removed)
    )


@method(
    "prune.channels",
    title="Channels…",
    menu="Prune",
    params=Params,
    uses=("data",),
    plan=plan,
    overridable=("ratio",),
    learns=True,
)
def apply(model: Model, params: Params, ctx: Context) -> Outcome:
    """Removes the channels that matter least until a target in channels, parameters, MACs, bytes or time is met.

    Channels that layers share live and die together. In each round the score is taken, the removal nearest to the
    target is chosen (within 2 % or the nearest step that the multiple allows), cut, and proven equal to the masked
    model. Raises UserError where nothing in scope can be cut, the score lacks its data, or the proof fails.
    """
    if params.currency is not Currency.MILLISECONDS:
        return _rounds(model, params, ctx)
    share = 1 - params.ratio
    with ctx.job.stage(0.0, 0.7):
        params = _in_macs(model, params, ctx)
    with ctx.job.stage(0.7, 0.9):
        found = _rounds(model, params, ctx)
    assert found.model is not None  # pruning always gives one
    with ctx.job.stage(0.9, 1.0):
        timed = compare_times(model, found.model, ctx, times=2)
    measures = {"latency_onnxruntime_before": timed.before.median, "latency_onnxruntime": timed.after.median}
    notes = (time_words(timed, share), "Repeated from a recipe, the act removes the same share of the MACs.")
    report = dataclasses.replace(
        found.report, measures={**found.report.measures, **measures}, notes=(*found.report.notes, *notes)
    )
    return Outcome(found.model, report, params)


def _in_macs(model: Model, params: Params, ctx: Context) -> Params:
    """The parameters that remove so many MACs as make the model as fast as was asked for."""
    whole = dataclasses.replace(params, currency=Currency.MACS, rounds=1)
    memo = dataclasses.replace(ctx, memo=Memo(), job=Job())

    def cut_to(macs: float) -> Model:
        step = decide(model, dataclasses.replace(whole, ratio=1 - macs), memo)
        return cut(step.ground.model, step.ground.groups, step.choice.removed)

    macs = macs_for_time(model, 1 - params.ratio, cut_to, ctx)
    return dataclasses.replace(params, currency=Currency.MACS, ratio=1 - macs)


def _rounds(model: Model, params: Params, ctx: Context) -> Outcome:
    """Score, choose, cut, prove and recover, as often as ``params`` says."""
    refuse_without_data(params, ctx)
    first, current, lost = None, model, Counter[str]()
    proofs = []
    for number in range(1, params.rounds + 1):
        with ctx.job.stage((number - 1) / params.rounds, number / params.rounds):
            step = decide(current, params, dataclasses.replace(ctx, memo=Memo()), number, first)
            first = first or step
            current, proof, folded = _cut(step, params, ctx)
            proofs.append(proof)
            lost.update(step.choice.channels)
            with ctx.job.stage(0.7, 1.0):
                current, recovery = recovered(model, current, params, ctx)
    assert first is not None  # there is a first round
    found = cost(current, facts_after(current, step.ground.groups, step.choice.removed))
    report = _report(first, step, Removal(found.params, found.macs, found.weight_bytes), lost, params, ())
    ctx.job.progress(1.0, "Done")
    proven = {"cut_difference": max(proofs, key=lambda proof: proof.value)}
    whole = Report(
        {**report.measures, **proven, **recovery.measures}, (*report.tables, *recovery.tables), (),
        (*report.notes, *folded, *recovery.notes),
    )  # fmt: skip
    return Outcome(current, whole)


def _cut(step: Step, params: Params, ctx: Context) -> tuple[Model, Measure, tuple[str, ...]]:
    """The cut model, the proof, and what became of the constants of what was removed."""
    ground, removed = step.ground, step.choice.removed
    with ctx.job.stage(0.4, 0.5):
        whole, folded = constants_folded(ground.model, ground.groups, removed, params, ctx)
    ctx.job.progress(0.5, "Cutting")
    smaller = cut(whole, ground.groups, removed)
    ctx.job.progress(0.6, "Proving that cut equals masked")
    return smaller, cut_equals_mask(whole, ground.groups, removed, smaller, ctx.threads), folded


def decide(model: Model, params: Params, ctx: Context, number: int = 0, first: Step | None = None) -> Step:
    """What goes in round ``number`` (from 1; 0: all at once): that share of the way from ``first`` to the target."""
    part = number / params.rounds if number else 1.0
    ctx.job.progress(0.0, "Finding channel groups")
    ground = survey(model, params.kinds, ctx)
    _refuse(params, ground)
    with ctx.job.stage(0.1, 0.4):
        scores, said = _scores(ground, params, ctx)
    bases = {g.key: g.size for g in (first.ground if first else ground).groups}
    fixed = ground.fixed
    if params.distribution is not Distribution.SCALED:
        fixed = {key: 1 - (1 - share) ** part for key, share in fixed.items()}
    spared = () if params.trunks else [g.key for g in ground.chosen if g.key in ground.trunks]
    candidates = Candidates(ground.costs, ground.chosen, scores, params.multiple, params.floor, fixed, spared, bases)
    before = first.choice.before if first else candidates.amount(candidates.whole, params.currency)
    choice = choose(candidates, params.distribution, params.currency, before * (1 - params.ratio) ** part)
    if spared and not choice.spared and choice.removed and not ground.fixed:
        said = (*said, "Inside the blocks alone the target cannot be reached: the trunks they add to were cut too.")
    return Step(ground, candidates, dataclasses.replace(choice, before=before), said)


def _scores(ground: Ground, params: Params, ctx: Context) -> tuple[dict[str, Floats], tuple[str, ...]]:
    settings = ScoreSettings(**{f.name: getattr(params, f.name) for f in dataclasses.fields(ScoreSettings)})
    evidence = Evidence(ground.model, ground.groups, ground.chosen, ctx, settings)
    key = ("scores", params.score, params.combine, settings, ctx.scope, params.kinds, ctx.seed)
    return ctx.memo.once(key, lambda: (unit_scores(evidence, params.score, params.combine), tuple(evidence.notes)))


def _refuse(params: Params, ground: Ground) -> None:
    if params.currency is Currency.MACS and ground.costs.before.macs is None:
        raise UserError(f"MACs cannot be the target: {ground.costs.before.note}", "Choose another currency.")
    if params.distribution in (Distribution.PER_LAYER, Distribution.SCALED) and not ground.fixed:
        raise UserError(
            f"The spread '{params.distribution.value}' needs ratios for layers, and no layer in scope has one.",
            "Give some (--override), or find them with the pruning sensitivity.",
        )


def _report(
    first: Step, last: Step, after: Removal, lost: Mapping[str, int], params: Params, notes: Sequence[str]
) -> Report:
    """The whole act, from the model before the first round to what is left after the last."""
    said = outcome_words(last.candidates, last.choice, params.currency, params.distribution, bool(lost))
    every = (*first.ground.notes, *first.said, *last.said, *said, *notes)
    return Report(
        figures(first.ground, after, lost),
        (groups_table(first.ground, lost, last.choice.spared),),
        notes=tuple(dict.fromkeys(every)),
    )
