"""A pruning sensitivity in a report: a curve for each group, and the ratios that a tolerance gives."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from core.methods.analyse.sensitivity_report import RATIO, ratios_from, unit_of_loss
from core.methods.scope import Override
from core.report import Report
from gui import theme
from gui.charts.small_multiples import Panel, SmallMultiples, short_names
from gui.words import counted, tr


class SensitivityBox(QWidget):
    """``chosen`` is told the layer whose curve was clicked; :meth:`overrides` are the ratios at the tolerance shown."""

    chosen = Signal(str)

    def __init__(self, report: Report, tolerance: float = 1.0, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._report = report
        points = unit_of_loss(report) == "points"
        self.tolerance = QDoubleSpinBox(minimum=0.0, maximum=100.0, singleStep=0.5, decimals=1)
        self.tolerance.setValue(tolerance)
        self.tolerance.setSuffix(f" {tr('points')}" if points else " %")
        self.tolerance.setAccessibleName(tr("Tolerance"))
        label = QLabel(tr("Each group alone may &lose"))
        label.setBuddy(self.tolerance)
        self.words = QLabel(wordWrap=True)
        self.words.setObjectName("Hint")
        titles = short_names([c.title for c in report.curves])
        panels = [Panel(c.title, titles[c.title], tuple(zip(c.x, c.y, strict=True))) for c in report.curves]
        unit = report.curves[0].y_label if report.curves else ""
        self.curves = SmallMultiples(panels, tr("% of the channels masked"), unit)
        self.curves.chosen.connect(self.chosen)
        row = QHBoxLayout()
        row.setSpacing(theme.UNIT)
        row.addWidget(label)
        row.addWidget(self.tolerance)
        row.addSpacing(theme.UNIT)
        row.addWidget(self.words, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2 * theme.UNIT)
        column.addLayout(row)
        column.addWidget(self.curves)
        self.tolerance.valueChanged.connect(lambda _: self._show())
        self._show()

    def overrides(self) -> tuple[Override, ...]:
        """The ratios at the tolerance shown, as a step takes them."""
        return ratios_from(self._report, self.tolerance.value())

    def _show(self) -> None:
        found = self.overrides()
        ratios = [float(part[RATIO]) for _, part in found]
        groups = [c.title for c in self._report.curves]
        self.curves.set_marks({g: 100 * r for g, r in zip(groups, ratios, strict=True)})
        bear = sum(r >= 0.01 for r in ratios)
        mean = sum(ratios) / max(len(ratios), 1)
        share = counted(len(ratios), "{bear} of {n} group bears a cut", "{bear} of {n} groups bear a cut", bear=bear)
        self.words.setText(tr("{share}, {mean} of its channels on average.", share=share, mean=f"{100 * mean:.0f} %"))
