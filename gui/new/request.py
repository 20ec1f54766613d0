"""What the user chose in the dialog of reference networks, ready for the worker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.params import Scalar, Spec
from gui.number_edit import number_text


@dataclass(frozen=True, slots=True)
class NewRequest:
    """``weights`` is a file's path, '' for none; ``pretrained`` fetches them; else they are drawn from ``seed``."""

    key: str
    title: str
    params: Mapping[str, Scalar] = field(default_factory=dict)
    seed: int = 0
    weights: str = ""
    pretrained: bool = False

    def args(self) -> dict[str, Any]:
        """The arguments of the worker's task ``new``."""
        return {
            "key": self.key,
            "params": dict(self.params),
            "seed": self.seed,
            "weights": self.weights,
            "pretrained": self.pretrained,
        }


def title_of(name: str, specs: Sequence[Spec], values: Mapping[str, Scalar]) -> str:
    """The network and what differs from its defaults: 'MobileNetV2 0.5 · 10 classes · 96 px'."""
    title, rest = name, []
    for spec in specs:
        value = values.get(spec.name, spec.default)
        if value == spec.default:
            continue
        if spec.field.unit == "x":
            title = f"{name} {number_text(value)}"
        else:
            rest.append(_words(spec, value))
    return " · ".join([title, *rest])


def _words(spec: Spec, value: Scalar) -> str:
    label = spec.field.label.lower()
    if isinstance(value, bool):
        return label if value else f"no {label}"
    if value is None or isinstance(value, str):
        return f"{label} {value or 'none'}"
    if spec.field.unit:
        return f"{number_text(value)} {spec.field.unit}"
    return f"{number_text(value)} {label}" if label.endswith("s") else f"{label} {number_text(value)}"
