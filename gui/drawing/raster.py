"""A sheet as PNG, never larger than memory and Qt's raster engine allow."""

from __future__ import annotations

import math

from PySide6.QtCore import QBuffer
from PySide6.QtGui import QImage, QPainter

from core.errors import UserError
from gui import theme
from gui.drawing.sheet import Brush, Sheet

SCALES = (0.05, 8.0)
_MOST_PIXELS = 64_000_000  # 256 MB while it is drawn
_LONGEST = 32_000  # the raster engine's coordinates end at 32,767


def fitting_scale(width: float, height: float, scale: float) -> float:
    """The scale asked for, or the largest at which a picture of width × height pixels is within the bounds."""
    return min(scale, _LONGEST / max(width, height), math.sqrt(_MOST_PIXELS / (width * height)))


def png(sheet: Sheet, scale: float) -> tuple[bytes, tuple[int, int], float]:
    """The picture, its width and height in pixels, and the scale it was drawn at. Raises UserError without memory."""
    area = sheet.area
    chosen = fitting_scale(area.width(), area.height(), scale)
    size = (max(1, round(area.width() * chosen)), max(1, round(area.height() * chosen)))
    image = QImage(*size, QImage.Format.Format_RGB32)
    if image.isNull():
        raise UserError(f"There is no memory for a picture of {size[0]} × {size[1]} pixels.", "Choose a smaller scale.")
    image.setText("Title", sheet.title)
    image.setText("Description", sheet.about)
    image.fill(theme.color("canvas"))
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
    painter.scale(chosen, chosen)
    painter.translate(-area.topLeft())
    Brush(sheet).paint(painter, area)
    painter.end()
    buffer = QBuffer()
    buffer.open(QBuffer.OpenModeFlag.WriteOnly)
    if not image.save(buffer, "PNG"):  # type: ignore[call-overload]
        raise UserError("The picture could not be compressed.", "Choose a smaller scale, or save it as SVG.")
    buffer.close()
    return bytes(buffer.data().data()), size, chosen
