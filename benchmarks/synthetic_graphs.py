"""Graphs of any length that look like real networks: a residual CNN and a transformer encoder.

Names are module paths, as exporters write them, so that blocks are found. Weights are small and shared between
layers: a graph of ten thousand layers is some megabytes of structure and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

_CHANNELS, _TOKENS, _WIDTH, _HEADS = 8, 16, 16, 2
_BLOCKS_A_STAGE = 12


class _Writer:
    """Collects nodes; every node makes one tensor, named after it."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []

    def add(self, path: str, operator: str, *inputs: str, **attributes: object) -> str:
        name = f"/{path}/{operator}"
        out = f"{name}_output_0"
        self.nodes.append(helper.make_node(operator, list(inputs), [out], name, **attributes))
        return out


def cnn(layers: int) -> onnx.ModelProto:
    """At least ``layers`` layers of residual blocks in stages; the first block of a stage has a convolution beside."""
    write, last, block = _Writer(), "image", 0

    def unit(path: str, value: str, relu: bool) -> str:
        value = write.add(f"{path}/conv", "Conv", value, "w", kernel_shape=[3, 3], pads=[1, 1, 1, 1])
        value = write.add(f"{path}/bn", "BatchNormalization", value, "s", "b", "m", "v")
        return write.add(f"{path}/act", "Relu", value) if relu else value

    while len(write.nodes) < layers:
        stage, k = divmod(block, _BLOCKS_A_STAGE)
        path = f"stages/stages.{stage}/blocks/blocks.{k}"
        inner = unit(f"{path}/second", unit(f"{path}/first", last, relu=True), relu=False)
        shortcut = unit(f"{path}/shortcut", last, relu=False) if k == 0 else last
        last = write.add(path, "Relu", write.add(path, "Add", inner, shortcut))
        block += 1
    weight = np.random.default_rng(0).standard_normal((_CHANNELS, _CHANNELS, 3, 3), np.float32)
    ones = np.ones(_CHANNELS, np.float32)
    stored = {"w": weight, "s": ones, "b": ones, "m": ones, "v": ones}
    return _model(write.nodes, "cnn", {"image": [1, _CHANNELS, 16, 16]}, last, stored)


def transformer(layers: int) -> onnx.ModelProto:
    """At least ``layers`` layers of encoder blocks, attention and feed-forward written out as exporters do.

    As in BERT every block reads the mask that is made from the second input: one tensor with a reader in each block.
    """
    write, last, block = _Writer(), "tokens", 0
    mask = write.add("mask", "Mul", write.add("mask", "Sub", "one", "kept"), "least")
    while len(write.nodes) < layers:
        path = f"encoder/layer.{block}"
        last = _feed_forward(write, path, _attention(write, path, last, mask))
        block += 1
    rng = np.random.default_rng(0)
    stored = {
        "w": rng.standard_normal((_WIDTH, _WIDTH), np.float32),
        "b": np.zeros(_WIDTH, np.float32),
        "g": np.ones(_WIDTH, np.float32),
        "heads": np.array([1, _TOKENS, _HEADS, _WIDTH // _HEADS]),
        "joined": np.array([1, _TOKENS, _WIDTH]),
        "root": np.array(np.sqrt(_WIDTH / _HEADS), np.float32),
        "sqrt2": np.array(np.sqrt(2), np.float32),
        "one": np.array(1, np.float32),
        "half": np.array(0.5, np.float32),
        "least": np.array(-10_000, np.float32),
    }
    given = {"tokens": [1, _TOKENS, _WIDTH], "kept": [1, 1, 1, _TOKENS]}
    return _model(write.nodes, "transformer", given, last, stored)


def _dense(write: _Writer, path: str, value: str) -> str:
    return write.add(path, "Add", write.add(path, "MatMul", value, "w"), "b")


def _attention(write: _Writer, path: str, value: str, mask: str) -> str:
    here = f"{path}/attention"
    parts = {}
    for name, order in (("query", [0, 2, 1, 3]), ("key", [0, 2, 3, 1]), ("value", [0, 2, 1, 3])):
        split = write.add(f"{here}/{name}", "Reshape", _dense(write, f"{here}/{name}", value), "heads")
        parts[name] = write.add(f"{here}/{name}", "Transpose", split, perm=order)
    scores = write.add(here, "Div", write.add(f"{here}/scores", "MatMul", parts["query"], parts["key"]), "root")
    shares = write.add(here, "Softmax", write.add(here, "Add", scores, mask), axis=-1)
    mixed = write.add(f"{here}/mix", "MatMul", shares, parts["value"])
    mixed = write.add(here, "Reshape", write.add(here, "Transpose", mixed, perm=[0, 2, 1, 3]), "joined")
    total = write.add(f"{path}/attention_output", "Add", _dense(write, f"{path}/attention_output/dense", mixed), value)
    return write.add(f"{path}/attention_output", "LayerNormalization", total, "g", "b", axis=-1)


def _feed_forward(write: _Writer, path: str, value: str) -> str:
    wide = _dense(write, f"{path}/intermediate/dense", value)
    here = f"{path}/intermediate/gelu"
    bent = write.add(here, "Add", write.add(here, "Erf", write.add(here, "Div", wide, "sqrt2")), "one")
    bent = write.add(f"{here}/half", "Mul", write.add(here, "Mul", wide, bent), "half")
    total = write.add(f"{path}/output", "Add", _dense(write, f"{path}/output/dense", bent), value)
    return write.add(f"{path}/output", "LayerNormalization", total, "g", "b", axis=-1)


def _model(
    nodes: list[onnx.NodeProto], name: str, given: dict[str, list[int]], last: str, stored: dict[str, np.ndarray]
) -> onnx.ModelProto:
    """A graph; ``given`` are its inputs with their shapes, the output ``last`` has that of the first."""
    shapes = given | {last: next(iter(given.values()))}
    ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, shape) for n, shape in shapes.items()]
    weights = [numpy_helper.from_array(array, key) for key, array in stored.items()]
    graph = helper.make_graph(nodes, name, ends[:-1], ends[-1:], weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)


KINDS: dict[str, Callable[[int], onnx.ModelProto]] = {"cnn": cnn, "transformer": transformer}
