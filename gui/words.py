"""Every word of the window goes through Qt's translation here. The words themselves stand where they are used."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QDateTime, QLocale

CONTEXT = "Thimble"


def tr(text: str, /, **values: object) -> str:
    """A text of the window in the user's language; ``{name}`` in it is filled with ``values``.

    The text must be a literal (or come from a registry of literals), so that a translator finds it: fill in with
    ``tr("{count} layers", count=n)``, never with an f-string.
    """
    translated = QCoreApplication.translate(CONTEXT, text) if text else ""
    return translated.format(**values) if values else translated


def counted(count: int, one: str, many: str, /, **values: object) -> str:
    """``counted(n, "{n} layer", "{n} layers")``: the form that fits the number.

    A translation hangs on ``many`` and has as many forms as its language knows; English has these two.
    """
    translated = QCoreApplication.translate(CONTEXT, many, None, count)
    if count == 1 and translated == many:
        translated = one
    return translated.format(n=f"{count:,}", **values)


def mark(text: str) -> str:
    """The text itself: a literal of a table, found by the extraction, that :func:`tr` translates when it is shown.

    Tables are made before the language is known, so they cannot translate by themselves.
    """
    return text


def moment(stamp: float, pattern: str = mark("d MMMM yyyy, HH:mm")) -> str:
    """A time (seconds since 1970) as the user's language writes it; ``pattern`` is one of QDateTime's, marked."""
    return QLocale().toString(QDateTime.fromSecsSinceEpoch(int(stamp)), tr(pattern))
