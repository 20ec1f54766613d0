"""Weights that the file stores in fewer bits than float32, with activations that stay float: finding and decoding them.

Three nodes decode a stored weight: DequantizeLinear of integers (per tensor, per channel or in blocks), Cast of
float16, and the functions of :mod:`core.model.weight_functions`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import onnx_ir as ir

from core.errors import UserError
from core.model.bits import unpack
from core.model.masks import hand_on
from core.model.model import Model
from core.model.qdq_pairs import stored_constant, stored_integers
from core.model.weight_functions import BLOCKED, CODEBOOK, DOMAIN, kind_and_bits, levels

Array = npt.NDArray[Any]
GraphKind = Literal["float", "qdq", "weights"]
_SMALLEST = 2  # axes: what is stored as float16 for other reasons (scalars, vectors) makes no weight


def kind_of(nodes: Iterable[ir.Node]) -> GraphKind:
    """Of a graph by its nodes: "qdq" where activations are quantized, "weights" where only weights are stored in fewer
    bits, else "float".
    """
    found: GraphKind = "float"
    for node in nodes:
        if node.op_type == "QuantizeLinear" or (node.op_type == "DequantizeLinear" and not decodes(node)):
            return "qdq"
        if found == "float" and decodes(node):
            found = "weights"
    return found


def decodes(node: ir.Node) -> bool:
    """Whether a node turns a stored weight into float32 numbers."""
    if node.domain == DOMAIN:
        return kind_and_bits(node) is not None and all(_stored(v) is not None for v in node.inputs)
    if node.op_type not in ("DequantizeLinear", "Cast") or node.domain not in ("", "ai.onnx"):
        return False
    source = _stored(node.inputs[0]) if node.inputs else None
    if source is None:
        return False
    if node.op_type == "DequantizeLinear":
        return all(v is None or _stored(v) is not None for v in node.inputs)
    to_float = node.op_type == "Cast" and node.attributes.get_int("to", 0) == ir.DataType.FLOAT.value
    return to_float and source.dtype == ir.DataType.FLOAT16 and len(source.shape) >= _SMALLEST


def decoded(node: ir.Node) -> Array:
    """The float32 numbers that a node of :func:`decodes` gives, bit by bit what runtimes compute."""
    stored = [None if v is None else _stored(v) for v in node.inputs]
    arrays = [None if t is None else t.numpy() for t in stored]
    first = arrays[0]
    assert first is not None, "decodes() has seen it"
    if node.op_type == "Cast":
        return first.astype(np.float32)
    if node.op_type == "DequantizeLinear":
        integers = stored_constant(node.outputs[0])
        assert integers is not None, "decodes() has seen it"
        return integers.real
    found = kind_and_bits(node)
    second = arrays[1]
    assert found is not None, "decodes() has seen it"
    assert second is not None, "decodes() has seen it"
    kind, bits = found
    shape = tuple(node.attributes.get_ints("shape", ()))
    if kind == BLOCKED:
        zero = arrays[2] if len(arrays) > 2 else None
        integers = stored_integers(first, second, zero, block=node.attributes.get_int("block_size", 0))
        return integers.real.reshape(shape)
    codes = unpack(first, bits, int(np.prod(shape, dtype=np.int64)))
    if kind == CODEBOOK:
        return second[codes].reshape(shape)
    wide = levels(kind, bits)[codes].reshape(tuple(node.attributes.get_ints("wide", ())))
    return np.asarray(wide * second, np.float32).reshape(shape)


def decoded_tensor(node: ir.Node) -> ir.TensorProtocol:
    """The same as a tensor whose numbers are decoded when somebody asks for them."""
    shape = tuple(node.attributes.get_ints("shape", ())) or tuple(_shape(node))
    name = node.outputs[0].name
    return ir.LazyTensor(lambda: ir.tensor(decoded(node), name=name), ir.DataType.FLOAT, ir.Shape(shape), name=name)


def _shape(node: ir.Node) -> tuple[int, ...]:
    tensor = _stored(node.inputs[0])
    return () if tensor is None else tuple(int(d) for d in tensor.shape.numpy())


def stored_as(node: ir.Node) -> str:
    """The format of a node of :func:`decodes`, for a person: "int4", "float16", "codebook of 3 bits"."""
    found = kind_and_bits(node)
    if found is not None and found[0] != BLOCKED:
        words = {CODEBOOK: "codebook", "PowersOfTwo": "powers of two", "AdditivePowersOfTwo": "additive powers of two"}
        return f"{words[found[0]]} of {found[1]} bits"
    tensor = _stored(node.inputs[0])
    kind = "" if tensor is None else tensor.dtype.name.lower()
    return f"{kind} in blocks" if found is not None else kind


def stored_bytes(node: ir.Node) -> int:
    """What the tensors that a decoding node reads take in the file."""
    tensors = (_stored(v) for v in node.inputs if v is not None)
    return sum(int(t.nbytes) for t in tensors if t is not None)


def decoders(model: Model) -> Iterator[ir.Node]:
    """The nodes of a model that decode weights."""
    return (node for node in model.nodes() if decodes(node))


def dequantized(model: Model, which: Callable[[ir.Node], bool] = decodes) -> Model:
    """A clone with float32 weights under the names of the decoded values: the network as it was before, but rounded.

    Whatever a runtime computes from the stored weights it computes from these, to the bit. ``which`` of the decoding
    nodes go. Raises UserError for a model with quantized activations: its weights alone cannot become float.
    """
    if kind_of(model.nodes()) == "qdq":
        raise UserError("The model has quantized activations: its weights alone cannot become float.")
    new = model.clone()
    graph = new.graph.graph
    for node in [n for n in graph if decodes(n) and which(n)]:
        old, sources = node.outputs[0], [v for v in node.inputs if v is not None]
        array = decoded(node)
        tensor = ir.tensor(array, name=old.name)
        value = ir.Value(
            name=old.name, shape=ir.Shape(array.shape), type=ir.TensorType(tensor.dtype), const_value=tensor
        )
        hand_on(sources[0], value)
        ir.convenience.replace_all_uses_with(old, value, replace_graph_outputs=True)
        graph.remove(node, safe=True)
        graph.register_initializer(value)
        for source in sources:
            if source.is_initializer() and not source.uses() and not source.is_graph_output():
                graph.initializers.pop(source.name or "", None)
    _forget_functions(new)
    return new.with_graph(new.graph)


def _forget_functions(model: Model) -> None:
    """Drop the functions of weights that nothing calls any more."""
    called = {n.op_identifier() for n in model.graph.graph.all_nodes()}
    for key in [k for k in model.graph.functions if k[0] == DOMAIN and k not in called]:
        del model.graph.functions[key]
    if not any(k[0] == DOMAIN for k in model.graph.functions):
        model.graph.opset_imports.pop(DOMAIN, None)


def _stored(value: ir.Value | None) -> ir.TensorProtocol | None:
    """The tensor of an initializer or of a Constant node."""
    if value is None:
        return None
    if value.const_value is not None:
        return value.const_value
    node = value.producer()
    held = node.attributes.get("value") if node is not None and node.op_type == "Constant" else None
    return None if held is None else held.as_tensor()


def weights_words(model: Model) -> str:
    """How a model of kind "weights" stores them, for a sentence: the formats in the order they are met."""
    return ", ".join(dict.fromkeys(stored_as(n) for n in decoders(model)))
