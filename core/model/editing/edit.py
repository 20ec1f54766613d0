"""What an edit is: a small frozen dataclass that can be stored, shown in a form and applied to a draft.

Fields are annotated with what a person reads beside them: ``layer: Annotated[str, "Layer"]``. core.model may not import
core.params, so a form makes its specs out of these labels and the fields' types.
"""

from __future__ import annotations

import dataclasses
import typing
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from core.errors import UserError
from core.model.editing.draft import Draft

Json = bool | int | float | str | list[Any] | None


@dataclass(frozen=True, slots=True)
class Edit(ABC):
    """One act of the user on a graph; ``key`` names its kind in files, ``title`` in menus."""

    key: ClassVar[str]
    title: ClassVar[str]

    @abstractmethod
    def apply(self, draft: Draft) -> None:
        """Carry the edit out. Raises UserError, in one sentence that names the layer or tensor, where it cannot be."""

    def check(self, draft: Draft) -> None:
        """Look at the graph once its types are inferred again; raises UserError, and the edit is taken back."""
        return


E = TypeVar("E", bound=type[Edit])
EDITS: dict[str, type[Edit]] = {}


def edit(key: str, title: str) -> Callable[[E], E]:
    """Register a kind of edit under a key that files keep."""

    def register(kind: E) -> E:
        if key in EDITS:
            raise ValueError(f"edit '{key}' is registered twice")
        kind.key, kind.title = key, title
        EDITS[key] = kind
        return kind

    return register


def labels(kind: type[Edit]) -> dict[str, str]:
    """Field name -> what a form writes beside it."""
    hints = typing.get_type_hints(kind, include_extras=True)
    return {f.name: str(typing.get_args(hints[f.name])[1]) for f in dataclasses.fields(kind)}


def to_json(act: Edit) -> dict[str, Any]:
    """{"edit": key, field: value, ...} in JSON's own types."""
    fields = {f.name: getattr(act, f.name) for f in dataclasses.fields(act)}
    return {"edit": act.key, **{k: list(v) if isinstance(v, tuple) else v for k, v in fields.items()}}


def from_json(data: Mapping[str, Any]) -> Edit:
    """The inverse of :func:`to_json`; raises UserError for unknown edits and fields, and for values of a wrong type."""
    kind = EDITS.get(str(data.get("edit")))
    if kind is None:
        raise UserError(f"There is no edit called '{data.get('edit')}'.", f"Known: {', '.join(EDITS)}.")
    values = {k: v for k, v in data.items() if k != "edit"}
    hints = typing.get_type_hints(kind)
    known = {f.name: f for f in dataclasses.fields(kind)}
    for name, value in values.items():
        if name not in known:
            raise UserError(f"The edit '{kind.key}' has no field '{name}'.", f"Known: {', '.join(known)}.")
        values[name] = _checked(kind.key, name, hints[name], value)
    for name, field in known.items():
        optional = field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING
        if name not in values and not optional:
            raise UserError(f"The edit '{kind.key}' needs the field '{name}'.")
    return kind(**values)


def _checked(key: str, name: str, hint: Any, value: Any) -> Any:
    origin = typing.get_origin(hint)
    if origin is tuple:
        if not isinstance(value, list | tuple):
            raise UserError(f"The field '{name}' of the edit '{key}' must be a list.")
        return tuple(value)
    wanted = typing.get_args(hint) if origin not in (None, dict) else (origin or hint,)
    plain = tuple(typing.get_origin(w) or w for w in wanted)
    if not isinstance(value, plain) or (isinstance(value, bool) and bool not in plain):
        raise UserError(f"The field '{name}' of the edit '{key}' is {value!r}, which is of the wrong type.")
    return value
