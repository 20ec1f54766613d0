"""Single rules: what joins, what locks and why, and what a cut has to mend. Judge: onnxruntime, masked against cut."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import onnx
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper

from core.model.channel_labels import Lane, UnionFind
from core.model.channel_rules_moves import regrouped
from core.model.channels import ChannelGroup, ChannelGroups, find_groups
from core.model.model import Model
from tests.core.random_networks import BLOCKS, Network
from tests.core.test_channels_random import assert_cut_equals_mask


def built(body: Callable[[Network], None], opset: int = 18, head: str = "pool_flatten_gemm") -> Model:
    """Conv to 8 channels, Relu, then ``body``, then a classifier."""
    net = Network(seed=0, opset=opset)
    net.x, net.channels = net.node("Relu", net.conv("input", 3, 8)), 8
    body(net)
    return net.model(head)


def proven(model: Model) -> ChannelGroups:
    """The groups, after random cuts of them were proven."""
    for seed in range(3):
        assert_cut_equals_mask(model, seed)
    return find_groups(model)


def first(groups: ChannelGroups) -> ChannelGroup:
    return groups["Conv_0"]


def only(operator: str, channels: int = 8, **attributes: object) -> Callable[[Network], None]:
    """A body of one operator."""

    def body(n: Network) -> None:
        n.x, n.channels = n.node("Cast", n.node(operator, n.x, **attributes), to=TensorProto.FLOAT), channels

    return body


def mean_over_channels(n: Network) -> None:
    n.x = n.node("Mul", n.x, n.reduce("ReduceMean", n.x, [1], 1))


def every_second(n: Network) -> None:
    n.x, n.channels = n.node("Slice", n.x, n.ints(0), n.ints(8), n.ints(1), n.ints(2)), 4


def bare_squeeze(n: Network) -> None:
    x = n.node("Squeeze", n.node("GlobalAveragePool", n.x))
    n.x = n.node("Add", n.x, n.node("Reshape", x, n.ints(-1, 8, 1, 1)))


def plus_input(n: Network) -> None:
    n.x = n.node("Add", n.x, n.node("Concat", "input", "input", n.slice("input", 0, 2, 1), axis=1))


def scaled_by_count(n: Network) -> None:
    """1 / sqrt(number of channels), computed from Shape: cutting would change the scale."""
    count = n.node("Gather", n.node("Shape", n.x), n.constant(np.asarray(1, np.int64)))
    n.x = n.node("Mul", n.x, n.node("Reciprocal", n.node("Sqrt", n.node("Cast", count, to=TensorProto.FLOAT))))


def divisor(n: Network) -> None:
    n.x = n.node("Div", n.conv("input", 3, 8), n.x)


def one_channel_picked(n: Network) -> None:
    n.x = n.node("Mul", n.x, n.node("Gather", n.x, n.ints(2), axis=1))


def pool_indices(n: Network) -> None:
    """The second output of MaxPool holds positions in the whole tensor, channels included."""
    x = n.node("MaxPool", n.x, outputs=2, kernel_shape=[2, 2], strides=[2, 2])
    n.x, n.size = n.node("Add", x, n.node("Cast", f"{x}_1", to=TensorProto.FLOAT)), 4


LOCKS = {
    "indices": (pool_indices, "operator MaxPool has no rule (layer MaxPool_2)"),
    "LRN": (only("LRN", size=3), "LRN mixes channels (layer LRN_2)"),
    "Softmax": (only("Softmax", axis=1), "Softmax mixes channels (layer Softmax_2)"),
    "LpNormalization": (only("LpNormalization", axis=1), "LpNormalization mixes channels (layer LpNormalization_2)"),
    "ArgMax": (only("ArgMax", 1, axis=1), "ArgMax mixes channels (layer ArgMax_2)"),
    "ReduceMean": (mean_over_channels, "ReduceMean mixes channels (layer ReduceMean_2)"),
    "stride": (every_second, "Slice skips channels (layer Slice_2)"),
    "Squeeze": (bare_squeeze, "Squeeze drops every axis of length 1 (layer Squeeze_3)"),
    "input": (plus_input, "Add (layer Add_4) meets it with channels that have to stay"),
    "Shape": (scaled_by_count, "its size is used as a number (layer Shape_2)"),
    "divisor": (divisor, "a removed channel would be a divisor of 0 (layer Div_3)"),
    "picked": (one_channel_picked, "it is the only channel of 'Gather_2_out'"),
    "no rule": (only("DepthToSpace", 2, blocksize=2), "operator DepthToSpace has no rule (layer DepthToSpace_2)"),
}


@pytest.mark.parametrize("case", LOCKS)
def test_what_mixes_channels_locks_them_and_says_why(case: str) -> None:
    body, reason = LOCKS[case]
    group = first(find_groups(built(body)))
    assert group.fixed == (1 if case == "picked" else 8)
    assert group.reason == reason


def test_an_operator_without_a_rule_is_named_and_the_rest_is_cut() -> None:
    groups = proven(built(lambda n: (only("DepthToSpace", 2, blocksize=2)(n), BLOCKS["residual"](n))[0]))
    assert groups.notes == (
        "Operator DepthToSpace has no rule for channels (layer DepthToSpace_2): what it touches is kept.",
    )
    custom = Network(seed=0)
    custom.x, custom.channels = custom.conv("input", 3, 8), 8
    custom.x = custom.node("Foo", custom.x, domain="org.example")
    custom.x = custom.node("Add", custom.conv(custom.x, 8, 8), custom.conv("Conv_0_out", 8, 8))
    (note,) = find_groups(custom.model("pool_flatten_gemm")).notes
    assert "Operator Foo" in note


def test_a_body_of_control_flow_locks_what_it_reads_from_outside() -> None:
    def body(n: Network) -> None:
        relu = helper.make_node("Relu", [n.x], ["inner"], name="inner_relu")
        branch = helper.make_graph([relu], "b", [], [helper.make_tensor_value_info("inner", TensorProto.FLOAT, None)])
        n.x = n.node("If", n.constant(np.asarray(True)), then_branch=branch, else_branch=branch)

    group = first(find_groups(built(body)))
    assert group.locked
    assert group.reason == "operator If has no rule (layer If_2)"


def shared_weight(n: Network) -> None:
    """One weight in two layers: its input and output channels live and die together."""
    w = n.weight(8, 8, 1, 1)
    n.x = n.node("Conv", n.node("Tanh", n.node("Conv", n.x, w)), w)


def weight_in_a_constant(n: Network) -> None:
    tensor = onnx.numpy_helper.from_array(n.rng.standard_normal((6, 8, 1, 1)).astype(np.float32))
    n.x, n.channels = n.node("Conv", n.x, n.node("Constant", value=tensor)), 6


def transposed_weight(n: Network) -> None:
    x = n.node("Transpose", n.x, perm=[0, 2, 3, 1])
    w = n.node("Transpose", n.weight(6, 8), perm=[1, 0])
    n.x, n.channels = n.node("Transpose", n.node("MatMul", x, w), perm=[0, 3, 1, 2]), 6


def unsqueezed_bias(n: Network) -> None:
    row = n.node("Unsqueeze", n.weight(8), n.ints(1, 2))
    n.x = n.node("Tanh", n.node("Add", n.x, row))


def counted_split(n: Network) -> None:
    n.x = n.node("Split", n.x, outputs=2, axis=1, num_outputs=2)
    n.x = n.node("Concat", f"{n.x}_1", n.x, n.x, axis=1)
    n.channels = 12


def sized_resize(n: Network) -> None:
    n.x, n.size = n.node("Resize", n.x, "", "", n.ints(1, 8, 16, 16), mode="nearest"), 16


def expanded(n: Network) -> None:
    x = n.node("GlobalAveragePool", n.x)
    n.x = n.node("Add", n.x, n.node("Expand", x, n.ints(1, 8, 8, 8)))


def tiled(n: Network) -> None:
    n.x, n.channels = n.node("Tile", n.x, n.ints(1, 3, 1, 1)), 24


def stacked_sideways(n: Network) -> None:
    """A concatenation along the width joins the channels of its parts."""
    n.x = n.node("Concat", n.x, n.node("Sigmoid", n.conv(n.x, 8, 8)), axis=3)


def padded_with_axes(n: Network) -> None:
    x = n.node("Pad", n.x, n.ints(2, 1), "", n.ints(1))
    n.x, n.channels = n.node("Add", x, n.conv(n.x, 8, 11)), 11


def negative_indices(n: Network) -> None:
    x = n.node("Gather", n.x, n.ints(-1, 0, -3, 2), axis=1)
    n.x, n.channels = n.node("Concat", x, n.slice(n.x, -3, 8, -3), axis=1), 7


def quantized(n: Network) -> None:
    """Activation, weight per channel and bias behind QuantizeLinear and DequantizeLinear."""
    scalar, zero = n.constant(np.float32(0.02)), n.constant(np.uint8(128))
    x = n.node("DequantizeLinear", n.node("QuantizeLinear", n.x, scalar, zero), scalar, zero)
    codes = n.constant(n.rng.integers(-127, 128, (6, 8, 3, 3)).astype(np.int8))
    w = n.node("DequantizeLinear", codes, n.weight(6, low=0.01), n.constant(np.zeros(6, np.int8)), axis=0)
    rows = n.constant(n.rng.integers(-99, 99, 6).astype(np.int32))
    b = n.node("DequantizeLinear", rows, n.weight(6, low=0.01), n.constant(np.zeros(6, np.int32)), axis=0)
    n.x, n.channels = n.node("Relu", n.node("Conv", x, w, b, pads=[1, 1, 1, 1])), 6


FREE = {
    shared_weight: 8,
    weight_in_a_constant: 8,
    transposed_weight: 8,
    unsqueezed_bias: 8,
    counted_split: 8,
    expanded: 8,
    tiled: 8,
    stacked_sideways: 8,
    padded_with_axes: 8,
    negative_indices: 8,
    quantized: 8,
}


@pytest.mark.parametrize("body", FREE, ids=lambda f: f.__name__)
def test_these_stay_free_and_are_mended(body: Callable[[Network], None]) -> None:
    group = first(proven(built(body)))
    assert (group.size, group.fixed) == (FREE[body], 0)


def test_resize_by_sizes_is_mended() -> None:
    """The batch is one of the sizes, so this model takes one item at a time."""
    assert_cut_equals_mask(built(sized_resize), 0, batch=1)


def test_shared_weights_that_disagree_are_locked() -> None:
    def body(n: Network) -> None:
        w = n.weight(8, 8, 1, 1)
        n.x = n.node("Add", n.node("Conv", n.x, w), n.node("ReduceMax", w, keepdims=0))

    groups = proven(built(body))
    assert first(groups).locked
    assert "is shared by layers that read it differently" in first(groups).reason


def test_a_gate_and_a_shuffle_join_what_they_must() -> None:
    gate = proven(built(BLOCKS["squeeze_excite"]))
    assert {g.key: (g.size, len(g.producers)) for g in gate if not g.locked} == {"Conv_0": (8, 2), "Conv_3": (4, 1)}

    def shuffle(n: Network) -> None:
        x = n.node("Transpose", n.node("Reshape", n.x, n.ints(-1, 2, 4, 8, 8)), perm=[0, 2, 1, 3, 4])
        n.x = n.node("Reshape", x, n.ints(-1, 8, 8, 8))

    group = first(proven(built(shuffle)))
    assert (group.size, group.width, group.fixed) == (4, 2, 0)


def test_grouped_convolution_loses_the_same_channels_in_every_group() -> None:
    def grouped(n: Network) -> None:
        n.x, n.channels = n.conv(n.x, 8, 12, group=4), 12

    groups = proven(built(grouped))
    assert [(g.size, g.width) for g in groups if not g.locked] == [(2, 4), (3, 4)]


@settings(max_examples=50, deadline=None)
@given(pairs=st.lists(st.tuples(st.integers(1, 20), st.integers(1, 20)), max_size=30))
def test_union_find_equals_sets(pairs: list[tuple[int, int]]) -> None:
    found = UnionFind()
    found.add(20)
    if pairs:
        a, b = np.asarray(pairs, np.int64).T
        found.join(a, b)
    sets = {k: {k} for k in range(1, 21)}
    for x, y in pairs:
        merged = sets[x] | sets[y]
        for k in merged:
            sets[k] = merged
    assert [int(r) for r in found.all_roots()[1:]] == [min(sets[k]) for k in range(1, 21)]


@settings(max_examples=100, deadline=None)
@given(
    factors=st.lists(st.sampled_from([1, 2, 3]), min_size=2, max_size=6),
    old=st.lists(st.integers(1, 6), max_size=3),
    new=st.lists(st.integers(1, 6), max_size=3),
    place=st.integers(0, 6),
)
def test_regrouping_equals_reshaping_every_label(
    factors: list[int], old: list[int], new: list[int], place: int
) -> None:
    """Against numpy: labels written to every element, reshaped as the data would be."""
    before, after = merged(factors, old), merged(factors, new)
    axis = place % len(before)
    assume(before[axis] > 1)  # a single channel carries no label
    labels = np.arange(1, before[axis] + 1)
    everywhere = np.broadcast_to(labels.reshape([-1 if k == axis else 1 for k in range(len(before))]), before)
    table, at = regrouped(Lane(axis, labels), before, after)
    shape = [1] * at + list(table.shape) + [1] * (len(after) - at - table.ndim)
    np.testing.assert_array_equal(np.broadcast_to(table.reshape(shape), after), everywhere.reshape(after))


def merged(factors: list[int], cuts: list[int]) -> tuple[int, ...]:
    """The factors multiplied together between the cuts: two such shapes are reshapes of each other."""
    edges = sorted({0, len(factors), *(c for c in cuts if c < len(factors))})
    return tuple(int(np.prod(factors[a:b])) for a, b in itertools.pairwise(edges))


def reshaped_weight(n: Network) -> None:
    """Caffe's classifiers: the weight of a MatMul or Gemm is a convolution's, reshaped."""
    x = n.node("Transpose", n.x, perm=[0, 2, 3, 1])
    w = n.node("Reshape", n.weight(8, 6, 1, 1), n.ints(8, 6))
    n.x, n.channels = n.node("Transpose", n.node("MatMul", x, w), perm=[0, 3, 1, 2]), 6


def test_weights_are_found_behind_a_reshape_that_keeps_the_axis() -> None:
    group = first(proven(built(reshaped_weight)))
    assert (group.size, group.fixed, group.reason) == (8, 0, "")


def shuffled_groups(n: Network) -> None:
    """ShuffleNet v1: 21 channels in 3 groups, shuffled; a group ends inside what the shuffle keeps together."""
    x = n.conv(n.conv(n.x, 8, 21), 21, 21, kernel=1, group=3)
    x = n.node("Transpose", n.node("Reshape", x, n.ints(-1, 7, 3, 8, 8)), perm=[0, 2, 1, 3, 4])
    n.x, n.channels = n.conv(n.node("Reshape", x, n.ints(-1, 21, 8, 8)), 21, 21, kernel=1, group=3), 21


def test_groups_of_a_convolution_lose_equally_many_channels_but_not_those_at_the_same_places() -> None:
    """Tied place by place, the shuffle's seven classes would all become one."""
    groups = proven(built(shuffled_groups))
    inner = groups["Conv_3"]
    assert inner.size == 2  # classes 0, 3 and 5 lie in one group each; 1, 2, 4 and 6 make up a whole together
    made = next(m for m in inner.members if m.layer == "Conv_3" and m.role == "produces")
    for unit in range(inner.size):
        assert len(set((made.units == unit).reshape(3, 7).sum(1).tolist())) == 1

    def shifted(n: Network) -> None:
        """In another order half of the first convolution's pairs lie in one group of the second."""
        order = n.ints(0, 1, 2, 6, 7, 3, 4, 5, 8, 9, 10, 11)
        x = n.node("Gather", n.conv(n.x, 8, 12, group=2), order, axis=1)
        n.x, n.channels = n.conv(x, 12, 12, group=2), 12

    group = proven(built(shifted))["Conv_2"]
    reads = [m for m in group.members if m.layer == "Conv_4" and m.role == "reads"]
    assert [m.rows for m in reads] == [(0, 6), (6, 12)]
    assert group.size == 4
    for unit in range(group.size):
        assert len({int((m.units == unit).sum()) for m in reads}) == 1
