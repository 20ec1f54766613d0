"""What runs a model, as everybody sees it: named inputs and outputs with their quantization, and one call.

Imports next to nothing: a process that tries a file loads this and its runtime alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Port:
    """One input or output of a session. ``shape`` has None where free; quantization is (scale, zero_point) or None."""

    name: str
    shape: tuple[int | None, ...]
    dtype: str
    quantization: tuple[float, int] | None = None


class Session(Protocol):
    """A model ready to run. ``run`` takes and returns arrays by name, in the file's own layout and dtype."""

    runtime: str
    threads: int
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]

    def run(self, feed: Mapping[str, Array]) -> dict[str, Array]: ...


def quantize(x: Array, port: Port) -> Array:
    """Float values into the port's integer type (half to even, saturating); unchanged where the port is float."""
    if port.quantization is None:
        return np.asarray(x, dtype=port.dtype)
    scale, zero = port.quantization
    limits = np.iinfo(port.dtype)
    steps: Array = np.clip(np.rint(x / np.float32(scale)) + zero, limits.min, limits.max)
    return steps.astype(port.dtype)


def dequantize(x: Array, port: Port) -> Array:
    """The port's integers as float32."""
    if port.quantization is None:
        return x
    scale, zero = port.quantization
    return ((x.astype(np.float32) - zero) * np.float32(scale)).astype(np.float32)


_CODE = re.compile(r"^(\[ONNXRuntimeError\] : )?\d+ : [A-Z_]+ : ")  # its error code
_SOURCE = re.compile(r"^/onnxruntime_src/\S+:\d+ .*?\)( const)? (?=[A-Z])")  # a place in its source code


def first_line(error: Exception) -> str:
    """What a runtime's exception says to a person: its first line, without codes and places in source code."""
    text = str(error).strip().splitlines()
    if not text:
        return type(error).__name__
    return _SOURCE.sub("", _CODE.sub("", text[0])).rstrip(". ")
