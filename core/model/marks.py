"""What is unusual about a graph: shown as marks beside the layers, never a reason to refuse opening it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import onnx
import onnx_ir as ir

from core.model.model import Model

_OURS = ("", "ai.onnx", "ai.onnx.ml")
_FLOATS = {"float16", "float32", "float64", "bfloat16"}


@dataclass(frozen=True, slots=True)
class Mark:
    """A sentence about one layer ('' where it is about the whole graph)."""

    layer: str
    sentence: str


def marks(model: Model) -> tuple[Mark, ...]:
    """Everything unusual: unknown operators, custom domains, NaN or Inf weights, free sizes.

    Reads every weight once (about 0.3 s per GB); never raises.
    """
    return (*operator_marks(model), *_bad_numbers(model.graph.graph.initializers.values()), *_free_sizes(model))


def layer_marks(model: Model, nodes: Iterable[ir.Node]) -> Iterator[Mark]:
    """What is unusual about some of the layers: their operator, and the numbers that are stored for them."""
    nodes = list(nodes)
    yield from operator_marks(model, nodes)
    stored = dict.fromkeys(v for n in nodes for v in n.inputs if v is not None and v.is_initializer())
    yield from _bad_numbers(stored)


def operator_marks(model: Model, nodes: Iterable[ir.Node] | None = None) -> Iterator[Mark]:
    """The layers (default: all) whose operator nobody but the file's author knows; reads no weights."""
    local = {(f.domain, f.name) for f in model.graph.functions.values()}
    imports = model.graph.opset_imports
    for node in model.nodes() if nodes is None else nodes:
        name, domain = node.name or "", "" if node.domain == "ai.onnx" else node.domain
        if (node.domain, node.op_type) in local:
            continue
        version = imports.get(domain, imports.get("ai.onnx") if not domain else None)
        if version is None:
            yield Mark(name, f"'{node.op_type}' is of domain '{domain or 'ai.onnx'}', which the file does not import.")
        elif domain not in _OURS:
            yield Mark(name, f"'{node.op_type}' is a custom operator of domain '{domain}'.")
        elif not _known(node.op_type, domain, version):
            yield Mark(name, f"'{node.op_type}' is no operator of opset {version}.")


@lru_cache(maxsize=4096)
def _known(operator: str, domain: str, version: int) -> bool:
    try:
        return not onnx.defs.get_schema(operator, version, domain).deprecated
    except onnx.defs.SchemaError:
        return False


def _bad_numbers(stored: Iterable[ir.Value]) -> Iterator[Mark]:
    for value in stored:
        if value.const_value is None:
            continue
        count = _not_finite(value.const_value)
        release = getattr(value.const_value, "release", None)
        if release is not None:  # it lies in a file: what was looked through need not stay in memory
            release()
        if count:
            readers = [n.name or "" for n in value.consumers()]
            sentence = f"Tensor '{value.name}' holds {count} values that are NaN or infinite."
            yield Mark(readers[0] if readers else "", sentence)


def _not_finite(tensor: ir.TensorProtocol) -> int:
    """How many values are NaN or Inf; 0 for types that cannot hold them and for tensors that cannot be read."""
    try:
        if tensor.dtype.numpy().name not in _FLOATS:
            return 0
        array = tensor.numpy()
        with np.errstate(all="ignore"):
            # one bad value makes the sum bad, so a finite sum settles it in one fast pass
            if np.isfinite(array.sum(dtype=np.float64 if array.dtype == np.float64 else np.float32)):
                return 0
            return int(array.size - np.count_nonzero(np.isfinite(array)))
    except (ValueError, TypeError, OSError):
        return 0


def _free_sizes(model: Model) -> Iterator[Mark]:
    for spec in model.inputs:
        free = [f"axis {k} ('{d or '?'}')" for k, d in enumerate(spec.shape) if k > 0 and not isinstance(d, int)]
        if free:
            yield Mark("", f"Input '{spec.name}' leaves {', '.join(free)} open; figures need a size for it.")
