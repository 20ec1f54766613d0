"""Offered repairs: each takes its problem away, can be undone exactly, and the graph runs where nothing is wrong."""

from __future__ import annotations

import numpy as np
import onnx
import onnx_ir as ir
import pytest
from onnx import TensorProto, helper, numpy_helper

from core.formats.onnx_file import graph_to_proto
from core.formats.open import open_model
from core.model.editing import Edit, WorkingCopy
from core.model.editing.ends import SetInputShape
from core.model.editing.fit import FitChannels
from core.model.editing.layers import Bypass, Connect, Delete, Insert, Replace
from core.model.editing.names import RemoveAttribute, SetAttribute
from core.model.editing.repairs import Repair, repairs
from core.model.editing.several import DeleteSeveral
from core.model.editing.weights import SetWeights
from core.model.model import Model, layer_name
from tests.conftest import SAMPLE, network_path
from tests.core.edit_graphs import run, small, written
from tests.core.test_edit_blocks import NOISE, conv_model


def repaired(model: Model, act: Edit, wanted: type[Edit]) -> tuple[Model, Repair]:
    """The model after an edit that leaves it wrong and the first offer of a kind; all other offers are tried too."""
    copy = WorkingCopy(model)
    copy.do(act)
    problem = copy.problems[0]
    state, redo = written(copy.model), copy.undone
    offers = repairs(copy, problem)
    assert (written(copy.model), copy.undone, copy.problems[0]) == (state, redo, problem)
    assert repairs(copy, problem) == offers  # trying leaves no trace
    assert offers
    for offer in offers:
        before = len(copy.problems)
        for one in offer.edits:
            copy.do(one)
        assert problem not in copy.problems
        assert len(copy.problems) < before
        for _ in offer.edits:
            copy.undo()
        assert written(copy.model) == state
    chosen = next(o for o in offers if isinstance(o.edits[0], wanted))
    for one in chosen.edits:
        copy.do(one)
    if not copy.problems:
        onnx.checker.check_model(graph_to_proto(copy.model.graph))
        run(copy.model)
    return copy.model.clone(), chosen


def two_branches(a: list[int], b: list[int]) -> Model:
    """y = Relu(p) + Relu(q), which fit; the tests make one of them another."""
    nodes = [helper.make_node("Relu", [n], [f"r{n}"], name=f"relu_{n}") for n in "pq"]
    nodes.append(helper.make_node("Add", ["rp", "rq"], ["y"], name="add"))
    ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in (("p", a), ("q", b), ("y", a))]
    graph = helper.make_graph(nodes, "two", ends[:2], ends[2:])
    return Model.from_ir(
        ir.from_proto(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8))
    )


class TestMissingInput:
    def test_what_the_deleted_layer_read(self) -> None:
        new, offer = repaired(small(), Delete("b"), Connect)
        assert offer == Repair("Connect 'flat' to 'ra', which the deleted layer read", (Connect("flat", 0, "ra"),))
        x = np.array([[-1, 2, -3, 4]], np.float32)
        assert run(new, {"x": x})["y"].ravel().tolist() == [0, 2, 0, 4]

    def test_several_deleted_layers_are_passed_over(self) -> None:
        _, offer = repaired(small(), DeleteSeveral(("a", "b")), Connect)
        assert offer.edits == (Connect("flat", 0, "x"),)

    @pytest.mark.parametrize("network", ["sample", "mobilenetv2", "resnet20"])
    def test_activations_of_real_networks(self, network: str) -> None:
        model = open_model(SAMPLE if network == "sample" else network_path(network))
        node = [n for n in model.nodes() if n.op_type in ("Relu", "Clip")][2]
        repaired(model, Delete(layer_name(node)), Connect)
        copy = WorkingCopy(model)
        copy.do(Delete(layer_name(node)))
        while copy.problems:  # two layers lack it where a shortcut begins
            copy.do(repairs(copy, copy.problems[0])[0].edits[0])
        new = copy.model.clone()
        copy = WorkingCopy(model)
        copy.do(Bypass(layer_name(node)))
        name = model.output_names[0]
        assert np.array_equal(run(new)[name], run(copy.model)[name])


