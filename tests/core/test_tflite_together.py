"""What the TFLite writer makes of several layers together: fused activations, and layouts that cost no TRANSPOSE."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.tflite_graphs import float_gap, network, node

TOLERANCE = 1e-5
RNG = np.random.default_rng(17)
IMAGE = (1, 6, 9, 8)
INT = np.int64


def noise(*shape: int) -> Any:
    return RNG.standard_normal(shape).astype(np.float32)


class TestFusing:
    def test_activation_joins_its_layer(self) -> None:
        nodes = [node("Conv", ["x", "w"], ["c"]), node("Relu", ["c"], ["r"]), node("Clip", ["r", "lo", "hi"], ["y"])]
        constants = {"w": noise(4, 6, 1, 1), "lo": np.float32(0), "hi": np.float32(6)}
        gap, converted = float_gap(network(nodes, {"x": IMAGE}, ["y"], constants), scale=4)
        assert gap <= TOLERANCE
        assert converted.ops == {"CONV_2D": 1, "RELU6": 1}

    def test_activation_of_a_value_read_twice_stays_apart(self) -> None:
        nodes = [node("Conv", ["x", "w"], ["c"]), node("Relu", ["c"], ["r"]), node("Add", ["c", "r"], ["y"])]
        gap, converted = float_gap(network(nodes, {"x": IMAGE}, ["y"], {"w": noise(4, 6, 1, 1)}))
        assert gap <= TOLERANCE
        assert converted.ops == {"CONV_2D": 1, "RELU": 1, "ADD": 1}

    def test_pad_joins_its_convolution(self) -> None:
        nodes = [node("Pad", ["x", "p"], ["q"]), node("Conv", ["q", "w"], ["y"], strides=[2, 2])]
        constants = {"p": np.array([0, 0, 0, 0, 0, 0, 1, 1], INT), "w": noise(4, 6, 3, 3)}
        gap, converted = float_gap(network(nodes, {"x": (1, 6, 8, 8)}, ["y"], constants))
        assert gap <= TOLERANCE
        assert converted.ops == {"CONV_2D": 1}, "keras pads at the end only: that is SAME"

    def test_batch_norm_joins_its_convolution(self) -> None:
        nodes = [
            node("Conv", ["x", "w"], ["c"]),
            node("BatchNormalization", ["c", "g", "b", "m", "v"], ["n"]),
            node("Relu", ["n"], ["y"]),
        ]
        constants = {"w": noise(4, 6, 3, 3), "g": noise(4), "b": noise(4), "m": noise(4), "v": noise(4) ** 2}
        gap, converted = float_gap(network(nodes, {"x": IMAGE}, ["y"], constants))
        assert gap <= TOLERANCE
        assert converted.ops == {"CONV_2D": 1}

    @pytest.mark.parametrize("shape", [(3, 12), (1, 7, 12)])
    def test_added_bias_joins_a_product(self, shape: tuple[int, ...]) -> None:
        nodes = [node("MatMul", ["x", "w"], ["m"]), node("Add", ["b", "m"], ["a"]), node("Relu", ["a"], ["y"])]
        gap, converted = float_gap(network(nodes, {"x": shape}, ["y"], {"w": noise(12, 5), "b": noise(5)}))
        assert gap <= TOLERANCE
        assert converted.ops == {"FULLY_CONNECTED": 1}

    def test_constants_cast_to_the_type_of_a_value_are_folded(self) -> None:
        """What torch's exporter leaves behind without its optimiser."""
        nodes = [
            node("CastLike", ["k", "x"], ["f"]),
            node("CastLike", ["x", "f"], ["g"]),
            node("Cast", ["g"], ["h"], to=1),
            node("Mul", ["h", "f"], ["y"]),
        ]
        gap, converted = float_gap(network(nodes, {"x": IMAGE}, ["y"], {"k": np.array(3, INT)}))
        assert gap <= TOLERANCE
        assert converted.ops == {"MUL": 1}

    def test_max_pool_behind_relu_pads_with_zero(self) -> None:
        nodes = [
            node("Relu", ["x"], ["r"]),
            node("MaxPool", ["r"], ["y"], kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=[2, 2]),
        ]
        gap, converted = float_gap(network(nodes, {"x": (1, 6, 8, 8)}, ["y"]))
        assert gap <= TOLERANCE
        assert converted.ops == {"RELU": 1, "PAD": 1, "MAX_POOL_2D": 1}


