"""A sheet as PNG, never larger than memory and Qt's raster engine allow."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QBuffer
from PySide6.QtGui import QImage, QPainter

from core.errors import UserError
from gui import theme
from gui.drawing.sheet import BETWEEN, MARGIN, Brush, Sheet, strips
from gui.words import tr

SCALES = (0.05, 8.0)
MOST_PIXELS = 50_000_000  # 200 MB while it is drawn
_SHORTEST = 1000.0  # pixels of a column at 100 %
_CLEARLY = 1.5
LONGEST = 32_000  # the raster engine's coordinates end at 32,767


def fitting_scale(width: float, height: float, scale: float) -> float:
    """The scale asked for, or the largest at which a picture of width × height pixels is within the bounds."""
    return min(scale, LONGEST / max(width, height), math.sqrt(MOST_PIXELS / (width * height)))


@dataclass(frozen=True, slots=True)
class Plan:
    """Columns of a picture, its width and height at 100 %, and the scale it is drawn at."""

    strips: tuple[tuple[float, float], ...]
    width: float
    height: float
    scale: float


def plan(sheet: Sheet, scale: float) -> Plan:
    """One column where that fits; a graph too long for it flows in columns, where that makes it clearly larger."""
    area = sheet.area
    one = ((area.top(), area.bottom()),)
    single = Plan(one, area.width(), area.height(), fitting_scale(area.width(), area.height(), scale))
    if single.scale == scale:
        return single
    step = area.width() + BETWEEN
    cut = tuple(strips(sheet, max(math.sqrt(step * area.height()), _SHORTEST)))
    width = len(cut) * step - BETWEEN
    height = max(bottom - top for top, bottom in cut) + 2 * MARGIN
    flowed = Plan(cut, width, height, fitting_scale(width, height, scale))
    return flowed if flowed.scale > _CLEARLY * single.scale else single


def png(sheet: Sheet, scale: float) -> tuple[bytes, tuple[int, int], float]:
    """The picture, its width and height in pixels, and the scale it was drawn at. Raises UserError without memory."""
    laid = plan(sheet, scale)
    chosen = laid.scale
    size = (max(1, round(laid.width * chosen)), max(1, round(laid.height * chosen)))
    image = QImage(*size, QImage.Format.Format_RGB32)
    if image.isNull():
        raise UserError(
            tr("There is no memory for a picture of {width} × {height} pixels.", width=size[0], height=size[1]),
            tr("Choose a smaller scale."),
        )
    image.setText("Title", sheet.title)
    image.setText("Description", sheet.about)
    image.fill(theme.color("canvas"))
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
    painter.scale(chosen, chosen)
    Brush(sheet).paint_columns(painter, laid.strips)
    painter.end()
    buffer = QBuffer()
    buffer.open(QBuffer.OpenModeFlag.WriteOnly)
    if not image.save(buffer, "PNG"):  # type: ignore[call-overload]
        raise UserError(tr("The picture could not be compressed."), tr("Choose a smaller scale, or save it as SVG."))
    buffer.close()
    return bytes(buffer.data().data()), size, chosen
