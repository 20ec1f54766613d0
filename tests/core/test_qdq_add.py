"""Scales on which int8 additions agree: all 65,536 pairs of steps, in onnxruntime and in LiteRT's arithmetic."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest

from core.model.facts import infer
from core.model.qdq import QuantParams, activation_pairs, activation_params, insert_qdq, plan_int8, solve_scales
from core.model.qdq_add import additions_agree, agreeing_add_scale, fixed_point_sum
from tests.core.qdq_graphs import Arrays, network, node, quantized, run, weights

RANGES = [((-1.0, 2.0), (0.0, 3.0), (-1.5, 5.5)), ((-4.0, 4.1), (-0.3, 0.2), (-4.0, 4.2)), ((0, 6), (0, 6), (0, 11.3))]


@pytest.mark.parametrize("ranges", RANGES, ids=str)
def test_the_scale_found_agrees_and_hardly_moves(ranges: tuple[tuple[float, float], ...]) -> None:
    a, b, result = (activation_params(*r) for r in ranges)
    scale = agreeing_add_scale(a, b, result)
    assert result.scale * 0.991 < scale <= result.scale
    assert additions_agree(a, b, QuantParams(scale, result.zero_point))


@pytest.mark.parametrize("storage", ["uint8", "int8"])
@pytest.mark.parametrize("ranges", RANGES[:2], ids=str)
def test_onnxruntime_adds_every_pair_as_the_fixed_point_does(
    ranges: tuple[tuple[float, float], ...], storage: Literal["uint8", "int8"]
) -> None:
    """x0 and x1 hold every pair of steps exactly; the optimised graph runs QLinearAdd."""
    a, b, result = (activation_params(*r, storage) for r in ranges)
    result = QuantParams(agreeing_add_scale(a, b, result), result.zero_point, storage)
    constants = {}
    for name, p in (("a", a), ("b", b), ("r", result)):
        constants[f"{name}s"], constants[f"{name}z"] = np.float32(p.scale), np.asarray(p.zero_point, storage)
    nodes = [
        node("Split", "x", "x0 x1", axis=1, num_outputs=2),
        node("QuantizeLinear", "x0 as az", "q0"),
        node("DequantizeLinear", "q0 as az", "d0"),
        node("QuantizeLinear", "x1 bs bz", "q1"),
        node("DequantizeLinear", "q1 bs bz", "d1"),
        node("Add", "d0 d1", "sum"),
        node("QuantizeLinear", "sum rs rz", "q"),
        node("DequantizeLinear", "q rs rz", "y"),
    ]
    model = network(nodes, constants, [2, 65536])
    steps = np.arange(256) + a.lowest
    pairs = np.stack([np.repeat(a.dequantize(steps), 256), np.tile(b.dequantize(steps), 256)])[None]
    given = result.quantize(run(model, pairs.astype(np.float32))["y"]).astype(int) - result.lowest - 128
    np.testing.assert_array_equal(given.reshape(256, 256), fixed_point_sum(a, b, result))


def test_every_addition_of_a_residual_network_agrees() -> None:
    nodes, constants, now = [], {}, "x"
    for k in range(4):
        constants[f"w{k}"] = weights(4, 4, 3, 3, seed=k)
        nodes += [node("Conv", f"{now} w{k}", f"c{k}", pads=[1, 1, 1, 1]), node("Add", f"c{k} {now}", f"s{k}")]
        now = f"s{k}"
        if k % 2:
            nodes.append(node("Relu", now, f"r{k}"))
            now = f"r{k}"
    nodes.append(node("Flatten", now, "y"))
    done = quantized(network(nodes, constants, [4, 8, 8]), Arrays([4, 8, 8]))
    pairs = activation_pairs(done.model.graph.graph)
    for a, b, result in (("c0", "x", "s0"), ("c1", "s0", "r1"), ("c2", "r1", "s2")):
        assert additions_agree(pairs[a].params, pairs[b].params, pairs[result].params)


def test_scales_can_be_solved_without_data() -> None:
    """The steps of core.model.qdq on their own, with ranges given by hand."""
    model = network([node("Conv", "x w", "y")], {"w": weights(2, 3, 1, 1)}, [3, 4, 4])
    facts = infer(model)
    plan = plan_int8(model, facts)
    scales = solve_scales(plan, {"x": (-1.0, 1.0), "y": (-2.0, 2.0)}, "uint8")
    (layer,) = insert_qdq(model.graph.graph, facts, plan, scales)
    assert layer.source == "x"
    assert layer.bias is None
    assert {"x", "y_unquantized"} == set(activation_pairs(model.graph.graph))
