"""Parameters declared once, as annotated dataclasses: form, JSON, command line and checks come from them.

@dataclass(frozen=True, slots=True)
class Params:
    ratio: Annotated[float, Field("Channels removed", low=0.0, high=0.95, unit="share")] = 0.5
"""

from __future__ import annotations

import dataclasses
import enum
import math
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from core.errors import UserError

P = TypeVar("P")
Scalar = bool | int | float | str | None


@dataclass(frozen=True, slots=True)
class Field:
    """What a person needs to know of one parameter.

    ``group`` names what it belongs to in a long form; a form folds groups away, and what is ``advanced`` without one.
    ``leading``: it stands before the others, those of a parent class too.
    ``choices``: what a str parameter may be, where no enumeration says so: names, or a (named) function that
    gives them, so that a registry is read when it is filled.
    """

    label: str
    help: str = ""
    low: float | None = None
    high: float | None = None
    unit: str = ""
    step: float | None = None
    advanced: bool = False
    group: str = ""
    leading: bool = False
    choices: tuple[str, ...] | Callable[[], tuple[str, ...]] = ()


@dataclass(frozen=True, slots=True)
class Spec:
    """A parameter as seen from outside: its name, type, default and Field.

    ``type`` is bool, int, float or str; ``choices`` holds the values of an enumeration or the Field's own (then
    ``type`` is str).
    """

    name: str
    type: type
    default: Scalar
    field: Field
    choices: tuple[str, ...] = ()
    optional: bool = False

    def to_json(self) -> dict[str, Any]:
        said = {f.name: getattr(self.field, f.name) for f in dataclasses.fields(Field) if f.name != "choices"}
        field = {k: v for k, v in said.items() if not (v is None or v is False or v == "")}
        out: dict[str, Any] = {"name": self.name, "type": self.type.__name__, "default": self.default, **field}
        if self.choices:
            out["choices"] = list(self.choices)
        if self.optional:
            out["optional"] = True
        return out

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Spec:
        """The inverse of :meth:`to_json`: a form can be made without the dataclass."""
        known = {f.name for f in dataclasses.fields(Field)} - {"choices"}
        field = Field(**{k: v for k, v in data.items() if k in known})
        choices = tuple(data.get("choices", ()))
        return cls(data["name"], _TYPES[data["type"]], data["default"], field, choices, bool(data.get("optional")))


_TYPES: Mapping[str, type] = {t.__name__: t for t in (bool, int, float, str)}


@dataclass(frozen=True, slots=True)
class NoParams:
    """For acts that have nothing to choose."""


def specs(params: type) -> tuple[Spec, ...]:
    """The parameters of a dataclass, in order, leading ones first."""
    hints = typing.get_type_hints(params, include_extras=True)
    found = [_spec(f, hints[f.name]) for f in dataclasses.fields(params)]
    return tuple(sorted(found, key=lambda spec: not spec.field.leading))


def _spec(field: dataclasses.Field[Any], hint: Any) -> Spec:
    if typing.get_origin(hint) is not typing.Annotated:
        raise TypeError(f"parameter '{field.name}' needs Annotated[type, Field(...)]")
    kind, meta = typing.get_args(hint)[0], typing.get_args(hint)[1]
    optional = False
    if isinstance(kind, types.UnionType):
        members = [t for t in typing.get_args(kind) if t is not type(None)]
        kind, optional = members[0], True
    default: Any = field.default
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        value = default.value if isinstance(default, enum.Enum) else default
        return Spec(field.name, str, value, meta, tuple(str(m.value) for m in kind), optional)
    choices = meta.choices() if callable(meta.choices) else meta.choices
    return Spec(field.name, kind, default, meta, tuple(choices), optional)


def to_json(params: Any) -> dict[str, Scalar]:
    """Parameter values as JSON scalars."""
    out: dict[str, Scalar] = {}
    for f in dataclasses.fields(params):
        value = getattr(params, f.name)
        out[f.name] = value.value if isinstance(value, enum.Enum) else value
    return out


def from_json(params: type[P], values: Mapping[str, Any]) -> P:
    """Build and check parameters; strings are parsed, so the command line uses this too.

    Raises UserError naming the field, the value and what is allowed.
    """
    known = {s.name: s for s in specs(params)}
    for name in values:
        if name not in known:
            raise UserError(f"There is no parameter '{name}'.", f"Known: {', '.join(known) or 'none'}.")
    checked = {name: check(known[name], value) for name, value in values.items()}
    hints = typing.get_type_hints(params)
    for name, value in checked.items():
        kind = hints[name]
        if isinstance(kind, type) and issubclass(kind, enum.Enum):
            checked[name] = kind(value)
    return params(**checked)


def check(spec: Spec, value: Any) -> Any:
    """One value parsed and checked against its Spec; raises UserError naming the field."""
    if isinstance(value, enum.Enum):
        value = value.value
    if spec.optional and value in (None, "", "none"):
        return None
    label = spec.field.label
    if spec.choices:
        if str(value) not in spec.choices:
            raise UserError(f"{label} is '{value}'; it must be one of {', '.join(spec.choices)}.")
        return str(value)
    parsed = _parse(spec, value)
    low, high = spec.field.low, spec.field.high
    if spec.type in (int, float) and ((low is not None and parsed < low) or (high is not None and parsed > high)):
        raise UserError(f"{label} is {parsed}; it must be {_range(low, high)}.")
    return parsed


def _range(low: float | None, high: float | None) -> str:
    if low is not None and high is not None:
        return f"between {low} and {high}"
    return f"at least {low}" if low is not None else f"at most {high}"


_TRUE, _FALSE = {"true", "yes", "on", "1"}, {"false", "no", "off", "0"}


def _parse(spec: Spec, value: Any) -> Any:
    label = spec.field.label
    if spec.type is bool:
        if isinstance(value, bool):
            return value
        if str(value).lower() in _TRUE | _FALSE:
            return str(value).lower() in _TRUE
        raise UserError(f"{label} is '{value}'; it must be true or false.")
    if spec.type in (int, float):
        if isinstance(value, bool):
            raise UserError(f"{label} is '{value}'; it must be a number.")
        try:
            number = float(value)
        except (TypeError, ValueError, OverflowError):
            raise UserError(f"{label} is '{value}'; it must be a number.") from None
        if not math.isfinite(number):
            raise UserError(f"{label} is '{value}'; it must be a finite number.")
        if spec.type is int and number != int(number):
            raise UserError(f"{label} is {value}; it must be a whole number.")
        return spec.type(number)
    if not isinstance(value, str):
        raise UserError(f"{label} is {value!r}; it must be text.")
    return value