class TestLayout:
    """Which TRANSPOSE operators are written, and that the numbers hold."""

    def test_a_flattened_image_permutes_weights_instead(self) -> None:
        nodes = [node("Conv", ["x", "k"], ["c"]), node("Flatten", ["c"], ["f"]), node("Relu", ["f"], ["r"])]
        nodes.append(node("Gemm", ["r", "w"], ["y"]))
        constants = {"k": noise(4, 6, 3, 3), "w": noise(4 * 7 * 6, 10)}
        gap, converted = float_gap(network(nodes, {"x": IMAGE}, ["y"], constants))
        assert gap <= TOLERANCE
        assert "TRANSPOSE" not in converted.ops

    def test_a_flattened_image_that_is_read_otherwise_is_transposed(self) -> None:
        nodes = [node("Conv", ["x", "k"], ["c"]), node("Flatten", ["c"], ["f"]), node("Gemm", ["f", "w"], ["y"])]
        nodes.append(node("Softmax", ["f"], ["z"]))
        constants = {"k": noise(4, 6, 3, 3), "w": noise(4 * 7 * 6, 10)}
        gap, converted = float_gap(network(nodes, {"x": IMAGE}, ["y", "z"], constants))
        assert gap <= TOLERANCE
        assert converted.ops["TRANSPOSE"] == 1

    def test_pairs_of_transposes_cost_nothing(self) -> None:
        nodes = [
            node("Transpose", ["x"], ["t"], perm=[0, 2, 3, 1]),
            node("Relu", ["t"], ["r"]),
            node("Transpose", ["r"], ["u"], perm=[0, 3, 1, 2]),
            node("Conv", ["u", "w"], ["y"]),
        ]
        gap, converted = float_gap(network(nodes, {"x": IMAGE}, ["y"], {"w": noise(4, 6, 3, 3)}))
        assert gap <= TOLERANCE
        assert converted.ops == {"RELU": 1, "CONV_2D": 1}

    def test_a_network_of_nhwc_keeps_its_inputs(self) -> None:
        nodes = [node("Transpose", ["x"], ["t"], perm=[0, 3, 1, 2]), node("Conv", ["t", "w"], ["y"])]
        gap, converted = float_gap(network(nodes, {"x": (1, 9, 8, 3)}, ["y"], {"w": noise(4, 3, 3, 3)}))
        assert gap <= TOLERANCE
        assert converted.inputs["x"] == (0, 1, 2, 3)

    @pytest.mark.parametrize("shape", [(1, 6, 1, 1), (6, 1, 1), (1, 1, 9, 8), (8,)])
    def test_broadcasting_in_both_orders(self, shape: tuple[int, ...]) -> None:
        nodes = [node("Conv", ["x", "w"], ["c"]), node("Mul", ["s", "c"], ["y"])]
        model = network(nodes, {"x": (1, 6, 11, 10), "s": shape}, ["y"], {"w": noise(6, 6, 3, 3)})
        assert float_gap(model)[0] <= TOLERANCE

    def test_split_and_join_along_channels(self) -> None:
        nodes = [
            node("Split", ["x", "n"], ["a", "b"], axis=1),
            node("Split", ["x"], ["d", "e"], axis=1, num_outputs=2),
            node("Concat", ["b", "a", "e", "d"], ["y"], axis=1),
        ]
        gap, converted = float_gap(network(nodes, {"x": IMAGE}, ["y"], {"n": np.array([4, 2], INT)}))
        assert gap == 0
        assert converted.ops == {"SPLIT_V": 1, "SPLIT": 1, "CONCATENATION": 1}

    def test_channel_shuffle(self) -> None:
        nodes = [
            node("Reshape", ["x", "s"], ["r"]),
            node("Transpose", ["r"], ["t"], perm=[0, 2, 1, 3, 4]),
            node("Reshape", ["t", "u"], ["y"]),
        ]
        constants = {"s": np.array([1, 2, 3, 9, 8], INT), "u": np.array([1, 6, 9, 8], INT)}
        gap, converted = float_gap(network(nodes, {"x": IMAGE}, ["y"], constants))
        assert gap == 0
        assert converted.ops["TRANSPOSE"] == 1

    def test_outputs_that_are_the_same_value_or_an_input(self) -> None:
        nodes = [node("Relu", ["x"], ["y"]), node("Identity", ["y"], ["z"]), node("Identity", ["x"], ["w"])]
        gap, _ = float_gap(network(nodes, {"x": IMAGE}, ["y", "z", "w"]))
        assert gap == 0

    @settings(max_examples=25, deadline=None)
    @given(
        order=st.permutations(range(4)),
        target=st.sampled_from([(1, 24), (4, 6), (2, 3, 4), (1, 4, 3, 2), (2, 1, 2, 6)]),
    )
    def test_any_transpose_and_reshape(self, order: list[int], target: tuple[int, ...]) -> None:
        nodes = [node("Transpose", ["x"], ["t"], perm=order), node("Reshape", ["t", "s"], ["y"])]
        model = network(nodes, {"x": (1, 2, 3, 4)}, ["y"], {"s": np.array(target, INT)})
        assert float_gap(model)[0] == 0
