"""Where files are that the user named."""

from __future__ import annotations

from pathlib import Path


def place(path: str | None) -> str:
    """An absolute path, so that a recipe means the same from any folder; 'sample' is the bundled data."""
    if not path:
        return ""
    if path == "sample" and not Path(path).exists():
        from core.data.sample import sample_data

        return sample_data().location
    return str(Path(path).resolve())
