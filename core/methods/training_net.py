"""What training has to know of a model's graph: its free batch, its class scores, its layers in scope.

torch is imported inside functions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import onnx_ir as ir

from core.data.tasks import class_scores
from core.errors import UserError
from core.methods.scope import Scope
from core.methods.training_data import with_free_batch
from core.model.model import InputSpec, Model

if TYPE_CHECKING:
    from torch import Tensor

    from core.execute.torch_graph import TorchGraph

_FORMS = ("Identity", "Flatten", "Reshape", "Squeeze", "Unsqueeze")
_PAIR = ("DequantizeLinear", "QuantizeLinear")
# inputs that are biases or scales whatever their axes: a bidirectional LSTM's biases are [2, 8 * hidden]
_NO_DECAY = {"LSTM": (3, 7), "GRU": (3,), "RNN": (3,), "LayerNormalization": (1, 2), "RMSNormalization": (1,)}


def training_inputs(net: TorchGraph, model: Model) -> tuple[InputSpec, ...]:
    """The model's inputs; a batch fixed in the file is freed where the graph itself works with any batch."""
    fixed = [s.shape[0] for s in model.inputs if s.shape and isinstance(s.shape[0], int)]
    if not fixed:
        return model.inputs
    free, other = with_free_batch(model.inputs), max(fixed) + 1
    try:
        outputs = probe(net, free, other)
    except UserError:  # some constant in the graph holds the batch
        return model.inputs
    return free if all(v.shape[:1] == (other,) for v in outputs.values()) else model.inputs


def probe(net: TorchGraph, inputs: Sequence[InputSpec], batch: int) -> dict[str, Tensor]:
    """The outputs for zeros in evaluation mode: tells shapes, changes nothing."""
    import torch

    was = net.training
    net.eval()
    with torch.no_grad():
        outputs: dict[str, Tensor] = net({s.name: torch.from_numpy(np.zeros(s.bound(batch), s.dtype)) for s in inputs})
    net.train(was)
    return outputs


def logits_name(model: Model, net: TorchGraph) -> tuple[str, int]:
    """(value that holds the class scores, number of classes).

    The scores before a final Softmax, even where its answer is given another form. Raises UserError
    where the model has no output of class scores.
    """
    outputs = {n: v.numpy() for n, v in probe(net, model.inputs, 1).items()}
    scores = class_scores(outputs)
    name = next(n for n, v in outputs.items() if np.may_share_memory(v, scores))
    value = next(v for v in model.graph.graph.outputs if v.name == name)
    while (source := _read_by(value, "Identity")) is not None:
        value = source
    name = value.name or name
    while (source := _read_by(value, *_FORMS, *_PAIR)) is not None:  # a quantized Softmax ends in a pair
        value = source
    logits = _read_by(value, "Softmax")
    return (name if logits is None else logits.name or name), int(scores.shape[1])


def _read_by(value: ir.Value, *operators: str) -> ir.Value | None:
    """What the layer that makes ``value`` makes it from, where it is one of these."""
    node = value.producer()
    return node.inputs[0] if node is not None and node.op_type in operators else None


def out_of_scope(model: Model, scope: Scope) -> frozenset[str]:
    """Initializers that only layers outside the scope read: they keep their numbers."""
    if scope.everything:
        return frozenset()
    values = model.graph.graph.initializers.items()
    return frozenset(name for name, v in values if not any(scope.contains(n) for n in _readers(v)))


def _readers(value: ir.Value) -> Iterator[ir.Node]:
    """The layers that read a value, also through the pair that quantizes it."""
    for use in value.uses():
        yield use.node
        if use.node.op_type in _PAIR and use.idx == 0:
            yield from _readers(use.node.outputs[0])


def never_decayed(model: Model) -> frozenset[str]:
    """Initializers that some layer reads as a bias or as the scale of a normalization, where their axes do not tell."""
    values = model.graph.graph.initializers.items()
    return frozenset(n for n, v in values if any(u.idx in _NO_DECAY.get(u.node.op_type, ()) for u in v.uses()))
