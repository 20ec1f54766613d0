"""A job from outside, and what its listener hears.

First Waiting (perhaps) and Started, then any number of core.jobs' Progress, Point and str (a line of log), at last
exactly one of Done, Failed and Stopped.
"""

from __future__ import annotations

import itertools
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.jobs import Point, Progress


@dataclass(frozen=True, slots=True)
class Started:
    """The worker has taken up the job."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """The job has to wait; ``reason`` says for what."""

    reason: str


@dataclass(frozen=True, slots=True)
class Done:
    """``result`` is the task's JSON; ``folder`` holds its files."""

    result: dict[str, Any]
    folder: Path


@dataclass(frozen=True, slots=True)
class Failed:
    """``user``: the user can act on it (message and hint). Else ``report`` is a crash report, with the last words."""

    message: str
    hint: str = ""
    user: bool = True
    report: str = ""


@dataclass(frozen=True, slots=True)
class Stopped:
    """Cancelled, by its own will or by a kill."""


Ending = Done | Failed | Stopped
Event = Started | Waiting | Progress | Point | str | Ending
Listener = Callable[[Event], None]


_ids = itertools.count(1)


class Handle:
    """One job. ``ending`` is set once it is over; ``title`` is how other jobs that wait for it name it.

    ``folder`` is the job's own, for its files; it is removed where the job is not Done.
    """

    def __init__(
        self, task: str, args: Mapping[str, Any], listener: Listener, folder: Path | None = None, title: str = ""
    ) -> None:
        self.id = next(_ids)
        self.task, self.args, self.listener, self.title = task, args, listener, title or task
        self.folder = folder or Path(tempfile.mkdtemp(prefix="thimble-job-"))
        self.ending: Ending | None = None
        self.cancelled = False
        self._guard = threading.Lock()
        self._over = threading.Event()

    def wait(self, timeout: float | None = None) -> Ending | None:
        """Block until it is over and its listener has heard so; None after ``timeout`` seconds."""
        return self.ending if self._over.wait(timeout) else None

    def tell(self, event: Event) -> None:
        """Pass an event on; after an ending nothing more comes."""
        with self._guard:
            if self.ending is not None:
                return
            if isinstance(event, Ending):
                self.ending = event
        if isinstance(event, (Failed, Stopped)):
            shutil.rmtree(self.folder, ignore_errors=True)
        try:
            self.listener(event)
        except Exception:  # noqa: BLE001  a listener's bug is reported, but the thread that reads the worker lives on
            sys.excepthook(*sys.exc_info())
        if isinstance(event, Ending):
            self._over.set()
