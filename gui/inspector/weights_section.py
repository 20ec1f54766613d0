"""One stored tensor in the inspector: what it is, how its values lie, and what its channels are worth."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from PySide6.QtCore import QCoreApplication, QObject
from PySide6.QtWidgets import QLabel

from core.measure.values import Values
from gui import figures
from gui.background import Background
from gui.graph_view.known import times
from gui.inspector.examine import ChannelNumbers, Examined, examine, real
from gui.inspector.page import Column
from gui.inspector.parts import Link, number, percent
from gui.inspector.plots import Histogram, NormPlot, RangePlot
from gui.inspector.rows import Rows, say
from gui.inspector.sections import Section
from gui.inspector.stored import Stored
from gui.inspector.values_table import ValuesTable
from gui.words import counted, thousands, tr

SMALL = 8  # values that are simply listed
AT_ONCE = 1 << 14  # values examined while the page is built; more would be felt
LISTED = 1 << 16  # values that a table may show
_NAMED = 12  # dead channels that are named
_KEPT = 256


class Examiner(QObject):
    """Numbers about tensors: small ones at once, large ones beside the window's thread, all of them once."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = Background(self)
        self._known: OrderedDict[tuple[int, object], tuple[object, Examined]] = OrderedDict()
        app = QCoreApplication.instance()
        if app is not None:
            app.aboutToQuit.connect(self._background.close)  # a thread must not outlive the interpreter

    def ask(self, stored: Stored, done: Callable[[Examined], None]) -> None:
        """``done`` is called now or later, in the window's thread; check there that somebody still wants it."""
        held = stored.tensor if stored.tensor is not None else stored.array
        key = (id(held), stored.channels)
        known = self._known.get(key)
        if known is not None and known[0] is held:
            self._known.move_to_end(key)
            done(known[1])
            return

        def keep(found: Examined) -> None:
            self._known[key] = (held, found)
            while len(self._known) > _KEPT:
                self._known.popitem(last=False)
            done(found)

        if stored.count <= AT_ONCE:
            keep(examine(stored))
        else:
            self._background.run(lambda: examine(stored), keep, lambda error: keep(Examined(None, None, str(error))))


def weight_section(page: Column, stored: Stored, examiner: Examiner, go_to: Callable[[str], None]) -> Section:
    """A section for one stored tensor of a layer."""
    title = (
        tr("Weights · {name}", name=stored.formal) if stored.count > 1 else tr("Constant · {name}", name=stored.formal)
    )
    fill = partial(fill_tensor, stored=stored, examiner=examiner, go_to=go_to)
    return page.section(f"weights:{stored.formal}", title, fill)


def fill_tensor(rows: Rows, stored: Stored, examiner: Examiner, go_to: Callable[[str], None]) -> None:
    """Rows and plots of one stored tensor; those that take a while are filled in when they are known."""
    rows.row(tr("tensor"), f"{times(stored.shape) or tr('scalar')}  {stored.dtype}", stored.name)
    if stored.count <= SMALL:
        _few(rows, stored)
    else:
        _size(rows, stored)
        _Numbers(rows, stored).ask(examiner)
    for key in stored.shared[:3]:
        link = Link(key, tr("shared with {layer}", layer=key), tr("Also read by {layer}", layer=key))
        link.clicked.connect(partial(_follow, go_to, key))
        rows.beside(tr("shared with"), link)
    rows.more_layers(len(stored.shared) - 3)


def _follow(go_to: Callable[[str], None], key: str, _checked: bool = False) -> None:
    go_to(key)


def _size(rows: Rows, stored: Stored) -> None:
    size = stored.bytes
    if size:
        rows.row(tr("bytes"), figures.size(size), tr("{n} bytes in the file.", n=thousands(size)))
    else:
        rows.row(tr("bytes"), tr("computed on loading"), tr("Nodes make it from constants; the file does not hold it."))
    if stored.scaling is not None:
        n = stored.scaling.scale.size
        said = number(float(stored.scaling.scale.ravel()[0])) if n == 1 else counted(n, "{n} scale", "{n} scales")
        rows.row(tr("scale"), said, tr("Values below are real ones: (integer − zero point) × scale."))
    if stored.rounded:
        rows.row("", tr("rounded by a quantization when run"), muted=True)


def _few(rows: Rows, stored: Stored) -> None:
    try:
        values = real(stored.read(), stored.scaling)
        text = ", ".join(number(float(v)) for v in values.ravel()) or tr("empty")
    except (OSError, ValueError, TypeError):
        text = tr("cannot be read")
    rows.row(tr("value"), text)


