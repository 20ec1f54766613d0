"""Masks: weights that are zero and shall stay zero.

A mask is nothing but the zeros of an initializer and a word in its metadata, ``thimble.mask``, that names the pattern
they follow. So it survives wherever the tensor does: files, projects, a cut, the folding of BatchNormalization (which
multiplies whole rows) and 8-bit weights (whose zero point is 0). Trainings keep the zeros
(core.methods.training_masks).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx_ir as ir

from core.errors import UserError
from core.model.facts import Facts, infer
from core.model.model import Model, layer_name

MASK = "thimble.mask"
Array = npt.NDArray[Any]
Flags = npt.NDArray[np.bool_]
_FLOATS = (ir.DataType.FLOAT, ir.DataType.DOUBLE, ir.DataType.FLOAT16, ir.DataType.BFLOAT16)
_SHAPED = ("Reshape", "Unsqueeze", "Squeeze", "Flatten")


class Pattern(Enum):
    """What is masked as one: see Mao et al. 2017 (arXiv:1705.08922) for the grains, the rest is named by its size.

    WEIGHT: any weight. VECTOR: one row of a kernel (its last axis). KERNEL: all weights from one input channel to one
    output channel. "2:4", "4:8": of 4 (8) neighbours along the input channels at most 2 (4) are not zero. "1x4",
    "4x4": 1 (4) output channels times 4 input channels, at one place of the kernel.
    """

    WEIGHT = "weight"
    VECTOR = "vector"
    KERNEL = "kernel"
    TWO_OF_FOUR = "2:4"
    FOUR_OF_EIGHT = "4:8"
    ROW_BLOCK = "1x4"
    SQUARE_BLOCK = "4x4"

    @property
    def ratio(self) -> tuple[int, int] | None:
        """(N, M) of an N:M pattern."""
        if ":" not in self.value:
            return None
        kept, of = self.value.split(":")
        return int(kept), int(of)

    @property
    def block(self) -> tuple[int, int]:
        """(output channels, input channels) that have to divide a weight's."""
        if self.ratio is not None:
            return 1, self.ratio[1]
        if "x" not in self.value:
            return 1, 1
        rows, columns = self.value.split("x")
        return int(rows), int(columns)


@dataclass(frozen=True, slots=True)
class _Step:
    """A reshape to ``sizes``, or a transposition by ``sizes``, of what has the shape ``before``."""

    turn: bool
    before: tuple[int, ...]
    sizes: tuple[int, ...]

    @property
    def after(self) -> tuple[int, ...]:
        return tuple(self.before[k] for k in self.sizes) if self.turn else self.sizes


@dataclass(frozen=True, slots=True)
class Maskable:
    """A weight tensor that can be masked.

    ``tensor``: the initializer; ``layer``: the node that multiplies with it. ``shape``: (outputs, inputs, *kernel) as
    that node sees it, inputs counted within a group of a grouped convolution; ``steps`` lead there from the tensor.
    """

    tensor: str
    layer: str
    shape: tuple[int, ...]
    steps: tuple[_Step, ...]

    @property
    def size(self) -> int:
        return math.prod(self.shape)


@dataclass(frozen=True, slots=True)
class Units:
    """How a weight falls into parts that are masked as one: ``count`` of ``size`` weights each.

    In an N:M pattern a unit is one weight, and every ``group`` units in a row are neighbours; else ``group`` is 0.
    """

    count: int
    size: int
    group: int
    steps: tuple[_Step, ...]

    def split(self, array: Any) -> Any:
        """An array (or torch tensor) of the initializer's shape as (count, size)."""
        for step in self.steps:
            array = _turned(array, step.sizes) if step.turn else array.reshape(step.sizes)
        return array

    def join(self, units: Any) -> Any:
        """The inverse: (count, size), or (count, 1) for all of a unit's weights, in the initializer's shape."""
        if isinstance(units, np.ndarray):
            units = np.broadcast_to(units, (self.count, self.size))
        else:
            units = units.expand(self.count, self.size)
        for step in reversed(self.steps):
            units = _turned(units, _inverse(step.sizes)) if step.turn else units.reshape(step.before)
        return units


