"""A model's recipe in files that leave the machine: what was done stays, where things lay does not.

A path becomes ``name#digest``, the first 64 bits of SHA-256 of the absolute path: the same place is still recognized
(so that items which trained a model never judge it), but no folder or user name is shipped.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

_PLACES = ("data", "test", "teacher", "preprocess")


def without_local_paths(recipe: str) -> str:
    """The JSON of a recipe with every path replaced by its mark; '' for text that is no recipe."""
    try:
        data: Any = json.loads(recipe)
    except (ValueError, RecursionError):
        return ""
    steps = data.get("steps") if isinstance(data, dict) else None
    if not isinstance(steps, list):
        return ""
    for step in (s for s in steps if isinstance(s, dict)):
        for key in _PLACES:
            if isinstance(step.get(key), str) and _is_path(step[key]):
                step[key] = mark(step[key])
        _hide_files(step.get("params"))
    return json.dumps(data, ensure_ascii=False)


def _hide_files(params: Any) -> None:
    """Edits by hand stand in a step as JSON text, and may name a file of values."""
    text = params.get("edits") if isinstance(params, dict) else None
    try:
        edits: Any = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return
    for edit in edits if isinstance(edits, list) else ():
        if isinstance(edit, dict) and isinstance(edit.get("file"), str) and _is_path(edit["file"]):
            edit["file"] = mark(edit["file"])
    if isinstance(edits, list):
        params["edits"] = json.dumps(edits, ensure_ascii=False)


def mark(path: str) -> str:
    """``name#digest`` of a path."""
    place = Path(path).resolve()
    return f"{place.name}#{hashlib.sha256(str(place).encode('utf-8', 'surrogateescape')).hexdigest()[:16]}"


def same_place(noted: str, path: str) -> bool:
    """Whether a recipe's path, or the mark of one, is this path."""
    if not noted or not path:
        return False
    return noted == mark(path) or Path(noted).resolve() == Path(path).resolve()


def _is_path(text: str) -> bool:
    """Presets have bare names; paths are absolute by the time they stand in a recipe, or name a file."""
    return "/" in text or "\\" in text or text.endswith(".json")
