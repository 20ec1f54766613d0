"""What a reference network is, and the registry that `thimble references` and the window's list come from.

One file a family: parameters, torch modules, one ``@reference`` per published variant with its cited figures. The files
import torch; what only wants to list them reads :mod:`core.references.catalogue`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from core.params import Field
from core.references.cited import Citation, Source
from core.registry import Registry, import_all

if TYPE_CHECKING:
    from torch import nn

Classes = Annotated[int, Field("Classes", "Entries of the scores.", low=2, high=100_000)]
Channels = Annotated[int, Field("Input channels", "1 for grey images, 3 for colour.", low=1, high=16)]
Width = Annotated[float, Field("Width", "Multiplies the channels of every layer.", low=0.1, high=4.0, unit="x")]


def resolution(low: int, step: int = 1, high: int = 1024) -> Field:
    """The field of a square input's side; networks that halve their maps n times want a multiple of 2^n."""
    return Field("Resolution", "Side of the square input.", low=low, high=high, unit="px", step=step)


@dataclass(frozen=True, slots=True)
class Port:
    """One input: its name, its shape without the batch axis, "float32" or "int64" (then below ``high``)."""

    name: str
    shape: tuple[int, ...]
    dtype: str = "float32"
    high: int = 0


@dataclass(frozen=True, slots=True)
class Reference:
    """A network that can be built.

    ``build(params)`` gives the torch module, ``ports(params)`` its inputs in order. The citations are of the default
    parameters. ``preprocess`` names the preset its images take, '' where they are no pictures. ``outputs`` are the
    names of what the module returns. ``timm`` is the name of the same network with weights there, '' for none.
    """

    key: str
    title: str
    family: str
    year: int
    paper: Source
    params: type
    build: Callable[[Any], nn.Module]
    ports: Callable[[Any], tuple[Port, ...]]
    cited: tuple[Citation, ...] = ()
    preprocess: str = "imagenet"
    outputs: tuple[str, ...] = ("scores",)
    task: str = "classification"
    timm: str = ""
    help: str = ""


REFERENCES: Registry[Reference] = Registry("reference network")


def image_port(params: Any) -> tuple[Port, ...]:
    """One square picture: parameters with ``channels`` and ``resolution``."""
    return (Port("input", (params.channels, params.resolution, params.resolution)),)


def reference(
    key: str,
    *,
    title: str,
    family: str,
    paper: Source,
    params: type,
    cited: tuple[Citation, ...] = (),
    ports: Callable[[Any], tuple[Port, ...]] = image_port,
    preprocess: str = "imagenet",
    outputs: tuple[str, ...] = ("scores",),
    task: str = "classification",
    timm: str = "",
) -> Callable[[Callable[[Any], nn.Module]], Callable[[Any], nn.Module]]:
    """Register a function from parameters to a torch module; its docstring's first line is the help text."""

    def register(build: Callable[[Any], nn.Module]) -> Callable[[Any], nn.Module]:
        lines = (build.__doc__ or "").strip().splitlines()
        entry = Reference(
            key, title, family, paper.year, paper, params, build, ports, cited, preprocess, outputs, task, timm,
            lines[0] if lines else "",
        )  # fmt: skip
        REFERENCES.add(key, entry)
        return build

    return register


def load_references() -> Registry[Reference]:
    """Import every family (and torch), once, and give the filled registry."""
    import_all("core.references")
    return REFERENCES
