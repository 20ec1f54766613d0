"""The cut: a graph that is really smaller; and the mask: the same function at the old size.

Both remove the same channels. The cut deletes their slices from every tensor and mends the few numbers of the graph
that count channels (core.model.channel_mend). The mask sets the same slices to zero. That both compute the same is
the proof every pruning act runs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

import numpy as np
import numpy.typing as npt
import onnx_ir as ir

from core.errors import UserError
from core.model.channel_groups import ChannelGroups, Removed
from core.model.channel_mend import MENDS, Flags, Survey, sizes_after
from core.model.collector import resting_collector
from core.model.facts import Facts
from core.model.kept import write_kept
from core.model.masks import check_patterns
from core.model.model import Model, layer_name


def cut(model: Model, groups: ChannelGroups, removed: Removed) -> Model:
    """A new Model without the removed channels. Names, nodes and their order are kept; unchanged tensors are shared.

    Layers with weights note which channels of the original they still have (:mod:`core.model.kept`).
    ``groups`` must be those of ``model``; ``removed``: group key -> units to remove.
    Raises UserError for an unknown group or unit, and where a layer would lose its last channel.
    """
    _refuse_empty(groups, removed)
    with resting_collector():
        return _cut(model, groups, groups.gone(removed))


def _cut(model: Model, groups: ChannelGroups, gone: Flags) -> Model:
    new = model.clone()
    stored = _stored_values(new)
    in_rows = _dead_in_rows(groups, gone)
    dead_in = _dead_positions(groups, gone)
    for name in dict.fromkeys((*in_rows, *dead_in)):
        array = _array(stored[name])
        if name in in_rows:
            array = _without(array, in_rows[name])
        for axis, dead in dead_in.get(name, {}).items():
            array = np.compress(~dead, array, axis)
        _store(stored[name], array)
    survey = Survey(model, groups, gone)
    weighted = {o.layer for o in groups.occurrences if o.role != "reads"}
    for old, node in zip(model.nodes(), new.nodes(), strict=True):
        along = survey.lane_axis(old.outputs[0]) if layer_name(old) in weighted else None
        if along is not None:
            write_kept(node, survey.alive(old.outputs[0], along))
        mend = MENDS.get(node.op_type)
        if mend is not None and survey.touches(old):
            mend(survey, old, node)
    _shrink_annotations(new, sizes_after(groups, gone))
    check_patterns(new)
    return new


def mask(model: Model, groups: ChannelGroups, removed: Removed) -> Model:
    """A new Model of the old size that computes what the cut one computes: the removed slices are zero.

    (Masked variances and divisors are one, so that nothing is divided by zero.)
    """
    new = model.clone()
    stored = _stored_values(new)
    for name, array in masked_tensors(model, groups, removed).items():
        _store(stored[name], array)
    return new


def masked_tensors(model: Model, groups: ChannelGroups, removed: Removed) -> dict[str, npt.NDArray[np.generic]]:
    """Tensor name -> its numbers in the masked model, for every tensor that holds a removed channel."""
    gone = groups.gone(removed)
    stored = _stored_values(model)
    arrays: dict[str, npt.NDArray[np.generic]] = {}
    for occurrence in groups.occurrences:
        dead = gone[occurrence.labels]
        if dead.any():
            array = arrays.setdefault(occurrence.tensor, _array(stored[occurrence.tensor]).copy())
            part = array if occurrence.rows is None else array[slice(*occurrence.rows)]
            part[(slice(None),) * occurrence.axis + (dead,)] = occurrence.blank
    return arrays


def stored_arrays(model: Model, names: Collection[str]) -> dict[str, npt.NDArray[np.generic]]:
    """The numbers of initializers and of outputs of Constant nodes, by name."""
    stored = _stored_values(model)
    return {name: _array(stored[name]) for name in names}


def surviving(groups: ChannelGroups, removed: Removed) -> dict[str, tuple[int, Flags]]:
    """Value name -> (axis, which positions along it survive), for every value that loses channels."""
    gone = groups.gone(removed)
    return {name: (lane.axis, ~gone[lane.labels]) for name, lane in groups.lanes.items() if gone[lane.labels].any()}


def facts_after(smaller: Model, groups: ChannelGroups, removed: Removed) -> Facts:
    """Facts of a cut model without inferring its shapes again.

    Constants are those of the model before; ones that count channels are out of date.
    """
    shapes = dict(groups.facts.shapes)
    for name, axes in sizes_after(groups, groups.gone(removed)).items():
        shapes[name] = tuple(axes.get(k, size) for k, size in enumerate(shapes[name]))
    for name, value in smaller.graph.graph.initializers.items():
        if value.const_value is not None:
            shapes[name] = tuple(int(d) for d in value.const_value.shape.numpy())
    return Facts(smaller.graph.graph, shapes, groups.facts.dtypes, groups.facts.constants)


def _refuse_empty(groups: ChannelGroups, removed: Removed) -> None:
    for lost in groups.emptied(removed):
        layers = ", ".join(sorted({key for key, _ in lost}))
        raise UserError(f"The cut would leave no channels behind layer '{layers}'.", "Remove fewer channels there.")


def _dead_positions(groups: ChannelGroups, gone: Flags) -> dict[str, dict[int, Flags]]:
    """Tensor name -> axis -> which positions are removed."""
    found: dict[str, dict[int, Flags]] = defaultdict(dict)
    for occurrence in groups.occurrences:
        dead = gone[occurrence.labels]
        if dead.any() and occurrence.rows is None:
            found[occurrence.tensor][occurrence.axis] = dead
    return found


def _dead_in_rows(groups: ChannelGroups, gone: Flags) -> dict[str, list[tuple[int, int, int, Flags]]]:
    """Tensor name -> (first row, row behind the last, axis, which positions are removed) of grouped convolutions."""
    found: dict[str, list[tuple[int, int, int, Flags]]] = defaultdict(list)
    for occurrence in groups.occurrences:
        if occurrence.rows is not None:
            found[occurrence.tensor].append((*occurrence.rows, occurrence.axis, gone[occurrence.labels]))
    return {name: parts for name, parts in found.items() if any(dead.any() for *_, dead in parts)}


def _without(array: npt.NDArray[np.generic], parts: list[tuple[int, int, int, Flags]]) -> npt.NDArray[np.generic]:
    """Every run of rows without the positions that its own group loses; all lose equally many."""
    return np.concatenate([np.compress(~dead, array[low:high], axis) for low, high, axis, dead in parts])


def _stored_values(model: Model) -> dict[str, ir.Value]:
    """Every value that holds a tensor: initializers and outputs of Constant nodes."""
    constants = {n.outputs[0].name or "": n.outputs[0] for n in model.nodes() if n.op_type == "Constant"}
    return {**constants, **model.graph.graph.initializers}


def _array(value: ir.Value) -> npt.NDArray[np.generic]:
    maker = value.producer()
    tensor = value.const_value if maker is None else maker.attributes.get_tensor("value")
    if tensor is None:
        raise UserError(f"The weight '{value.name}' has no numbers.", "Was its external data file moved?")
    array: npt.NDArray[np.generic] = tensor.numpy()
    return array


def _store(value: ir.Value, array: npt.NDArray[np.generic]) -> None:
    """Put an array of the same type in place of the tensor a value holds."""
    maker = value.producer()
    before = value.const_value if maker is None else maker.attributes.get_tensor("value")
    dtype, name = (None, None) if before is None else (before.dtype, before.name)
    tensor = ir.Tensor(np.ascontiguousarray(array), dtype, name=name)
    if maker is None:
        value.const_value = tensor
    else:
        maker.attributes["value"] = ir.AttrTensor("value", tensor)
        if value.const_value is not None:
            value.const_value = tensor
    value.shape = ir.Shape(array.shape)


def _shrink_annotations(new: Model, sizes: dict[str, dict[int, int]]) -> None:
    """Shapes written in the file are brought up to date; symbolic sizes elsewhere in them stay."""
    for node in new.nodes():
        for value in node.outputs:
            axes = sizes.get(value.name or "")
            if axes and value.shape is not None:
                value.shape = ir.Shape([axes.get(k, dim) for k, dim in enumerate(value.shape)])
