"""A line for a number: stepped by arrows, keys and wheel, and by a slider where both of its bounds are known."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QValidator, QWheelEvent
from PySide6.QtWidgets import QAbstractSpinBox, QHBoxLayout, QLabel, QLineEdit, QSlider, QWidget

from core.params import Scalar, Spec
from gui.words import tr

_SLIDER_STEPS = 1000
_WIDTH, _ARROWS = 104, 44


class _StepBox(QAbstractSpinBox):
    """Takes any text, and says nothing to it: the form has a sentence for what is wrong. Steps what is a number.

    ``emptied``: somebody deletes where nothing stands.
    """

    emptied = Signal()

    def __init__(self, spec: Spec, value: Scalar) -> None:
        super().__init__()
        self._field = spec.field
        self._whole = spec.type is int
        self.step = _step(spec)
        self.line = QLineEdit(number_text(value))
        self.setLineEdit(self.line)  # of the one that Qt makes by itself the wrapper may outlive the widget
        word = self.fontMetrics().horizontalAdvance(tr("automatic"))
        self.setFixedWidth(max(_WIDTH, word + _ARROWS))  # all alike, so that they stand in a column
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # not by the wheel

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        return QValidator.State.Acceptable, text, position

    def fixup(self, text: str) -> str:
        return text

    def stepEnabled(self) -> QAbstractSpinBox.StepEnabledFlag:
        value, flags = self._value(), QAbstractSpinBox.StepEnabledFlag
        out = flags.StepNone
        if self._field.high is None or value < self._field.high:
            out |= flags.StepUpEnabled
        if self._field.low is None or value > self._field.low:
            out |= flags.StepDownEnabled
        return out

    def stepBy(self, steps: int) -> None:
        self.set_number(self._value() + steps * self.step)
        self.selectAll()

    def set_number(self, value: float) -> None:
        """The nearest step to a value, within the bounds."""
        rounded = round(value / self.step) * self.step
        if self._field.low is not None:
            rounded = max(rounded, self._field.low)
        if self._field.high is not None:
            rounded = min(rounded, self._field.high)
        self.line.setText(number_text(round(rounded) if self._whole else round(rounded, 10)))

    def _value(self) -> float:
        found = _finite(self.line.text())
        return found if found is not None else self._field.low or 0.0

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Backspace, Qt.Key.Key_Delete) and not self.line.text():
            self.emptied.emit()
        super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Only where somebody works: a form that is scrolled by must not change."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class NumberEdit(QWidget):
    """A box for a number, with a slider where both bounds are known and a share shown as percent."""

    changed = Signal()

    def __init__(self, spec: Spec, value: Scalar, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._spec = spec
        self._open = False
        self.box = _StepBox(spec, value)
        self.box.setAccessibleName(tr(spec.field.label))
        self.box.setAccessibleDescription(tr(spec.field.help))
        self.line = self.box.line
        self.line.setPlaceholderText(self._when_empty())
        self.unit = QLabel()
        self.unit.setObjectName("Hint")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.box)
        self.slider = self._make_slider()
        row.addWidget(self.unit)
        row.addWidget(self.slider, 1) if self.slider else row.addStretch(1)
        self.setFocusProxy(self.box)
        self.line.textChanged.connect(self._text_changed)
        self.box.emptied.connect(lambda: self.set_value(None))
        self._text_changed()

    def text(self) -> str:
        return self.line.text().strip()

    def set_value(self, value: Scalar) -> None:
        self.line.setText(number_text(value))
        if self._decided():  # that it has no number
            self.changed.emit()

    def leave_open(self, words: str) -> None:
        """Show ``words`` in place of a number: there are several, and nobody has chosen one for all.

        Where none is a choice as well, deleting chooses it; elsewhere the box is open again once it is empty.
        """
        self.line.clear()
        self.line.setPlaceholderText(words)
        self._open = True

    @property
    def is_open(self) -> bool:
        """Whether nobody has chosen since :meth:`leave_open`."""
        return self._open and not self.text()

    def _decided(self) -> bool:
        """From now on an empty box says that there is no number, where it can; False where that is so already."""
        news = self._open and self._spec.optional
        if news:
            self._open = False
            self.line.setPlaceholderText(self._when_empty())
        return news

    def _when_empty(self) -> str:
        return tr("automatic") if self._spec.optional else ""

    def _make_slider(self) -> QSlider | None:
        low, high = self._spec.field.low, self._spec.field.high
        if low is None or high is None or self._spec.optional or high - low > 1000:
            return None
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setMinimumWidth(80)
        slider.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the box beside it takes the keyboard
        slider.setAccessibleName(tr("{label} slider", label=tr(self._spec.field.label)))
        if self._spec.field.unit == "share":  # '= 30 %' and '= 5 %' leave it where it is
            self.unit.setMinimumWidth(self.unit.fontMetrics().horizontalAdvance("= 100 %"))
        steps = int(high - low) if self._spec.type is int else _SLIDER_STEPS
        slider.setRange(0, max(steps, 1))
        slider.valueChanged.connect(self._slider_moved)
        return slider

    def _slider_moved(self, position: int) -> None:
        low, high = self._spec.field.low or 0.0, self._spec.field.high or 1.0
        assert self.slider is not None
        self.box.set_number(low + (high - low) * position / self.slider.maximum())

    def _text_changed(self) -> None:
        value = _finite(self.text())
        self._show_unit(value)
        if self.text():
            self._decided()
        if self.slider is not None and value is not None:
            low, high = self._spec.field.low or 0.0, self._spec.field.high or 1.0
            blocked = self.slider.blockSignals(True)
            self.slider.setValue(round((value - low) / ((high - low) or 1.0) * self.slider.maximum()))
            self.slider.blockSignals(blocked)
        self.changed.emit()

    def _show_unit(self, value: float | None) -> None:
        unit = self._spec.field.unit
        if unit == "share" and value is not None:
            unit = f"= {value * 100:g} %"
        self.unit.setText("" if unit == "share" else tr(unit))


def number_text(value: Scalar) -> str:
    """A number as a person writes it: no exponent where it can be helped, no trailing zeros."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.10f}".rstrip("0").rstrip(".") if 1e-6 <= abs(value) < 1e9 or value == 0 else f"{value:g}"
    return str(value)


def _step(spec: Spec) -> float:
    low, high = spec.field.low, spec.field.high
    narrow = low is not None and high is not None and high - low <= 1
    return spec.field.step or (1.0 if spec.type is int else 0.01 if narrow else 0.1)


def _finite(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
