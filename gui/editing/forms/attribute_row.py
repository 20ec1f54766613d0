"""One attribute or constant of an operator in a form: an editor that fits its type, its default, what it means."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from PySide6.QtWidgets import QComboBox, QLineEdit, QWidget

from core.errors import UserError
from core.model.editing.attributes import parse
from core.model.editing.edit import Json
from core.model.editing.operators import AttributeInfo
from gui.words import mark, tr

KINDS = {
    "whole number": mark("a whole number"),
    "number": mark("a number"),
    "text": mark("text"),
    "whole numbers": mark("whole numbers divided by commas"),
    "numbers": mark("numbers divided by commas"),
    "texts": mark("texts divided by commas"),
}
UNSET = object()


class AttributeRow:
    """``value()`` is what is typed, UNSET where the attribute is left to its default."""

    def __init__(self, info: AttributeInfo, value: Json, changed: Callable[[], None]) -> None:
        self.info, self.was = info, value
        self.default = as_text(info.default) if info.default is not None else ""
        self.editor: QWidget = self._choice(changed) if info.choices else self._line(changed)
        self.editor.setAccessibleName(info.name)
        self.editor.setAccessibleDescription(info.meaning)

    @property
    def typed(self) -> bool:
        """Whether a value can be typed in; a body or a tensor cannot."""
        return self.info.kind in KINDS

    def value(self) -> Json | object:
        """Raises UserError where a number is wanted and something else is typed."""
        if isinstance(self.editor, QComboBox):
            text = str(self.editor.currentData() or "")
        else:
            assert isinstance(self.editor, QLineEdit)
            text = self.editor.text().strip().replace("−", "-")
        if not text:
            return UNSET
        if self.info.kind == "text":
            return text
        if self.info.kind.endswith("s"):
            return listed(text, self.info.kind == "texts")
        found = parse(text)
        if isinstance(found, str):
            raise UserError(tr("'{name}' is '{text}'; it must be a number.", name=self.info.name, text=text))
        return found  # type: ignore[no-any-return]

    def _choice(self, changed: Callable[[], None]) -> QComboBox:
        box = QComboBox()
        if not self.info.required:
            box.addItem(tr("default ({value})", value=self.default) if self.default else tr("not set"), "")
        for choice, meaning in self.info.choices:
            box.addItem(f"{choice} · {meaning}" if meaning else str(choice), str(choice))
        was = "" if self.was is None else str(self.was)
        if was and box.findData(was) < 0:
            box.addItem(was, was)  # what the file has, though nobody else knows it
        box.setCurrentIndex(max(box.findData(was), 0))
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.setMinimumContentsLength(16)
        box.currentIndexChanged.connect(lambda _: changed())
        return box

    def _line(self, changed: Callable[[], None]) -> QLineEdit:
        line = QLineEdit(as_text(self.was) if self.was is not None else "")
        if not self.typed:
            line.setEnabled(False)
            line.setPlaceholderText(tr("a tensor or a graph; it cannot be typed in"))
        elif self.info.required:
            line.setPlaceholderText(tr("required"))
        else:
            line.setPlaceholderText(tr("default: {value}", value=self.default) if self.default else tr("not set"))
        line.textChanged.connect(lambda _: changed())
        return line


def as_text(value: Any) -> str:
    """A value as it is typed: '2, 2', '0.001', 'SAME_UPPER'."""
    if isinstance(value, list | tuple):
        return ", ".join(as_text(v) for v in value)
    if isinstance(value, float):
        single = np.float32(value)  # attributes are: 0.01 rather than 0.009999999776
        text = str(single) if float(single) == value else repr(value)
        return text.removesuffix(".0")
    return str(value)


def listed(text: str, of_texts: bool = False) -> list[Json]:
    """'2, 2' as a list; what is no number stays text."""
    parts = [p.strip() for p in text.strip("[]() ").split(",") if p.strip()]
    return list(parts) if of_texts else [parse(p) for p in parts]