class _Numbers:
    """The plots and rows of one tensor, made empty and filled when the tensor was read: nothing moves then."""

    def __init__(self, rows: Rows, stored: Stored) -> None:
        self._rows, self._stored = rows, stored
        self._histogram = Histogram()
        rows.widget(self._histogram)
        self._range, self._mean, self._zeros = (rows.row(k, "…") for k in (tr("range"), tr("mean"), tr("zeros")))
        self._sample = rows.row("", "", muted=True)
        self._sample.setVisible(stored.count > AT_ONCE)
        self._ranges: RangePlot | None = None
        if stored.channels is not None:
            self._channel_plots(rows)
        if stored.count <= LISTED:
            _values_fold(rows, stored)

    def _channel_plots(self, rows: Rows) -> None:
        self._ranges, self._norms = RangePlot(), NormPlot()
        rows.widget(self._ranges)
        self._about_range = rows.hint(" ")
        rows.widget(self._norms)
        self._about_norm = rows.hint(" ")
        self._dead = rows.row(tr("dead"), "…")

    def ask(self, examiner: Examiner) -> None:
        examiner.ask(self._stored, self._found)

    def _found(self, found: Examined) -> None:
        try:
            self._fill(found)
        except RuntimeError:  # another page is shown by now, and these widgets are gone
            return

    def _fill(self, found: Examined) -> None:
        if found.values is None:
            self._histogram.hide()
            say(self._range, tr("range"), found.why or tr("no numbers"))
            for label, key in ((self._mean, tr("mean")), (self._zeros, tr("zeros"))):
                say(label, key, figures.MISSING)
            return
        self._values(found.values)
        if found.channels is not None and self._ranges is not None:
            self._channels(found.channels, self._ranges)

    def _values(self, found: Values) -> None:
        how = tr("From every value.")
        if found.sampled:
            looked_at, count = thousands(found.looked_at), thousands(found.count)
            how = tr("From a sample of {looked_at} of {count} values.", looked_at=looked_at, count=count)
        self._histogram.set_bins(found.bins, found.low, found.high)
        self._histogram.setVisible(len(found.bins) > 1)
        say(self._range, tr("range"), f"{number(found.low)} … {number(found.high)}", how)
        spread = tr("Mean and standard deviation.")
        say(self._mean, tr("mean"), f"{number(found.mean)}  ± {number(found.deviation)}", f"{spread} {how}")
        zeros = percent(found.zeros) + (tr("  NaN or Inf {share}", share=percent(found.bad)) if found.bad else "")
        say(self._zeros, tr("zeros"), zeros, f"{tr('Share of values that are exactly zero.')} {how}")
        self._sample.setVisible(found.sampled)
        if found.sampled:
            parts = {"part": figures.count(found.looked_at), "whole": figures.count(found.count)}
            say(self._sample, "", tr("sample of {part} of {whole} values", **parts), how)

    def _channels(self, found: ChannelNumbers, ranges: RangePlot) -> None:
        count = len(found.low)
        ranges.set_ranges(found.low, found.high)
        order = np.argsort(-found.l2, kind="stable")
        self._norms.set_norms(found.l2[order], np.sort(found.l1)[::-1])
        sampled = tr(" (sample)") if found.sampled else ""
        all_ranges = counted(count, "range of {n} output channel", "ranges of {n} output channels") + sampled
        most = tr("90 % of the squared weights in {k} of {n} channels", k=found.needed(0.9), n=count) + sampled
        ranges.pointed.connect(partial(self._point_range, found, all_ranges))
        self._norms.pointed.connect(partial(self._point_norm, found, order, most))
        self._point_range(found, all_ranges, -1)
        self._point_norm(found, order, most, -1)
        tip = tr("Sorted L2 norms, filled, and L1 norms, thin: how steeply they fall says how many channels matter.")
        self._norms.setToolTip(tip)
        say(self._dead, tr("dead"), _dead(found.dead, count), tr("Channels whose weights are all exactly zero."))

    def _point_range(self, found: ChannelNumbers, otherwise: str, at: int) -> None:
        low, high = (number(float(v[at])) for v in (found.low, found.high))
        text = otherwise if at < 0 else tr("channel {c}: {low} … {high}", c=at, low=low, high=high)
        _caption(self._about_range, self._ranges, text)

    def _point_norm(self, found: ChannelNumbers, order: Any, otherwise: str, at: int) -> None:
        text = otherwise
        if at >= 0:
            c = int(order[at])
            l1, l2 = number(float(found.l1[c])), number(float(found.l2[c]))
            text = tr("place {k}: channel {c}, L2 {l2}, L1 {l1}", k=at + 1, c=c, l2=l2, l1=l1)
        _caption(self._about_norm, self._norms, text)


def _caption(label: QLabel, plot: Any, text: str) -> None:
    label.setText(text)
    plot.setAccessibleDescription(text)


def _dead(dead: tuple[int, ...], count: int) -> str:
    if not dead:
        return tr("none of {n}", n=thousands(count))
    named = ", ".join(str(k) for k in dead[:_NAMED]) + (" …" if len(dead) > _NAMED else "")
    return tr("{k} of {n}: {names}", k=thousands(len(dead)), n=thousands(count), names=named)


def _values_fold(rows: Rows, stored: Stored) -> None:
    """A table of the values that opens on demand, and is only made then."""
    link = Link(tr("Show values"), tr("Show the values of {name}", name=stored.name))
    made: list[ValuesTable] = []

    def toggle() -> None:
        if made:
            made[0].setVisible(made[0].isHidden())
        else:
            made.append(ValuesTable(stored))
            rows.widget(made[0])
            made[0].show()
        link.set_full(tr("Show values") if made[0].isHidden() else tr("Hide values"))

    link.clicked.connect(toggle)
    rows.beside("", link)
