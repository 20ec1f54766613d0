"""Every word that reaches the window goes through tr() or counted(): read in the source."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from gui.netron_view.page import POLICY
from tests.conftest import ROOT

GUI = ROOT / "gui"
# they print English, as the command line does, or show nothing
TERMINAL = {"__main__.py", "command.py", "snapshot.py", "snapshot_workbench.py", "translations"}
WRITERS = {"svg.py", "theme.py"}  # markup and style sheets
ONNX = {"captions.py"}  # cards speak the words of the file: kernel, stride, pad

FINE: dict[str, set[str]] = {  # file -> what is no word of the window's
    "act/device_box.py": {"NVIDIA GPU (CUDA)", "Apple GPU (MPS)"},
    "charts/curves.py": {"validation loss", "training accuracy", "validation accuracy", "learning rate"},  # core's keys
    "bindings.py": {" – Thimble", "Thimble", "no better than chance"},  # the name, and a part of core's note
    "drawing/raster.py": {"Title", "Description"},  # keys of a PNG
    "error_reporter.py": {"#MessageBar { background: {}; border-bottom: 1px solid {}; }"},
    "editing/forms/attribute_row.py": {"whole number", "whole numbers"},  # keys of a table
    "editing/forms/ends.py": {"_in", "input", "batch"},  # names to begin with
    "graph_view/breadcrumb.py": {"Left, Right"},  # Qt's names of keys
    "main_window.py": {"Thimble"},
    "report_dialog.py": {"To cure '"},  # how core's notes begin
    "search/results.py": {"graph input", "graph output"},  # keys of a table
    "search/texts.py": {"graph input", "graph output"},
    "netron_view/page.py": {POLICY, "@media all", "@media not all"},
    "new/table_model.py": {"ResNet for CIFAR", "Peak memory"},  # the widest names
    "operations/analyse.py": {"the graph, batch of 1"},  # a measure's provenance, stored with the project
    "operations/files.py": {" (*.zip *.npz labels.csv);;{} (*)"},
    "operations/helping.py": {"<h3>Thimble {}</h3><p>{}</p><p>{}</p><p>Apache License 2.0</p>"},
    "start/start_screen.py": {"Thimble"},
    "translations/files.py": {
        "For one: ",
        "It comes with PySide6-Essentials.",
        "Qt's lrelease cannot be run: {}.",
        "Qt's lrelease refuses '{}': ",
    },
    "wording.py": {"The weights of step", "The training was ended"},  # beginnings of core's notes
}
LEVELS = frozenset(["error", "warning", "info"])  # of errors.say
SHOWING = """
setText setToolTip setStatusTip setWindowTitle setPlaceholderText setAccessibleName setAccessibleDescription setTitle
setWhatsThis addAction addMenu addTab setTabText setTabToolTip addItem addItems insertItem addRow addButton showMessage
setHorizontalHeaderLabels setHeaderLabels setInformativeText setSuffix setPrefix setSpecialValueText setLabelText
setFormat setPlainText setHtml appendPlainText drawText showText say crash question about warning information critical
getOpenFileName getSaveFileName getExistingDirectory getText getItem getInt getDouble submit submit_with_folder
UserError EmptyHint QLabel QPushButton QToolButton QCheckBox QRadioButton QGroupBox QAction QMenu QDockWidget QLineEdit
QTableWidgetItem QListWidgetItem QStandardItem QTreeWidgetItem QMessageBox QProgressDialog QPlainTextEdit
QCommandLinkButton
"""
SINKS = frozenset(SHOWING.split())
WORD = re.compile(r"[^\W\d_]{2,}")
SENTENCE = re.compile(r"[^\W\d_]{2,},? [^\W\d_]{2,}")
MARKUP = re.compile(r"<[^>]*>|%\w|&\w+;|\.\w+|\*\.\w+")
TRANSLATORS = frozenset({"tr", "counted", "mark"})
PROGRAMMERS = frozenset({"ValueError", "RuntimeError", "TypeError", "KeyError", "AssertionError", "compile"})


def sources() -> list[Path]:
    skipped = TERMINAL | WRITERS | ONNX
    return [p for p in sorted(GUI.rglob("*.py")) if not skipped & set(p.relative_to(GUI).parts)]


@pytest.mark.parametrize("path", sources(), ids=lambda p: p.relative_to(GUI).as_posix())
def test_what_is_shown_is_translated(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    fine = FINE.get(path.relative_to(GUI).as_posix(), set())
    found = [f"{n}: {text!r}" for n, text in sorted({*_in_sinks(tree), *_sentences(tree)}) if text not in fine]
    if path.name == "actions.py":  # the table of menu entries, which gui.menus translates
        found = []
    assert not found, f"{path.relative_to(ROOT)}: give these to tr(), counted() or mark()\n" + "\n".join(found)


def test_the_rule_finds_what_it_is_for() -> None:
    wrong = """
button.setToolTip("Close it")
label = QLabel(f"{n} layers")
say("error", "Nothing there." if x else tr("Fine."))
box = QLineEdit(placeholderText="Type here")
TABLE = {"a": "Two words"}
"""
    assert {line for line, _ in [*_in_sinks(ast.parse(wrong)), *_sentences(ast.parse(wrong))]} == {2, 3, 4, 5, 6}
    right = """
'''A docstring of words.'''
button.setToolTip(tr("Close it"))
label = QLabel(counted(n, "{n} layer", "{n} layers"))
mark = QLabel("✕")
name = QLabel(f"{a}: {b} %")
raise ValueError("for programmers only")
"""
    assert not [*_in_sinks(ast.parse(right)), *_sentences(ast.parse(right))]


def _in_sinks(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and _name(call) in SINKS:
            given = call.args[:1] if _name(call).startswith("submit") else call.args  # then a task and its arguments
            for value in (*given, *(k.value for k in call.keywords)):
                yield from ((n, text) for n, text in _shown(value) if text not in LEVELS and WORD.search(_bare(text)))


def _shown(node: ast.AST) -> Iterator[tuple[int, str]]:
    """The strings that an argument may become; those inside other calls are those calls' affair."""
    text = _text(node)
    if text is not None:
        yield node.lineno, text  # type: ignore[attr-defined]
    elif isinstance(node, ast.IfExp):
        yield from (*_shown(node.body), *_shown(node.orelse))
    elif isinstance(node, ast.BinOp | ast.BoolOp | ast.List | ast.Tuple):
        for child in ast.iter_child_nodes(node):
            yield from _shown(child)


def _sentences(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Literals of several words outside of tr(), counted(), mark() and what only programmers read."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Call) and _name(node) in TRANSLATORS | PROGRAMMERS:
            continue
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue  # a docstring
        text = _text(node)
        if text is not None and SENTENCE.search(_bare(text)):
            yield node.lineno, text  # type: ignore[attr-defined]
        if not isinstance(node, ast.JoinedStr):
            waiting.extend(ast.iter_child_nodes(node))


def _text(node: ast.AST) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "{}".join(str(v.value) for v in node.values if isinstance(v, ast.Constant))
    return None


def _bare(text: str) -> str:
    return MARKUP.sub("", text)


def _name(call: ast.Call) -> str:
    return (
        call.func.attr
        if isinstance(call.func, ast.Attribute)
        else call.func.id
        if isinstance(call.func, ast.Name)
        else ""
    )
