"""How large a model is once it is compressed, as in an app's package or a download."""

from __future__ import annotations

import zlib

import onnx_ir as ir

from core.jobs import Job
from core.model.model import Model
from core.report import Measure

LEVEL = 6  # zlib's own default, and that of most packers
_AT_ONCE = 1 << 22  # bytes


def zipped(model: Model, job: Job | None = None) -> Measure:
    """Bytes of the model's .onnx file compressed with zlib at level 6: measured, the file is made and compressed."""
    data = memoryview(ir.to_proto(model.graph).SerializeToString())
    packer, total = zlib.compressobj(LEVEL), 0
    for start in range(0, len(data), _AT_ONCE):
        if job is not None:
            job.progress(start / len(data), "Compressing the file to see its size")
        total += len(packer.compress(data[start : start + _AT_ONCE]))
    return Measure(total + len(packer.flush()), "B", "measured", f"the .onnx file, zlib level {LEVEL}")
