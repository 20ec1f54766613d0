"""How raw items become network inputs: a list of named steps, one definition for every use.

This file only describes; ``core.data.preprocess`` carries the steps out. The JSON form is a list such as
``[{"step": "resize_short", "size": 256}, {"step": "center_crop", "size": 224}, {"step": "normalize", ...}]``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.errors import UserError

# step name -> its arguments; a value is a number or a list of numbers
STEPS: Mapping[str, tuple[str, ...]] = {
    "resize_short": ("size",),  # shorter side to `size` pixels, bilinear, aspect kept
    "resize": ("size",),  # to [height, width], or a square
    "center_crop": ("size",),  # [height, width], or a square
    "scale": ("factor", "offset"),  # x * factor + offset
    "normalize": ("mean", "std"),  # (x / 255 - mean) / std per channel
}

_LARGEST = 1e30


@dataclass(frozen=True, slots=True)
class PreStep:
    """One step: its name and its arguments, numbers or tuples of numbers."""

    name: str
    args: tuple[tuple[str, float | tuple[float, ...]], ...]

    def __getitem__(self, key: str) -> float | tuple[float, ...]:
        return dict(self.args)[key]


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """Steps in order. ``name`` is the preset it came from, or '' for a file."""

    steps: tuple[PreStep, ...]
    name: str = ""

    def to_json(self) -> dict[str, Any]:
        steps = [{"step": s.name, **{k: list(v) if isinstance(v, tuple) else v for k, v in s.args}} for s in self.steps]
        return {"name": self.name, "steps": steps}

    @classmethod
    def from_json(cls, data: Any) -> Preprocessing:
        """From ``{"name", "steps"}`` or a bare list of steps; raises UserError naming the bad step."""
        name, steps = "", data
        if isinstance(data, Mapping):
            name, steps = str(data.get("name", "")), data.get("steps")
        if not isinstance(steps, Sequence) or isinstance(steps, str):
            raise UserError(
                "The preprocessing is not a list of steps.", 'Example: [{"step": "scale", "factor": 0.0039}].'
            )
        return cls(tuple(_step(k, s) for k, s in enumerate(steps)), name)


def _step(index: int, data: Any) -> PreStep:
    name = data.get("step") if isinstance(data, Mapping) else data
    if not isinstance(data, Mapping) or not isinstance(name, str) or name not in STEPS:
        raise UserError(f"Preprocessing step {index + 1} is {_short(name)}.", f"Known steps: {', '.join(STEPS)}.")
    args: list[tuple[str, float | tuple[float, ...]]] = []
    for key in STEPS[name]:
        if key not in data and key == "offset":
            args.append((key, 0.0))
            continue
        args.append((key, _numbers(index, name, key, data.get(key))))
    return PreStep(name, tuple(args))


def _numbers(index: int, step: str, key: str, value: Any) -> float | tuple[float, ...]:
    where = f"Preprocessing step {index + 1} ({step}): '{key}'"
    values = value if isinstance(value, (list, tuple)) else [value]
    for v in values:
        if isinstance(v, bool) or not isinstance(v, (int, float)) or not -_LARGEST <= v <= _LARGEST:  # nor NaN
            raise UserError(f"{where} is {_short(value)}; it must be a number or a list of numbers.")
        if key in ("size", "std") and v <= 0:
            raise UserError(f"{where} is {_short(value)}; it must be above 0.")
        if key == "size" and v > 8192:
            raise UserError(f"{where} is {_short(value)}; it must be at most 8192.")
    if not values:
        raise UserError(f"{where} is empty.")
    return tuple(float(v) for v in values) if isinstance(value, (list, tuple)) else float(values[0])


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}…"


def _preset(name: str, *steps: dict[str, Any]) -> Preprocessing:
    return Preprocessing.from_json({"name": name, "steps": list(steps)})


_IMAGENET: dict[str, Any] = {"step": "normalize", "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}


def presets(height: int = 224, width: int = 224) -> dict[str, Preprocessing]:
    """The built-in presets for a network whose input is ``height`` x ``width`` pixels."""
    short = round(min(height, width) * 256 / 224)
    crop: list[dict[str, Any]] = [
        {"step": "resize_short", "size": short},
        {"step": "center_crop", "size": [height, width]},
    ]
    return {
        "imagenet": _preset("imagenet", *crop, _IMAGENET),
        "minus1to1": _preset("minus1to1", *crop, {"step": "scale", "factor": 1 / 127.5, "offset": -1.0}),
        "cifar10": _preset("cifar10", {"step": "resize", "size": [height, width]}, _IMAGENET),
    }
