"""Nothing is blurred where the screen has two pixels a point."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from gui.sharp import fitted
from gui.start.icons import _DRAW, icon
from tests.conftest import ROOT

SCRIPT = """
from PySide6.QtCore import QSize
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QAbstractButton, QLabel
from gui.app import build, make_application
from gui.data_panel.grid import SIDE, ItemGrid
from gui.data_panel.pictures import Picture
from gui.settings import Settings
from pathlib import Path
import sys, tempfile
from tests.gui.window_tools import ThreadClient
app = make_application()
desk = build(app, Settings(Path(tempfile.mkdtemp()) / "window.ini"), ThreadClient())
desk.window.resize(900, 600)
desk.window.show()
desk.errors.say("error", "A failure.")
app.processEvents()
picture = desk.window.grab()
assert picture.devicePixelRatio() == 2, picture.devicePixelRatio()
assert picture.size() == desk.window.size() * 2, picture.size()
shown = [w for w in desk.window.findChildren(QLabel) if not w.pixmap().isNull()]
assert shown, "the message has an icon"
for label in shown:
    assert label.pixmap().devicePixelRatio() == 2, label
for button in desk.window.findChildren(QAbstractButton):
    if not button.icon().isNull():
        pixmap = button.icon().pixmap(button.iconSize(), 2.0)
        assert pixmap.width() >= 2 * button.iconSize().width() - 4, (button, pixmap.size())
grid = ItemGrid()
grid.show_pictures([Picture("a", "a", QImage(300, 300, QImage.Format.Format_RGB32))])
assert grid.item(0).icon().pixmap(QSize(SIDE, SIDE), 2.0).size() == QSize(2 * SIDE, 2 * SIDE)
desk.window.close()
print("sharp")
"""


@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0])
@pytest.mark.parametrize("size", [(8, 8), (300, 200)])
def test_pictures_have_a_pixel_for_each_of_the_screen_s(qtbot: QtBot, ratio: float, size: tuple[int, int]) -> None:
    image = QImage(*size, QImage.Format.Format_RGB32)
    image.fill(QColor("red"))
    pixmap = fitted(image, 56, ratio)
    assert pixmap.width() == round(56 * ratio)
    assert pixmap.devicePixelRatio() == ratio
    assert pixmap.deviceIndependentSize().width() == pytest.approx(56)


def test_a_tiny_picture_keeps_its_pixels(qtbot: QtBot) -> None:
    image = QImage(2, 1, QImage.Format.Format_RGB32)
    image.setPixelColor(0, 0, QColor("black"))
    image.setPixelColor(1, 0, QColor("white"))
    grown = fitted(image, 56, 2.0).toImage()
    assert {grown.pixelColor(x, 20).value() for x in range(grown.width())} == {0, 255}, "no grey between them"


@pytest.mark.parametrize("kind", sorted(_DRAW))
def test_icons_are_drawn_for_two_pixels_a_point(qtbot: QtBot, kind: str) -> None:
    pixmap = icon(kind).pixmap(QSize(28, 28), 2.0)
    assert pixmap.size() == QSize(56, 56)
    assert pixmap.devicePixelRatio() == 2


def test_the_window_at_200_percent() -> None:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "QT_SCALE_FACTOR": "2", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", SCRIPT]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout.strip() == "sharp", done.stderr[-2000:]
