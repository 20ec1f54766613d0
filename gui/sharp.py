"""Pictures with as many pixels as the screen has for them: at 200 % twice as many each way as they are points wide."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPixmap


def fitted(image: QImage, side: int, ratio: float) -> QPixmap:
    """``image`` within ``side`` × ``side`` points on a screen with ``ratio`` pixels a point.

    Tiny images keep their pixels, as squares with sharp edges; others are smoothed.
    """
    if image.isNull():
        return QPixmap()
    pixels = max(1, math.ceil(side * ratio))
    tiny = max(image.width(), image.height()) < side
    mode = Qt.TransformationMode.FastTransformation if tiny else Qt.TransformationMode.SmoothTransformation
    pixmap = QPixmap.fromImage(image.scaled(pixels, pixels, Qt.AspectRatioMode.KeepAspectRatio, mode))
    pixmap.setDevicePixelRatio(ratio)
    return pixmap
