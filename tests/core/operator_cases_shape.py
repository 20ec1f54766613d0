"""Random operators that move, cut, join, resize or describe data."""

from __future__ import annotations

import numpy as np
import onnx

from tests.core.operator_cases import Case, Draw, case, pair


@case("Reshape")
def _reshape(d: Draw) -> Case:
    x = d.floats(2, 3, 4)
    target = d.one([6, 4], [0, -1], [0, 0, 4], [-1], [4, 3, 2], [0, 12])
    return Case([x, np.array(target)], {}, d.one(7, 14), (1,))


@case("Flatten")
def _flatten(d: Draw) -> Case:
    x = d.floats(*d.shape())
    return Case([x], d.one({}, {"axis": d.int(-x.ndim, x.ndim)}), 13)


@case("Transpose")
def _transpose(d: Draw) -> Case:
    x = d.floats(*d.shape())
    return Case([x], d.one({}, {"perm": [int(k) for k in d.rng.permutation(x.ndim)]}), 13)


@case("Squeeze")
def _squeeze(d: Draw) -> Case:
    x, opset = d.floats(1, 3, 1, 2, 1), d.one(11, 13)
    axes = d.one([0], [2, 4], [-1, 0], None)
    if axes is None:
        return Case([x], {}, opset)
    return Case([x], {"axes": axes}, opset) if opset < 13 else Case([x, np.array(axes)], {}, opset, (1,))


@case("Unsqueeze")
def _unsqueeze(d: Draw) -> Case:
    x, opset = d.floats(3, 2), d.one(11, 13)
    axes = d.one([0], [1, 3], [3, 0], [-1], [-1, 0])
    return Case([x], {"axes": axes}, opset) if opset < 13 else Case([x, np.array(axes)], {}, opset, (1,))


@case("Concat")
def _concat(d: Draw) -> Case:
    shape = list(d.shape(2, 4))
    axis = d.int(-len(shape), len(shape) - 1)
    xs: list[np.ndarray | None] = []
    for _ in range(d.int(1, 3)):
        shape[axis] = d.int(1, 3)
        xs.append(d.floats(*shape))
    return Case(xs, {"axis": axis}, 13)


