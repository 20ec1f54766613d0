"""What the rules of ``from_torch_*`` share: the tables they register in, and the Emitter that they write nodes with."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import onnx_ir as ir
import torch
from torch import fx, nn

Rule = Callable[..., Any]
R = TypeVar("R", bound=Rule)

MODULES: dict[type[nn.Module], Rule] = {}  # rule(emitter, module, *inputs) -> value or values
FUNCTIONS: dict[Any, Rule] = {}  # rule(emitter, *args, **kwargs) with tensors as Traced
METHODS: dict[str, Rule] = {}  # the same, for methods of tensors


def module_rule(*kinds: type[nn.Module]) -> Callable[[R], R]:
    """Register what a module is in ONNX."""

    def register(rule: R) -> R:
        MODULES.update(dict.fromkeys(kinds, rule))
        return rule

    return register


def function_rule(*functions: Any, methods: Sequence[str] = ()) -> Callable[[R], R]:
    """Register what a function, and the methods of tensors that mean the same, are in ONNX."""

    def register(rule: R) -> R:
        FUNCTIONS.update(dict.fromkeys(functions, rule))
        METHODS.update(dict.fromkeys(methods, rule))
        return rule

    return register


@dataclass(frozen=True, slots=True)
class Traced:
    """A tensor of the module: its value in the graph, and an example without data that tells shape and type."""

    value: ir.Value
    example: torch.Tensor

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.example.shape)

    @property
    def rank(self) -> int:
        return self.example.dim()


@dataclass(frozen=True, slots=True)
class Shape:
    """``x.shape`` in the module."""

    of: Traced


@dataclass(frozen=True, slots=True)
class Batch:
    """``x.shape[0]`` in the module: the one size that is not known before running."""

    of: Traced


def of_shape(node: fx.Node, args: Sequence[Any]) -> Any:
    """What a call reads from a shape: a Shape, the Batch, a number; None for calls that compute tensors."""
    if node.target is getattr and args[1] == "shape":
        return Shape(args[0])
    if node.op == "call_method" and node.target == "size":
        return _size(args[0], args[1]) if len(args) > 1 else Shape(args[0])
    if node.target is operator.getitem and isinstance(args[0], Shape):
        if not isinstance(args[1], int):
            raise NotImplementedError("read sizes one by one: x.shape[2], not x.shape[2:]")
        return _size(args[0].of, args[1])
    return None


def _size(x: Traced, axis: int) -> Batch | int:
    return Batch(x) if axis % x.rank == 0 else x.shape[axis]


class Emitter:
    """Writes nodes and initializers; every node is named after the module it stands in."""

    def __init__(self, weights: Mapping[str, torch.Tensor]) -> None:
        self.nodes: list[ir.Node] = []
        self.initializers: dict[str, ir.Value] = {}
        self.scope, self._whole = "", False
        self._weights = weights
        self._taken: dict[str, int] = {}

    def enter(self, scope: str, whole: bool = False) -> None:
        """The module that the next nodes belong to; ``whole`` where they are all that it does."""
        self.scope, self._whole = scope, whole

    def add(
        self, op: str, inputs: Sequence[Traced | ir.Value | None], attributes: Mapping[str, Any] | None = None
    ) -> ir.Value:
        """One node with one output."""
        return self.several(op, inputs, 1, attributes)[0]

    def several(
        self,
        op: str,
        inputs: Sequence[Traced | ir.Value | None],
        count: int,
        attributes: Mapping[str, Any] | None = None,
    ) -> tuple[ir.Value, ...]:
        """One node with ``count`` outputs."""
        name = self._unique(self.scope if self._whole and self.scope not in self._taken else self._inside(op.lower()))
        given = [v.value if isinstance(v, Traced) else v for v in inputs]
        node = ir.node(op, given, dict(attributes or {}), num_outputs=count, name=name)
        for k, out in enumerate(node.outputs):
            out.name = f"{name}.out{k if count > 1 else ''}"
        self.nodes.append(node)
        return tuple(node.outputs)

    def weight(self, name: str, transposed: bool = False) -> ir.Value:
        """The initializer of a parameter or buffer, made once."""
        key = f"{name}.transposed" if transposed and name in self.initializers else name
        if key not in self.initializers:
            tensor = self._weights[name].detach()
            self._store(key, (tensor.t() if transposed else tensor).contiguous().numpy())
        return self.initializers[key]

    def own(self, name: str, transposed: bool = False) -> ir.Value:
        """:meth:`weight` of the module that is being written."""
        return self.weight(self._inside(name), transposed)

    def constant(self, values: Any, what: str, dtype: type[np.generic] = np.int64) -> ir.Value:
        """A new initializer that holds sizes, indices or a scalar."""
        return self._store(self._unique(self._inside(what)), np.asarray(values, dtype))

    def scalar(self, number: float) -> ir.Value:
        return self.constant(number, "constant", np.float32)

    def _store(self, name: str, array: Any) -> ir.Value:
        tensor = ir.tensor(array, name=name)
        value = ir.Value(name=name, type=ir.TensorType(tensor.dtype), shape=tensor.shape, const_value=tensor)  # type: ignore[arg-type]
        self.initializers[name] = value
        return value

    def _inside(self, name: str) -> str:
        return f"{self.scope}.{name}" if self.scope else name

    def _unique(self, name: str) -> str:
        count = self._taken.get(name, 0)
        self._taken[name] = count + 1
        return f"{name}_{count}" if count else name
