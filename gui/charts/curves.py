"""Live curves side by side: what is measured alike shares a chart, all charts share the axis of epochs."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtWidgets import QHBoxLayout, QWidget

from gui.charts.line_chart import COLOURS, LineChart, Style
from gui.words import mark

_MOST = 4


@dataclass(frozen=True, slots=True)
class Group:
    """Series of a training that one chart shows. ``share``: how wide it is beside the others."""

    style: Style
    share: int = 3


_LABELS = {
    "loss": mark("training"),
    "validation loss": mark("validation"),
    "training accuracy": mark("training"),
    "validation accuracy": mark("validation"),
}
_LOSS = Group(Style(mark("Loss"), "", mark("epoch"), labels=_LABELS, noisy=frozenset({"loss"}), leader="loss"))
_ACCURACY = Group(Style(mark("Accuracy"), "%", mark("epoch"), labels=_LABELS, best=frozenset({"validation accuracy"})))
_RATE = Group(Style(mark("Learning rate"), "", mark("epoch"), COLOURS[2:]), 2)
_GROUPS = {
    "loss": _LOSS,
    "validation loss": _LOSS,
    "training accuracy": _ACCURACY,
    "validation accuracy": _ACCURACY,
    "learning rate": _RATE,
}
_ORDER = (_LOSS, _ACCURACY, _RATE)  # from left to right, whichever is heard of first


class Curves(QWidget):
    """``charts`` holds the chart by series name. Other series than a training's have a chart each, four at most."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.charts: dict[str, LineChart] = {}
        self._grouped: dict[int, LineChart] = {}
        self._last_x = 0.0
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(4, 8, 4, 4)
        self._empty = LineChart()
        self._row.addWidget(self._empty)

    def add(self, series: str, x: float, y: float) -> None:
        chart = self.charts.get(series)
        if chart is None:
            chart = self.charts[series] = self._chart_for(series)
            self._empty.hide()
        chart.add(series, x, y)
        if series in _GROUPS and x > self._last_x:
            self._last_x = x
            for grouped in self._grouped.values():
                grouped.reach(x)

    def clear(self) -> None:
        for chart in set(self.charts.values()):
            chart.hide()
            chart.deleteLater()
        self.charts, self._grouped, self._last_x = {}, {}, 0.0
        self._empty.show()

    def _chart_for(self, series: str) -> LineChart:
        group = _GROUPS.get(series)
        if group is not None:
            return self._group_chart(group)
        others = [c for c in dict.fromkeys(self.charts.values()) if c not in self._grouped.values()]
        if len(others) + len(self._grouped) >= _MOST and others:
            return others[-1]
        start = len(others) % len(COLOURS)
        chart = LineChart(Style(series[:1].upper() + series[1:], colours=COLOURS[start:] + COLOURS[:start]))
        self._row.addWidget(chart, 3)
        return chart

    def _group_chart(self, group: Group) -> LineChart:
        number = _ORDER.index(group)
        if number not in self._grouped:
            chart = LineChart(group.style)
            chart.reach(self._last_x)
            before = sum(k < number for k in self._grouped)
            self._grouped[number] = chart
            self._row.insertWidget(1 + before, chart, group.share)  # the first place is the empty chart's
        return self._grouped[number]
