"""What the user typed: where files are, and which values parameters have."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from core.errors import UserError


def place(path: str | None) -> str:
    """An absolute path, so that a recipe means the same from any folder; 'sample' is the bundled data."""
    if not path:
        return ""
    if path == "sample" and not Path(path).exists():
        from core.data.sample import sample_data

        return sample_data().location
    return str(Path(path).resolve())


def settings(groups: Sequence[Sequence[str]]) -> dict[str, str]:
    """``--set a=1 b=2 --set c=3`` as a mapping; raises UserError for what is no pair, or set twice."""
    chosen: dict[str, str] = {}
    for text in (t for group in groups for t in group):
        key, found, value = text.partition("=")
        if not found or not key:
            raise UserError(f"'{text}' is not of the form key=value.", "Example: --set ratio=0.3 norm=L1.")
        if key in chosen:
            raise UserError(f"The parameter '{key}' is set twice.")
        chosen[key] = value
    return chosen
