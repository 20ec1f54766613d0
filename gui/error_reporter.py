"""The one place that shows a failure: a bar above the work, with a sentence, a hint and, for crashes, a report."""

from __future__ import annotations

import platform
import sys
import time
import traceback
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QStyle, QToolButton, QWidget

from core import __version__
from core.errors import Cancelled, UserError
from gui import settings, theme
from gui.wording import without_options
from gui.words import mark, tr

_LEVELS = {"error": mark("error"), "warning": mark("warning"), "info": mark("notice")}
_NOTICE_MS = 15_000  # a notice goes by itself; a failure stays until it is closed


class ErrorReporter(QObject):
    """Turns any failure into one sentence and a hint, and announces it.

    ``shown`` carries (level, message, hint, report file or ''). Errors that are ours, not the user's, are also saved
    as a report. ``outlived``: what was said of a failure is past, for an act has succeeded since.
    """

    shown = Signal(str, str, str, str)
    outlived = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.last = ("", "", "")

    def report(self, error: BaseException) -> None:
        if isinstance(error, Cancelled):
            return
        if isinstance(error, UserError):
            self.say("error", error.message, error.hint)
            return
        text = "".join(traceback.format_exception(error))
        self.crash(
            tr("Thimble itself failed: {kind}: {message}", kind=type(error).__name__, message=_one_line(str(error))),
            text,
        )

    def crash(self, message: str, details: str) -> None:
        """A failure that is not the user's: the details go to a file, the window stays usable."""
        file = save_report(details)
        hint = tr("Your revisions are safe. The report helps whoever mends it.")
        self.say("error", message, hint, str(file) if file else "")

    def say(self, level: str, message: str, hint: str = "", report: str = "") -> None:
        message, hint = without_options(message), without_options(hint)
        self.last = (level, message, hint)
        self.shown.emit(level, message, hint, report)

    def succeeded(self) -> None:
        """An act has ended well: a failure before it is no longer what the user has to look at."""
        self.outlived.emit()

    def install(self) -> None:
        """Show exceptions that reach the event loop instead of printing them where nobody looks."""
        sys.excepthook = self._hook

    def _hook(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        if not isinstance(error, UserError | Cancelled):
            traceback.print_exception(kind, error, trace)
        self.report(error)


def save_report(details: str) -> Path | None:
    """Write a crash report; None where the disk refuses (showing the failure matters more)."""
    head = f"Thimble {__version__}, Python {platform.python_version()}, {platform.platform()}\n\n"
    try:
        folder = settings.cache_folder() / "reports"
        folder.mkdir(exist_ok=True)
        file = folder / f"crash-{time.strftime('%Y%m%d-%H%M%S')}-{time.monotonic_ns() % 10_000:04d}.txt"
        file.write_text(head + details, encoding="utf-8")
    except OSError:
        return None
    return file


def _one_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[0] if lines else tr("no message")


class MessageBar(QFrame):
    """Shows the newest failure or notice without stopping the work; Escape or the cross closes it."""

    def __init__(self, reporter: ErrorReporter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("MessageBar")
        self._report = ""
        self._level = "info"
        self._icon = QLabel()
        self.message = QLabel(wordWrap=True)
        self.message.setAccessibleName(tr("Message"))
        self.message.setTextFormat(Qt.TextFormat.PlainText)
        self.message.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.message.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.details = QPushButton(tr("Loo&k at the report"))
        self.details.clicked.connect(self._open_report)
        self.close_button = QToolButton()
        self.close_button.setText("✕")
        self.close_button.setAutoRaise(True)
        self.close_button.setToolTip(tr("Close this message (Esc)"))
        self.close_button.setAccessibleName(tr("Close message"))
        self.close_button.setShortcut("Esc")
        self.close_button.clicked.connect(self.hide)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 6, 6)
        row.setSpacing(10)
        row.addWidget(self._icon)
        row.addWidget(self.message, 1)
        row.addWidget(self.details)
        row.addWidget(self.close_button)
        self._timer = QTimer(self, interval=_NOTICE_MS, singleShot=True)
        self._timer.timeout.connect(self.hide)
        self.hide()
        reporter.shown.connect(self.show_message)
        reporter.outlived.connect(self.hide_failure)

    def hide_failure(self) -> None:
        """Close the message where it tells of a failure; notices go by themselves."""
        if self._level == "error":
            self.hide()

    def show_message(self, level: str, message: str, hint: str, report: str) -> None:
        icons = {
            "error": QStyle.StandardPixmap.SP_MessageBoxCritical,
            "warning": QStyle.StandardPixmap.SP_MessageBoxWarning,
            "info": QStyle.StandardPixmap.SP_MessageBoxInformation,
        }
        self._icon.setPixmap(self.style().standardIcon(icons[level]).pixmap(18, 18))
        self.message.setText(f"{message} {hint}".strip())
        self.message.setAccessibleName(f"{tr(_LEVELS[level])}: {message} {hint}")
        self._report = report
        self.details.setVisible(bool(report))
        self._level = level
        self._timer.start() if level == "info" else self._timer.stop()
        self._dress()
        self.show()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._dress()

    def _dress(self) -> None:
        """Red for failures, the accent for notices; in its own sheet, because a property needs a restyle anyway."""
        ground = theme.current().error_soft if self._level == "error" else theme.current().accent_soft
        sheet = f"#MessageBar {{ background: {ground}; border-bottom: 1px solid {theme.current().border}; }}"
        if sheet != self.styleSheet():
            self.setStyleSheet(sheet)

    def _open_report(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(self._report))
