"""Every format against its definition: numbers by hand, the papers' sets, brute force, onnxruntime."""

from __future__ import annotations

import itertools

import numpy as np
import onnxruntime as ort
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper

from core.methods.quantize.formats import FormatSettings, Integers, Weight, WeightGranularity, load_formats
from core.methods.quantize.formats.blocks import Blocks
from core.methods.quantize.formats.codebook import means
from core.methods.quantize.formats.format import why_not
from core.methods.quantize.formats.powers_of_two import largest_power
from core.methods.quantize.formats.stored import Codes, Stored
from core.model.bits import pack, packed_size, unpack
from core.model.weight_functions import ADDITIVE, POWERS, additive_magnitudes, levels

FORMATS = load_formats()
TENSOR = WeightGranularity.TENSOR


def row(numbers: list[float] | np.ndarray) -> tuple[np.ndarray, Weight]:
    """A fully connected weight of one output."""
    array = np.asarray([numbers], np.float32)
    return array, Weight("w", "fc", "Gemm", array.shape, 0, 1)


def encoded(key: str, numbers: list[float] | np.ndarray, **settings: object) -> Stored:
    array, weight = row(numbers)
    return FORMATS.get(key).encode(array, weight, FormatSettings(**settings))  # type: ignore[arg-type]


@given(st.integers(1, 8), st.lists(st.integers(0, 255), max_size=70))
def test_packing_is_exact_and_as_small_as_it_can_be(bits: int, numbers: list[int]) -> None:
    codes = np.asarray(numbers, np.int64) % (1 << bits)
    packed = pack(codes, bits)
    assert packed.size == packed_size(len(codes), bits) == -(-len(codes) * bits // 8)
    assert np.array_equal(unpack(packed, bits, len(codes)), codes)
    whole = sum(int(c) << (k * bits) for k, c in enumerate(codes))  # the definition: one long number
    assert int.from_bytes(packed.tobytes(), "little") == whole


def test_a_code_that_does_not_fit_is_no_code() -> None:
    with pytest.raises(ValueError, match="do not fit into 3 bits"):
        pack(np.asarray([8]), 3)


def test_four_bits_are_packed_as_onnx_packs_int4() -> None:
    from ml_dtypes import uint4
    from onnx import numpy_helper

    codes = np.arange(13) % 16
    assert numpy_helper.from_array(codes.astype(uint4), "q").raw_data == pack(codes, 4).tobytes()


def test_symmetric_integers_by_hand() -> None:
    stored = encoded("int4", [0.7, -0.35, 0.05, -0.14], shrink=False)
    assert isinstance(stored, Integers)
    assert stored.q.tolist() == [[7, -4, 0, -1]]  # steps of 0.1: -3.5 goes to the even 4, 0.5 to 0
    assert stored.scale == pytest.approx([0.1])
    assert encoded("int8", [1.27, -0.3], shrink=False).values() == pytest.approx(np.asarray([[1.27, -0.3]]))


def test_shifted_integers_use_the_whole_range_and_keep_zero() -> None:
    stored = encoded("uint4", [0.0, 1.5, 0.5, 0.72], shrink=False)
    assert isinstance(stored, Integers)
    assert stored.zero is not None
    assert (stored.q.tolist(), stored.zero.tolist()) == ([[0, 15, 5, 7]], [0])
    lop = encoded("uint8", [-0.5, 0.0, 2.05], shrink=False)
    assert isinstance(lop, Integers)
    assert lop.zero is not None
    assert (lop.q.tolist(), lop.zero.tolist()) == ([[0, 50, 255]], [50])
    assert lop.values()[0, 1] == 0.0


@pytest.mark.parametrize("key", ["int8", "uint8"])
def test_integers_are_those_of_onnxruntime(key: str) -> None:
    numbers = np.random.default_rng(0).laplace(size=(6, 20)).astype(np.float32)
    stored = FORMATS.get(key).encode(numbers, Weight("w", "fc", "Gemm", (6, 20), 0, 1), FormatSettings())
    assert isinstance(stored, Integers)
    kind = {"int8": TensorProto.INT8, "uint8": TensorProto.UINT8}[key]
    node = helper.make_node("QuantizeLinear", ["x", "s", "z"], ["y"], axis=0)
    ports = [
        helper.make_tensor_value_info("x", TensorProto.FLOAT, [6, 20]),
        helper.make_tensor_value_info("s", TensorProto.FLOAT, [6]),
        helper.make_tensor_value_info("z", kind, [6]),
    ]
    graph = helper.make_graph([node], "g", ports, [helper.make_tensor_value_info("y", kind, [6, 20])])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    zero = stored.zero if stored.zero is not None else np.zeros(6, np.int8)
    found = ort.InferenceSession(model.SerializeToString()).run(None, {"x": numbers, "s": stored.scale, "z": zero})[0]
    if key == "int8":
        found = np.maximum(found, -127)  # ours are narrow: -128 has no counterpart
    assert np.array_equal(found, stored.q)


def test_the_largest_power_is_that_of_the_paper() -> None:
    """n1 = floor(log2(4 s / 3)), Zhou et al. 2017, equation 2: from 3/4 on a size is nearer to 1 than to 1/2."""
    assert largest_power(np.asarray([0.74, 0.75, 1.0, 1.49, 1.5])).tolist() == [0.5, 1, 1, 1, 2]


def test_powers_of_two_round_as_the_paper_does() -> None:
    """Equation 4: the power b below and a above give way at (a + b) / 2, which goes up; the last gives way to 0."""
    stored = encoded("powers_of_two", [1.0, 0.75, 0.7499, -0.375, 0.374, 0.125, -0.1249], bits=3, shrink=False)
    assert stored.values().tolist() == [[1.0, 1.0, 0.5, -0.5, 0.25, 0.25, 0.0]]
    assert not np.signbit(stored.values()[0, -1])
    assert levels(POWERS, 3).tolist() == [0, 1, 0.5, 0.25, 0, -1, -0.5, -0.25]


def test_the_papers_set_of_b_bits_is_part_of_ours() -> None:
    """Zhou et al. 2017: n2 = n1 + 1 - 2**(b - 1) / 2, so 5 bits are 0 and +-2**0 ... 2**-7."""
    theirs = {0.0, *(s * 2.0**-k for k in range(8) for s in (1, -1))}
    assert theirs <= set(levels(POWERS, 5).tolist())


@pytest.mark.parametrize("terms", [1, 2, 3])
def test_additive_powers_are_the_papers_sums(terms: int) -> None:
    """Li et al. 2020, equation 6, k = 2: p_i in {0, 2**-i, 2**-(i + n), 2**-(i + 2n)}, normalized."""
    sets = [[0.0, *(2.0 ** -(i + j * terms) for j in range(3))] for i in range(terms)]
    sums = sorted({sum(chosen) for chosen in itertools.product(*sets)})
    assert additive_magnitudes(2 * terms) == pytest.approx(np.asarray(sums) / sums[-1])


def test_four_bits_of_additive_powers_by_hand() -> None:
    """{0, 1, 1/2, 1/8} + {0, 1/4}, over 5/4; the nearest of them, with a sign."""
    assert additive_magnitudes(3) == pytest.approx([0, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 1])
    stored = encoded("additive_powers", [1.0, 0.49, -0.51, 0.04, -0.26], bits=4, shrink=False)
    assert stored.values() == pytest.approx(np.asarray([[1.0, 0.4, -0.6, 0.0, -0.3]]))


@pytest.mark.parametrize("kind", [POWERS, ADDITIVE])
def test_every_code_is_a_level_of_its_own(kind: str) -> None:
    for bits in range(2, 9):
        found = levels(kind, bits)
        assert len(found) == 1 << bits
        assert len(set(found.tolist())) == (1 << bits) - 1  # zero twice


def test_k_means_by_hand() -> None:
    assert means(np.asarray([0.0, 0.2, 1.0, 1.2, 5.0]), 3) == pytest.approx([0.1, 1.1, 5.0])


@settings(max_examples=25)
@given(st.integers(2, 6), st.lists(st.floats(-2, 2, width=32), min_size=2, max_size=60))
def test_k_means_is_lloyds_fixed_point(count: int, numbers: list[float]) -> None:
    """No value is nearer to another centroid, and every used centroid is the mean of its values."""
    values = np.asarray(numbers)
    found = means(values, count)
    owner = np.abs(values[:, None] - found).argmin(1)
    for k in set(owner.tolist()):
        tied = np.isclose(np.abs(values[:, None] - found)[:, k], np.abs(values[:, None] - found).min(1), atol=1e-12)
        own = values[owner == k]
        assert own.min() - 1e-9 <= found[k] <= own.max() + 1e-9 or tied.sum() > len(own)


def test_codebooks_hold_k_bits_a_weight_and_their_table() -> None:
    numbers = np.random.default_rng(0).laplace(size=1000).astype(np.float32)
    stored = encoded("codebook", numbers, bits=3)
    assert isinstance(stored, Codes)
    assert {k: t.nbytes for k, t in stored.tensors.items()} == {"codes": 375, "table": 32}
    assert len(set(stored.values().reshape(-1).tolist())) <= 8


def test_masked_zeros_stay_zero_in_a_codebook() -> None:
    array = np.random.default_rng(0).laplace(size=(4, 50)).astype(np.float32)
    array[:, ::2] = 0
    stored = FORMATS.get("codebook").encode(
        array, Weight("w", "fc", "Gemm", array.shape, 0, 1, masked=True), FormatSettings(bits=2)
    )
    assert np.array_equal(stored.values() == 0, array == 0)


def test_float16_is_numpys_and_refuses_what_it_cannot_hold() -> None:
    numbers = np.random.default_rng(0).standard_normal(50).astype(np.float32)
    assert np.array_equal(encoded("float16", numbers).values()[0], numbers.astype(np.float16).astype(np.float32))
    array, weight = row([1e5, 1.0])
    assert "float16 ends at 65504" in why_not(FORMATS.get("float16"), array, weight, FormatSettings())


def test_what_would_not_become_smaller_stays_float() -> None:
    array, weight = row(np.ones(18, np.float32))
    assert "no fewer bytes than its 72" in why_not(FORMATS.get("codebook"), array, weight, FormatSettings())


@pytest.mark.parametrize("key", ["int4", "uint4", "additive_powers", "powers_of_two"])
def test_shrinking_finds_the_scale_of_least_error_of_those_tried(key: str) -> None:
    numbers = np.random.default_rng(3).laplace(size=400).astype(np.float32)
    bits = 2 if key == "powers_of_two" else 4  # with more powers the largest weight is the best end
    plain, best = (encoded(key, numbers, granularity=TENSOR, shrink=s, bits=bits).values() for s in (False, True))
    assert np.square(best - numbers).sum() < np.square(plain - numbers).sum()
    if key == "int4":  # brute force over the same scales
        tried = [np.float32(abs(numbers).max() / 7) * np.float32(f) for f in np.linspace(1, 0.3, 36)]
        errors = [np.square(np.clip(np.rint(numbers / s), -7, 7) * s - numbers, dtype=np.float64).sum() for s in tried]
        assert np.square(best - numbers, dtype=np.float64).sum() == pytest.approx(min(errors), rel=1e-6)


@given(
    st.sampled_from([(6, 10, 3, 3), (5, 7), (10, 4), (3, 1, 5, 5)]),
    st.sampled_from(list(WeightGranularity)),
    st.integers(2, 12),
    st.booleans(),
)
def test_blocks_are_those_of_dequantizelinear(
    shape: tuple[int, ...], granularity: WeightGranularity, size: int, even: bool
) -> None:
    weight = Weight("w", "l", "Conv", shape, 0, 1)
    blocks = Blocks.of(weight, granularity, size, even)
    array = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    rows = blocks.rows(array)
    assert rows.shape[0] == blocks.count
    assert np.array_equal(blocks.join(rows), array)
    if blocks.block:  # the spec: scale index along the axis is index // block_size
        scale = np.arange(blocks.count, dtype=np.float32)
        along = int(np.prod(shape[1:])) if granularity is WeightGranularity.BLOCK else shape[1]
        wide = np.take(scale.reshape(blocks.scale_shape), np.arange(along) // blocks.block, axis=1)
        marked = blocks.join(np.broadcast_to(scale[:, None], rows.shape))
        assert np.array_equal(marked, wide.reshape(shape))
        assert not even or along % blocks.block == 0
