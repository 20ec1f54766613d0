"""The copy of the graph that is written: static shapes, constants folded, and small rewrites that TFLite wants.

BatchNormalization goes into the layer before it, Pad into the convolution behind it, and nodes that do nothing go away.
The model itself is never touched.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnx_ir as ir
from onnx.reference import ReferenceEvaluator

from core.errors import UserError
from core.exporters.tflite.conversion import ints
from core.exporters.tflite.normalizations import KIND, with_plain_normalizations
from core.model.constants import add_initializer
from core.model.facts import Facts, infer
from core.model.fold_batchnorm import fold_batchnorm
from core.model.model import Model

Array = npt.NDArray[Any]
_FOLDED = ("Transpose", "Reshape", "Squeeze", "Unsqueeze", "Flatten", "Cast", "Identity", "Mul", "Add", "Sub", "Div")


@dataclass(frozen=True, slots=True)
class Prepared:
    """``graph`` may be read and taken apart; ``shapes`` has the static shape of every value that has one.

    ``outputs`` are the names the model gave its outputs (a rewrite may have replaced the values).
    """

    graph: ir.Model
    shapes: Mapping[str, tuple[int, ...]]
    outputs: tuple[str, ...]


def prepare(model: Model, batch: int = 1) -> Prepared:
    """A simplified copy with a batch of ``batch``.

    Raises UserError for input sizes that are not fixed and for weights that are not numbers.
    """
    outputs = model.output_names
    if any(node.op_type == "CastLike" for node in model.nodes()):
        model = _without_cast_like(model, batch)
    if any(node.op_type == "BatchNormalization" for node in model.nodes()):
        model, _ = fold_batchnorm(model)
    if any(node.op_type == KIND for node in model.nodes()):
        model = with_plain_normalizations(model, batch)
    facts = infer(model, batch)
    graph = model.graph.clone()
    for node in list(graph.graph):
        if any(o.is_graph_output() for o in node.outputs):
            continue
        if node.outputs and all(o.name in facts.constants for o in node.outputs):
            _become_constants(graph.graph, node, [facts.constants[o.name or ""] for o in node.outputs])
    _fold_weights(graph)
    _refuse_nan(graph.graph)
    for node in list(graph.graph):
        _drop_if_idle(graph.graph, node, facts)
    for node in list(graph.graph):
        if node.op_type == "Pad":
            _pad_into_conv(graph.graph, node)
    return Prepared(graph, facts.shapes, outputs)


def _become_constants(graph: ir.Graph, node: ir.Node, arrays: Sequence[Array]) -> None:
    """Replace a node by initializers of the same names."""
    for old, array in zip(node.outputs, arrays, strict=True):
        _replace(old, add_initializer(graph, old.name or "", array))
    graph.remove(node, safe=True)


def _replace(old: ir.Value, new: ir.Value) -> None:
    ir.convenience.replace_all_uses_with(old, new, replace_graph_outputs=True)


def _fold_weights(graph: ir.Model) -> None:
    """Compute what stands between large initializers and the layers that read them (``infer`` leaves them alone)."""
    for node in list(graph.graph):
        constant = all(v is not None and v.const_value is not None for v in node.inputs)
        if node.op_type not in _FOLDED or not node.inputs or not constant or node.domain not in ("", "ai.onnx"):
            continue
        if any(o.is_graph_output() for o in node.outputs):
            continue
        feed = {v.name or "": v.const_value.numpy() for v in node.inputs if v is not None and v.const_value is not None}
        _become_constants(graph.graph, node, _evaluated(node, feed, graph))


def _evaluated(node: ir.Node, feed: Mapping[str, Array], graph: ir.Model) -> list[Array]:
    kinds = [
        onnx.helper.make_tensor_value_info(k, onnx.helper.np_dtype_to_tensor_dtype(v.dtype), v.shape)
        for k, v in feed.items()
    ]
    outputs = [onnx.ValueInfoProto(name=o.name or "") for o in node.outputs]
    one = onnx.helper.make_graph([ir.to_proto(node)], "fold", kinds, outputs)
    opsets = [onnx.helper.make_opsetid(domain, version) for domain, version in graph.opset_imports.items()]
    proto = onnx.helper.make_model(one, opset_imports=opsets, ir_version=graph.ir_version)
    return [np.asarray(v) for v in ReferenceEvaluator(proto).run(None, dict(feed))]


def _refuse_nan(graph: ir.Graph) -> None:
    for name, value in graph.initializers.items():
        tensor = value.const_value
        if tensor is None or tensor.dtype not in (ir.DataType.FLOAT, ir.DataType.FLOAT16, ir.DataType.DOUBLE):
            continue
        if value.uses() and np.isnan(tensor.numpy()).any():
            node = next(iter(value.uses())).node
            raise UserError(
                f"Layer '{node.name}' ({node.op_type}) cannot be exported: its tensor '{name}' holds NaN.",
                "Undo the act that made it, or tune with a smaller learning rate.",
            )


def _without_cast_like(model: Model, batch: int) -> Model:
    """torch's exporter casts constants to the type of a value: known before running, though the value is not."""
    facts, graph = infer(model, batch), model.graph.clone()
    for node in list(graph.graph):
        source, like = (*node.inputs, None, None)[:2]
        if node.op_type != "CastLike" or source is None or like is None or node.outputs[0].is_graph_output():
            continue
        kind, array = facts.dtypes.get(like.name or ""), facts.array(source)
        if kind is not None and facts.dtypes.get(source.name or "") == kind:
            _replace(node.outputs[0], source)
            graph.graph.remove(node, safe=True)
        elif kind is not None and array is not None:
            _become_constants(graph.graph, node, [array.astype(kind.numpy())])
    return model.with_graph(graph)


