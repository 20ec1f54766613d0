"""A form made from a method's parameters: editors, units, bounds, help, and one sentence where a value is wrong."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QLabel,
    QLineEdit,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from core.errors import UserError
from core.params import Scalar, Spec, check
from gui.number_edit import NumberEdit, number_text
from gui.wording import choice_title
from gui.words import mark, tr

_ADVANCED = mark("Advanced")
_OPEN = ""  # data of the item that stands for values which differ
_WRONG = object()  # equal to no default


class ParamRow:
    """One parameter's label, editor and error line.

    ``differs``: what the form is about has several values; the editor says so until somebody chooses one for all.
    """

    def __init__(self, spec: Spec, value: Scalar, differs: bool = False) -> None:
        self.spec = spec
        self.differs = differs
        self.label = QLabel(tr(spec.field.label))
        self.editor = _editor(spec, value)
        self.error = QLabel(wordWrap=True)
        self.error.setObjectName("FieldError")
        self.error.hide()
        self.label.setBuddy(self.editor)
        self.editor.setAccessibleName(tr(spec.field.label))
        self.editor.setAccessibleDescription(tr(spec.field.help))
        for widget in (self.label, self.editor):
            widget.setToolTip(_tip(spec))
        if differs:
            _leave_open(self.editor)

    @property
    def undecided(self) -> bool:
        """Whether nobody has chosen one value for all."""
        return self.differs and _is_open(self.editor)

    def raw(self) -> Scalar:
        if isinstance(self.editor, QCheckBox):
            return self.editor.isChecked()
        if isinstance(self.editor, QComboBox):
            return str(self.editor.currentData())
        assert isinstance(self.editor, NumberEdit | QLineEdit)
        return self.editor.text()

    def set_raw(self, value: Scalar) -> None:
        if isinstance(self.editor, QCheckBox):
            self.editor.setCheckState(Qt.CheckState.Checked if value else Qt.CheckState.Unchecked)
        elif isinstance(self.editor, QComboBox):
            self.editor.setCurrentIndex(max(self.editor.findData(_data(value)), 0))
        elif isinstance(self.editor, NumberEdit):
            self.editor.set_value(value)
        elif isinstance(self.editor, QLineEdit):
            self.editor.setText("" if value is None else str(value))

    def verdict(self) -> tuple[Scalar, str]:
        """(value, '') or (None, one sentence); the sentence is shown below the editor. Undecided: (None, '')."""
        try:
            value, why = None if self.undecided else check(self.spec, self.raw()), ""
        except UserError as error:
            value, why = None, str(error)
        self.error.setText(why)
        self.error.setVisible(bool(why))
        return value, why


class ParamForm(QWidget):
    """Editors for every Spec; groups fold away below a button each, advanced ones without a group at the end.

    ``folds`` are these buttons by title; one says how many of its parameters are not as by default. Parameters named in
    ``differing`` have several values: they have none here until somebody chooses.
    """

    changed = Signal()

    def __init__(
        self,
        specs: Sequence[Spec],
        values: Mapping[str, Scalar] | None = None,
        parent: QWidget | None = None,
        differing: Collection[str] = (),
    ) -> None:
        super().__init__(parent)
        given = values or {}
        self.rows = {s.name: ParamRow(s, given.get(s.name, s.default), s.name in differing) for s in specs}
        self.folds: dict[str, QToolButton] = {}
        self._folded: dict[str, list[ParamRow]] = {}
        plain: list[ParamRow] = []
        for row in self.rows.values():
            fold = row.spec.field.group or (_ADVANCED if row.spec.field.advanced else "")
            (self._folded.setdefault(fold, []) if fold else plain).append(row)
        if _ADVANCED in self._folded:
            self._folded[_ADVANCED] = self._folded.pop(_ADVANCED)  # the last
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        if plain:
            column.addWidget(_page(plain))
        for title, rows in self._folded.items():
            self._add_fold(column, title, rows)
        for row in self.rows.values():
            _on_change(row.editor, self._changed)
        self._values: dict[str, Scalar] = {}
        self._errors: dict[str, str] = {}
        self._check()

    @property
    def labels(self) -> list[QLabel]:
        """For whoever stands forms below each other and wants one column of labels."""
        return [row.label for row in self.rows.values()]

    def values(self) -> dict[str, Scalar]:
        """Checked values by parameter name; a wrong one is named in :meth:`errors` instead; none undecided."""
        return dict(self._values)

    def errors(self) -> dict[str, str]:
        return dict(self._errors)

    @property
    def valid(self) -> bool:
        return not self._errors

    def set_values(self, values: Mapping[str, Scalar]) -> None:
        for name, value in values.items():
            self.rows[name].set_raw(value)

    def reset(self) -> None:
        """Every parameter back to its default."""
        self.set_values({name: row.spec.default for name, row in self.rows.items()})

    def focus_first_error(self) -> None:
        for name in self._errors:
            row = self.rows[name]
            for title, rows in self._folded.items():
                if row in rows:
                    self.folds[title].setChecked(True)
            row.editor.setFocus()
            return

    def _add_fold(self, column: QVBoxLayout, title: str, rows: Sequence[ParamRow]) -> None:
        button = QToolButton()
        button.setObjectName("Fold")
        button.setCheckable(True)
        button.setAutoRaise(True)
        button.setArrowType(Qt.ArrowType.RightArrow)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        page = _page(rows)
        page.hide()

        def toggle(open_: bool) -> None:
            button.setArrowType(Qt.ArrowType.DownArrow if open_ else Qt.ArrowType.RightArrow)
            page.setVisible(open_)

        button.toggled.connect(toggle)
        self.folds[title] = button
        column.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(page)

    def _changed(self, *_: object) -> None:
        self._check()
        self.changed.emit()

    def _check(self) -> None:
        self._values, self._errors = {}, {}
        for name, row in self.rows.items():
            value, why = row.verdict()
            if why:
                self._errors[name] = why
            elif not row.undecided:
                self._values[name] = value
        for title, rows in self._folded.items():
            changed = sum(self._values.get(r.spec.name, _WRONG) != r.spec.default for r in rows)
            shown = tr(title)
            if changed:
                shown = tr("{group} ({count} changed)", group=shown, count=changed)
            self.folds[title].setText(shown)


def _editor(spec: Spec, value: Scalar) -> QWidget:
    if spec.type is bool and not spec.optional:
        box = QCheckBox()
        box.setChecked(bool(value))
        return box
    choices = (_data(True), _data(False)) if spec.type is bool else spec.choices
    if choices:
        combo = QComboBox()
        for choice in (*(("none",) if spec.optional else ()), *choices):
            combo.addItem(choice_title(choice), choice)
        combo.setCurrentIndex(max(combo.findData(_data(value)), 0))
        return combo
    if spec.type in (int, float):
        return NumberEdit(spec, value)
    return QLineEdit("" if value is None else str(value))


def _data(value: Scalar) -> str:
    """What stands for a value in a list of choices, as the core reads it."""
    return str(value).lower() if value is None or isinstance(value, bool) else str(value)


def _leave_open(editor: QWidget) -> None:
    """Show no value, but that there are several."""
    words = tr("(different)")
    if isinstance(editor, QCheckBox):
        editor.setTristate(True)
        editor.setCheckState(Qt.CheckState.PartiallyChecked)
        editor.setText(words)
        editor.checkStateChanged.connect(lambda state: editor.setText(words if _is_open(editor) else ""))
    elif isinstance(editor, QComboBox):
        editor.insertItem(0, words, _OPEN)
        editor.setCurrentIndex(0)
    elif isinstance(editor, NumberEdit):
        editor.leave_open(words)
    elif isinstance(editor, QLineEdit):
        editor.clear()
        editor.setPlaceholderText(words)


def _is_open(editor: QWidget) -> bool:
    if isinstance(editor, QCheckBox):
        return editor.checkState() is Qt.CheckState.PartiallyChecked
    if isinstance(editor, QComboBox):
        return bool(editor.currentData() == _OPEN)
    if isinstance(editor, NumberEdit):
        return editor.is_open
    return isinstance(editor, QLineEdit) and not editor.text()


def _on_change(editor: QWidget, slot: object) -> None:
    if isinstance(editor, QCheckBox):
        editor.checkStateChanged.connect(slot)
    elif isinstance(editor, QComboBox):
        editor.currentIndexChanged.connect(slot)
    elif isinstance(editor, NumberEdit):
        editor.changed.connect(slot)
    elif isinstance(editor, QLineEdit):
        editor.textChanged.connect(slot)


def _default_text(spec: Spec) -> str:
    return choice_title(str(spec.default)) if spec.choices else number_text(spec.default)


def _tip(spec: Spec) -> str:
    field = spec.field
    parts = [tr(field.help)] if field.help else []
    if field.low is not None and field.high is not None:
        parts.append(tr("Between {low:g} and {high:g}.", low=field.low, high=field.high))
    elif field.low is not None:
        parts.append(tr("At least {low:g}.", low=field.low))
    elif field.high is not None:
        parts.append(tr("At most {high:g}.", high=field.high))
    if not isinstance(spec.default, bool) and spec.default is not None:
        parts.append(tr("Default: {value}.", value=_default_text(spec)))
    return " ".join(parts)


def _page(rows: Sequence[ParamRow]) -> QWidget:
    page = QWidget()
    grid = QGridLayout(page)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(16)
    grid.setVerticalSpacing(4)
    grid.setColumnStretch(1, 1)
    for k, row in enumerate(rows):
        grid.addWidget(row.label, 4 * k, 0)
        grid.addWidget(row.editor, 4 * k, 1)
        grid.addWidget(row.error, 4 * k + 1, 1)
        if row.spec.field.help:
            hint = QLabel(tr(row.spec.field.help).rstrip(".") + ".", wordWrap=True)
            hint.setObjectName("Hint")
            grid.addWidget(hint, 4 * k + 2, 1)
        if k + 1 < len(rows):
            grid.setRowMinimumHeight(4 * k + 3, 4)  # a hint is nearer to its own editor than to the next one
    return page
