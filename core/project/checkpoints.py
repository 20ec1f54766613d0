"""Unfinished trainings: where their checkpoints are, which training each belongs to, and what is left of them."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import importlib.metadata
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core import __version__
from core.data.dataset import DataSet
from core.methods.checkpoint import EVERY, SUFFIX, CheckpointPlace, Damaged, read_header, remove, remove_halves
from core.methods.method import Context, load_methods
from core.model.model import Model
from core.project.fingerprint import WHOLE, fingerprint
from core.project.recipe import Step

FOLDER = "checkpoints"  # inside a project


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A training that was interrupted: running ``step`` again on the same model goes on with it.

    ``steps`` of ``total`` are done; ``time`` is when it was saved, in seconds since 1970; ``revision`` is the one it
    was training, None outside a project. ``asked``: "task" and "args" with which a worker was asked for it, so that it
    can be asked for again with the same teacher, threads and device; empty outside a worker.
    """

    path: Path
    step: Step
    revision: int | None
    steps: int
    total: int
    time: float
    asked: Mapping[str, Any] = dataclasses.field(default_factory=dict)


class Checkpoints:
    """The checkpoints of one run of steps, in ``folder``: one file a training, named by all its result depends on.

    With ``alone`` the folder belongs to this run: a file of another training is pointed out in the log. ``revision``
    and ``asked`` are for whoever lists them: see :class:`Unfinished`.
    """

    def __init__(
        self,
        folder: Path,
        *,
        revision: int | None = None,
        alone: bool = False,
        every: float = EVERY,
        asked: Mapping[str, Any] | None = None,
    ) -> None:
        self.folder = folder
        self._revision, self._alone, self._every = revision, alone, every
        self._asked = dict(asked or {})
        self._given: list[Path] = []

    def place(self, model: Model, step: Step, ctx: Context) -> CheckpointPlace | None:
        """Where the step keeps its state; None for methods that keep none. ``step`` has all its parameters."""
        if not load_methods().get(step.method).resumes:
            return None
        digest = digest_of(model, step, ctx)
        path = self.folder / f"{digest}{SUFFIX}"
        others = [u for u in unfinished(self.folder) if u.path != path and u.path not in self._given]
        if self._alone and others and not path.is_file():
            ctx.job.log(f"'{self.folder}' belongs to a training with other settings, data or versions; it is not used.")
        self._given.append(path)
        remove_halves(path)
        about = {"step": step.to_json(), "revision": self._revision, "asked": self._asked}
        return CheckpointPlace(path, digest, about, self._every)

    def done(self) -> None:
        """The results are safe: delete the files of this run, and the folder where it is empty then."""
        remove(self._given)
        with contextlib.suppress(OSError):
            self.folder.rmdir()

    def clear(self) -> None:
        """Delete every checkpoint in the folder: start anew."""
        remove(self.folder.glob(f"*{SUFFIX}"))
        remove_halves(self.folder / f"*{SUFFIX}")
        with contextlib.suppress(OSError):
            self.folder.rmdir()

    def left(self) -> bool:
        """Whether a training of this run can be gone on with."""
        return any(path.is_file() for path in self._given)


def unfinished(folder: Path) -> tuple[Unfinished, ...]:
    """The trainings that can be gone on with, the latest first; damaged files are passed over."""
    found = []
    for path in folder.glob(f"*{SUFFIX}"):
        with contextlib.suppress(Damaged, KeyError, TypeError, ValueError):
            header = read_header(path)
            about, state = header["about"], header["state"]
            step, revision = Step.from_json(about["step"]), about.get("revision")
            counts = int(state["step"]), int(state["total"])
            asked = dict(about.get("asked") or {})
            found.append(Unfinished(path, step, revision, *counts, float(header["time"]), asked))
    return tuple(sorted(found, key=lambda u: u.time, reverse=True))


def digest_of(model: Model, step: Step, ctx: Context) -> str:
    """A hash of everything that the bytes of a training's result depend on.

    Paths play no part, contents do. Of data that would take minutes to read (folders, large files) the names, labels
    and sizes of the items stand for them, and when the files were written.
    """
    said: Mapping[str, Any] = {
        "method": step.method,
        "params": dict(step.params),
        "scope": step.scope.to_json(),
        "overrides": [[scope.to_json(), dict(part)] for scope, part in step.overrides],
        "seed": step.seed,
        "model": _content(model),
        "teacher": "" if ctx.teacher is None else _content(ctx.teacher),
        "data": _items(ctx.data),
        "test": _items(ctx.test),
        "versions": [__version__, *(importlib.metadata.version(p) for p in ("torch", "numpy"))],
        "threads": ctx.threads,
        "device": ctx.device,
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _content(model: Model) -> str:
    digest = hashlib.sha256()
    for part in _pieces(model):
        digest.update(part if isinstance(part, bytes) else part.encode("utf-8", "surrogateescape"))
        digest.update(b"\0")
    return digest.hexdigest()


def _pieces(model: Model) -> Iterator[str | bytes]:
    """Inputs, layers and weights; not what the graph's metadata says of its past."""
    yield repr((model.inputs, model.output_names, model.labels, model.opset))
    for graph in model.graph.graphs():
        for name, value in graph.initializers.items():
            yield name
            if value.const_value is not None:
                yield f"{value.const_value.dtype} {value.const_value.shape}"
                yield value.const_value.tobytes()
    for node in model.graph.graph.all_nodes():
        yield repr((node.domain, node.op_type, node.name, node.version))
        yield repr([[None if v is None else v.name for v in side] for side in (node.inputs, node.outputs)])
        for attribute in node.attributes.values():
            yield f"{attribute.name} {attribute.type}"
            plain = attribute.type.name not in ("TENSOR", "GRAPH", "GRAPHS", "TENSORS")
            yield repr(attribute.value) if plain or attribute.is_ref() else b""
            if attribute.type.name == "TENSOR" and not attribute.is_ref():
                yield attribute.value.tobytes()


def _items(data: DataSet | None) -> str:
    if data is None:
        return ""
    path = Path(data.location)
    digest = hashlib.sha256(fingerprint(path).encode() + _written(path).encode("utf-8", "surrogateescape"))
    for item in data.items:
        digest.update(repr((item.name, item.label, item.part)).encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _written(path: Path) -> str:
    """When the files were written of whose contents the fingerprint sees only a part."""
    if path.is_file():
        return str(path.stat().st_mtime_ns) if path.stat().st_size > WHOLE else ""
    files = (Path(folder, name) for folder, _, names in os.walk(path) for name in names)
    return "\n".join(sorted(f"{f.relative_to(path).as_posix()} {f.stat().st_mtime_ns}" for f in files))
