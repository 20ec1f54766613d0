"""Lightweight blocks in place of convolutions, held against onnxruntime, and what they save."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx
import onnx_ir as ir
import pytest
from onnx import TensorProto, helper, numpy_helper

from core.errors import UserError
from core.formats.onnx_file import graph_to_proto
from core.formats.open import open_model
from core.measure.block_saving import block_preview
from core.measure.cost import cost
from core.model.editing import WorkingCopy
from core.model.editing.blocks import KINDS, ReplaceBlock
from core.model.model import Model, layer_name
from tests.conftest import network_path
from tests.core.edit_graphs import close, run, written


def conv_model(weight: np.ndarray, bias: bool = True, size: int = 9, **attributes: object) -> Model:
    inits = [numpy_helper.from_array(weight.astype(np.float32), "conv.weight")]
    if bias:
        values = np.linspace(-1, 1, len(weight), dtype=np.float32)
        inits.append(numpy_helper.from_array(values, "conv.bias"))
    nodes = [helper.make_node("Conv", ["x", *(i.name for i in inits)], ["y"], name="conv", **attributes)]
    channels = weight.shape[1] * int(attributes.get("group", 1))  # type: ignore[call-overload]
    space = [size] * (weight.ndim - 2)
    ends = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", channels, *space]),
            helper.make_tensor_value_info("y", TensorProto.FLOAT, None)]  # fmt: skip
    graph = helper.make_graph(nodes, "one", ends[:1], ends[1:], inits)
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    return Model.from_ir(ir.from_proto(onnx.shape_inference.infer_shapes(proto)))


def replaced(model: Model, act: ReplaceBlock) -> tuple[Model, str]:
    """Checked, undone and done again; the saving shown beforehand is what the whole model then lacks."""
    saving = block_preview(model, act)
    copy = WorkingCopy(model)
    before = written(copy.model)
    copy.do(act)
    assert copy.problems == ()
    after = written(copy.model)
    copy.undo()
    assert written(copy.model) == before == written(model)
    copy.redo()
    assert written(copy.model) == after
    onnx.checker.check_model(graph_to_proto(copy.model.graph), full_check=True)
    old, new = cost(model), cost(copy.model)
    assert new.params - old.params == saving.params_after - saving.params_before
    assert new.weight_bytes - old.weight_bytes == saving.bytes_after - saving.bytes_before
    assert new.macs is not None
    assert old.macs is not None
    assert saving.macs_after is not None
    assert saving.macs_before is not None
    assert new.macs - old.macs == saving.macs_after - saving.macs_before
    return copy.model.clone(), copy.notes[-1]


def separable(outputs: int, channels: int, *taps: int) -> np.ndarray:
    rng = np.random.default_rng(3)
    return rng.standard_normal((outputs, channels, *[1] * len(taps))) * rng.standard_normal((1, channels, *taps))


WAYS: Sequence[dict[str, object]] = (
    {"pads": [1, 1, 1, 1]},
    {"pads": [1, 1, 1, 1], "strides": [2, 2]},
    {"pads": [2, 2, 2, 2], "dilations": [2, 2]},
    {"auto_pad": "SAME_UPPER"},
)
NOISE = np.random.default_rng(1).standard_normal((8, 4, 3, 3))


class TestNearest:
    @pytest.mark.parametrize("way", [*WAYS, {"auto_pad": "SAME_LOWER", "strides": [2, 2]}, {}], ids=str)
    def test_separable_kernel_computes_the_same(self, way: dict[str, object]) -> None:
        model = conv_model(separable(6, 4, 3, 3), **way)
        new, note = replaced(model, ReplaceBlock("conv"))
        assert [(n.name, n.op_type) for n in new.nodes()] == [("conv/depthwise", "Conv"), ("conv/pointwise", "Conv")]
        assert note == "The weights are those of the replaced kernel: nothing is lost."
        close(run(new)["y"], run(model)["y"])

    def test_one_axis_and_three(self) -> None:
        for taps in ((5,), (3, 1, 2)):
            model = conv_model(separable(6, 3, *taps), strides=[2] * len(taps))
            close(run(replaced(model, ReplaceBlock("conv"))[0])["y"], run(model)["y"])

    def test_with_a_filter_for_every_tap_nothing_is_lost(self) -> None:
        model = conv_model(np.random.default_rng(1).standard_normal((10, 4, 3, 3)), pads=[1, 1, 1, 1])
        close(run(replaced(model, ReplaceBlock("conv", multiplier=9))[0])["y"], run(model)["y"])

    def test_no_other_separable_kernel_is_nearer(self) -> None:
        """The loss that the note tells, against what a long descent from random starts finds."""
        _, note = replaced(conv_model(NOISE), ReplaceBlock("conv"))
        rng, best = np.random.default_rng(0), 0.0
        for channel in range(4):
            matrix, top = NOISE[:, channel].reshape(8, 9), 0.0
            for _ in range(5):
                v = rng.standard_normal(9)
                for _ in range(200):
                    u = matrix @ v / (v @ v)
                    v = matrix.T @ u / (u @ u)
                top = max(top, float((matrix**2).sum() - ((matrix - np.outer(u, v)) ** 2).sum()))
            best += top
        lost = np.sqrt(1 - best / (NOISE**2).sum())
        assert f"{100 * lost:.0f} % of the replaced one's norm is lost" in note

    @pytest.mark.parametrize("way", WAYS, ids=str)
    def test_fire_kernel_computes_the_same(self, way: dict[str, object]) -> None:
        rng = np.random.default_rng(2)
        squeeze, one, full = (rng.standard_normal(s) for s in ((2, 4), (4, 2), (4, 2, 3, 3)))
        kernel = np.zeros((8, 4, 3, 3))
        kernel[:4, :, 1, 1], kernel[4:] = one @ squeeze, np.einsum("oskl,sc->ockl", full, squeeze)
        model = conv_model(kernel, **way)
        new, note = replaced(model, ReplaceBlock("conv", "fire"))
        assert [n.op_type for n in new.nodes()] == ["Conv", "Conv", "Conv", "Concat"]
        assert "nothing is lost" in note
        close(run(new)["y"], run(model)["y"])

    @pytest.mark.parametrize("stride", [1, 2])
    def test_ghost_kernel_computes_the_same_away_from_the_border(self, stride: int) -> None:
        rng = np.random.default_rng(5)
        kernel = rng.standard_normal((6, 3, 3, 3))
        kernel[3:] = kernel[:3] * np.array([2.0, -1.0, 0.5])[:, None, None, None]
        model = conv_model(kernel, pads=[1, 1, 1, 1], strides=[stride] * 2, size=16)
        new, note = replaced(model, ReplaceBlock("conv", "ghost"))
        assert "3 of 6 kernels are kept" in note
        close(run(new)["y"], run(model)["y"])

    def test_ghost_filters_that_move_the_kernel(self) -> None:
        """The other kernels are the kept ones moved by a tap, which a 3 x 3 filter can do where no border is near."""
        inner = np.random.default_rng(6).standard_normal((3, 3, 3, 3))
        kernel = np.zeros((6, 3, 5, 5))
        kernel[:3, :, 1:4, 1:4], kernel[3:, :, 2:5, 0:3] = inner, inner
        model = conv_model(kernel, pads=[2, 2, 2, 2], size=16)
        found, wanted = (
            run(m)["y"][:, :, 3:-3, 3:-3] for m in (replaced(model, ReplaceBlock("conv", "ghost"))[0], model)
        )
        close(found, wanted)


class TestDrawn:
    def test_shuffle_block_is_the_papers(self) -> None:
        """Grouped, shuffled, depthwise, grouped: computed by numpy and onnx's own Conv from the block's weights."""
        model = conv_model(np.random.default_rng(1).standard_normal((8, 4, 3, 3)), pads=[1] * 4, strides=[2, 2])
        new, note = replaced(model, ReplaceBlock("conv", "shuffle", bottleneck=1.0))
        assert "drawn anew" in note
        taps = ("conv/reduce_output", "conv/join_output")
        found = run(new, taps=taps)
        shuffled = found[taps[0]].reshape(1, 2, 4, 9, 9).transpose(0, 2, 1, 3, 4).reshape(1, 8, 9, 9)
        assert np.array_equal(found[taps[1]], shuffled)
        again = replaced(model, ReplaceBlock("conv", "shuffle", bottleneck=1.0))[0]
        assert written(again) == written(new)  # the same layer draws the same weights

    @pytest.mark.parametrize("kind", ["depthwise_separable", "fire", "shuffle"])
    def test_relu_inside_draws_the_weights(self, kind: str) -> None:
        model = conv_model(NOISE, pads=[1] * 4)
        new, note = replaced(model, ReplaceBlock("conv", kind, relu=True))
        assert [n.op_type for n in new.nodes()].count("Relu") == 1
        assert "drawn anew (He et al. 2015)" in note
        weight = new.graph.graph.node(0).inputs[1].const_value.numpy()
        assert 0.2 < weight.std() / np.sqrt(2 / np.prod(weight.shape[1:])) < 2


@pytest.mark.parametrize("kind", KINDS)
def test_real_networks_go_on_running(kind: str) -> None:
    """ResNet-20's convolutions in the middle: what is before them is untouched, and the whole runs and is smaller."""
    model = open_model(network_path("resnet20"))
    node = [n for n in model.nodes() if n.op_type == "Conv" and n.inputs[1].const_value.shape[2] == 3][9]
    new, _ = replaced(model, ReplaceBlock(layer_name(node), kind))
    assert cost(new).params < cost(model).params
    name, source = node.outputs[0].name or "", node.inputs[0].name or ""
    found, wanted = (run(m, taps=(source, name)) for m in (new, model))
    assert np.array_equal(found[source], wanted[source])
    assert found[name].shape == wanted[name].shape
    if kind != "shuffle":  # the nearest kernel is nearer than none at all
        assert np.linalg.norm(found[name] - wanted[name]) < np.linalg.norm(wanted[name])


