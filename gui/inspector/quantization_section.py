"""How a layer's tensors are quantized: bits, scales, ranges, how much of them is used; and a button to choose again."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import onnx_ir as ir
from shiboken6 import isValid

from core.methods.quantize.value_choices import TYPED
from core.model.qdq_tensors import DICTATED, LEARNED, SEARCHED, SHARED
from gui.inspector.context import Context
from gui.inspector.describe import short
from gui.inspector.page import Column
from gui.inspector.parts import number, percent
from gui.inspector.plots import RangePlot
from gui.inspector.quantized import (
    Array,
    TensorForm,
    channel_steps,
    chosen_of,
    forms_of,
    has_weight,
    in_steps,
    weight_of,
)
from gui.inspector.rows import Rows
from gui.wording import choice_title
from gui.words import counted, tr

_LISTED = 12


def quantization_section(
    page: Column, context: Context, key: str, inputs: Sequence[str], outputs: Sequence[str]
) -> None:
    """For a layer of a quantized graph: what it stores as integers; nothing where it has nothing to do with it."""
    node = context.whole.layers[key][0]
    forms = forms_of(node, context.whole, inputs, outputs)
    if not forms and not (has_weight(node) and context.whole.kind != "float"):
        return
    fill = partial(_fill, context=context, node=node, forms=forms)
    section = page.section("quantization", tr("Quantization"), fill)
    if context.edit is not None and chosen_of(node) is not None:
        act = partial(context.edit, "quantization", key)
        section.add_button(tr("Change…"), tr("Quantize this layer otherwise"), act)


def several_section(page: Column, context: Context, keys: Sequence[str]) -> None:
    """For several layers: the forms of those of which something can be chosen, and one choice for all of them."""
    nodes = [context.whole.layers[key][0] for key in keys]
    found = [(key, node) for key, node in zip(keys, nodes, strict=True) if chosen_of(node) is not None]
    if not found or context.whole.kind == "float":
        return
    section = page.section("quantization", tr("Quantization"), partial(_fill_several, context=context, layers=found))
    if context.edit is not None:
        act = partial(context.edit, "quantization", found[0][0])
        section.add_button(tr("Change…"), tr("Quantize these layers otherwise"), act)


def _fill(rows: Rows, context: Context, node: ir.Node, forms: Sequence[TensorForm]) -> None:
    if has_weight(node) and weight_of(forms) is None:
        rows.hint(tr("This layer runs in float."))
    for form in forms:
        _tensor(rows, form)
        if form is weight_of(forms):
            _channels(rows, context, node, form)


def _tensor(rows: Rows, form: TensorForm) -> None:
    tip = tr("{bits} bits, with a sign", bits=form.bits) if form.signed else tr("{bits} bits, no sign", bits=form.bits)
    rows.gap()
    middle = f" · {tr('symmetric')}" if form.symmetric and form.bits <= 16 else ""
    rows.row(form.formal or tr("tensor"), f"{form.dtype}{middle} · {spread_words(form)}", tip, role=form.role)
    scale = form.scale.astype(np.float64)
    shown = number(float(scale.min()))
    if scale.size > 1 and scale.min() != scale.max():
        shown = f"{shown} … {number(float(scale.max()))}"
    zeros = np.unique(form.zero)
    ends = [number(float(z)) for z in (zeros[0], zeros[-1])]
    zero = ends[0] if zeros.size == 1 else " … ".join(ends)
    words = tr("{scale}, zero point {zero}", scale=shown, zero=zero)
    rows.row(tr("scale"), words, tr("A real number is (integer − zero point) × scale."))
    if form.bits <= 16:  # the range of an int32 bias says nothing
        low, high = form.range
        rows.row(tr("range"), f"{number(low)} … {number(high)}", tr("What lies beyond it is cut off."))
        if form.came_from:
            rows.row(tr("range from"), came_words(form.came_from), tr("Who chose the range."))
    share = form.at_ends() if form.bits <= 16 else None
    if share is not None:
        rows.row(tr("at the ends"), percent(share), tr("Share of the integers that are the largest of their type."))


def _channels(rows: Rows, context: Context, node: ir.Node, form: TensorForm) -> None:
    """How many of the steps each output channel uses: few where one scale serves channels of unlike ranges."""
    steps = channel_steps(node, form)
    if steps is None:
        return
    low, high = steps
    plot = RangePlot()
    rows.widget(plot)
    caption = rows.hint(" ")
    plot.set_ranges(low, high)
    used = np.maximum(np.abs(low), np.abs(high))
    worst, most = int(used.argmin()), form.ends[1]
    least = int(used[worst])
    said = [
        tr("Integers by output channel; channel {c} uses the least, {k} of {n}.", c=worst, k=least, n=most)
        if least < most
        else tr("Integers by output channel; every channel uses all {n}.", n=most)
    ]

    def point(at: int) -> None:
        text = tr("channel {c}: {low} … {high}", c=at, low=int(low[at]), high=int(high[at])) if at >= 0 else said[-1]
        caption.setText(text)
        plot.setAccessibleDescription(text)

    def before(weight: Array | None) -> None:
        ends = in_steps(node, form, weight) if weight is not None and isValid(plot) else None
        if ends is not None:
            plot.set_before(*ends)
            said.append(tr("{words} Lines: the float weights before, in the same steps.", words=said[0]))
        elif weight is not None and isValid(plot):
            said.append(
                tr("{words} The float weights were scaled before rounding, so they have other steps.", words=said[0])
            )
        if isValid(plot):
            point(-1)

    plot.pointed.connect(point)
    point(-1)
    if context.before is not None:
        context.before(node.name or "", before)


def _fill_several(rows: Rows, context: Context, layers: Sequence[tuple[str, ir.Node]]) -> None:
    lines = []
    for key, node in layers[:_LISTED]:
        forms = forms_of(node, context.whole, [str(k) for k in range(len(node.inputs))], ["" for _ in node.outputs])
        form, result = weight_of(forms), next((f for f in forms if f.role == "outputs"), None)
        words = f"{form.dtype} · {spread_words(form)}" if form is not None else tr("float") if has_weight(node) else "–"
        lines.append((short(node, key), words, "–" if result is None else result.dtype))
    rows.table((tr("layer"), tr("weights"), tr("result")), lines, [key for key, _ in layers[:_LISTED]])
    rows.more_layers(len(layers) - _LISTED)


def came_words(code: str) -> str:
    """Where a range comes from: typed, calibrated, or not to be chosen."""
    typed, _, finder = code.partition(", ")
    calibrator = choice_title(finder or code)
    said = {
        DICTATED: tr("the operator, as runtimes demand"),
        SHARED: tr("the layers before, whose scale it shares"),
        LEARNED: tr("the training"),
        SEARCHED: tr("a search at the network's output"),
        TYPED: tr("typed"),
        f"{TYPED} lowest": tr("lowest value typed, highest from calibration: {calibrator}", calibrator=calibrator),
        f"{TYPED} highest": tr("highest value typed, lowest from calibration: {calibrator}", calibrator=calibrator),
    }
    return said.get(typed) or tr("calibration: {calibrator}", calibrator=calibrator)


def spread_words(form: TensorForm) -> str:
    """How many numbers share one scale."""
    if form.axis is None:
        return tr("one scale")
    if form.block:
        return tr("a scale for each {n}", n=form.block)
    return counted(form.scale.size, "{n} scale", "{n} scales")
