"""Exporting whole networks: the files run, hold what they should, and odd graphs are refused in one sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnx_ir as ir
import pytest

from core.data.dataset import DataSet
from core.data.open import open_data
from core.errors import UnsupportedOperator, UserError
from core.execute.runtimes import open_session
from core.execute.tflite_metadata import read_labels, read_metadata, read_preprocessing
from core.exporters.exporter import Exported, load_exporters
from core.exporters.proof import inputs_for, prove
from core.exporters.tflite.candidate import litert_candidate
from core.exporters.tflite.convert import convert
from core.exporters.tflite.rules import broken_rules
from core.formats.open import open_model
from core.jobs import Job
from core.methods.method import Context, load_methods
from core.model.model import Model
from core.model.preprocessing import presets
from tests.conftest import FIVE, ROOT, SHARED, network_path, shared
from tests.core.tflite_graphs import network, node

DIGITS = ROOT / "resources" / "samples" / "digits.npz"
DATA = {"resnet20": ("data/cifar10_jpeg/test_dev_2000.zip", "cifar10"), "mobilenetv1": ("", "minus1to1")}
BLUEPRINTS = sorted(SHARED.glob("models/*/*_folded.onnx")) if SHARED.is_dir() else []


def real(key: str) -> tuple[Model, DataSet]:
    """One of FIVE with its data and preprocessing."""
    model = open_model(network_path(key))
    if key == "sample":
        return model, open_data(DIGITS)
    place, preset = DATA.get(key, ("", "imagenet"))
    size = model.inputs[0].image_size
    assert size is not None
    return model.with_preprocessing(presets(*size)[preset]), open_data(shared(place or "data/imagenet_samples/dev"))


def exported(key: str, model: Model, path: Path, check: DataSet | None = None) -> Exported:
    return load_exporters().get(key).write(model, path, check, Job())


class TestNetworks:
    @pytest.mark.parametrize("key", FIVE)
    def test_float(self, key: str) -> None:
        model, data = real(key)
        converted = convert(model)
        assert broken_rules(converted.data) == []
        assert not {"TRANSPOSE", "MUL", "SUB"} & set(converted.ops), "BatchNorm folded, everything in NHWC"
        proof = prove(model, litert_candidate(converted.data, converted), inputs_for(model, data, limit=4), Job())
        assert proof.passed, proof
        assert proof.proven

    @pytest.mark.parametrize("path", BLUEPRINTS, ids=lambda p: p.stem)
    def test_folded_float(self, path: Path) -> None:
        model = open_model(path)
        converted = convert(model)
        candidate = litert_candidate(converted.data, converted)
        assert prove(model, candidate, inputs_for(model, None, limit=2), Job()).passed

    @pytest.mark.parametrize("key", FIVE)
    def test_int8(self, key: str) -> None:
        model, data = real(key)
        quantize = load_methods().get("quantize.int8")
        params = quantize.params(calibration_items=6, bias_correction=False)
        small = quantize.run(model, params, Context(data=data)).model
        assert small is not None
        converted = convert(small)
        assert broken_rules(converted.data) == []
        assert converted.notes == ()
        assert not {"TRANSPOSE", "QUANTIZE", "DEQUANTIZE"} & set(converted.ops), converted.ops
        proof = prove(small, litert_candidate(converted.data, converted), inputs_for(small, data, limit=8), Job())
        assert proof.passed, proof
        assert proof.max_steps is not None
        assert len(converted.data) * 3 < len(convert(model).data) + 150_000

    @pytest.mark.parametrize("key", ["resnet20", "sample"])
    def test_pruned(self, key: str) -> None:
        """What the cut leaves of Slice and Pad shortcuts, odd channel counts among them."""
        model, data = real(key)
        prune = load_methods().get("prune.magnitude")
        cut = prune.run(model, prune.params(), Context(data=data)).model
        assert cut is not None
        converted = convert(cut)
        candidate = litert_candidate(converted.data, converted)
        assert prove(cut, candidate, inputs_for(cut, data, limit=2), Job()).passed


class TestSample:
    def test_tflite_is_proven_and_says_what_it_needs(self, tmp_path: Path) -> None:
        model, data = real("sample")
        model = model.with_labels(tuple("0123456789"))
        done = exported("tflite", model, tmp_path / "net.tflite", data)
        assert done.proof.proven
        assert done.proof.passed
        assert done.proof.checked_on == f"32 items of {data.name} (test)"
        assert done.bytes == done.file.stat().st_size
        assert done.ops["CONV_2D"] == 15
        content = done.file.read_bytes()
        assert read_labels(content) == model.labels
        assert read_preprocessing(content) == {model.inputs[0].name: model.inputs[0].preprocessing}
        about = read_metadata(done.file)
        assert about["inputs"] == [{"name": "image", "axes": [0, 2, 3, 1], "layout": "NHWC"}]
        session = open_session(done.file)
        assert [(p.name, p.shape) for p in session.inputs] == [("image", (1, 32, 32, 1))]
        assert [p.name for p in session.outputs] == list(model.output_names)

    def test_onnx_is_one_whole_file(self, tmp_path: Path) -> None:
        model, data = real("sample")
        done = exported("onnx", model.with_labels(("a", "b")), tmp_path / "net.onnx", data)
        assert done.proof.proven
        assert done.proof.max_abs_diff == 0
        onnx.checker.check_model(str(done.file), full_check=True)
        again = open_model(done.file)
        assert again.labels == ("a", "b")
        assert again.inputs == model.inputs
        assert [n.name for n in again.nodes()] == [n.name for n in model.nodes()]
        assert done.ops["Conv"] == 22

    def test_without_data_it_is_only_checked(self, tmp_path: Path) -> None:
        done = exported("tflite", real("sample")[0], tmp_path / "net.tflite")
        assert not done.proof.proven
        assert done.proof.sentence().startswith("Checked on noise")
        assert json.loads(json.dumps(done.to_json()))["checked_on"] == "noise"

    def test_the_model_is_untouched_and_the_bytes_are_the_same(self) -> None:
        model, _ = real("sample")
        before = ir.to_proto(model.graph).SerializeToString()
        first, again = convert(model).data, convert(model).data
        assert ir.to_proto(model.graph).SerializeToString() == before
        assert first == again

    def test_a_file_of_another_maker_has_no_metadata(self) -> None:
        path = shared("models/mlperf_tiny/pretrainedResnet_quant.tflite")
        assert read_metadata(path) == {}
        assert read_preprocessing(path.read_bytes()) == {}


def relu(shape: tuple[Any, ...]) -> Model:
    return network([node("Relu", ["x"], ["y"])], {"x": shape}, ["y"])


class TestHostile:
    @pytest.mark.parametrize("key", ["onnx", "tflite"])
    def test_sizes_that_are_not_fixed(self, key: str, tmp_path: Path) -> None:
        with pytest.raises(UserError, match=r"no fixed size on axis 2 \('height'\)") as caught:
            exported(key, relu(("batch", 3, "height", "width")), tmp_path / "net")
        assert "\n" not in str(caught.value)
        assert list(tmp_path.iterdir()) == []

    def test_weights_that_are_not_numbers_name_their_layer(self, tmp_path: Path) -> None:
        weights = np.ones((2, 3, 1, 1), np.float32)
        weights[1, 2] = np.nan
        model = network([node("Conv", ["x", "w"], ["y"])], {"x": (1, 3, 4, 4)}, ["y"], {"w": weights})
        with pytest.raises(UserError, match=r"Layer 'Conv_y' \(Conv\).*'w' holds NaN"):
            exported("tflite", model, tmp_path / "net.tflite")
        assert list(tmp_path.iterdir()) == []

    def test_an_unknown_operator_names_its_layer(self, tmp_path: Path) -> None:
        model = relu((1, 3, 4, 4))
        strange = model.clone()
        layer = next(iter(strange.nodes()))
        layer.domain, layer.op_type = "com.example", "Magic"
        strange.graph.opset_imports["com.example"] = 1
        with pytest.raises(UnsupportedOperator, match=r"Layer 'Relu_y' \(Magic\).*com.example"):
            exported("tflite", strange, tmp_path / "net.tflite")
        with pytest.raises(UserError, match="onnxruntime cannot load"):
            exported("onnx", strange, tmp_path / "net.onnx")
        assert list(tmp_path.iterdir()) == []

    def test_a_graph_that_breaks_the_specification(self, tmp_path: Path) -> None:
        model = relu((1, 3)).clone()
        next(iter(model.nodes())).attributes["colour"] = ir.AttrString("colour", "blue")
        with pytest.raises(UserError, match=r"not valid ONNX|cannot load"):
            exported("onnx", model, tmp_path / "net.onnx")
        assert list(tmp_path.iterdir()) == []

    def test_columns_by_token_are_refused_by_the_layer_that_needs_them(self) -> None:
        graph = onnx.helper.make_graph(
            [node("Gather", ["table", "ids"], ["y"], axis=1)],
            "tokens",
            [onnx.helper.make_tensor_value_info("ids", onnx.TensorProto.INT64, [1, 7])],
            [onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [9, 1, 7])],
            [onnx.numpy_helper.from_array(np.ones((9, 4), np.float32), "table")],
        )
        proto = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 18)], ir_version=8)
        with pytest.raises(UnsupportedOperator, match=r"Gather_y.*computed while running"):
            convert(Model.from_ir(ir.from_proto(proto)))

    def test_two_inputs_of_different_kinds(self, tmp_path: Path) -> None:
        nodes = [
            node("Conv", ["image", "w"], ["c"]),
            node("GlobalAveragePool", ["c"], ["p"]),
            node("Flatten", ["p"], ["f"]),
            node("Concat", ["f", "extra"], ["j"], axis=1),
            node("Gemm", ["j", "v"], ["y"]),
        ]
        constants = {"w": np.ones((4, 3, 3, 3), np.float32), "v": np.ones((9, 2), np.float32)}
        inputs = {"image": ("n", 3, 8, 8), "extra": ("n", 5)}
        done = exported("tflite", network(nodes, inputs, ["y"], constants), tmp_path / "net.tflite")
        assert done.proof.passed
        assert [p.shape for p in open_session(done.file).inputs] == [(1, 8, 8, 3), (1, 5)]

    def test_a_fixed_batch_stays(self, tmp_path: Path) -> None:
        done = exported("tflite", relu((4, 3, 8, 8)), tmp_path / "net.tflite")
        assert done.proof.passed
        assert open_session(done.file).inputs[0].shape == (4, 8, 8, 3)
