"""What a step or an analysis found out: figures with provenance, tables, curves, notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHeaderView,
    QLabel,
    QPushButton,
    QScrollArea,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from core.methods.analyse.cures import CURES, cures_from
from core.methods.analyse.sensitivity_report import holds_ratios
from core.report import Curve, Report, Table
from gui.button_box import ButtonBox
from gui.charts.line_chart import LineChart, Style
from gui.figures import name_of, short, spoken
from gui.quantization.cures_box import RANGES, ChannelRanges, CuresBox
from gui.sensitivity_box import SensitivityBox
from gui.words import tr

_ROWS_SHOWN = 12
_SIZE, _WIDE = (640, 560), (960, 760)
_BROAD = 5  # columns
_COMMAND = "To cure '"  # how notes begin that say the same for the command line


class ReportDialog(QDialog):
    """``layer_chosen``: a curve of a layer was clicked. ``ratios_wanted``: the ratios of a pruning sensitivity are to
    be used; they are overrides of a step. ``cure_wanted``: a cure of a quantization's loss, JSON of a step.
    ``tolerance`` is what the sensitivity begins with."""

    layer_chosen = Signal(str)
    ratios_wanted = Signal(object)
    cure_wanted = Signal(object)

    def __init__(self, title: str, report: Report, parent: QWidget | None = None, tolerance: float = 1.0) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.sensitivity = SensitivityBox(report, tolerance) if holds_ratios(report) else None
        self.cures = CuresBox(report) if cures_from(report) else None
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setSpacing(10)
        if self.cures is None:
            self._words(column, report)
        else:
            self._offers(column, self.cures, report)
        if self.sensitivity is not None:
            self.sensitivity.chosen.connect(self.layer_chosen)
            column.addWidget(self.sensitivity)
        if self.cures is None:
            self._charts(column, report if self.sensitivity is None else Report({}))
        for table in report.tables:
            if self.cures is None or table.title != CURES:
                column.addWidget(_section(table.title))
                column.addWidget(_table(table))
        if not (report.notes or report.measures or report.curves or report.tables):
            column.addWidget(QLabel(tr("This step left no report.")))
        column.addStretch(1)
        scroll = QScrollArea(widgetResizable=True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(inner)
        self.buttons = ButtonBox(ButtonBox.StandardButton.Close)
        self.buttons.rejected.connect(self.reject)
        outer = QVBoxLayout(self)
        outer.addWidget(scroll, 1)
        outer.addWidget(self.buttons)
        broad = any(len(table.columns) >= _BROAD for table in report.tables)
        self.resize(*(_WIDE if broad or self.sensitivity is not None or self.cures is not None else _SIZE))

    def _words(self, column: QVBoxLayout, report: Report) -> None:
        """Sentences and figures."""
        for note in report.notes:
            column.addWidget(QLabel(note, wordWrap=True))
        for name, measure in report.measures.items():
            line = QLabel(f"{name_of(name)[:1].upper()}{name_of(name)[1:]}: {spoken(measure)}", wordWrap=True)
            line.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            column.addWidget(line)

    def _offers(self, column: QVBoxLayout, cures: CuresBox, report: Report) -> None:
        """What was lost in a sentence, what can be done about it, and only then all that was found out."""
        for note in report.notes[:1]:
            column.addWidget(QLabel(note, wordWrap=True))
        cures.chosen.connect(self.layer_chosen)
        cures.wanted.connect(self._use_cure)
        column.addWidget(_section(tr("Causes and cures")))
        column.addWidget(cures)
        self._charts(column, report)
        said = [note for note in report.notes[1:] if not note.startswith(_COMMAND)]  # there is a button for it
        if said or report.measures:
            column.addWidget(_section(tr("What was found out")))
        self._words(column, replace(report, notes=tuple(said)))

    def _charts(self, column: QVBoxLayout, report: Report) -> None:
        ranges = [c for c in report.curves if (c.x_label, c.y_label) == RANGES]
        if ranges:
            column.addWidget(_section(tr("Ranges of channels")))
            about = tr(
                "In the float network: the largest magnitude of each channel's weights, and how wide the range of its"
                " values is. Bars of very unlike heights share one scale badly."
            )
            hint = QLabel(about, wordWrap=True)
            hint.setObjectName("Hint")
            column.addWidget(hint)
            column.addWidget(ChannelRanges(ranges))
        for style, group in _by_axes([c for c in report.curves if c not in ranges]):
            column.addWidget(_section(", ".join(c.title for c in group)))
            column.addWidget(_chart(style, group))

    def offer_cures(self, why_not: str = "") -> None:
        """Let the buttons of the cures work: somebody there can apply them; or say why nobody can."""
        if self.cures is not None:
            self.cures.enable(why_not)

    def _use_cure(self, step: object) -> None:
        self.cure_wanted.emit(step)
        self.accept()

    def offer_ratios(self) -> None:
        """Show a button that hands the ratios on: somebody there can use them."""
        if self.sensitivity is None:
            return
        use = QPushButton(tr("&Use as ratios…"))
        use.setToolTip(tr("Open the form of channel pruning with these ratios."))
        use.setDefault(True)
        self.buttons.addButton(use, ButtonBox.ButtonRole.ActionRole)
        use.clicked.connect(self._use_ratios)

    def _use_ratios(self) -> None:
        assert self.sensitivity is not None
        self.ratios_wanted.emit(self.sensitivity.overrides())
        self.accept()


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
    heads = [f"{c} ({u})" if u and u != "share" else c for c, u in zip(table.columns, units, strict=False)]
    widget.setHorizontalHeaderLabels(heads)
    widget.verticalHeader().hide()
    widget.setShowGrid(False)
    widget.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
    for r, row in enumerate(table.rows):
        for c, value in enumerate(row):
            item = QTableWidgetItem(_cell(value, units[c]))
            if isinstance(value, int | float):
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            widget.setItem(r, c, item)
    widget.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    widget.setMinimumHeight(34 + 26 * min(len(table.rows), _ROWS_SHOWN))
    return widget


def _cell(value: object, unit: str) -> str:
    if isinstance(value, float):
        if unit == "share":
            return short(value, unit)
        return f"{value:.2f}" if unit in ("points", "%", "dB") else f"{value:.4g}"
    return str(value)
