"""Files by name, in a folder or in a zip, so that a data set reads the same from both. Nothing is ever extracted."""

from __future__ import annotations

import os
import threading
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Protocol

from core.errors import UserError

MAX_FILE_BYTES = 256 << 20  # one image or one list of labels; more is a decompression bomb or a mistake
MAX_FILES = 2_000_000
_IGNORED = {"__MACOSX", "__pycache__", "Thumbs.db"}


class Tree(Protocol):
    """Names are relative, with forward slashes. ``folders`` holds every folder, empty ones included."""

    path: Path
    files: tuple[str, ...]
    folders: tuple[str, ...]

    def read(self, name: str) -> bytes:
        """The bytes of a file; thread-safe. Raises UserError naming the file where it cannot be read."""
        ...


def open_tree(path: Path) -> Tree | None:
    """The tree behind a folder or a zip; None for any other file."""
    if path.is_dir():
        return FolderTree(path)
    return ZipTree(path) if path.suffix.lower() == ".zip" else None


class FolderTree:
    """A folder on disk. Links to folders are followed once, so that a loop of links ends."""

    def __init__(self, path: Path) -> None:
        self.path = path
        files, folders = _walk(path)
        self.files, self.folders = tuple(sorted(files)), tuple(sorted(folders))

    def read(self, name: str) -> bytes:
        if unsafe(name):
            raise UserError(f"'{name}' points outside of '{self.path}'.")
        if not (self.path / name).is_file():  # gone since, or a pipe, which would wait forever
            raise UserError(f"'{name}' in '{self.path}' is not a file that can be read.")
        try:
            with (self.path / name).open("rb") as f:
                data = f.read(MAX_FILE_BYTES + 1)
        except (OSError, ValueError) as error:  # ValueError: a NUL character in the name
            raise UserError(f"'{name}' in '{self.path}' cannot be read: {_reason(error)}.") from error
        return _bounded(data, name, self.path)


class ZipTree:
    """A zip file read in place. One lock guards the handle: decompressing an image is cheap beside decoding it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise UserError(f"'{path}' is not a readable zip file: {_reason(error)}.") from error
        self._lock = threading.Lock()
        entries = self._zip.infolist()
        _check_entries(entries, path)
        self._entries = {e.filename: e for e in entries if not e.is_dir() and not ignored(e.filename)}
        named = [e.filename.rstrip("/") for e in entries if e.is_dir() and not ignored(e.filename)]
        self.files = tuple(sorted(self._entries))
        self.folders = tuple(sorted({*_parents(self.files), *_parents(named), *named}))

    def read(self, name: str) -> bytes:
        entry = self._entries.get(name)
        if entry is None:
            raise UserError(f"'{name}' is not in '{self.path}'.")
        try:
            with self._lock, self._zip.open(entry) as f:
                data = f.read(MAX_FILE_BYTES + 1)
        except (zipfile.BadZipFile, OSError, EOFError, zlib.error, NotImplementedError, RuntimeError) as error:
            raise UserError(f"'{name}' in '{self.path}' cannot be read: {_reason(error)}.") from error
        return _bounded(data, name, self.path)


class InnerTree:
    """A tree seen from one of its folders."""

    def __init__(self, outer: Tree, folder: str) -> None:
        self._outer, self._prefix = outer, folder + "/"
        self.path = outer.path
        cut = len(self._prefix)
        self.files = tuple(f[cut:] for f in outer.files if f.startswith(self._prefix))
        self.folders = tuple(f[cut:] for f in outer.folders if f.startswith(self._prefix))

    def read(self, name: str) -> bytes:
        return self._outer.read(self._prefix + name)


def unsafe(name: str) -> bool:
    """Whether a name could reach outside its folder (absolute, a drive, or '..'), also on Windows."""
    path = PurePosixPath(name.replace("\\", "/"))
    return path.is_absolute() or ".." in path.parts or (len(name) > 1 and name[1] == ":") or "\0" in name


def ignored(name: str) -> bool:
    """Hidden files and what operating systems leave behind."""
    return any(p.startswith(".") or p in _IGNORED for p in name.split("/"))


def _walk(root: Path) -> tuple[list[str], list[str]]:
    files: list[str] = []
    folders: list[str] = []
    seen: set[str] = set()
    for where, inner, names in os.walk(root, onerror=_unreadable, followlinks=True):
        real = os.path.realpath(where)
        if real in seen:
            inner.clear()
            continue
        seen.add(real)
        inner[:] = sorted(d for d in inner if not ignored(d))
        base = Path(where).relative_to(root)
        folders.extend((base / d).as_posix() for d in inner)
        files.extend((base / f).as_posix() for f in names if not ignored(f))
        if len(files) > MAX_FILES:
            raise UserError(f"'{root}' holds more than {MAX_FILES:,} files.", "Choose the data set's own folder.")
    return files, folders


def _unreadable(error: OSError) -> None:
    raise UserError(f"'{error.filename}' cannot be read: {_reason(error)}.") from error


def _check_entries(entries: list[zipfile.ZipInfo], path: Path) -> None:
    if len(entries) > MAX_FILES:
        raise UserError(f"'{path}' holds more than {MAX_FILES:,} files.")
    for e in entries:
        if unsafe(e.filename):
            raise UserError(f"'{path}' holds the name '{e.filename}', which points outside of it.")
        if e.flag_bits & 1:
            raise UserError(f"'{e.filename}' in '{path}' is encrypted.", "Give a zip without a password.")


def _parents(names: Iterable[str]) -> set[str]:
    return {p.as_posix() for n in names for p in PurePosixPath(n).parents if p.as_posix() != "."}


def _bounded(data: bytes, name: str, path: Path) -> bytes:
    if len(data) > MAX_FILE_BYTES:
        raise UserError(f"'{name}' in '{path}' is larger than {MAX_FILE_BYTES >> 20} MiB.")
    return data


def _reason(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(text).splitlines()[0].rstrip(".")
