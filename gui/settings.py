"""What the window remembers between runs: look, recent projects, the last session; and where sessions live."""

from __future__ import annotations

import json
import re
import shutil
import time
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QByteArray, QSettings, QStandardPaths, QTimer

from core.project.lock import in_use

Look = Literal["light", "dark", "system"]
LOOKS: tuple[Look, ...] = ("system", "light", "dark")
RECENT = 8
_KEPT_SESSIONS = 10
_DAY = 86_400.0


def _folder(kind: QStandardPaths.StandardLocation) -> Path:
    folder = Path(QStandardPaths.writableLocation(kind)) / "thimble"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def config_folder() -> Path:
    return _folder(QStandardPaths.StandardLocation.GenericConfigLocation)


def cache_folder() -> Path:
    return _folder(QStandardPaths.StandardLocation.GenericCacheLocation)


def sessions_folder() -> Path:
    """Projects that were never saved elsewhere live here, so that a killed window loses nothing."""
    folder = cache_folder() / "sessions"
    folder.mkdir(exist_ok=True)
    return folder


def new_session(name: str) -> Path:
    """A folder name (not yet existing) for a project made by opening a model called ``name``."""
    stem = re.sub(r"[^\w.-]+", "_", name).strip("._") or "model"
    stamp = time.strftime("%Y%m%d-%H%M%S")
    path = sessions_folder() / f"{stem}-{stamp}.thimble"
    count = 1
    while path.exists():
        count += 1
        path = path.with_name(f"{stem}-{stamp}-{count}.thimble")
    return path


def is_session(path: Path) -> bool:
    return path.parent == sessions_folder()


def forget_old_sessions() -> None:
    """Keep the newest sessions; one younger than a day may belong to another window and always stays."""
    found = sorted(sessions_folder().glob("*.thimble"), key=lambda p: p.stat().st_mtime, reverse=True)
    for path in found[_KEPT_SESSIONS:]:
        if time.time() - path.stat().st_mtime > _DAY:
            shutil.rmtree(path, ignore_errors=True)


class Settings:
    """A small ini file. Every value has a sensible default, so a broken file only loses preferences."""

    def __init__(self, path: Path | None = None) -> None:
        file = path or config_folder() / "window.ini"
        self._store = QSettings(str(file), QSettings.Format.IniFormat)
        self._keeping = False

    @property
    def look(self) -> Look:
        value = str(self._store.value("look", "system"))
        return value if value in LOOKS else "system"

    @look.setter
    def look(self, value: Look) -> None:
        self._store.setValue("look", value)

    @property
    def language(self) -> str:
        """ "system", or a language's code, such as "de"."""
        return str(self._store.value("language", "system") or "system")

    @language.setter
    def language(self, value: str) -> None:
        self._store.setValue("language", value)

    @property
    def overview(self) -> bool:
        """Whether the small picture of the whole graph is shown in the corner of the graph."""
        return str(self._store.value("overview", "true")).lower() != "false"

    @overview.setter
    def overview(self, wanted: bool) -> None:
        self._store.setValue("overview", "true" if wanted else "false")

    @property
    def blocks(self) -> bool:
        """Whether the graph is shown with its blocks, or flat."""
        return str(self._store.value("blocks", "true")).lower() != "false"

    @blocks.setter
    def blocks(self, wanted: bool) -> None:
        self._store.setValue("blocks", "true" if wanted else "false")

    @property
    def device(self) -> str:
        """The processor that trains: "cpu", "cuda" or "mps"."""
        return str(self._store.value("device", "cpu") or "cpu")

    @device.setter
    def device(self, value: str) -> None:
        self._store.setValue("device", value)

    @property
    def recent(self) -> list[Path]:
        """Projects opened or saved lately that still exist, newest first."""
        stored = self._store.value("recent", [])
        names = [stored] if isinstance(stored, str) else list(stored) if isinstance(stored, list) else []
        return [Path(n) for n in names if n and Path(n).exists()]

    def remember(self, project: Path) -> None:
        names = [str(project), *(str(p) for p in self.recent if p != project)]
        self._store.setValue("recent", names[:RECENT])

    @property
    def layer_columns(self) -> list[str] | None:
        """Keys of the columns of the layers table that are shown; None until they were chosen."""
        stored = self._store.value("layer_columns")
        return str(stored).split(",") if stored is not None else None

    @layer_columns.setter
    def layer_columns(self, keys: list[str]) -> None:
        self._store.setValue("layer_columns", ",".join(keys))

    @property
    def recent_acts(self) -> list[str]:
        """Keys of what was run from the command palette lately, newest first."""
        stored = self._store.value("acts", [])
        return [stored] if isinstance(stored, str) else [str(k) for k in stored] if isinstance(stored, list) else []

    def remember_act(self, key: str) -> None:
        self._store.setValue("acts", [key, *(k for k in self.recent_acts if k != key)][:RECENT])

    @property
    def last_session(self) -> Path | None:
        """The project the last window worked on without saving it elsewhere."""
        name = str(self._store.value("session", "") or "")
        return Path(name) if name and Path(name).exists() else None

    @last_session.setter
    def last_session(self, path: Path | None) -> None:
        self._store.setValue("session", str(path) if path else "")
        self._keep()

    @property
    def left_open(self) -> Path | None:
        """The project that was open in a window that did not end as windows do; None where there is none."""
        for name in reversed(self._open()):
            path = Path(name)
            if (path / "project.db").is_file() and not in_use(path):
                return path
        return None

    def opened(self, project: Path) -> None:
        """A window works on this project from now on."""
        self._set_open([*(n for n in self._open() if n != str(project)), str(project)])

    def closed(self, project: Path) -> None:
        """The window has left it, knowing what it did."""
        self._set_open([n for n in self._open() if n != str(project)])

    def _open(self) -> list[str]:
        stored = self._store.value("open", [])
        names = [stored] if isinstance(stored, str) else list(stored) if isinstance(stored, list) else []
        return [str(n) for n in names if n]

    def _set_open(self, names: list[str]) -> None:
        self._store.setValue("open", names[-RECENT:])
        self._keep()

    def _keep(self) -> None:
        """The window may be killed at any moment: write as soon as it has time, and not once for each value."""
        if not self._keeping:
            self._keeping = True
            QTimer.singleShot(0, self._store, self._sync)

    def _sync(self) -> None:
        self._keeping = False
        self._store.sync()

    def folder(self, purpose: str) -> str:
        """Where the last file dialog for ``purpose`` stood."""
        return str(self._store.value(f"folder/{purpose}", "") or "")

    def set_folder(self, purpose: str, path: Path) -> None:
        self._store.setValue(f"folder/{purpose}", str(path))

    @property
    def folds(self) -> dict[str, bool]:
        """Which sections of the inspector are open."""
        try:
            stored = json.loads(str(self._store.value("folds", "{}")))
        except ValueError:
            return {}
        return stored if isinstance(stored, dict) else {}

    @folds.setter
    def folds(self, value: dict[str, bool]) -> None:
        self._store.setValue("folds", json.dumps(value))

    def layout(self, name: str) -> QByteArray:
        value = self._store.value(f"layout/{name}")
        return value if isinstance(value, QByteArray) else QByteArray()

    def set_layout(self, name: str, state: QByteArray) -> None:
        self._store.setValue(f"layout/{name}", state)
