"""What a comparison says of a quantized model beside its float one: slower where it is, in which runtime and layers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.jobs import Job, Progress
from core.measure.accuracy import Judged, change_of_top1
from core.measure.latency import Latency
from core.measure.statistics import median_interval
from core.methods.method import Context, load_methods
from core.methods.quantize.weights import Params as WeightsOnly
from core.project.beside_first import slower_quantized
from core.project.comparing import Candidate, measure_latency
from core.report import Measure
from tests.core.qdq_graphs import Arrays, network, node, quantized, weights


def timed(times: list[float]) -> Latency:
    values = np.asarray(times)
    median = Measure(float(np.median(values)), "ms", "measured", "a machine", len(values), median_interval(values))
    return Latency("m", "r", 1, median, 0.0, 0.0, 0.0, tuple(times))


@pytest.mark.parametrize(
    ("after", "said"),
    [([2.0 + 0.01 * k for k in range(9)], True), ([1.0] * 9, False), ([0.5] * 6 + [9.0] * 3, False)],
)
def test_slower_is_said_where_the_rounds_show_it(after: list[float], said: bool) -> None:
    model = network([node("Conv", "x w", "y")], {"w": weights(4, 3, 3, 3)}, (3, 8, 8))
    int8 = quantized(model, Arrays((3, 8, 8), 8)).model
    pair = (timed([1.0 + 0.01 * k for k in range(9)]), timed(after))
    found = slower_quantized(model, int8, {"litert": pair}, 1, Job())
    assert [s.startswith("In LiteRT it is slower quantized than in float: 2.04 ms against 1.04 ms") for s in found] == (
        [True] if said else []
    )
    stored = load_methods().get("quantize.weights").run(model, WeightsOnly(), Context()).model
    assert len(slower_quantized(model, stored, {"litert": pair}, 1, Job())) == said, "weights stored alone too"
    assert slower_quantized(int8, int8, {"litert": pair}, 1, Job()) == [], "the first one is not float"
    assert slower_quantized(model, model, {"litert": pair}, 1, Job()) == [], "nothing is quantized"
    pruned = network([node("Conv", "x w", "y")], {"w": weights(3, 3, 3, 3)}, (3, 8, 8))
    unlike = network([node("Conv", "x w", "z"), node("Relu", "z", "y")], {"w": weights(4, 3, 3, 3)}, (3, 8, 8))
    for different in (pruned, unlike):
        assert slower_quantized(different, int8, {"litert": pair}, 1, Job()) == [], "not the same network"
        assert slower_quantized(different, stored, {"litert": pair}, 1, Job()) == []


def test_the_kinds_of_layers_and_formats_are_known_as_one_network() -> None:
    nodes = [node("Conv", "x w", "c"), node("Flatten", "c", "f"), node("Gemm", "f g", "h", transB=1)]
    nodes.append(node("MatMul", "h m", "y"))
    constants = {"w": weights(4, 3, 3, 3), "g": weights(64, 144), "m": weights(64, 32)}
    model = network(nodes, constants, (3, 8, 8))
    pair = (timed([1.0] * 9), timed([2.0] * 9))
    forms = [quantized(model, Arrays((3, 8, 8), 4)).model]
    for form in ("int8", "int4", "float16", "codebook"):
        params = WeightsOnly(format=form, granularity="group") if form == "int4" else WeightsOnly(format=form)
        forms.append(load_methods().get("quantize.weights").run(model, params, Context()).model)
    assert [len(slower_quantized(model, other, {"litert": pair}, 1, Job())) for other in forms] == [1] * len(forms)


def test_progress_never_goes_back_while_latency_is_measured(tmp_path: Path) -> None:
    model = network([node("Conv", "x w", "y")], {"w": weights(4, 3, 3, 3)}, (3, 8, 8))
    int8 = quantized(model, Arrays((3, 8, 8), 8)).model
    seen: list[float] = []
    job = Job(lambda e: seen.append(e.done) if isinstance(e, Progress) else None, rate=1e9)
    candidates = [Candidate("a", model), Candidate("b", int8), Candidate("c", int8)]
    measure_latency(candidates, tmp_path, runtimes=("onnxruntime",), rounds=2, job=job)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    assert any(0.8 < share < 0.9 for share in seen), "the layers of each have their part"


def test_only_the_same_items_are_paired() -> None:
    ranks = np.asarray([0, 1, 0])
    one, other = Judged(ranks, ("a", "b", "c"), 4), Judged(ranks, ("a", "b", "d"), 4)
    assert change_of_top1(one, other, "data") == {}
    assert change_of_top1(one, None, "data") == {}
    assert change_of_top1(one, one, "data")["top1_change"].value == 0
