"""The line above the graph: it says where the reader is, and leads there, by mouse and by keys."""

from __future__ import annotations

import onnx_ir as ir
import pytest
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QMenu, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from benchmarks.synthetic_graphs import cnn, transformer
from core.model.model import Model
from gui import theme
from gui.desk import Desk
from gui.graph_view import GraphView
from gui.graph_view.breadcrumb import Breadcrumb, Crumb
from tests.gui.small_networks import chain

LEFT = Qt.MouseButton.LeftButton
CONV, OTHER = "/stages/stages.0/blocks/blocks.3/first/conv/Conv", "/stages/stages.0/blocks/blocks.5/Add"


class Page(QWidget):
    """A view with its line, as in the window."""

    def __init__(self) -> None:
        super().__init__()
        self.view = GraphView()
        self.line = Breadcrumb(self.view)
        column = QVBoxLayout(self)
        column.addWidget(self.line)
        column.addWidget(self.view)

    def crumb(self, title: str) -> Crumb:
        return next(crumb for crumb in self.line._crumbs if crumb.title == title)


@pytest.fixture
def page(qtbot: QtBot, qapp: QApplication) -> Page:
    theme.apply_theme(qapp, "light")
    made = Page()
    qtbot.addWidget(made)
    made.resize(900, 700)
    made.show()
    return made


def network() -> Model:
    return Model.from_ir(ir.from_proto(cnn(160)))


def titles(page: Page, key: str) -> list[str]:
    """What the two blocks around a layer that are large enough for a border are called: a stage and a block in it."""
    return [page.view.block_title(path) for path in page.view.around(key)[:2]]


def choose(crumb: Crumb, text: str) -> list[str]:
    """Open a crumb's menu by its key and trigger an entry; all entries it had."""
    found: list[str] = []

    def act() -> None:
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu)
        found.extend(a.text() for a in menu.actions() if a.text())
        wanted = next(a for a in menu.actions() if a.text() == text)
        menu.setActiveAction(wanted)
        QTest.keyClick(menu, Qt.Key.Key_Return)

    QTimer.singleShot(50, act)
    QTest.keyClick(crumb, Qt.Key.Key_Down)
    return found


def test_it_names_the_blocks_around_the_selected_layer(page: Page) -> None:
    assert page.line.parts() == []
    page.view.set_model(network())
    page.view.reveal(CONV)
    assert page.line.parts() == ["Model", *titles(page, CONV), "Conv"]
    assert page.crumb("Conv").toolTip() == CONV
    page.view.select([])
    page.view.set_model(None)
    assert page.line.parts() == []


def test_without_a_selection_it_follows_the_middle_of_the_view(page: Page, qtbot: QtBot) -> None:
    page.view.set_model(network())
    assert page.view.picture is not None
    x, y, width, height = page.view.picture.boxes[page.view.picture.index[CONV]]
    page.view.go(x + width / 2, y + height / 2)
    qtbot.waitUntil(lambda: page.line.parts() == ["Model", *titles(page, CONV)], timeout=3000)
    assert all(crumb.property("dim") for crumb in page.line._crumbs)
    page.view.select([CONV])
    assert not page.crumb(titles(page, CONV)[1]).property("dim")


def test_a_click_selects_the_block_and_brings_it_back(page: Page, qtbot: QtBot) -> None:
    page.view.set_model(network())
    page.view.reveal(CONV)
    page.view.verticalScrollBar().setValue(page.view.verticalScrollBar().maximum())
    qtbot.mouseClick(page.crumb(titles(page, CONV)[1]), LEFT, pos=QPoint(8, 12))
    block = page.view.selected_block()
    assert block.endswith("3")
    assert page.line.parts()[-1] == titles(page, CONV)[1]
    box = page.view.block_box(block)
    assert box is not None
    seen = page.view.mapToScene(page.view.viewport().rect()).boundingRect()
    assert seen.contains(box.center())


def test_the_menu_closes_and_opens_the_block(page: Page) -> None:
    page.view.set_model(network())
    page.view.reveal(CONV)
    block = page.view.around(CONV)[1]
    entries = choose(page.crumb(titles(page, CONV)[1]), "Close this block")
    assert block not in page.view.opened()
    assert page.view.selected_block() == block
    assert entries[4] == titles(page, CONV)[1], "its neighbours follow"
    choose(page.crumb(titles(page, CONV)[1]), "Open this block")
    assert block in page.view.opened()


