"""What a layer gives for a picture: chosen, run, drawn, followed from layer to layer; refused in one sentence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from core.data.feed import prepare
from core.model.editing.names import SetAttribute
from gui.desk import Desk
from gui.graph_view.known import known
from gui.inspector.output_panel import OutputPanel
from gui.inspector.picture_choice import PictureChooser
from gui.inspector.seen import as_grey, order
from tests.gui.window_tools import settle


def key_of(desk: Desk, operator: str, at: int = 0) -> str:
    assert desk.state.model is not None
    return [k for k, (n, _) in known(desk.state.model).layers.items() if n.op_type == operator][at]


def panel_of(desk: Desk) -> OutputPanel:
    return desk.window.inspector.output


def answered(desk: Desk, qtbot: QtBot) -> None:
    panel = panel_of(desk)
    qtbot.waitUntil(lambda: panel._asked is not None and panel._shown == panel._asked, timeout=30_000)


def said(panel: OutputPanel) -> dict[str, str]:
    spoken = [w.accessibleName() for w in panel.findChildren(QLabel) if ": " in w.accessibleName()]
    return dict(s.split(": ", 1) for s in spoken)


def choose(desk: Desk, qtbot: QtBot, steps: int = 3) -> None:
    """Open the chooser with its button, walk to an item and take it, all by keyboard."""
    button = next(b for b in panel_of(desk).findChildren(QToolButton) if b.text() == "Choose…")
    qtbot.keyClick(button, Qt.Key.Key_Space)
    chooser = next(w for w in QApplication.topLevelWidgets() if isinstance(w, PictureChooser) and w.isVisible())
    for _ in range(steps):
        qtbot.keyClick(chooser.items, Qt.Key.Key_Right)
    qtbot.keyClick(chooser.items, Qt.Key.Key_Return)
    answered(desk, qtbot)


def of_layer(desk: Desk, item: int, tensor: str) -> np.ndarray:
    """The tensor by onnxruntime alone."""
    import onnx
    import onnx_ir as ir

    model, data = desk.state.model, desk.state.data
    assert model is not None
    assert data is not None
    proto = ir.to_proto(model.graph)
    if tensor not in [o.name for o in proto.graph.output]:
        proto.graph.output.append(onnx.ValueInfoProto(name=tensor))
    session = onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
    feed = {k: v[None] for k, v in prepare(data, item, model.inputs).items()}
    return np.asarray(session.run([tensor], feed)[0])


def test_a_picture_is_chosen_by_keyboard_and_the_layers_maps_are_those_of_onnxruntime(
    sample: Desk, qtbot: QtBot
) -> None:
    panel = panel_of(sample)
    sample.state.select([key_of(sample, "Conv", 3)])
    assert panel.body.isHidden()  # nothing is run before a picture is chosen
    choose(sample, qtbot)
    assert panel._choice is not None
    node = known(sample.state.model).layers[key_of(sample, "Conv", 3)][0]
    wanted = of_layer(sample, panel._choice.index, node.outputs[0].name or "")
    assert panel.body.stack.currentWidget() is panel.body.grid
    assert panel.body.grid.count() == wanted.shape[1]
    text = said(panel)
    assert text["shape"] == "1×64×16×16  float32"
    low, high = (f"{v:.4g}".replace("-", "−") for v in (wanted.min(), wanted.max()))
    assert text["range"] == f"{low} … {high}"
    panel.body.grid.setFocus()
    qtbot.keyClick(panel.body.grid, Qt.Key.Key_Down)
    row = panel.body.grid.currentRow()
    mean = f"{wanted[0, row].mean():.4g}".replace("-", "−")
    assert panel.body.caption.text().startswith(f"channel {row}: mean {mean}")
    about = next(w.text() for w in panel.findChildren(QLabel) if w.text().startswith("Measured"))
    assert f"item '{panel._choice.name}' of digits" in about
    assert "onnxruntime" in about
    assert panel._bar.below.accessibleName() == "digits"  # the preprocessing


def test_the_same_picture_follows_the_selection_and_what_is_known_is_not_run_again(
    sample: Desk, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = panel_of(sample)
    sample.state.select([key_of(sample, "Conv", 3)])
    choose(sample, qtbot)
    choice, first = panel._choice, said(panel)["mean"]
    sample.state.select([key_of(sample, "Gemm")])
    answered(sample, qtbot)
    assert panel._choice == choice
    assert choice is not None
    assert panel.body.stack.currentWidget() is panel.body.bars
    logits = of_layer(sample, choice.index, "logits")[0]
    assert panel.body.bars._values == pytest.approx(logits, abs=1e-5)
    best = f"{100 * np.exp(logits - logits.max()).max() / np.exp(logits - logits.max()).sum():.1f} %  "
    answers = [w.accessibleName() for w in panel._answers.findChildren(QLabel)]
    assert any(a.startswith(best) and a.endswith(str(logits.argmax())) for a in answers)
    started: list[str] = []
    monkeypatch.setattr(sample.jobs, "submit_with_folder", lambda *a, **k: started.append(a[0]))
    sample.state.select([key_of(sample, "Conv", 3)])
    answered(sample, qtbot)
    assert said(panel)["mean"] == first
    assert started == []


def test_walking_on_quickly_runs_only_the_layer_where_one_stops(sample: Desk, qtbot: QtBot) -> None:
    panel = panel_of(sample)
    sample.state.select([key_of(sample, "Conv", 0)])
    choose(sample, qtbot)
    titles: list[str] = []
    submit = sample.jobs.submit_with_folder

    def counted(title: str, *args: object, **more: object) -> object:
        titles.append(title)
        return submit(title, *args, **more)  # type: ignore[arg-type]

    sample.jobs.submit_with_folder = counted  # type: ignore[method-assign,assignment]
    keys = [key_of(sample, "Clip", k) for k in range(5)]
    for key in keys:
        sample.state.select([key])
    answered(sample, qtbot)
    last = known(sample.state.model).layers[keys[-1]][0].outputs[0].name
    assert titles == [f"Output of {last}"]
    assert panel._shown is not None
    assert panel._shown.tensor == last


def test_the_next_picture_and_an_input_tensor(sample: Desk, qtbot: QtBot) -> None:
    panel = panel_of(sample)
    sample.state.select([key_of(sample, "Gemm")])
    choose(sample, qtbot, 0)
    before = panel._choice
    following = next(b for b in panel.findChildren(QToolButton) if b.accessibleName() == "The next picture")
    qtbot.keyClick(following, Qt.Key.Key_Space)
    answered(sample, qtbot)
    assert panel._choice != before
    sample.window.inspector.set_tensor("image")
    answered(sample, qtbot)
    assert said(panel)["shape"] == "1×1×32×32  float32"
    assert any("nothing was run" in w.text() for w in panel.findChildren(QLabel))


def test_sorting_by_strength_and_one_scale(sample: Desk, qtbot: QtBot) -> None:
    panel = panel_of(sample)
    sample.state.select([key_of(sample, "Clip", 3)])
    choose(sample, qtbot)
    qtbot.mouseClick(panel.body.strongest, Qt.MouseButton.LeftButton)
    maps = panel.body._maps
    assert maps is not None
    first = int(panel.body.grid.item(0).text())
    assert first == int(np.argmax(maps.mean))
    qtbot.keyClick(panel.body.one_scale, Qt.Key.Key_Space)
    weakest = int(order(maps, True)[-1])
    assert as_grey(maps, weakest, True).max() <= as_grey(maps, weakest, False).max()
    high = (maps.high - maps.low.min()) / (maps.high.max() - maps.low.min()) * 255
    for at in range(len(maps.drawn)):
        assert as_grey(maps, at, True).max() == pytest.approx(high[maps.drawn[at]], abs=1)


def dropped(desk: Desk, path: Path) -> bool:
    """A file dragged over the inspector and let go; whether the inspector took it."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    copy, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    inspector = desk.window.inspector
    enter = QDragEnterEvent(QPointF(9, 9).toPoint(), copy, mime, left, none)
    inspector.dragEnterEvent(enter)
    if enter.isAccepted():
        inspector.dropEvent(QDropEvent(QPointF(9, 9), copy, mime, left, none))
    return enter.isAccepted()


