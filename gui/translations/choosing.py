"""Which language the window speaks, and loading it: our own texts and those of Qt's standard buttons."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

FOLDER = Path(__file__).resolve().parents[2] / "resources" / "translations"
ENGLISH, SYSTEM = "en", "system"
_installed: list[QTranslator] = []


def languages() -> dict[str, str]:
    """Code -> name in the language itself; English, in which the texts stand in the source, comes first."""
    codes = sorted(path.stem.removeprefix("thimble_") for path in FOLDER.glob("thimble_*.qm"))
    return {ENGLISH: "English"} | {code: QLocale(code).nativeLanguageName() for code in codes}


def choose(wanted: str, system: Sequence[str]) -> str:
    """The code to speak: the one wanted, or for "system" the first of the system's languages that there is."""
    known = languages()
    if wanted in known:
        return wanted
    short = (name.replace("_", "-").partition("-")[0] for name in system)
    return next((code for code in short if code in known), ENGLISH)


def install(app: QCoreApplication, wanted: str) -> str:
    """Speak a language from now on; texts shown already stay as they are. Gives its code."""
    remove(app)
    system = QLocale.system()
    code = choose(wanted, system.uiLanguages())
    same = system.name().startswith(code)
    QLocale.setDefault(system if same else QLocale(code))  # how dates are written
    if code == ENGLISH:
        return code
    for name, folder in (
        (f"qtbase_{code}", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)),
        (f"thimble_{code}", str(FOLDER)),
    ):
        translator = QTranslator(app)
        if translator.load(name, folder) and app.installTranslator(translator):
            _installed.append(translator)
    return code


def remove(app: QCoreApplication) -> None:
    """English again."""
    for translator in _installed:
        app.removeTranslator(translator)
    _installed.clear()
    QLocale.setDefault(QLocale.system())
