"""A window with the real tasks behind it, empty or with the sample and its data open; a graph view on its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui import settings, theme
from gui.app import build
from gui.desk import Desk
from gui.graph_view import GraphView
from gui.operations import files
from gui.settings import Settings
from tests.gui.window_tools import ThreadClient, destroy, settle


@pytest.fixture
def desk(qtbot: QtBot, qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A window without a project. Sessions and settings lie in the test's own folder."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    store = Settings(tmp_path / "window.ini")
    store.look = "light"
    made = build(qapp, store, ThreadClient())
    made.window.show()
    yield made
    destroy(made)
    assert settings.sessions_folder().is_relative_to(tmp_path)


@pytest.fixture
def sample(desk: Desk, qtbot: QtBot) -> Desk:
    """The bundled sample with its data, everything counted."""
    files.open_sample(desk)
    qtbot.waitUntil(lambda: desk.state.attached is not None, timeout=60_000)
    settle(desk, qtbot)
    return desk


@pytest.fixture
def view(qtbot: QtBot, qapp: QApplication) -> Iterator[GraphView]:
    """A graph view of 900 x 700 without a window around it, light; the look is light again afterwards."""
    theme.apply_theme(qapp, "light")
    made = GraphView()
    qtbot.addWidget(made)
    made.resize(900, 700)
    made.show()
    yield made
    theme.apply_theme(qapp, "light")
