"""Our own direct ONNX to TFLite writer. Importing this package imports no runtime and no flatbuffer code."""

from __future__ import annotations

from pathlib import Path

from core.data.dataset import DataSet
from core.exporters.exporter import Exported, exporter
from core.jobs import Job
from core.model.model import Model


@exporter("tflite", title="TFLite (.tflite)", suffix=".tflite")
def write_tflite(model: Model, path: Path, check: DataSet | None, job: Job) -> Exported:
    """Write a TFLite file, float or int8 as the graph says, run it in LiteRT beside onnxruntime and compare.

    Raises UnsupportedOperator naming a layer that TFLite cannot express, UserError where LiteRT is not installed or
    the file computes something else; nothing is left at ``path`` then.
    """
    from core.exporters.tflite.export import export

    return export(model, path, check, job)
