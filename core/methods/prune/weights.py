"""Sparsity by mask: weights, rows, kernels or blocks become zero and stay zero; the network keeps its size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import numpy as np

from core.data.dataset import DataSet
from core.data.splits import divide, labelled, take
from core.data.tasks import background_offset, check_labels
from core.errors import UserError
from core.methods.losses import cross_entropy
from core.methods.method import Context, Outcome, Plan, method
from core.methods.prune.mask_report import counts, figures, fitting, honest, layers_table, sizes
from core.methods.prune.weight_scores import Floats, WeightScore, choose, lamp, magnitude, marked_gone, random
from core.methods.training_data import Samples
from core.methods.training_net import logits_name, training_inputs
from core.model.masks import Maskable, Pattern, Units, maskable, numbers, with_masks
from core.model.model import Model
from core.model.prepare import prepare
from core.params import Field
from core.report import Report

if TYPE_CHECKING:
    from core.execute.torch_graph import TorchGraph

PatternField = Annotated[
    Pattern, Field("Pattern", "What is masked as one: single weights, rows or kernels, N of M, blocks.")
]
SparsityField = Annotated[
    float, Field("Sparsity", "Share of the weights that become zero; N:M patterns fix it.", 0.0, 0.99, "share", 0.05)
]
EverywhereField = Annotated[
    bool, Field("One threshold for all", "Layers share one ranking; off: each loses the same share.")
]
_BATCH = 16


@dataclass(frozen=True, slots=True)
class Params:
    """Parameters of masking in one go."""

    pattern: PatternField = Pattern.WEIGHT
    score: Annotated[WeightScore, Field("Score", "What counts as unimportant; taylor needs labelled data.")] = (
        WeightScore.MAGNITUDE
    )
    sparsity: SparsityField = 0.5
    everywhere: EverywhereField = False
    items: Annotated[
        int, Field("Items", "At most so many calibration items give gradients (taylor).", 1, 100_000, "items")
    ] = 256


@dataclass(frozen=True, slots=True)
class Reach:
    """The weights that a mask can reach: those in scope that the pattern fits, with their parts, and what to tell."""

    model: Model
    items: tuple[Maskable, ...]
    parts: Mapping[str, Units]
    notes: tuple[str, ...]

    def split(self) -> Iterator[tuple[str, Floats]]:
        """(tensor, its weights as (count, size))."""
        for name, parts in self.parts.items():
            yield name, parts.split(numbers(self.model, name))


def reach(model: Model, pattern: Pattern, ctx: Context) -> Reach:
    """Prepare a model for masking. Raises UserError where no weight in scope fits the pattern."""
    prepared, changes = ctx.memo.once("prepared", lambda: prepare(model))
    items = maskable(prepared, ctx.scope.contains)
    if not items:
        raise UserError(
            "There is nothing to mask: no layer in the scope multiplies with stored weights.",
            "Choose convolutions or fully connected layers.",
        )
    parts, notes = fitting(items, pattern)
    if not parts:
        raise UserError(f"The pattern {pattern.value} fits no layer. {notes[0]}", "Choose another pattern.")
    fit = tuple(item for item in items if item.tensor in parts)
    return Reach(prepared, fit, parts, (*changes, *notes))


def wanted(pattern: Pattern, sparsity: float) -> float:
    """The sparsity that a pattern asks for: 1 - N/M, else the one that was chosen."""
    if pattern.ratio is None:
        return sparsity
    kept, of = pattern.ratio
    return 1 - kept / of


def plan(model: Model, params: Params, ctx: Context) -> Plan:
    """How many weights would be zero; with taylor, which runs the network, the sum alone is known before."""
    within = reach(model, params.pattern, ctx)
    key = ("weight scores", params.pattern, params.score, ctx.scope, ctx.seed)
    scores = ctx.memo.once(key, lambda: _scores(within, params, ctx))
    new = _masked(within, scores, params)
    tables = () if params.score is WeightScore.TAYLOR and params.everywhere else (layers_table(new, within.items),)
    measures = {**figures(within.model, within.parts, "_before"), **figures(new, within.parts)}
    report = Report(measures, tables, notes=(*within.notes, honest(params.pattern)))
    return Plan(report, tuple(item.layer for item in within.items))


@method(
    "prune.weights",
    title="Sparsity by mask…",
    menu="Prune",
    params=Params,
    uses=("labels",),
    plan=plan,
)
def apply(model: Model, params: Params, ctx: Context) -> Outcome:
    """Sets the least important weights to zero and keeps them zero; the zipped file shrinks, phones gain no speed.

    Biases, embeddings and normalizations are not touched. Weights that are zero already count. Raises UserError where
    the pattern fits no layer in scope, and for the score taylor without labelled data.
    """
    ctx.job.progress(0.0, "Scoring weights")
    within = reach(model, params.pattern, ctx)
    if params.score is WeightScore.TAYLOR:
        with ctx.job.stage(0.0, 0.6):
            scores, said = _taylor(within, params, ctx)
    else:
        scores, said = _scores(within, params, ctx), []
    ctx.job.progress(0.6, "Masking")
    new = _masked(within, scores, params)
    with ctx.job.stage(0.7, 1.0) as job:
        measures = {
            **figures(within.model, within.parts, "_before"),
            **figures(new, within.parts),
            **sizes(model, new, job),
        }
    ctx.job.progress(1.0, "Done")
    notes = (*within.notes, *said, *_missed(new, within, params), honest(params.pattern))
    return Outcome(new, Report(measures, (layers_table(new, within.items),), notes=notes))


def _masked(within: Reach, scores: Mapping[str, Floats], params: Params) -> Model:
    kept = choose(scores, within.parts, wanted(params.pattern, params.sparsity), params.everywhere)
    flags = {n: within.parts[n].join(k[:, None]) for n, k in kept.items()}
    return with_masks(within.model, flags, params.pattern)


def _scores(within: Reach, params: Params, ctx: Context) -> dict[str, Floats]:
    """Scores that need no data; magnitude in the place of taylor."""
    if params.score is WeightScore.RANDOM:
        generator = np.random.default_rng(ctx.seed)
        return {n: random(w, generator) for n, w in within.split()}
    rule = lamp if params.score is WeightScore.LAMP else magnitude
    return {n: rule(w) for n, w in within.split()}


def _taylor(within: Reach, params: Params, ctx: Context) -> tuple[dict[str, Floats], list[str]]:
    """Scores by gradients of the cross-entropy on calibration items, and a sentence on these."""
    from core.execute.torch_graph import TorchGraph

    found = None if ctx.data is None else labelled(divide(ctx.data, ctx.seed).calibration)
    if found is None or not found.items:
        raise UserError("The score taylor needs labelled data.", "Attach a data set (--data), or choose another score.")
    data = take(found, params.items, ctx.seed)
    net = TorchGraph(within.model).eval()
    sums = _gradient_times_weight(net, within, data, ctx)
    scores = {n: marked_gone(sums[n], w) for n, w in within.split()}
    return scores, [f"Gradients came from {len(data.items)} items of '{data.name}'."]


def _gradient_times_weight(net: TorchGraph, within: Reach, data: DataSet, ctx: Context) -> dict[str, Floats]:
    """Mean over the batches of |sum of gradient times weight| of every part; BatchNormalization as in use."""
    model = within.model
    scores, classes = logits_name(model, net)
    offset = background_offset(classes, model.labels, data)
    check_labels(data, classes, offset)
    loss = cross_entropy(scores, offset)
    samples = Samples(data, training_inputs(net, model), _BATCH)
    weights = {n: net.initializer(n) for n in within.parts}
    sums: dict[str, Floats] = {n: np.zeros(p.count) for n, p in within.parts.items()}
    order = range(samples.steps * samples.size)
    for sample in ctx.job.track(samples.batches(order), samples.steps, "Gradients"):
        net.zero_grad()
        loss(net(sample.feed, keep=(scores,)), sample).backward()  # type: ignore[no-untyped-call]
        for name, weight in weights.items():
            if weight.grad is not None:
                product = (weight.grad * weight).detach().numpy()
                sums[name] += np.abs(within.parts[name].split(product).sum(1, dtype=np.float64)) / samples.steps
    return sums


def _missed(new: Model, within: Reach, params: Params) -> list[str]:
    """A sentence where the sparsity asked for is not the one that was reached."""
    asked = wanted(params.pattern, params.sparsity)
    zeros, total = counts(new, within.parts)
    notes = []
    if asked != params.sparsity:
        notes.append(f"The pattern {params.pattern.value} sets {100 * asked:g} % of the weights to zero.")
    if abs(zeros / total - asked) >= 0.005:
        why = "more were zero before" if zeros > asked * total else "every layer keeps its best part"
        notes.append(f"{100 * zeros / total:.1f} % of the weights are zero instead of {100 * asked:g} %: {why}.")
    return notes
