"""Two lanes, a worker each: short jobs never wait for long ones, and measuring latency has the machine to itself."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from core.worker_client.client import WorkerClient
from core.worker_client.events import Ending, Event, Handle, Listener, Stopped, Waiting

EXCLUSIVE = frozenset({"latency", "layer_latency"})
LONG = frozenset({"apply", "run"})


class Lanes:
    """Two workers: short jobs never wait for long ones. A job of EXCLUSIVE takes both, and says what it waits for."""

    def __init__(self, tasks: Sequence[str] = ()) -> None:
        self.short = WorkerClient("short", ("onnx", "onnxruntime"), tasks)
        self.long = WorkerClient("long", ("onnx", "torch", "onnxruntime"), tasks)
        self._lock = threading.RLock()
        self._held: deque[Handle] = deque()  # jobs behind (and with) an exclusive one, in order
        self._alone: Handle | None = None
        self._where: dict[Handle, WorkerClient] = {}

    def start(self) -> None:
        """Start both processes now, so that the first job finds them warm."""
        self.short.start()
        self.long.start()

    def submit(
        self,
        task: str,
        args: Mapping[str, Any],
        listener: Listener,
        folder: Path | None = None,
        title: str = "",
        long: bool | None = None,
    ) -> Handle:
        """Queue a job in its lane (``long``: default by the task)."""

        def hear(event: Event) -> None:
            try:
                listener(event)
            finally:
                if isinstance(event, Ending):
                    self._ended(handle)

        handle = Handle(task, args, hear, folder, title)
        with self._lock:
            self._where[handle] = self.long if (task in LONG if long is None else long) else self.short
            self._held.append(handle)
        self._advance()
        return handle

    def cancel(self, handle: Handle) -> None:
        """As :meth:`WorkerClient.cancel`."""
        with self._lock:
            client = self._where.get(handle)
            held = handle in self._held
            if held:
                self._held.remove(handle)
        if held:
            handle.cancelled = True
            handle.tell(Stopped())
        elif client is not None:
            client.cancel(handle)

    def stop(self, handle: Handle) -> None:
        """As :meth:`WorkerClient.stop`."""
        with self._lock:
            client = None if handle in self._held else self._where.get(handle)
        if client is None:
            self.cancel(handle)
        else:
            client.stop(handle)

    def close(self, grace: float = 0.5) -> None:
        """End both processes; jobs that are not over are Stopped."""
        with self._lock:
            held, self._held = list(self._held), deque()
        for handle in held:
            handle.tell(Stopped())
        self.short.close(grace)
        self.long.close(grace)

    def _ended(self, handle: Handle) -> None:
        with self._lock:
            self._where.pop(handle, None)
            if handle is self._alone:
                self._alone = None
        self._advance()

    def _advance(self) -> None:
        """Hand over what may run now."""
        while True:
            with self._lock:
                if not self._held:
                    return
                first, others = self._held[0], [h for h in self._where if h not in self._held]
                if self._alone is not None or (first.task in EXCLUSIVE and others):
                    reasons = [(h, self._reason(h, others)) for h in self._held]
                    break
                self._held.popleft()
                client = self._where[first]
                if first.task in EXCLUSIVE:
                    self._alone = first
            client.add(first)
        for handle, reason in reasons:
            handle.tell(Waiting(reason))

    def _reason(self, handle: Handle, others: Sequence[Handle]) -> str:
        names = " and ".join(f"'{h.title}'" for h in others)
        if handle.task in EXCLUSIVE:
            return f"Waits for {names}: measuring latency needs the machine to itself."
        ahead = next(h for h in (self._alone, *self._held) if h is not None and h.task in EXCLUSIVE)
        return f"Waits for '{ahead.title}', which needs the machine to itself."
