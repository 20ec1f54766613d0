"""Menus built from the table of entries and from the registries of methods and exporters."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QSignalBlocker
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu

from core.exporters.exporter import load_exporters
from core.methods.method import Kind, Method, load_methods
from core.model.stored_weights import kind_of
from gui.actions import AFTER_METHODS, ENTRIES, EXPORT, FILE, MENUS, VIEW, Entry
from gui.desk import Desk
from gui.graph_view.known import known_already
from gui.method_order import arranged, keys_of, letter_of, with_letters
from gui.operations import act, exporting, files, focusing, speaking
from gui.palette.commands import plain
from gui.reasons import needs_running, of_other_kind
from gui.translations.choosing import SYSTEM, languages
from gui.wording import method_title, without_options
from gui.words import tr


class Menus:
    """Owns the actions; :meth:`refresh` greys out what cannot act now, with the reason as tooltip."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._kind: Kind = "float"  # of the open model, asked for once a refresh
        self._reasons: dict[str, tuple[QAction, Callable[[Desk], str], str]] = {}
        self._checks: dict[str, tuple[QAction, Callable[[Desk], bool]]] = {}
        self.menus: dict[str, QMenu] = {}
        bar = desk.window.menuBar()
        for title in MENUS:
            menu = bar.addMenu(tr(title))
            menu.setToolTipsVisible(True)
            self.menus[title] = menu
        for entry in ENTRIES:
            if entry not in AFTER_METHODS:
                self._add(entry)
        self._add_recent()
        self._add_methods()
        self._add_exporters()
        self._add_panels()
        self._add_languages()
        for menu in self.menus.values():
            menu.aboutToShow.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Read every entry's reason and check again."""
        # many entries share a reason, and reasons ask the project: each is found out once
        model = self._desk.state.model
        whole = known_already(model) if model is not None else None
        self._kind = whole.kind if whole is not None else kind_of(model.nodes() if model is not None else ())
        reasons = {why_not: why_not(self._desk) for _, why_not, _ in self._reasons.values()}
        for action, why_not, tip in self._reasons.values():
            reason = reasons[why_not]
            action.setEnabled(not reason)
            action.setToolTip(reason or _with_keys(action, tip))
            action.setStatusTip(reason or tip)
        for action, is_on in self._checks.values():
            with QSignalBlocker(action):
                action.setChecked(is_on(self._desk))

    def _add(self, entry: Entry) -> None:
        if entry.text == "-":
            self._menu(entry.menu).addSeparator()
        else:
            self._place(entry, tr(entry.text), tr(entry.tip))

    def _place(self, entry: Entry, text: str, tip: str) -> None:
        """``text`` and ``tip`` are those of the entry in the user's language."""
        action = QAction(text, self._desk.window)
        if entry.shortcut:
            action.setShortcut(QKeySequence(entry.shortcut))
        if entry.check is not None:
            action.setCheckable(True)
            self._checks[entry.key] = (action, entry.check)
        action.triggered.connect(partial(self._run, entry.act))
        self._menu(entry.menu).addAction(action)
        self._desk.actions[entry.key] = action
        self._reasons[entry.key] = (action, entry.why_not, tip)

    def _menu(self, path: str) -> QMenu:
        """'&Edit/&Graph' is a menu within a menu, made where it is first named."""
        if path not in self.menus:
            above, _, title = path.rpartition("/")
            menu = self.menus[above].addMenu(tr(title))
            menu.setToolTipsVisible(True)
            self.menus[path] = menu
        return self.menus[path]

    def _run(self, operation: Callable[[Desk], object], _checked: bool = False) -> None:
        operation(self._desk)
        self.refresh()

    # from registries --------------------------------------------------------------------------------------------

    def _add_methods(self) -> None:
        """One entry a method, in the menu it names; a menu nobody knows is appended before Export."""
        known = {title.replace("&", ""): title for title in MENUS}
        more = {menu: [e for e in AFTER_METHODS if e.menu == menu] for menu in MENUS}
        for name, sections in arranged(load_methods()).items():
            title = known.get(name) or self._new_menu(name)
            own = [tr(e.text) for e in more.get(title, ())]
            taken = [letter_of(text) for text in (*(a.text() for a in self.menus[title].actions()), *own)]
            methods = [m for section in sections for m in section]
            texts = with_letters([f"{method_title(m.title)}…" for m in methods], taken)
            for method, text in zip(methods, texts, strict=True):
                if method is not methods[0] and any(method is section[0] for section in sections):
                    self.menus[title].addSeparator()
                self._add_method(method, title, text)
        for entry in AFTER_METHODS:
            self._add(entry)
        for title in MENUS:
            self.menus[title].menuAction().setVisible(bool(self.menus[title].actions()))

    def _add_method(self, method: Method, menu: str, text: str) -> None:
        entry = Entry(
            f"method.{method.key}",
            menu,
            method.title,
            partial(_act_with, method),
            keys_of(method),
            method.help,
            partial(self._method_reason, method),
        )
        self._place(entry, text, tr(method.help))

    def _method_reason(self, method: Method, desk: Desk) -> str:
        if desk.state.model is None or desk.editing.unfinished:
            return needs_running(desk)
        if self._kind not in method.accepts:
            return of_other_kind(method, self._kind)
        teacher = bool(desk.state.revisions)  # a revision of the project can always teach
        return without_options(
            method.refusal(desk.state.model, desk.state.data is not None, desk.state.labelled, teacher, self._kind)
        )

    def _new_menu(self, title: str) -> str:
        menu = QMenu(tr(f"&{title}"), self._desk.window)
        menu.setToolTipsVisible(True)
        self._desk.window.menuBar().insertMenu(self.menus[EXPORT].menuAction(), menu)
        self.menus[title] = menu
        return title

    def _add_exporters(self) -> None:
        self.menus[EXPORT].addSeparator()
        for number, exporter in enumerate(load_exporters(), start=1):
            entry = Entry(
                f"export.{exporter.key}",
                EXPORT,
                exporter.title,
                partial(_export_to, exporter.key),
                f"Ctrl+Alt+{number}",
                why_not=needs_running,
            )
            tip = tr("Write a {suffix} file and prove it.", suffix=exporter.suffix)
            self._place(entry, f"{method_title(exporter.title)}…", tip)

    # panels and recent projects ---------------------------------------------------------------------------------

    def _add_panels(self) -> None:
        menu = self.menus[VIEW]
        panels = menu.addMenu(tr("&Panels"))
        for number, (title, dock) in enumerate(self._desk.window.docks.items(), start=1):
            action = dock.toggleViewAction()
            action.setText(f"&{dock.windowTitle()}")
            action.setShortcut(QKeySequence(f"Ctrl+Alt+Shift+{number}"))
            action.setToolTip(_with_keys(action))
            panels.addAction(action)
            self._desk.actions[f"panel.{title}"] = action
        panels.addSeparator()
        for key, text, keys, act_ in (
            ("panel_next", tr("&Next panel"), "Ctrl+Tab", focusing.next_panel),
            ("panel_before", tr("Pre&vious panel"), "Ctrl+Shift+Tab", focusing.previous_panel),
        ):
            action = panels.addAction(text)
            action.setShortcut(QKeySequence(keys))
            action.setToolTip(_with_keys(action))
            action.triggered.connect(partial(self._run, act_))
            self._desk.actions[key] = action

    def _add_languages(self) -> None:
        menu = self.menus[VIEW].addMenu(tr("Languag&e"))
        for code, name in {SYSTEM: tr("Language of the &system"), **languages()}.items():
            action = menu.addAction(name)
            action.setCheckable(True)
            action.triggered.connect(partial(self._run, partial(_speak, code)))
            self._desk.actions[f"language.{code}"] = action
            self._checks[f"language.{code}"] = (action, partial(_speaks, code))

    def _add_recent(self) -> None:
        self.recent = QMenu(tr("&Recent projects"), self._desk.window)
        before = self._desk.actions["save_project"]
        self.menus[FILE].insertMenu(before, self.recent)
        self.recent.aboutToShow.connect(self._fill_recent)

    def _fill_recent(self) -> None:
        self.recent.clear()
        found = self._desk.settings.recent
        for number, path in enumerate(found, start=1):
            action = self.recent.addAction(f"&{number}  {path.stem}")
            action.setToolTip(str(path))
            action.triggered.connect(partial(_open_recent, self._desk, path))
        if not found:
            self.recent.addAction(tr("No recent projects")).setEnabled(False)


def _with_keys(action: QAction, tip: str = "") -> str:
    """A tooltip: the act with its shortcut, and below it what it does."""
    keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    title = plain(action.text())
    return f"{title} ({keys})".removesuffix(" ()") + (f"\n{tip}" if tip else "")


def _speak(code: str, desk: Desk) -> None:
    speaking.set_language(desk, code)


def _speaks(code: str, desk: Desk) -> bool:
    return desk.settings.language == code


def _act_with(method: Method, desk: Desk) -> None:
    act.choose(desk, method)


def _export_to(key: str, desk: Desk) -> None:
    exporting.export(desk, key)


def _open_recent(desk: Desk, path: Path, _checked: bool = False) -> None:
    files.open_project(desk, path)
