"""The graph from far away: folded into columns, kept as tiles, never smaller than legible."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.formats.open import open_model
from gui import theme
from gui.graph_view import GraphView
from gui.graph_view.fold import fold
from gui.graph_view.navigation import LEAST
from tests.conftest import network_path
from tests.gui.small_networks import chain

lengths = st.floats(1, 1e6)


@given(lengths, lengths, st.floats(-1e4, 1e4), st.integers(50, 2000), st.integers(50, 2000), st.integers(0, 20))
def test_a_fold_holds_the_whole_graph_and_every_pixel_is_one_place(
    wide: float, high: float, left: float, width: int, height: int, gap: int
) -> None:
    bounds = (left, -100.0, left + wide, -100.0 + high)
    made = fold(bounds, width, height, gap, 0.3)
    across, down = made.size
    assert across <= width * 1.001
    assert down <= height * 1.001
    assert made.scale <= 0.3
    covered = sum((b[2] - b[0]) * (b[3] - b[1]) for b in made.parts(bounds))
    assert covered == pytest.approx(wide * high * made.scale**2, rel=1e-6), "all of the graph, once"
    for x, top, bottom in made.strips():
        middle = made.canvas(x + wide * made.scale / 2, down / 2)
        assert middle == pytest.approx((left + wide / 2, (top + bottom) / 2), rel=1e-6, abs=0.01)


def test_a_long_graph_is_folded_and_a_square_one_is_not() -> None:
    assert fold((0, 0, 500, 12_000), 160, 200, 4, 0.3).columns > 2
    assert fold((0, 0, 500, 12_000), 160, 200, 4, 0.3).scale > 3 * 200 / 12_000
    assert fold((0, 0, 500, 500), 160, 200, 4, 0.3).columns == 1
    cut = fold((0, 0, 10, 100), 100, 10, 0, 1.0)
    assert len(cut.parts((0, 5, 10, 15))) == 2, "what a cut divides is seen in both columns"


def seen(view: GraphView) -> QImage:
    """What the screen shows, painted anew."""
    return view.viewport().grab().toImage()


@pytest.mark.parametrize("look", ["light", "dark"])
def test_tiles_show_exactly_what_the_cards_and_edges_paint(view: GraphView, qapp: QApplication, look: str) -> None:
    theme.apply_theme(qapp, look)
    view.set_model(open_model(network_path("resnet20")))
    view.select(["/layer1/layer1.0/Add"])
    view.set_zoom(0.125)
    painted = seen(view)
    kept = seen(view)
    assert len(view._tiles) > 3, "the second time at the same zoom"
    assert kept == painted
    theme.apply_theme(qapp, "light")


def test_tiles_are_painted_anew_when_colours_or_the_graph_change(view: GraphView, qapp: QApplication) -> None:
    view.set_model(chain(60))
    view.set_zoom(0.1)
    before = [seen(view), seen(view)][-1]
    view.set_overlay({f"n{k}": "good" for k in range(60)})
    assert seen(view) != before
    view.set_overlay(None)
    assert seen(view) == before
    theme.apply_theme(qapp, "dark")
    assert seen(view) != before
    theme.apply_theme(qapp, "light")
    view.set_model(chain(20))
    assert not len(view._tiles)


def test_scrolling_far_out_paints_pixmaps_and_never_more_than_fit_in_the_store(view: GraphView, qtbot: QtBot) -> None:
    with qtbot.waitSignal(view.ready):
        view.set_model(chain(900))
    view.set_zoom(0.1)
    bar = view.verticalScrollBar()
    for k in range(0, bar.maximum(), 100):
        bar.setValue(k)
        view.viewport().repaint()
    assert 20 < len(view._tiles) <= 96


def test_a_graph_that_would_be_a_hair_is_fitted_to_the_least_zoom_and_says_so(view: GraphView, qtbot: QtBot) -> None:
    view.set_model(chain(20))
    with qtbot.assertNotEmitted(view.outgrown):
        view.fit()
    assert view.zoom() > LEAST
    with qtbot.waitSignal(view.ready):
        view.set_model(chain(900))
    view.verticalScrollBar().setValue(4000)
    middle = view.mapToScene(view.viewport().rect().center()).y()
    with qtbot.waitSignal(view.outgrown):
        view.fit()
    assert view.zoom() == LEAST
    assert view.mapToScene(view.viewport().rect().center()).y() == pytest.approx(middle, abs=20), "stays where it was"
