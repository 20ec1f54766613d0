"""A sequence that is cut and read at fixed places becomes a Split: what torch's exporter writes for split and chunk."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx_ir as ir

from core.errors import UserError
from core.model.facts import infer
from core.model.inline import constant_tensor
from core.model.model import ORIGIN, Model, layer_name

_SIZES_AS_INPUT = 13  # the opset since which Split and Squeeze take their numbers as an input


def split_sequences(model: Model) -> tuple[Model, tuple[str, ...]]:
    """A clone in which Split stands for each SplitToSequence that only SequenceAt of constant places read.

    Also gives the names of those layers (none: ``model`` itself). The values read keep their names. A sequence whose
    parts depend on the batch, or that others read, is left as it is.
    """
    found = [n.name for n in model.nodes() if n.op_type == "SplitToSequence"]
    if not found:
        return model, ()
    new = model.clone()
    names = [layer_name(n) for n in list(new.nodes()) if n.op_type == "SplitToSequence" and _rewritten(new, n)]
    return (new.with_graph(new.graph), tuple(names)) if names else (model, ())


def _rewritten(model: Model, node: ir.Node) -> bool:
    readers = [use.node for use in node.outputs[0].uses()]
    places = [_place(reader) for reader in readers]
    sizes = _sizes(model, node)
    if sizes is None or not readers or node.outputs[0].is_graph_output():
        return False
    known = [p + len(sizes) if p is not None and p < 0 else p for p in places]
    if any(p is None or not 0 <= p < len(sizes) for p in known):
        return False
    _replace(model, node, sizes, [(r, p) for r, p in zip(readers, known, strict=True) if p is not None])
    return True


def _place(reader: ir.Node) -> int | None:
    tensor = constant_tensor(reader.inputs[1]) if reader.op_type == "SequenceAt" else None
    return None if tensor is None else int(tensor.numpy().reshape(-1)[0])


def _sizes(model: Model, node: ir.Node) -> list[int] | None:
    """The sizes of the parts, None where they are not known."""
    given = node.inputs[1] if len(node.inputs) > 1 else None
    tensor = constant_tensor(given)
    if given is not None and tensor is None:
        return None
    if tensor is not None and len(tensor.shape) == 1:
        return [int(n) for n in tensor.numpy()]
    whole = _length(model, node)
    if whole is None:
        return None
    each = 1 if tensor is None else int(tensor.numpy())
    return [min(each, whole - start) for start in range(0, whole, each)]


def _length(model: Model, node: ir.Node) -> int | None:
    """How long the cut axis is, where that does not depend on the batch."""
    value, axis = node.inputs[0], node.attributes.get_int("axis", 0) or 0
    try:
        shapes = [infer(model, batch).shape(value) for batch in (2, 3)]
    except UserError:  # an input of unknown size
        return None
    lengths = {None if shape is None else shape[axis] for shape in shapes}
    return lengths.pop() if len(lengths) == 1 else None


def _replace(model: Model, node: ir.Node, sizes: Sequence[int], readers: Sequence[tuple[ir.Node, int]]) -> None:
    graph, axis = model.graph.graph, node.attributes.get_int("axis", 0) or 0
    squeezes = len(node.inputs) < 2 and node.attributes.get_int("keepdims", 1) == 0
    split = _with_numbers(model, "Split", [node.inputs[0]], "split", sizes, layer_name(node), len(sizes))
    split.attributes["axis"] = ir.AttrInt64("axis", axis)
    for place, out in enumerate(split.outputs):
        out.name = f"{node.outputs[0].name}_{place}"
    graph.insert_before(node, [split])
    for reader, place in readers:
        part, old, name = split.outputs[place], reader.outputs[0], layer_name(reader)
        if squeezes:
            step = _with_numbers(model, "Squeeze", [part], "axes", [axis], name, 1)
        elif part.uses() or part.is_graph_output():  # read a second time, under a second name
            step = ir.node("Identity", [part], name=name)
        else:
            _hand_over(old, part)
            graph.remove(reader, safe=True)
            continue
        step.metadata_props[ORIGIN] = name
        graph.insert_before(reader, [step])
        _hand_over(old, step.outputs[0])
        graph.remove(reader, safe=True)
    graph.remove(node, safe=True)


def _hand_over(old: ir.Value, new: ir.Value) -> None:
    new.name, old.name = old.name, f"{old.name}_before"
    new.shape, new.type = old.shape, old.type
    ir.convenience.replace_all_uses_with(old, new, replace_graph_outputs=True)


def _with_numbers(
    model: Model, operator: str, inputs: list[ir.Value | None], key: str, numbers: Sequence[int], name: str, count: int
) -> ir.Node:
    """A node whose numbers are an attribute or, since opset 13, an initializer of its own."""
    if model.opset < _SIZES_AS_INPUT:
        return ir.node(operator, inputs, {key: list(numbers)}, num_outputs=count, name=name)
    taken = {v.name for n in model.graph.graph for v in n.outputs} | set(model.graph.graph.initializers)
    wanted, number = f"{name}_{key}", 1
    while wanted in taken:
        number += 1
        wanted = f"{name}_{key}_{number}"
    tensor = ir.tensor(np.asarray(numbers, np.int64), name=wanted)
    kind = ir.TensorType(tensor.dtype)
    value = ir.Value(name=wanted, shape=ir.Shape([len(numbers)]), type=kind, const_value=tensor)
    value.metadata_props[ORIGIN] = name
    model.graph.graph.register_initializer(value)
    return ir.node(operator, [*inputs, value], num_outputs=count, name=name)