def _drop_if_idle(graph: ir.Graph, node: ir.Node, facts: Facts) -> None:
    """Identity, Dropout outside training, and a Cast between equal types do nothing."""
    if node.op_type == "Dropout":
        training = node.inputs[2] if len(node.inputs) > 2 else None
        on = training is not None and (training.const_value is None or bool(training.const_value.numpy()))
        idle = not on and not (len(node.outputs) > 1 and node.outputs[1].uses())
    elif node.op_type == "Cast":
        source = facts.dtypes.get(node.inputs[0].name or "") if node.inputs[0] is not None else None
        idle = source is not None and node.attributes.get_int("to", 0) == source.value
    else:
        idle = node.op_type == "Identity"
    if idle and node.inputs[0] is not None:
        _replace(node.outputs[0], node.inputs[0])
        graph.remove(node, safe=True)


def _only_reader(value: ir.Value) -> ir.Node | None:
    uses = list(value.uses())
    return uses[0].node if len(uses) == 1 and not value.is_graph_output() else None


def _pad_into_conv(graph: ir.Graph, node: ir.Node) -> None:
    """A Pad with zeros of height and width becomes the padding of the convolution behind it."""
    pads, reader = _zero_pads(node), _only_reader(node.outputs[0])
    if pads is None or reader is None or reader.op_type != "Conv" or len(pads) != 8:
        return
    spatial = [*pads[2:4], *pads[6:8]]
    automatic = reader.attributes.get_string("auto_pad", "NOTSET")
    if any(pads[0:2] + pads[4:6]) or min(pads) < 0 or automatic not in ("NOTSET", "VALID"):
        return
    own = ints(reader, "pads") or [0, 0, 0, 0]
    if automatic == "VALID":
        own = [0, 0, 0, 0]
    reader.attributes.pop("auto_pad", None)
    reader.attributes["pads"] = ir.AttrInt64s("pads", [a + b for a, b in zip(own, spatial, strict=True)])
    source = node.inputs[0]
    assert source is not None, "Pad always has an input"
    _replace(node.outputs[0], source)
    graph.remove(node, safe=True)


def _zero_pads(node: ir.Node) -> list[int] | None:
    """The pads of every axis, [before..., after...], of a constant Pad with zeros; None for any other."""
    if node.attributes.get_string("mode", "constant") != "constant":
        return None
    if len(node.inputs) < 2:
        return ints(node, "pads") if node.attributes.get_float("value", 0.0) == 0.0 else None
    table, fill = node.inputs[1], node.inputs[2] if len(node.inputs) > 2 else None
    axes = node.inputs[3] if len(node.inputs) > 3 else None
    if table is None or table.const_value is None or axes is not None:
        return None
    if fill is not None and (fill.const_value is None or np.any(fill.const_value.numpy() != 0)):
        return None
    return [int(p) for p in table.const_value.numpy()]
