"""The Help menu."""

from __future__ import annotations

import html
import platform

from PySide6.QtCore import Qt, QUrl, qVersion
from PySide6.QtGui import QAction, QDesktopServices, QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QHeaderView,
    QMessageBox,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
)

from core import __version__
from gui import settings
from gui.button_box import ButtonBox
from gui.desk import Desk
from gui.graph_view import breadcrumb, minimap, tensors
from gui.words import tr


def shortcuts(desk: Desk) -> None:
    ShortcutDialog(list(desk.actions.values()), desk).exec()


class ShortcutDialog(QDialog):
    """Every act that has a shortcut, from the same actions the menus hold; then the keys of the graph itself."""

    def __init__(self, actions: list[QAction], desk: Desk) -> None:
        super().__init__(desk.window)
        self.setWindowTitle(tr("Shortcuts"))
        known = [
            (_plain(a.text()), a.shortcut().toString(QKeySequence.SequenceFormat.NativeText))
            for a in actions
            if not a.shortcut().isEmpty()
        ]
        known += [(tr("Graph: {act}", act=tr(act)), _native(keys)) for act, keys in tensors.KEYS]
        known += [(tr("Overview: {act}", act=tr(act)), _native(keys)) for act, keys in minimap.KEYS]
        known += [(tr("Line above the graph: {act}", act=tr(act)), _native(keys)) for act, keys in breadcrumb.KEYS]
        self.table = QTableWidget(len(known), 2)
        self.table.setAccessibleName(tr("Shortcuts"))
        self.table.setHorizontalHeaderLabels([tr("Act"), tr("Keys")])
        self.table.verticalHeader().hide()
        self.table.setShowGrid(False)
        self.table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        self.table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.table.horizontalHeader().setHighlightSections(False)
        self.table.horizontalHeader().resizeSection(1, 136)
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for row, pair in enumerate(known):
            for column, text in enumerate(pair):
                self.table.setItem(row, column, QTableWidgetItem(text))
        buttons = ButtonBox(ButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column_ = QVBoxLayout(self)
        column_.setContentsMargins(16, 16, 16, 16)
        column_.setSpacing(16)
        column_.addWidget(self.table)
        column_.addWidget(buttons)
        self.resize(480, 640)


def _native(keys: str) -> str:
    """'Left, Right' as the keyboard says it."""
    native = QKeySequence.SequenceFormat.NativeText
    return ", ".join(QKeySequence(key).toString(native) or tr(key) for key in keys.split(", "))


def _plain(text: str) -> str:
    return text.replace("&", "").rstrip("…")


def about_text() -> str:
    """What goes into a report of a problem."""
    versions = f"Python {platform.python_version()}, Qt {qVersion()}, {platform.system()} {platform.machine()}"
    claim = tr(
        "Fits neural networks into phones: see, prune, tune, quantize, compare and export, with every number proven."
    )
    return (
        f"<h3>Thimble {html.escape(__version__)}</h3><p>{html.escape(claim)}</p>"
        f"<p>{html.escape(versions)}</p><p>Apache License 2.0</p>"
    )


def about(desk: Desk) -> None:
    QMessageBox.about(desk.window, tr("About Thimble"), about_text())


def open_reports(desk: Desk) -> None:
    folder = settings.cache_folder() / "reports"
    folder.mkdir(exist_ok=True)
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
