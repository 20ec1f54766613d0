"""Live curves side by side: a chart a series, since a loss and an accuracy share neither axis."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QWidget

from gui.charts.line_chart import COLOURS, LineChart

_MOST = 4


class Curves(QWidget):
    """``charts`` holds a chart by series name; what comes after the fourth series joins the last chart."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.charts: dict[str, LineChart] = {}
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(4, 4, 4, 4)
        self._empty = LineChart()
        self._row.addWidget(self._empty)

    def add(self, series: str, x: float, y: float) -> None:
        chart = self.charts.get(series)
        if chart is None:
            chart = self._new_chart(series)
        chart.add(series, x, y)

    def clear(self) -> None:
        for chart in set(self.charts.values()):
            chart.hide()
            chart.deleteLater()
        self.charts = {}
        self._empty.show()

    def _new_chart(self, series: str) -> LineChart:
        if len(self.charts) < _MOST:
            chart = LineChart("", COLOURS[len(self.charts) :] + COLOURS[: len(self.charts)])
            self._row.addWidget(chart, 1)
        else:
            chart = next(reversed(self.charts.values()))
        self.charts[series] = chart
        self._empty.hide()
        return chart
