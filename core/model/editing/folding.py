"""Edits that compute beforehand what does not depend on the input: BatchNormalization into weights, constant layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnx_ir as ir

from core.model.editing.constants import set_constant, stored_array
from core.model.editing.draft import Draft
from core.model.editing.edit import Edit, edit
from core.model.editing.inference import SMALL, Inference, Known, TensorType
from core.model.editing.wiring import bypass
from core.model.facts import LARGEST, NEVER_FOLDED, evaluate, infer, most_elements
from core.model.fold_batchnorm import Arrays, bias_name, folded_constants, host_of
from core.model.inline import constant_tensor
from core.model.model import InputSpec

Array = npt.NDArray[np.generic]
_LARGEST = 64 * 2**20  # bytes of one folded constant: folding must not turn a small file into a large one
_REPEATED = 1024  # bytes: what is read by layers that may well be asked for again
_SIZES = frozenset({"Shape", "Size"})  # constant where a shape is, though what they read is not
_BINDINGS = ((1, 128), (2, 160))  # of a dynamic batch, and of any other dynamic size


@edit("fold.batchnorm", "Fold BatchNorm")
@dataclass(frozen=True, slots=True)
class FoldBatchNorm(Edit):
    """Every BatchNormalization behind a layer that can take it up becomes part of that layer."""

    def apply(self, draft: Draft) -> None:
        norms = [n for n in draft.graph if n.op_type == "BatchNormalization" and n.domain in ("", "ai.onnx")]
        array: Arrays = stored_array
        if any(stored_array(v) is None for n in norms for v in n.inputs[1:5]):  # computed from constants perhaps
            array = infer(draft.model).array
        unread: list[ir.Value | None] = []
        for norm in norms:
            host = host_of(norm, array)
            found = None if host is None else folded_constants(host, norm, array)
            if host is not None and found is not None:
                unread += _fold(draft, host, norm, found)
        draft.drop_unread(unread)


def _fold(draft: Draft, host: ir.Node, norm: ir.Node, constants: tuple[Array, Array]) -> list[ir.Value | None]:
    """Returns what is read no more."""
    old = constant_tensor(host.inputs[1])
    kind = old.dtype.numpy() if old is not None else np.dtype(np.float32)
    bias = host.inputs[2] if len(host.inputs) > 2 else None
    weight = host.inputs[1].name if host.inputs[1] is not None else ""
    unread = set_constant(draft, host, 1, constants[0].astype(kind), f"{weight}_folded")
    name = f"{bias.name}_folded" if bias is not None else bias_name(host)
    unread += set_constant(draft, host, 2, constants[1].astype(kind), name)
    return [*unread, *bypass(draft, norm, host.outputs[0])]


@edit("fold.constants", "Fold constants")
@dataclass(frozen=True, slots=True)
class FoldConstants(Edit):
    """What layers compute from constants alone becomes an initializer under the same name; the layers go."""

    def apply(self, draft: Draft) -> None:
        typed = any(n.op_type in _SIZES for n in draft.graph)
        inference = Inference(draft.model.graph) if typed else None
        kept: dict[Any, dict[str, Array]] = {}
        runs = [_Run(draft, b, inference, kept).arrays() for b in (_BINDINGS if typed else _BINDINGS[:1])]
        dropped: list[ir.Value | None] = []
        for node in reversed(list(draft.graph)):
            arrays = [[run.get(o) for run in runs] for o in node.outputs]
            if not arrays or any(v.is_graph_output() for v in node.outputs):
                continue
            if not all(_agree(found) for found in arrays):
                continue
            if sum(found[0].nbytes for found in arrays if found[0] is not None) > _LARGEST:
                continue
            for old, found in zip(list(node.outputs), arrays, strict=True):
                if old.uses() and found[0] is not None:
                    _store(draft, old, found[0])
            dropped.extend(node.inputs)
            draft.remove(node)
        draft.drop_unread(dropped)


def _agree(found: list[Array | None]) -> bool:
    """Whether an array is known and the same for every binding: then it depends on nothing that is dynamic."""
    first = found[0]
    return first is not None and all(a is not None and np.array_equal(a, first) for a in found)


class _Run:
    """One pass over the graph with every dynamic size bound to a number: what is constant then, and of which type."""

    def __init__(
        self,
        draft: Draft,
        binding: tuple[int, int],
        inference: Inference | None,
        kept: dict[Any, dict[str, Array]],
    ) -> None:
        self._graph, self._inference, self._kept = draft.model.graph, inference, kept
        self._imports = [onnx.helper.make_opsetid(k, v) for k, v in self._graph.opset_imports.items()]
        self._arrays: dict[ir.Value, Array] = {}
        specs = {s.name: s for s in draft.model.inputs}
        self._types: dict[ir.Value, Known] = {}
        for value in draft.graph.inputs:
            if value.name in specs and value.dtype is not None:
                self._types[value] = TensorType(int(value.dtype), _bound(specs[value.name], *binding))

    def arrays(self) -> Mapping[ir.Value, Array]:
        """What layers make of constants."""
        for node in self._graph.graph:
            found = self._computed(node)
            if found is not None:
                self._arrays.update((o, found[o.name or ""]) for o in node.outputs if (o.name or "") in found)
            elif self._inference is not None:
                outputs, _ = self._inference.ask(self._graph, node, self._type, self._small)
                pairs = zip(node.outputs, outputs, strict=False)
                self._types.update((value, known) for value, known in pairs if known is not None)
        return self._arrays

    def _computed(self, node: ir.Node) -> dict[str, Array] | None:
        if node.domain not in ("", "ai.onnx") or node.op_type in NEVER_FOLDED or not node.outputs:
            return None
        if node.op_type in _SIZES:
            return self._sizes(node)
        values = [v for v in node.inputs if v is not None]
        if node.op_type == "Constant":
            return None if constant_tensor(node.outputs[0]) is None else self._asked(node, {})
        if not values or any(v not in self._arrays and constant_tensor(v) is None for v in values):
            return None
        given = {v.name or "": self._arrays[v] if v in self._arrays else _read(v) for v in values}
        return None if any(a.size > LARGEST for a in given.values()) else self._asked(node, given)

    def _sizes(self, node: ir.Node) -> dict[str, Array] | None:
        known = self._type(node.inputs[0]) if node.inputs and node.inputs[0] is not None else None
        if not isinstance(known, TensorType) or known.shape is None:
            return None
        sizes = [d for d in known.shape if isinstance(d, int)]
        if len(sizes) < len(known.shape):
            return None
        start, end = node.attributes.get_int("start", 0), node.attributes.get("end")
        found = sizes[start : end.as_int() if end is not None else None]
        array = np.asarray(found, np.int64) if node.op_type == "Shape" else np.asarray(np.prod(sizes), np.int64)
        return {node.outputs[0].name or "": array}

    def _asked(self, node: ir.Node, given: Mapping[str, Array]) -> dict[str, Array] | None:
        proto = ir.serde.serialize_node(node)
        key = None
        if sum(a.nbytes for a in given.values()) <= _REPEATED and node.op_type != "Constant":
            contents = tuple((str(a.dtype), a.shape, a.tobytes()) for a in given.values())
            attributes = tuple(a.SerializeToString() for a in proto.attribute)
            places = tuple(None if v is None else list(given).index(v.name or "") for v in node.inputs)
            key = (node.op_type, attributes, contents, places, len(node.outputs))
        if key is not None and key in self._kept:
            return {o.name or "": a for o, a in zip(node.outputs, self._kept[key].values(), strict=True)}
        if most_elements(proto, {}, list(given.values())) > LARGEST and not self._is_small(node):
            return None
        try:
            found = evaluate(proto, given, self._imports, self._graph.ir_version)
        except Exception:  # noqa: BLE001  a layer that the reference cannot run is simply not a constant
            return None
        if key is not None and len(found) == len(node.outputs):
            self._kept[key] = found
        return found

    def _is_small(self, node: ir.Node) -> bool:
        """Whether a layer that may make much of little is known not to."""
        inference = self._inference or Inference(self._graph)
        outputs, _ = inference.ask(self._graph, node, self._type, self._small)
        shapes = [known.shape if isinstance(known, TensorType) else None for known in outputs]
        sizes = [[d if isinstance(d, int) else LARGEST for d in shape or (LARGEST, 2)] for shape in shapes]
        return bool(sizes) and all(np.prod([float(d) for d in size]) <= LARGEST for size in sizes)

    def _type(self, value: ir.Value) -> Known | None:
        if value in self._arrays:
            array = self._arrays[value]
            return TensorType(int(ir.DataType.from_numpy(array.dtype)), array.shape)
        if value in self._types:
            return self._types[value]
        tensor = constant_tensor(value)
        return None if tensor is None else TensorType(int(tensor.dtype), tuple(tensor.shape.numpy()))

    def _small(self, value: ir.Value | None) -> ir.TensorProtocol | None:
        if value in self._arrays and value is not None:
            array = self._arrays[value]
            return ir.tensor(array, name=value.name) if array.size <= SMALL else None
        tensor = constant_tensor(value)
        return tensor if tensor is not None and tensor.size <= SMALL else None


def _bound(spec: InputSpec, batch: int, size: int) -> tuple[int, ...]:
    return tuple(d if isinstance(d, int) else size if axis else batch for axis, d in enumerate(spec.shape))


def _read(value: ir.Value) -> Array:
    array = stored_array(value)
    assert array is not None
    return array


def _store(draft: Draft, old: ir.Value, array: Array) -> None:
    """An initializer in place of what a layer made, under its name."""
    name = old.name or ""
    array = np.ascontiguousarray(array).reshape(array.shape)
    tensor = ir.tensor(array, name=name)
    new = ir.Value(name=name, type=ir.TensorType(tensor.dtype), shape=ir.Shape(array.shape), const_value=tensor)
    draft.add_initializer(new)
    readers = dict.fromkeys(u.node for u in old.uses())
    draft.redirect(old, new)
    if array.size <= SMALL:  # a shape may depend on it, now that it is known
        draft.better.update(n for n in readers if n not in draft.touched)
        draft.touched.update(readers)
