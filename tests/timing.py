"""How long something takes, told so that what else the machine does matters little."""

from __future__ import annotations

import time
from collections.abc import Callable


def processor_seconds(act: Callable[[], object], times: int = 1) -> float:
    """The least processor time of this thread that ``act`` took in so many ``times``. Waiting does not count."""
    spent = []
    for _ in range(times):
        start = time.thread_time()
        act()
        spent.append(time.thread_time() - start)
    return min(spent)
