"""What an edit, its undo and its redo cost on graphs of 10,000 layers, with and without annotated shapes.

    .venv/bin/python -m benchmarks.edit_speed

Local edits change a layer and its neighbours; a stride changes the shapes of all layers behind it; the others go
through the whole graph. Seconds are the best of ``--repeats``.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnx_ir as ir
from onnx import TensorProto, helper, numpy_helper

from benchmarks import record
from core.model.editing import Edit, WorkingCopy
from core.model.editing.blocks import ReplaceBlock
from core.model.editing.ends import AddOutput, RemoveOutput, SetBatch
from core.model.editing.folding import FoldBatchNorm, FoldConstants
from core.model.editing.layers import Bypass, Connect, Delete, Insert, RemoveIdentities, Replace
from core.model.editing.names import RenameLayer, RenameTensor, SetAttribute
from core.model.editing.weights import SetWeights
from core.model.editing.whole import CutOut
from core.model.model import Model


def network(layers: int, annotated: bool) -> Model:
    """Conv, BatchNormalization, Relu, Identity, and every eighth time a shape computed by four layers more."""
    rng, nodes, stored, x = np.random.default_rng(0), [], [], "x"

    def constant(name: str, array: Any) -> str:
        stored.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    for k in range(layers):
        if len(nodes) >= layers - 1:
            break
        weight = constant(f"w{k}", rng.standard_normal((8, 8, 3, 3)).astype(np.float32))
        rows = [constant(f"{n}.{k}", rng.random(8).astype(np.float32) + 0.5) for n in ("scale", "bias", "mean", "var")]
        nodes.append(helper.make_node("Conv", [x, weight], [f"c{k}"], name=f"conv{k}", pads=[1] * 4))
        nodes.append(helper.make_node("BatchNormalization", [f"c{k}", *rows], [f"n{k}"], name=f"norm{k}"))
        nodes.append(helper.make_node("Relu", [f"n{k}"], [f"r{k}"], name=f"relu{k}"))
        nodes.append(helper.make_node("Identity", [f"r{k}"], [f"i{k}"], name=f"identity{k}"))
        x = f"i{k}"
        if k % 8 == 7:
            one, rest = constant(f"one{k}", np.array([1])), constant(f"rest{k}", np.array([-1]))
            nodes.append(helper.make_node("Shape", [x], [f"shape{k}"], name=f"size{k}"))
            nodes.append(helper.make_node("Gather", [f"shape{k}", one], [f"channels{k}"], name=f"gather{k}"))
            parts = [rest, f"channels{k}", constant(f"sides{k}", np.array([8, 8]))]
            nodes.append(helper.make_node("Concat", parts, [f"target{k}"], name=f"concat{k}", axis=0))
            nodes.append(helper.make_node("Reshape", [x, f"target{k}"], [f"reshaped{k}"], name=f"reshape{k}"))
            x = f"reshaped{k}"
    nodes.append(helper.make_node("Relu", [x], ["y"], name="last"))
    ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, ["batch", 8, 8, 8]) for n in "xy"]
    graph = helper.make_graph(nodes, "network", ends[:1], ends[1:], stored)
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    if annotated:
        proto = onnx.shape_inference.infer_shapes(proto, data_prop=True)
    return Model.from_ir(ir.from_proto(proto))


def edits(layers: int) -> list[tuple[str, Edit]]:
    k = layers // 9  # in the middle
    local: list[Edit] = [
        RenameLayer(f"conv{k}", "renamed"), RenameTensor(f"c{k}", "renamed"),
        SetAttribute(f"conv{k}", "dilations", [1, 1]), Replace(f"relu{k}", "HardSwish"), Bypass(f"relu{k}"),
        Insert(f"r{k}", "Sigmoid"), Insert(f"r{k}", "Conv"), Connect(f"identity{k}", 0, f"n{k}"), Delete(f"relu{k}"),
        AddOutput(f"c{k}"), RemoveOutput("y"), SetWeights(f"scale.{k}", (1.0,) * 8), ReplaceBlock(f"conv{k}"),
    ]  # fmt: skip
    whole: list[Edit] = [SetBatch(4), FoldBatchNorm(), FoldConstants(), RemoveIdentities(), CutOut(("r5",), ("r9",))]
    return [*(("local", e) for e in local), ("ripple", SetAttribute(f"conv{k}", "strides", [2, 2])),
            *(("whole", e) for e in whole)]  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--layers", type=int, default=10_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", type=Path, metavar="OUT")
    options = parser.parse_args()
    rows = []
    for annotated in (True, False):
        model = network(options.layers, annotated)
        opening = min(_timed(lambda m=model: WorkingCopy(m)) for _ in range(options.repeats))
        copy = WorkingCopy(model)
        said = "annotated" if annotated else "not annotated"
        print(f"{options.layers:,} layers, shapes {said}: working copy {1000 * opening:.0f} ms")
        rows.append({"annotated": annotated, "edit": "working copy", "do": opening})
        if annotated:
            copy.do(AddOutput("c3"))  # so that the other output may go
        for kind, act in edits(options.layers):
            if act.key == "output.remove" and not annotated:
                continue
            row = {"annotated": annotated, "kind": kind, "edit": act.key, **times(copy, act, options.repeats)}
            rows.append(row)
            shown = "".join(f"{1000 * row[what]:10.1f}" for what in ("do", "undo", "redo"))
            print(f"  {kind:<6} {act.title:<34}{shown} ms")
    slowest = max(r["do"] for r in rows if r.get("kind") == "local")
    print(f"slowest local edit: {1000 * slowest:.1f} ms")
    record.save(options.json, rows, layers=options.layers, slowest_local_ms=round(1000 * slowest, 2))
    return 0


def times(copy: WorkingCopy, act: Edit, repeats: int) -> dict[str, float]:
    """Best seconds of doing, undoing and redoing; the copy is as before."""
    best: dict[str, float] = {}
    for _ in range(repeats):
        moves = {"do": lambda: copy.do(act), "undo": copy.undo, "redo": copy.redo}
        for name, move in moves.items():
            best[name] = min(best.get(name, 1e9), _timed(move))
        copy.undo()
    return best


def _timed(call: Any) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


if __name__ == "__main__":
    sys.exit(main())
