"""Time per layer: what onnxruntime ran is led back to the layers it ran, fused or not."""

from __future__ import annotations

from pathlib import Path

import onnx
import onnx_ir as ir
import pytest

from core.errors import Cancelled, UserError
from core.execute.profile import RanNode, profile
from core.execute.runtimes import onnx_session
from core.formats.open import open_model
from core.jobs import Job
from core.measure.latency import feed_for, latency
from core.measure.layer_latency import LayerLatency, attributed, layer_latency
from core.model.model import Model
from core.project.context import context_for
from core.project.recipe import Step, checked, run_step
from core.tasks import TASKS
from tests.conftest import SAMPLE, network_path


def groups(found: LayerLatency) -> list[set[str]]:
    """Names of the layers that share a time."""
    out: dict[int, set[str]] = {}
    for name, time in zip(found.names, found.layers, strict=True):
        if time is not None:
            out.setdefault(time.group, set()).add(name)
    return list(out.values())


def test_as_written_every_layer_has_a_time_of_its_own(tmp_path: Path) -> None:
    model = open_model(network_path("resnet20"))
    found = layer_latency(model, tmp_path, runs=4, optimized=False)
    assert all(len(group) == 1 for group in groups(found))
    timed = {name for group in groups(found) for name in group}
    layers = {n.name for n in model.nodes() if n.op_type in ("Conv", "Relu", "Add", "BatchNormalization")}
    assert layers <= timed
    assert not any(n.name in timed for n in model.nodes() if n.op_type == "Constant")
    assert "onnxruntime, 1 thread" in found.on
    assert found.runs == 4


def test_optimized_fused_layers_share_the_time_of_their_group(tmp_path: Path) -> None:
    found = layer_latency(open_model(network_path("resnet20")), tmp_path, runs=4)
    block = "/layer1/layer1.0"
    assert {f"{block}/conv1/Conv", f"{block}/bn1/BatchNormalization", f"{block}/Relu"} in groups(found)
    assert any({f"{block}/conv2/Conv", f"{block}/bn2/BatchNormalization"} <= g for g in groups(found))
    convolutions = [n for n in found.names if n.endswith("/Conv")]
    assert len({t.group for n, t in zip(found.names, found.layers, strict=True) if t and n in convolutions}) == 19


def test_what_ran_is_accounted_for_once(tmp_path: Path) -> None:
    model = open_model(network_path("squeezenet"))
    (tmp_path / "p").mkdir()
    found = layer_latency(model, tmp_path / "p", runs=8)
    (tmp_path / "q").mkdir()
    nodes = profile(
        ir.to_proto(model.graph).SerializeToString(),
        lambda session: feed_for(session, model.inputs),
        tmp_path / "q",
        runs=8,
        warmup=2,
    )
    session = onnx_session(model)
    (whole,) = latency([("m", session, feed_for(session, model.inputs))], rounds=8)
    assert len({t.group for t in found.layers if t is not None}) <= len(nodes)
    assert 0.3 * whole.median.value < found.total < 1.5 * whole.median.value, "the layers come to the whole"


def test_a_quantized_network_is_led_back_to_its_layers(tmp_path: Path) -> None:
    quantized = _quantized()
    found = layer_latency(quantized, tmp_path, runs=4)
    first = next(n for n in quantized.nodes() if n.op_type == "Conv")
    (group,) = [g for g in groups(found) if first.name in g]
    kinds = {n.op_type for n in quantized.nodes() if n.name in group}
    assert kinds >= {"Conv", "QuantizeLinear"}, "a group of QDQ ends with its quantizer"
    assert found.other < 0.2 * found.total, "next to nothing belongs to no layer"


def _quantized() -> Model:
    step = checked(
        Step.from_json({"method": "quantize.int8", "params": {}, "data": str(SAMPLE.with_name("digits.npz"))})
    )[2]
    model, ctx = context_for(open_model(SAMPLE), step, job=Job(), threads=1)
    done = run_step(model, step, ctx).model
    assert done is not None
    return done


def test_what_nobody_kept_belongs_to_its_only_reader_and_what_belongs_to_none_is_said() -> None:
    graph = onnx.parser.parse_graph(
        "g (float[1,4] x) => (float[1,4] y) { a = Relu(x) b = Sigmoid(a) c = Tanh(b) d = Add(c, c) y = Mul(d, x) }"
    )
    nodes = list(ir.serde.deserialize_graph(graph))
    ran = [
        RanNode("fused", "Fused", ("b",), (1.0, 3.0)),
        RanNode("d_nchwc", "Fused", ("t",), (2.0, 2.0)),
        RanNode("move", "ReorderOutput", ("u",), (0.5, 0.5)),
        RanNode("m", "Mul", ("y",), (4.0, 4.0)),
        RanNode("again", "ReorderOutput", ("y",), (1.0, 1.0)),
    ]
    times, other = attributed(nodes, {"y"}, ran)
    assert [None if t is None else (t.ms, t.group) for t in times] == [(2, 0), (2, 0), (2, 1), (2, 1), (5, 3)]
    assert other == 0.5


def test_it_can_be_cancelled_and_refuses_no_runs(tmp_path: Path) -> None:
    model = open_model(SAMPLE)
    with pytest.raises(UserError, match="at least one run"):
        layer_latency(model, tmp_path, runs=0)
    job = Job()
    job.cancel()
    with pytest.raises(Cancelled):
        layer_latency(model, tmp_path, job=job)


def test_the_worker_measures_both(tmp_path: Path) -> None:
    found = TASKS.get("layer_latency").do({"model": str(SAMPLE), "runs": 2}, Job(), tmp_path)
    assert found["optimized"]["optimized"]
    assert not found["written"]["optimized"]
    names = [n.name for n in open_model(SAMPLE).nodes()]
    assert found["written"]["names"] == names
    assert len(found["optimized"]["ms"]) == len(found["optimized"]["groups"]) == len(names)
    assert list(tmp_path.iterdir()) == []
