"""The translations there are: complete to a stated number, well-formed, and what the window speaks when asked to."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QLocale, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QDialogButtonBox,
    QLabel,
    QMenu,
    QPushButton,
    QSizePolicy,
    QTabWidget,
    QWidget,
)
from pytestqt.qtbot import QtBot

from core.methods.method import load_methods
from core.report import Measure
from gui.act.dialog import _estimate
from gui.desk import Desk
from gui.figures import short
from gui.main_window import SIZE
from gui.operations import act, helping
from gui.translations import __main__ as tool
from gui.translations import choosing
from gui.translations.choosing import FOLDER
from gui.translations.files import read, release, source_file, write
from gui.translations.texts import Text, literals, texts
from gui.words import counted, moment, thousands, tr
from tests.gui.dialog_tools import every_dialog
from tests.gui.test_keyboard import all_menus, letters, nameless
from tests.gui.window_tools import settle

LANGUAGES = sorted(path.stem.removeprefix("thimble_") for path in FOLDER.glob("thimble_*.ts"))
MISSING = 40  # texts that a language may lack between two updates of its file (python -m gui.translations --update de)


@pytest.fixture
def german(qapp: QApplication, request: pytest.FixtureRequest) -> Iterator[Desk]:
    """The sample's window in German."""
    assert choosing.install(qapp, "de") == "de"
    yield request.getfixturevalue("sample")
    choosing.remove(qapp)


