"""The detective: where a quantized network loses against its float parent, why, and what cures it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import numpy as np

from core.data.splits import divide, take
from core.errors import UserError
from core.methods.analyse.causes import found_in
from core.methods.analyse.cures import curable, offers, quantized_with
from core.methods.analyse.loss_evidence import evidence, loudest, parts_of, trained_or_scaled
from core.methods.analyse.loss_report import Found, LayerLoss, report_of
from core.methods.analyse.one_layer import Close, OneLayer
from core.methods.analyse.reference import Items, not_judging, read
from core.methods.analyse.verify import verified
from core.methods.method import Context, Outcome, method
from core.methods.quantize.equalize import equalize, for_quantization
from core.model.model import Model
from core.params import Field
from core.report import Measure

if TYPE_CHECKING:
    from core.measure.quantized_parts import QuantizedParts

_BATCH_BYTES = 400 << 20  # of the values tapped in one batch
_LARGEST_BATCH = 8
_LOSSLESS = 60.0  # dB at the output: nothing there is worth a cause


@dataclass(frozen=True, slots=True)
class Params:
    """Parameters of the analysis."""

    items: Annotated[int, Field("Items", "Of the data; more tell smaller losses apart.", 4, 10_000, "items")] = 32
    least_share: Annotated[
        float,
        Field("Share of the loss", "From this part of the loss on a layer gets a cause and a cure.", 0.0, 100.0, "%"),
    ] = 3.0
    most_layers: Annotated[
        int,
        Field("Layers at most", "Those with the largest error of their own are tried one by one.", 1, 10_000, "layers"),
    ] = 200
    verify: Annotated[
        bool, Field("Apply the cures", "Quantize the parent again with each cure and with all, and measure again.")
    ] = False
    latency: Annotated[
        bool, Field("Time the layers", "Say which quantized layers are slower than in float on this machine.")
    ] = True


@method(
    "analyse.quantization_loss",
    title="Where quantization loses accuracy…",
    menu="Analyse",
    params=Params,
    accepts=("qdq",),
    needs=("data", "teacher"),
    analysis=True,
    resumable=True,
)
def apply(model: Model, params: Params, ctx: Context) -> Outcome:
    """Runs the quantized network against its float parent: which layers lose, from which cause, and what cures it.

    Both networks are compared tap by tap; then each layer is quantized alone, and left alone in float. Its own error is
    taken apart (weights, input, stored value, constant shift, clipping), the causes are told by these figures, and each
    has a step on the parent that cures it. ``verify`` takes these steps and measures again. Raises UserError where the
    teacher is not the float model that this one was quantized from.
    """
    assert ctx.teacher is not None, "Method.run refuses without a teacher"
    assert ctx.data is not None, "Method.run refuses without data"
    ctx.job.progress(0.0, "Comparing with the parent")
    parent, equalized = before_quantizing(model, ctx)
    parts = parts_of(model, parent)
    with ctx.job.stage(0.0, 0.05):
        data, note = not_judging(ctx.data, params.items, ctx.seed, "detective", first="train")
        items = read(data, parts.parent, batch_size(parts), ctx.job)
    end = 0.95 - (0.35 if params.verify else 0.0) - (0.1 if params.latency else 0.0)
    with ctx.job.stage(0.05, end):
        found = detect(parts, items, params, ctx)
    found = dataclasses.replace(found, notes=(note, *equalized, *found.notes))
    if params.verify:
        with ctx.job.stage(end, end + 0.35):
            cured, notes = verified(found.offers, model, ctx.teacher, ctx)
        found = dataclasses.replace(found, cured=cured, extra=notes)
    if params.latency:
        with ctx.job.stage(0.9, 1.0):
            found = _timed(found, parts, ctx)
    ctx.job.progress(1.0, "Done")
    return Outcome(None, report_of(found))


def _timed(found: Found, parts: QuantizedParts, ctx: Context) -> Found:
    """With the times of layers, or with why there are none: nothing else that was found depends on them."""
    from core.measure.slower_layers import layers_to_time, slower_layers

    try:
        names = layers_to_time(parts.model)
        times = slower_layers(parts.parent, parts.model, names, threads=1, job=ctx.job)  # as Latency measures
    except UserError as error:
        return dataclasses.replace(found, extra=(*found.extra, f"The layers were not timed. {error.message}"))
    return dataclasses.replace(found, times=times)


def before_quantizing(model: Model, ctx: Context) -> tuple[Model, list[str]]:
    """(the float model whose weights were rounded, sentences): the teacher, equalized again where that came first."""
    assert ctx.teacher is not None, "Method.run refuses without a teacher"
    assert ctx.data is not None, "Method.run refuses without data"
    settings, _, seed, _ = quantized_with(model)
    if settings.get("equalize") is not True:
        return ctx.teacher, []
    items = int(settings.get("calibration_items") or 100)
    data = take(divide(ctx.data, seed).calibration, items, seed)
    with ctx.job.stage(0.0, 0.02):
        done = equalize(ctx.teacher, data, for_quantization(items), dataclasses.replace(ctx, seed=seed))
    return done.model, ["The parent was equalized as before quantization; what is compared with is that model."]


def detect(parts: QuantizedParts, items: Items, params: Params, ctx: Context) -> Found:
    """Everything that is found on these items."""
    from core.measure import host
    from core.measure.arithmetic import arithmetic
    from core.measure.layer_errors import layer_errors
    from core.measure.quantized_taps import host_errors, taps

    run = (parts, items.feeds, items.counts)
    with ctx.job.stage(0.0, 0.15):
        tapped = taps(*run, threads=ctx.threads, job=ctx.job)
        by_host = {} if host.int8_instruction() else host_errors(*run, threads=ctx.threads)
    with ctx.job.stage(0.15, 0.25):
        errors = layer_errors(*run, threads=ctx.threads, job=ctx.job)
    by_layer = {t.layer: t for t in reversed(tapped)}
    names = loudest(parts, by_layer, errors, params.most_layers, ctx.scope)
    alone, gains, one = _one_at_a_time(parts, items, names, ctx)
    known = evidence(parts, alone, gains, by_layer, errors, by_host)
    lossy = one.close(one.outputs).sqnr < _LOSSLESS
    layers = [
        LayerLoss(
            e,
            alone[e.layer],
            curable(parts.model, found_in(e)) if lossy and 100 * e.share >= params.least_share else (),
        )
        for e in known
    ]
    named = [(x.evidence.layer, 100 * x.evidence.share, x.causes[0]) for x in layers if x.causes]
    cures = offers(parts.model, sorted(named, key=lambda n: -n[1]))
    notes = [arithmetic(parts.model), *_strange(trained_or_scaled(errors))]
    if len(names) < len(parts.parts):
        notes.append(
            f"{len(names)} of {len(parts.parts)} quantized layers were tried one by one; shares are of theirs."
        )
    least = params.least_share if lossy else 101.0
    return Found(_measures(one, notes[0]), layers, tapped, cures, list(filter(None, notes)), least_share=least)


def _one_at_a_time(
    parts: QuantizedParts, items: Items, names: list[str], ctx: Context
) -> tuple[dict[str, Close], dict[str, float], OneLayer]:
    """(every layer alone quantized, what leaving it in float gains in dB, what they were measured with)."""
    with ctx.job.stage(0.25, 0.3):
        one = OneLayer(parts, items, ctx, names)
    try:
        with ctx.job.stage(0.3, 0.7):
            alone = one.alone()
        with ctx.job.stage(0.7, 1.0):
            floats = one.floats()
    finally:  # a cancel, a failure, or all is done and the result not yet safe
        one.write()
    whole = one.close(one.outputs).sqnr
    return alone, {name: close.sqnr - whole for name, close in floats.items()}, one


def _measures(one: OneLayer, note: str) -> dict[str, Measure]:
    """The whole network against its parent, on the detective's items."""
    found = one.reference.closeness(one.outputs, note).measures()
    return {**found, **one.reference.top1_change(one.outputs)}


def _strange(layers: list[str]) -> list[str]:
    if not layers:
        return []
    return [
        f"The stored weights of {len(layers)} layers (first: {layers[0]}) are not roundings of the parent's: they were"
        " trained or scaled after it. What is put back there is the parent's weights; choose the float model that was"
        " quantized in the end for sharper figures."
    ]


def batch_size(parts: QuantizedParts) -> int:
    """How many items are run at once: every tapped value of all of them is held for a moment."""
    from core.measure.quantized_taps import tapped

    shapes = parts.parent_facts.shapes
    each = 8 * sum(int(np.prod(shapes.get(name, ()), dtype=np.int64)) for _, _, name in tapped(parts))
    return int(min(max(_BATCH_BYTES // max(each, 1), 1), _LARGEST_BATCH))