@pytest.mark.parametrize(
    ("weight", "way", "act", "sentence"),
    [
        (np.ones((4, 1, 3, 3)), {"group": 4}, ReplaceBlock("conv"), "it is grouped already"),
        (np.ones((4, 4, 1, 1)), {}, ReplaceBlock("conv"), "has a kernel of one tap"),
        (NOISE, {}, ReplaceBlock("conv", "dense"), "There is no block 'dense'. Known: depthwise_separable"),
        (NOISE, {}, ReplaceBlock("conv", multiplier=9), "can have 1 to 8 depthwise filters per input channel, not 9"),
        (NOISE, {}, ReplaceBlock("conv", "fire"), "its padding does not keep the size"),
        (NOISE, {"pads": [1] * 4}, ReplaceBlock("conv", "fire", squeeze=0.0), "'squeeze' of a Fire block is 0"),
        (NOISE, {}, ReplaceBlock("conv", "shuffle", groups=3), "has 4 inputs, which 3 groups do not divide"),
        (NOISE, {}, ReplaceBlock("conv", "ghost", ratio=3), "has 8 outputs, which a Ghost block cannot divide by 3"),
        (NOISE, {}, ReplaceBlock("conv", "ghost", cheap=2), "must be odd"),
    ],
)  # fmt: skip
def test_refusals(weight: np.ndarray, way: dict[str, object], act: ReplaceBlock, sentence: str) -> None:
    model = conv_model(weight, **way)
    copy = WorkingCopy(model)
    for attempt in (lambda: copy.do(act), lambda: block_preview(model, act)):
        with pytest.raises(UserError) as caught:
            attempt()
        assert sentence in str(caught.value)
    assert written(copy.model) == written(model)


def test_what_is_no_convolution_and_what_is_computed() -> None:
    model = open_model(network_path("mobilenetv2"))
    node = next(n for n in model.nodes() if n.op_type == "Gemm")
    with pytest.raises(UserError, match="it is no Conv"):
        block_preview(model, ReplaceBlock(layer_name(node)))
