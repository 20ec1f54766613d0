"""What a first day with the window found: letters taken twice, text cut off, a graph that crept, stale messages."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QScrollArea, QTabWidget
from pytestqt.qtbot import QtBot

from core.data.open import open_data
from core.exporters.exporter import load_exporters
from core.formats.open import open_model
from core.methods.method import load_methods
from core.model.model import Model
from core.report import Measure
from gui.charts.line_chart import shortened
from gui.compare.table_model import COLUMNS, Subject
from gui.compare.view import CompareView
from gui.data_panel.pictures import picture
from gui.desk import Desk
from gui.export.dialog import ExportDialog
from gui.export.proof_view import Shown
from gui.graph_view import GraphView, known
from gui.layers_table import LayersTable
from gui.main_window import SIZE, _opening_size
from gui.operations import act, files
from gui.wording import without_options
from tests.conftest import network_path
from tests.gui.window_tools import settle


def _letters(texts: list[str]) -> list[str]:
    found = [t.replace("&&", "").partition("&")[2][:1].lower() for t in texts]
    return [letter for letter in found if letter]


def test_no_letter_of_a_menu_is_taken_by_a_panel(sample: Desk) -> None:
    window = sample.window
    menus = [a.text() for a in window.menuBar().actions()]
    texts = [w.text() for w in window.findChildren(QAbstractButton) if w.objectName() != "Fold"]
    texts += [w.text() for w in window.findChildren(QLabel) if w.buddy() is not None]
    texts += [t.tabText(k) for t in window.findChildren(QTabWidget) for k in range(t.count())]
    start = window.start.findChildren(QAbstractButton)
    for menu in _letters(menus):
        assert menu not in _letters(texts), f"Alt+{menu} opens a menu"
    within = [t for t in texts if t not in {b.text() for b in start}]
    within.remove("A&ttach data…")  # stands where 'Detach' is, never with it
    assert len(_letters(within)) == len(set(_letters(within)))


def test_every_column_of_the_comparison_fits_the_window(sample: Desk, qtbot: QtBot) -> None:
    widest = {"latency_onnxruntime": (12.34, "ms"), "latency_litert": (12.34, "ms"), "sqnr": (-12.3, "dB")}
    figures = {
        c.keys[0]: Measure(*widest.get(c.keys[0], (100.0, "percent")), "measured", "digits") for c in COLUMNS[5:]
    }
    figures |= {c.keys[0]: Measure(88_600.0, "", "measured", "digits") for c in COLUMNS[:5]}
    figures |= {k: Measure(14.1e6, "bytes", "measured", "digits") for k in ("peak_memory", "weight_bytes", "bytes")}
    for key in ("latency_onnxruntime", "latency_litert"):
        figures[key] = Measure(12.34, "ms", "measured", "digits")
    sample.window.resize(SIZE)
    view: CompareView = sample.window.compare
    view.set_subjects([Subject("1", "1\u2002original", measures=figures), Subject("2", "2\u2002pruned", "", figures)])
    sample.window.tabs.setCurrentWidget(view)
    qtbot.wait(50)
    assert view.table.horizontalScrollBar().maximum() == 0
    assert view.table.columnWidth(0) >= 96, "the name keeps some room"


def test_the_window_fits_a_small_screen(sample: Desk, qtbot: QtBot) -> None:
    window = sample.window
    window.resize(1024, 640)
    window.tabs.setCurrentWidget(window.compare)
    qtbot.wait(50)
    assert window.width() == 1024
    assert window.height() == 640
    buttons = [window.compare.copy_button, window.compare.evaluate_button]
    assert all(b.geometry().right() <= window.compare.width() for b in buttons)
    assert window.compare.table.columnWidth(0) >= 96, "names stay readable, the table scrolls"


def test_the_window_opens_no_larger_than_the_screen() -> None:
    assert _opening_size(QSize(2560, 1440)) == SIZE
    small = _opening_size(QSize(1024, 700))
    assert small.width() == 1024
    assert small.height() < 700


def test_a_graph_does_not_creep_when_revisions_change(qtbot: QtBot) -> None:
    view = GraphView()
    qtbot.addWidget(view)
    view.resize(901, 703)
    view.show()
    model = open_model(network_path("squeezenet"))
    view.set_model(model)
    view.verticalScrollBar().setValue(view.verticalScrollBar().value() + 333)
    before = view.verticalScrollBar().value(), view.horizontalScrollBar().value()
    for _ in range(5):
        view.set_model(model.clone())
    assert (view.verticalScrollBar().value(), view.horizontalScrollBar().value()) == before


def test_from_the_filter_into_what_it_found(qtbot: QtBot) -> None:
    table = LayersTable()
    qtbot.addWidget(table)
    table.show()
    table.set_model(open_model(network_path("squeezenet")))
    table.filter.setText("maxpool")
    with qtbot.waitSignal(table.activated) as found:
        qtbot.keyClick(table.filter, Qt.Key.Key_Return)
    assert "MaxPool" in found.args[0]
    table.filter.setText("concat")
    qtbot.keyClick(table.filter, Qt.Key.Key_Down)
    assert len(table.selected()) == 1
    assert "Concat" in table.selected()[0]


def test_another_project_leaves_neither_messages_nor_jobs_of_the_one_before(
    sample: Desk, qtbot: QtBot, tmp_path: Path
) -> None:
    act.apply_request(sample, act.make_dialog(sample, load_methods().get("prune.magnitude")).request())
    settle(sample, qtbot)
    (tmp_path / "empty.onnx").write_bytes(b"")
    files.open_model_file(sample, tmp_path / "empty.onnx")
    settle(sample, qtbot)
    assert sample.window.messages.isVisible()
    assert sample.window.jobs.list.count() == 1
    files.open_model_file(sample, network_path("squeezenet"))
    settle(sample, qtbot)
    assert not sample.window.messages.isVisible()
    assert sample.window.jobs.list.count() == 0


def test_shapes_are_never_inferred_in_the_window_s_thread(
    desk: Desk, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[threading.Thread] = []
    real = known._find_out

    def noted(model: Model) -> known.Known:
        threads.append(threading.current_thread())
        return real(model)

    monkeypatch.setattr(known, "_find_out", noted)
    files.open_model_file(desk, network_path("mobilenetv2"))
    settle(desk, qtbot)
    files.set_preprocessing(desk, "imagenet")
    settle(desk, qtbot)
    assert threads
    assert threading.main_thread() not in threads
    shown = len(known.known(desk.state.model).layers) if desk.state.model else 0
    assert f"{shown} layers" in desk.window.place.text()


@pytest.mark.parametrize("key", ["prune.magnitude", "tune.finetune", "quantize.static"])
def test_a_form_needs_no_scrolling_and_takes_the_keyboard_at_once(sample: Desk, qtbot: QtBot, key: str) -> None:
    dialog = act.make_dialog(sample, load_methods().get(key))
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitExposed(dialog)
    scroll = dialog.findChild(QScrollArea)
    assert scroll is not None
    if dialog.height() < dialog.screen().availableSize().height() - 48:  # else the screen is the limit
        assert scroll.verticalScrollBar().maximum() == 0
    labels = [*dialog.form.labels, *dialog.seed.labels]
    assert len({label.width() for label in labels if label.isVisible()}) == 1, "one column of labels"
    first = next(iter(dialog.form.rows.values())).editor
    assert dialog.focusWidget() in (first, first.focusProxy())


def test_a_proof_is_shown_whole(qtbot: QtBot, tmp_path: Path, qapp: QApplication) -> None:
    dialog = ExportDialog(list(load_exporters()), tmp_path, "model", ("digits", "digits"))
    qtbot.addWidget(dialog)
    dialog.show()
    short = dialog.height()
    ops = {f"OPERATOR_{k}": k + 1 for k in range(8)}
    dialog.show_proof(Shown(str(tmp_path / "model.tflite"), 92_848, "Proven: " + "many words " * 20, True, True, ops))
    qapp.processEvents()
    proof = dialog.proof
    assert proof.ops.verticalScrollBar().maximum() == 0
    assert proof.folder_button.y() >= proof.ops.geometry().bottom()
    assert dialog.height() > short, "a form is no higher than it needs to be"


def test_a_legend_shortens_the_name_and_never_the_value(qapp: QApplication) -> None:
    metrics = QFontMetrics(qapp.font())
    shown = shortened(metrics, "Accuracy on the training items", "99.4 %", 120)
    assert shown.startswith("Accuracy")
    assert shown.endswith("… 99.4 %")
    assert metrics.horizontalAdvance(shown) <= 120


def test_pixels_are_shown_before_a_preprocessing_is_chosen(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "cat"
    folder.mkdir(parents=True)
    Image.fromarray(np.full((12, 20, 3), 90, np.uint8)).save(folder / "a.png")
    seen = picture(open_data(tmp_path / "data"), 0, open_model(network_path("squeezenet")).inputs)
    assert seen.image is not None
    assert (seen.image.width(), seen.image.height()) == (20, 12)
    assert seen.why == "The model does not say how its images are prepared. Choose a preprocessing above."


def test_no_preprocessing_is_taken_unseen(sample: Desk, qtbot: QtBot) -> None:
    panel = sample.window.data
    with qtbot.assertNotEmitted(panel.preprocessing_chosen):
        qtbot.keyClick(panel.presets, Qt.Key.Key_End)
    view = panel.presets.view()
    assert view.isVisible()
    qtbot.keyClick(view, Qt.Key.Key_Down)
    with qtbot.waitSignal(panel.preprocessing_chosen):
        qtbot.keyClick(view, Qt.Key.Key_Return)
    settle(sample, qtbot)


def test_options_of_the_command_line_are_not_shown_in_the_window() -> None:
    assert without_options("Attach a data set (--data) first.") == "Attach a data set first."
