"""The table of ONNX operators that torch can run: one small function per operator, in the ``torch_ops_*`` files.

A function is called with the :class:`Layer` it runs for and one tensor per input (None where an optional input is not
given), and returns one tensor or a tuple, one per output. It reads the meaning of its operator at ``layer.opset``.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

OLDEST_OPSET = 7  # below it, broadcasting and BatchNormalization mean something else
NEWEST_OPSET = 25  # the newest whose changes to the operators here were read
FAMILIES = tuple(
    f"torch_ops_{family}"
    for family in (
        "math",
        "layers",
        "norm",
        "recurrent",
        "attention",
        "pool",
        "shape",
        "index",
        "resize",
        "quantized",
    )
)


@dataclass(frozen=True, slots=True)
class Layer:
    """What an operator may know of its node.

    ``attributes`` holds plain Python values (tensors as torch tensors); ``types`` the ONNX type name of each input,
    '' where unknown; ``outputs`` how many outputs the graph uses.
    """

    name: str
    operator: str
    opset: int
    attributes: Mapping[str, Any]
    types: tuple[str, ...] = ()
    outputs: int = 1

    def get(self, key: str, default: Any = None) -> Any:
        return self.attributes.get(key, default)

    def each(self, key: str, count: int, default: int) -> list[int]:
        """An attribute of ``count`` ints, one per spatial axis."""
        return list(self.attributes.get(key) or [default] * count)

    def input_type(self, index: int) -> str:
        return self.types[index] if index < len(self.types) else ""


class Run(Protocol):
    def __call__(self, layer: Layer, /, *inputs: Any, **state: Any) -> Tensor | tuple[Tensor, ...]: ...


Check = Callable[[Layer], str]
F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Operator:
    """One row of the table.

    ``check`` says why a form of the operator cannot be run ('' where it can); it is asked once, before anything runs.
    ``trains`` marks operators that behave differently in training: they are called with ``training=``.
    ``settings`` are the positions of inputs that configure the operator; they are never trained.
    """

    run: Run
    check: Check | None = None
    trains: bool = False
    settings: tuple[int, ...] = ()


_OPERATORS: dict[str, Operator] = {}


def operator(
    *names: str, check: Check | None = None, trains: bool = False, settings: tuple[int, ...] = ()
) -> Callable[[F], F]:
    """Register a function as the meaning of ``names`` in ONNX's default domain."""

    def register(run: F) -> F:
        for name in names:
            if name in _OPERATORS:
                raise ValueError(f"operator '{name}' is registered twice")
            _OPERATORS[name] = Operator(run, check, trains, settings)
        return run

    return register


def operators() -> Mapping[str, Operator]:
    """The filled table: ONNX operator type -> Operator."""
    for family in FAMILIES:
        importlib.import_module(f"core.execute.{family}")
    return _OPERATORS


def reason_against(op: Operator | None, layer: Layer, domain: str) -> str:
    """Why torch cannot run this layer, '' where it can."""
    if domain not in ("", "ai.onnx"):
        return f"torch cannot run operators of the domain '{domain}'"
    if op is None:
        return "torch cannot run this operator"
    if not OLDEST_OPSET <= layer.opset <= NEWEST_OPSET:
        return f"opset {layer.opset} is outside {OLDEST_OPSET} to {NEWEST_OPSET}"
    return op.check(layer) if op.check is not None else ""


def only(**allowed: tuple[Any, ...]) -> Check:
    """A check that attributes, where given, have one of the allowed values."""

    def check(layer: Layer) -> str:
        for key, values in allowed.items():
            value = layer.get(key)
            if value is not None and value not in values:
                return f"{key} {value!r} is not supported"
        return ""

    return check


def ints(t: Tensor) -> list[int]:
    """The elements of an integer tensor, flattened."""
    return [int(v) for v in t.reshape(-1).tolist()]


def axis_of(axis: int, rank: int) -> int:
    """A possibly negative axis as 0..rank-1."""
    return axis + rank if axis < 0 else axis


def to_tensor(array: npt.NDArray[Any]) -> Tensor:
    """A torch tensor with its own memory; bfloat16 is kept, 4-bit integers become 8-bit ones.

    Raises TypeError for types that torch has no counterpart of.
    """
    kind = array.dtype.name
    if kind == "bfloat16":
        return torch.from_numpy(np.array(array, order="C").view(np.int16)).view(torch.bfloat16)
    if kind in ("int4", "uint4", "int2", "uint2"):
        array = array.astype(np.uint8 if kind.startswith("u") else np.int8)
    return torch.from_numpy(np.array(array, order="C"))


def to_array(t: Tensor) -> npt.NDArray[Any]:
    """A numpy array with its own memory; bfloat16 comes as ml_dtypes' bfloat16."""
    t = t.detach().cpu().contiguous()
    if t.dtype == torch.bfloat16:
        import ml_dtypes

        return t.view(torch.int16).numpy().copy().view(ml_dtypes.bfloat16)
    out: npt.NDArray[Any] = t.numpy().copy()
    return out
