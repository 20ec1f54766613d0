"""What the user typed: where files are, and which values parameters have."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from core.errors import UserError
from core.methods.scope import Override, Scope

_OPERATORS = "op:"  # begins a pattern on operators


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


def scope(pattern: str) -> Scope:
    """The layers that ``--layers`` and ``--override`` mean: those whose name matches; 'op:Conv' all of an operator."""
    if pattern.startswith(_OPERATORS):
        return Scope(operators=tuple(o for o in pattern.removeprefix(_OPERATORS).split(",") if o) or ("",))
    return Scope(pattern=pattern)


def overrides(groups: Sequence[Sequence[str]]) -> tuple[Override, ...]:
    """``--override PATTERN a=1 b=2``, each with a pattern and pairs; raises UserError for one without either."""
    found = []
    for pattern, *pairs in groups:
        if not pairs or "=" in pattern:
            what = f"'{pattern}'" if pattern else "An empty pattern"
            raise UserError(
                f"--override: {what} has no {'pattern before it' if '=' in pattern else 'parameter behind it'}.",
                "Example: --override 'features.1*' ratio=0.5.",
            )
        found.append((scope(pattern), settings([pairs])))
    return tuple(found)
