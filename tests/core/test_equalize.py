"""quantize.equalize: the paper's equation by hand, the function kept, what does not scale, ReLU6, a cured network."""

from __future__ import annotations

from functools import cache

import numpy as np
import onnx_ir as ir
import pytest

from benchmarks.ill_scaled import bounds_removed, ill_scaled
from core.data.dataset import DataSet
from core.data.sample import sample_data, sample_model
from core.data.splits import Parts, divide, take
from core.execute.runtimes import onnx_session
from core.formats.open import open_model
from core.measure.accuracy import accuracy
from core.methods.method import Context, load_methods
from core.methods.quantize.choices import Granularity
from core.methods.quantize.equalize import Bounds, Params, equalize
from core.methods.quantize.equalizing import groups_of
from core.methods.quantize.static import Params as Static
from core.methods.quantize.static import quantize_static
from core.model.model import Model
from core.model.rescaling import find_rescaling, rescaled
from tests.core.qdq_graphs import Array, Arrays, network, node, run, sqnr, weights
from tests.core.random_networks import BLOCKS, HEADS, random_network

ALONE = Params(activations=False)


def constant(model: Model, name: str) -> Array:
    tensor = model.graph.graph.initializers[name].const_value
    assert tensor is not None
    return np.asarray(tensor.numpy())


def two_layers(first: Array, second: Array) -> Model:
    """x -> Gemm -> Relu -> Gemm; weights [out, in]."""
    nodes = [
        node("Gemm", "x v c", "a", transB=1),
        node("Relu", "a", "r"),
        node("Gemm", "r w", "y", transB=1),
    ]
    bias = np.arange(1, len(first) + 1, dtype=np.float32)
    return network(nodes, {"v": first, "w": second, "c": bias}, [first.shape[1]])


def test_equation_11_of_the_paper_by_hand() -> None:
    """r1 = (1, 8), r2 = (4, 2): s = sqrt(r1 r2) / r2 = (1/2, 2); W1 / s and W2 s have ranges sqrt(r1 r2)."""
    first = np.array([[1, -0.5, 0.25], [3, -8, 2]], np.float32)
    second = np.array([[4, 1], [-2, -2], [0, 0.5]], np.float32)
    done = equalize(two_layers(first, second), None, ALONE, Context())
    np.testing.assert_allclose(constant(done.model, "v"), [[2, -1, 0.5], [1.5, -4, 1]], rtol=1e-6)
    np.testing.assert_allclose(constant(done.model, "w"), [[2, 2], [-1, -4], [0, 1]], rtol=1e-6)
    np.testing.assert_allclose(constant(done.model, "c"), [2, 1], rtol=1e-6)
    assert done.channels == 2
    assert done.before == pytest.approx({"/a": 8**0.5, "/y": 2**0.5}), "the largest over the (geometric) median"
    assert done.after == pytest.approx({"/a": 2**0.5, "/y": 2**0.5})
    assert [(c.title, c.y) for c in done.curves[:2]] == [
        ("/a: weights before", pytest.approx((1, 8))),
        ("/a: weights after", pytest.approx((2, 4))),
    ]


def test_three_layers_in_a_row_end_where_every_pair_is_equal() -> None:
    nodes = [
        node("Conv", "x u", "a"), node("Relu", "a", "b"),
        node("Conv", "b v", "c", group=4), node("Relu", "c", "d"),
        node("Conv", "d w", "y"),
    ]  # fmt: skip
    unlike = (10.0 ** np.arange(-2, 2)).astype(np.float32)
    constants = {
        "u": weights(4, 3, 1, 1) * unlike.reshape(4, 1, 1, 1),
        "v": weights(4, 1, 3, 3),
        "w": weights(5, 4, 1, 1),
    }
    done = equalize(network(nodes, constants, [3, 6, 6]), None, ALONE, Context())
    u, v, w = (np.abs(constant(done.model, n)) for n in "uvw")
    depthwise = v.max(axis=(1, 2, 3))
    np.testing.assert_allclose(u.max(axis=(1, 2, 3)), depthwise, rtol=0.01)
    np.testing.assert_allclose(w.max(axis=(0, 2, 3)), depthwise, rtol=0.01)


