"""One conversion under way: what every operator function works with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx_ir as ir
from ai_edge_litert import schema_py_generated as schema

from core.errors import UnsupportedOperator
from core.exporters.tflite import layout as layouts
from core.exporters.tflite.builder import Affine, Builder, made
from core.exporters.tflite.layout import Layout
from core.exporters.tflite.values import Constant, Known, Tensor
from core.model.model import layer_name

Array = npt.NDArray[Any]
_NAMED = 5  # layers that a sentence names


class Unsupported(Exception):
    """Why an operator function gives up; the caller adds layer and operator."""


class Conversion:
    """The graph being read, the file being built, and what each value has become.

    ``shapes`` holds the static shape of every value, ``skipped`` the nodes that another operator has swallowed,
    ``notes`` sentences for the user. ``four_bit_convolutions``: whether weights of 4 bits may be stored as such there.
    """

    def __init__(
        self, graph: ir.Model, shapes: Mapping[str, tuple[int, ...]], four_bit_convolutions: bool = True
    ) -> None:
        self.graph = graph.graph
        self.opset = graph.opset_imports.get("", 18)
        self.builder = Builder()
        self.four_bit_convolutions = four_bit_convolutions
        self.skipped: set[ir.Node] = set()
        self.notes: list[str] = []
        self._in_float: dict[str, list[str]] = {}  # why -> layers
        self.weights_alone = False  # stored weights stay as they are, behind DEQUANTIZE
        self.halves: frozenset[str] = frozenset()  # weights stored as float16
        self.known: dict[str, Known] = {}
        self._shapes = shapes
        self._float_twin: dict[int, int] = {}
        self._moved: dict[tuple[Any, ...], int] = {}
        self._reshaped_from: dict[int, int] = {}

    # ---- what the user should know

    def runs_in_float(self, node: ir.Node, why: str) -> None:
        """A layer of a quantized graph has to run in float; ``why`` ends a sentence."""
        self._in_float.setdefault(why, []).append(node.name or "")

    def sentences(self) -> tuple[str, ...]:
        """The notes, each once; layers that run in float for the same reason share one."""
        said = []
        for why, layers in self._in_float.items():
            names = ", ".join(f"'{name}'" for name in layers[:_NAMED])
            names += f" and {len(layers) - _NAMED} more" if len(layers) > _NAMED else ""
            several = f"{len(layers)} layers run in float ({names})"
            said.append(f"{several if layers[1:] else f'Layer {names} runs in float'}: {why}.")
        return tuple(dict.fromkeys((*self.notes, *said)))

    # ---- what a value is

    def shape(self, value: ir.Value) -> tuple[int, ...]:
        found = self._shapes.get(value.name or "")
        if found is None:
            raise Unsupported(f"the shape of its output '{value.name}' is not known before running")
        if 0 in found:
            raise Unsupported(f"its output '{value.name}' is empty (shape {list(found)})")
        return found

    def get(self, value: ir.Value | None) -> Known:
        """What became of a value; an initializer becomes a Constant on its first use."""
        if value is None:
            raise Unsupported("a required input is missing")
        name = value.name or ""
        if name not in self.known:
            tensor = value.const_value
            if tensor is None:
                raise Unsupported(f"its input '{name}' is computed by no layer")
            self.known[name] = Constant(tensor.numpy())
        return self.known[name]

    def put(self, value: ir.Value, known: Known) -> None:
        """Say what a value has become; its tensor takes the value's name unless it already has one."""
        name = value.name or ""
        self.known[name] = known
        if isinstance(known, Tensor):
            self.builder.name(known.index, name)

    def input(self, node: ir.Node, index: int) -> ir.Value | None:
        return node.inputs[index] if index < len(node.inputs) else None

    def constant(self, value: ir.Value | None) -> Array | None:
        """The real numbers (or integers) of a value known before running, None for any other."""
        if value is None or not self.is_constant(value):
            return None
        known = self.get(value)
        return known.array if isinstance(known, Constant) else None

    def is_constant(self, value: ir.Value | None) -> bool:
        if value is None:
            return False
        name = value.name or ""
        return isinstance(self.known[name], Constant) if name in self.known else value.const_value is not None

    def integers(self, node: ir.Node, index: int, attribute: str) -> list[int] | None:
        """Integers given as input ``index`` (new opsets) or as an attribute (old ones); None where left out."""
        value = self.input(node, index)
        if value is None:
            return ints(node, attribute)
        array = self.constant(value)
        if array is None:
            raise Unsupported(f"its '{attribute}' are computed while running")
        return [int(v) for v in np.atleast_1d(array)]

    def only_reader(self, value: ir.Value) -> ir.Node | None:
        """The one node that reads a value, None where there are more, none, or the value leaves the graph."""
        uses = list(value.uses())
        return uses[0].node if len(uses) == 1 and not value.is_graph_output() else None

    # ---- tensors of the file

    def new(self, layout: Layout, quantization: Affine | None = None, dtype: str = "float32") -> Tensor:
        """A tensor that the next operator fills: integers where a quantization is given, else of type ``dtype``."""
        dtype = dtype if quantization is None else quantization.dtype
        index = self.builder.tensor(layout.stored, dtype, quantization=quantization)
        return Tensor(index, layout, dtype, quantization)

    def emit(self, operator: str, inputs: Iterable[int], out: Tensor, options: Any = None) -> Tensor:
        self.builder.operator(operator, list(inputs), [out.index], options)
        return out

    def float_constant(self, array: npt.ArrayLike, name: str = "") -> int:
        return self.builder.constant(np.asarray(array, np.float32), name=name)

    def tensor(self, value: ir.Value | None) -> Tensor:
        """A value as a tensor of the file; a constant is written."""
        known = self.get(value)
        return known if isinstance(known, Tensor) else self.written(known)

    def written(self, constant: Constant) -> Tensor:
        """A constant as a tensor in ONNX order; 64-bit integers become 32-bit, the only kind most kernels know."""
        array = constant.array
        if array.dtype == np.int64:
            array = array.astype(np.int32)
        elif array.dtype in (np.float16, np.float64):
            array = array.astype(np.float32)
        index = self.builder.constant(array)
        return Tensor(index, Layout.plain(array.shape), self.builder.dtype(index))

    def floats(self, x: Tensor) -> Tensor:
        """The same value as float32: itself, or behind one DEQUANTIZE that all readers share."""
        if x.quantization is None:
            return x
        if x.index not in self._float_twin:
            twin = self.builder.tensor(x.layout.stored, "float32")
            self.builder.operator("DEQUANTIZE", [x.index], [twin], schema.DequantizeOptionsT())
            self._float_twin[x.index] = twin
        return replace(x, index=self._float_twin[x.index], dtype="float32", quantization=None)

    def requantized(self, x: Tensor, wanted: Affine) -> Tensor:
        """The same value as integers of the wanted scale."""
        if x.quantization == wanted:
            return x
        key = ("QUANTIZE", x.index, wanted)
        if key not in self._moved:
            out = self.builder.tensor(x.layout.stored, wanted.dtype, quantization=wanted)
            self.builder.operator("QUANTIZE", [x.index], [out], schema.QuantizeOptionsT())
            self._moved[key] = out
        return replace(x, index=self._moved[key], dtype=wanted.dtype, quantization=wanted)

    # ---- moving data

    def move(self, x: Tensor, operator: str, to: Layout, extra: Sequence[int] = (), options: Any = None) -> Tensor:
        """An operator that only moves or selects elements: type and scale of its output are those of its input.

        The same move of the same tensor is written once.
        """
        if operator == "RESHAPE":
            return self._reshape(x, to)
        key = (operator, x.index, to.stored, *extra)
        cached = operator == "TRANSPOSE" and key in self._moved
        out = self._moved[key] if cached else self.builder.tensor(to.stored, x.dtype, quantization=x.quantization)
        if not cached:
            self._moved[key] = out
            self.builder.operator(operator, [x.index, *extra], [out], options)
        return replace(x, index=out, layout=to)

    def _reshape(self, x: Tensor, to: Layout) -> Tensor:
        """RESHAPE from the source of a chain of reshapes; nothing where the shape is right already."""
        source = self._reshaped_from.get(x.index, x.index)
        if tuple(self.builder.tensors[source].shape) == to.stored:
            return replace(x, index=source, layout=to)
        key = ("RESHAPE", source, to.stored)
        if key not in self._moved:
            out = self.builder.tensor(to.stored, x.dtype, quantization=x.quantization)
            options = made(schema.ReshapeOptionsT, newShape=np.asarray(to.stored, np.int32))
            self.builder.operator("RESHAPE", [source, self.builder.integers(*to.stored)], [out], options)
            self._moved[key], self._reshaped_from[out] = out, source
        return replace(x, index=self._moved[key], layout=to)

    def ordered(self, x: Tensor, perm: Sequence[int]) -> Tensor:
        """The same value stored by ``perm``; a TRANSPOSE is written only where bytes have to move."""
        perm = tuple(perm)
        if x.columns is not None and perm != x.layout.perm:
            raise Unsupported("a flattened image is read by something else than a fully connected layer")
        if x.layout.perm == perm:
            return x
        target = Layout(x.shape, perm)
        if layouts.same_bytes(x.layout, perm):
            return self.move(x, "RESHAPE", target)
        plan = layouts.plan_transpose(x.layout, perm)
        view = self.move(x, "RESHAPE", Layout.plain(plan.view))
        turned = Layout.plain([plan.view[a] for a in plan.order])
        done = self.move(view, "TRANSPOSE", turned, [self.builder.integers(*plan.order)], schema.TransposeOptionsT())
        return self.move(done, "RESHAPE", target)

    def reshaped(self, x: Tensor, shape: Sequence[int]) -> Tensor:
        """ONNX Reshape: data moves only if merged axes are not stored next to each other in ONNX order."""
        to = layouts.reshaped(x.layout, shape)
        if to is None:
            x = self.ordered(x, layouts.order_for_reshape(x.layout, shape))
            to = layouts.reshaped(x.layout, shape)
            assert to is not None, "order_for_reshape always makes a reshape free"
        return self.move(x, "RESHAPE", to)

    def lifted(self, known: Known, rank: int) -> Known:
        """With leading axes of size 1, as broadcasting reads a value of lower rank."""
        if known.rank == rank:
            return known
        if isinstance(known, Constant):
            return known.reshaped((1,) * (rank - known.rank) + known.shape)
        return self.move(known, "RESHAPE", known.layout.lifted(rank))


# ---- attributes of a node


def ints(node: ir.Node, name: str) -> list[int] | None:
    attribute = node.attributes.get(name)
    return None if attribute is None else [int(v) for v in attribute.as_ints()]


def refusal(node: ir.Node, reason: str) -> UnsupportedOperator:
    """The error a user sees for a layer the writer cannot handle."""
    return UnsupportedOperator(
        node.op_type,
        layer_name(node),
        f"TFLite export cannot write it: {reason}",
        "Change this layer, or export to ONNX instead.",
    )
