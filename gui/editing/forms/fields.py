"""Fields that several forms use: sizes, a choice of tensors, one value of an attribute."""

from __future__ import annotations

import re
from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCompleter, QLineEdit

from core.errors import UserError
from gui.words import tr

_SHOWN = 12
_BETWEEN = re.compile(r"[,×]|(?<=\d)\s*x\s*(?=\d)", re.IGNORECASE)


class NameLine(QLineEdit):
    """A line that completes names from anywhere within them."""

    def __init__(self, names: Sequence[str], value: str = "") -> None:
        super().__init__(value)
        found = QCompleter(list(names), self)  # a model handed over would not be kept
        found.setFilterMode(Qt.MatchFlag.MatchContains)
        found.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        found.setMaxVisibleItems(_SHOWN)
        self.setCompleter(found)
        self.setClearButtonEnabled(True)


def sizes(text: str, name: str) -> tuple[int | str, ...]:
    """'batch, 3, 224, 224' as sizes; '×' and 'x' between numbers divide as well. Raises UserError naming the input."""
    parts = [p.strip() for p in _BETWEEN.split(text.strip("[]() "))]
    if parts == [""]:
        return ()
    if not all(parts):
        raise UserError(tr("The shape of '{name}' has an empty size.", name=name), tr("Example: batch, 3, 224, 224."))
    return tuple(int(p) if p.lstrip("-").isdigit() else p for p in parts)


def sizes_text(shape: Sequence[int | str | None]) -> str:
    """The inverse of :func:`sizes`; an open size without a name becomes '?'."""
    return ", ".join("?" if d is None else str(d) for d in shape)
