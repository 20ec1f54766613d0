"""Presets of a method: a box on top of its form that fills the fields, and says Custom after another change."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from core.methods.preset import Preset
from core.methods.scope import Override
from gui import theme
from gui.param_form import ParamForm
from gui.words import tr

_SHOWN = 12  # letters


class PresetBox(QWidget):
    """``changed`` follows every choice, after the fields of ``form`` were filled; other fields stay."""

    changed = Signal()

    def __init__(self, presets: Sequence[Preset], form: ParamForm, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._presets, self._form = {p.key: p for p in presets}, form
        self.label = QLabel(tr("&Preset"))
        self.combo = QComboBox()
        self.combo.setAccessibleName(tr("Preset"))
        self.combo.setToolTip(tr("Fill the form with what a target asks for."))
        self.combo.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.combo.setMinimumContentsLength(_SHOWN)  # a form is no wider for the longest of their names
        self.combo.addItem(tr("Custom"), "")
        for preset in presets:
            self.combo.addItem(tr(preset.title), preset.key)
        self.label.setBuddy(self.combo)
        self.about = QLabel(wordWrap=True)
        self.about.setObjectName("Hint")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.UNIT // 2)
        column.addWidget(self.combo)
        column.addWidget(self.about)
        self.combo.activated.connect(lambda _: self.choose(str(self.combo.currentData())))
        form.changed.connect(self._look)
        self._look()
        self._tell()

    def row(self) -> QHBoxLayout:
        """Label and box, as the rows of a form stand."""
        line = QHBoxLayout()
        line.setSpacing(2 * theme.UNIT)
        self.label.setMinimumHeight(self.combo.sizeHint().height())  # on one line with the box, not with the hint
        line.addWidget(self.label, 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(self, 1)
        return line

    @property
    def chosen(self) -> Preset | None:
        """None: Custom."""
        return self._presets.get(str(self.combo.currentData()))

    def choose(self, key: str) -> None:
        """Fill the form's fields with a preset's; '' leaves them."""
        self.combo.setCurrentIndex(max(self.combo.findData(key), 0))
        preset = self.chosen
        if preset is not None:
            self._form.set_values(dict(preset.values))
            self.combo.setCurrentIndex(self.combo.findData(key))  # filling field by field looked like other changes
        self._tell()
        self.changed.emit()

    def overrides(self) -> tuple[Override, ...]:
        """What holds for some layers only, as long as the preset holds."""
        return () if self.chosen is None else self.chosen.overrides

    def _look(self) -> None:
        """Custom, once a field says something else than the preset."""
        preset, values = self.chosen, self._form.values()
        if preset is not None and any(values.get(name) != value for name, value in preset.values.items()):
            self.combo.setCurrentIndex(0)
            self._tell()

    def _tell(self) -> None:
        preset = self.chosen
        if preset is None:
            self.about.setText("")
        else:
            layers = ", ".join(scope.words() for scope, _ in preset.overrides)
            others = tr("Layers treated otherwise: {layers}.", layers=layers) if layers else ""
            self.about.setText(" ".join(tr(t) for t in (preset.demands, preset.assumed) if t) + f" {others}".rstrip())
            self.about.setToolTip(preset.source)
        self.about.setVisible(bool(self.about.text()))
        self.about.setAccessibleName(self.about.text())
