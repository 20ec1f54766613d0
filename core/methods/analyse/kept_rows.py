"""Figures of a long analysis, kept in its checkpoint as they come."""

from __future__ import annotations

import time
from typing import Any

from core.methods.checkpoint import CheckpointFile
from core.methods.method import Context

_EVERY = 2.0  # seconds between two checkpoints: they are small


class KeptRows:
    """``rows``: name -> plain JSON. Those of an interrupted run are there from the start."""

    def __init__(self, ctx: Context, total: int) -> None:
        self._file = CheckpointFile(ctx.checkpoint, ctx.job, "The analysis") if ctx.checkpoint is not None else None
        self._total, self._written = total, time.monotonic()
        read = self._file.read() if self._file is not None else None
        self.rows: dict[str, Any] = dict(read[1].get("rows", {})) if read is not None else {}
        self._saved = len(self.rows)
        if self.rows:
            ctx.job.log(f"{len(self.rows)} of {total} measurements are there already.")

    def add(self, name: str, row: Any) -> None:
        """Keep one, and write the file now and then."""
        self.rows[name] = row
        if time.monotonic() - self._written >= _EVERY:
            self.write()

    def write(self) -> None:
        """Write what is new."""
        if self._file is None or len(self.rows) == self._saved:
            return
        self._file.write({}, {"rows": self.rows, "step": len(self.rows), "total": self._total})
        self._saved, self._written = len(self.rows), time.monotonic()
