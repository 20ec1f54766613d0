"""Starting the window: parts are made and tied together here, and nowhere else."""

from __future__ import annotations

import faulthandler
import signal
import sys
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from core import __version__
from gui import settings as places
from gui.actions import VIEW
from gui.app_state import AppState
from gui.background import Background
from gui.bindings import Bindings
from gui.colouring.colouring import Colouring
from gui.colouring.menu import ColourMenu
from gui.desk import Desk
from gui.editing.context_menu import ContextMenus
from gui.editing.session import Editing
from gui.error_reporter import ErrorReporter
from gui.focus import FocusedPanel
from gui.job_runner import Client, JobRunner
from gui.main_window import MainWindow
from gui.menus import Menus
from gui.netron_view.tab import prepare_engine
from gui.operations import files, layers, parcels, pruning
from gui.settings import Settings
from gui.theme import apply_theme
from gui.translations import choosing
from gui.view_memory import ViewMemory

_SWITCH = 0.0005  # seconds


def make_application() -> QApplication:
    """The application object, named, with the system's look followed live."""
    # Every call into Qt gives Python's lock away and asks for it again. Python's own 5 ms until a busy thread hands it
    # over, some dozen times in a row, are what made the window stutter while a graph was read beside it.
    sys.setswitchinterval(_SWITCH)
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        prepare_engine()
        app = QApplication(["thimble"])
    app.setApplicationName("Thimble")
    app.setApplicationVersion(__version__)
    QGuiApplication.setDesktopFileName("thimble")
    return app


def build(app: QApplication, settings: Settings | None = None, client: Client | None = None) -> Desk:
    """The window with everything tied together, not yet shown. The workers start with the first job or soon after."""
    store = settings or Settings()
    apply_theme(app, store.look)
    errors = ErrorReporter()
    window = MainWindow(errors)
    errors.setParent(window)
    runner = JobRunner(errors, client, window)
    state, background = AppState(window), Background(window)
    editing = Editing(state, background, runner, errors, window)
    editing.companion = window.graphs.view.ready_for_edits
    desk = Desk(app, window, state, runner, errors, store, background, editing)
    pruning.bind(desk)
    menus = Menus(desk)
    desk.kept.extend((menus, ContextMenus(desk, menus.refresh), Bindings(desk, menus)))
    desk.kept.extend((FocusedPanel(app, window), SystemLook(app, store, window)))
    colouring = Colouring(state, window.graphs.view, background, errors.report)
    window.graphs.overview.keep_clear_of(colouring.legend)
    desk.kept.extend((colouring, ColourMenu(colouring, menus.menus[VIEW], desk.actions["tab_graph"])))
    layers.bind(desk, colouring)
    state.unwritten.connect(errors.report)
    memory = ViewMemory(window, desk.state, errors.report)
    desk.kept.append(memory)
    window.before_close(memory.close)
    window.restore_layout(store.layout("docks"))
    window.show_project(False)
    window.before_close(lambda: _close(desk))
    return desk


def _may_close(desk: Desk) -> bool:
    """Edits become a revision first; where they cannot, they stay in the project and are there again next time."""
    if desk.editing.pending and not desk.editing.stuck:
        desk.editing.fold(desk.window.close, anyway=True)
        return False
    return files.may_close(desk)


class SystemLook(QObject):
    """Dresses the application anew when the desktop turns light or dark, where the user wants it to follow."""

    def __init__(self, app: QApplication, settings: Settings, parent: QObject) -> None:
        super().__init__(parent)
        self._app, self._settings = app, settings
        app.styleHints().colorSchemeChanged.connect(self.follow)

    def follow(self, _: Qt.ColorScheme) -> None:
        if self._settings.look == "system":
            apply_theme(self._app, "system")


def _close(desk: Desk) -> None:
    if desk.state.project is not None:
        desk.settings.set_layout("docks", desk.window.save_layout())
        desk.settings.closed(desk.state.project.folder)
    desk.jobs.close()
    desk.editing.close()
    desk.background.close()
    desk.state.blockSignals(True)
    desk.state.close()


def run(file: str | None = None, sample: bool = False, language: str = "") -> int:
    """Show the window, open ``file`` (a model or a project) or the sample, and stay until it is closed.

    ``language`` is spoken this time instead of the one chosen in the menu.
    """
    faulthandler.enable()
    app = make_application()
    store = Settings()
    choosing.install(app, language or store.language)
    desk = build(app, store)
    desk.errors.install()
    desk.window.may_close = lambda: _may_close(desk)
    desk.window.show()
    places.forget_old_sessions()
    if file is not None:
        open_argument(desk, Path(file))
    elif sample:
        files.open_sample(desk)
    _stop_on_interrupt(app)
    QTimer.singleShot(500, desk.jobs.warm_up)
    return app.exec()


def open_argument(desk: Desk, path: Path) -> None:
    if not parcels.open_any(desk, path):
        files.open_model_file(desk, path)


def _stop_on_interrupt(app: QApplication) -> None:
    """Ctrl+C in the terminal closes the window; Python needs a moment now and then to notice."""
    signal.signal(signal.SIGINT, lambda *_: app.quit())
    timer = QTimer(app)
    timer.timeout.connect(lambda: None)
    timer.start(300)
