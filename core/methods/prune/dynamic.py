"""Dynamic pruning: kernels and channels are masked together while the network is tuned, then dead channels are cut."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from core.data.noise import noise_batches
from core.errors import UserError
from core.execute.runtimes import onnx_session
from core.measure.accuracy import accuracy
from core.measure.cost import cost
from core.measure.removal_cost import Removal
from core.methods.method import Context, Outcome, training_method
from core.methods.prune import mask_report
from core.methods.prune.joint_masks import JointMask, Targets, readers_of
from core.methods.prune.moving_masks import GROUP, EndField, EveryField
from core.methods.prune.proof import TOLERANCE, cut_equals_mask, difference
from core.methods.prune.removal import Ground, Kinds, figures, groups_table, survey
from core.methods.training_act import Ready, ready, train
from core.methods.training_params import Epochs, settings_of
from core.methods.training_settings import default_rate
from core.methods.tune.finetune import Params as TuneParams
from core.methods.tune.finetune import loss_of
from core.model.channels import ChannelGroup, cut, facts_after, find_groups
from core.model.masks import Maskable, Pattern, maskable, set_pattern
from core.model.model import Model
from core.params import Field
from core.report import Measure

_ITEMS = 2


@dataclass(frozen=True, slots=True)
class Params(TuneParams):
    """Parameters of dynamic pruning, besides those of fine-tuning."""

    epochs: Epochs = 10
    channels: Annotated[
        float, Field("Channels removed", "Of every channel group; they are cut in the end.", 0.0, 0.95, "share", 0.05)
    ] = 0.3
    kernels: Annotated[
        float,
        Field(
            "Kernels masked",
            "Of the kernels that each layer is left with; they stay as zeros.",
            0.0,
            0.95,
            "share",
            0.05,
        ),
    ] = 0.3
    multiple: Annotated[
        int, Field("Multiple of", "Channels kept are a multiple of this; kernels work in blocks.", 1, 64, "channels")
    ] = 4
    begin: Annotated[
        float, Field("Begin", "Share of the training before the first mask.", 0.0, 0.9, "share", group=GROUP)
    ] = 0.0
    end: EndField = 0.75
    every: EveryField = None
    band: Annotated[
        float,
        Field(
            "Band", "A mask goes off so far below its threshold and on so far above it.", 0.0, 0.9, "share", group=GROUP
        ),
    ] = 0.1


@training_method(
    "prune.dynamic",
    title="Dynamic pruning…",
    menu="Prune",
    params=Params,
)
def apply(model: Model, params: Params, ctx: Context) -> Outcome:
    """Masks kernels and channels together while it trains, lets both come back, and cuts the channels that stay off.

    See core.methods.prune.joint_masks. Kernels that are off stay masked. The cut is proven equal to the masked model
    and to the network as it was trained. Raises UserError where nothing in scope can be pruned, or a proof fails.
    """
    if params.begin >= params.end:
        raise UserError(f"Begin is {params.begin:g}, End {params.end:g}: no mask would ever grow.", "Begin earlier.")
    ground = survey(model, Kinds.ALL, ctx)
    start = ready(model, params, ctx)
    # a layer's only kernel from one input is a channel (depthwise convolutions): channel masks judge those
    items = [item for item in maskable(start.model, ctx.scope.contains) if item.shape[1] > 1]
    chosen, notes = _readable(ground, start)
    parts, said = mask_report.fitting(items, Pattern.KERNEL)
    hook = JointMask(
        parts,
        ground.groups,
        chosen,
        Targets(params.kernels, params.channels, params.multiple),
        (params.begin, params.end),
        params.every,
        params.band,
    )
    settings = settings_of(params, start.model, default_rate(start.model, params.optimizer), ctx)
    loss, told = loss_of(start, params, ctx)
    with ctx.job.stage(0.0, 0.9):
        outcome = train(start, loss, settings, params, ctx, hooks=[hook], notes=(*told, *notes, *said))
    with ctx.job.stage(0.9, 1.0):
        return _cut(model, outcome, start, ground, items, hook, ctx)


def _readable(ground: Ground, start: Ready) -> tuple[tuple[ChannelGroup, ...], list[str]]:
    """The groups all of whose channels are read by weights that can be masked, and a sentence on the others."""
    weights = {name for name, _ in start.net.named_initializers()}
    chosen: list[ChannelGroup] = []
    left: list[ChannelGroup] = []
    for group in ground.chosen:
        readers = readers_of(group)
        covered = {int(u) for m in readers for u in m.units}
        whole = set(range(group.size)) <= covered and all(m.tensor in weights for m in readers)
        (chosen if whole else left).append(group)
    notes = []
    if left:
        many = f"{len(left)} channel groups keep" if len(left) > 1 else "1 channel group keeps"
        notes.append(f"{many} all channels ('{left[0].key}' first): no weight of a layer reads them.")
    return tuple(chosen), notes


def _cut(
    model: Model,
    outcome: Outcome,
    start: Ready,
    ground: Ground,
    items: Sequence[Maskable],
    hook: JointMask,
    ctx: Context,
) -> Outcome:
    """The trained network without its dead channels, proven, judged anew and told of."""
    trained = outcome.model
    assert trained is not None, "a training gives a model"
    ctx.job.progress(0.0, "Cutting")
    groups, removed = find_groups(trained), hook.removed
    smaller = cut(trained, groups, removed)
    ctx.job.progress(0.2, "Proving that cut equals masked and trained")
    proofs = {
        "cut_difference": cut_equals_mask(trained, groups, removed, smaller, ctx.threads),
        "trained_difference": _as_trained(trained, smaller, ctx.threads),
    }
    tensors = [item.tensor for item in items]
    set_pattern(smaller, [n for n in tensors if mask_report.counts(smaller, [n])[0]], Pattern.KERNEL)
    with ctx.job.stage(0.4, 0.6) as job:
        top1 = accuracy(smaller, start.judge, threads=ctx.threads, job=job).top1
    with ctx.job.stage(0.6, 1.0) as job:
        sizes = mask_report.sizes(model, smaller, job)
    found = cost(smaller, facts_after(smaller, groups, removed))
    lost = {key: int(groups[key].widths[units].sum()) for key, units in removed.items()}
    after = Removal(found.params, found.macs, found.weight_bytes)
    report = outcome.report
    masks = mask_report.figures(smaller, tensors)
    measures = {**report.measures, "top1": top1, **figures(ground, after, lost), **masks, **sizes, **proofs}
    notes = [*report.notes, *(n for n in ground.notes if n not in report.notes)]
    if hook.reached < hook.schedule.end:
        notes.append("The training ended before the masks were complete.")
    if masks["zeros"].value:
        notes.append(mask_report.honest(Pattern.KERNEL))
    tables = (*report.tables, groups_table(ground, lost, False), mask_report.layers_table(smaller, items))
    told = dataclasses.replace(report, measures=measures, tables=tables, notes=tuple(notes))
    return dataclasses.replace(outcome, model=smaller, report=told)


def _as_trained(trained: Model, smaller: Model, threads: int) -> Measure:
    """How far the cut model is from the network that was trained, in which dead channels are only read with zeros.

    Raises UserError above the tolerance of cuts.
    """
    first, second = onnx_session(smaller, threads), onnx_session(trained, threads)
    worst = 0.0
    for feed in noise_batches(trained.inputs, _ITEMS):
        a, b = first.run(feed), second.run(feed)
        worst = max(worst, *(difference(a[name], b[name]) for name in b))
    if not worst <= TOLERANCE:
        raise UserError(
            f"The cut model does not equal the one that was trained (difference {worst:.1e}); nothing was changed.",
            "Set the channels to remove to 0, and please report the model.",
        )
    return Measure(worst, "", "measured", "noise, in onnxruntime", _ITEMS, note="cut against trained, relative")
