"""MACs of recurrent layers, attention, Einsum, functions and branches: torch's own counter, and counts by hand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnx
import onnx_ir as ir
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from core.measure.cost import Cost, cost
from core.model.facts import infer
from core.model.model import Model

Shapes = dict[str, list[int | str]]


def model_of(
    nodes: list[onnx.NodeProto],
    inputs: Shapes,
    tensors: dict[str, np.ndarray] | None = None,  # type: ignore[type-arg]
    functions: tuple[onnx.FunctionProto, ...] = (),
    opset: int = 23,
) -> Model:
    info = helper.make_tensor_value_info
    built = helper.make_graph(
        nodes,
        "g",
        [info(k, TensorProto.FLOAT, v) for k, v in inputs.items()],
        [info(nodes[-1].output[0], TensorProto.FLOAT, None)],
        [numpy_helper.from_array(v, k) for k, v in (tensors or {}).items()],
    )
    opsets = [helper.make_opsetid("", opset), helper.make_opsetid("own", 1), helper.make_opsetid("com.microsoft", 1)]
    return Model.from_ir(ir.from_proto(helper.make_model(built, opset_imports=opsets, functions=list(functions))))


def ones(*shape: int) -> np.ndarray:  # type: ignore[type-arg]
    return np.ones(shape, np.float32)


def flops(run: Callable[[], object]) -> int:
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        run()
    return counter.get_total_flops()


@pytest.mark.parametrize("both_ways", [False, True])
@pytest.mark.parametrize(
    ("operator", "gates", "cell"),
    [("LSTM", 4, torch.nn.LSTMCell), ("GRU", 3, torch.nn.GRUCell), ("RNN", 1, torch.nn.RNNCell)],
)
def test_recurrent_layers_are_their_cells_step_by_step(
    operator: str, gates: int, cell: type[torch.nn.LSTMCell], both_ways: bool
) -> None:
    steps, batch, size, hidden, ways = 7, 3, 5, 4, 1 + both_ways
    one = cell(size, hidden)
    x = torch.zeros(batch, size)
    counted = steps * ways * flops(lambda: one(x))
    tensors = {
        "w": ones(ways, gates * hidden, size),
        "r": ones(ways, gates * hidden, hidden),
        "b": ones(ways, 2 * gates * hidden),
    }
    direction = "bidirectional" if both_ways else "forward"
    node = helper.make_node(operator, ["x", "w", "r", "b"], ["y"], "rnn", hidden_size=hidden, direction=direction)
    found = cost(model_of([node], {"x": [steps, batch, size]}, tensors))
    assert found.macs == counted // 2
    assert found.params == ways * sum(p.numel() for p in one.parameters())


@pytest.mark.parametrize("heads_of_keys", [4, 2])
@pytest.mark.parametrize("folded", [False, True])
def test_attention(heads_of_keys: int, folded: bool) -> None:
    batch, heads, queries, keys, size, value = 2, 4, 5, 7, 8, 6
    q, k = torch.zeros(batch, heads, queries, size), torch.zeros(batch, heads, keys, size)
    scores = torch.zeros(batch, heads, queries, keys)
    counted = flops(lambda: (q @ k.transpose(2, 3), scores @ torch.zeros(batch, heads, keys, value)))
    whole: Shapes = {
        "q": [batch, heads, queries, size],
        "k": [batch, heads_of_keys, keys, size],
        "v": [batch, heads_of_keys, keys, value],
    }
    flat: Shapes = {
        "q": [batch, queries, heads * size],
        "k": [batch, keys, heads_of_keys * size],
        "v": [batch, keys, heads_of_keys * value],
    }
    given_ = {"q_num_heads": heads, "kv_num_heads": heads_of_keys} if folded else {}
    node = helper.make_node("Attention", ["q", "k", "v"], ["y"], "attention", **given_)
    assert cost(model_of([node], flat if folded else whole)).macs == counted // 2


def test_attention_over_what_was_kept_from_before() -> None:
    names = ["q", "k", "v", "", "past_k", "past_v"]
    node = helper.make_node("Attention", names, ["y", "present_k", "present_v"], "attention")
    given_: Shapes = {n: [1, 2, 1, 8] for n in "qkv"} | {n: [1, 2, 9, 8] for n in ("past_k", "past_v")}
    assert cost(model_of([node], given_)).macs == 2 * 1 * 10 * (8 + 8)


def test_onnxruntimes_own_attention() -> None:
    node = helper.make_node("MultiHeadAttention", ["q", "k", "v"], ["y"], "a", domain="com.microsoft", num_heads=2)
    given_: Shapes = {"q": [1, 5, 8], "k": [1, 7, 8], "v": [1, 7, 6]}
    assert cost(model_of([node], given_)).macs == 2 * 5 * 7 * 4 + 2 * 5 * 7 * 3


@pytest.mark.filterwarnings("ignore")
def test_a_whole_transformer_block_is_what_torch_counts() -> None:
    """Torch's counter misses its fused attention on the CPU, so it runs the plain products; the graph has one node."""
    block = torch.nn.TransformerEncoderLayer(16, 4, 32, batch_first=True).eval()
    x = torch.zeros(1, 6, 16)
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with sdpa_kernel(SDPBackend.MATH):
            counted = flops(lambda: block(x))
        program = torch.onnx.export(block, (x,), dynamo=True, opset_version=23, verbose=False)
    finally:
        torch.backends.mha.set_fastpath_enabled(True)
    assert program is not None
    model = Model.from_ir(ir.from_proto(program.model_proto))
    assert "Attention" in {n.op_type for n in model.nodes()}
    assert cost(model).macs == counted // 2