def test_a_trunk_that_two_layers_make_and_one_reads() -> None:
    """log t = (log r_read - log r_made1 - log r_made2) / 3, a fixed point of which all three ranges know."""
    nodes = [
        node("Conv", "x u", "a"), node("Conv", "x v", "b"), node("Add", "a b", "s"), node("Conv", "s w", "y"),
    ]  # fmt: skip
    constants = {
        "u": np.array([1, 4], np.float32).reshape(2, 1, 1, 1),
        "v": np.array([2, 2], np.float32).reshape(2, 1, 1, 1),
        "w": np.array([16, 1], np.float32).reshape(1, 2, 1, 1),
    }
    done = equalize(network(nodes, constants, [1, 2, 2]), None, ALONE, Context())
    t = [(16 / 2) ** (1 / 3), (1 / 8) ** (1 / 3)]
    np.testing.assert_allclose(constant(done.model, "u").reshape(-1), np.multiply([1, 4], t), rtol=1e-4)
    np.testing.assert_allclose(constant(done.model, "w").reshape(-1), np.divide([16, 1], t), rtol=1e-4)


def test_ranges_of_activations_count_as_what_makes_a_channel() -> None:
    """log t = (log r2 - log r1 - log A) / 3 with r1 = (1, 1), r2 = (1, 1/4), A = (4, 16)."""
    data = Arrays([2], count=4)
    data.values[:] = [[3, 14]]  # behind the bias (1, 2): 4 and 16
    model = two_layers(np.eye(2, dtype=np.float32), np.array([[1, 0.25]], np.float32))
    done = equalize(model, data, Params(), Context())
    np.testing.assert_allclose(np.diag(constant(done.model, "v")), [4 ** (-1 / 3), 64 ** (-1 / 3)], rtol=1e-3)


@pytest.mark.parametrize("block", BLOCKS)
def test_random_factors_change_nothing_on_random_networks(block: str) -> None:
    """Each block is a trap of its own: what must not have a factor may not have one."""
    rng = np.random.default_rng(0)
    for seed, head in enumerate(HEADS):
        model = random_network([block, "conv_norm_relu", "residual"], head, seed, (9, 13, 18)[seed % 3])
        found = find_rescaling(model)
        factors = np.ones(len(found.root_of))
        classes = np.concatenate(groups_of(found))
        factors[classes] = 10 ** rng.uniform(-1, 1, len(classes))
        feed = {"input": rng.standard_normal((2, *model.inputs[0].bound()[1:])).astype(np.float32)}
        wanted, given = (onnx_session(m).run(feed) for m in (model, rescaled(model, found, factors)))
        for name, array in wanted.items():
            np.testing.assert_allclose(given[name], array, atol=2e-5 * np.abs(array).max())


def test_whatever_scales_the_channels_had_they_end_the_same() -> None:
    """Through grouped and transposed convolutions, concat, pooling, a number per channel, flattening."""
    nodes = [
        node("Conv", "x a ab", "1", pads=[1, 1, 1, 1]), node("Relu", "1", "2"),
        node("MaxPool", "2", "3", kernel_shape=[2, 2], strides=[2, 2]),
        node("Conv", "3 b", "4", group=2), node("PRelu", "4 slope", "5"),
        node("Concat", "5 3", "6", axis=1),
        node("Mul", "6 gain", "7"), node("Add", "7 shift", "8"),
        node("ConvTranspose", "8 c", "9"), node("LeakyRelu", "9", "10"),
        node("AveragePool", "10", "11", kernel_shape=[2, 2]), node("Flatten", "11", "12"),
        node("Gemm", "12 d", "y"),
    ]  # fmt: skip
    constants = {
        "a": weights(6, 3, 3, 3), "ab": weights(6, seed=1), "b": weights(6, 3, 1, 1, seed=2),
        "slope": np.array([0.2], np.float32), "gain": np.abs(weights(12, 1, 1, seed=3)) + 0.1,
        "shift": weights(12, 1, 1, seed=4), "c": weights(12, 5, 2, 2, seed=5), "d": weights(5 * 16, 3, seed=6),
    }  # fmt: skip
    data: DataSet = Arrays([3, 8, 8])
    good = network(nodes, constants, [3, 8, 8])
    bad = ill_scaled(good)
    first, second = (equalize(m, data, Params(), Context()) for m in (good, bad))
    assert second.free == second.channels == 6 + 6 + 12 + 5
    assert max(second.before.values()) > 20
    assert second.after == pytest.approx(first.after, rel=0.05)
    x = np.stack([data.load(k)["x"] for k in range(4)])
    wanted, given = (run(m, x)["y"] for m in (good, second.model))
    np.testing.assert_allclose(given, wanted, rtol=1e-4, atol=1e-5 * np.abs(wanted).max())


@pytest.mark.parametrize("operator", ["Sigmoid", "HardSwish", "Softmax", "Tanh", "Gelu"])
def test_what_does_not_scale_keeps_its_input(operator: str) -> None:
    nodes = [node("Conv", "x u", "a"), node(operator, "a", "b"), node("Conv", "b v", "y")]
    constants = {"u": weights(4, 3, 1, 1), "v": weights(2, 4, 1, 1)}
    found = find_rescaling(network(nodes, constants, [3, 4, 4], opset=20))
    assert not groups_of(found)
    assert any(operator in reason for reason in found.reasons.values())


