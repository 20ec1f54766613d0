"""What methods need and files lack: weights of one's own, explicit Split sizes, initializers that are no inputs.

Runs when a method first needs it, on a clone, and does nothing that is not needed: nodes, names and order stay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import onnx_ir as ir

from core.errors import UserError
from core.model.facts import check_functions, infer
from core.model.inline import inline_constant_ifs, inline_functions, refuse_open_ifs
from core.model.masks import hand_on
from core.model.model import ORIGIN, Model
from core.model.sequences import split_sequences

_FLOATS = (ir.DataType.FLOAT, ir.DataType.DOUBLE, ir.DataType.FLOAT16, ir.DataType.BFLOAT16)
_FREE_OF_INPUTS = 4  # the IR version since which initializers need not be listed among the inputs
_SIZES_AS_INPUT = 13  # the opset since which Split takes its sizes as an input
_Use = tuple[ir.Node, int]


def prepare(model: Model) -> tuple[Model, tuple[str, ...]]:
    """A clone ready to be cut and trained, and one sentence for each kind of change made to it (none: as it was).

    - Model-local functions are written out, and so is the branch taken of every If with a constant condition.
    - A sequence that is cut and read at fixed places becomes a Split.
    - Initializers listed among the graph's inputs (IR version 3) are listed there no more.
    - Every reader of a shared float initializer gets its own copy, also through Identity nodes: exporters merge
      equal zero biases and fresh BatchNormalization rows of layers that have nothing to do with each other. Weights
      tied on purpose are untied too. Scalars and scales of quantization stay shared: they are no weights.
    - A Split that only counts its outputs gets its sizes, where they do not depend on the batch.

    Raises UserError where a layer reads what nothing gives, UnsupportedOperator where an If is left.
    """
    check_wiring(model)
    written, inlined = _written_out(model)
    new = written.clone()
    steps: tuple[Callable[[Model], str], ...] = (_delist_initializers, _unshare, _write_split_sizes)
    changes = (*inlined, *(sentence for step in steps if (sentence := step(new))))
    return (new.with_graph(new.graph) if changes else new), changes


def _written_out(model: Model) -> tuple[Model, tuple[str, ...]]:
    """The model without functions, Ifs and sequences, and what was done."""
    flat, calls = inline_functions(model)
    flat, ifs = inline_constant_ifs(flat)
    refuse_open_ifs(flat)
    flat, cuts = split_sequences(flat)
    sentences = []
    if calls:
        count = _count(len(calls), "call")
        sentences.append(f"{count} of the file's own functions became plain layers: {_some(calls)}.")
    if ifs:
        sentences.append(f"{_count(len(ifs), 'If')} became the branch that is always taken: {_some(ifs)}.")
    if cuts:
        sentences.append(f"{_count(len(cuts), 'cut')} into a sequence became a Split: {_some(cuts)}.")
    return flat, tuple(sentences)


def check_wiring(model: Model) -> None:
    """Raise UserError naming the first layer that reads what nothing before it gives: such graphs cannot be cloned."""
    check_functions(model.graph)
    graph = model.graph.graph
    known = {v.name for v in (*graph.inputs, *graph.initializers.values())}
    for node in graph:
        missing = [v.name for v in node.inputs if v is not None and v.name and v.name not in known]
        if missing:
            raise UserError(
                f"The graph is not valid ONNX: layer '{node.name}' ({node.op_type}) reads '{missing[0]}', "
                "which no input, weight or earlier layer gives."
            )
        for attribute in node.attributes.values():
            if attribute.type == ir.AttributeType.GRAPH:
                _check_branch(node, attribute.as_graph())
        known.update(o.name for o in node.outputs)


def _check_branch(node: ir.Node, branch: ir.Graph) -> None:
    """What a branch returns has to be made in it: runtimes refuse others, and onnx_ir cannot clone them."""
    own = {id(v) for v in (*branch.inputs, *branch.initializers.values())}
    own |= {id(o) for inner in branch for o in inner.outputs}
    if foreign := [v.name for v in branch.outputs if id(v) not in own]:
        raise UserError(
            f"The graph is not valid ONNX: a branch of layer '{node.name}' ({node.op_type}) returns '{foreign[0]}', "
            "which it does not compute.",
            "An Identity layer inside the branch would make it valid.",
        )


def _delist_initializers(model: Model) -> str:
    graph = model.graph.graph
    listed = [v for v in graph.inputs if v.name in graph.initializers]
    for value in listed:
        graph.inputs.remove(value)
    if not listed:
        return ""
    model.graph.ir_version = max(model.graph.ir_version or 0, _FREE_OF_INPUTS)
    stand = "stands" if len(listed) == 1 else "stand"
    return f"{_count(len(listed), 'weight')} no longer {stand} among the model's inputs."


def _unshare(model: Model) -> str:
    graph = model.graph.graph
    order = {id(node): k for k, node in enumerate(graph.all_nodes())}
    taken = _names(graph)
    shared = []
    for value in list(graph.initializers.values()):
        uses = sorted(_uses(value), key=lambda use: (order[id(use[0])], use[1]))
        if len(uses) < 2 or not _is_weight(value) or _is_scale(uses):
            continue
        shared.append(value.name or "")
        for position, (node, index) in enumerate(uses):
            own = value if position == 0 else _copy(graph, value, node, taken)
            node.replace_input_with(index, own)
    if not shared:
        return ""
    return f"{_count(len(shared), 'shared weight')} became separate for each layer that reads them: {_some(shared)}."


def _uses(value: ir.Value) -> list[_Use]:
    """Readers of a value, those behind Identity nodes in place of the Identity."""
    out: list[_Use] = []
    for use in value.uses():
        if use.node.op_type == "Identity" and use.node.domain in ("", "ai.onnx"):
            out += _uses(use.node.outputs[0])
        else:
            out.append((use.node, use.idx))
    return out


def _is_weight(value: ir.Value) -> bool:
    tensor = value.const_value
    return tensor is not None and tensor.dtype in _FLOATS and len(tensor.shape) > 0


def _is_scale(uses: Sequence[_Use]) -> bool:
    """Whether it is a scale of quantization: a pair of nodes shares it on purpose."""
    return all(node.op_type in ("QuantizeLinear", "DequantizeLinear") and index == 1 for node, index in uses)


def _copy(graph: ir.Graph, value: ir.Value, reader: ir.Node, taken: set[str]) -> ir.Value:
    name = _unused(f"{value.name}_of_{reader.name or reader.outputs[0].name}", taken)
    tensor = value.const_value
    assert tensor is not None  # _is_weight
    origin = value.metadata_props.get(ORIGIN, value.name or "")
    own = _add_initializer(graph, name, ir.tensor(tensor.numpy(), dtype=tensor.dtype, name=name), origin)
    hand_on(value, own)
    return own


def _add_initializer(graph: ir.Graph, name: str, tensor: ir.TensorProtocol, origin: str) -> ir.Value:
    shape, kind = ir.Shape(tensor.shape.numpy()), ir.TensorType(tensor.dtype)
    value = ir.Value(name=name, shape=shape, type=kind, const_value=tensor, metadata_props={ORIGIN: origin})
    graph.register_initializer(value)
    return value


def _write_split_sizes(model: Model) -> str:
    graph = model.graph.graph
    bare = [n for n in graph if _hides_sizes(n)]
    if not bare:
        return ""
    try:
        seen = [infer(model, batch) for batch in (2, 3)]
    except UserError:  # an input of unknown size: the sizes cannot be known, the act that needs them will say so
        return ""
    taken = _names(graph)
    written = []
    for node in bare:
        sizes = [tuple(_size(facts.shape(o), node) for o in node.outputs) for facts in seen]
        if sizes[0] == sizes[1] and None not in sizes[0]:
            _set_sizes(model, node, [s or 0 for s in sizes[0]], taken)
            written.append(node.name or node.outputs[0].name or "")
    return f"{_count(len(written), 'Split')} got explicit sizes: {_some(written)}." if written else ""


def _hides_sizes(node: ir.Node) -> bool:
    if node.op_type != "Split" or node.domain not in ("", "ai.onnx") or "split" in node.attributes:
        return False
    return len(node.inputs) < 2 or node.inputs[1] is None


def _size(shape: Sequence[int] | None, node: ir.Node) -> int | None:
    axis = node.attributes["axis"].as_int() if "axis" in node.attributes else 0
    return None if shape is None else shape[axis]


def _set_sizes(model: Model, node: ir.Node, sizes: Sequence[int], taken: set[str]) -> None:
    if model.opset < _SIZES_AS_INPUT:
        node.attributes["split"] = ir.AttrInt64s("split", list(sizes))
        return
    origin = node.name or node.outputs[0].name or "Split"
    name = _unused(f"{origin}_sizes", taken)
    tensor = ir.tensor(np.asarray(sizes, np.int64), name=name)
    node.attributes.pop("num_outputs", None)  # the checker allows only one of the two
    node.resize_inputs(2)
    node.replace_input_with(1, _add_initializer(model.graph.graph, name, tensor, origin))


def _names(graph: ir.Graph) -> set[str]:
    """Every value name in use, those of subgraphs included."""
    names = {v.name or "" for v in (*graph.inputs, *graph.initializers.values())}
    for node in graph.all_nodes():
        names.update(v.name or "" for v in (*node.inputs, *node.outputs) if v is not None)
    return names


def _unused(wanted: str, taken: set[str]) -> str:
    name, number = wanted, 1
    while name in taken:
        number += 1
        name = f"{wanted}_{number}"
    taken.add(name)
    return name


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def _some(names: Iterable[str], most: int = 3) -> str:
    listed = list(names)
    rest = f" and {len(listed) - most} more" if len(listed) > most else ""
    return ", ".join(listed[:most]) + rest
