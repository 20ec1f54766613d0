"""The overview in the corner: when it is there, what it shows, and moving about with it by mouse and by keys."""

from __future__ import annotations

import time

import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRect, QSize, Qt
from PySide6.QtGui import QPaintEvent, QRegion
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from core.formats.open import open_model
from core.model.model import Model
from gui import theme
from gui.desk import Desk
from gui.graph_view import GraphView
from gui.graph_view.minimap import Minimap
from gui.graph_view.navigation import LEAST
from tests.conftest import network_path
from tests.gui.small_networks import chain

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def overview(view: GraphView) -> Minimap:
    return Minimap(view)


def show(view: GraphView, overview: Minimap, model: Model, qtbot: QtBot) -> None:
    view.set_model(model)
    qtbot.waitUntil(overview.isVisible, timeout=5000)


def middle(view: GraphView) -> QPointF:
    return view.mapToScene(view.viewport().rect()).boundingRect().center()


def spot_of(overview: Minimap, x: float, y: float) -> QPoint:
    """Where a point of the canvas is on the overview."""
    assert overview._fold is not None
    part = overview._fold.parts((x - 1, y - 1, x + 1, y + 1))[0]
    origin = overview._origin()
    return QPointF(origin.x() + (part[0] + part[2]) / 2, origin.y() + (part[1] + part[3]) / 2).toPoint()


def place(view: GraphView, key: str) -> QPointF:
    assert view.picture is not None
    x, y, width, height = view.picture.boxes[view.picture.index[key]]
    return QPointF(x + width / 2, y + height / 2)


def test_it_is_there_only_while_the_graph_is_larger_than_the_view(
    view: GraphView, overview: Minimap, qtbot: QtBot
) -> None:
    show(view, overview, chain(60), qtbot)
    view.fit()
    assert not overview.isVisible()
    view.zoom_100()
    assert overview.isVisible()
    overview.set_wanted(False)
    assert not overview.isVisible()
    overview.set_wanted(True)
    assert overview.isVisible()
    view.set_model(chain(3))
    QTest.qWait(150)
    assert not overview.isVisible()
    view.set_model(None)
    assert not overview.isVisible()


def test_a_click_and_a_drag_move_the_view(view: GraphView, overview: Minimap, qtbot: QtBot) -> None:
    show(view, overview, chain(60), qtbot)
    goal = place(view, "n40")
    qtbot.mouseClick(overview, LEFT, pos=spot_of(overview, goal.x(), goal.y()))
    assert abs(middle(view).y() - goal.y()) < 30
    assert view.zoom() == 1.0
    back = place(view, "n10")
    qtbot.mousePress(overview, LEFT, pos=spot_of(overview, goal.x(), goal.y()))
    QTest.mouseMove(overview, spot_of(overview, back.x(), back.y()))
    qtbot.mouseRelease(overview, LEFT, pos=spot_of(overview, back.x(), back.y()))
    assert abs(middle(view).y() - back.y()) < 30
    assert view.selected() == [], "nothing reached the graph below"


def test_it_shows_the_cards_in_their_colours_and_what_is_in_view(
    view: GraphView, overview: Minimap, qapp: QApplication, qtbot: QtBot
) -> None:
    show(view, overview, open_model(network_path("mobilenetv2")), qtbot)
    first = next(iter(view.picture.index)) if view.picture else ""
    view.go_to_input()
    away = place(view, "/features/features.17/conv/conv.2/conv.2.0/Conv")
    colours = {}
    for look in ("light", "dark"):
        theme.apply_theme(qapp, look)
        QTest.qWait(150)
        image = overview.grab().toImage()
        colours[look] = image.pixelColor(spot_of(overview, away.x(), away.y()))
        assert colours[look] == theme.header_color("layer")
    assert colours["light"] != colours["dark"]
    seen = place(view, first)
    tinted = overview.grab().toImage().pixelColor(spot_of(overview, seen.x(), seen.y()))
    assert tinted != theme.header_color("layer"), "what is in view is marked"
    theme.apply_theme(qapp, "light")


