"""What a layer gives for one item: numbers against onnxruntime's own, run on the whole file."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import onnx
import onnx_ir as ir
import onnxruntime
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from core.data.dataset import Array
from core.data.feed import prepare
from core.data.open import open_data
from core.data.sample import sample_data, sample_model
from core.errors import UserError
from core.formats.open import open_model
from core.jobs import Job
from core.measure.answers import PictureFile
from core.measure.feature_maps import MOST, SIDE, FeatureMaps, feature_maps
from core.measure.layer_output import layer_output
from core.measure.saturation import saturation
from core.model.model import Model
from core.tasks import TASKS

DIGITS = str(Path(sample_model()).with_name("digits.npz"))


def by_onnxruntime(path: Path, feed: dict[str, Array], tensor: str) -> Array:
    """The tensor added as an output of the file, and nothing else done to it."""
    proto = onnx.load(path)
    if tensor not in [o.name for o in proto.graph.output]:
        proto.graph.output.append(onnx.ValueInfoProto(name=tensor))
    session = onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
    return np.asarray(session.run([tensor], feed)[0])


@pytest.mark.parametrize("at", [0, 20, 45, -3, -1])
def test_numbers_of_a_layer_are_those_onnxruntime_gives_for_the_whole_file(at: int) -> None:
    model, data = open_model(sample_model()), sample_data()
    tensor = list(model.nodes())[at].outputs[0].name or ""
    feed = {name: row[None] for name, row in prepare(data, 7, model.inputs).items()}
    wanted = by_onnxruntime(sample_model(), feed, tensor)
    found = layer_output(model, tensor, data, 7)
    assert found.shape == wanted.shape
    assert found.item == data.items[7].name
    assert found.values.mean == pytest.approx(float(wanted.mean()), abs=1e-5)
    assert (found.values.low, found.values.high) == pytest.approx((wanted.min(), wanted.max()), abs=1e-5)
    assert found.values.zeros == pytest.approx(float(np.mean(wanted == 0)), abs=1e-3)
    if found.maps is not None:
        assert found.maps.mean == pytest.approx(wanted[0].mean(axis=(1, 2)), abs=1e-5)
        assert found.maps.pixels.shape == wanted.shape[1:]
    else:
        assert found.vector == pytest.approx(wanted.ravel(), abs=1e-5)


def test_the_last_layer_names_the_likeliest_classes_and_others_name_none() -> None:
    model, data = open_model(sample_model()), sample_data()
    found = layer_output(model, "logits", data, 3)
    scores = by_onnxruntime(sample_model(), {"image": prepare(data, 3, model.inputs)["image"][None]}, "logits")[0]
    assert [a.index for a in found.answers] == list(np.argsort(-scores)[:5])
    shares = np.exp(scores - scores.max()) / np.exp(scores - scores.max()).sum()
    assert found.answers[0].share == pytest.approx(float(shares.max()), abs=1e-6)
    assert layer_output(model, list(model.nodes())[4].outputs[0].name or "", data, 3).answers == ()


def test_classes_get_their_names_from_the_data_where_the_model_has_none() -> None:
    data = sample_data()
    model = dataclasses.replace(open_model(sample_model()), labels=())
    found = layer_output(model, "logits", data, 3)
    assert found.answers[0].label == data.classes[found.answers[0].index]


def test_only_the_layers_before_the_tensor_are_run() -> None:
    """What follows may even be an operator that no runtime knows."""
    proto = onnx.load(sample_model())
    proto.graph.node[9].op_type = "Convolutionize"
    model = Model.from_ir(ir.from_proto(proto))
    found = layer_output(model, proto.graph.node[8].output[0], sample_data(), 0)
    assert found.maps is not None
    with pytest.raises(UserError, match="Convolutionize"):
        layer_output(model, proto.graph.node[9].output[0], sample_data(), 0)


def test_an_input_is_the_prepared_item_itself_and_nothing_is_run() -> None:
    model, data = open_model(sample_model()), sample_data()
    found = layer_output(model, "image", data, 2)
    assert found.runtime == ""
    assert found.values.mean == pytest.approx(float(prepare(data, 2, model.inputs)["image"].mean()))


def two_inputs() -> Model:
    """y = left + right, z = Relu(left): z needs one input only."""
    ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [1, 4]) for n in ("left", "right", "y", "z")]
    nodes = [
        helper.make_node("Add", ["left", "right"], ["y"], "add"),
        helper.make_node("Relu", ["left"], ["z"], "relu"),
    ]
    graph = helper.make_graph(nodes, "two", ends[:2], ends[2:])
    return Model.from_ir(
        ir.from_proto(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8))
    )


def test_an_item_gives_every_input_that_the_layer_depends_on_or_is_refused(tmp_path: Path) -> None:
    both, one = tmp_path / "both.npz", tmp_path / "one.npz"
    x, a = np.float32([[1, -2, 3, -4]]), np.float32([[10, 20, 30, 40]])
    np.savez(both, left=x, right=a)
    np.savez(one, left=x)
    assert layer_output(two_inputs(), "y", open_data(both), 0).vector == pytest.approx((x + a)[0])
    with pytest.raises(UserError, match="no array for the model's input 'right'"):
        layer_output(two_inputs(), "y", open_data(one), 0)
    assert layer_output(two_inputs(), "z", open_data(one), 0).vector == pytest.approx(np.maximum(x, 0)[0])


def test_a_tensor_that_is_not_there_or_is_no_number_is_refused_by_name() -> None:
    model = two_inputs()
    with pytest.raises(UserError, match="no tensor 'nowhere'"):
        layer_output(model, "nowhere", sample_data(), 0)


@pytest.mark.parametrize(
    ("node", "values", "share"),
    [
        ("QuantizeLinear", [-13.0, -12.8, 0.0, 5.0, 12.7, 20.0], 4 / 6),  # scale 0.1, int8, zero point 0
        ("DequantizeLinear", [-12.8, 0.0, 1.0, 12.7], 2 / 4),
    ],
)
def test_saturation_counts_values_at_the_ends_and_beyond(node: str, values: list[float], share: float) -> None:
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [len(values)])
    stored = [numpy_helper.from_array(np.float32(0.1), "s"), numpy_helper.from_array(np.int8(0), "z")]
    nodes = [
        helper.make_node("Relu", ["x"], ["v"]),
        helper.make_node("QuantizeLinear", ["v", "s", "z"], ["q"]),
        helper.make_node("DequantizeLinear", ["q", "s", "z"], ["d"]),
    ]
    graph = ir.from_proto(helper.make_model(helper.make_graph(nodes, "q", [x], [], stored))).graph
    value = graph.node(0).outputs[0] if node == "QuantizeLinear" else graph.node(2).outputs[0]
    found = saturation(value, np.float32(values))
    assert found is not None
    assert found.dtype == "int8"
    assert found.share == pytest.approx(share)


def test_zeros_behind_a_relu_are_no_saturation() -> None:
    """Zero is then the lowest integer, and most values are zero."""
    stored = [numpy_helper.from_array(np.float32(0.5), "s"), numpy_helper.from_array(np.uint8(0), "z")]
    node = helper.make_node("QuantizeLinear", ["x", "s", "z"], ["q"])
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [4])
    graph = ir.from_proto(helper.make_model(helper.make_graph([node], "q", [x], [], stored))).graph
    found = saturation(graph.inputs[0], np.float32([0, 0, 0, 1]))
    assert found is not None
    assert found.share == 0
    codes = saturation(graph.node(0).outputs[0], np.uint8([0, 0, 255, 3]))
    assert codes is not None
    assert (codes.share, codes.scale) == (0.25, None)


@given(st.integers(1, 5), st.integers(1, 200), st.integers(1, 200), st.integers(0, 9))
def test_maps_keep_every_channels_numbers_and_fit_their_side(channels: int, height: int, width: int, seed: int) -> None:
    item = np.random.default_rng(seed).normal(size=(channels, height, width)).astype(np.float32)
    if height > 1 and width > 1:
        maps = feature_maps(item)
        assert maps.size == (height, width)
        assert np.array_equal(maps.low, item.min(axis=(1, 2)))
        assert maps.mean == pytest.approx(item.mean(axis=(1, 2)), abs=1e-5)
        assert max(maps.pixels.shape[1:]) <= SIDE
        assert max(height, width) > SIDE or maps.pixels.shape[1:] == (height, width)


def test_the_strongest_of_many_channels_are_among_those_drawn() -> None:
    item = np.zeros((3 * MOST, 4, 4), np.float32)
    item[-1] = 5
    item[1, 0, 0] = np.nan
    maps = feature_maps(item)
    assert maps.drawn[-1] == 3 * MOST - 1
    assert len(maps.drawn) <= 2 * MOST
    assert np.isfinite(maps.mean).all()
    again = FeatureMaps.from_arrays(maps.arrays())
    assert again.size == (4, 4)
    assert np.array_equal(again.pixels, maps.pixels)


def test_the_task_takes_an_item_or_a_picture_and_leaves_its_arrays(tmp_path: Path) -> None:
    args = {"model": str(sample_model()), "tensor": "logits", "data": DIGITS, "item": 3, "name": "0003"}
    found = TASKS.get("layer_output").do(args, Job(), tmp_path)
    with np.load(tmp_path / "arrays.npz") as stored:
        assert stored["vector"].shape == (10,)
    assert found["answers"][0]["label"] == "3"
    picture = tmp_path / "three.png"
    Image.fromarray(sample_data().load(3)[""].squeeze().astype(np.uint8)).save(picture)
    of_file = TASKS.get("layer_output").do({**args, "image": str(picture)}, Job(), tmp_path)
    assert of_file["item"] == "three.png"
    assert of_file["values"]["mean"] == pytest.approx(found["values"]["mean"], abs=1e-3)
    with pytest.raises(UserError, match="no item 'other'"):
        TASKS.get("layer_output").do({**args, "name": "other"}, Job(), tmp_path)


def test_a_picture_file_as_an_item_is_read_when_it_is_needed(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        layer_output(open_model(sample_model()), "logits", PictureFile(tmp_path / "gone.png"), 0)
