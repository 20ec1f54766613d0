"""The process that runs jobs: ``python -m core.worker``. JSON lines in on stdin, JSON lines out on stdout.

In:  ``{"id": 7, "task": "apply", "args": {...}, "folder": "/job/folder"}``, ``{"cancel": 7}`` and ``{"stop": 7}``.
Out: ``{"event": "ready"}``, for a job's ``id`` first ``begun``, then any number of ``progress``, ``point`` and ``log``,
then exactly one of ``result``, ``error`` and ``cancelled``.

A stop asks a training to end early and to give its best so far as its result. One job at a time, in the main thread.
When stdin ends, the parent is gone: the process ends at once, whatever it does.
"""

from __future__ import annotations

import argparse
import contextlib
import faulthandler
import importlib
import json
import os
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import IO, Any

from core.errors import Cancelled, UserError
from core.jobs import Event, Job, Point, Progress
from core.tasks import TASKS

_IDLE = 0.05  # seconds without a job after which a warm import may begin


class Pipe:
    """The way out. Locked, because a job's threads may report too."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def send(self, event: str, **more: Any) -> None:
        line = json.dumps({"event": event, **more}, default=_plain)
        try:
            with self._lock:
                self._stream.write(line + "\n")
                self._stream.flush()
        except OSError:  # nobody listens any more
            os._exit(0)


def _plain(value: Any) -> Any:
    """numpy's scalars and arrays, paths and tuples as JSON."""
    for name in ("tolist", "to_json"):
        if hasattr(value, name):
            return getattr(value, name)()
    return str(value)


class Worker:
    """Reads requests in a thread of its own, so that a cancel arrives while a job runs."""

    def __init__(self, requests: IO[str], pipe: Pipe, warm: Sequence[str] = ()) -> None:
        self._requests, self._pipe = requests, pipe
        self._warm = list(warm)
        self._queue: queue.Queue[Mapping[str, Any]] = queue.Queue()
        self._jobs: dict[int, Job] = {}
        self._guard = threading.Lock()

    def serve(self) -> None:
        """Until stdin ends."""
        threading.Thread(target=self._read, name="requests", daemon=True).start()
        self._pipe.send("ready", pid=os.getpid())
        while True:
            try:
                request = self._queue.get(timeout=_IDLE if self._warm else None)
            except queue.Empty:
                with contextlib.suppress(ImportError):
                    importlib.import_module(self._warm.pop(0))
                continue
            self._run(request)

    def _read(self) -> None:
        for line in self._requests:
            try:
                request = json.loads(line)
            except ValueError:
                continue
            with self._guard:
                if "cancel" in request:
                    if request["cancel"] in self._jobs:
                        self._jobs[request["cancel"]].cancel()
                elif "stop" in request:
                    if request["stop"] in self._jobs:
                        self._jobs[request["stop"]].stop()
                else:
                    number = int(request["id"])
                    self._jobs[number] = Job(partial(self._tell, number))
                    self._queue.put(request)
        os._exit(0)

    def _tell(self, number: int, event: Event) -> None:
        if isinstance(event, Progress):
            where = {"done": event.done, "message": event.message, "elapsed": event.elapsed}
            self._pipe.send("progress", id=number, **where, remaining=event.remaining)
        elif isinstance(event, Point):
            self._pipe.send("point", id=number, series=event.series, x=event.x, y=event.y)
        else:
            self._pipe.send("log", id=number, line=event)

    def _run(self, request: Mapping[str, Any]) -> None:
        number = int(request["id"])
        job = self._jobs[number]
        self._pipe.send("begun", id=number)
        try:
            job.check()
            result = TASKS.get(str(request["task"])).do(dict(request["args"]), job, Path(request["folder"]))
            self._pipe.send("result", id=number, result=result)
        except Cancelled:
            self._pipe.send("cancelled", id=number)
        except UserError as error:
            self._pipe.send("error", id=number, user=True, message=error.message, hint=error.hint)
        except Exception as error:  # noqa: BLE001  a bug in a job must not take the next job's worker away
            said = f"{type(error).__name__}: {error}".splitlines()[0]
            self._pipe.send("error", id=number, user=False, message=said, hint="", traceback=traceback.format_exc())
        finally:
            with self._guard:
                del self._jobs[number]


def _own_pipes() -> tuple[IO[str], Pipe]:
    """Take stdin and stdout for the protocol alone: whatever a library prints goes to stderr."""
    requests = os.fdopen(os.dup(0), encoding="utf-8")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    sys.stdout = sys.stderr
    return requests, Pipe(answers)


def main(argv: Sequence[str] | None = None) -> None:
    """``--warm MODULE,...`` is imported while there is nothing to do; ``--tasks MODULE`` registers further tasks."""
    parser = argparse.ArgumentParser(prog="python -m core.worker")
    parser.add_argument("--warm", default="")
    parser.add_argument("--tasks", action="append", default=[])
    args = parser.parse_args(argv)
    requests, pipe = _own_pipes()
    faulthandler.enable(sys.stderr)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C in a terminal is for the parent, which then closes stdin
    if hasattr(os, "nice"):  # Windows: the parent starts it with a lower priority
        os.nice(10)
    for module in args.tasks:
        importlib.import_module(module)
    Worker(requests, pipe, [m for m in args.warm.split(",") if m]).serve()


if __name__ == "__main__":
    main()
