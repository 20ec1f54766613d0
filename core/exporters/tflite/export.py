"""The whole act of exporting TFLite: convert, check the rules, write aside, prove, keep."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from core.data.dataset import DataSet
from core.errors import UserError
from core.execute.litert_session import litert_available
from core.exporters.exporter import Exported, Proof
from core.exporters.proof import Inputs, inputs_for, prove, refuse_unproven, written_aside
from core.exporters.tflite.candidate import litert_candidate
from core.exporters.tflite.convert import Converted, Options, convert
from core.exporters.tflite.layer_by_layer import ByLayers, by_layers
from core.exporters.tflite.rules import broken_rules
from core.exporters.tflite.where import first_difference
from core.jobs import Job
from core.model.model import Model, quantized
from core.model.qdq_tensors import quantized_here

_IN_8_BITS = (
    "The 4-bit weights of convolutions are stored in 8 bits: LiteRT's kernels for 4 bits round otherwise than "
    "onnxruntime, by more than a proof allows in this network."
)


def export(model: Model, path: Path, check: DataSet | None, job: Job) -> Exported:
    """See :func:`core.exporters.tflite.write_tflite`."""
    if not litert_available():
        raise UserError("TFLite export needs LiteRT, which is not installed.", "pip install ai-edge-litert.")
    job.progress(0.0, "Writing TFLite")
    inputs = inputs_for(model, check)
    converted = convert(model)
    try:
        return _proven(model, converted, path, inputs, job)
    except _Unproven as failure:
        proof = failure.proof
    small = convert(model, Options(four_bit_convolutions=False))
    if small.data != converted.data:
        converted = replace(small, notes=(*small.notes, _IN_8_BITS))
        try:
            return _proven(model, converted, path, inputs, job)
        except _Unproven as failure:
            proof = failure.proof
    return _proven_by_layers(model, converted, path, inputs, proof, job)


class _Unproven(Exception):
    def __init__(self, proof: Proof) -> None:
        self.proof = proof


def _proven(model: Model, converted: Converted, path: Path, inputs: Inputs, job: Job) -> Exported:
    """The file at ``path``, or _Unproven with nothing written where it gives other results than the revision."""
    broken = broken_rules(converted.data)
    if broken:
        raise UserError(f"The file was not kept: {broken[0]}.", "Quantize the model again with Thimble's own method.")
    with written_aside(path, converted.data) as aside:
        candidate = litert_candidate(aside.read_bytes(), converted)
        with job.stage(0.2, 1.0):
            proof = prove(model, candidate, inputs, job)
        if not proof.passed:
            raise _Unproven(proof)
    return Exported(path, path.stat().st_size, converted.ops, proof, converted.notes)


def _proven_by_layers(
    model: Model, converted: Converted, path: Path, inputs: Inputs, proof: Proof, job: Job
) -> Exported:
    """The file at ``path`` if every layer holds for itself though the outputs differ; refuses otherwise."""
    found: ByLayers | None = None
    if quantized(model):
        with suppress(UserError):  # no proof then: the failed one says what is wrong
            found = by_layers(model, converted, inputs, job)
    if found is None or not found.passed:
        refuse_unproven(proof, path, _where(model, converted, inputs), _hint(model))
        raise _Unproven(proof)  # not reached: the proof failed
    proof = replace(proof, passed=True, by_layers=found.most, by_layers_n=found.n)
    with written_aside(path, converted.data):
        notes = (*converted.notes, found.note())
    return Exported(path, path.stat().st_size, converted.ops, proof, notes)


def _hint(model: Model) -> str:
    """'' where Thimble's quantization is what may help: not for what it has quantized already."""
    if not quantized_here(model):
        return ""
    return "Give the layers around it the same type, 8 or 16 bits or float; export to ONNX keeps the revision as it is."


def _where(model: Model, converted: Converted, inputs: Inputs) -> str:
    feed = next(iter(inputs.feeds()))
    try:
        name = first_difference(model, converted, feed)
    except UserError:  # the search must not hide the failure it is to explain
        name = ""
    return f" The first layer that differs is '{name}'." if name else ""
