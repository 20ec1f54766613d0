"""Where a written file begins to differ from its revision: inner values compared by name, layer by layer."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from core.execute.runtimes import onnx_session
from core.exporters.proof import Feed
from core.exporters.tflite.convert import Converted
from core.exporters.tflite.layout import Layout
from core.model.model import Model

_FLOAT_GAP = 1e-3  # of the value's own magnitude: well above what sums in another order differ by
_INT8_GAP = 3  # steps; plain kernels round otherwise than XNNPACK, which hides inner values


def first_difference(model: Model, converted: Converted, feed: Feed) -> str:
    """Name of the first layer whose result differs clearly, '' where none does (or none can be seen)."""
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    interpreter = Interpreter(
        model_content=converted.data,
        experimental_preserve_all_tensors=True,
        experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
    )
    interpreter.allocate_tensors()
    details = {d["name"]: d for d in interpreter.get_tensor_details()}
    produced = {o.name: n for n in model.nodes() for o in n.outputs}
    names = [n for n in produced if n in converted.values and n in details and n not in model.output_names]
    wanted = onnx_session(model, optimized=False, taps=[n for n in names if n]).run(feed)
    for detail in interpreter.get_input_details():
        array = np.transpose(feed[detail["name"]], converted.inputs[detail["name"]])
        interpreter.set_tensor(detail["index"], _stored(array, detail))
    interpreter.invoke()
    for name in names:
        detail = details[name]
        given = interpreter.get_tensor(detail["index"])
        if name in wanted and _differs(wanted[name], given, detail, converted.values[name]):
            node = produced[name]
            return node.name or name or ""
    return ""


def _stored(array: npt.NDArray[Any], detail: dict[str, Any]) -> npt.NDArray[Any]:
    scale, zero = detail["quantization"]
    if not scale:
        return np.asarray(array, detail["dtype"])
    steps: npt.NDArray[Any] = np.clip(np.rint(array / np.float32(scale)) + zero, -128, 127).astype(np.int8)
    return steps


def _differs(wanted: npt.NDArray[Any], given: npt.NDArray[Any], detail: dict[str, Any], layout: Layout) -> bool:
    if wanted.dtype.kind != "f" or given.dtype not in (np.float32, np.int8):
        return False
    scale, zero = detail["quantization"]
    real = (given.astype(np.float64) - zero) * scale if scale else given.astype(np.float64)
    stored = np.transpose(wanted.astype(np.float64), layout.perm)
    if stored.size != real.size:
        return True
    gap = float(np.abs(stored.reshape(-1) - real.reshape(-1)).max(initial=0.0))
    limit = _INT8_GAP * scale if scale else _FLOAT_GAP * max(1.0, float(np.abs(stored).max(initial=0.0)))
    return gap > limit