def test_the_menu_leads_to_a_neighbour(page: Page) -> None:
    page.view.set_model(network())
    page.view.reveal(CONV)
    choose(page.crumb(titles(page, CONV)[1]), titles(page, OTHER)[1])
    assert page.view.selected_block() == page.view.around(OTHER)[1]
    assert page.line.parts() == ["Model", *titles(page, OTHER)]


def test_a_layer_inside_closed_blocks_is_reached(page: Page, qtbot: QtBot) -> None:
    page.view.set_model(network())
    page.view.close_all()
    page.view.select([CONV])
    assert page.line.parts() == ["Model", *titles(page, CONV), "Conv"]
    qtbot.mouseClick(page.crumb(titles(page, CONV)[1]), LEFT, pos=QPoint(8, 12))
    assert page.view.selected_block() == page.view.around(CONV)[1]
    assert page.view.selected_block() not in page.view.opened(), "it is shown, not opened"
    page.view.select([CONV])
    qtbot.keyClick(page.crumb("Conv"), Qt.Key.Key_Return)
    assert page.view.picture is not None
    assert CONV in page.view.picture.index


def test_the_line_is_walked_by_keys(page: Page, qtbot: QtBot) -> None:
    page.view.set_model(network())
    page.view.reveal(CONV)
    crumbs = page.line._crumbs
    crumbs[-1].setFocus()
    for _ in range(2):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Left)
    assert crumbs[1].hasFocus()
    qtbot.keyClick(crumbs[1], Qt.Key.Key_Right)
    assert crumbs[2].hasFocus()
    assert crumbs[2].accessibleName() == f"Block {titles(page, CONV)[1]}"
    qtbot.keyClick(crumbs[2], Qt.Key.Key_Space)
    assert page.view.selected_block() == page.view.around(CONV)[1]
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
    assert page.view.hasFocus()


def test_the_model_goes_to_the_input_and_opens_or_closes_all(page: Page, qtbot: QtBot) -> None:
    page.view.set_model(network())
    page.view.reveal(CONV)
    choose(page.crumb("Model"), "Close all blocks")
    assert page.view.opened() == []
    choose(page.crumb("Model"), "Open all blocks")
    assert len(page.view.opened()) == len(page.view.block_paths())
    qtbot.mouseClick(page.crumb("Model"), LEFT, pos=QPoint(8, 12))
    assert page.view.selected() == []
    assert page.view.zoom() == 1.0


def test_where_there_is_no_room_the_outer_blocks_go_into_a_menu(page: Page) -> None:
    page.view.set_model(Model.from_ir(ir.from_proto(transformer(60))))
    page.view.reveal("/encoder/layer.1/intermediate/gelu/half/Mul")
    every = page.line.parts()
    assert len(every) >= 5
    page.resize(320, 500)
    QTest.qWait(1)
    shown = [crumb.title for crumb in page.line._crumbs if crumb.isVisible()]
    assert len(shown) < len(every)
    assert shown[0] == "Model"
    assert shown[-1] == every[-1]
    menu = page.line._more.menu()
    assert [a.text() for a in menu.actions()] == [title for title in every if title not in shown]
    menu.actions()[0].trigger()
    assert page.view.selected_block() == page.view.around("/encoder/layer.1/intermediate/gelu/half/Mul")[0]


def test_a_graph_without_blocks_shows_only_the_layer(page: Page) -> None:
    page.view.set_model(chain(5))
    page.view.select(["n2"])
    assert page.line.parts()[0] == "Model"
    assert page.line.parts()[-1] == "n2"


def test_it_says_which_tensor_is_followed(page: Page, qtbot: QtBot) -> None:
    page.view.set_model(network())
    page.view.reveal(CONV)
    qtbot.keyClick(page.view, Qt.Key.Key_BracketRight)
    assert page.line.tensor.text() == "Tensor Conv_output_0 · float32 1×8×16×16"
    assert page.line.tensor.toolTip().splitlines()[2] == f"from Conv {CONV}"
    qtbot.keyClick(page.view, Qt.Key.Key_Escape)
    assert page.line.tensor.text() == ""


def test_it_stands_above_the_graph_in_the_window(sample: Desk) -> None:
    line = sample.window.graphs.breadcrumb
    assert line.isVisible()
    key = list(sample.window.graphs.view.picture.index)[3] if sample.window.graphs.view.picture else ""
    sample.state.select([key])
    assert line.parts()[0] == "Model"
    assert line.parts()[-1] == key.strip("/").rsplit("/", 1)[-1]
    assert [label.text() for label in line.findChildren(QLabel) if label.text() == "›"]
