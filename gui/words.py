"""Every word of the window goes through Qt's translation here. The words themselves stand where they are used."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

CONTEXT = "Thimble"


def tr(text: str, **values: object) -> str:
    """A text of the window in the user's language; ``{name}`` in it is filled with ``values``.

    The text must be a literal (or come from a registry of literals), so that a translator finds it: fill in with
    ``tr("{count} layers", count=n)``, never with an f-string.
    """
    translated = QCoreApplication.translate(CONTEXT, text)
    return translated.format(**values) if values else translated


def counted(count: int, one: str, many: str, **values: object) -> str:
    """``counted(n, "{n} layer", "{n} layers")``: the form that fits the number."""
    return tr(one if count == 1 else many, n=f"{count:,}", **values)
