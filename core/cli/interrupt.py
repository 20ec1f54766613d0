"""Ctrl+C while training: once keeps the best so far, twice cancels."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from core.jobs import Job

_SAID = "\nthimble: Stopping after this step; the best so far is kept. Ctrl+C again cancels.\n"


@contextmanager
def stopping(job: Job) -> Iterator[None]:
    """The first Ctrl+C during a training stops the job, which then ends as usual; any other is KeyboardInterrupt."""
    if threading.current_thread() is not threading.main_thread():  # only the main thread may handle signals
        yield
        return

    def interrupted(number: int, frame: FrameType | None) -> None:
        if not job.can_stop or job.stopping:
            raise KeyboardInterrupt
        job.stop()
        os.write(2, _SAID.encode())  # print is not safe inside a signal handler

    before = signal.signal(signal.SIGINT, interrupted)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
