"""Weights stored as k-bit codes, or as integers in blocks: model-local functions that turn them into numbers.

ONNX has no operator for codebooks or powers of two, nor for blocks that lie across axes, but a model may bring
functions written in plain operators. A file so stored needs nothing but onnxruntime, which writes functions out; codes
it computes once, when the file is loaded. One node stands for one weight. They use operators of opset 13, blocks of 21.

- Codebook of k bits (packed, table): y = table[code]; ``table`` holds 2**k float32.
- PowersOfTwo, AdditivePowersOfTwo of k bits (packed, scale): y = levels[code] * scale; the levels are part of the
  function, ``scale`` is broadcast against the attribute ``wide``, a shape that splits an axis of groups in two.
- BlockedIntegers of k bits (quantized, scale, zero point where it is not 0): rows of integers, one for each output
  channel; ``block_size`` of them that follow each other share a scale.

Attributes: ``shape`` of the weight; ``count`` of its elements (of their bits, where codes straddle bytes).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnx_ir as ir

DOMAIN = "thimble.weights"
CODEBOOK, POWERS, ADDITIVE, BLOCKED = "Codebook", "PowersOfTwo", "AdditivePowersOfTwo", "BlockedIntegers"
OPSET = 13
Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float32]


def function_name(kind: str, bits: int) -> str:
    """Of the function that decodes ``bits``-bit codes of a kind: 'Codebook4'."""
    return f"{kind}{bits}"


def kind_and_bits(node: ir.Node) -> tuple[str, int] | None:
    """The inverse for a node that calls such a function; None for any other node."""
    if node.domain != DOMAIN or not node.op_type[-1:].isdigit():
        return None
    kind, bits = node.op_type[:-1], int(node.op_type[-1])
    return (kind, bits) if kind in (CODEBOOK, POWERS, ADDITIVE, BLOCKED) and 1 <= bits <= 8 else None


def levels(kind: str, bits: int) -> Floats:
    """The numbers that codes stand for, before the scale: the upper half of the codes are the negatives of the lower.

    POWERS: 0, 1, 1/2, 1/4, ...: sign and logarithm, Miyashita et al. 2016, "Convolutional Neural Networks using
    Logarithmic Data Representation" (arXiv:1603.01025). ADDITIVE: see :func:`additive_magnitudes`.
    """
    sizes = _powers(bits - 1) if kind == POWERS else additive_magnitudes(bits - 1)
    found: Floats = np.concatenate([sizes, -sizes]).astype(np.float32)
    found[len(sizes)] = 0.0  # not minus zero
    return found


def _powers(bits: int) -> Array:
    return np.concatenate([[0.0], 2.0 ** -np.arange((1 << bits) - 1)])


def additive_magnitudes(bits: int) -> Array:
    """Sums of powers of two, one from each term, ascending and divided by the largest: 2**bits numbers from 0 to 1.

    Li et al. 2020, "Additive Powers-of-Two Quantization" (arXiv:1909.13144), with terms of 2 bits: term i of n is 0 or
    2**-(i + n j), j = 0, 1, 2. An odd bit is a further term, 0 or the power that comes before the last of each other
    term: 3 bits are {0, 1, 1/2, 1/8} + {0, 1/4}.
    """
    terms, odd = bits // 2, bits % 2
    sums = np.zeros(1)
    for i in range(terms):
        sums = np.add.outer(sums, [0.0, 2.0**-i, 2.0 ** -(i + terms), 2.0 ** -(i + 2 * terms + odd)]).reshape(-1)
    if odd:
        sums = np.add.outer(sums, [0.0, 2.0 ** (-2 * terms)]).reshape(-1)
    sums.sort()
    return np.asarray(sums / sums[-1])


def function(kind: str, bits: int, opset: int = OPSET) -> ir.Function:
    """The function of a kind for graphs of this opset; they have to import DOMAIN, version 1."""
    if kind == BLOCKED:
        return _blocked(bits, opset)
    if kind == CODEBOOK:
        inputs, attributes, look_up = "packed, table", "shape, count", "y_flat = Gather (table, codes)"
        finish = "y = Reshape (y_flat, out_shape)"
    else:
        inputs, attributes, look_up = "packed, scale", "shape, wide, count", "y_flat = Gather (levels, codes)"
        numbers = ", ".join(repr(float(v)) for v in levels(kind, bits))
        finish = f"""levels = Constant <value = float[{1 << bits}] {{{numbers}}}> ()
            wide_shape = Constant <value_ints: ints = @wide> ()
            y_wide = Reshape (y_flat, wide_shape)
            y_scaled = Mul (y_wide, scale)
            y = Reshape (y_scaled, out_shape)"""
        look_up, finish = finish.splitlines()[0] + "\n" + look_up, "\n".join(finish.splitlines()[1:])
    text = f"""<opset_import: ["" : {opset}], domain: "{DOMAIN}">
        {function_name(kind, bits)} <{attributes}> ({inputs}) => (y) {{
            {_unpacking(bits)}
            {look_up}
            out_shape = Constant <value_ints: ints = @shape> ()
            {finish}
        }}"""
    return ir.serde.deserialize_function(onnx.parser.parse_function(text))


def _blocked(bits: int, opset: int) -> ir.Function:
    text = f"""<opset_import: ["" : {opset}], domain: "{DOMAIN}">
        {function_name(BLOCKED, bits)} <shape, block_size> (quantized, scale, zero_point) => (y) {{
            rows = DequantizeLinear <axis = 1, block_size: int = @block_size> (quantized, scale, zero_point)
            out_shape = Constant <value_ints: ints = @shape> ()
            y = Reshape (rows, out_shape)
        }}"""
    return ir.serde.deserialize_function(onnx.parser.parse_function(text))


def _unpacking(bits: int) -> str:
    """From ``packed`` to ``codes``, flat int32. Where k divides 8 whole codes are shifted out, else single bits."""
    if bits == 8:
        return "codes = Cast <to = 6> (packed)"
    width = bits if 8 % bits == 0 else 1
    shifts = ", ".join(str(s) for s in range(0, 8, width))
    fields = f"""first = Constant <value_ints = [0]> ()
        last_axis = Constant <value_ints = [1]> ()
        flat_shape = Constant <value_ints = [-1]> ()
        shifts = Constant <value = uint8[{8 // width}] {{{shifts}}}> ()
        radix = Constant <value = uint8[1] {{{1 << width}}}> ()
        count = Constant <value_ints: ints = @count> ()
        column = Unsqueeze (packed, last_axis)
        shifted = BitShift <direction = "RIGHT"> (column, shifts)
        field = Mod (shifted, radix)
        flat = Reshape (field, flat_shape)
        kept = Slice (flat, first, count)
        """
    if width == bits:
        return fields + "codes = Cast <to = 6> (kept)"
    places = ", ".join(str(1 << k) for k in range(bits))
    return (
        fields
        + f"""rows_shape = Constant <value_ints = [-1, {bits}]> ()
        places = Constant <value = int32[{bits}] {{{places}}}> ()
        wide_bits = Cast <to = 6> (kept)
        rows = Reshape (wide_bits, rows_shape)
        placed = Mul (rows, places)
        codes = ReduceSum <keepdims = 0> (placed, last_axis)"""
    )


def fields(bits: int, count: int) -> int:
    """What the attribute ``count`` has to be for so many codes: whole codes, or bits."""
    return count if 8 % bits == 0 else count * bits
