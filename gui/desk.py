"""What a user's act works with: the open project, the window, jobs, failures, settings. Made once, by the app."""

from __future__ import annotations

from dataclasses import dataclass, field

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication

from gui.app_state import AppState
from gui.background import Background
from gui.editing.session import Editing
from gui.error_reporter import ErrorReporter
from gui.job_runner import JobRunner
from gui.main_window import MainWindow
from gui.settings import Settings


@dataclass(frozen=True)
class Desk:
    """Operations get this and nothing else.

    ``actions`` holds every menu entry by its key; ``kept`` what must live as long as the window.
    """

    app: QApplication
    window: MainWindow
    state: AppState
    jobs: JobRunner
    errors: ErrorReporter
    settings: Settings
    background: Background
    editing: Editing
    actions: dict[str, QAction] = field(default_factory=dict)
    kept: list[object] = field(default_factory=list)
