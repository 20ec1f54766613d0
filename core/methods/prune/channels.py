"""Channel pruning: a score says which channels matter least, a target says how many go, the cut makes them go."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from core.errors import UserError
from core.measure.cost import cost
from core.measure.removal_cost import Removal
from core.methods.memo import Memo
from core.methods.method import Context, Outcome, Plan, method
from core.methods.prune.budget import Candidates, Choice, Currency, Distribution, choose
from core.methods.prune.proof import cut_equals_mask
from core.methods.prune.removal import Ground, figures, groups_table, outcome_words, survey
from core.methods.prune.scores import Combine, Evidence, Floats, ScoreSettings, score_names, unit_scores
from core.model.channel_widths import widths
from core.model.channels import cut, facts_after
from core.model.model import Model
from core.params import Field
from core.report import Measure, Report


@dataclass(frozen=True)
class Budget:
    """How much goes, and from where."""

    currency: Annotated[Currency, Field("Counted in", "What the target is a share of.")] = Currency.MACS
    ratio: Annotated[
        float,
        Field("Removed", "Share of the channels, parameters, MACs or bytes that goes.", 0.0, 0.95, "share", 0.05),
    ] = 0.5
    distribution: Annotated[
        Distribution,
        Field(
            "Spread",
            "uniform: the same share of every group. global: the least of all groups together. per_layer: only the "
            "ratios given for layers. scaled: these ratios, all times one factor until the target is met.",
        ),
    ] = Distribution.UNIFORM
    score: Annotated[str, Field("Score", "What tells which channels matter least.", choices=score_names)] = "magnitude"
    combine: Annotated[
        Combine, Field("Group score", "How the votes of several layers that share channels become one.")
    ] = Combine.MEAN
    multiple: Annotated[
        int, Field("Multiple of", "Channels kept are a multiple of this; kernels work in blocks.", 1, 64, "channels")
    ] = 4
    floor: Annotated[
        float, Field("Kept at least", "Of every group, whatever the scores say.", 0.0, 1.0, "share", 0.05, True)
    ] = 0.1
    rounds: Annotated[
        int,
        Field(
            "Rounds",
            "The target is reached in so many equal steps, and channels are scored anew before each.",
            1,
            50,
            "rounds",
            None,
            True,
        ),
    ] = 1


@dataclass(frozen=True)
class Params(ScoreSettings, Budget):
    """Parameters of channel pruning: the budget, then what scores can be told."""


@dataclass(frozen=True, eq=False)
class _Step:
    """One round: the ground it stands on, what could go, what goes, and what the score had to say."""

    ground: Ground
    candidates: Candidates
    choice: Choice
    said: tuple[str, ...]


def plan(model: Model, params: Params, ctx: Context) -> Plan:
    """The figures after the cut, without cutting: what was found out of the model before comes from the memo."""
    step = _decide(model, params, ctx)
    ground, removed = step.ground, step.choice.removed
    notes = []
    if params.rounds > 1:
        notes.append("Channels are scored anew in each round, so layers may keep other numbers than shown here.")
    after = ground.costs.exactly(step.choice.alive)
    lost = {key: len(units) for key, units in removed.items()}
    layers = dict.fromkeys(layer for key in removed for layer in ground.groups[key].producers)
    return Plan(_report(step, step, after, lost, params, notes), tuple(layers), widths(ground.groups, removed))


@method("prune.channels", title="Channels…", menu="Prune", params=Params, plan=plan, overridable=("ratio",))
def apply(model: Model, params: Params, ctx: Context) -> Outcome:
    """Removes the channels that matter least until a target in channels, parameters, MACs or bytes is met.

    Channels that layers share live and die together. In each round the score is taken, the removal nearest to the
    target is chosen (within 2 % or the nearest step that the multiple allows), cut, and proven equal to the masked
    model. Raises UserError where nothing in scope can be cut, the score lacks its data, or the proof fails.
    """
    first, current, lost = None, model, Counter[str]()
    proofs = []
    for number in range(1, params.rounds + 1):
        with ctx.job.stage((number - 1) / params.rounds, number / params.rounds):
            step = _decide(current, params, dataclasses.replace(ctx, memo=Memo()), number, first)
            first = first or step
            current, proof = _cut(step, ctx)
            proofs.append(proof)
            lost.update({key: len(units) for key, units in step.choice.removed.items()})
    assert first is not None  # there is a first round
    found = cost(current, facts_after(current, step.ground.groups, step.choice.removed))
    report = _report(first, step, Removal(found.params, found.macs, found.weight_bytes), lost, params, ())
    ctx.job.progress(1.0, "Done")
    proven = {"cut_difference": max(proofs, key=lambda proof: proof.value)}
    return Outcome(current, dataclasses.replace(report, measures={**report.measures, **proven}))


def _cut(step: _Step, ctx: Context) -> tuple[Model, Measure]:
    ground, removed = step.ground, step.choice.removed
    ctx.job.progress(0.4, "Cutting")
    smaller = cut(ground.model, ground.groups, removed)
    ctx.job.progress(0.6, "Proving that cut equals masked")
    return smaller, cut_equals_mask(ground.model, ground.groups, removed, smaller, ctx.threads)


def _decide(model: Model, params: Params, ctx: Context, number: int = 0, first: _Step | None = None) -> _Step:
    """What goes in round ``number`` (from 1; 0: all at once): that share of the way from ``first`` to the target."""
    part = number / params.rounds if number else 1.0
    ctx.job.progress(0.0, "Finding channel groups")
    ground = survey(model, ctx)
    _refuse(params, ground)
    with ctx.job.stage(0.1, 0.4):
        scores, said = _scores(ground, params, ctx)
    bases = {g.key: g.size for g in (first.ground if first else ground).groups}
    fixed = ground.fixed
    if params.distribution is not Distribution.SCALED:
        fixed = {key: 1 - (1 - share) ** part for key, share in fixed.items()}
    candidates = Candidates(ground.costs, ground.chosen, scores, params.multiple, params.floor, fixed, bases)
    before = first.choice.before if first else candidates.amount(candidates.whole, params.currency)
    choice = choose(candidates, params.distribution, params.currency, before * (1 - params.ratio) ** part)
    return _Step(ground, candidates, dataclasses.replace(choice, before=before), said)


def _scores(ground: Ground, params: Params, ctx: Context) -> tuple[dict[str, Floats], tuple[str, ...]]:
    settings = ScoreSettings(**{f.name: getattr(params, f.name) for f in dataclasses.fields(ScoreSettings)})
    evidence = Evidence(ground.model, ground.groups, ground.chosen, ctx, settings)
    key = ("scores", params.score, params.combine, settings, ctx.scope)
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
    first: _Step, last: _Step, after: Removal, lost: Mapping[str, int], params: Params, notes: Sequence[str]
) -> Report:
    """The whole act, from the model before the first round to what is left after the last."""
    said = outcome_words(last.candidates, last.choice, params.currency, params.distribution, bool(lost))
    every = (*first.ground.notes, *first.said, *last.said, *said, *notes)
    return Report(
        figures(first.ground, after, lost), (groups_table(first.ground, lost),), notes=tuple(dict.fromkeys(every))
    )
