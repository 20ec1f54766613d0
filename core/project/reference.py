"""What names a model from outside: a path, or ``{"project": FOLDER, "revision": ID}``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from core.errors import UserError
from core.model.model import Model


@contextmanager
def opened(reference: Any) -> Iterator[tuple[Model, Any]]:
    """(model, the project's tensor store or None) of a reference; the project is closed afterwards.

    Weights that were not read before closing can still be read: they are files of their own.
    """
    from core.formats.open import open_model
    from core.project.project import Project

    if isinstance(reference, str) and reference:
        yield open_model(reference), None
        return
    if not isinstance(reference, Mapping) or "project" not in reference:
        raise UserError(f"{reference!r} names no model.", "Give a path, or a project and a revision.")
    with Project.open(reference["project"], read_only=True) as project:
        yield project.model(reference.get("revision")), project.tensors
