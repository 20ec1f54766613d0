"""What onnx's shape inference stops at, written in operators that it knows, in the proto that shapes are inferred on.

Only :mod:`core.model.facts` uses this: the graph itself is never changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt
import onnx

Array = npt.NDArray[np.generic]


def take_branches(proto: onnx.ModelProto, known: Mapping[str, Array]) -> dict[str, Array] | None:
    """Replace every If of the main graph whose condition is in ``known``; None where there is none.

    Gives the tensors stored in the branches. A value keeps its name unless the graph has that name already.
    """
    chosen = {k: bool(known[n.input[0]].reshape(-1)[0]) for k, n in enumerate(proto.graph.node) if _decided(n, known)}
    if not chosen:
        return None
    used = set(_names(proto.graph))
    nodes: list[onnx.NodeProto] = []
    stored: dict[str, Array] = {}
    for k, node in enumerate(proto.graph.node):
        if k not in chosen:
            nodes.append(node)
            continue
        branch = onnx.GraphProto()
        branch.CopyFrom(next(a.g for a in node.attribute if a.name == ("then_branch" if chosen[k] else "else_branch")))
        new_names = {name: _unused(name, used) for name in _names(branch)}
        _rename(branch, new_names)
        nodes.extend(branch.node)
        nodes.extend(_identity(o.name, name) for o, name in zip(branch.output, node.output, strict=True) if name)
        for tensor in branch.initializer:
            stored[tensor.name] = onnx.numpy_helper.to_array(tensor)
            proto.graph.initializer.append(tensor)
    del proto.graph.node[:]
    proto.graph.node.extend(nodes)
    return stored


def unpack_sequences(proto: onnx.ModelProto, known: Mapping[str, Array], shapes: Mapping[str, tuple[int, ...]]) -> bool:
    """Replace SequenceAt behind SplitToSequence by a Slice, where its shape is not in ``shapes``; whether any was.

    Parts of different sizes have no shape in common, so that a sequence of them has none.
    """
    made_by = {o: n for n in proto.graph.node if n.op_type == "SplitToSequence" for o in n.output}
    found = False
    for k, node in enumerate(proto.graph.node):
        if node.op_type != "SequenceAt" or node.output[0] in shapes or node.input[0] not in made_by:
            continue
        split, place = made_by[node.input[0]], known.get(node.input[1])
        axis = next((a.i for a in split.attribute if a.name == "axis"), 0)
        sizes = _parts(split, axis, known, shapes)
        if place is None or sizes is None:
            continue
        position = int(place.reshape(-1)[0])
        if not -len(sizes) <= position < len(sizes):
            continue
        end = int(np.cumsum(sizes)[position])
        names = [f"{node.output[0]}/{what}" for what in ("start", "end", "axis")]
        for name, number in zip(names, (end - int(sizes[position]), end, axis), strict=True):
            proto.graph.initializer.append(onnx.numpy_helper.from_array(np.asarray([number], np.int64), name))
        proto.graph.node[k].CopyFrom(
            onnx.helper.make_node("Slice", [split.input[0], *names], [node.output[0]], node.name)
        )
        found = True
    return found


def _parts(
    split: onnx.NodeProto, axis: int, known: Mapping[str, Array], shapes: Mapping[str, tuple[int, ...]]
) -> Array | None:
    """The sizes of the parts along ``axis``; None where they are not known."""
    sizes = known.get(split.input[1]) if len(split.input) > 1 else None
    if sizes is None or sizes.ndim == 1:
        return sizes
    shape = shapes.get(split.input[0])
    if shape is None or not -len(shape) <= axis < len(shape) or int(sizes) < 1:
        return None
    starts = np.arange(0, shape[axis], int(sizes))
    return np.minimum(int(sizes), shape[axis] - starts)


def _decided(node: onnx.NodeProto, known: Mapping[str, Array]) -> bool:
    if node.op_type != "If" or node.domain not in ("", "ai.onnx"):
        return False
    condition = known.get(node.input[0])
    results = {a.name: len(a.g.output) for a in node.attribute}
    whole = results.get("then_branch") == results.get("else_branch") == len(node.output)
    return whole and condition is not None and condition.size == 1


def _names(graph: onnx.GraphProto) -> Iterator[str]:
    """What a graph itself defines, without the graphs inside its nodes."""
    yield from (v.name for v in graph.input)
    yield from (t.name for t in graph.initializer)
    yield from (o for node in graph.node for o in node.output if o)


def _unused(name: str, used: set[str]) -> str:
    new, number = name, 1
    while new in used:
        number += 1
        new = f"{name}_{number}"
    used.add(new)
    return new


def _rename(graph: onnx.GraphProto, names: Mapping[str, str]) -> None:
    """New names for values, where they are made and wherever they are read, in inner graphs too."""
    for tensor in graph.initializer:
        tensor.name = names.get(tensor.name, tensor.name)
    for value in graph.output:
        value.name = names.get(value.name, value.name)
    for node in graph.node:
        node.input[:] = [names.get(n, n) for n in node.input]
        node.output[:] = [names.get(n, n) for n in node.output]
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs):
                own = set(_names(inner))
                _rename(inner, {old: new for old, new in names.items() if old not in own})


def _identity(source: str, name: str) -> onnx.NodeProto:
    return onnx.helper.make_node("Identity", [source], [name], f"{name}_taken")