def test_a_weight_that_two_layers_share_keeps_its_numbers() -> None:
    nodes = [node("Gemm", "x u", "a"), node("Relu", "a", "b"), node("Gemm", "b u", "c"), node("Gemm", "c v", "y")]
    found = find_rescaling(network(nodes, {"u": weights(4, 4), "v": weights(4, 2)}, [4]))
    assert not groups_of(found)


class TestRelu6:
    def clipped(self) -> Model:
        """Four channels: largest values about 0.006, 0.6, 3, and one that reaches the bound of 6."""
        nodes = [node("Conv", "x u", "a"), node("Clip", "a low high", "b"), node("Conv", "b v", "y")]
        constants = {
            "u": np.diag([0.001, 0.1, 0.5, 2]).astype(np.float32).reshape(4, 4, 1, 1),
            "v": weights(3, 4, 1, 1),
            "low": np.array(0, np.float32),
            "high": np.array(6, np.float32),
        }
        return network(nodes, constants, [4, 8, 8])

    def data(self, seed: int) -> Arrays:
        data = Arrays([4, 8, 8], count=16, seed=seed)
        data.values[:] = np.abs(np.random.default_rng(seed).uniform(-6, 6, data.values.shape))
        return data

    def factors(self, done: Model, before: Model) -> Array:
        return np.diag(constant(done, "u").reshape(4, 4)) / np.diag(constant(before, "u").reshape(4, 4))

    def test_channels_stay_below_the_bound_on_other_items(self) -> None:
        model = self.clipped()
        done = equalize(model, self.data(0), ALONE, Context())
        t = self.factors(done.model, model)
        assert t[3] == 1
        assert t[0] > t[1] > t[2]
        other = self.data(9)
        top = run(done.model, other.values, taps=["a"])["a"].max(axis=(0, 2, 3))
        assert (top[:3] < 6 / 1.1).all()
        wanted, given = (run(m, other.values)["y"] for m in (model, done.model))
        np.testing.assert_allclose(given, wanted, atol=1e-4)
        assert "1 stay as they are" in done.notes[-1]

    def test_without_data_they_stay_as_they_are(self) -> None:
        model = self.clipped()
        done = equalize(model, None, ALONE, Context())
        np.testing.assert_array_equal(self.factors(done.model, model), 1)
        assert "Without data" in done.notes[-1]

    def test_without_bounds_all_scale_and_only_what_was_above_changes(self) -> None:
        model = self.clipped()
        done = equalize(model, None, Params(activations=False, bounds=Bounds.REMOVE), Context())
        assert [n.op_type for n in done.model.nodes()] == ["Conv", "Relu", "Conv"]
        assert (self.factors(done.model, model) != 1).all()
        low = self.data(1).values / 2.1  # the last channel stays below 6
        np.testing.assert_allclose(run(done.model, low)["y"], run(model, low)["y"], rtol=1e-4, atol=1e-5)


@cache
def digits() -> Parts:
    return divide(sample_data())


def top1(model: Model) -> float:
    return accuracy(model, take(digits().judge, 200)).top1.value


def per_tensor(model: Model, equalize: bool = False) -> Model:
    params = Static(granularity=Granularity.TENSOR, equalize=equalize, bias_correction=False)
    return quantize_static(model, take(digits().calibration, 40), params, Context()).model


def test_an_ill_scaled_network_is_cured_in_front_of_one_scale_a_tensor() -> None:
    good = bounds_removed(open_model(sample_model()))
    bad = ill_scaled(open_model(sample_model()))
    x = np.random.default_rng(0).standard_normal((4, 1, 32, 32)).astype(np.float32)
    assert sqnr(*(next(iter(onnx_session(m).run({"image": x}).values())) for m in (good, bad))) > 100
    assert top1(per_tensor(bad)) < 30
    cured = top1(per_tensor(bad, equalize=True))
    assert cured >= top1(good) - 0.5 > 97


def test_the_method_reports_what_it_did() -> None:
    model = ill_scaled(open_model(sample_model()))
    before = ir.to_proto(model.graph).SerializeToString(deterministic=True)
    outcome = load_methods().get("quantize.equalize").run(model, Params(items=20), Context(data=sample_data()))
    measures = outcome.report.measures
    assert measures["unlike_before"].value > 10 > 4 > measures["unlike_after"].value
    assert measures["sqnr"].value > 100
    assert measures["sqnr"].n == 64
    assert measures["agreement"].value == 100
    assert ir.to_proto(model.graph).SerializeToString(deterministic=True) == before