@st.composite
def equations(draw: st.DrawFn) -> tuple[str, list[list[int]]]:
    """Two or three operands over four letters; every index of the result is in an operand."""
    sizes = {letter: draw(st.integers(2, 5)) for letter in "abcd"}
    letters = st.lists(st.sampled_from("abcd"), min_size=1, max_size=3, unique=True)
    terms = draw(st.lists(letters, min_size=2, max_size=2))
    known = sorted({i for t in terms for i in t})
    result = draw(st.lists(st.sampled_from(known), max_size=3, unique=True))
    return f"{','.join(map(''.join, terms))}->{''.join(result)}", [[sizes[i] for i in t] for t in terms]


@settings(max_examples=60)
@given(equations())
def test_einsum_is_what_torch_counts(case: tuple[str, list[list[int]]]) -> None:
    equation, shapes = case
    counted = flops(lambda: torch.einsum(equation, *(torch.zeros(s) for s in shapes)))
    names = "pq"
    node = helper.make_node("Einsum", list(names), ["y"], "einsum", equation=equation)
    assert cost(model_of([node], {n: list(s) for n, s in zip(names, shapes, strict=True)})).macs == counted // 2


@pytest.mark.parametrize(
    ("equation", "shapes", "macs"),
    [
        ("...ij,...jk->...ik", [[2, 3, 4, 5], [3, 5, 6]], 2 * 3 * 4 * 5 * 6),
        ("ij,jk", [[4, 5], [5, 6]], 4 * 5 * 6),
        ("ij,jk,kl->il", [[2, 3], [3, 4], [4, 5]], 2 * 3 * 4 + 2 * 4 * 5),
        ("i,j->ij", [[2], [3]], 0),
        ("ij->j", [[2, 3]], 0),
        ("ij,jk->k", [[4, 5], [5, 6]], 5 * 6),
        ("bij, bjk -> bik", [[1, 3, 4], [7, 4, 5]], 7 * 3 * 4 * 5),
    ],
)
def test_einsum_by_hand(equation: str, shapes: list[list[int | str]], macs: int) -> None:
    names = [f"x{k}" for k in range(len(shapes))]
    node = helper.make_node("Einsum", names, ["y"], "einsum", equation=equation)
    assert cost(model_of([node], dict(zip(names, shapes, strict=True)))).macs == macs


@pytest.mark.parametrize("equation", ["ij,jk->ik", "ijk->i", "ij,jk,kl->il", "i"])
def test_an_equation_that_does_not_fit_is_not_counted(equation: str) -> None:
    node = helper.make_node("Einsum", ["p"], ["y"], "einsum", equation=equation)
    assert cost(model_of([node], {"p": [2, 3]})).macs is None


def test_deformable_quantized_and_integer_layers() -> None:
    nodes = [
        helper.make_node("DeformConv", ["x", "w", "offset"], ["a"], "deform", group=2, pads=[1] * 4),
        helper.make_node("QuantizeLinear", ["a", "s", "z"], ["b"], "q"),
        helper.make_node("QLinearConv", ["b", "s", "z", "v", "s", "z", "s", "z"], ["c"], "conv"),
        helper.make_node("Flatten", ["c"], ["d"], "flat"),
        helper.make_node("QLinearMatMul", ["d", "s", "z", "m", "s", "z", "s", "z"], ["e"], "product"),
        helper.make_node("MatMulInteger", ["e", "n"], ["f"], "integers"),
        helper.make_node("Cast", ["f"], ["y"], "floats", to=TensorProto.FLOAT),
    ]  # fmt: skip
    tensors = {
        "w": ones(6, 2, 3, 3), "s": np.float32(1), "z": np.int8(0), "v": np.ones((5, 6, 1, 1), np.int8),
        "m": np.ones((5 * 16, 7), np.int8), "n": np.ones((7, 3), np.int8),
    }  # fmt: skip
    found = cost(model_of(nodes, {"x": [1, 4, 4, 4], "offset": [1, 18, 4, 4]}, tensors))  # type: ignore[arg-type]
    assert [(c.params, c.macs) for c in found.layers] == [
        (108, 6 * 16 * 18), (0, 0), (30, 5 * 16 * 6), (0, 0), (560, 560), (21, 21), (0, 0),
    ]  # fmt: skip


