"""The window in another language: every text it shows has been through Qt's translation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTranslator
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
from pytestqt.qtbot import QtBot

from core.references.catalogue import entries
from core.report import Measure, Report
from gui.act.dialog import MethodDialog
from gui.compare.predict_dialog import Answer, PredictDialog
from gui.desk import Desk
from gui.operations import helping
from gui.report_dialog import ReportDialog
from tests.gui.dialog_tools import every_dialog

WRAPPED = re.compile(r"⟦[^⟦⟧]*⟧")
MARKUP = re.compile(r"(?s)<p style.*|<a .*?</a>.*|<[^>]*>")  # papers are named as they are
WORD = re.compile(r"[^\W\d_]{3,}")
DTYPES = [
    "float16",
    "float32",
    "float64",
    "bfloat16",
    "uint8",
    "int8",
    "int32",
    "int64",
    "bool",
    "float",
    "uint",
    "int",
]
CORE_SPEAKS = {  # acts whose dialogs show ONNX's documentation or core's own sentences
    "attributes",
    "replace_operator",
    "insert",
    "remove_input",
    "remove_output",
    "values",
}
PROPER = ["Thimble", "English", "Deutsch", "CPU", "NVIDIA GPU (CUDA)", "Apple GPU (MPS)", ".safetensors, .pth, .pt"]


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
        where = f"{type(one).__name__} in {type(one.parent()).__name__}"
        yield from ((where, text) for text in _texts_of(one))


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
        if WORD.search(rest) and not _cut(rest, data):
            found.add(f"{where}: {rest.strip()!r}")
    return sorted(found)


def _cut(text: str, data: list[str]) -> bool:
    """Whether it is a name that had no room: 'Bat…ion'."""
    start, dots, end = text.partition("…")
    return bool(dots) and any(name.startswith(start) and name.endswith(end) for name in data)


def names(desk: Desk) -> list[str]:
    """What is data or a proper name, the longest first."""
    state = desk.state
    assert state.attached is not None
    assert state.model is not None
    found = [state.title, state.attached.data.name, state.attached.data.location, *state.attached.data.classes]
    found += [state.attached.parts.note, *PROPER]
    graph = state.model.graph
    source = Path(state.model.source)
    found += [source.name, str(source.parent), graph.producer_name or "", graph.producer_version or ""]
    for node in state.model.nodes():
        found += [node.op_type, *(node.name or "").split("/")[0].split(".")]
    for spec in state.model.inputs:
        found += [spec.name, spec.layout, "batch", "float32"]
    found += [value.name or "" for value in graph.graph.outputs]
    return sorted(filter(None, found), key=len, reverse=True)


def test_every_text_of_the_window_is_translated(wrapped: Desk) -> None:
    found = left_over(shown(wrapped.window), names(wrapped))
    assert not found, "\n".join(found)


def test_every_menu_and_panel_is_translated(wrapped: Desk) -> None:
    menus = [(f"menu {key}", text) for key, a in wrapped.actions.items() for text in (a.text(), a.toolTip())]
    found = left_over(iter(menus), names(wrapped))
    assert not found, "\n".join(found)


def core_sentences(dialog: QDialog) -> list[str]:
    """What the plan of an act says in a dialog: core's sentences stay English."""
    if not isinstance(dialog, MethodDialog):
        return []
    plan = [dialog.status.text(), *(w.toolTip() for w in dialog.figures.findChildren(QWidget))]
    return sorted(filter(None, (unwrapped(MARKUP.sub("", text)) for text in plan)), key=len, reverse=True)


def test_every_text_of_the_dialogs_is_translated(wrapped: Desk, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    data = [text for e in entries() for text in (e.title, e.family)]
    data = sorted([*data, *names(wrapped), *DTYPES], key=len, reverse=True)
    seen = set()
    for key, dialog in every_dialog(wrapped, qtbot, monkeypatch):
        seen.add(key)
        said = shown(dialog)
        if key in CORE_SPEAKS:
            said = iter([("title", dialog.windowTitle()), *(("button", b.text()) for b in buttons(dialog))])
        found = left_over(said, [*core_sentences(dialog), *data])
        assert not found, f"{key}: " + "\n".join(found)
    assert {"new", "rename", "export", "method.prune.channels", "layer_latency"} <= seen


def test_the_list_of_shortcuts_is_translated(wrapped: Desk) -> None:
    dialog = helping.ShortcutDialog(list(wrapped.actions.values()), wrapped)
    acts = [dialog.table.item(row, 0).text() for row in range(dialog.table.rowCount())]
    found = left_over(iter([*shown(dialog), *(("act", a) for a in acts)]), names(wrapped))
    assert not found, "\n".join(found)


def buttons(dialog: QDialog) -> list[QAbstractButton]:
    return dialog.findChildren(QAbstractButton)


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
