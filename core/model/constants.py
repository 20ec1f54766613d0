"""Constants put into a graph as initializers, and names that nothing in it has yet."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import onnx_ir as ir


def unused_name(wanted: str, taken: set[str]) -> str:
    """``wanted``, or it with the first number from 1 on that makes it new; it is taken from now on."""
    name, number = wanted, 1
    while name in taken:
        name, number = f"{wanted}_{number}", number + 1
    taken.add(name)
    return name


def add_initializer(graph: ir.Graph, name: str, array: npt.ArrayLike) -> ir.Value:
    """An initializer of this name, typed and shaped like the array. Raises ValueError where the graph has another."""
    held: npt.NDArray[Any] = np.asarray(array)
    tensor = ir.tensor(np.ascontiguousarray(held).reshape(held.shape), name=name)
    value = ir.Value(name=name, type=ir.TensorType(tensor.dtype), shape=ir.Shape(held.shape), const_value=tensor)
    graph.register_initializer(value)
    return value
