"""int8 HardSwish and LeakyRelu: our reading of TFLite's kernels against LiteRT itself, and scales that agree."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from core.execute.runtimes import onnx_session
from core.exporters.tflite.candidate import litert_candidate
from core.exporters.tflite.convert import convert
from core.model.qdq import QuantParams, activation_params
from core.model.qdq_unary import (
    agreeing_unary_scale,
    fixed_point_hard_swish,
    fixed_point_leaky_relu,
    hard_swish,
    unlike_steps,
)
from tests.core.qdq_graphs import Array, Arrays, network, node, quantized, weights

RANGES = [(-4.0, 4.0), (-0.4, 20.0), (-9.7, 3.1), (-1.0, 0.6)]
KINDS: list[tuple[str, dict[str, float]]] = [("HardSwish", {}), ("LeakyRelu", {"alpha": 0.1}), ("LeakyRelu", {})]


def ports(bounds: tuple[float, float], operator: str, alpha: float) -> tuple[QuantParams, Array, QuantParams]:
    """Parameters of the input, the values of its 256 steps, MinMax parameters of the result."""
    x = activation_params(*bounds)
    values = x.dequantize(np.arange(256))
    real = hard_swish(values.astype(float)) if operator == "HardSwish" else np.where(values > 0, values, alpha * values)
    return x, values, activation_params(float(real.min()), float(real.max()))


def both(operator: str, x: QuantParams, values: Array, result: QuantParams, options: dict[str, Any]) -> list[Array]:
    """int8 steps of the result in LiteRT and in onnxruntime, for every step of the input."""
    constants: dict[str, Array] = {}
    for name, p in (("x", x), ("y", result)):
        constants |= {f"{name}s": np.array(p.scale, np.float32), f"{name}z": np.array(p.zero_point, np.uint8)}
    nodes = [
        node("QuantizeLinear", "x xs xz", "xq"),
        node("DequantizeLinear", "xq xs xz", "xd"),
        node(operator, "xd", "r", **options),
        node("QuantizeLinear", "r ys yz", "q"),
        node("DequantizeLinear", "q ys yz", "y"),
    ]
    model = network(nodes, constants, [256])
    converted = convert(model)
    runs = (litert_candidate(converted.data, converted).run, onnx_session(model, exact=True).run)
    given = (run({"x": values[None]})["y"][0] for run in runs)
    return [np.rint(y / np.float32(result.scale)).astype(int) + result.signed_zero_point for y in given]


@pytest.mark.parametrize("bounds", RANGES, ids=str)
@pytest.mark.parametrize(("operator", "options"), KINDS, ids=str)
def test_litert_computes_every_step_as_we_read_it(
    operator: str, options: dict[str, float], bounds: tuple[float, float]
) -> None:
    alpha = options.get("alpha", 0.01)
    x, values, result = ports(bounds, operator, alpha)
    ours = fixed_point_hard_swish(x, result) if operator == "HardSwish" else fixed_point_leaky_relu(x, result, alpha)
    in_litert, _ = both(operator, x, values, result, options)
    np.testing.assert_array_equal(in_litert, ours)


@pytest.mark.parametrize("bounds", RANGES, ids=str)
def test_hard_swish_gets_a_scale_on_which_both_runtimes_agree(bounds: tuple[float, float]) -> None:
    x, values, result = ports(bounds, "HardSwish", 0.0)
    scale = agreeing_unary_scale("HardSwish", x, result)
    assert result.scale <= scale <= 1.05 * result.scale
    agreed = QuantParams(scale, result.zero_point)
    assert not unlike_steps("HardSwish", x, agreed).any()
    in_litert, in_onnxruntime = both("HardSwish", x, values, agreed, {})
    np.testing.assert_array_equal(in_litert, in_onnxruntime)


@pytest.mark.parametrize("bounds", RANGES, ids=str)
def test_leaky_relu_differs_on_fewer_steps_than_before(bounds: tuple[float, float]) -> None:
    x, values, result = ports(bounds, "LeakyRelu", 0.1)
    agreed = QuantParams(agreeing_unary_scale("LeakyRelu", x, result, 0.1), result.zero_point)
    before, after = (
        int(np.not_equal(*both("LeakyRelu", x, values, p, {"alpha": 0.1})).sum()) for p in (result, agreed)
    )
    assert after <= 2 < before


def test_a_network_of_hard_swishes_is_the_same_in_both_runtimes() -> None:
    nodes, constants, now = [], {}, "x"
    for k in range(4):
        constants[f"w{k}"] = weights(4, 4, 3, 3, seed=k, scale=0.6)
        nodes += [node("Conv", f"{now} w{k}", f"c{k}", pads=[1, 1, 1, 1]), node("HardSwish", f"c{k}", f"h{k}")]
        now = f"h{k}"
    nodes.append(node("Flatten", now, "y"))
    data = Arrays([4, 8, 8], scale=2.0)
    made = quantized(network(nodes, constants, [4, 8, 8]), data).model
    converted = convert(made)
    run = litert_candidate(converted.data, converted).run
    for x in data.values[:, None]:
        np.testing.assert_array_equal(run({"x": x})["y"], onnx_session(made, exact=True).run({"x": x})["y"])