def test_it_never_covers_the_layer_just_selected(view: GraphView, overview: Minimap, qtbot: QtBot) -> None:
    show(view, overview, chain(60), qtbot)
    corners = set()
    for zoom in (1.0, 3.0):
        for key in ("n5", "n30"):
            for corner in range(4):
                view.set_zoom(zoom)
                view.centerOn(place(view, key))
                box = overview.geometry()
                goal = view.mapToScene(box.center())
                here = view.mapToScene(view.viewport().rect().center())
                view.centerOn(here + place(view, key) - goal)
                spot = view.mapFromScene(place(view, key))
                qtbot.mouseClick(view.viewport(), LEFT, pos=spot if not box.contains(spot) else QPoint(450, 350))
                view.select([key], center=False)
                QTest.qWait(1)
                card = view.mapFromScene(place(view, key))
                assert not overview.geometry().contains(card), (zoom, key, corner)
                corners.add(overview.geometry().topLeft().toTuple())
    assert len(corners) > 1, "it had to move"


def test_a_graph_too_large_to_fit_is_shown_whole_and_a_click_goes_there(
    view: GraphView, overview: Minimap, qtbot: QtBot
) -> None:
    show(view, overview, chain(600), qtbot)
    small = overview.size()
    view.fit()
    assert overview.grown
    assert overview.hasFocus()
    assert view.zoom() == LEAST
    assert overview.width() > 0.9 * view.viewport().width()
    goal = place(view, "n450")
    qtbot.mouseClick(overview, LEFT, pos=spot_of(overview, goal.x(), goal.y()))
    assert not overview.grown
    assert overview.size() == small
    assert view.zoom() == 1.0
    assert abs(middle(view).y() - goal.y()) < 60
    assert view.hasFocus()


def test_it_is_worked_by_keys_alone(view: GraphView, overview: Minimap, qtbot: QtBot) -> None:
    show(view, overview, chain(600), qtbot)
    overview.setFocus(Qt.FocusReason.TabFocusReason)
    before = middle(view).y()
    qtbot.keyClick(overview, Qt.Key.Key_Down)
    assert middle(view).y() > before + 200
    said = overview.accessibleDescription()
    assert said.startswith("In view: from ")
    qtbot.keyClick(overview, Qt.Key.Key_Return)
    assert overview.grown
    for _ in range(9):
        qtbot.keyClick(overview, Qt.Key.Key_Down)
    assert overview.accessibleDescription() != said
    qtbot.keyClick(overview, Qt.Key.Key_Escape)
    assert not overview.grown
    assert view.hasFocus()
    view.fit()
    there = middle(view).y()
    qtbot.keyClick(overview, Qt.Key.Key_Return)
    assert view.zoom() == 1.0
    assert abs(middle(view).y() - there) < 60
    overview.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(overview, Qt.Key.Key_Escape)
    assert view.hasFocus()


def test_tooltips_name_the_layer_below(view: GraphView, overview: Minimap, qtbot: QtBot) -> None:
    show(view, overview, chain(60), qtbot)
    goal = place(view, "n40")
    assert overview.tip_at(QPointF(spot_of(overview, goal.x(), goal.y()))).startswith("n40\nRelu")
    assert "double-click" in overview.tip_at(QPointF(1, 1))
    qtbot.mouseDClick(overview, LEFT, pos=QPoint(20, 20))
    assert overview.grown


def test_the_menu_switches_it_off_and_the_next_window_remembers(sample: Desk, qtbot: QtBot) -> None:
    overview = sample.window.graphs.overview
    qtbot.waitUntil(overview.isVisible, timeout=5000)
    assert sample.actions["overview"].isChecked()
    sample.actions["overview"].trigger()
    assert not overview.isVisible()
    assert not sample.settings.overview
    assert not sample.actions["overview"].isChecked()
    sample.window.graphs.set_overview(sample.settings.overview)
    sample.window.graphs.view.zoom_in()
    assert not overview.isVisible()


