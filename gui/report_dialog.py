"""What a step or an analysis found out: figures with provenance, tables, curves, notes."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHeaderView,
    QLabel,
    QScrollArea,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from core.report import Curve, Report, Table
from gui.button_box import ButtonBox
from gui.charts.line_chart import LineChart, Style
from gui.figures import name_of, spoken
from gui.words import tr

_ROWS_SHOWN = 12


class ReportDialog(QDialog):
    def __init__(self, title: str, report: Report, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setSpacing(10)
        for note in report.notes:
            column.addWidget(QLabel(note, wordWrap=True))
        for name, measure in report.measures.items():
            line = QLabel(f"{name_of(name)[:1].upper()}{name_of(name)[1:]}: {spoken(measure)}", wordWrap=True)
            line.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            column.addWidget(line)
        for style, group in _by_axes(report.curves):
            column.addWidget(_section(", ".join(c.title for c in group)))
            column.addWidget(_chart(style, group))
        for table in report.tables:
            column.addWidget(_section(table.title))
            column.addWidget(_table(table))
        if not (report.notes or report.measures or report.curves or report.tables):
            column.addWidget(QLabel(tr("This step left no report.")))
        column.addStretch(1)
        scroll = QScrollArea(widgetResizable=True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(inner)
        buttons = ButtonBox(ButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        outer = QVBoxLayout(self)
        outer.addWidget(scroll, 1)
        outer.addWidget(buttons)
        self.resize(640, 560)


def _section(text: str) -> QLabel:
    label = QLabel(text)
    label.setObjectName("Section")
    return label


def _by_axes(curves: Sequence[Curve]) -> list[tuple[Style, list[Curve]]]:
    """Curves that share both axes share a chart."""
    groups: dict[tuple[str, str], list[Curve]] = {}
    for curve in curves:
        groups.setdefault((curve.x_label, curve.y_label), []).append(curve)
    return [(Style(unit="%" if y == "%" else "", x_label=x), found) for (x, y), found in groups.items()]


def _chart(style: Style, curves: Sequence[Curve]) -> LineChart:
    chart = LineChart(style)
    chart.setMinimumHeight(170)
    for curve in curves:
        chart.set_series(curve.title, curve.x, curve.y)
    return chart


def _table(table: Table) -> QTableWidget:
    widget = QTableWidget(len(table.rows), len(table.columns))
    widget.setAccessibleName(table.title)
    units = [*table.units, *[""] * len(table.columns)]
    heads = [f"{c} ({u})" if u else c for c, u in zip(table.columns, units, strict=False)]
    widget.setHorizontalHeaderLabels(heads)
    widget.verticalHeader().hide()
    widget.setShowGrid(False)
    widget.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
    for r, row in enumerate(table.rows):
        for c, value in enumerate(row):
            item = QTableWidgetItem(f"{value:.4g}" if isinstance(value, float) else str(value))
            if isinstance(value, int | float):
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            widget.setItem(r, c, item)
    widget.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    widget.setMinimumHeight(34 + 26 * min(len(table.rows), _ROWS_SHOWN))
    return widget
