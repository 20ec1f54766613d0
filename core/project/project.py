"""The project: a folder with every state of a model, that nothing but the user's own wish can shrink.

``name.thimble/`` holds ``project.db`` (see database.py), ``tensors/`` (see tensors.py), ``jobs/`` (results on their
way) and ``lock``. Tensor files first, then one transaction: killing any process at any moment loses at most the act
that was running.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from core.errors import UserError
from core.model.model import Model
from core.model.preprocessing import Preprocessing
from core.project.database import Database, Revision
from core.project.fingerprint import fingerprint
from core.project.lock import FolderLock
from core.project.packing import onnx_bytes, pack, take_result, unpack
from core.project.recipe import Recipe, Step
from core.project.tensors import TensorStore
from core.report import Report

SUFFIX = ".thimble"
_KEPT_MODELS = 8
_Stored = tuple[bytes, frozenset[str], str]  # graph, hashes of its tensors, source


class Project:
    """An open project. Made by :meth:`create` and :meth:`open`; any thread may call it.

    With ``read_only`` (for the worker) nothing is locked and nothing may be changed.
    """

    def __init__(self, folder: Path, read_only: bool = False) -> None:
        self.folder = folder
        if not folder.is_dir():
            raise UserError(f"There is no project folder '{folder}'.", "Check the name and the place.")
        self._db = Database(folder / "project.db", read_only=read_only)
        self.tensors = TensorStore(folder / "tensors")
        self._models: OrderedDict[int, Model] = OrderedDict()
        self._guard = threading.RLock()
        try:
            self._lock = None if read_only else FolderLock(folder)
        except UserError:
            self._db.close()
            raise
        if self._lock:  # whatever a killed job has left: nobody waits for it any more
            shutil.rmtree(folder / "jobs", ignore_errors=True)

    @classmethod
    def create(cls, folder: str | Path, model: Model) -> Project:
        """A new project whose revision is ``model`` as it is; the folder appears only when it is complete.

        Raises UserError where the folder exists or cannot be written.
        """
        folder = new_folder(folder)
        with appearing(folder) as partial:
            (partial / "tensors").mkdir()
            graph, digests = pack(model, TensorStore(partial / "tensors"))
            title = Path(model.source).stem or "Opened"
            with contextlib.closing(Database(partial / "project.db", create=True)) as db, db.transaction():
                first = db.add(Revision(0, None, title, time.time(), None, Report()), model.source, graph, digests)
                db.put("current", first.id)
        return cls(folder)

    @classmethod
    def open(cls, folder: str | Path, read_only: bool = False) -> Project:
        """Raises UserError where the folder is no project, is damaged, or is open in another Thimble."""
        return cls(Path(folder), read_only)

    def __enter__(self) -> Project:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Free the lock; closing twice is harmless."""
        self._models.clear()
        self._db.close()
        if self._lock:
            self._lock.release()
            self._lock = None

    @property
    def name(self) -> str:
        return self.folder.name.removesuffix(SUFFIX)

    # the tree of revisions

    @property
    def revisions(self) -> tuple[Revision, ...]:
        """Every revision, oldest first; ``parent`` makes the tree."""
        return self._db.revisions()

    @property
    def current(self) -> Revision:
        return self._db.revision(int(self._db.get("current") or 0))

    def revision(self, revision: int) -> Revision:
        """One revision by its id; raises UserError where there is none."""
        return self._db.revision(revision)

    def commit(self, parent: int, model: Model, step: Step | None, report: Report, title: str = "") -> Revision:
        """Add what an act has made of ``parent`` and make it current.

        When this returns the revision is on the disk; when it is interrupted the project is as it was. Tensors that
        the parent or any other revision has are not stored again.
        """
        return self._commit(parent, lambda: (*pack(model, self.tensors), model.source), step, report, title)

    def commit_result(self, parent: int, folder: Path, step: Step | None, report: Report, title: str = "") -> Revision:
        """As :meth:`commit`, of what a job has left in ``folder`` (packing.write_result), taken over without being
        unpacked: at 10,000 layers that would hold up every other thread."""
        return self._commit(parent, lambda: take_result(folder, self.tensors), step, report, title)

    def _commit(
        self, parent: int, store: Callable[[], _Stored], step: Step | None, report: Report, title: str
    ) -> Revision:
        self._db.revision(parent)
        title = title or (step.method if step else "Edited")
        try:
            graph, digests, source = store()
        except OSError as error:
            raise UserError(f"The result cannot be stored in '{self.folder}': {error.strerror or error}.") from error
        with self._db.transaction():
            new = self._db.add(Revision(0, parent, title, time.time(), step, report), source, graph, digests)
            self._db.put("current", new.id)
        return new

    def model(self, revision: int | None = None) -> Model:
        """The model of a revision (default: the current one); weights are read from the disk when first used.

        The project's preprocessing and labels, where set, hold for every revision.
        """
        number = self.current.id if revision is None else revision
        with self._guard:
            if number not in self._models:
                self._models[number] = self._load(number)
            self._models.move_to_end(number)
            while len(self._models) > _KEPT_MODELS:
                self._models.popitem(last=False)
            return self._models[number]

    def loaded(self) -> list[Model]:
        """The models that :meth:`model` has given and still holds."""
        with self._guard:
            return list(self._models.values())

    def _load(self, revision: int) -> Model:
        data, source = self._db.graph(revision)
        model = unpack(data, f"Revision {revision} of '{self.folder.name}'", source, self.tensors)
        if self.preprocessing is not None:
            model = model.with_preprocessing(self.preprocessing)
        return model.with_labels(self.labels) if self.labels else model

    def onnx_bytes(self, revision: int) -> bytes:
        """A revision as a serialized ONNX model whose tensors are external data, located at their hashes."""
        return onnx_bytes(self._db.graph(revision)[0], f"Revision {revision} of '{self.folder.name}'")

    def undo(self) -> Revision:
        """Step back to the parent; raises UserError at the beginning."""
        here = self.current
        if here.parent is None:
            raise UserError("There is nothing to undo: this is the model as it was opened.")
        return self.go_to(here.parent)

    def redo(self) -> Revision:
        """Step forward to the child that was left last; raises UserError where there is none."""
        child = self._db.last_child(self.current.id)
        if child is None:
            raise UserError("There is nothing to redo.")
        return self.go_to(child)

    @property
    def can_undo(self) -> bool:
        return self.current.parent is not None

    @property
    def can_redo(self) -> bool:
        return self._db.last_child(self.current.id) is not None

    @property
    def next(self) -> Revision | None:
        """Where redo goes."""
        child = self._db.last_child(self.current.id)
        return None if child is None else self._db.revision(child)

    def go_to(self, revision: int) -> Revision:
        """Make any revision current; redo will follow the branch it is on."""
        target = self._db.revision(revision)
        with self._db.transaction():
            child = target
            while child.parent is not None:
                self._db.lead(child.parent, child.id)
                child = self._db.revision(child.parent)
            self._db.put("current", revision)
        return target

    def rename(self, revision: int, title: str) -> None:
        """Give a revision another title."""
        self._db.set_title(self._db.revision(revision).id, title)

    def recipe(self, revision: int | None = None) -> Recipe:
        """The steps from the opened model to a revision (default: the current one)."""
        here = self.current if revision is None else self._db.revision(revision)
        steps: list[Step] = []
        while here.parent is not None:
            if here.step:
                steps.append(here.step)
            here = self._db.revision(here.parent)
        return Recipe(tuple(reversed(steps)))

    def forget(self, revision: int) -> None:
        """Remove a revision and everything made from it; if the current one goes, its parent becomes current.

        The opened model cannot be forgotten. Disk room is freed by :meth:`compact`.
        """
        target = self._db.revision(revision)
        if target.parent is None:
            raise UserError("The opened model cannot be forgotten.", "Delete the project instead.")
        branch = [target.id]
        for other in self.revisions:  # ids grow, so parents come first
            if other.parent in branch:
                branch.append(other.id)
        with self._db.transaction():
            if self.current.id in branch:
                self._db.put("current", target.parent)
            self._db.remove(branch[::-1])
        for number in branch:
            self._models.pop(number, None)

    def compact(self) -> int:
        """Delete what no revision needs; gives the bytes that were freed. No job may be running on the project."""
        self._models.clear()
        freed = self.tensors.remove_all_but(self._db.digests())
        self._db.shrink()
        shutil.rmtree(self.folder / "jobs", ignore_errors=True)
        return freed

    def damage(self) -> tuple[str, ...]:
        """Hashes of tensors whose files are missing or changed; reads every byte of the project."""
        return tuple(d for d in sorted(self._db.digests()) if not self.tensors.intact(d))

    def job_folder(self) -> Path:
        """A new empty folder on the project's own disk for a job's result."""
        jobs = self.folder / "jobs"
        try:
            jobs.mkdir(exist_ok=True)
            return Path(tempfile.mkdtemp(dir=jobs))
        except OSError as error:
            raise UserError(f"'{jobs}' cannot be written: {error.strerror or error}.") from error

    # small facts

    def view_state(self, key: str) -> Any:
        """JSON that the window has stored under ``key``; None where it has not."""
        return self._db.get(f"view.{key}")

    def set_view_state(self, key: str, value: Any) -> None:
        self._db.put(f"view.{key}", value)

    @property
    def preprocessing(self) -> Preprocessing | None:
        stored = self._db.get("preprocessing")
        return Preprocessing.from_json(stored) if stored else None

    def set_preprocessing(self, preprocessing: Preprocessing | None) -> None:
        """Hold it for every revision (None: each file's own)."""
        self._db.put("preprocessing", preprocessing.to_json() if preprocessing else None)
        self._models.clear()

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(self._db.get("labels") or ())

    def set_labels(self, labels: tuple[str, ...]) -> None:
        """Class names for every revision."""
        self._db.put("labels", list(labels))
        self._models.clear()

    def data(self, role: str = "data") -> str:
        """Where the data set of a role ("data", "test", "teacher") was; '' where none was attached."""
        return str((self._db.get(f"data.{role}") or {}).get("path", ""))

    def set_data(self, path: str, role: str = "data") -> None:
        """Remember where data is and what it looked like, not the data. '' forgets it."""
        seen = {"path": path, "fingerprint": fingerprint(Path(path))} if path else {}
        self._db.put(f"data.{role}", seen)

    def data_changed(self, role: str = "data") -> bool:
        """Whether the data set is gone or no longer what it was when it was attached."""
        seen = self._db.get(f"data.{role}") or {}
        return bool(seen) and fingerprint(Path(seen["path"])) != seen["fingerprint"]

    def data_seen(self, role: str = "data") -> dict[str, Any]:
        """Where the data set of a role was ("path") and what it looked like ("fingerprint"); {} where none was."""
        return dict(self._db.get(f"data.{role}") or {})

    def snapshot(self, database: Path) -> frozenset[str]:
        """Copy the database to a new file as it is at this moment; gives the hashes of the tensors it needs."""
        self._db.copy_to(database)
        with contextlib.closing(Database(database, read_only=True)) as copy:
            return copy.digests()

    def save_as(self, folder: str | Path) -> Project:
        """A complete copy elsewhere, opened; this one stays open too."""
        folder = new_folder(folder)
        with appearing(folder) as partial:
            digests = self.snapshot(partial / "project.db")
            (partial / "tensors").mkdir()
            store = TensorStore(partial / "tensors")
            for digest in digests:
                store.adopt(self.tensors, digest, self.tensors.path(digest).stat().st_size)
            store.flush()
        return Project(folder)


def new_folder(folder: str | Path) -> Path:
    """The path of a project to be made, with its suffix. Raises UserError where something is there already."""
    folder = Path(folder)
    if folder.suffix != SUFFIX:
        folder = folder.with_name(folder.name + SUFFIX)
    if folder.exists():
        raise UserError(f"'{folder}' exists already.", "Choose another name.")
    return folder.absolute()


@contextlib.contextmanager
def appearing(folder: Path) -> Iterator[Path]:
    """A folder to fill, renamed to ``folder`` when it is complete; OSErrors become a UserError."""
    partial = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        yield partial
        partial.rename(folder)
    except OSError as error:
        raise UserError(f"The project '{folder}' cannot be written: {error.strerror or error}.") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
