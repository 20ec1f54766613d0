"""project.db: the tree of revisions, their steps and reports, and small facts, in SQLite.

Rollback journal and full flushing: after a kill or a power cut the next opener finds the last whole transaction.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import UserError
from core.project.recipe import Step
from core.report import Report

SCHEMA = 1
_TABLES = """
CREATE TABLE facts (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE revisions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    parent INTEGER REFERENCES revisions(id),
    title TEXT NOT NULL,
    created REAL NOT NULL,
    step TEXT,
    report TEXT NOT NULL,
    source TEXT NOT NULL,
    graph BLOB NOT NULL,
    last_child INTEGER
);
CREATE TABLE tensors (revision INTEGER NOT NULL, digest TEXT NOT NULL, PRIMARY KEY (revision, digest));
"""


@dataclass(frozen=True, slots=True)
class Revision:
    """One state of the model. ``step`` made it from ``parent`` (both None for what was opened).

    ``created`` is in seconds since 1970.
    """

    id: int
    parent: int | None
    title: str
    created: float
    step: Step | None
    report: Report


class Database:
    """A connection that any thread may use, one at a time. Every SQLite failure becomes a UserError."""

    def __init__(self, path: Path, create: bool = False, read_only: bool = False) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._alone = not read_only  # one process at a time may write (lock.py)
        self._known: dict[tuple[str, tuple[Any, ...]], list[Any]] = {}
        if not create and not path.is_file():
            raise UserError(
                f"'{path.parent}' is not a Thimble project: it has no {path.name}.", "Choose a folder named *.thimble."
            )
        with self._said():
            self._db = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
        try:
            self._prepare(create, read_only)
        except UserError:
            self._db.close()
            raise

    def _prepare(self, create: bool, read_only: bool) -> None:
        with self._said():
            for pragma in ("journal_mode=DELETE", "synchronous=FULL", "foreign_keys=ON", "trusted_schema=OFF"):
                self._db.execute(f"PRAGMA {pragma}")
            if read_only:
                self._db.execute("PRAGMA query_only=ON")
            if create:
                self._db.executescript(_TABLES)
        if create:
            self.put("schema", SCHEMA)
        self._refuse_programs()
        found = self.get("schema")
        if not isinstance(found, int) or found > SCHEMA:
            raise UserError(
                f"The project '{self.path.parent.name}' was written by a later Thimble (format {found}).",
                "Open it with that version.",
            )

    def _refuse_programs(self) -> None:
        """A project from somebody else may hold SQL that runs when it is read or written; ours holds tables only."""
        if self._rows("SELECT name FROM sqlite_master WHERE type IN ('trigger', 'view') LIMIT 1"):
            raise UserError(f"'{self.path}' holds SQL that Thimble never writes.", "Do not use this project.")

    def check(self) -> None:
        """Raise UserError unless the file is in order throughout."""
        if self._rows("PRAGMA quick_check(1)") != [("ok",)]:
            raise UserError(f"'{self.path}' is damaged.", "Restore the project from a copy.")

    @contextmanager
    def _said(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            raise UserError(
                f"'{self.path}' cannot be used: {error}.",
                "The project may be damaged or the disk full; restore the folder from a copy.",
            ) from error

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; nests."""
        with self._lock, self._said():
            if self._db.in_transaction:
                yield
                return
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                self._known.clear()
                raise
            self._db.execute("COMMIT")

    def _rows(self, sql: str, *values: Any) -> list[Any]:
        with self._lock, self._said():
            self._known.clear()
            return self._db.execute(sql, values).fetchall()

    def _select(self, sql: str, *values: Any) -> list[Any]:
        """Rows that are remembered until something is written: the window asks for the same ones all the time.

        A reader beside the writer remembers nothing, for it is not told of changes.
        """
        with self._lock, self._said():
            found = self._known.get((sql, values))
            if found is None:
                found = self._db.execute(sql, values).fetchall()
                if self._alone:
                    self._known[sql, values] = found
            return found

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def copy_to(self, path: Path) -> None:
        """A consistent copy as a new file."""
        with self._lock, self._said():
            target = sqlite3.connect(path)
            try:
                self._db.backup(target)
            finally:
                target.close()

    def shrink(self) -> None:
        """Give the room of deleted rows back to the disk."""
        self._rows("VACUUM")

    def get(self, key: str) -> Any:
        """A fact, None where it was never set."""
        rows = self._select("SELECT value FROM facts WHERE key = ?", key)
        with _readable(f"the entry '{key}'"):
            return json.loads(rows[0][0]) if rows else None

    def put(self, key: str, value: Any) -> None:
        text = json.dumps(value, ensure_ascii=False)
        self._rows("INSERT INTO facts VALUES (?, ?) ON CONFLICT(key) DO UPDATE SET value = excluded.value", key, text)

    def revisions(self) -> tuple[Revision, ...]:
        """Every revision, oldest first."""
        rows = self._select("SELECT id, parent, title, created, step, report FROM revisions ORDER BY id")
        return tuple(_revision(*row) for row in rows)

    def revision(self, revision: int) -> Revision:
        """One revision; raises UserError where there is none."""
        rows = self._select("SELECT id, parent, title, created, step, report FROM revisions WHERE id = ?", revision)
        if not rows:
            raise UserError(f"The project has no revision {revision}.")
        return _revision(*rows[0])

    def graph(self, revision: int) -> tuple[bytes, str]:
        """(packed graph, source)."""
        rows = self._rows("SELECT graph, source FROM revisions WHERE id = ?", revision)
        if not rows:
            raise UserError(f"The project has no revision {revision}.")
        return rows[0][0], rows[0][1]

    def add(self, revision: Revision, source: str, graph: bytes, digests: frozenset[str]) -> Revision:
        """Store a revision (its id is given by the database) and make its parent lead to it."""
        step = json.dumps(revision.step.to_json()) if revision.step else None
        report = json.dumps(revision.report.to_json())
        with self.transaction():
            rows = self._rows(
                "INSERT INTO revisions (parent, title, created, step, report, source, graph) "
                "VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id",
                *(revision.parent, revision.title, revision.created, step, report, source, graph),
            )
            new = int(rows[0][0])
            for digest in digests:
                self._rows("INSERT INTO tensors VALUES (?, ?)", new, digest)
            if revision.parent is not None:
                self.lead(revision.parent, new)
        return self.revision(new)

    def lead(self, parent: int, child: int | None) -> None:
        """Remember which child "redo" goes to."""
        self._rows("UPDATE revisions SET last_child = ? WHERE id = ?", child, parent)

    def last_child(self, revision: int) -> int | None:
        rows = self._select("SELECT last_child FROM revisions WHERE id = ?", revision)
        return rows[0][0] if rows else None

    def remove(self, revisions: list[int]) -> None:
        """Delete rows (children before parents); tensor files stay until compaction."""
        with self.transaction():
            for revision in revisions:
                self._rows("DELETE FROM tensors WHERE revision = ?", revision)
                self._rows("UPDATE revisions SET last_child = NULL WHERE last_child = ?", revision)
                self._rows("DELETE FROM revisions WHERE id = ?", revision)

    def set_title(self, revision: int, title: str) -> None:
        self._rows("UPDATE revisions SET title = ? WHERE id = ?", title, revision)

    def digests(self) -> frozenset[str]:
        """Every tensor that some revision needs."""
        return frozenset(row[0] for row in self._rows("SELECT DISTINCT digest FROM tensors"))


@contextmanager
def _readable(what: str) -> Iterator[None]:
    """JSON that is not what Thimble writes becomes a UserError: projects are sent around."""
    try:
        yield
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise UserError(f"The project is damaged: {what} cannot be read.", "Restore it from a copy.") from error


def _revision(number: int, parent: int | None, title: str, created: float, step: str | None, report: str) -> Revision:
    with _readable(f"revision {number}"):
        made = Step.from_json(json.loads(step)) if step else None
        return Revision(number, parent, title, created, made, Report.from_json(json.loads(report)))
