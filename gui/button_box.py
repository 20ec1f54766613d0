"""The buttons of a dialog, each within reach of the Tab key."""

from __future__ import annotations

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QDialogButtonBox


class ButtonBox(QDialogButtonBox):
    """Qt's own, once shown, hands the keyboard to its default button and lets Tab pass the others by."""

    def event(self, event: QEvent) -> bool:
        done = super().event(event)
        if event.type() in (QEvent.Type.Show, QEvent.Type.ShowToParent):
            self.setFocusProxy(None)  # type: ignore[arg-type]
        return done