def dense_function() -> onnx.FunctionProto:
    """own.Dense(x, w) with an attribute that its inner Gemm refers to, and a weight of its own behind it."""
    gemm = helper.make_node("Gemm", ["x", "w"], ["g"])
    gemm.attribute.append(onnx.AttributeProto(name="transB", type=onnx.AttributeProto.INT, ref_attr_name="turned"))
    weight = helper.make_node("Constant", [], ["own"], value=numpy_helper.from_array(ones(6, 2)))
    nodes = [gemm, weight, helper.make_node("MatMul", ["g", "own"], ["y"])]
    opsets = [helper.make_opsetid("", 23)]
    return helper.make_function("own", "Dense", ["x", "w"], ["y"], nodes, opsets, attributes=["turned"])


def test_functions_are_counted_inside() -> None:
    nodes = [
        helper.make_node("Dense", ["x", "w"], ["h"], "dense", domain="own", turned=1),
        helper.make_node("Relu", ["h"], ["y"], "relu"),
    ]
    found = cost(model_of(nodes, {"x": [3, 4]}, {"w": ones(6, 4)}, (dense_function(),)))
    assert [(c.name, c.operator, c.params, c.macs, c.output_shape) for c in found.layers] == [
        ("dense", "Dense", 24 + 12, 3 * 4 * 6 + 3 * 6 * 2, (3, 2)),
        ("relu", "Relu", 0, 0, (3, 2)),
    ]
    assert (found.weight_bytes, found.layers[0].weight_bytes) == (4 * 36, 4 * 36)
    assert (found.peak_memory.bytes, found.peak_memory.layers) == (4 * 3 * (4 + 6), ("dense",))


def branch(weight: str, size: int) -> onnx.GraphProto:
    node = helper.make_node("MatMul", ["x", weight], [f"{weight}_y"], f"{weight}_product")
    out = helper.make_tensor_value_info(f"{weight}_y", TensorProto.FLOAT, None)
    return helper.make_graph([node], weight, [], [out], [numpy_helper.from_array(ones(4, size), weight)])


def test_a_constant_if_counts_as_its_branch_and_an_open_one_says_so() -> None:
    def counted(condition: list[onnx.NodeProto]) -> Cost:
        choice = helper.make_node("If", ["c"], ["h"], "if", then_branch=branch("t", 5), else_branch=branch("e", 7))
        end = helper.make_node("Relu", ["h"], ["y"], "relu")
        return cost(model_of([*condition, choice, end], {"x": [3, 4]}))

    yes = counted([helper.make_node("Constant", [], ["c"], "yes", value=numpy_helper.from_array(np.asarray(True)))])
    assert [(c.name, c.params, c.macs) for c in yes.layers] == [("yes", 0, 0), ("if", 20, 60), ("relu", 0, 0)]
    assert yes.weight_bytes == 4 * 4 * (5 + 7), "the other branch is in the file too"
    assert (yes.peak_memory.bytes, yes.peak_memory.layers) == (4 * 3 * (4 + 5), ("if",))
    asks = [
        helper.make_node("ReduceMax", ["x"], ["m"], "max", keepdims=0),
        helper.make_node("Cast", ["m"], ["c"], "cast", to=TensorProto.BOOL),
    ]
    free = counted(asks)
    assert (free.macs, free.params, free.weight_bytes) == (None, 48, 4 * 48)
    assert "'if' (If) first: which branch it takes depends on what the model is fed" in free.note
    assert free.peak_memory.bytes is None
    assert "'if' (If)" in free.peak_memory.note


def test_old_counts_are_still_read() -> None:
    found = cost(model_of([helper.make_node("Relu", ["x"], ["y"], "r")], {"x": [1, 8]}))
    assert found.peak_memory.bytes == 64
    assert Cost.from_json(found.to_json()) == found
    old = found.to_json()
    del old["peak_memory"]
    assert Cost.from_json(old).peak_memory.bytes is None


def test_an_unknown_size_leaves_memory_open_and_says_why() -> None:
    model = model_of([helper.make_node("Relu", ["x"], ["y"], "r")], {"x": ["n", "width"]})
    found = cost(model)
    assert found.peak_memory.bytes is None
    assert "width" in found.peak_memory.note
    known = cost(model, infer(model, 2, {"width": 6}))
    assert (known.peak_memory.bytes, known.peak_memory.batch) == (96, 2)
