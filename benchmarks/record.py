"""How every benchmark keeps what it found: the command, the machine, the rows."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.measure.host import cpu_name


def save(out: Path | None, rows: Sequence[Any], **more: Any) -> None:
    """Write JSON to ``out``; nothing where no file was asked for."""
    if out is None:
        return
    name = Path(sys.argv[0]).stem
    found = {
        "command": " ".join(["python -m", f"benchmarks.{name}", *sys.argv[1:]]),
        "host": f"{cpu_name()}, {os.cpu_count()} cores, {platform.platform()}",
        **more,
        "rows": list(rows),
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(found, indent=1) + "\n")
