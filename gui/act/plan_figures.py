"""What an act would bring, as a small table: before, after, how many times less, and the share that stays as a bar."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from core.report import Measure
from gui import figures, theme
from gui.words import tr

_BEFORE = "_before"
_FIRST = ("macs", "params", "weight_bytes")
_MOST = 4
_BAR = QSize(88, 6)


def pairs(measures: Mapping[str, Measure]) -> dict[str, tuple[Measure, Measure]]:
    """Figure -> (before, after) of those that have both, the ones that matter most first."""
    found = {}
    for name, before in measures.items():
        stem = name.removesuffix(_BEFORE)
        after = measures.get(stem, measures.get(f"{stem}_after"))
        if name.endswith(_BEFORE) and after is not None:
            found[stem] = (before, after)
    order = [*(k for k in _FIRST if k in found), *(k for k in found if k not in _FIRST)]
    return {k: found[k] for k in order[:_MOST]}


class PlanFigures(QWidget):
    """Keeps its rows while figures change, so that nothing moves below a slider."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("What it would bring"))
        self._rows: dict[str, _Row] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(theme.UNIT)
        self._grid.setVerticalSpacing(theme.UNIT // 2)
        self._grid.setColumnStretch(6, 1)
        self._grid.setAlignment(Qt.AlignmentFlag.AlignTop)
        # room for the rows before they are known
        self.setMinimumHeight(_MOST * (self.fontMetrics().lineSpacing() + self._grid.verticalSpacing()))

    def show_pairs(self, found: Mapping[str, tuple[Measure, Measure]]) -> None:
        """Figures as :func:`pairs` gives them."""
        if list(found) != list(self._rows):
            for row in self._rows.values():
                row.remove()
            self._rows = {name: _Row(self._grid, k, figures.name_of(name)) for k, name in enumerate(found)}
        for name, (before, after) in found.items():
            self._rows[name].show(before, after)
        self.setEnabled(True)

    def text(self) -> str:
        """The same as words, a line each."""
        return "\n".join(row.text() for row in self._rows.values())


class _Row:
    """One figure."""

    def __init__(self, grid: QGridLayout, line: int, title: str) -> None:
        self._grid = grid
        self._title, self._before, self._arrow = QLabel(title), QLabel(), QLabel("→")
        self._after, self._times, self._bar = QLabel(), QLabel(), _Bar()
        self._arrow.setObjectName("Hint")
        self._before.setObjectName("Hint")
        self._times.setObjectName("Hint")
        self._after.setStyleSheet("font-weight: 600")
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for column, (widget, align) in enumerate(
            (
                (self._title, Qt.AlignmentFlag.AlignVCenter),
                (self._before, right),
                (self._arrow, Qt.AlignmentFlag.AlignCenter),
                (self._after, right),
                (self._times, right),
                (self._bar, Qt.AlignmentFlag.AlignVCenter),
            )
        ):
            grid.addWidget(widget, line, column, align)
        widest = max(widget.fontMetrics().horizontalAdvance("88.88 MB") for widget in (self._before, self._after))
        for widget in (self._before, self._after):
            widget.setMinimumWidth(widest)
            widget.setAlignment(right)
        self._times.setAlignment(right)
        self._times.setMinimumWidth(self._times.fontMetrics().horizontalAdvance("88.88× less"))

    def show(self, before: Measure, after: Measure) -> None:
        self._before.setText(figures.cell(before))
        self._after.setText(figures.cell(after))
        self._times.setText(times(before.value, after.value))
        self._bar.set_share(after.value / before.value if before.value > 0 else 0.0)
        for widget in (self._title, self._before, self._after, self._times, self._bar):
            widget.setToolTip(figures.spoken(after))

    def text(self) -> str:
        return f"{self._title.text()} {self._before.text()} → {self._after.text()}"

    def remove(self) -> None:
        for widget in (self._title, self._before, self._arrow, self._after, self._times, self._bar):
            self._grid.removeWidget(widget)
            widget.hide()
            widget.deleteLater()


def times(before: float, after: float) -> str:
    """'1.67× less'; nothing where nothing changes or is left."""
    if before <= 0 or after <= 0 or after == before:
        return ""
    factor = before / after
    if factor < 1:
        return tr("{factor:.2f}× more", factor=1 / factor)
    return tr("{factor:.2f}× less", factor=factor) if factor < 100 else tr("{factor:.0f}× less", factor=factor)


class _Bar(QWidget):
    """What stays, as a share of a line."""

    def __init__(self) -> None:
        super().__init__()
        self._share = 1.0
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def set_share(self, share: float) -> None:
        self._share = share if share <= 1 else 0.0  # what grows has no share that stays
        self.update()

    def sizeHint(self) -> QSize:
        return _BAR

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._share <= 0:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        area = QRectF(self.rect())
        painter.setBrush(theme.color("border"))
        painter.drawRoundedRect(area, 3, 3)
        painter.setBrush(theme.color("accent" if self.isEnabled() else "faint"))
        area.setWidth(max(area.width() * self._share, 6.0))
        painter.drawRoundedRect(area, 3, 3)
