"""New layers with constants of their own, several layers at once: held against numpy and onnxruntime."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnx_ir as ir
import pytest
from onnx import TensorProto, helper

from core.errors import UserError
from core.formats.onnx_file import graph_to_proto
from core.formats.open import open_model
from core.model.editing import Edit, WorkingCopy
from core.model.editing.layers import Insert, Replace
from core.model.editing.several import BypassSeveral, CutOutLayers, DeleteSeveral
from core.model.editing.weights import LoadWeights, save_values
from core.model.model import Model
from tests.conftest import SAMPLE, network_path
from tests.core.edit_graphs import close, noise, run, small, written


def chain(opset: int, shape: tuple[object, ...] = ("batch", 4, 8, 8), rank_known: bool = True) -> Model:
    nodes = [helper.make_node("Relu", ["x"], ["r"], name="relu"), helper.make_node("Abs", ["r"], ["y"], name="abs")]
    ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, shape if rank_known else None) for n in "xy"]
    graph = helper.make_graph(nodes, "chain", ends[:1], ends[1:])
    return Model.from_ir(
        ir.from_proto(helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8))
    )


def edited(model: Model, *acts: Edit) -> Model:
    copy = WorkingCopy(model)
    for act in acts:
        before = written(copy.model)
        copy.do(act)
        after = written(copy.model)
        copy.undo()
        assert written(copy.model) == before
        copy.redo()
        assert written(copy.model) == after
    assert copy.problems == ()
    onnx.checker.check_model(graph_to_proto(copy.model.graph))
    return copy.model.clone()


IMAGES = [
    "Conv",
    "ConvTranspose",
    "MatMul",
    "Add",
    "Sub",
    "Mul",
    "Div",
    "Pow",
    "BatchNormalization",
    "Reshape",
    "Expand",
    "Tile",
    "Pad",
    "Slice",
    "Gather",
    "Transpose",
    "Concat",
    "Identity",
    "Dropout",
    "Clip",
    "Max",
    "Cast",
]


class TestOneStep:
    """The palette puts the common operators in without a question, and nothing else changes."""

    @pytest.mark.parametrize("opset", [9, 11, 13, 18])
    def test_fresh_layers_change_nothing(self, opset: int) -> None:
        model = chain(opset)
        for operator in IMAGES:
            given: dict[str, Any] = {"to": 1} if operator == "Cast" else {}
            new = edited(model, Insert("r", operator, attributes=given))
            assert [n.op_type for n in new.nodes()] == ["Relu", operator, "Abs"]
            close(run(new)["y"], run(model)["y"])

    def test_vectors_too(self) -> None:
        model = chain(13, ("batch", 5))
        for operator in ("Gemm", "MatMul", "Add", "BatchNormalization"):
            close(run(edited(model, Insert("r", operator)))["y"], run(model)["y"])

    @pytest.mark.parametrize("operator", ["LayerNormalization", "GroupNormalization", "InstanceNormalization", "PRelu",
                                          "MaxPool", "AveragePool", "LRN", "Resize", "DepthToSpace", "SpaceToDepth",
                                          "ReduceMean", "GlobalAveragePool", "Flatten", "Softmax", "HardSwish",
                                          "Unsqueeze", "TopK", "Split"])  # fmt: skip
    def test_others_run(self, operator: str) -> None:
        opset, model = 21, chain(21)
        if operator == "TopK":
            with pytest.raises(UserError):
                WorkingCopy(model).do(Insert("r", operator))
            return
        new = edited(model, Insert("r", operator, "new"))
        assert new.opset == opset
        assert run(new)["y"].size

    def test_convolution_as_asked(self) -> None:
        new = edited(
            chain(18), Insert("r", "Conv", "c", attributes={"kernel_shape": [5, 5], "group": 4, "dilations": [2, 2]})
        )
        assert {k: tuple(v.const_value.shape) for k, v in new.graph.graph.initializers.items()} == {
            "c.weight": (4, 1, 5, 5)
        }
        close(run(new)["y"], run(chain(18))["y"])

    def test_constants_by_name(self) -> None:
        model = chain(13)
        x = noise(model)["x"]
        relu = np.maximum(x, 0)
        for act, wanted in (
            (Insert("r", "Clip", constants={"min": 0.25, "max": 0.5}), np.clip(relu, 0.25, 0.5)),
            (Insert("r", "Clip", constants={"max": 0.5}), np.minimum(relu, 0.5)),
            (Insert("r", "Reshape", "n", constants={"shape": [0, -1]}), relu.reshape(1, -1)),
            (Insert("r", "Add", constants={"B": 2}), relu + 2),
            (Insert("r", "Mul", constants={"B": [[[[3.0]]]]}), relu * 3),
            (Insert("r", "Pow", constants={"Y": 3}), relu**3),
            (Insert("r", "PRelu", constants={"slope": 0.5}), relu),
            (Insert("r", "BatchNormalization", constants={"scale": 2, "B": 1}), relu * 2 / np.sqrt(1 + 1e-5) + 1),
            (Insert("r", "ReduceSum", constants={"axes": [1]}), relu.sum(1, keepdims=True)),
        ):
            close(run(edited(model, act))["y"], np.abs(wanted).astype(np.float32))

    def test_float16_constants(self) -> None:
        nodes = [helper.make_node("Relu", ["x"], ["y"], name="relu")]
        ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT16, (1, 3, 4, 4)) for n in "xy"]
        proto = helper.make_model(helper.make_graph(nodes, "h", ends[:1], ends[1:]),
                                  opset_imports=[helper.make_opsetid("", 13)], ir_version=8)  # fmt: skip
        new = edited(
            Model.from_ir(ir.from_proto(proto)), Insert("y", "Conv"), Insert("y", "Clip", constants={"max": 1})
        )
        assert {v.dtype for v in new.graph.graph.initializers.values()} == {ir.DataType.FLOAT16}
        assert run(new)["y"].dtype == np.float16

    def test_unknown_shapes_refuse_what_depends_on_them(self) -> None:
        model = chain(13, rank_known=False)
        for operator in ("Conv", "Reshape", "BatchNormalization"):
            with pytest.raises(UserError, match=r"cannot be put behind 'r': the .* of its input is not known"):
                WorkingCopy(model).do(Insert("r", operator))
        copy = WorkingCopy(model)
        copy.do(Insert("r", "Add"))
        copy.do(Insert("r", "Transpose"))
        assert copy.problems == ()


class TestReplaced:
    def test_relu_becomes_others(self) -> None:
        model = chain(14)
        x = noise(model)["x"]
        for act, wanted in (
            (Replace("relu", "Clip", {}, {"min": 0, "max": 6}), np.clip(x, 0, 6)),
            (Replace("relu", "PRelu", {}, {"slope": 0.1}), np.where(x < 0, x * np.float32(0.1), x)),
            (Replace("relu", "PRelu"), np.where(x < 0, x * np.float32(0.25), x)),
            (Replace("relu", "HardSwish"), x * np.clip(x / 6 + 0.5, 0, 1)),
            (Replace("relu", "Conv"), x),
        ):
            close(run(edited(model, act))["y"], np.abs(wanted).astype(np.float32))

    def test_what_only_the_old_operator_knew_goes(self) -> None:
        model = open_model(network_path("mobilenetv2"))
        clip = next(n.name for n in model.nodes() if n.op_type == "Clip")
        there_and_back = edited(model, Replace(clip, "Relu"), Replace(clip, "Clip", {}, {"min": 0, "max": 6}))
        name = model.output_names[0]
        close(run(there_and_back)[name], run(model)[name])
        pool = edited(chain(18), Insert("r", "MaxPool", "p"), Replace("p", "AveragePool"), Replace("p", "Sigmoid"))
        assert not next(n for n in pool.nodes() if n.name == "p").attributes


class TestSeveral:
    def test_bypassed_and_deleted(self) -> None:
        model = open_model(SAMPLE)
        clips = tuple(n.name for n in model.nodes() if n.op_type == "Clip")
        new = edited(model, BypassSeveral(clips))
        assert not [n for n in new.nodes() if n.op_type == "Clip"]
        assert run(new)[model.output_names[0]].shape == run(model)[model.output_names[0]].shape
        copy = WorkingCopy(small())
        copy.do(DeleteSeveral(("a", "b")))
        assert [p.layer for p in copy.problems] == ["flat", "c"]
        copy.undo()
        assert copy.problems == ()

    @pytest.mark.parametrize("name", ["mobilenetv2", "resnet20"])
    def test_selection_cut_out_computes_the_same(self, name: str) -> None:
        model = open_model(network_path(name))
        chosen = [n for n in model.nodes() if n.op_type != "Constant"][10:17]
        new = edited(model, CutOutLayers(tuple(n.name or "" for n in chosen)))
        assert {n.name for n in new.nodes() if n.op_type != "Constant"} == {n.name for n in chosen}
        taps = (*(s.name for s in new.inputs), *new.output_names)
        found = run(model, taps=taps)
        got = run(new, {s.name: found[s.name] for s in new.inputs})
        for out in new.output_names:
            close(got[out], found[out])


def test_values_saved_and_loaded(tmp_path: Path) -> None:
    model = open_model(SAMPLE)
    name = next(k for k, v in model.graph.graph.initializers.items() if len(v.shape) == 4)
    save_values(model, name, tmp_path / "w.npy")
    values = np.load(tmp_path / "w.npy")
    assert np.array_equal(values, model.graph.graph.initializers[name].const_value.numpy())
    np.save(tmp_path / "w.npy", values * 2)
    new = edited(model, LoadWeights(name, str(tmp_path / "w.npy")))
    assert np.array_equal(new.graph.graph.initializers[name].const_value.numpy(), values * 2)
    with pytest.raises(UserError, match="is not stored in the model"):
        save_values(model, "nothing", tmp_path / "n.npy")
    with pytest.raises(UserError, match="cannot be written"):
        save_values(model, name, tmp_path / "no" / "n.npy")
