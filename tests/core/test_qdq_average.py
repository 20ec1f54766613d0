"""int8 averages of 2, 4, 8 … steps: half the sums of four that are no whole steps lie exactly between two."""

from __future__ import annotations

import numpy as np
import pytest

from core.execute.runtimes import onnx_session
from core.exporters.tflite.candidate import litert_candidate
from core.exporters.tflite.convert import convert
from core.model.qdq import QuantParams, activation_pairs
from core.model.qdq_numbers import evenly_halved, meets_halves
from tests.core.qdq_graphs import Arrays, network, node, quantized, weights


@pytest.mark.parametrize("kernel", [[2, 2], [4, 2]], ids=str)
@pytest.mark.parametrize("seed", range(3))
def test_pools_round_halves_alike_in_both_runtimes(kernel: list[int], seed: int) -> None:
    nodes = [
        node("Conv", "x w", "c", pads=[1, 1, 1, 1]),
        node("AveragePool", "c", "p", kernel_shape=kernel, strides=kernel),
        node("Flatten", "p", "y"),
    ]
    data = Arrays([3, 16, 16], seed=seed)
    made = quantized(network(nodes, {"w": weights(8, 3, 3, 3, seed=seed)}, [3, 16, 16]), data).model
    assert activation_pairs(made.graph.graph)["c"].params.zero_point % 2 == 0
    converted = convert(made)
    run, session = litert_candidate(converted.data, converted).run, onnx_session(made, exact=True)
    for x in data.values[:, None]:
        np.testing.assert_array_equal(run({"x": x})["y"], session.run({"x": x})["y"])


@pytest.mark.parametrize("zero", [-128, -127, -51, 0, 3, 127])
@pytest.mark.parametrize("scale", [0.0217, 1.0, 3.1e-5])
def test_an_even_zero_point_and_a_short_scale_keep_the_range(scale: float, zero: int) -> None:
    before = QuantParams(float(np.float32(scale)), zero, "int8")
    after = evenly_halved(before)
    assert after.zero_point % 2 == 0
    assert abs(after.scale / before.scale - 1) < 0.03
    assert np.float32(after.scale) == after.scale
    mantissa = after.scale / 2 ** np.floor(np.log2(after.scale)) * 2**9
    assert mantissa == int(mantissa)
    if zero % 2:
        assert after.range[0] <= before.range[0]
        assert after.range[1] >= before.range[1]
    else:
        assert before.scale * 0.998 <= after.scale <= before.scale


def test_windows_that_meet_halves() -> None:
    assert [meets_halves(k) for k in ([2, 2], [4, 4], [1, 2], [8, 8])] == [True] * 4
    assert [meets_halves(k) for k in ([1, 1], [3, 3], [2, 3], [7, 7], [16, 8], [])] == [False] * 6
