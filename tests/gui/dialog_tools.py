"""Every dialog of the window, one after the other, for tests that look at all of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot

from gui.desk import Desk


def every_dialog(desk: Desk, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, QDialog]]:
    """(key of the act, its dialog) of every act that asks something, with a convolution selected.

    Qt's own dialogs for files and questions are passed by.
    """
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_, **__: ("", ""))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: ("", ""))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_, **__: "")
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.No)
    assert desk.state.model is not None
    first = next(n for n in desk.state.model.nodes() if n.op_type == "Conv")
    desk.state.select([first.name or ""])
    for key, action in list(desk.actions.items()):
        if action.text().endswith(("…", "…⟧")) and action.isEnabled():
            action.trigger()
            QApplication.processEvents()
            for dialog in [w for w in QApplication.topLevelWidgets() if isinstance(w, QDialog) and w.isVisible()]:
                qtbot.wait(20)
                yield key, dialog
                dialog.reject()
                dialog.deleteLater()
