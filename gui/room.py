"""Room for what a dialog has to say later, such as a sentence on what is wrong."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog


def make_room(dialog: QDialog) -> None:
    """Let an open dialog be as high as its texts need: a sentence that appears squeezes the others out of sight."""
    layout = dialog.layout()
    if layout is None or not dialog.isVisible():
        return
    layout.activate()
    width = dialog.width()
    needed = layout.totalHeightForWidth(width) if layout.hasHeightForWidth() else layout.totalSizeHint().height()
    if needed > dialog.height():
        dialog.resize(width, min(needed, dialog.screen().availableSize().height()))
