"""The first screen: open a model, a recent project, the bundled sample, or what the last window left behind."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtWidgets import QCommandLinkButton, QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from gui.start.icons import icon
from gui.words import moment, tr


class StartScreen(QScrollArea):
    """Signals say what the user chose; nothing is opened here."""

    open_model = Signal()
    new_network = Signal()
    open_project = Signal()
    open_sample = Signal()
    open_recent = Signal(object)
    recover = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("StartScreen")
        self.buttons: dict[str, QCommandLinkButton] = {}
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self._page = QWidget()
        self._column = QVBoxLayout(self._page)
        self._column.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._column.setContentsMargins(24, 32, 24, 24)
        self.setWidget(self._page)
        self._inner = QWidget()
        self._inner.setFixedWidth(560)
        self._rows = QVBoxLayout(self._inner)
        self._rows.setSpacing(8)
        self._column.addStretch(2)
        self._column.addWidget(self._inner)
        self._column.addStretch(3)
        self.show_choices([], None)

    def show_choices(self, recent: Sequence[Path], session: Path | None, killed: bool = False) -> None:
        """Build the list anew: first what the last window worked on, if it was ``killed`` or did not save it."""
        while self._rows.count():
            item = self._rows.takeAt(0)
            if item is not None and (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        self.buttons = {}
        self._title()
        if session is not None:
            self._add_last(session, killed)
        self._add(
            "open", tr("&Open a model…"), tr("An ONNX file. You can also drop one anywhere on this window.")
        ).clicked.connect(self.open_model)
        note = tr("MobileNet, ResNet, ViT and others, with their published figures.")
        self._add("new", tr("&New from a reference network…"), note).clicked.connect(self.new_network)
        note = tr("A small network that reads handwritten digits, with its images.")
        self._add("sample", tr("Open the &sample"), note).clicked.connect(self.open_sample)
        note = tr("A folder that ends in .thimble. A packed project (.thimble.zip) can be dropped on this window.")
        self._add("project", tr("Open a pro&ject…"), note).clicked.connect(self.open_project)
        if recent:
            self._heading(tr("Recent projects"))
        for k, path in enumerate(recent):
            note = tr("{folder}, changed {when}", folder=_short(path.parent), when=_when(path))
            button = self._add(f"recent{k}", path.stem, note)
            button.clicked.connect(lambda _=False, p=path: self.open_recent.emit(p))
        if killed:
            self.buttons["recover"].setFocus()

    def _add_last(self, session: Path, killed: bool) -> None:
        when = _when(session)
        if killed:
            title = tr("&Reopen {name} where it was", name=session.stem)
            note = tr(
                "Thimble ended unexpectedly. Every revision that had ended is there; last changed {when}.", when=when
            )
        else:
            title = tr("Recover &last session")
            note = tr(
                "{name}, last changed {when}. Every revision that had ended is there.", name=session.stem, when=when
            )
        self._add("recover", title, note).clicked.connect(self.recover)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            for key, button in self.buttons.items():
                button.setIcon(icon(_kind(key)))

    def _title(self) -> None:
        title = QLabel("Thimble")
        title.setObjectName("Title")
        title.setStyleSheet("font-size: 34px; font-weight: 700;")  # the one big word of the program
        line = QLabel(tr("See a neural network, make it fit into a phone, and prove what was lost."))
        line.setObjectName("Hint")
        self._rows.addWidget(title)
        self._rows.addWidget(line)
        self._rows.addSpacing(16)

    def _heading(self, text: str) -> None:
        label = QLabel(f"<b>{html.escape(text)}</b>")
        label.setContentsMargins(0, 16, 0, 0)
        self._rows.addWidget(label)

    def _add(self, key: str, text: str, note: str) -> QCommandLinkButton:
        button = QCommandLinkButton(text, note)
        button.setAutoDefault(True)
        button.setAccessibleDescription(note)
        button.setIconSize(QSize(28, 28))
        button.setIcon(icon(_kind(key)))
        self._rows.addWidget(button)
        self.buttons[key] = button
        return button


def _kind(key: str) -> str:
    return "recent" if key.startswith("recent") else key


def _when(path: Path) -> str:
    try:
        stamp = max((p.stat().st_mtime for p in path.iterdir()), default=path.stat().st_mtime)
    except OSError:
        return tr("at an unknown time")
    return moment(stamp)


def _short(folder: Path) -> str:
    try:
        return "~/" + str(folder.relative_to(Path.home()))
    except ValueError:
        return str(folder)
