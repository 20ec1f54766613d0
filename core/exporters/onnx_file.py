"""ONNX: the graph as it is, in one file, with its metadata."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import onnx_ir as ir

from core.data.dataset import DataSet
from core.errors import UserError
from core.exporters.exporter import Exported, exporter
from core.exporters.proof import Candidate, inputs_for, prove, refuse_unproven, written_aside
from core.jobs import Job
from core.model.history import without_local_paths
from core.model.model import LABELS, PREPROCESSING, RECIPE, Model
from core.model.stored_weights import kind_of

_LIMIT = 2**31 - 1  # what a protobuf message can hold


@exporter("onnx", title="ONNX (.onnx)", suffix=".onnx")
def write_onnx(model: Model, path: Path, check: DataSet | None, job: Job) -> Exported:
    """Write the graph, check it with the ONNX checker, open it again in onnxruntime and compare outputs.

    Raises UserError above 2 GB, where the checker refuses the graph, or where the file computes something else;
    nothing is left at ``path`` then.
    """
    from core.execute.runtimes import OnnxSession

    inputs = inputs_for(model, check)
    job.progress(0.0, "Writing ONNX")
    data = _serialized(_with_metadata(model))
    with written_aside(path, data) as aside:
        _check(aside)
        session = OnnxSession(aside, exact=True, weights_alone=kind_of(model.nodes()) == "weights")
        with job.stage(0.2, 1.0):
            proof = prove(model, Candidate(session.run), inputs, job)
        refuse_unproven(proof, path)
    ops = dict(Counter(node.op_type for node in model.nodes()).most_common())
    return Exported(path, path.stat().st_size, ops, proof)


def _with_metadata(model: Model) -> ir.Model:
    """A copy of the graph that also says what the Model knows beside it; weights on disk are read in."""
    graph = model.graph.clone()
    steps = {s.name: s.preprocessing.to_json() for s in model.inputs if s.preprocessing is not None}
    if steps:
        graph.metadata_props[PREPROCESSING] = json.dumps(steps)
    if model.labels:
        graph.metadata_props[LABELS] = json.dumps(list(model.labels))
    if RECIPE in graph.metadata_props:
        graph.metadata_props[RECIPE] = without_local_paths(graph.metadata_props[RECIPE])
    ir.external_data.load_to_model(graph)
    return graph


def _serialized(graph: ir.Model) -> bytes:
    size = sum(v.const_value.nbytes for v in graph.graph.initializers.values() if v.const_value is not None)
    if size >= _LIMIT:
        raise UserError(
            f"The model has {size / 1e9:.1f} GB of weights; one ONNX file holds at most 2 GB.",
            "Quantize or prune it first.",
        )
    data: bytes = ir.to_proto(graph).SerializeToString()
    return data


def _check(file: Path) -> None:
    import onnx

    try:
        onnx.checker.check_model(str(file))
    except onnx.checker.ValidationError as error:
        first = str(error).strip().splitlines()[0].rstrip(".")
        raise UserError(f"The graph is not valid ONNX: {first}.") from error
