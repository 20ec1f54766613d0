"""What the detective offers: a line for every cause with its layers and its cure, and a button that applies it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import groupby
from typing import Any

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from core.methods.analyse.cures import Offer, cures_from, together
from core.report import Curve, Report
from gui import theme
from gui.inspector.parts import Link
from gui.inspector.plots import BarPlot
from gui.words import counted, mark, tr

_NAMED = 3
_KINDS = {"weights": mark("weights"), "values": mark("values")}  # what the titles of such curves end with
RANGES = ("channel", "range")  # the axes of the curves that are ranges of channels


class CuresBox(QWidget):
    """``wanted`` carries the JSON of the step that was asked for; ``chosen`` a layer that was clicked."""

    wanted = Signal(object)
    chosen = Signal(str)

    def __init__(self, report: Report, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.offers = cures_from(report)
        self.buttons: list[QPushButton] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.UNIT)
        grid = QGridLayout()
        grid.setHorizontalSpacing(2 * theme.UNIT)
        grid.setVerticalSpacing(theme.UNIT // 2)
        grid.setColumnStretch(0, 1)
        groups = groupby(self.offers, lambda offer: (offer.cause, offer.layers))
        at = 0
        for _, several in groups:
            at = self._cause(grid, at, list(several))
        self._column.addLayout(grid)
        steps = [offer for offer in self.offers if offer.step]
        if len(steps) > 1:
            every = self._button(tr("Apply &all"), tr("Apply all cures at once"), lambda: together(steps))
            self._column.addWidget(every, 0, Qt.AlignmentFlag.AlignRight)

    def enable(self, why_not: str = "") -> None:
        """Buttons work; with ``why_not`` they do not, and say why."""
        for button in self.buttons:
            button.setEnabled(not why_not)
            button.setToolTip(why_not or button.accessibleName())

    def _cause(self, grid: QGridLayout, at: int, several: Sequence[Offer]) -> int:
        """One cause from row ``at`` on, with each of its cures; the row behind it."""
        first = several[0]
        head = QLabel(tr("{cause}, {share} of the loss", cause=tr(first.cause), share=f"{first.share:.0f} %"))
        font = head.font()
        font.setBold(True)
        head.setFont(font)
        grid.addWidget(head, at, 0)
        for k, offer in enumerate(several):
            self._cure(grid, at + 1 + k, offer, tr("Or: {cure}.", cure=tr(offer.words)) if k else "")
        grid.addWidget(self._layers(first.layers), at + 1 + len(several), 0, 1, 2)
        return at + 2 + len(several)

    def _cure(self, grid: QGridLayout, at: int, offer: Offer, instead: str) -> None:
        words = tr(offer.words)
        grid.addWidget(QLabel(instead or f"{words[:1].upper()}{words[1:]}.", wordWrap=True), at, 0)
        if offer.step:
            spoken = tr("Quantize the float revision again: {cure}", cure=words)
            button = self._button(tr("Apply"), spoken, lambda: offer.step)
            grid.addWidget(button, at, 1)

    def _layers(self, layers: Sequence[str]) -> QWidget:
        host = QWidget()
        column = QVBoxLayout(host)
        column.setContentsMargins(0, 0, 0, theme.UNIT)
        column.setSpacing(0)
        for name in layers[:_NAMED]:
            link = Link(name, tr("Go to {layer}", layer=name), tr("Go to {layer}", layer=name))
            link.clicked.connect(partial(self._go, name))
            column.addWidget(link)
        if len(layers) > _NAMED:
            rest = len(layers) - _NAMED
            more = QLabel(counted(rest, "and {n} more layer", "and {n} more layers"))
            more.setObjectName("Hint")
            column.addWidget(more)
        return host

    def _go(self, name: str, _checked: bool = False) -> None:
        self.chosen.emit(name)

    def _button(self, text: str, spoken: str, step: Callable[[], Mapping[str, Any]]) -> QPushButton:
        button = QPushButton(text)
        button.setAutoDefault(False)
        button.setAccessibleName(spoken)
        button.setToolTip(spoken)
        button.setEnabled(False)
        button.clicked.connect(lambda: self.wanted.emit(dict(step())))
        self.buttons.append(button)
        return button


class ChannelRanges(QWidget):
    """A small plot for every curve over channels, two in a row: ranges of weights beside those of values."""

    def __init__(self, curves: Sequence[Curve], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plots: list[BarPlot] = []
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(2 * theme.UNIT)
        grid.setVerticalSpacing(theme.UNIT // 2)
        for k, curve in enumerate(curves):
            self._plot(grid, 2 * (k // 2), k % 2, curve)

    def _plot(self, grid: QGridLayout, row: int, column: int, curve: Curve) -> None:
        shown = _title(curve.title)
        reach = tr("{title}, up to {value}", title=shown, value=f"{max(curve.y, default=0.0):.4g}")
        title = QLabel(reach, wordWrap=True)
        title.setObjectName("Hint")
        plot = BarPlot()
        plot.set_values(np.asarray(curve.y))
        spoken = tr("Ranges of {n} channels: {title}", n=len(curve.y), title=shown)
        plot.setAccessibleName(spoken)

        def point(at: int) -> None:
            value = tr("channel {c}: {range}", c=at, range=f"{curve.y[at]:.4g}") if at >= 0 else ""
            title.setText(f"{reach}\n{value or ' '}")
            plot.setAccessibleDescription(value)

        plot.pointed.connect(point)
        point(-1)
        grid.addWidget(title, row, column)
        grid.addWidget(plot, row + 1, column)
        self.plots.append(plot)


def _title(words: str) -> str:
    """A curve's title, 'layer: weights', with the layer as it is called and the rest in the window's language."""
    layer, colon, kind = words.rpartition(": ")
    return f"{layer}{colon}{tr(_KINDS.get(kind, kind))}"
