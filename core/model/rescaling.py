"""Factors on channels that leave a network's function as it is: found, and multiplied into its weights.

A channel that is multiplied by t > 0 in one layer's weights and bias and divided by t in the weights that read it
changes nothing, as long as what lies between scales with its input: Relu, MaxPool, Add of channels with the same
factor, and so on (the rules: :mod:`core.model.rescaling_rules`). A Clip scales only below its upper bound; those on the
way are listed, and whoever chooses factors has to mind them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import onnx_ir as ir

from core.model.channel_checks import final_uses, stored_values
from core.model.channel_labels import Ints, Lane, Occurrence
from core.model.collector import resting_collector
from core.model.facts import Facts, infer
from core.model.model import Model
from core.model.rescaling_rules import Bound, Factors, visit

Array64 = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Rescaling:
    """Which channels may have a factor. Channels are classes of labels: a class has one factor.

    ``root_of``: label -> its class (0: none). ``free``: for every label whether its class may have a factor other
    than 1. ``lanes``: value name -> the labels it carries. ``occurrences``: every axis of a stored tensor that is
    multiplied ("produces", "carries") or divided ("reads"). ``bounds``: see :class:`Bound`. ``reasons``: class -> why
    it is not free.
    """

    facts: Facts = field(repr=False)
    root_of: Ints = field(repr=False)
    free: npt.NDArray[np.bool_] = field(repr=False)
    lanes: Mapping[str, Lane] = field(repr=False)
    occurrences: tuple[Occurrence, ...] = field(repr=False)
    bounds: tuple[Bound, ...] = field(repr=False)
    reasons: Mapping[int, str] = field(repr=False)

    def roots(self, labels: Ints) -> Ints:
        """The classes of labels, 0 where there is none or it is not free."""
        return np.where(self.free[labels], self.root_of[labels], 0)


def find_rescaling(model: Model, facts: Facts | None = None, fixed: Iterable[tuple[ir.Value, str]] = ()) -> Rescaling:
    """Nothing is run and nothing is changed. ``fixed``: values that must stay what they are, and why.

    Raises UserError where an input's size is unknown (see :func:`core.model.facts.infer`).
    """
    with resting_collector():
        state = Factors(facts or infer(model), model.opset)
        constant = state.facts.constant_nodes
        for node in model.nodes():
            if id(node) not in constant and not (node.outputs and all(state.is_static(o) for o in node.outputs)):
                visit(state, node)
        for out in model.graph.graph.outputs:
            state.lock_value(out, "it is an output of the graph")
        for value, why in fixed:
            state.lock_value(value, why)
        _lock_shared_tensors(state)
        root_of = state.classes.all_roots()
        reasons = {root: why for labels, why in reversed(state.locks) for root in np.unique(root_of[labels]).tolist()}
        stored = np.zeros(len(root_of), bool)
        for occurrence in state.occurrences:
            stored[root_of[occurrence.labels]] = True
        free = stored[root_of] & ~np.isin(root_of, list(reasons)) & (root_of > 0)
        return Rescaling(
            state.facts, root_of, free, state.lanes, tuple(state.occurrences), tuple(state.bounds), reasons
        )


def _lock_shared_tensors(state: Factors) -> None:
    """A tensor that several layers read, or that is an output, stays as it is."""
    by_tensor: dict[str, list[Occurrence]] = defaultdict(list)
    for occurrence in state.occurrences:
        by_tensor[occurrence.tensor].append(occurrence)
    for value in stored_values(state.facts.graph):
        found = by_tensor.get(value.name or "", ())
        if found and (value.is_graph_output() or len(final_uses(state, value)) > 1):
            for occurrence in found:
                state.lock(occurrence.labels, f"its weight '{value.name}' is read elsewhere, too")


def rescaled(model: Model, rescaling: Rescaling, factors: Array64) -> Model:
    """A clone with the factors in its weights. ``factors``: one number above 0 for every label's class, by class.

    Tensors keep their names, types and masks; numbers are multiplied in float64 and rounded once. A tensor between
    whose class and layer something stands (a Transpose of a weight) is changed where it is stored.
    """
    new = model.clone()
    graph = new.graph.graph
    by_tensor: dict[str, list[Occurrence]] = defaultdict(list)
    for occurrence in rescaling.occurrences:
        by_tensor[occurrence.tensor].append(occurrence)
    for value in stored_values(graph):
        found = by_tensor.get(value.name or "", ())
        applied = [(o, factors[rescaling.roots(o.labels)]) for o in found]
        if any((f != 1).any() for _, f in applied):
            _multiply(graph, value, applied)
    return new


def _multiply(graph: ir.Graph, value: ir.Value, applied: list[tuple[Occurrence, Array64]]) -> None:
    tensor = _tensor(value)
    old = tensor.numpy()
    array = np.array(old, np.float64)
    for occurrence, factor in applied:
        part = array if occurrence.rows is None else array[slice(*occurrence.rows)]
        along = factor.reshape([-1 if k == occurrence.axis else 1 for k in range(array.ndim)])
        part *= 1 / along if occurrence.role == "reads" else along
    made = ir.tensor(array.astype(old.dtype), name=value.name)
    if value.name in graph.initializers:
        value.const_value = made
    else:
        maker = value.producer()
        assert maker is not None, "a stored value is an initializer or a Constant's"
        maker.attributes["value"] = ir.AttrTensor("value", made)
        value.const_value = made


def _tensor(value: ir.Value) -> ir.TensorProtocol:
    maker = value.producer()
    if maker is not None:
        return maker.attributes["value"].as_tensor()
    assert value.const_value is not None, "an initializer has a tensor"
    return value.const_value
