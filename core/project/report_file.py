"""A report as a JSON file of its own: what ``thimble apply`` leaves of an analysis, and ratios are taken from."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from core import __version__
from core.errors import UserError
from core.formats.onnx_file import write_atomically
from core.formats.open import check_file
from core.report import Report

_LIMIT = 1 << 27  # bytes


def save_report(data: Mapping[str, Any], path: Path) -> None:
    """Write a report in JSON, and whatever stands beside it in ``data`` (the step), atomically."""
    text = json.dumps({"thimble": __version__, **data}, indent=2, ensure_ascii=False) + "\n"
    try:
        write_atomically(path, text.encode())
    except OSError as error:
        raise UserError(f"'{path}' cannot be written: {error.strerror or error}.") from error


def load_report(path: str | Path, wanted: Callable[[Report], bool] = lambda _: True) -> Report:
    """A report from such a file, or from what ``--json`` prints, which holds the reports of several steps.

    Of several the first that is ``wanted``, else the first. Raises UserError where the file is missing or no report.
    """
    path = Path(path)
    check_file(path)
    if path.stat().st_size > _LIMIT:
        raise UserError(f"'{path.name}' is too large to be a report.")
    try:
        data = json.loads(path.read_text("utf-8"))
        if not {"reports", "measures", "tables"} & data.keys():
            raise ValueError("no report")
        reports = [Report.from_json(entry) for entry in data.get("reports", [data])]
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
        raise UserError(
            f"'{path.name}' is not a report.", "Reports are what 'thimble apply' writes for an analysis."
        ) from error
    return next((r for r in reports if wanted(r)), reports[0] if reports else Report())
