"""Layers that are treated otherwise than the form says: a row of a method's dialog, and the form that adds to it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QDialog, QHBoxLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from core.methods.quantize.value_choices import no_range
from core.methods.scope import Override, Scope
from core.params import Scalar, Spec
from gui import theme
from gui.act.scope_box import ScopeBox
from gui.button_box import ButtonBox
from gui.number_edit import number_text
from gui.param_form import ParamForm
from gui.room import make_room
from gui.wording import choice_title
from gui.words import mark, tr

_MARGIN, _WIDTH, _NAMED = 16, 480, 3
_YES, _NO = mark("yes"), mark("no")


class OtherwiseRow(QWidget):
    """Lists overrides, each with a button that lets it go; ``Add…`` asks for another one."""

    changed = Signal()

    def __init__(
        self, specs: Sequence[Spec], layers: Sequence[str], selected: Sequence[str], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._specs, self._layers, self._selected = tuple(specs), tuple(layers), tuple(selected)
        self._overrides: list[Override] = []
        self.label = QLabel(tr("Layers otherwise"))
        self.add = QPushButton(tr("Add…"))
        self.add.setAutoDefault(False)
        self.add.setToolTip(tr("Choose something else for some layers."))
        self.add.setAccessibleName(tr("Choose something else for some layers."))
        self.add.clicked.connect(self._ask)
        self._lines = QVBoxLayout()
        self._lines.setSpacing(theme.UNIT // 2)
        column = QVBoxLayout()
        column.setSpacing(theme.UNIT // 2)
        column.addLayout(self._lines)
        line = QHBoxLayout()
        line.addWidget(self.add)
        line.addStretch(1)
        column.addLayout(line)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2 * theme.UNIT)  # as between the columns of a form
        row.addWidget(self.label, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(column, 1)

    def overrides(self) -> tuple[Override, ...]:
        return tuple(self._overrides)

    def set_selected(self, names: Sequence[str]) -> None:
        """The selection has changed while the dialog is open."""
        known = set(self._layers)
        self._selected = tuple(name for name in names if name in known)

    def include(self, scope: Scope, values: Mapping[str, Scalar]) -> None:
        """One more override; nothing where there are no values."""
        if values:
            self._overrides.append((scope, dict(values)))
            self._show()

    def _ask(self) -> None:
        dialog = OtherwiseDialog(self._specs, self._layers, self._selected, self)
        dialog.accepted.connect(lambda: self.include(dialog.scope.scope(), dialog.values()))
        dialog.open()

    def _remove(self, at: int) -> None:
        del self._overrides[at]
        self._show()

    def _show(self) -> None:
        while (item := self._lines.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for at, override in enumerate(self._overrides):
            self._lines.addWidget(self._line(at, override))
        self.changed.emit()

    def _line(self, at: int, override: Override) -> QWidget:
        host = QWidget()
        row = QHBoxLayout(host)
        row.setContentsMargins(0, 0, 0, 0)
        text = QLabel(_words(override, self._specs), wordWrap=True)
        text.setToolTip("\n".join(override[0].layers))
        remove = QToolButton()
        remove.setText("✕")
        remove.setAutoRaise(True)
        remove.setToolTip(tr("Treat these layers as all others."))
        remove.setAccessibleName(tr("Treat these layers as all others."))
        remove.clicked.connect(partial(self._taken_out, at))
        row.addWidget(text, 1)
        row.addWidget(remove)
        return host

    def _taken_out(self, at: int, _checked: bool = False) -> None:
        self._remove(at)


class OtherwiseDialog(QDialog):
    """Which layers, and what they have that others have not; what is left open is as for all."""

    def __init__(
        self, specs: Sequence[Spec], layers: Sequence[str], selected: Sequence[str], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Layers otherwise"))
        self.form = ParamForm([_open(spec) for spec in specs])
        for row in self.form.rows.values():
            if isinstance(row.editor, QComboBox):
                row.editor.setItemText(0, tr("as all others"))
        self.scope = ScopeBox(layers, selected)
        (self.scope.selected if selected else self.scope.matching).setChecked(True)
        self.scope.everything.hide()
        self.problem = QLabel(wordWrap=True)
        self.problem.setObjectName("FieldError")
        self.buttons = ButtonBox(ButtonBox.StandardButton.Cancel)
        self.add_button = QPushButton(tr("&Add"))
        self.add_button.setDefault(True)
        self.buttons.addButton(self.add_button, ButtonBox.ButtonRole.AcceptRole)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(_MARGIN, _MARGIN, _MARGIN, _MARGIN)
        column.setSpacing(_MARGIN)
        for widget in (self.scope, self.form, self.problem):
            column.addWidget(widget)
        column.addStretch(1)
        column.addWidget(self.buttons)
        self.form.changed.connect(self._changed)
        self.scope.changed.connect(self._changed)
        self._changed()
        self.resize(_WIDTH, self.heightForWidth(_WIDTH) if self.hasHeightForWidth() else self.sizeHint().height())

    def values(self) -> dict[str, Scalar]:
        """What was chosen; what was left as for all is missing."""
        return {name: value for name, value in self.form.values().items() if value is not None}

    def _changed(self) -> None:
        values = self.values()
        low, high = (None if v is None else float(v) for v in (values.get("range_low"), values.get("range_high")))
        problem = no_range(low, high)
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))
        make_room(self)
        problem = next(iter(self.form.errors().values()), "") or problem or self.scope.error()
        if not problem and not values:
            problem = tr("Choose something that is other than for all.")
        self.add_button.setEnabled(not problem)
        self.add_button.setToolTip(problem)


def _open(spec: Spec) -> Spec:
    """Nothing chosen at first: as for all layers. A yes or no becomes a choice, as a box has no third state here."""
    field = dataclasses.replace(spec.field, advanced=False, group="")
    if spec.type is bool:
        return dataclasses.replace(spec, type=str, choices=(_YES, _NO), default=None, optional=True, field=field)
    return dataclasses.replace(spec, default=None, optional=True, field=field)


def _words(override: Override, specs: Sequence[Spec]) -> str:
    scope, part = override
    names = list(scope.layers)
    about = scope.pattern or ", ".join(names[:_NAMED])
    if len(names) > _NAMED:
        about = tr("{names} and {n} more", names=about, n=len(names) - _NAMED)
    labels = {spec.name: tr(spec.field.label) for spec in specs}
    values = [f"{labels[k]} {choice_title(v) if isinstance(v, str) else number_text(v)}" for k, v in part.items()]
    return f"{about}: {', '.join(values)}"
