"""The window in another language: every text it shows has been through Qt's translation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Qt, QTranslator
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QDialog,
    QDockWidget,
    QGroupBox,
    QLabel,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QTableView,
    QTabWidget,
    QTreeView,
    QWidget,
)

from core.methods.method import load_methods
from core.references.catalogue import entries
from core.report import Measure, Report
from gui.compare.predict_dialog import Answer, PredictDialog
from gui.desk import Desk
from gui.operations import act, creating, exporting, helping
from gui.report_dialog import ReportDialog

WRAPPED = re.compile(r"⟦[^⟦⟧]*⟧")
MARKUP = re.compile(r"(?s)<p style.*|<a .*?</a>.*|<[^>]*>")  # papers are named as they are
WORD = re.compile(r"[^\W\d_]{3,}")
PROPER = ["Thimble", "English", "Deutsch", "CPU", "NVIDIA GPU (CUDA)", "Apple GPU (MPS)", ".safetensors, .pth, .pt"]
LATER = ("Inspector", "LayersTable", "RevisionTree", "StartScreen", "GraphPane", "QStatusBar")


class Wrapping(QTranslator):
    """Marks what came through: '⟦Open model…⟧'."""

    def isEmpty(self) -> bool:
        return False

    def translate(self, context: str, text: str, disambiguation: str | None = None, n: int = -1) -> str:
        return f"⟦{text}⟧"


@pytest.fixture
def wrapped(qapp: QApplication, request: pytest.FixtureRequest) -> Iterator[Desk]:
    """The sample's window, made while every text is wrapped."""
    translator = Wrapping(qapp)
    qapp.installTranslator(translator)
    yield request.getfixturevalue("sample")
    qapp.removeTranslator(translator)


def shown(widget: QWidget) -> Iterator[tuple[str, str]]:
    """(where, text) of everything that a widget and what is in it shows or tells."""
    for one in [widget, *widget.findChildren(QWidget)]:
        if any(type(above).__name__ in LATER for above in _line_up(one)):
            continue
        where = f"{type(one).__name__} in {type(one.parent()).__name__}"
        yield from ((where, text) for text in _texts_of(one))


def _line_up(one: QObject) -> Iterator[QObject]:
    """A widget and those it stands in."""
    above: QObject | None = one
    while above is not None:
        yield above
        above = above.parent()


def _texts_of(one: QWidget) -> Iterator[str]:
    yield from (one.toolTip(), one.accessibleName(), one.accessibleDescription(), one.statusTip())
    if isinstance(one, QDialog | QDockWidget):
        yield one.windowTitle()
    if isinstance(one, QLabel | QAbstractButton):
        yield one.text()
    if isinstance(one, QLineEdit | QPlainTextEdit):
        yield one.placeholderText()
    if isinstance(one, QGroupBox):
        yield one.title()
    if isinstance(one, QTabWidget):
        yield from (one.tabText(k) for k in range(one.count()))
    if isinstance(one, QComboBox):
        yield from (one.itemText(k) for k in range(one.count()))
    if isinstance(one, QMenu):
        yield one.title()
        for action in one.actions():
            yield from (action.text(), action.toolTip(), action.statusTip())
    if isinstance(one, QTableView | QTreeView):
        yield from _headers(one)


def _headers(view: QAbstractItemView) -> Iterator[str]:
    model = view.model()
    if model is not None:
        for column in range(model.columnCount()):
            for role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
                yield str(model.headerData(column, Qt.Orientation.Horizontal, role) or "")


def unwrapped(text: str) -> str:
    """What of a text has not been translated, inner values included."""
    while WRAPPED.search(text):
        text = WRAPPED.sub("", text)
    return text


def left_over(places: Iterator[tuple[str, str]], data: list[str]) -> list[str]:
    """Words that are neither translated nor data, with where they stand."""
    found = set()
    for where, text in places:
        rest = unwrapped(MARKUP.sub("", text))
        for name in data:
            rest = rest.replace(name, "")
        if WORD.search(rest):
            found.add(f"{where}: {rest.strip()!r}")
    return sorted(found)


def names(desk: Desk) -> list[str]:
    """What is data or a proper name, the longest first."""
    state = desk.state
    assert state.attached is not None
    assert state.model is not None
    found = [state.title, state.attached.data.name, state.attached.data.location, *state.attached.data.classes]
    found += [state.attached.parts.note, *PROPER]
    return sorted(filter(None, found), key=len, reverse=True)


def test_every_text_of_the_window_is_translated(wrapped: Desk) -> None:
    found = left_over(shown(wrapped.window), names(wrapped))
    assert not found, "\n".join(found)


def test_every_menu_and_panel_is_translated(wrapped: Desk) -> None:
    menus = [(f"menu {key}", text) for key, a in wrapped.actions.items() for text in (a.text(), a.toolTip())]
    found = left_over(iter(menus), names(wrapped))
    assert not found, "\n".join(found)


def test_every_text_of_the_dialogs_is_translated(wrapped: Desk) -> None:
    networks = [text for e in entries() for text in (e.title, e.family)]
    for dialog in dialogs(wrapped):
        found = left_over(shown(dialog), sorted([*networks, *names(wrapped)], key=len, reverse=True))
        assert not found, "\n".join(found)
        dialog.deleteLater()


def test_a_failure_and_an_answer_are_translated(wrapped: Desk, tmp_path: Path) -> None:
    answers = [Answer("model", [("seven", 0.9)]), Answer("model", [("one", 0.8)])]
    dialog = PredictDialog(tmp_path / "picture.png", answers, wrapped.window)
    found = left_over(shown(dialog), ["picture.png", "model", "seven", "one"])
    assert not found, "\n".join(found)
    report = ReportDialog("title", Report({"macs": Measure(5, "MAC", "estimated", "graph")}), wrapped.window)
    found = left_over(shown(report), ["title", "graph"])
    assert not found, "\n".join(found)
    wrapped.errors.crash("boom", "details")
    found = left_over(shown(wrapped.window.messages), ["boom", "crash-"])
    assert not found, "\n".join(found)


def dialogs(desk: Desk) -> Iterator[QDialog]:
    for method in load_methods():
        yield act.make_dialog(desk, method)
    yield exporting.make_dialog(desk)
    yield creating.make_dialog(desk)
    yield helping.ShortcutDialog(list(desk.actions.values()), desk)
