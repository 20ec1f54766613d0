"""Edits of a graph by hand, each with its exact inverse.

``copy = WorkingCopy(model)``, then ``copy.do(edit)``, ``copy.undo()``, ``copy.redo()``; ``copy.model`` is the result.
"""

from core.model.editing import (  # noqa: F401  each registers its edits
    attribute_set,
    blocks,
    ends,
    fit,
    folding,
    layers,
    locks,
    names,
    several,
    weights,
    whole,
)
from core.model.editing.changes import Changes
from core.model.editing.edit import EDITS, Edit, from_json, to_json
from core.model.editing.working_copy import Problem, WorkingCopy

__all__ = ["EDITS", "Changes", "Edit", "Problem", "WorkingCopy", "from_json", "to_json"]
