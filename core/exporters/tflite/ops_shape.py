"""Operators that move, select or join elements. In int8 they keep the scale of their input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import onnx_ir as ir
from ai_edge_litert import schema_py_generated as schema

from core.exporters.tflite import layout as layouts
from core.exporters.tflite.builder import Affine, made
from core.exporters.tflite.conversion import Conversion, Unsupported, ints
from core.exporters.tflite.layout import Layout
from core.exporters.tflite.ops_elementwise import aligned, can_be_integer, common_order, float_operand, integer_operand
from core.exporters.tflite.quantized import wanted_scale
from core.exporters.tflite.table import writes
from core.exporters.tflite.values import Constant, Tensor
from core.exporters.tflite.windows import image

_CAST = (ir.DataType.FLOAT, ir.DataType.INT32, ir.DataType.INT64)


@writes("Transpose")
def transpose(c: Conversion, node: ir.Node) -> None:
    """Nothing is written: the value is the same, its axes are named otherwise."""
    x = c.get(node.inputs[0])
    order = tuple(ints(node, "perm") or range(x.rank)[::-1])
    if isinstance(x, Constant):
        c.put(node.outputs[0], x.transposed(order))
    elif x.columns is not None:
        raise Unsupported("it transposes a flattened image")
    else:
        c.put(node.outputs[0], replace(x, layout=x.layout.transposed(order)))


@writes("Reshape", "Flatten", "Squeeze", "Unsqueeze")
def reshape(c: Conversion, node: ir.Node) -> None:
    """RESHAPE, with a TRANSPOSE before it only where merged axes are not stored side by side."""
    x, out = c.get(node.inputs[0]), node.outputs[0]
    shape = c.shape(out)
    if isinstance(x, Constant):
        c.put(out, x.reshaped(shape))
        return
    if x.columns is not None:
        raise Unsupported("it reshapes a flattened image")
    columns = layouts.flat_columns(x.layout, shape) if layouts.reshaped(x.layout, shape) is None else None
    if columns is not None and _only_fully_connected(c, out):
        flat = c.move(x, "RESHAPE", Layout.plain(shape))
        c.put(out, replace(flat, columns=columns))
        return
    c.put(out, c.reshaped(x, shape))


def _only_fully_connected(c: Conversion, value: ir.Value) -> bool:
    """Whether every path from a value ends in a layer that can take its weights in another order."""
    passes = ("QuantizeLinear", "DequantizeLinear", "Relu", "Clip", "Sigmoid", "Tanh", "HardSwish", "LeakyRelu")
    if value.is_graph_output() or not value.uses():
        return False
    for use in value.uses():
        node = use.node
        if node.op_type in ("Gemm", "MatMul"):
            weights = c.get(node.inputs[1]) if c.is_constant(node.inputs[1]) else None
            if use.idx != 0 or weights is None or weights.rank != 2 or node.attributes.get_int("transA", 0) != 0:
                return False
        elif node.op_type not in passes or not _only_fully_connected(c, node.outputs[0]):
            return False
    return True


@writes("Concat")
def concat(c: Conversion, node: ir.Node) -> None:
    """CONCATENATION; its int8 form cannot rescale, so inputs of another scale pass a QUANTIZE first."""
    shape, out = c.shape(node.outputs[0]), node.outputs[0]
    axis = node.attributes.get_int("axis", 1) % len(shape)
    operands = aligned(c, [c.get(v) for v in node.inputs], len(shape))
    perm = common_order(operands, len(shape))
    scale = _concat_scale(c, operands, out)
    if scale is not None:
        sources = [c.requantized(x, scale).index for x in operands if isinstance(x, Tensor)]
        result = c.new(Layout(shape, perm), scale)
    else:
        sources = [float_operand(c, x, perm) for x in operands]
        result = c.new(Layout(shape, perm), dtype=c.builder.dtype(sources[0]))
    options = made(schema.ConcatenationOptionsT, axis=perm.index(axis))
    c.emit("CONCATENATION", sources, result, options)
    c.put(out, result.known_nonnegative(all(isinstance(x, Tensor) and x.nonnegative for x in operands)))


def _concat_scale(c: Conversion, operands: Sequence[Tensor | Constant], out: ir.Value) -> Affine | None:
    """The scale of an int8 CONCATENATION, None where it has to be float."""
    scales = {x.quantization for x in operands if isinstance(x, Tensor)}
    if not all(isinstance(x, Tensor) and x.quantized for x in operands):
        return None
    wanted = wanted_scale(c, out)
    return wanted if wanted is not None or len(scales) > 1 else scales.pop()


@writes("Slice")
def slice_(c: Conversion, node: ir.Node) -> None:
    """SLICE, or STRIDED_SLICE where steps are not 1."""
    x = c.tensor(node.inputs[0])
    starts, ends = c.integers(node, 1, "starts"), c.integers(node, 2, "ends")
    if starts is None or ends is None:
        raise Unsupported("it has no starts or ends")
    axes = c.integers(node, 3, "axes") or list(range(len(starts)))
    steps = c.integers(node, 4, "steps") or [1] * len(starts)
    box = [(0, n, 1) for n in x.shape]
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        if step <= 0:
            raise Unsupported("it runs backwards (negative step)")
        box[axis % x.rank] = slice(start, end, step).indices(x.shape[axis % x.rank])
    c.put(node.outputs[0], _sliced(c, x, box))


def _sliced(c: Conversion, x: Tensor, box: Sequence[tuple[int, int, int]]) -> Tensor:
    """Elements start:end:step of every axis, ``box`` in ONNX order."""
    if x.columns is not None:
        raise Unsupported("it selects from a flattened image")
    shape = [len(range(*b)) for b in box]
    if min(shape, default=1) == 0:
        raise Unsupported("it selects nothing")
    if tuple(shape) == x.shape:
        return x
    to = x.layout.with_shape(shape)
    starts, ends, steps = zip(*(box[a] for a in x.layout.perm), strict=True)
    if set(steps) == {1}:
        extra = [c.builder.integers(*starts), c.builder.integers(*to.stored)]
        return c.move(x, "SLICE", to, extra, schema.SliceOptionsT())
    extra = [c.builder.integers(*starts), c.builder.integers(*ends), c.builder.integers(*steps)]
    return c.move(x, "STRIDED_SLICE", to, extra, schema.StridedSliceOptionsT())


@writes("Gather")
def gather(c: Conversion, node: ir.Node) -> None:
    """SLICE for one index, else GATHER along the stored axis; rows of a table by indices that come while running."""
    index = c.constant(node.inputs[1])
    axis = node.attributes.get_int("axis", 0) % len(c.shape(_given(node, 0)))
    if index is None:
        c.put(node.outputs[0], _looked_up(c, _table(c, node), c.tensor(node.inputs[1]), axis))
        return
    x = c.tensor(node.inputs[0])
    index = np.where(index < 0, index + x.shape[axis], index)
    if index.size == 1:
        at = int(index.reshape(()))
        box = [(at, at + 1, 1) if a == axis else (0, n, 1) for a, n in enumerate(x.shape)]
        c.put(node.outputs[0], c.reshaped(_sliced(c, x, box), c.shape(node.outputs[0])))
        return
    if index.ndim != 1 or x.columns is not None:
        raise Unsupported(f"its indices have {index.ndim} axes, only 1 is supported")
    to = x.layout.with_shape([index.size if a == axis else n for a, n in enumerate(x.shape)])
    options = made(schema.GatherOptionsT, axis=x.layout.perm.index(axis))
    c.put(node.outputs[0], c.move(x, "GATHER", to, [c.builder.constant(index.astype(np.int32))], options))


def _given(node: ir.Node, index: int) -> ir.Value:
    value = node.inputs[index]
    if value is None:
        raise Unsupported("a required input is missing")
    return value


def _table(c: Conversion, node: ir.Node) -> Tensor:
    """What rows are taken from; stored integers of one scale stay integers."""
    known = c.get(node.inputs[0])
    if not isinstance(known, Constant) or not can_be_integer(known):
        return c.tensor(node.inputs[0])
    assert known.scale is not None, "can_be_integer asked"
    assert known.zero_point is not None, "can_be_integer asked"
    index = integer_operand(c, known, layouts.identity(len(known.shape)))
    dtype = c.builder.dtype(index)
    scale = Affine.per_tensor(float(known.scale[0]), int(known.zero_point[0]), dtype)
    return Tensor(index, Layout.plain(known.shape), dtype, scale)


def _looked_up(c: Conversion, table: Tensor, index: Tensor, axis: int) -> Tensor:
    """Rows of a table; indices count from 0 (a negative one is ONNX's alone)."""
    if axis != 0 or table.columns is not None or not (_is_plain(table) and _is_plain(index)):
        raise Unsupported("its indices are computed while running")
    out = c.new(Layout.plain((*index.shape, *table.shape[1:])), table.quantization, table.dtype)
    return c.emit("GATHER", [table.index, index.index], out, made(schema.GatherOptionsT, axis=0))


def _is_plain(x: Tensor) -> bool:
    return x.layout.perm == layouts.identity(x.rank)


@writes("Cast")
def cast(c: Conversion, node: ir.Node) -> None:
    """CAST between float32 and integers of 32 and 64 bits, from truth values too; not of stored steps."""
    x, kind = c.tensor(node.inputs[0]), ir.DataType(node.attributes.get_int("to", 0))
    wanted = kind.numpy().name if kind in _CAST else ""
    if not wanted or x.quantized or x.columns is not None:
        raise Unsupported(f"it casts {x.dtype} to {kind.name}")
    out = c.new(x.layout, None, wanted)
    c.put(node.outputs[0], c.emit("CAST", [x.index], out, schema.CastOptionsT()))


@writes("Split")
def split(c: Conversion, node: ir.Node) -> None:
    """SPLIT for equal parts, else SPLIT_V."""
    x = c.tensor(node.inputs[0])
    if x.columns is not None:
        raise Unsupported("it splits a flattened image")
    axis = node.attributes.get_int("axis", 0) % x.rank
    sizes = [c.shape(out)[axis] for out in node.outputs]
    at = c.builder.scalar(x.layout.perm.index(axis))
    parts = [replace(x, layout=x.layout.with_shape(c.shape(out))) for out in node.outputs]
    made_at = [c.builder.tensor(p.layout.stored, x.dtype, quantization=x.quantization) for p in parts]
    if len(set(sizes)) == 1:
        options = made(schema.SplitOptionsT, numSplits=len(sizes))
        c.builder.operator("SPLIT", [at, x.index], made_at, options)
    else:
        options = made(schema.SplitVOptionsT, numSplits=len(sizes))
        c.builder.operator("SPLIT_V", [x.index, c.builder.integers(*sizes), at], made_at, options)
    for out, part, index in zip(node.outputs, parts, made_at, strict=True):
        c.put(out, replace(part, index=index))


@writes("Pad")
def pad(c: Conversion, node: ir.Node) -> None:
    """PAD with 0, PADV2 with another number, MIRROR_PAD; negative padding becomes a SLICE first."""
    x, mode = c.tensor(node.inputs[0]), node.attributes.get_string("mode", "constant")
    if x.columns is not None:
        raise Unsupported("it pads a flattened image")
    before, after = _pad_table(c, node, x.rank)
    box = [(max(-b, 0), n - max(-a, 0), 1) for n, b, a in zip(x.shape, before, after, strict=True)]
    x = _sliced(c, x, box)
    pairs = [(max(before[a], 0), max(after[a], 0)) for a in range(x.rank)]
    if not any(map(any, pairs)):
        c.put(node.outputs[0], x)
        return
    to = x.layout.with_shape([n + sum(pair) for n, pair in zip(x.shape, pairs, strict=True)])
    table = c.builder.constant(np.asarray([pairs[a] for a in x.layout.perm], np.int32))
    if mode == "reflect":
        options = made(schema.MirrorPadOptionsT, mode=schema.MirrorPadMode.REFLECT)
        c.put(node.outputs[0], c.move(x, "MIRROR_PAD", to, [table], options))
        return
    if mode != "constant":
        raise Unsupported(f"TFLite has no padding of mode '{mode}'")
    fill = _fill(c, node)
    if fill == 0.0:
        c.put(node.outputs[0], c.move(x, "PAD", to, [table], schema.PadOptionsT()))
        return
    x = c.floats(x)
    filler = c.float_constant(np.asarray([fill], np.float32))
    out = c.move(x, "PADV2", to, [table, filler], schema.PadV2OptionsT())
    c.put(node.outputs[0], out.known_nonnegative(x.nonnegative and fill >= 0))


def _fill(c: Conversion, node: ir.Node) -> float:
    """The number a constant Pad writes: an attribute before opset 11, an input since; 0 where left out."""
    value = c.input(node, 2)
    if value is None:
        return node.attributes.get_float("value", 0.0)
    array = c.constant(value)
    if array is None:
        raise Unsupported("the number it pads with is computed while running")
    return float(array.reshape(-1)[0]) if array.size else 0.0


def _pad_table(c: Conversion, node: ir.Node, rank: int) -> tuple[list[int], list[int]]:
    pads = c.integers(node, 1, "pads")
    if pads is None:
        raise Unsupported("it has no pads")
    axes = c.integers(node, 3, "axes") or list(range(rank))
    before, after = [0] * rank, [0] * rank
    for k, axis in enumerate(axes):
        before[axis % rank], after[axis % rank] = pads[k], pads[len(axes) + k]
    return before, after


@writes("Expand")
def expand(c: Conversion, node: ir.Node) -> None:
    """BROADCAST_TO."""
    shape = c.shape(node.outputs[0])
    x = c.lifted(c.tensor(node.inputs[0]), len(shape))
    assert isinstance(x, Tensor), "a tensor stays one when axes are added"
    to = x.layout.with_shape(shape)
    if x.shape == to.shape:
        c.put(node.outputs[0], x)
        return
    extra = [c.builder.integers(*to.stored)]
    c.put(node.outputs[0], c.move(c.floats(x), "BROADCAST_TO", to, extra, schema.BroadcastToOptionsT()))


@writes("Resize")
def resize(c: Conversion, node: ir.Node) -> None:
    """RESIZE_NEAREST_NEIGHBOR or RESIZE_BILINEAR where their arithmetic is the same as ONNX's."""
    x, shape = image(c, node.inputs[0]), c.shape(node.outputs[0])
    if shape[:2] != x.shape[:2]:
        raise Unsupported("it resizes other axes than height and width")
    mode = node.attributes.get_string("mode", "nearest")
    where = node.attributes.get_string("coordinate_transformation_mode", "half_pixel" if c.opset > 10 else "asymmetric")
    check = {"nearest": _nearest, "linear": _linear}.get(mode)
    if check is None:
        raise Unsupported(f"TFLite has no resizing of mode '{mode}'")
    operator, options = check(node, where, [(n, m) for n, m in zip(x.shape[2:], shape[2:], strict=True)])
    to = x.layout.with_shape(shape)
    if mode == "linear":
        x = c.floats(x)  # the integer kernel rounds otherwise than onnxruntime
    c.put(node.outputs[0], c.move(x, operator, to, [c.builder.integers(*shape[2:])], options))


def _nearest(node: ir.Node, where: str, sizes: list[tuple[int, int]]) -> tuple[str, object]:
    """TFLite takes floor(i * in / out); ONNX's other roundings give the same for some factors only."""
    rounding = node.attributes.get_string("nearest_mode", "round_prefer_floor")
    doubled = all(m in (n, 2 * n) for n, m in sizes)
    whole = all(m % n == 0 for n, m in sizes)
    if where == "asymmetric":
        same = rounding == "floor" or (rounding == "round_prefer_floor" and doubled)
    else:  # the centre of a pixel lies within its source pixel
        same = where in ("half_pixel", "pytorch_half_pixel") and whole and rounding.startswith("round_prefer")
    if not same:
        raise Unsupported(f"TFLite does not round like '{where}' with '{rounding}'")
    return "RESIZE_NEAREST_NEIGHBOR", schema.ResizeNearestNeighborOptionsT()


def _linear(node: ir.Node, where: str, sizes: list[tuple[int, int]]) -> tuple[str, object]:
    if where not in ("half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"):
        raise Unsupported(f"TFLite has no coordinates like '{where}'")
    if node.attributes.get_int("antialias", 0):
        raise Unsupported("TFLite does not smooth when it shrinks (antialias)")
    corners, half = where == "align_corners", where.endswith("half_pixel")
    return "RESIZE_BILINEAR", made(schema.ResizeBilinearOptionsT, alignCorners=corners, halfPixelCenters=half)
