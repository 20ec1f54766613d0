"""Both themes are readable: contrast as the Web Content Accessibility Guidelines 2.2 define it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QIcon, QPalette
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from gui import theme
from gui.app import build
from gui.desk import Desk
from gui.graph_view.captions import CATEGORY
from gui.operations import files
from gui.settings import Settings
from tests.gui.window_tools import ThreadClient, destroy, settle

THEMES = [theme.LIGHT, theme.DARK]


def luminance(colour: str) -> float:
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("chosen", THEMES, ids=lambda t: t.name)
def test_text_is_readable_on_every_ground(chosen: theme.Theme) -> None:
    grounds = (chosen.window, chosen.surface, chosen.raised, chosen.canvas, chosen.card)
    for ground in grounds:
        assert contrast(chosen.text, ground) >= 7
        for role in ("muted", "accent", "warning", "error", "good"):
            assert contrast(getattr(chosen, role), ground) >= 4.5, (role, ground)
        for role in ("inputs", "outputs"):
            assert contrast(getattr(chosen, role), ground) >= 3, (role, ground)
    assert contrast(chosen.text, chosen.accent_soft) >= 4.5
    assert contrast(chosen.on_accent, chosen.accent) >= 4.5
    assert contrast(chosen.edge, chosen.canvas) >= 2


@pytest.mark.parametrize("chosen", THEMES, ids=lambda t: t.name)
def test_every_kind_of_operator_has_a_header_colour_that_white_text_stands_on(chosen: theme.Theme) -> None:
    assert {*CATEGORY.values(), "other", "terminal", "block"} == set(chosen.categories)
    for kind, colour in chosen.categories.items():
        assert contrast(chosen.on_header, colour) >= 4.5, kind


def test_both_themes_have_the_same_roles_and_switching_reaches_the_palette(qapp: QApplication) -> None:
    assert theme.LIGHT.categories.keys() == theme.DARK.categories.keys()
    for name in ("dark", "light"):
        chosen = theme.apply_theme(qapp, name)  # type: ignore[arg-type]
        assert theme.current() is chosen
        assert qapp.palette().color(QPalette.ColorRole.Window).name() == chosen.window
        assert chosen.surface in qapp.styleSheet()


def test_the_look_that_is_worn_is_not_put_on_again(qapp: QApplication, qtbot: QtBot) -> None:
    """Qt dresses every widget anew, which takes a full window a second."""

    class Watching(QWidget):
        def __init__(self) -> None:
            super().__init__()
            self.dressed = 0

        def changeEvent(self, event: QEvent) -> None:
            self.dressed += event.type() == QEvent.Type.StyleChange

    theme.apply_theme(qapp, "light")
    widget = Watching()
    qtbot.addWidget(widget)
    widget.show()
    widget.dressed = 0
    theme.apply_theme(qapp, "light")
    assert widget.dressed == 0
    theme.apply_theme(qapp, "dark")
    assert widget.dressed > 0
    theme.apply_theme(qapp, "light")


@pytest.mark.parametrize("chosen", THEMES, ids=lambda t: t.name)
def test_every_picture_the_style_sheet_names_exists_and_can_be_read(chosen: theme.Theme, qapp: QApplication) -> None:
    named = re.findall(r'url\("([^"]+)"\)', theme.stylesheet(chosen))
    assert len(named) >= 4
    for path in named:
        assert not QIcon(path).pixmap(12, 12).isNull(), path


def pixels(widget: QWidget) -> np.ndarray:
    """[height, width, 4] as the widget paints itself now."""
    image = widget.grab().toImage().convertToFormat(widget.grab().toImage().Format.Format_RGB32)
    return np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4).copy()


def views(desk: Desk, qtbot: QtBot) -> Iterator[tuple[str, np.ndarray]]:
    """Every tab with the panels around it, a layer selected and a failure shown."""
    window = desk.window
    window.resize(1200, 800)
    for k in range(window.tabs.count()):
        window.tabs.setCurrentIndex(k)
        window.setFocus()
        yield window.tabs.tabText(k), at_rest(window, qtbot)


def at_rest(window: QWidget, qtbot: QtBot) -> np.ndarray:
    """What the window looks like once nothing comes any more: the overview of a graph is painted later."""
    found = pixels(window)
    for _ in range(30):
        qtbot.wait(300)
        before, found = found, pixels(window)
        if np.array_equal(before, found):
            break
    return found


def open_with_a_failure(desk: Desk, qtbot: QtBot) -> None:
    files.open_sample(desk)
    qtbot.waitUntil(lambda: desk.state.attached is not None, timeout=60_000)
    settle(desk, qtbot)
    assert desk.state.model is not None
    desk.state.select([n.name or "" for n in desk.state.model.nodes() if n.op_type == "Conv"][3:4])
    desk.errors.say("error", "There is no such file.", "Choose another.")
    settle(desk, qtbot)


def test_a_switch_paints_everything_as_a_window_that_was_dark_from_the_start(
    desk: Desk, qtbot: QtBot, qapp: QApplication, tmp_path: Path
) -> None:
    open_with_a_failure(desk, qtbot)
    before = dict(views(desk, qtbot))
    desk.actions["look_dark"].trigger()
    switched = dict(views(desk, qtbot))
    store = Settings(tmp_path / "dark.ini")
    store.look = "dark"
    fresh = build(qapp, store, ThreadClient())
    fresh.window.show()
    open_with_a_failure(fresh, qtbot)
    for tab, wanted in views(fresh, qtbot):
        different = np.any(np.abs(switched[tab].astype(int) - wanted) > 8, axis=2).mean()
        assert different < 0.002, f"{tab}: {100 * different:.1f} % of the pixels are another colour"
        assert np.any(np.abs(before[tab].astype(int) - wanted) > 8, axis=2).mean() > 0.5, "the two looks differ"
    destroy(fresh)


def test_the_start_screen_is_dressed_anew_too(desk: Desk, qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> None:
    desk.actions["look_dark"].trigger()
    desk.window.start.buttons["open"].clearFocus()  # only one window can have it
    switched = pixels(desk.window)
    store = Settings(tmp_path / "dark.ini")
    store.look = "dark"
    fresh = build(qapp, store, ThreadClient())
    fresh.window.show()
    fresh.window.resize(desk.window.size())
    assert np.any(np.abs(switched.astype(int) - pixels(fresh.window)) > 8, axis=2).mean() < 0.002
    destroy(fresh)


def test_the_window_follows_the_desktop_while_it_runs(
    desk: Desk, qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    desktop = [False]
    monkeypatch.setattr(theme, "system_prefers_dark", lambda app: desktop[0])
    desk.actions["look_system"].trigger()
    assert theme.current() is theme.LIGHT
    desktop[0] = True
    qapp.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    assert theme.current() is theme.DARK
    assert desk.window.palette().color(QPalette.ColorRole.Window).name() == theme.DARK.window
    desk.actions["look_light"].trigger()
    qapp.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    assert theme.current() is theme.LIGHT, "whoever chose a look keeps it"
