"""Which arithmetic evaluates a quantized graph: onnxruntime computes in integers only where it has kernels for them."""

from __future__ import annotations

import tempfile
from collections import OrderedDict
from pathlib import Path

import onnx_ir as ir

from core.errors import UserError
from core.execute.profile import ran_operators
from core.measure import host
from core.model.model import Model

_INTEGERS = frozenset({"QLinearConv", "QGemm", "QLinearMatMul", "MatMulIntegerToFloat", "ConvInteger", "MatMulInteger"})
_FLOATS = frozenset({"Conv", "FusedConv", "ConvTranspose", "Gemm", "FusedGemm", "MatMul", "FusedMatMul", "MatMulNBits"})
_WHAT = "convolutions and products in float32, not in integers as phones may."
_LARGEST = 256 << 20  # bytes: what is larger would be written to a disk for a sentence
_NOT_LOOKED_UP = "Which arithmetic onnxruntime used was not looked up."
_KNOWN: OrderedDict[int, str] = OrderedDict()  # by hash of the graph's bytes: several figures of one model ask
_KEPT = 32


def arithmetic(model: Model) -> str:
    """A sentence on what onnxruntime computes a quantized graph's convolutions and products in, on this processor.

    Integers of 8 bits are said with how they are summed; of layers in float32 how many there are: a phone may compute
    these in integers, and answer otherwise. '' where no convolution or product ran; where nobody looked (a graph above
    256 MB, or one that onnxruntime cannot run), the sentence says so.
    """
    data = ir.to_proto(model.graph).SerializeToString()
    if len(data) > _LARGEST:
        return _NOT_LOOKED_UP
    key = hash(data)
    if key not in _KNOWN:
        _KNOWN[key] = _sentence(data)
        while len(_KNOWN) > _KEPT:
            _KNOWN.popitem(last=False)
    return _KNOWN[key]


def _sentence(data: bytes) -> str:
    try:
        with tempfile.TemporaryDirectory() as folder:
            ran = ran_operators(data, Path(folder))
    except UserError:  # what cannot run is said by whoever runs it
        return _NOT_LOOKED_UP
    integers, floats = (sum(operator in kind for operator in ran) for kind in (_INTEGERS, _FLOATS))
    if not floats:
        return host.int8_arithmetic() if integers else ""
    if not integers:
        return f"onnxruntime computed all {floats} {_WHAT}"
    return f"{host.int8_arithmetic()} onnxruntime computed {floats} of {floats + integers} {_WHAT}"
