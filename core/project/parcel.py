"""A project as one file to send, ``name.thimble.zip``: every revision with its weights, and where its data was.

The data itself stays behind: its place and its hash go along, so that the same data is recognized when it is attached
again. What comes from somebody else is hostile until checked: nothing is written under a name of the archive's, and no
more than the archive really holds.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import sqlite3
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from core import __version__
from core.errors import UserError
from core.formats.open import check_file
from core.jobs import Job
from core.project.database import Database
from core.project.project import SUFFIX, Project, appearing, new_folder
from core.project.tensors import flush_file

PACKED = f"{SUFFIX}.zip"
FORMAT = 1
_ABOUT, _DATABASE, _TENSORS = "thimble.json", "project.db", "tensors/"
_DIGEST = re.compile("tensors/([0-9a-f]{64})")
_LONGEST_ABOUT, _LONGEST_DATABASE = 1 << 20, 1 << 30  # bytes
_PIECE = 1 << 20
_HINT = "Ask for the file again, or do not open it."


def is_packed(path: Path) -> bool:
    """Whether a file is called like a packed project."""
    return path.name.endswith(PACKED) and path.is_file()


def pack_project(folder: str | Path, out: str | Path, job: Job | None = None) -> Path:
    """Write the project in ``folder`` as one file and give its path; the project may be open elsewhere meanwhile.

    Raises UserError where the project is damaged or the file cannot be written; what was there before stays then.
    """
    out, job = Path(out), job or Job()
    if not out.name.endswith(PACKED):
        out = out.with_name(out.name.removesuffix(".zip").removesuffix(SUFFIX) + PACKED)
    partial = out.with_name(f".{out.name}.{os.getpid()}.part")
    database = out.with_name(f".{out.name}.{os.getpid()}.db")
    try:
        with Project.open(folder, read_only=True) as project:
            digests = project.snapshot(database)
            with zipfile.ZipFile(partial, "w", zipfile.ZIP_STORED) as archive:
                archive.writestr(_ABOUT, json.dumps(_about(project, len(digests)), indent=1))
                archive.write(database, _DATABASE, zipfile.ZIP_DEFLATED, 6)
                for k, digest in enumerate(sorted(digests)):
                    job.progress(k / max(len(digests), 1), f"{k:,} of {len(digests):,} tensors")
                    _store(archive, project.tensors.path(digest), f"{_TENSORS}{digest}", job)
        flush_file(partial)
        os.replace(partial, out)
    except OSError as error:
        raise UserError(f"'{out}' cannot be written: {error.strerror or error}.") from error
    finally:
        for path in (partial, database):
            path.unlink(missing_ok=True)
    return out


def _about(project: Project, tensors: int) -> dict[str, Any]:
    """What a person who looks into the archive wants to know."""
    return {
        "packed_project": FORMAT,
        "thimble": __version__,
        "name": project.name,
        "revisions": [r.title for r in project.revisions],
        "tensors": tensors,
        "data": {role: seen for role in ("data", "test", "teacher") if (seen := project.data_seen(role))},
    }


def _store(archive: zipfile.ZipFile, path: Path, name: str, job: Job) -> None:
    with path.open("rb") as source, archive.open(zipfile.ZipInfo.from_file(path, name), "w") as target:
        while piece := source.read(_PIECE):
            job.check()
            target.write(piece)


def unpack_project(path: str | Path, folder: str | Path, job: Job | None = None) -> Path:
    """Make a project folder of a packed one and give its path; it appears when it is complete.

    Raises UserError where the folder exists, or where the file is damaged or not what :func:`pack_project` writes.
    """
    path, job = Path(path), job or Job()
    check_file(path)
    folder = new_folder(folder)
    with _archive(path) as archive:
        entries = _entries(archive, path)
        needed = sum(e.file_size for e in entries.values())
        _check_about(archive, entries, path)
        with appearing(folder) as partial:
            if needed > shutil.disk_usage(partial).free:
                raise UserError(f"'{path.name}' needs {needed:,} bytes, which '{folder.parent}' has not left.")
            (partial / "tensors").mkdir()
            with (partial / _DATABASE).open("wb") as file:
                _copy(archive, entries[_DATABASE], file, job)
            _check_database(partial, set(entries), path)
            done = 0
            for name, entry in entries.items():
                if name.startswith(_TENSORS):
                    job.progress(done / max(needed, 1), f"{done / 1e6:,.0f} of {needed / 1e6:,.0f} MB")
                    _take_tensor(archive, entry, partial / "tensors", path, job)
                    done += entry.file_size
            for file_path in (partial / "tensors").iterdir():
                flush_file(file_path)
    return folder


@contextlib.contextmanager
def _archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """The archive; whatever is wrong inside it, found now or later, becomes one sentence."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise UserError(f"'{path.name}' is damaged or no packed project: {error}.", _HINT) from error


