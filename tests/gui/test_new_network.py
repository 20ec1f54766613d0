"""File > New from reference network: filter, sort, choose, parameters, weights, making it, cancelling it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel
from pytestqt.qtbot import QtBot

from core import params as parameters
from core.references.catalogue import Entry, entries
from core.references.cited import Citation, Source
from core.references.create import module_of
from core.references.reference import load_references
from core.report import Measure
from gui.app import build
from gui.desk import Desk
from gui.new.dialog import NewDialog
from gui.new.origin import origin
from gui.new.request import NewRequest, title_of
from gui.new.table_model import COLUMNS
from gui.settings import Settings
from tests.gui.window_tools import PATIENCE, destroy, dialog_of, settle, state_of

PAPER = Source("Somebody, A paper", 2017, "arxiv.org/abs/1704.04861")
SPECS = (
    parameters.Spec("width", float, 1.0, parameters.Field("Width", "Channels.", 0.1, 4.0, "x")),
    parameters.Spec("classes", int, 1000, parameters.Field("Classes", "Scores.", 2, 100_000)),
    parameters.Spec("resolution", int, 224, parameters.Field("Resolution", "Side.", 32, 1024, "px")),
)


def _entry(key: str, family: str, params: float, *cited: Citation, pretrained: bool = True) -> Entry:
    figures = {"params": Measure(params, "", "estimated", "the graph"), "macs": Measure(1e9, "", "estimated", "it")}
    return Entry(key, key.replace("_", " ").title(), family, 2017, "classification", "Helps.", PAPER, SPECS, cited,
                 figures, pretrained)  # fmt: skip


CIFAR = dataclasses.replace(
    _entry("cifar_net", "Tiny", 2.7e5),
    params=(dataclasses.replace(SPECS[1], default=10),),
)
SMALL = _entry("small_net", "Tiny", 5e5, Citation("top1", "91.3 %", PAPER, "CIFAR-10"), pretrained=False)
MIDDLE = _entry(
    "middle_net",
    "Mobile",
    3.5e6,
    Citation("top1", "72.0 %", PAPER, "ImageNet"),
    Citation("latency", "75 ms", PAPER, "Google Pixel 1"),
)
LARGE = _entry("large_net", "Mobile", 6e7, Citation("top1", "57.1 %", PAPER, "ImageNet (one crop)"))


@pytest.fixture
def dialog(qtbot: QtBot) -> NewDialog:
    made = NewDialog([SMALL, MIDDLE, LARGE])
    qtbot.addWidget(made)
    made.show()
    made.filter.setFocus()
    return made


def _shown(dialog: NewDialog) -> list[str]:
    return [dialog.shown.entry(k).key for k in range(dialog.shown.rowCount())]


def _column(title: str) -> int:
    return [c.title for c in COLUMNS].index(title)


def test_typing_filters_by_name_and_family_and_nothing_found_is_said(dialog: NewDialog, qtbot: QtBot) -> None:
    assert _shown(dialog) == ["small_net", "middle_net", "large_net"]
    assert dialog.entry is SMALL
    qtbot.keyClicks(dialog.filter, "mobile net")
    assert _shown(dialog) == ["middle_net", "large_net"], "every word, in name or family"
    assert dialog.found.text() == "2 of 3"
    assert dialog.entry is MIDDLE, "what was chosen is filtered out: the first that is shown"
    dialog.family.setCurrentIndex(dialog.family.findData("Tiny"))
    assert _shown(dialog) == []
    assert dialog.nothing.title.text() == "No network matches 'mobile net' in Tiny."
    assert dialog.nothing.isVisible()
    assert not dialog.create_button.isEnabled()
    assert dialog.request() is None
    qtbot.mouseClick(dialog.nothing.button, Qt.MouseButton.LeftButton)
    assert len(_shown(dialog)) == 3
    assert dialog.create_button.isEnabled()


def test_arrows_move_while_the_filter_has_the_keyboard_and_letters_in_the_table_filter(
    dialog: NewDialog, qtbot: QtBot
) -> None:
    qtbot.keyClick(dialog.filter, Qt.Key.Key_Down)
    assert dialog.entry is MIDDLE
    qtbot.keyClick(dialog.filter, Qt.Key.Key_Down)
    qtbot.keyClick(dialog.filter, Qt.Key.Key_Down)
    assert dialog.entry is LARGE, "the last row"
    qtbot.keyClick(dialog.filter, Qt.Key.Key_Up)
    assert dialog.entry is MIDDLE
    dialog.table.setFocus()
    qtbot.keyClick(dialog.table, "s")
    assert dialog.filter.text() == "s"
    assert _shown(dialog) == ["small_net"]


def test_sorting_keeps_what_has_no_figure_last(dialog: NewDialog, qtbot: QtBot) -> None:
    top1 = _column("Top-1")
    dialog.table.sortByColumn(top1, Qt.SortOrder.AscendingOrder)
    assert _shown(dialog) == ["large_net", "middle_net", "small_net"]
    dialog.table.sortByColumn(top1, Qt.SortOrder.DescendingOrder)
    assert _shown(dialog) == ["middle_net", "large_net", "small_net"]
    header = dialog.table.horizontalHeader()
    place = QPoint(header.sectionViewportPosition(_column("Parameters")) + 5, header.height() // 2)
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert _shown(dialog) == ["small_net", "middle_net", "large_net"]


def test_every_figure_says_where_it_comes_from(dialog: NewDialog) -> None:
    def tip(row: int, title: str) -> str:
        return str(dialog.model.data(dialog.model.index(row, _column(title)), Qt.ItemDataRole.ToolTipRole))

    assert "estimated on the graph" in tip(1, "Parameters")
    assert "cited on ImageNet; Somebody, A paper, 2017" in tip(1, "Top-1")
    assert "cited on Google Pixel 1" in tip(1, "Phone")
    assert tip(0, "Top-1") == "Top-1 of Small Net: none is cited for ImageNet; 91.3 % on CIFAR-10."
    assert tip(2, "Phone") == "Phone of Large Net: none is cited."
    titles = [dialog.model.headerData(c, Qt.Orientation.Horizontal) for c in range(len(COLUMNS))]
    assert titles[3] == "Parameters\nestimated"
    assert titles[6] == "Top-1\ncited"
    dialog.select("middle_net")
    assert "Estimated:" in dialog.details.counts.text()
    assert "3.5 M parameters" in dialog.details.counts.text()
    assert "72.0 %" in dialog.details.cited.text()
    assert "href='https://arxiv.org/abs/1704.04861'" in dialog.details.cited.text()


def test_parameters_are_checked_and_the_users_classes_stay_for_the_next_network(
    dialog: NewDialog, qtbot: QtBot
) -> None:
    line = dialog.form.rows["classes"].editor.line
    line.setText("1")
    assert not dialog.create_button.isEnabled()
    assert "at least" in dialog.create_button.toolTip() or "between" in dialog.create_button.toolTip()
    assert dialog.problem.text()
    line.setText("10")
    dialog.form.rows["width"].editor.line.setText("0.5")
    assert dialog.problem.text() == ""
    dialog.select("middle_net")
    assert dialog.form.values() == {"width": 1.0, "classes": 10, "resolution": 224}
    assert dialog.request() == NewRequest("middle_net", "Middle Net · 10 classes", dialog.form.values())


def test_a_default_is_not_carried_over_to_a_network_with_another_default(qtbot: QtBot) -> None:
    dialog = NewDialog([SMALL, CIFAR])
    qtbot.addWidget(dialog)
    dialog.select("cifar_net")
    assert dialog.request().title == "Cifar Net"
    assert dialog.form.values() == {"classes": 10}


def test_weights_from_a_seed_a_file_or_timm(
    dialog: NewDialog, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = dialog.weights
    box.seed.line.setText("7")
    assert dialog.request().seed == 7
    box.seed.line.setText("-1")
    assert not dialog.create_button.isEnabled()
    box.file.setChecked(True)
    assert dialog.problem.text() == "Name the file with the weights."
    qtbot.keyClicks(box.path, str(tmp_path / "weights.bin"))
    assert "is no weights file" in dialog.problem.text()
    box.path.setText(str(tmp_path / "weights.pth"))
    assert "There is no file" in dialog.problem.text()
    (tmp_path / "weights.pth").write_bytes(b"PK")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *a, **k: (str(tmp_path / "weights.pth"), ""))
    qtbot.mouseClick(box.browse, Qt.MouseButton.LeftButton)
    assert dialog.request().weights == str(tmp_path / "weights.pth")
    assert not dialog.request().pretrained

    box._timm = True
    dialog.select("middle_net")
    assert box.fetched.isEnabled()
    assert box.fetch_note.text() == "Downloads from the network, only when you press Create."
    box.fetched.setChecked(True)
    assert dialog.request().pretrained
    dialog.select("small_net")
    assert not box.fetched.isEnabled()
    assert box.fetch_note.text() == "timm offers no weights of Small Net."
    assert box.seeded.isChecked()
    box._timm = False
    dialog.select("middle_net")
    assert box.fetch_note.text() == "timm is not installed here. Install it with: pip install timm"


def test_names_are_never_cut_and_the_family_gives_way(qtbot: QtBot) -> None:
    dialog = NewDialog(entries())
    qtbot.addWidget(dialog)
    dialog.show()
    table = dialog.table
    widest = max(table.fontMetrics().horizontalAdvance(e.title) for e in entries())
    for width, family in ((1216, False), (1600, True)):
        dialog.resize(width, 700)
        qtbot.waitUntil(lambda family=family: table.isColumnHidden(1) != family)
        assert table.columnWidth(0) > widest + 6
        assert not table.horizontalScrollBar().isVisible()
        for entry in entries():
            dialog.select(entry.key)
            assert dialog._scroll.viewport().width() >= dialog._inner.minimumSizeHint().width(), entry.key


def test_figures_are_said_to_be_of_the_default_parameters(dialog: NewDialog) -> None:
    dialog.select("middle_net")
    assert "default parameters" in dialog.details.counts.text()
    assert "when the network is made" not in dialog.details.counts.text()
    dialog.form.rows["width"].set_raw("0.5")
    assert "when the network is made" in dialog.details.counts.text()
    dialog.form.rows["width"].set_raw("1")
    assert "when the network is made" not in dialog.details.counts.text()


def test_titles_say_what_differs_from_the_defaults() -> None:
    assert title_of("Net", SPECS, {}) == "Net"
    assert title_of("Net", SPECS, {"width": 0.5, "classes": 10, "resolution": 96}) == "Net 0.5 · 10 classes · 96 px"
    flag = parameters.Spec("lrn", bool, True, parameters.Field("Response normalization"))
    channels = parameters.Spec("channels", int, 3, parameters.Field("Input channels"))
    assert title_of("Net", (flag, channels), {"lrn": False, "channels": 1}) == (
        "Net · no response normalization · 1 input channels"
    )


# making -------------------------------------------------------------------------------------------------------------


def _ask_for_a_small_one(desk: Desk, qtbot: QtBot) -> NewDialog:
    desk.actions["new"].trigger()
    dialog = dialog_of(NewDialog)
    qtbot.keyClicks(dialog.filter, "mobilenetv2")
    dialog.select("mobilenet_v2")
    for name, text in (("width", "0.25"), ("classes", "10"), ("resolution", "32")):
        dialog.form.rows[name].editor.line.setText(text)
    return dialog


def test_the_catalogue_is_offered_on_the_start_screen_and_enter_creates_a_project(desk: Desk, qtbot: QtBot) -> None:
    assert desk.actions["new"].shortcut().toString() == "Ctrl+N"
    with qtbot.waitSignal(desk.window.start.new_network):
        desk.window.start.buttons["new"].click()
    first = dialog_of(NewDialog)
    assert first.model.rowCount() == len(entries())
    qtbot.keyClick(first.filter, Qt.Key.Key_Escape)
    assert not first.isVisible()

    dialog = _ask_for_a_small_one(desk, qtbot)
    qtbot.keyClick(dialog.filter, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: desk.state.model is not None, timeout=PATIENCE)
    settle(desk, qtbot)
    assert not dialog.isVisible()
    state = desk.state
    assert state.title == "MobileNetV2 0.25 · 10 classes · 32 px"
    assert desk.window.windowTitle().startswith(state.title)
    assert [tuple(s.shape[1:]) for s in state.model.inputs] == [(3, 32, 32)]
    made = json.loads(state.model.graph.metadata_props["thimble.reference"])
    assert made["params"] == {"width": 0.25, "classes": 10, "channels": 3, "resolution": 32}
    assert made["seed"] == 0
    assert not list(Path(state.project.folder).parent.parent.glob("new-*")), "the worker's folder is gone"
    assert state.project.damage() == ()
    assert origin(state.model).sentence() == "Reference network, seed 0"
    labels = [label.text() for label in desk.window.inspector.findChildren(QLabel)]
    assert "MobileNetV2" in labels
    assert "Reference network, seed 0" in labels


def test_what_the_worker_refuses_is_said_in_the_dialog_and_everything_stays(
    sample: Desk, qtbot: QtBot, tmp_path: Path
) -> None:
    before = state_of(sample)
    dialog = _ask_for_a_small_one(sample, qtbot)
    weights = tmp_path / "other.safetensors"
    weights.write_bytes(b"no weights at all")
    dialog.weights.path.setText(str(weights))
    dialog.weights.file.setChecked(True)
    qtbot.mouseClick(dialog.create_button, Qt.MouseButton.LeftButton)
    settle(sample, qtbot)
    assert "'other.safetensors' is not a readable safetensors file" in dialog.problem.text()
    assert dialog.isVisible()
    assert dialog.create_button.isEnabled()
    assert dialog.form.values()["classes"] == 10
    assert state_of(sample) == before
    dialog.reject()
    assert not dialog.isVisible()


def test_weights_matched_by_order_are_said_to_be(sample: Desk, qtbot: QtBot, tmp_path: Path) -> None:
    dialog = _ask_for_a_small_one(sample, qtbot)
    asked = dialog.request()
    reference = load_references().get(asked.key)
    state = module_of(reference, parameters.from_json(reference.params, asked.params)).state_dict()
    torch.save({f"x{k}.{n.split('.')[-1]}": t for k, (n, t) in enumerate(state.items())}, tmp_path / "other.pth")
    dialog.weights.path.setText(str(tmp_path / "other.pth"))
    dialog.weights.file.setChecked(True)
    qtbot.mouseClick(dialog.create_button, Qt.MouseButton.LeftButton)
    settle(sample, qtbot)
    assert sample.errors.last[0] == "warning"
    assert "order" in sample.errors.last[1]


@pytest.fixture
def real(qtbot: QtBot, qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    made = build(qapp, Settings(tmp_path / "window.ini"))
    made.window.show()
    yield made
    destroy(made)


def test_escape_stops_the_real_worker_and_a_second_try_makes_the_network(
    real: Desk, qtbot: QtBot, tmp_path: Path
) -> None:
    dialog = _ask_for_a_small_one(real, qtbot)
    qtbot.mouseClick(dialog.create_button, Qt.MouseButton.LeftButton)
    assert not dialog.create_button.isEnabled()
    assert not dialog.form.isEnabled()
    assert dialog.bar_text.text()
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    settle(real, qtbot)
    assert dialog.isVisible(), "the first Escape only stops"
    assert dialog.problem.text() == ""
    assert dialog.form.values()["width"] == 0.25
    assert real.state.project is None
    assert not list((tmp_path / "cache" / "thimble").glob("new-*"))

    qtbot.mouseClick(dialog.create_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: real.state.model is not None, timeout=PATIENCE)
    settle(real, qtbot)
    assert real.state.title == "MobileNetV2 0.25 · 10 classes · 32 px"
    assert real.state.figures("1")["params"].how == "estimated"
