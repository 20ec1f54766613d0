"""What a method chose by measuring, kept in its step as text: a replay does the same without measuring again."""

from __future__ import annotations

import json
from typing import Any

from core.errors import UserError


def chosen_names(text: str) -> tuple[str, ...]:
    """Names of layers or parts from a JSON list; raises UserError for anything else."""
    try:
        found: Any = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, list) or not all(isinstance(n, str) for n in found):
        raise UserError("'Chosen already' is not a JSON list of layer names.", 'Example: ["conv1", "conv2"].')
    return tuple(found)
