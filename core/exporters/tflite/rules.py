"""Rules of quantization that TFLite runtimes break silently: read back from the file, trusting nothing of its writer.

FACTS.md lists what happens where each is broken; most plain kernels compute on with the wrong scale.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from core.exporters.tflite.builder import ALIGNMENT

_KEEPS_SCALE = (
    *("MAX_POOL_2D", "AVERAGE_POOL_2D", "RESHAPE", "TRANSPOSE", "SLICE", "STRIDED_SLICE", "SPLIT", "SPLIT_V"),
    *("PAD", "PADV2", "MIRROR_PAD", "CONCATENATION", "GATHER", "RESIZE_NEAREST_NEIGHBOR", "REDUCE_MAX", "BROADCAST_TO"),
)
_FIXED = {"SOFTMAX": (1 / 256, -128), "LOGISTIC": (1 / 256, -128), "TANH": (1 / 128, 0)}
_FIXED_INT16 = (1 / 32768, 0)
_CHANNEL_AXIS = {"CONV_2D": 0, "FULLY_CONNECTED": 0, "DEPTHWISE_CONV_2D": 3, "TRANSPOSE_CONV": 0}
_INT8, _INT16, _FLOAT32 = schema.TensorType.INT8, schema.TensorType.INT16, schema.TensorType.FLOAT32
_BIAS = {_INT8: schema.TensorType.INT32, _INT16: schema.TensorType.INT64}
_WEIGHTS = {_INT8: (_INT8, schema.TensorType.INT4), _INT16: (_INT8,)}
_NAMES = {number: name for name, number in vars(schema.BuiltinOperator).items() if isinstance(number, int)}


@dataclass(frozen=True, slots=True)
class _Operator:
    name: str
    inputs: tuple[Any, ...]
    outputs: tuple[Any, ...]

    @property
    def layer(self) -> tuple[Any, ...]:
        """Of an operator with weights: activations, weights, and a bias where there is one."""
        if self.name == "TRANSPOSE_CONV":  # its first input is the shape of its output
            return (self.inputs[2], self.inputs[1], *self.inputs[3:])
        return self.inputs

    @property
    def where(self) -> str:
        return f"{self.name} '{_text(self.outputs[0].name)}'"


def broken_rules(data: bytes) -> list[str]:
    """One sentence (without full stop) for every rule of int8 and of alignment that the file breaks."""
    model = schema.ModelT.InitFromPackedBuf(data, 0)
    found = _misaligned(data)
    graph = model.subgraphs[0]
    for op in graph.operators or ():
        name = _NAMES[model.operatorCodes[op.opcodeIndex].builtinCode]
        pick = graph.tensors
        inputs = tuple(pick[i] for i in op.inputs if i >= 0)
        operator = _Operator(name, inputs, tuple(pick[i] for i in op.outputs))
        for rule in _RULES:
            found += rule(operator)
    return found


def _text(name: Any) -> str:
    return name.decode() if isinstance(name, bytes) else str(name)


def _scale(tensor: Any) -> tuple[float, int] | None:
    if tensor.type not in _BIAS or tensor.quantization is None or tensor.quantization.scale is None:
        return None
    return float(tensor.quantization.scale[0]), int(tensor.quantization.zeroPoint[0])


def _keeps_scale(op: _Operator) -> Sequence[str]:
    scales = {s for t in (*op.inputs, *op.outputs) if (s := _scale(t)) is not None}
    if op.name not in _KEEPS_SCALE or len(scales) < 2:
        return ()
    return (f"{op.where} cannot rescale, but its inputs and outputs have {len(scales)} different scales",)


def _fixed_scale(op: _Operator) -> Sequence[str]:
    found = _scale(op.outputs[0])
    if op.name not in _FIXED or found is None:
        return ()
    wanted = _FIXED_INT16 if op.outputs[0].type == _INT16 else _FIXED[op.name]
    kind = "int16" if op.outputs[0].type == _INT16 else "int8"
    return () if found == wanted else (f"{op.where} has the {kind} scale {found[0]:.6g} instead of {wanted[0]:.6g}",)


def _one_kind(op: _Operator) -> Sequence[str]:
    """An operator does not mix integers with float, except those that change one into the other."""
    kinds = {t.type for t in (*op.inputs, *op.outputs)}
    if op.name in ("QUANTIZE", "DEQUANTIZE") or _FLOAT32 not in kinds or not kinds & {_INT8, _INT16}:
        return ()
    return (f"{op.where} mixes {'int16' if _INT16 in kinds else 'int8'} with float",)


def _one_width(op: _Operator) -> Sequence[str]:
    """Nor 8 with 16 bits: kernels ask for one type, or read one for the other."""
    if op.name == "QUANTIZE":
        return ()
    inputs = op.layer[:1] if op.name in _CHANNEL_AXIS else op.inputs
    kinds = {t.type for t in (*inputs, *op.outputs)}
    return (f"{op.where} mixes int8 with int16",) if {_INT8, _INT16} <= kinds else ()


def _symmetric(op: _Operator) -> Sequence[str]:
    """Kernels of int16 activations know no zero point."""
    if any(t.type == _INT16 and (found := _scale(t)) is not None and found[1] != 0 for t in (*op.inputs, *op.outputs)):
        return (f"{op.where} has an int16 activation with a zero point other than 0",)
    return ()


def _layer(op: _Operator) -> Sequence[str]:
    if op.name not in _CHANNEL_AXIS or op.layer[0].type not in _BIAS:
        return ()
    if len(op.layer) < 3:
        return (f"{op.where} has no bias",)
    x, weights, bias = op.layer[:3]
    weight_scale = np.asarray(weights.quantization.scale, np.float64)
    found = []
    if weights.type not in _WEIGHTS[x.type]:
        found.append(f"{op.where} has weights of a type that its kernel does not read")
    if np.any(weights.quantization.zeroPoint):
        found.append(f"{op.where} has weights with a zero point other than 0")
    if weight_scale.size > 1 and weights.quantization.quantizedDimension != _CHANNEL_AXIS[op.name]:
        found.append(f"{op.where} has its weight scales on the wrong axis")
    if bias.type != _BIAS[x.type] or bias.quantization is None or bias.quantization.scale is None:
        return [*found, f"{op.where} has a bias that is not a quantized {'int64' if x.type == _INT16 else 'int32'}"]
    wanted = np.float64(x.quantization.scale[0]) * weight_scale
    given = np.asarray(bias.quantization.scale, np.float64)
    if given.shape != wanted.shape or not np.allclose(given, wanted, rtol=1e-6, atol=0):
        found.append(f"{op.where} has a bias scale other than that of its input times that of its weights")
    return found


def _misaligned(data: bytes) -> list[str]:
    """Buffers have to lie on 16-byte boundaries: runtimes map them and read vectors of that width."""
    model = schema.Model.GetRootAs(data, 0)
    found = []
    for k in range(model.BuffersLength()):
        buffer = model.Buffers(k)
        if buffer.DataLength():
            start = buffer._tab.Vector(buffer._tab.Offset(4))
            if start % ALIGNMENT:
                found.append(f"buffer {k} does not lie on a {ALIGNMENT}-byte boundary")
    return found


_RULES: tuple[Callable[[_Operator], Sequence[str]], ...] = (
    _keeps_scale,
    _fixed_scale,
    _one_kind,
    _one_width,
    _symmetric,
    _layer,
)