def test_a_picture_dropped_on_the_inspector_is_run_and_other_files_are_the_windows(
    sample: Desk, qtbot: QtBot, tmp_path: Path
) -> None:
    picture = tmp_path / "seven.png"
    Image.fromarray(np.asarray(sample.state.data.load(7)[""]).squeeze().astype(np.uint8)).save(picture)  # type: ignore[union-attr]
    sample.state.select([key_of(sample, "Gemm")])
    assert dropped(sample, picture)
    answered(sample, qtbot)
    assert panel_of(sample)._bar.name.accessibleName() == "seven.png"
    assert any(w.text().startswith("Measured for 'seven.png'") for w in panel_of(sample).findChildren(QLabel))
    assert not dropped(sample, tmp_path / "model.onnx")


def test_a_broken_picture_is_one_sentence_in_the_panel_and_no_dialog(
    sample: Desk, qtbot: QtBot, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG no picture")
    sample.state.select([key_of(sample, "Gemm")])
    assert dropped(sample, broken)
    answered(sample, qtbot)
    message = panel_of(sample).body.message
    assert "'broken.png' is not an image that can be read." in message.text()
    assert message.objectName() == "FieldError"
    assert not sample.window.messages.isVisible()
    sample.state.select([key_of(sample, "Conv")])
    answered(sample, qtbot)
    assert "broken.png" in message.text()


def test_an_edited_graph_is_run_when_the_user_says_so_and_becomes_a_revision(sample: Desk, qtbot: QtBot) -> None:
    panel = panel_of(sample)
    key = key_of(sample, "Clip", 3)
    sample.state.select([key])
    choose(sample, qtbot)
    before = said(panel)["range"]
    assert sample.editing.do(SetAttribute(key_of(sample, "BatchNormalization", 3), "epsilon", 4.0))
    assert "edits that no revision holds" in panel.body.message.text()
    assert not sample.jobs.running
    revisions = len(sample.state.revisions)
    qtbot.keyClick(panel.body.button, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: said(panel)["range"].strip() not in ("", before), timeout=30_000)
    assert len(sample.state.revisions) == revisions + 1
    assert sample.editing.pending == 0
    assert panel._shown is not None
    assert panel._choice is not None
    wanted = of_layer(sample, panel._choice.index, panel._shown.tensor)
    assert said(panel)["range"].endswith(f"{wanted.max():.4g}")


def test_folded_away_nothing_is_run(sample: Desk, qtbot: QtBot) -> None:
    sample.state.select([key_of(sample, "Conv")])
    choose(sample, qtbot)
    section = sample.window.inspector.page.sections["output"]
    qtbot.keyClick(section.head, Qt.Key.Key_Space)  # type: ignore[attr-defined]
    before = panel_of(sample)._shown
    sample.state.select([key_of(sample, "Clip")])
    qtbot.wait(300)
    assert not sample.jobs.running
    assert panel_of(sample)._shown == before
    qtbot.keyClick(section.head, Qt.Key.Key_Space)  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: panel_of(sample)._shown != before)
    answered(sample, qtbot)
    clip = known(sample.state.model).layers[key_of(sample, "Clip")][0]
    assert panel_of(sample)._shown.tensor == clip.outputs[0].name


def test_other_data_take_their_item_away_and_a_file_may_be_opened(
    sample: Desk, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample.state.select([key_of(sample, "Conv")])
    choose(sample, qtbot)
    sample.state.attach(None)
    settle(sample, qtbot)
    assert panel_of(sample)._choice is None
    assert panel_of(sample)._bar.name.accessibleName() == "No picture chosen"
    button = next(b for b in panel_of(sample).findChildren(QToolButton) if b.text() == "Choose…")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    chooser = next(w for w in QApplication.topLevelWidgets() if isinstance(w, PictureChooser) and w.isVisible())
    assert any("Attach data" in w.text() for w in chooser.findChildren(QLabel))
    opening = chooser.findChild(QPushButton)
    assert opening is not None
    picture = tmp_path / "any.png"
    Image.new("L", (8, 8), 200).save(picture)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(picture), ""))
    qtbot.keyClick(opening, Qt.Key.Key_Space)
    answered(sample, qtbot)
    assert panel_of(sample)._bar.name.accessibleName() == "any.png"