def _inverse(axes: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(axes.index(k) for k in range(len(axes)))


def _turned(array: Any, axes: tuple[int, ...]) -> Any:
    return array.transpose(axes) if isinstance(array, np.ndarray) else array.permute(axes)


def units(item: Maskable, pattern: Pattern) -> Units | None:
    """The parts of a weight under a pattern; None where :func:`why_not` has a reason.

    In a fully connected layer and a 1x1 convolution a row and a kernel are a single weight.
    """
    if why_not(item, pattern):
        return None
    outputs, inputs, *kernel = item.shape
    places = math.prod(kernel)
    shape: tuple[int, ...]
    order: tuple[int, ...] | None
    if pattern is Pattern.WEIGHT:
        shape, order, size = item.shape, None, 1
    elif pattern is Pattern.VECTOR:
        shape, order, size = item.shape, None, (kernel or [1])[-1]
    elif pattern is Pattern.KERNEL:
        shape, order, size = item.shape, None, places
    elif pattern.ratio is not None:
        shape, order, size = (outputs, inputs, places), (0, 2, 1), 1
    else:
        rows, columns = pattern.block
        shape = (outputs // rows, rows, inputs // columns, columns, places)
        order, size = (0, 2, 4, 1, 3), rows * columns
    steps = [*item.steps, _Step(False, item.shape, tuple(shape))]
    if order is not None:
        steps.append(_Step(True, steps[-1].after, order))
    count = item.size // size
    steps.append(_Step(False, steps[-1].after, (count, size)))
    return Units(count, size, pattern.ratio[1] if pattern.ratio else 0, tuple(steps))


def why_not(item: Maskable, pattern: Pattern) -> str:
    """'' where the pattern fits a weight, else the reason as the end of a sentence."""
    for channels, multiple, name in zip(item.shape, pattern.block, ("output", "input"), strict=False):
        if channels % multiple:
            return f"it has {channels} {name} channel{'' if channels == 1 else 's'}, no multiple of {multiple}"
    return ""


def maskable(model: Model, inside: Callable[[ir.Node], bool] = lambda node: True) -> tuple[Maskable, ...]:
    """The weights of convolutions, matrix products and recurrent layers that are initializers, in graph order.

    Embedding tables, biases and normalizations are none. A weight behind Transpose, Reshape and the like is seen as
    its reader sees it; of one with several readers (see core.model.prepare) the first counts. ``inside``: which
    readers count.
    """
    found: dict[str, Maskable] = {}
    facts = _Lazy(model)
    for node in model.nodes():
        for index in _places(node):
            value = node.inputs[index] if index < len(node.inputs) else None
            traced = _traced(value, facts) if value is not None and inside(node) else None
            if traced is None or (traced[0].name or "") in found:
                continue
            stored, steps = traced
            tensor = stored.const_value
            assert tensor is not None  # _traced
            before = steps[-1].after if steps else tuple(int(d) for d in tensor.shape.numpy())
            own = _as_matrix(node, index, before)
            if own is not None and tensor.size:
                shape = own[-1].after if own else before
                found[stored.name or ""] = Maskable(stored.name or "", layer_name(node), shape, (*steps, *own))
    return tuple(found.values())


class _Lazy:
    """Facts of a model, inferred when they are first needed."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._facts: Facts | None = None

    def shape(self, value: ir.Value) -> tuple[int, ...] | None:
        if self._facts is None:
            self._facts = infer(self._model)
        return self._facts.shape(value)


def _places(node: ir.Node) -> tuple[int, ...]:
    """Positions of the inputs that a layer multiplies with."""
    if node.domain not in ("", "ai.onnx"):
        return ()
    if node.op_type in ("Conv", "ConvTranspose", "Gemm"):
        return (1,)
    if node.op_type == "MatMul":
        return (0, 1)
    return (1, 2) if node.op_type in ("LSTM", "GRU", "RNN") else ()


def _traced(value: ir.Value, facts: _Lazy) -> tuple[ir.Value, tuple[_Step, ...]] | None:
    """(the initializer behind a value, the moves between the two); None where there is none or it is no float."""
    moves: list[ir.Node] = []
    while (node := value.producer()) is not None:
        if node.op_type not in ("Identity", "Transpose", *_SHAPED) or node.inputs[0] is None:
            return None
        moves.append(node)
        value = node.inputs[0]
    tensor = value.const_value
    if not value.is_initializer() or tensor is None or tensor.dtype not in _FLOATS:
        return None
    shape = tuple(int(d) for d in tensor.shape.numpy())
    steps: list[_Step] = []
    for node in reversed(moves):
        if node.op_type == "Transpose":
            axes = node.attributes.get_ints("perm", range(len(shape))[::-1])
            steps.append(_Step(True, shape, tuple(axes)))
        elif node.op_type in _SHAPED:
            after = facts.shape(node.outputs[0])
            if after is None:
                return None
            steps.append(_Step(False, shape, after))
        shape = steps[-1].after if steps else shape
    return value, tuple(steps)


def _as_matrix(node: ir.Node, index: int, shape: tuple[int, ...]) -> tuple[_Step, ...] | None:
    """Steps from a weight as the layer reads it to (outputs, inputs, *kernel); None where it is no matrix."""
    rank = len(shape)
    if rank < 2:
        return None
    if node.op_type == "ConvTranspose":
        groups = node.attributes.get_int("group", 1)
        split = _Step(False, shape, (groups, shape[0] // groups, *shape[1:]))
        turned = _Step(True, split.after, (0, 2, 1, *range(3, rank + 1)))
        return split, turned, _Step(False, turned.after, (groups * shape[1], shape[0] // groups, *shape[2:]))
    inputs_first = (node.op_type == "Gemm" and node.attributes.get_int("transB", 0) == 0) or (
        node.op_type == "MatMul" and index == 1
    )
    if node.op_type == "Conv" or (rank == 2 and not inputs_first):
        return ()
    steps = [_Step(True, shape, (*range(rank - 2), rank - 1, rank - 2))] if inputs_first else []
    before = steps[-1].after if steps else shape
    return (*steps, _Step(False, before, (math.prod(before[:-1]), before[-1])))


def pattern_of(value: ir.Value) -> Pattern | None:
    """The pattern a tensor is masked by; None where it is not, or someone else's word stands there."""
    try:
        return Pattern(value.metadata_props.get(MASK, ""))
    except ValueError:
        return None


def masked(model: Model) -> dict[str, Pattern]:
    """Initializer name -> its pattern, of every masked tensor."""
    found = ((n, pattern_of(v)) for n, v in model.graph.graph.initializers.items())
    return {name: pattern for name, pattern in found if pattern is not None}


def kept_weights(model: Model) -> Iterator[tuple[str, Flags]]:
    """(initializer name, which of its weights are not masked) of every masked tensor."""
    for name in masked(model):
        yield name, numbers(model, name) != 0


def numbers(model: Model, name: str) -> Array:
    """The array of an initializer. Raises UserError where its data is missing."""
    tensor = model.graph.graph.initializers[name].const_value
    if tensor is None:
        raise UserError(f"The weight '{name}' has no numbers.", "Was its external data file moved?")
    array: Array = tensor.numpy()
    return array


def with_masks(model: Model, keep: Mapping[str, Flags], pattern: Pattern) -> Model:
    """A new Model in which what is not kept is zero and stays so; tensors that lose nothing get no mask.

    ``keep``: initializer name -> which weights stay, in the tensor's shape.
    """
    new = model.clone()
    for name, flags in keep.items():
        value = new.graph.graph.initializers[name]
        tensor, array = value.const_value, numbers(new, name)
        if tensor is not None and (array[~flags] != 0).any():
            zeroed = np.where(flags, array, np.zeros((), array.dtype))
            value.const_value = ir.tensor(zeroed, dtype=tensor.dtype, name=name)
    set_pattern(new, [n for n, flags in keep.items() if not flags.all()], pattern)
    return new


def set_pattern(model: Model, names: Collection[str], pattern: Pattern) -> None:
    """Write the pattern into the metadata of these tensors, in place.

    A tensor whose zeros do not follow it (an older mask had another one) is marked as masked weight by weight.
    """
    for name in names:
        model.graph.graph.initializers[name].metadata_props[MASK] = pattern.value
    check_patterns(model)


def check_patterns(model: Model) -> None:
    """Masks whose zeros follow their pattern no more become masks of single weights, in place.

    A cut moves the neighbours of an N:M pattern and the rows of a block together.
    """
    found = {n: p for n, p in masked(model).items() if p is not Pattern.WEIGHT}
    if not found:
        return
    items = {item.tensor: item for item in maskable(model)}
    for name, pattern in found.items():
        if name not in items or not follows(numbers(model, name), items[name], pattern):
            model.graph.graph.initializers[name].metadata_props[MASK] = Pattern.WEIGHT.value


def follows(array: Array, item: Maskable, pattern: Pattern) -> bool:
    """Whether the zeros of a tensor lie as the pattern has them."""
    parts = units(item, pattern)
    if parts is None:
        return False
    zero = parts.split(array == 0)
    if pattern.ratio is not None:
        kept, of = pattern.ratio
        return bool((zero.reshape(-1, of).sum(1) >= of - kept).all())
    return bool((zero.all(1) == zero.any(1)).all())


def hand_on(old: ir.Value, new: ir.Value) -> None:
    """The mask of a tensor is also that of what is made from it with zeros in the same places."""
    if MASK in old.metadata_props:
        new.metadata_props[MASK] = old.metadata_props[MASK]
