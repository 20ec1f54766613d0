"""A list of choices that act when taken: a key or the wheel opens it or passes by, and never takes one unseen."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QComboBox

_WALKING = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


class Chooser(QComboBox):
    """Where a closed QComboBox would take the next choice at once, this one shows what there is."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _WALKING or event.text().isalnum():
            self.showPopup()
            return
        super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()
