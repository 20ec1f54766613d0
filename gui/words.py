"""Every word of the window goes through Qt's translation here. The words themselves stand where they are used."""

from __future__ import annotations

import string
from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QCoreApplication, QDateTime, QLocale

CONTEXT = "Thimble"
_THIN = "\u202f"  # a narrow space that does not break


def tr(text: str, /, **values: object) -> str:
    """A text of the window in the user's language; ``{name}`` in it is filled with ``values``.

    The text must be a literal (or come from a registry of literals), so that a translator finds it: fill in with
    ``tr("{count} layers", count=n)``, never with an f-string.
    """
    translated = QCoreApplication.translate(CONTEXT, text) if text else ""
    return _filled(translated, values) if values else translated


def counted(count: int, one: str, many: str, /, **values: object) -> str:
    """``counted(n, "{n} layer", "{n} layers")``: the form that fits the number.

    A translation hangs on ``many`` and has as many forms as its language knows; English has these two.
    """
    translated = QCoreApplication.translate(CONTEXT, many, None, count)
    if count == 1 and translated == many:
        translated = one
    return _filled(translated, {"n": thousands(count), **values})


def thousands(value: int) -> str:
    """A whole number with its thousands apart: '1,234', and '1 234' in languages where a comma would be a fraction."""
    shown = f"{value:,}"
    return shown if "," not in shown or _commas() else shown.replace(",", _THIN)


def _commas() -> bool:
    return QLocale().language() in (QLocale.Language.English, QLocale.Language.C)


class _Spaced(string.Formatter):
    def format_field(self, value: Any, format_spec: str) -> str:
        shown = str(super().format_field(value, format_spec))
        return shown.replace(",", _THIN) if "," in format_spec else shown


def _filled(text: str, values: Mapping[str, object]) -> str:
    return text.format(**values) if _commas() else _Spaced().vformat(text, (), values)


def mark(text: str) -> str:
    """The text itself: a literal of a table, found by the extraction, that :func:`tr` translates when it is shown.

    Tables are made before the language is known, so they cannot translate by themselves.
    """
    return text


def moment(stamp: float, pattern: str = mark("d MMMM yyyy, HH:mm")) -> str:
    """A time (seconds since 1970) as the user's language writes it; ``pattern`` is one of QDateTime's, marked."""
    return QLocale().toString(QDateTime.fromSecsSinceEpoch(int(stamp)), tr(pattern))
