"""Acts through the window with the real tasks behind it: prune, undo, quantize, recipes, export, compare, pictures."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot

from core.data.sample import sample_data
from core.formats.open import open_model
from core.measure.cost import cost
from core.methods.scope import Scope
from gui.act.dialog import MethodDialog
from gui.act.request import ActRequest
from gui.compare.predict_dialog import PredictDialog
from gui.desk import Desk
from gui.export.dialog import ExportDialog
from gui.graph_view.known import layer_keys
from gui.operations import act, analyse, comparing, files, moving
from tests.conftest import network_path, shared
from tests.gui.window_tools import dialog_of, drop, settle, state_of


def _prune(desk: Desk, qtbot: QtBot, ratio: float = 0.5) -> None:
    count = len(desk.state.revisions)
    act.apply_request(desk, ActRequest("prune.magnitude", {"ratio": ratio}, Scope(), 0))
    qtbot.waitUntil(lambda: len(desk.state.revisions) > count, timeout=60_000)
    settle(desk, qtbot)


def test_prune_through_the_menu_and_its_dialog_then_undo_and_redo(sample: Desk, qtbot: QtBot) -> None:
    before = cost(sample.state.model)
    sample.actions["method.prune.channels"].trigger()
    dialog = dialog_of(MethodDialog)
    ratio = dialog.form.rows["ratio"].editor
    ratio.line.setText("7")
    assert not dialog.apply_button.isEnabled()
    assert "must be between" in dialog.apply_button.toolTip()
    ratio.line.setText("0.5")
    qtbot.waitUntil(lambda: "→" in dialog.figures.text(), timeout=60_000)
    qtbot.mouseClick(dialog.apply_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(sample.state.revisions) == 2, timeout=60_000)
    settle(sample, qtbot)
    assert sample.state.revision.id == 2
    after = cost(sample.state.model)
    assert after.macs < 0.6 * before.macs
    assert sample.state.figures("2")["macs"].value == after.macs
    settle(sample, qtbot)
    assert sample.state.figures("2")["peak_memory"].value == after.peak_memory.bytes
    assert sample.state.revision.step.params["ratio"] == 0.5
    assert sample.window.jobs.list.count() == 1, "previews stay out of the panel"
    assert not list((sample.state.project.folder / "jobs").iterdir())

    assert not sample.actions["redo"].isEnabled()
    sample.actions["undo"].trigger()
    qtbot.waitUntil(lambda: sample.state.revision.id == 1, timeout=60_000)
    assert cost(sample.state.model).macs == before.macs
    assert not sample.actions["undo"].isEnabled()
    assert sample.actions["undo"].toolTip() == "This is the first revision."
    sample.actions["redo"].trigger()
    qtbot.waitUntil(lambda: sample.state.revision.id == 2, timeout=60_000)
    settle(sample, qtbot)
    assert cost(sample.state.model).macs == after.macs


def test_only_selected_layers_are_offered_and_kept_in_the_step(sample: Desk, qtbot: QtBot) -> None:
    method = act.load_methods().get("prune.magnitude")
    assert not act.make_dialog(sample, method).scope.selected.isEnabled()
    names = [n.name for n in sample.state.model.nodes() if n.op_type == "Conv"][3:5]
    sample.state.select(names)
    dialog = act.make_dialog(sample, method)
    dialog.scope.selected.setChecked(True)
    assert dialog.request().scope == Scope(layers=tuple(names))
    dialog.scope.pattern.setFocus()
    dialog.scope.matching.setChecked(True)
    assert not dialog.apply_button.isEnabled()
    dialog.scope.pattern.setText("nothing-like-this")
    assert "No layer's name matches" in dialog.apply_button.toolTip()
    dialog.scope.pattern.setText("*Conv*")
    assert dialog.request().scope == Scope(pattern="*Conv*")
    assert dialog.apply_button.isEnabled()


def test_quantize_then_what_no_longer_fits_is_grey_with_a_reason(sample: Desk, qtbot: QtBot) -> None:
    sample.actions["method.quantize.static"].trigger()
    dialog_of(MethodDialog).accept()
    qtbot.waitUntil(lambda: len(sample.state.revisions) == 2, timeout=60_000)
    settle(sample, qtbot)
    entry = sample.actions["method.quantize.static"]
    assert not entry.isEnabled()
    assert "already quantized" in entry.toolTip()
    files.detach_data(sample)
    moving.undo(sample)
    qtbot.waitUntil(lambda: sample.state.revision.id == 1, timeout=60_000)
    settle(sample, qtbot)
    assert entry.isEnabled(), "inputs can be made for a network with BatchNormalization"
    entry.trigger()
    dialog = dialog_of(MethodDialog)
    qtbot.waitUntil(lambda: "needs data to calibrate with" in dialog.status.text(), timeout=60_000)
    dialog.form.set_values({"calibrate_from": "synthetic"})
    qtbot.waitUntil(lambda: "needs data" not in dialog.status.text(), timeout=60_000)
    dialog.reject()


def test_a_refused_act_leaves_everything_as_it_was(sample: Desk, qtbot: QtBot) -> None:
    before = state_of(sample)
    request = ActRequest("prune.magnitude", {"ratio": 0.5}, Scope(layers=("no such layer",)), 0)
    act.apply_request(sample, request)
    settle(sample, qtbot)
    assert sample.errors.last[0] == "error"
    assert state_of(sample) == before
    assert sample.window.jobs.current.state == "failed"
    assert not sample.window.messages.isHidden()
    act.apply_request(sample, ActRequest("analyse.pruning_sensitivity", {"items": 8, "ratios": "0.5"}, Scope(), 0))
    settle(sample, qtbot)
    assert sample.window.messages.isHidden(), "the failure is past"


def test_branches_comparing_beside_and_forgetting(sample: Desk, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    _prune(sample, qtbot, 0.25)
    moving.go_to(sample, 1)
    qtbot.waitUntil(lambda: sample.state.revision.id == 1, timeout=60_000)
    _prune(sample, qtbot, 0.5)
    assert [r.parent for r in sample.state.revisions] == [None, 1, 1]
    comparing.with_revision(sample, 1)
    settle(sample, qtbot)
    pane = sample.window.graphs
    assert pane.beside_shown
    keys = layer_keys(sample.state.model)
    pane.view.select(keys[5:6])
    assert pane.other.selected() == keys[5:6], "the same names are selected in both"
    sample.actions["close_beside"].trigger()
    assert not pane.beside_shown
    monkeypatch.setattr(QMessageBox, "question", lambda *a, **k: QMessageBox.StandardButton.Yes)
    moving.forget(sample, 2)
    settle(sample, qtbot)
    assert [r.id for r in sample.state.revisions] == [1, 3]
    assert sample.state.project.damage() == ()


def test_a_recipe_is_saved_and_replayed_with_the_same_result(
    sample: Desk, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _prune(sample, qtbot, 0.5)
    first = [w.const_value.numpy() for w in sample.state.model.graph.graph.initializers.values()]
    path = tmp_path / "half.json"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *a, **k: (str(path), ""))
    sample.actions["save_recipe"].trigger()
    settle(sample, qtbot)
    assert json.loads(path.read_text())["steps"][0]["method"] == "prune.magnitude"
    moving.undo(sample)
    qtbot.waitUntil(lambda: sample.state.revision.id == 1, timeout=60_000)
    drop(sample, path)
    qtbot.waitUntil(lambda: len(sample.state.revisions) == 3, timeout=60_000)
    settle(sample, qtbot)
    again = [w.const_value.numpy() for w in sample.state.model.graph.graph.initializers.values()]
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    path.write_text('{"steps": [{"method": "no.such"}]}')
    before = state_of(sample)
    drop(sample, path)
    settle(sample, qtbot)
    assert "no.such" in sample.errors.last[1]
    assert state_of(sample) == before


def test_evaluate_measure_and_compare_fill_the_table(sample: Desk, qtbot: QtBot) -> None:
    _prune(sample, qtbot, 0.3)
    sample.actions["evaluate"].trigger()
    settle(sample, qtbot)
    top1 = {ref: sample.state.figures(ref)["top1"] for ref in ("1", "2")}
    assert top1["1"].value >= 97
    assert top1["1"].how == "measured"
    assert top1["1"].n == 500
    assert top1["2"].value < top1["1"].value, "a third of the channels is gone and nothing was tuned"
    analyse.latency(sample, ["1", "2"])
    analyse.fidelity(sample, ["2"])
    settle(sample, qtbot)
    figures = sample.state.figures("2")
    assert figures["latency_onnxruntime"].value > 0
    assert figures["sqnr"].unit == "dB"
    table = sample.window.compare.model
    shown = [table.data(table.index(1, c)) for c in range(table.columnCount())]
    assert sum(text != "–" for text in shown) >= 9
    folder = sample.state.project.folder
    sample.state.close()
    files.open_project(sample, folder)
    settle(sample, qtbot)
    assert sample.state.figures("1")["top1"] == top1["1"], "figures are kept with the project"


def test_export_shows_the_proof_and_the_file_runs(sample: Desk, qtbot: QtBot, tmp_path: Path) -> None:
    sample.actions["export.onnx"].trigger()
    dialog = dialog_of(ExportDialog)
    dialog.path.setText(str(tmp_path / "no folder" / "x.onnx"))
    assert not dialog.export_button.isEnabled()
    dialog.path.setText(str(tmp_path / "out.onnx"))
    qtbot.mouseClick(dialog.export_button, Qt.MouseButton.LeftButton)
    settle(sample, qtbot)
    shown = dialog.proof.shown
    assert shown.passed
    assert shown.proven
    assert dialog.proof.sentence.text().startswith("✓  Proven")
    assert shown.bytes == (tmp_path / "out.onnx").stat().st_size
    assert dialog.proof.ops.rowCount() > 3
    dialog.close()
    session = ort.InferenceSession(tmp_path / "out.onnx", providers=["CPUExecutionProvider"])
    assert session.run(None, {"image": np.zeros((1, 1, 32, 32), np.float32)})[0].shape == (1, 10)
    comparing.add_file(sample, tmp_path / "out.onnx")
    settle(sample, qtbot)
    assert sample.state.files == (tmp_path / "out.onnx",)
    assert sample.window.compare.model.rowCount() == 2
    analyse.evaluate(sample, [str(tmp_path / "out.onnx")])
    settle(sample, qtbot)
    figures = sample.state.figures(str(tmp_path / "out.onnx"))
    assert figures["top1"].value >= 97
    low, high = figures["top1_change"].interval
    assert low < figures["top1_change"].value < high
    table = sample.window.compare.model
    column = next(k for k in range(table.columnCount()) if table.headerData(k, Qt.Orientation.Horizontal) == "Top-1")
    cell = table.index(1, column)
    assert f"({low:+.1f} … {high:+.1f})".replace("-", "−") in cell.data(), "a difference says how sure it is"
    assert "McNemar p = " in cell.data(Qt.ItemDataRole.ToolTipRole)


def test_a_dropped_picture_is_answered_by_original_and_current(sample: Desk, qtbot: QtBot, tmp_path: Path) -> None:
    _prune(sample, qtbot, 0.25)
    data = sample_data()
    index = next(k for k, item in enumerate(data.items) if item.label == 7 and item.part == "test")
    pixels = data.load(index)[""]
    Image.fromarray(np.squeeze(pixels).astype(np.uint8)).save(tmp_path / "seven.png")
    drop(sample, tmp_path / "seven.png")
    settle(sample, qtbot)
    dialog = dialog_of(PredictDialog)
    assert [a.model for a in dialog.answers] == [
        "Revision 1: digits_mobilenetv2",
        f"Revision 2: {sample.state.revision.title}",
    ]
    assert dialog.answers[0].classes[0][0] == "7"
    assert 0 < dialog.answers[0].classes[0][1] <= 1
    dialog.close()


def test_data_of_another_shape_and_guessing_are_said(sample: Desk, qtbot: QtBot, tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    np.savez(tmp_path / "wrong.npz", x=generator.normal(size=(40, 7)).astype(np.float32), y=np.arange(40) % 10)
    before = state_of(sample)
    drop(sample, tmp_path / "wrong.npz")
    settle(sample, qtbot)
    analyse.evaluate_current(sample)
    settle(sample, qtbot)
    assert sample.errors.last[0] == "error"
    assert "takes" in sample.errors.last[1]
    assert "top1" not in sample.state.figures("1")
    assert sample.window.data.warning.text()
    images = generator.integers(0, 255, (200, 32, 32, 1), np.uint8)
    np.savez(tmp_path / "guess.npz", x=images, y=generator.integers(0, 10, 200))
    drop(sample, tmp_path / "guess.npz")
    settle(sample, qtbot)
    assert "200 items" in sample.window.data.parts.text()
    assert sample.window.data.grid.count() > 10
    analyse.evaluate_current(sample)
    settle(sample, qtbot)
    assert "no better than chance" in sample.window.data.warning.text()
    assert state_of(sample) == before
    assert open_model(sample.state.model.source).inputs == sample.state.model.inputs


def test_an_evaluation_that_cannot_be_done_is_not_called_done(desk: Desk, qtbot: QtBot) -> None:
    """A model that does not say how pictures are prepared for it."""
    files.open_model_file(desk, network_path("resnet20"))
    settle(desk, qtbot)
    files.attach_data(desk, shared("data/cifar10_jpeg/test_dev_2000.zip"))
    settle(desk, qtbot)
    desk.actions["evaluate"].trigger()
    settle(desk, qtbot)
    assert "preprocessing" in desk.errors.last[1].lower() + desk.errors.last[2].lower()
    row = desk.window.jobs.list.itemWidget(desk.window.jobs.list.item(0))
    assert "Failed" in row.status()
