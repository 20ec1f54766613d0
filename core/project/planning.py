"""Plans for a preview that follows a slider: the model, and what was found out about it, stay between two plans."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.jobs import Job
from core.methods.method import Context, Plan
from core.model.channel_widths import groups_in_words
from core.model.channels import find_groups
from core.model.model import Model
from core.model.prepare import prepare
from core.project.context import blaming, context_for
from core.project.project import Project
from core.project.recipe import Step, checked
from core.project.reference import opened

_Key = tuple[Hashable, ...]


@dataclass(frozen=True, slots=True)
class _Held:
    """A model as it is planned with, its data and teacher, and what plans have computed of it."""

    key: _Key
    model: Model
    context: Context


class Planner:
    """Keeps the last model only; another one, or the same after a change on the disk, takes its place.

    Any thread may ask; one plan is made at a time.
    """

    def __init__(self) -> None:
        self._held: _Held | None = None
        self._lock = threading.Lock()

    def plan(self, reference: Any, step: Step, job: Job, threads: int = 1) -> Plan | None:
        """What a step would do; None where its method cannot say. Raises UserError as the act would."""
        method, values, step = checked(step)
        if method.plan is None:
            return None
        with self._lock:
            model, ctx = self._context(reference, step, job, threads)
            with blaming(model):
                return method.plan(model, values, ctx)

    def groups(self, reference: Any) -> dict[str, Any]:
        """The channel groups of a model as :func:`core.model.channel_widths.groups_in_words` says them."""
        with self._lock:
            state = _state_of(reference)
            if self._held is None or self._held.key[0] != state:
                self._hold((state, "", "", "", ""), reference, lambda model: (model, Context()))
            held = self._held
            assert held is not None
            memo = held.context.memo
            with blaming(held.model):
                prepared, _ = memo.once("prepared", lambda: prepare(held.model))
                return groups_in_words(memo.once("groups", lambda: find_groups(prepared)))

    def _context(self, reference: Any, step: Step, job: Job, threads: int) -> tuple[Model, Context]:
        key = (_state_of(reference), step.preprocess, *map(_file, (step.data, step.test, step.teacher)))
        if self._held is None or self._held.key != key:
            self._hold(key, reference, lambda model: context_for(model, step, job=job, threads=threads))
        held = self._held
        assert held is not None
        light = dataclasses.replace(step, preprocess="", data="", test="", teacher="")
        _, ctx = context_for(held.model, light, job=job, threads=threads)
        was = held.context
        return held.model, dataclasses.replace(ctx, data=was.data, test=was.test, teacher=was.teacher, memo=was.memo)

    def _hold(self, key: _Key, reference: Any, make: Callable[[Model], tuple[Model, Context]]) -> None:
        self._held = None  # never two models at a time
        with opened(reference) as (model, _):
            self._held = _Held(key, *make(model))


def _state_of(reference: Any) -> Hashable:
    """What tells whether a reference still means the same model; 0.3 ms for a revision."""
    if not isinstance(reference, Mapping) or "project" not in reference:
        return _file(str(reference))
    with Project.open(reference["project"], read_only=True) as project:
        number = reference.get("revision")
        found = project.current if number is None else project.revision(number)
        steps = project.preprocessing
        return (
            str(reference["project"]),
            found.id,
            found.created,
            str(steps.to_json()) if steps is not None else "",
            project.labels,
        )


def _file(path: str) -> Hashable:
    """A path with what shows a change of it; '' for none."""
    try:
        found = Path(path).stat() if path else None
    except OSError:  # whoever opens it says so
        return path
    return (path, found.st_mtime_ns, found.st_size) if found is not None else ""
