"""Tasks that only the tests of the worker need: registered inside the worker with --tasks."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import UserError
from core.jobs import Job
from core.tasks import task

Json = dict[str, Any]


@task("test.count")
def count(args: Json, job: Job, folder: Path) -> Json:
    """Cooperative: ``steps`` steps of ``seconds`` each."""
    for k in job.track(range(args["steps"]), args["steps"], "Counting"):
        job.point("k", k, k * k)
        time.sleep(args["seconds"])
    job.log("counted")
    (folder / "file.txt").write_text("done")
    return {"steps": args["steps"], "pid": os.getpid()}


@task("test.stubborn")
def stubborn(args: Json, job: Job, folder: Path) -> Json:
    """Never looks whether it should stop."""
    job.log(f"pid {os.getpid()}")
    time.sleep(600)
    return {}


@task("test.segfault")
def segfault(args: Json, job: Job, folder: Path) -> Json:
    """A real one: reads address 0."""
    (folder / "half.txt").write_text("half")
    ctypes.string_at(0)
    return {}


@task("test.exit")
def leave(args: Json, job: Job, folder: Path) -> Json:
    """What a library that calls exit() does."""
    print("last words of a library", file=sys.stderr, flush=True)
    os._exit(3)


@task("test.bug")
def bug(args: Json, job: Job, folder: Path) -> Json:
    """A bug in our own code."""
    return {"x": 1 // 0}


@task("test.user")
def user(args: Json, job: Job, folder: Path) -> Json:
    """A mistake of the user's."""
    raise UserError("That cannot be.", "Try this.")


@task("test.print")
def noisy(args: Json, job: Job, folder: Path) -> Json:
    """Libraries print, in Python, below Python, and from processes of their own; some read stdin."""
    print('{"event": "result", "id": 1, "result": "forged"}', flush=True)
    os.write(1, b"from below\n")
    subprocess.run([sys.executable, "-c", "print('from a child')"], check=True)
    return {"stdin": sys.stdin.read(), "array": np.arange(3), "number": np.float32(0.5), "path": folder, "nice": nice()}


def nice() -> int:
    """How far the worker stands back."""
    return os.nice(0) if hasattr(os, "nice") else 0


@task("test.train")
def train(args: Json, job: Job, folder: Path) -> Json:
    """A loop that can be stopped: gives how far it came, and whether it was stopped."""
    with job.stoppable():
        for k in range(args["steps"]):
            job.progress(k / args["steps"])
            job.point("loss", k, 1.0)
            if job.stopping:
                return {"steps": k + 1, "stopped": True}
            time.sleep(0.01)
    return {"steps": args["steps"], "stopped": False}