@case("Split")
def _split(d: Draw) -> Case:
    axis, kind = d.one(0, 1, -1), d.int(0, 3)
    shape = [2, 3, 4]
    if kind == 0:
        shape[axis] = d.int(4, 7)
        parts = d.int(2, 3)
        if -(-shape[axis] // parts) * (parts - 1) >= shape[axis]:
            shape[axis] = 6
        return Case([d.floats(*shape)], {"axis": axis, "num_outputs": parts}, 18, outputs=parts)
    sizes = [d.int(1, 3) for _ in range(d.int(2, 3))]
    if kind == 1:
        shape[axis] = 2 * len(sizes)
        return Case([d.floats(*shape)], {"axis": axis}, 13, outputs=len(sizes))
    shape[axis] = sum(sizes)
    if kind == 2:
        return Case([d.floats(*shape)], {"axis": axis, "split": sizes}, 11, outputs=len(sizes))
    return Case([d.floats(*shape), np.array(sizes)], {"axis": axis}, d.one(13, 18), (1,), len(sizes))


@case("Slice")
def _slice(d: Draw) -> Case:
    x = d.floats(5, 4, 6)
    big = 2**63 - 1
    if d.int(0, 2) == 0:
        return Case([x], {"axes": [0, 2], "starts": [d.int(-3, 3), 1], "ends": [d.one(4, big), -1]}, 9)
    axes = d.one([0, 1, 2], [2], [-1, 0])
    steps = [d.one(1, 2, -1, -2) for _ in axes]
    starts = [d.int(-7, 7) for _ in axes]
    ends = [d.one(-7, -3, -1, 0, 2, 4, 7, big if s > 0 else -big) for s in steps]  # the spec's "to the very end"
    return Case([x, *(np.array(v) for v in (starts, ends, axes, steps))], {}, d.one(10, 13), d.one((), (1, 2, 3, 4)))


@case("Expand")
def _expand(d: Draw) -> Case:
    a, b = pair(d)
    return Case([d.floats(*a), np.array(b)], {}, 13, (1,))


@case("Tile")
def _tile(d: Draw) -> Case:
    x = d.floats(*d.shape(1, 3))
    return Case([x, np.array([d.int(1, 3) for _ in x.shape])], {}, 13, (1,))


@case("Shape")
def _shape(d: Draw) -> Case:
    x = d.floats(*d.shape(2, 4))
    return Case([x], d.one({}, {"start": 1}, {"start": -1}, {"start": 0, "end": -1}), 15)


@case("Size")
def _size(d: Draw) -> Case:
    return Case([d.floats(*d.shape())], {}, 13)


@case("Range")
def _range(d: Draw) -> Case:
    kind = d.one(np.int64, np.float32)
    return Case([np.array(v, kind) for v in (d.int(-3, 3), d.int(4, 9), d.int(1, 3))], {}, 11)


@case("ConstantOfShape")
def _fill(d: Draw) -> Case:
    value = d.one({}, {"value": onnx.numpy_helper.from_array(np.array([7], d.one(np.int64, np.float32)))})
    return Case([np.array(d.shape())], value, d.one(9, 20), (0,))


@case("Constant")
def _constant(d: Draw) -> Case:
    value = onnx.numpy_helper.from_array(d.one(d.floats(2, 3), np.array(3, np.int64)))
    kinds = ({"value": value}, {"value_float": 0.5}, {"value_int": 3}, {"value_ints": [1, 2]}, {"value_floats": [0.5]})
    return Case([], d.one(*kinds), 13)


@case("Cast")
def _cast(d: Draw) -> Case:
    return Case([d.floats(*d.shape()) * 5], {"to": d.one(1, 6, 7, 9, 10, 11)}, 13)


@case("CastLike")
def _cast_like(d: Draw) -> Case:
    return Case([d.floats(*d.shape()) * 5, np.zeros(1, d.one(np.int64, np.float32, np.float64))], {}, 15)


@case("DepthToSpace")
def _depth_to_space(d: Draw) -> Case:
    b = d.int(1, 3)
    return Case([d.floats(2, b * b * d.int(1, 2), 2, 3)], {"blocksize": b, **d.one({}, {"mode": "CRD"})}, 13)


@case("SpaceToDepth")
def _space_to_depth(d: Draw) -> Case:
    b = d.int(1, 3)
    return Case([d.floats(2, d.int(1, 3), 2 * b, 3 * b)], {"blocksize": b}, 13)


@case("Pad")
def _pad(d: Draw) -> Case:
    x = d.floats(2, 3, 4, 5)
    mode = d.one("constant", "reflect", "edge", "wrap")
    pads = [d.int(0, 1) if mode == "reflect" else d.int(0, 3) for _ in range(8)]
    if mode == "constant" and d.int(0, 1):
        pads[3], pads[7] = -1, -d.int(0, 1)
    if mode != "wrap" and d.int(0, 2) == 0:
        return Case([x], {"mode": mode, "pads": pads, "value": 0.5}, 10)
    value = [np.array(1.5, np.float32)] if mode == "constant" else [None]
    if d.int(0, 1):
        return Case([x, np.array(pads[:4]), *value, np.array([1, -1])], {"mode": mode}, 19, (1, 3))
    return Case([x, np.array(pads), *value], {"mode": mode}, 19 if mode == "wrap" else 13, (1,))


@case("CenterCropPad")
def _center_crop_pad(d: Draw) -> Case:
    x = d.floats(d.int(1, 5), d.int(1, 5), d.int(1, 5))
    axes = d.one(None, [0, 2], [-1])
    shape = np.array([d.int(1, 7) for _ in (axes or range(3))])
    return Case([x, shape], {} if axes is None else {"axes": axes}, 18, (1,))


@case("Col2Im")
def _col2im(d: Draw) -> Case:
    block, image = [d.int(1, 3), d.int(1, 3)], [d.int(5, 7), d.int(5, 7)]
    strides, dilations = [d.int(1, 2) for _ in block], [d.int(1, 2) for _ in block]
    pads = [d.int(0, 1) for _ in range(4)]
    counts = [
        (image[k] + pads[k] + pads[k + 2] - dilations[k] * (block[k] - 1) - 1) // strides[k] + 1 for k in range(2)
    ]
    x = d.floats(d.int(1, 2), 2 * block[0] * block[1], counts[0] * counts[1])
    attributes = {"strides": strides, "dilations": dilations, "pads": pads}
    return Case([x, np.array(image), np.array(block)], attributes, 18, (1, 2))