class TestSizes:
    def test_channels_of_a_convolution(self) -> None:
        model = open_model(SAMPLE)
        new, offer = repaired(model, SetInputShape("image", ("batch", 3, 32, 32)), FitChannels)
        assert offer.title == "Give 'image' 1 channels with a new layer in front of 'features.0.0/Conv'"
        x = np.random.default_rng(0).standard_normal((1, 3, 32, 32)).astype(np.float32)
        first = x[:, :1]  # the channel that both have passes as it is
        assert np.allclose(run(new, {"image": x})["logits"], run(model, {"image": first})["logits"], atol=1e-4)

    def test_shape_is_set_back(self) -> None:
        _, offer = repaired(open_model(SAMPLE), SetInputShape("image", ("batch", 3, 32, 32)), SetInputShape)
        assert offer.title == "Set the shape of 'image' back to batch x 1 x 32 x 32"

    def test_features_of_a_gemm(self) -> None:
        model = open_model(network_path("resnet20"))
        gemm = next(n for n in model.nodes() if n.op_type == "Gemm")
        narrow = Insert(gemm.inputs[0].name or "", "Slice", constants={"starts": [0], "ends": [40], "axes": [1]})
        new, offer = repaired(model, narrow, FitChannels)
        assert offer.edits == (FitChannels(layer_name(gemm), 0, 64),)
        assert run(new)[model.output_names[0]].shape == (1, 10)

    def test_target_of_a_reshape(self) -> None:
        new, offer = repaired(small(), SetInputShape("x", (1, 6)), SetWeights)
        assert offer == Repair("Let axis 2 of the target shape follow: 1, 2, -1", (SetWeights("target", (1, 2, -1)),))
        assert new.graph.graph.outputs[0].shape == ir.Shape([1, 2, 3])

    def test_target_in_a_constant_layer(self) -> None:
        target = numpy_helper.from_array(np.array([1, 4], np.int64))
        nodes = [helper.make_node("Constant", [], ["t"], name="target", value=target),
                 helper.make_node("Reshape", ["x", "t"], ["y"], name="flat")]  # fmt: skip
        ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in (("x", [1, 2, 2]), ("y", [1, 4]))]
        proto = helper.make_model(helper.make_graph(nodes, "c", ends[:1], ends[1:]),
                                  opset_imports=[helper.make_opsetid("", 13)], ir_version=8)  # fmt: skip
        new, _ = repaired(Model.from_ir(ir.from_proto(proto)), SetInputShape("x", (1, 2, 3)), SetWeights)
        assert run(new)["y"].shape == (1, 6)


class TestOperands:
    def test_channels_last_beside_channels_first(self) -> None:
        new, offer = repaired(two_branches([1, 3, 4, 5], [1, 3, 4, 5]), SetInputShape("q", (1, 4, 5, 3)), Insert)
        assert offer.title == "Transpose 'rp' in front of 'add'" or offer.title == "Transpose 'rq' in front of 'add'"
        p, q = (
            np.random.default_rng(k).standard_normal(s).astype(np.float32)
            for k, s in enumerate([(1, 3, 4, 5), (1, 4, 5, 3)])
        )
        y = run(new, {"p": p, "q": q})["y"]
        wanted = np.maximum(p, 0) + np.maximum(q, 0).transpose(0, 3, 1, 2)
        assert np.array_equal(y, wanted) or np.array_equal(y, wanted.transpose(0, 2, 3, 1))

    def test_other_channels(self) -> None:
        new, offer = repaired(two_branches([1, 8, 4, 4], [1, 8, 4, 4]), SetInputShape("q", (1, 6, 4, 4)), FitChannels)
        assert offer.edits[0] in (FitChannels("add", 0, 6), FitChannels("add", 1, 8))
        assert run(new)["y"].shape[1] in (6, 8)


class TestAttributes:
    def test_value_before(self) -> None:
        model = open_model(network_path("resnet20"))
        conv = [n for n in model.nodes() if n.op_type == "Conv"][2]
        name = layer_name(conv)
        _, offer = repaired(model, SetAttribute(name, "strides", [2, 2]), SetAttribute)
        assert offer == Repair(f"Set 'strides' of '{name}' back to [1, 1]", (SetAttribute(name, "strides", [1, 1]),))

    def test_attribute_that_was_not_there(self) -> None:
        _, offer = repaired(conv_model(NOISE), SetAttribute("conv", "kernel_shape", [5, 5]), RemoveAttribute)
        assert offer.title == "Take 'kernel_shape' away from 'conv' again"


def test_what_is_not_wrong_any_more_has_no_repair() -> None:
    copy = WorkingCopy(small())
    copy.do(Delete("b"))
    problem = copy.problems[0]
    copy.do(Replace("c", "Relu"))
    assert repairs(copy, problem)
    copy.undo()
    copy.undo()
    assert repairs(copy, problem) == ()
