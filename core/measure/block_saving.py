"""What a lightweight block saves, counted on the layers that it really consists of, before it is put in."""

from __future__ import annotations

from dataclasses import dataclass

import onnx_ir as ir

from core.errors import UserError
from core.measure.cost import cost
from core.model.editing.blocks import ReplaceBlock, replace_block
from core.model.editing.constants import stored_array
from core.model.editing.draft import Draft
from core.model.facts import infer
from core.model.model import Model

Sizes = tuple[int | str | None, ...]


@dataclass(frozen=True, slots=True)
class Saving:
    """Parameters, MACs (None where the layer's input has an open size) and weight bytes of a layer and of the block.

    MACs are for one item of the batch; everything is counted by the rules of ``core.measure.cost``.
    """

    params_before: int
    params_after: int
    macs_before: int | None
    macs_after: int | None
    bytes_before: int
    bytes_after: int


def block_preview(model: Model, act: ReplaceBlock, shape: Sizes | None = None) -> Saving:
    """What the edit would save; the model is only read, and no weights are computed.

    ``shape`` is that of the tensor the layer reads, where the file does not say it; inferring it here takes a pass over
    the whole graph. Raises UserError as the edit would.
    """
    draft = Draft(model)
    node = draft.layer(act.layer)
    source = node.inputs[0] if node.inputs else None
    if shape is None and source is not None and source.shape is not None:
        shape = tuple(d if isinstance(d, int) else d.value for d in source.shape)
    if shape is None and source is not None:
        shape = _inferred(model, source.name or "")
    alone = _alone(model, node, shape)
    before = cost(alone)
    copy = Draft(alone.clone())
    replace_block(copy, act, weights=False)
    after = cost(copy.model)
    counted = shape is not None and all(isinstance(d, int) for d in shape[1:])
    return Saving(
        before.params, after.params,
        before.macs if counted else None, after.macs if counted else None,
        before.weight_bytes, after.weight_bytes,
    )  # fmt: skip


def _inferred(model: Model, tensor: str) -> Sizes | None:
    try:
        return infer(model).shapes.get(tensor)
    except UserError:  # an input of open size: parameters can be counted all the same
        return None


def _alone(model: Model, node: ir.Node, shape: Sizes | None) -> Model:
    """The layer in a graph of its own, fed with one item; an open size counts as one."""
    values: dict[ir.Value, ir.Value] = {}
    for index, value in enumerate(node.inputs):
        if value is None or value in values:
            continue
        array = stored_array(value)
        if array is not None:
            tensor = ir.tensor(array, name=value.name)
            values[value] = ir.Value(
                name=value.name, type=ir.TensorType(tensor.dtype), shape=ir.Shape(array.shape), const_value=tensor
            )
            continue
        rank = 4 if index else len(shape or (1, 1, 1, 1))
        sizes = [d if isinstance(d, int) else 1 for d in (shape if shape is not None and not index else [1] * rank)]
        values[value] = ir.Value(
            name=value.name, type=ir.TensorType(value.dtype or ir.DataType.FLOAT), shape=ir.Shape([1, *sizes[1:]])
        )
    attributes = [ir.Attr(a.name, a.type, a.value) for a in node.attributes.values()]
    new = ir.Node(node.domain, node.op_type, [None if v is None else values[v] for v in node.inputs], attributes,
                  num_outputs=1, name=node.name)  # fmt: skip
    new.outputs[0].name, new.outputs[0].type = node.outputs[0].name, ir.TensorType(ir.DataType.FLOAT)
    graph = ir.Graph(
        [v for v in values.values() if v.const_value is None], new.outputs, nodes=[new],
        initializers=[v for v in values.values() if v.const_value is not None],
        opset_imports=dict(model.graph.opset_imports), name="alone",
    )  # fmt: skip
    return Model.from_ir(ir.Model(graph, ir_version=max(model.graph.ir_version, 8)))