def _entries(archive: zipfile.ZipFile, path: Path) -> dict[str, zipfile.ZipInfo]:
    """Every entry by its name; nothing but what a packed project consists of, each once, none bigger than it is."""
    entries: dict[str, zipfile.ZipInfo] = {}
    for entry in archive.infolist():
        name, mode = entry.filename, entry.external_attr >> 16
        if name not in (_ABOUT, _DATABASE) and not _DIGEST.fullmatch(name):
            raise UserError(f"'{path.name}' holds '{name[:80]}', which is no part of a packed project.", _HINT)
        if name in entries:
            raise UserError(f"'{path.name}' holds '{name}' twice.", _HINT)
        if mode and not stat.S_ISREG(mode) and stat.S_IFMT(mode):
            raise UserError(f"'{path.name}' holds '{name}', which is a link or a device.", _HINT)
        if entry.flag_bits & 1:
            raise UserError(f"'{path.name}' is encrypted.", "Ask for it without a password.")
        stored = entry.compress_type == zipfile.ZIP_STORED and entry.file_size == entry.compress_size
        if name.startswith(_TENSORS) and not stored:
            raise UserError(f"'{path.name}' holds a compressed tensor, which Thimble never writes.", _HINT)
        entries[name] = entry
    for name, most in ((_ABOUT, _LONGEST_ABOUT), (_DATABASE, _LONGEST_DATABASE)):
        if name not in entries:
            raise UserError(f"'{path.name}' is no packed project: it has no '{name}'.", f"They end in {PACKED}.")
        if entries[name].file_size > most:
            raise UserError(f"'{name}' in '{path.name}' is far too big.", _HINT)
    if sum(e.compress_size for e in entries.values()) > path.stat().st_size:
        raise UserError(f"'{path.name}' claims to hold more than it does.", _HINT)
    return entries


def _check_about(archive: zipfile.ZipFile, entries: dict[str, zipfile.ZipInfo], path: Path) -> None:
    with archive.open(entries[_ABOUT]) as file:
        text = file.read(_LONGEST_ABOUT)
    try:
        about = json.loads(text)
        version = about["packed_project"]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise UserError(f"'{path.name}' is no packed project: its '{_ABOUT}' cannot be read.", _HINT) from error
    if not isinstance(version, int) or not 1 <= version <= FORMAT:
        raise UserError(
            f"'{path.name}' was packed by a later Thimble (format {str(version)[:20]}).", "Open it with that version."
        )


def _copy(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: IO[bytes], job: Job) -> str:
    """Copy an entry and give the hash of its bytes; never more than the entry declares."""
    hasher, left = hashlib.sha256(), entry.file_size
    with archive.open(entry) as source:
        while piece := source.read(min(_PIECE, left + 1)):
            job.check()
            left -= len(piece)
            if left < 0:
                raise ValueError("an entry is longer than it says")
            hasher.update(piece)
            target.write(piece)
    if left:
        raise ValueError("an entry is cut off")
    return hasher.hexdigest()


def _take_tensor(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path, path: Path, job: Job) -> None:
    found = _DIGEST.fullmatch(entry.filename)
    assert found is not None
    with (folder / found[1]).open("wb") as file:
        digest = _copy(archive, entry, file, job)
    if digest != found[1]:
        raise UserError(f"A tensor in '{path.name}' has changed since it was packed.", _HINT)


def _check_database(folder: Path, names: set[str], path: Path) -> None:
    """The database is one of ours and in order, and every tensor that it needs came along."""
    try:
        with contextlib.closing(Database(folder / _DATABASE, read_only=True)) as db:
            db.check()
            missing = [d for d in db.digests() if f"{_TENSORS}{d}" not in names]
            db.revisions()
    except (UserError, sqlite3.Error) as error:
        raise UserError(f"The database in '{path.name}' is damaged.", _HINT) from error
    if missing:
        raise UserError(f"'{path.name}' lacks {len(missing)} tensors that its revisions need.", _HINT)
