"""All attributes of an operator as fields, with what each means below the one that has the keyboard."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from core.errors import UserError
from core.model.editing.edit import Json
from core.model.editing.operators import AttributeInfo, OperatorInfo
from gui import theme
from gui.editing.forms.attribute_row import KINDS, UNSET, AttributeRow, as_text
from gui.editing.forms.base import hint
from gui.words import tr


class AttributeFields(QWidget):
    """``values()`` gives what is set, ``changes()`` what differs from before, ``constants()`` what is stored beside.

    ``most_rows`` are seen at once.
    """

    changed = Signal()

    def __init__(
        self,
        operator: str,
        info: OperatorInfo | None,
        given: Mapping[str, Json],
        constants: Mapping[str, Json] | None = None,
        most_rows: int = 7,
    ) -> None:
        super().__init__()
        self._most_rows = most_rows
        self.rows: dict[str, AttributeRow] = {}
        self._constants = dict(constants or {})
        meanings = {i.name: i.meaning for i in info.inputs} if info is not None else {}
        for name, value in self._constants.items():
            made = AttributeInfo(name, "numbers", False, None, (), meanings.get(name, ""))
            self.rows[name] = AttributeRow(made, value, self.changed.emit)
        known = list(info.attributes) if info is not None else []
        for one in sorted(known, key=lambda a: (a.name not in given, not a.required)):
            self.rows[one.name] = AttributeRow(one, given.get(one.name), self.changed.emit)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.UNIT)
        self.help = hint("")
        self.help.setTextFormat(Qt.TextFormat.RichText)
        self.help.setAlignment(Qt.AlignmentFlag.AlignTop)
        if self.rows:
            column.addWidget(self._table(), 1)
            column.addWidget(self.help)
            self._explain(next(iter(self.rows.values())))
            self.help.setMinimumHeight(3 * self.help.fontMetrics().lineSpacing())
        else:
            column.addWidget(hint(tr("{operator} has no attributes.", operator=operator)))

    def _table(self) -> QWidget:
        inside = QWidget()
        grid = QGridLayout(inside)
        grid.setContentsMargins(0, 0, theme.UNIT, 0)
        grid.setHorizontalSpacing(2 * theme.UNIT)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        for at, (name, row) in enumerate(self.rows.items()):
            label = QLabel(name)
            label.setBuddy(row.editor)
            for one in (label, row.editor):
                one.setToolTip(row.info.meaning)
            grid.addWidget(label, at, 0)
            grid.addWidget(row.editor, at, 1)
            row.editor.installEventFilter(self)
        grid.setRowStretch(len(self.rows), 1)
        scroll = QScrollArea()
        scroll.setWidget(inside)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        height = inside.sizeHint().height() * min(len(self.rows), self._most_rows) // len(self.rows)
        scroll.setMinimumHeight(height + 4)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll = scroll
        return scroll

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FocusIn:
            row = next((r for r in self.rows.values() if r.editor is watched), None)
            if row is not None:
                self._explain(row)
                self._scroll.ensureWidgetVisible(row.editor)
        return super().eventFilter(watched, event)

    def _explain(self, row: AttributeRow) -> None:
        kind = tr(KINDS[row.info.kind]) if row.typed else tr("not a plain value")
        must = tr("required") if row.info.required else ""
        head = ", ".join(filter(None, (f"<b>{escape(row.info.name)}</b>", kind, must)))
        self.help.setText(f"{head}. {escape(row.info.meaning)}")

    def values(self) -> dict[str, Json]:
        """The attributes that are set. Raises UserError for what is no value, and for a required one that is empty."""
        found: dict[str, Json] = {}
        for name, row in self.rows.items():
            if not row.typed or name in self._constants:
                continue
            value = row.value()
            if value is UNSET and row.info.required:
                raise UserError(tr("'{name}' is required.", name=name))
            if value is not UNSET:
                found[name] = value  # type: ignore[assignment]
        return found

    def constants(self) -> dict[str, Json]:
        """The constants that are typed in: one number stands for as many as are needed."""
        found: dict[str, Json] = {}
        for name in self._constants:
            value = self.rows[name].value()
            if isinstance(value, list):
                wrong = next((v for v in value if isinstance(v, str)), None)
                if wrong is not None:
                    raise UserError(tr("'{name}' is '{text}'; it must be a number.", name=name, text=wrong))
                found[name] = value[0] if len(value) == 1 and not isinstance(self._constants[name], list) else value
        return found

    def changes(self) -> tuple[dict[str, Json], list[str]]:
        """(attributes with other values than before, attributes that are left out now)."""
        now = self.values()
        before = {n: r.was for n, r in self.rows.items() if r.was is not None and r.typed}
        other = {n: v for n, v in now.items() if n not in before or as_text(before[n]) != as_text(v)}
        return other, [n for n in before if n not in now]