def test_the_window_says_why_a_long_graph_was_not_fitted(sample: Desk, qtbot: QtBot) -> None:
    view = sample.window.graphs.view
    view.set_model(chain(900))
    qtbot.waitUntil(lambda: view.picture is not None and len(view.picture.cards) > 900)
    sample.actions["fit"].trigger()
    assert "too small to read" in sample.window.statusBar().currentMessage()


def test_a_choice_in_the_table_moves_the_overview_too(sample: Desk, qtbot: QtBot) -> None:
    graphs = sample.window.graphs
    heard: list[list[str]] = []
    graphs.view.selection_changed.connect(heard.append)
    told: list[list[str]] = []
    graphs.selection_changed.connect(told.append)
    key = list(graphs.view.picture.index)[-1] if graphs.view.picture else ""
    graphs.select([key])
    assert heard == [[key]]
    assert told == [], "the window knows already"


def test_it_stays_while_the_graph_changes_and_then_shows_the_new_one(
    view: GraphView, overview: Minimap, qtbot: QtBot
) -> None:
    show(view, overview, chain(60), qtbot)
    before = overview.grab().toImage()
    view.set_model(chain(80))
    assert overview.isVisible(), "no flicker"
    QTest.qWait(200)
    assert overview.grab().toImage() != before
    assert overview._fold is not None
    assert view.picture is not None
    assert overview._fold.step * overview._fold.columns > view.picture.place.bounds[3]


def _rectangles(region: QRegion) -> list[QRect]:
    return list(region)


def test_scrolling_under_it_paints_only_what_comes_into_view(view: GraphView, overview: Minimap, qtbot: QtBot) -> None:
    show(view, overview, chain(60), qtbot)
    QTest.qWait(50)
    painted: list[QRegion] = []

    class Watch(QObject):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if isinstance(event, QPaintEvent):
                painted.append(event.region())
            return False

    watch = Watch()
    view.viewport().installEventFilter(watch)
    stands = overview.pos()
    bar = view.verticalScrollBar()
    bar.setValue(bar.value() + 40)
    QApplication.processEvents()
    assert overview.pos() == stands, "it does not scroll along"
    area = sum(r.width() * r.height() for region in painted for r in _rectangles(region))
    assert 0 < area < 0.25 * view.viewport().width() * view.viewport().height()


def test_a_large_overview_is_painted_in_slices(view: GraphView, overview: Minimap, qtbot: QtBot) -> None:
    show(view, overview, chain(900), qtbot)
    painted: list[float] = []
    paint = view.paint_graph

    def counted(*given: object) -> None:
        painted.append(time.perf_counter())
        time.sleep(0.006)
        paint(*given)  # type: ignore[arg-type]

    view.paint_graph = counted  # type: ignore[method-assign]
    overview.grow()
    assert 1 <= len(painted) <= 3, "the window answers after some columns"
    assert overview._fold is not None
    count = overview._fold.columns
    qtbot.waitUntil(lambda: len(painted) == count, timeout=5000)


def test_it_keeps_clear_of_another_widget_while_that_is_shown(view: GraphView, overview: Minimap, qtbot: QtBot) -> None:
    show(view, overview, chain(60), qtbot)
    legend = QWidget(view)
    overview.keep_clear_of(legend)
    for _ in range(2):  # wherever it goes, the other one follows
        legend.setGeometry(QRect(view.viewport().mapTo(view, overview.pos()), QSize(80, 60)))
        legend.show()
        inside = QRect(view.viewport().mapFrom(view, legend.pos()), legend.size())
        qtbot.waitUntil(lambda inside=inside: not overview.geometry().intersects(inside), timeout=2000)
        legend.hide()


def test_it_stays_in_its_corner_while_the_view_changes_its_size(
    view: GraphView, overview: Minimap, qtbot: QtBot
) -> None:
    show(view, overview, chain(60), qtbot)
    for height in (400, 650, 320):
        view.resize(900, height)
        assert view.rect().contains(overview.geometry()), height