@pytest.fixture
def spoken(qapp: QApplication) -> Iterator[None]:
    choosing.install(qapp, "de")
    yield
    choosing.remove(qapp)


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("language", LANGUAGES)
def test_few_texts_are_not_translated(language: str) -> None:
    known = read(source_file(language))
    missing = [t.text for t in texts() if t.text not in known]
    print(f"{language} lacks {len(missing)} texts:", *missing, sep="\n  ")
    assert len(missing) <= MISSING, f"python -m gui.translations --update {language}, then translate:\n" + "\n".join(
        missing
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_fill_in_what_the_text_fills_in(language: str) -> None:
    known = read(source_file(language))
    wrong = [
        text for text, forms in known.items() for form in forms if fields(form) != fields(text) and "{" in text + form
    ]
    assert not wrong


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_window_reads_was_made_of_what_people_read(language: str, tmp_path: Path) -> None:
    made = tmp_path / "made.qm"
    release(source_file(language), made)
    kept = source_file(language).with_suffix(".qm")
    assert made.read_bytes() == kept.read_bytes(), f"python -m gui.translations --update {language}"


def test_a_new_language_begins_with_every_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "new.ts"
    assert tool.main(["--extract", str(out)]) == 0
    assert str(len(texts())) in capsys.readouterr().out
    assert read(out) == {}
    content = out.read_text("utf-8")
    for text in ("&amp;Open model…", "Magnitude pruning", "Channels removed", "{n} layers", "Rename layer"):
        assert f"<source>{text}</source>" in content, text


def test_a_file_keeps_what_was_translated(tmp_path: Path) -> None:
    some = [Text("Old.", "a.py"), Text("New & <other>.", "a.py"), Text("{n} dogs", "b.py", "{n} dog")]
    known = {"Old.": ("Alt.",), "{n} dogs": ("{n} Hund", "{n} Hunde"), "Gone.": ("Weg.",)}
    write(tmp_path / "x.ts", "de", some, known)
    assert read(tmp_path / "x.ts") == {"Old.": ("Alt.",), "{n} dogs": ("{n} Hund", "{n} Hunde")}


def test_both_of_a_choice_are_found() -> None:
    assert literals(ast.parse("'a' if x else 'b'", mode="eval").body) == ["a", "b"]
    assert literals(ast.parse("f'{a} b'", mode="eval").body) == []


@pytest.mark.parametrize(
    ("wanted", "system", "spoken_then"),
    [
        ("system", ["de-AT", "en"], "de"),
        ("system", ["fr_FR", "de"], "de"),
        ("system", ["xx"], "en"),
        ("en", ["de"], "en"),
        ("de", ["en-GB"], "de"),
        ("gone", ["en-GB", "de"], "en"),
    ],
)
def test_the_language_is_the_chosen_one_or_the_system_s(wanted: str, system: list[str], spoken_then: str) -> None:
    assert choosing.choose(wanted, system) == spoken_then


def test_numbers_and_times_are_those_of_the_language(spoken: None) -> None:
    assert counted(1, "{n} layer", "{n} layers") == "1 Schicht"
    assert counted(1234, "{n} layer", "{n} layers") == "1\u202f234 Schichten"
    assert tr("A&ll layers ({count:,})", count=65_000) == "A&lle Schichten (65\u202f000)"
    assert thousands(999) == "999"
    assert moment(0).startswith("1. Januar 1970")
    assert short(-1.5, "points") == "−1.5 Punkte"
    assert short(3, "layers") == "3 Schichten"


def test_english_is_as_it_stands() -> None:
    assert counted(1, "{n} layer", "{n} layers") == "1 layer"
    assert counted(1234, "{n} layer", "{n} layers") == "1,234 layers"
    assert tr("{count:,} to train", count=1200) == "1,200 to train"


def test_the_window_speaks_german(german: Desk, qtbot: QtBot) -> None:
    window = german.window
    assert [a.text() for a in window.menuBar().actions()][:3] == ["&Datei", "&Bearbeiten", "&Ansicht"]
    assert {d.windowTitle() for d in window.docks.values()} == {"Revisionen", "Daten", "Inspektor", "Aufträge"}
    assert german.actions["open"].text() == "Modell ö&ffnen…"
    assert "Einträge in 10 Klassen" in window.data.parts.text()
    dialog = act.make_dialog(german, load_methods().get("prune.magnitude"))
    assert dialog.windowTitle() == "Pruning nach Betrag"
    assert "Entfernte Kanäle" in [label.text() for label in dialog.findChildren(QLabel)]
    assert "Abbrechen" in [b.text().replace("&", "") for b in dialog.findChildren(QPushButton)], "Qt's own button"
    qtbot.waitUntil(lambda: dialog.status.text() not in ("", "Wird geschätzt…"))
    shortcuts = helping.ShortcutDialog(list(german.actions.values()), german)
    assert shortcuts.findChild(QDialogButtonBox).buttons()[0].text().replace("&", "") == "Schließen"
    keys = [shortcuts.table.item(r, 1).text() for r in range(shortcuts.table.rowCount())]
    assert "Strg+O" in keys


def test_no_german_letter_stands_twice(german: Desk) -> None:
    twice = {t: sorted({x for x in f if f.count(x) > 1}) for t, m in all_menus(german) if (f := letters(m))}
    bar = letters_of_bar(german)
    assert len(bar) == len(set(bar)), bar
    assert not {title: found for title, found in twice.items() if found}


def test_no_german_letter_of_a_menu_is_taken_by_a_panel(german: Desk) -> None:
    window = german.window
    texts = [w.text() for w in window.findChildren(QAbstractButton) if w.objectName() != "Fold"]
    texts += [w.text() for w in window.findChildren(QLabel) if w.buddy() is not None]
    texts += [t.tabText(k) for t in window.findChildren(QTabWidget) for k in range(t.count())]
    taken = {t.replace("&&", "").partition("&")[2][:1].lower(): t for t in texts if "&" in t}
    assert not {letter: taken[letter] for letter in letters_of_bar(german) if letter in taken}


def letters_of_bar(desk: Desk) -> list[str]:
    return [a.text().partition("&")[2][:1].lower() for a in desk.window.menuBar().actions() if a.isVisible()]


def cut(dialog: QWidget) -> list[str]:
    """Buttons and labels that have less room than their text needs."""
    found = []
    for one in dialog.findChildren(QWidget):
        if not one.isVisibleTo(dialog) or not isinstance(one, QAbstractButton | QLabel) or not one.text():
            continue
        gives_way = one.sizePolicy().horizontalPolicy() == QSizePolicy.Policy.Ignored
        wraps = isinstance(one, QLabel) and (one.wordWrap() or "…" in one.text())
        if not gives_way and not wraps and one.minimumSizeHint().width() > one.width() + 1:
            found.append(f"{type(one).__name__}: {one.text()} needs {one.minimumSizeHint().width()}, has {one.width()}")
    return found


def test_nothing_german_is_cut(german: Desk, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    for key, dialog in every_dialog(german, qtbot, monkeypatch):
        assert not cut(dialog), key
        assert nameless(dialog) == [], key
    german.window.resize(SIZE)
    qtbot.wait(50)
    assert not cut(german.window)


def test_a_revision_s_title_is_kept_in_english_and_shown_in_german(german: Desk, qtbot: QtBot) -> None:
    act.apply_request(german, act.make_dialog(german, load_methods().get("prune.magnitude")).request())
    settle(german, qtbot)
    made = german.state.revisions[-1]
    assert made.title.startswith("Magnitude pruning"), "whoever opens the project may speak another language"
    assert act.shown_title(made).startswith("Pruning nach Betrag")


def test_a_language_is_chosen_in_the_menu(desk: Desk, qtbot: QtBot) -> None:
    menu = next(m for title, m in all_menus(desk) if title == "Languag&e")
    assert isinstance(menu, QMenu)
    menu.popup(desk.window.mapToGlobal(desk.window.rect().center()))
    qtbot.waitUntil(menu.isVisible)
    german = next(a for a in menu.actions() if a.text() == "Deutsch")
    qtbot.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(german).center())
    assert desk.settings.language == "de"
    assert german.isChecked()
    assert "Deutsch is chosen." in desk.window.messages.message.text()
    assert QLocale().language() != QLocale.Language.German, "this window goes on as it is"


def test_an_estimate_names_its_unit_once(spoken: None) -> None:
    found = {"int8_layers": Measure(23, "layers", "estimated"), "float_layers": Measure(2, "layers", "estimated")}
    assert [_estimate(name, found) for name in found] == ["quantisierte Schichten 23", "Float-Schichten 2"]
