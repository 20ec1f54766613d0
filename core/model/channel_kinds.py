"""What the channels of a group are to a transformer: its heads, the hidden width of its MLP, or plain channels.

Found from what layers do, not from their names. Heads: labels that ran along a batch axis of a product of computed
matrices. Hidden width: made by layers that treat every position alone (MatMul, Gemm, 1x1 Conv), read by such layers
only, with nothing but activations and biases between, and next to a LayerNormalization: either the making layer reads
a normalized value (pre-norm, ConvNeXt too) or what the reading layer gives is added and normalized (post-norm, BERT).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, Protocol

import numpy as np
import onnx_ir as ir

from core.model.channel_labels import Ints, Labelling, Role
from core.model.model import layer_name

Kind = Literal["channels", "heads", "hidden"]
_MOVES = {"Identity", "Cast", "Dropout", "Reshape", "Transpose", "Flatten", "Squeeze", "Unsqueeze"}
_NORMS = {"LayerNormalization", "RMSNormalization", "SimplifiedLayerNormalization"}
_STEPS = 12


class _Member(Protocol):
    @property
    def layer(self) -> str: ...
    @property
    def role(self) -> Role: ...


class Kinds:
    """Answers for the groups of one labelled graph."""

    def __init__(self, state: Labelling) -> None:
        self._state = state
        stacked = [state.classes.roots(labels) for labels in state.stacked]
        self._heads = frozenset(np.unique(np.concatenate(stacked)).tolist()) if stacked else frozenset()
        self._nodes = {layer_name(node): node for node in state.facts.graph}
        self._has_norms = any(n.op_type in _NORMS or n.op_type == "Sqrt" for n in state.facts.graph)

    def kind_of(self, roots: Ints, members: Sequence[_Member]) -> Kind:
        """``roots``: the classes of a group's units."""
        if self._heads and self._heads.intersection(roots.tolist()):
            return "heads"
        return "hidden" if self._has_norms and self._is_hidden(members) else "channels"

    def _is_hidden(self, members: Sequence[_Member]) -> bool:
        makers, readers, carriers = (
            {m.layer for m in members if m.role == role} for role in ("produces", "reads", "carries")
        )
        if not makers or not readers or not all(self._is_linear(name) for name in makers | readers):
            return False
        if any(self._nodes[name].op_type != "Add" for name in carriers - makers):
            return False
        if all(self._walk(self._nodes[name].inputs[0], self._source) for name in makers):
            return True
        return all(self._walk(self._nodes[name].outputs[0], self._result) for name in readers)

    def _is_linear(self, name: str) -> bool:
        node = self._nodes[name]
        if node.op_type == "Conv":
            kernel = self._state.facts.shape(node.inputs[1]) or ()
            return node.attributes.get_int("group", 1) == 1 and set(kernel[2:]) <= {1}
        return node.op_type in ("MatMul", "Gemm")

    def _walk(self, value: ir.Value | None, step: Callable[[ir.Value], ir.Value | bool | None]) -> bool:
        """Go from value to value until a normalization is met (True) or nothing leads on (False)."""
        for _ in range(_STEPS):
            if value is None:
                return False
            found = step(value)
            if found is None or isinstance(found, bool):
                return bool(found)
            value = found
        return False

    def _source(self, value: ir.Value) -> ir.Value | bool | None:
        """Backwards: through moves, and through the scale and shift of a normalization that is written out."""
        node = value.producer()
        if node is None:
            return None
        if node.op_type in _NORMS:
            return True
        if node.op_type in _MOVES:
            return node.inputs[0]
        if node.op_type == "Div":
            return _made_by(node.inputs[1], "Sqrt")
        if node.op_type in ("Add", "Mul"):
            if any(_made_by(v, "Reciprocal") and _made_by(v.producer().inputs[0], "Sqrt") for v in node.inputs if v):  # type: ignore[union-attr]
                return True
            computed = [v for v in node.inputs if not self._state.is_static(v)]
            return computed[0] if len(computed) == 1 else None
        return None

    def _result(self, value: ir.Value) -> ir.Value | bool | None:
        """Forwards: through moves and additions to what normalizes the sum."""
        nodes = list(dict.fromkeys(use.node for use in value.uses()))
        if any(node.op_type in _NORMS for node in nodes):
            return True
        if any(node.op_type == "ReduceMean" for node in nodes):
            return any(node.op_type == "Sub" for node in nodes)
        if len(nodes) == 1 and (nodes[0].op_type in _MOVES or nodes[0].op_type == "Add"):
            return nodes[0].outputs[0]
        return None


def _made_by(value: ir.Value | None, operator: str) -> bool:
    maker = value.producer() if value is not None else None
    return maker is not None and maker.op_type == operator
