"""What the user asked for in the dialog of a method, ready to become a step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.methods.scope import Override, Scope
from core.params import Scalar


@dataclass(frozen=True, slots=True)
class TeacherChoice:
    """A model to learn from: ``revision`` of this project, or a ``file``; neither means no teacher."""

    title: str
    revision: int | None = None
    file: str = ""

    @property
    def none(self) -> bool:
        return self.revision is None and not self.file


@dataclass(frozen=True, slots=True)
class ActRequest:
    method: str
    params: Mapping[str, Scalar]
    scope: Scope
    seed: int
    teacher: TeacherChoice | None = None
    device: str = "cpu"
    overrides: tuple[Override, ...] = ()
