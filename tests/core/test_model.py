"""The model's own knowledge: inputs, preprocessing, labels, and that a clone is free to change."""

from __future__ import annotations

import json

import numpy as np
import onnx_ir as ir
import pytest

from core.errors import UserError
from core.formats.onnx_file import save_onnx
from core.formats.open import open_model
from core.model.model import PREPROCESSING, InputSpec, quantized
from core.model.preprocessing import Preprocessing, presets
from core.registry import Registry
from core.report import Curve, Measure, Report, Table
from tests.conftest import SAMPLE, network_path


def test_inputs_as_the_file_has_them() -> None:
    (spec,) = open_model(network_path("mobilenetv2")).inputs
    assert (spec.name, spec.shape, spec.dtype, spec.layout) == ("input", ("batch", 3, 224, 224), "float32", "NCHW")
    assert spec.bound(5) == (5, 3, 224, 224)
    assert spec.image_size == (224, 224)


def test_preprocessing_is_remembered_in_the_file(tmp_path: object) -> None:
    model = open_model(network_path("resnet20"))
    assert model.inputs[0].preprocessing is None
    prepared = model.with_preprocessing(presets(32, 32)["cifar10"])
    assert model.inputs[0].preprocessing is None
    save_onnx(prepared, tmp_path / "out.onnx")  # type: ignore[operator]
    again = open_model(tmp_path / "out.onnx")  # type: ignore[operator]
    assert again.inputs[0].preprocessing == presets(32, 32)["cifar10"]


def test_foreign_metadata_under_our_key_does_not_prevent_opening() -> None:
    model = open_model(SAMPLE)
    name = model.inputs[0].name
    steps = ([{"step": "dance"}], [{"step": ["scale"]}], [{"step": "scale", "factor": 10**400}], 7)
    texts = [json.dumps({name: {"steps": s}}) for s in steps]
    for text in ("no json", "[1, 2]", "[" * 100_000, *texts):
        model.graph.metadata_props[PREPROCESSING] = text
        assert type(model).from_ir(model.graph).inputs[0].preprocessing is None


def test_a_clone_shares_tensors_and_nothing_else() -> None:
    model = open_model(SAMPLE)
    clone = model.clone()
    name = "classifier.weight"
    mine, its = (m.graph.graph.initializers[name] for m in (model, clone))
    assert mine is not its
    assert mine.const_value is its.const_value
    its.const_value = ir.tensor(np.zeros((10, 128), np.float32), name=name)
    assert np.abs(mine.const_value.numpy()).max() > 0  # type: ignore[union-attr]
    assert not quantized(model)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ([{"step": "dance"}], "Preprocessing step 1 is 'dance'."),
        ([{"step": "resize"}], "Preprocessing step 1 (resize): 'size' is None"),
        ([{"step": "resize", "size": -3}], "must be above 0"),
        ([{"step": "resize", "size": 100000}], "at most 8192"),
        ([{"step": "normalize", "mean": [0.5], "std": [0]}], "must be above 0"),
        ([{"step": "scale", "factor": float("nan")}], "must be a number"),
        ("resize", "is not a list of steps"),
        ({"name": "x"}, "is not a list of steps"),
    ],
)
def test_bad_preprocessing_is_refused_by_step(data: object, sentence: str) -> None:
    with pytest.raises(UserError) as refused:
        Preprocessing.from_json(data)
    assert sentence in refused.value.message


@pytest.mark.parametrize("name", ["imagenet", "minus1to1", "cifar10"])
def test_presets_survive_json(name: str) -> None:
    preset = presets(96, 128)[name]
    assert Preprocessing.from_json(json.loads(json.dumps(preset.to_json()))) == preset


def test_a_symbolic_dimension_that_is_no_batch_is_asked_for() -> None:
    with pytest.raises(UserError, match="axis 2"):
        InputSpec("x", ("batch", 3, "h", 10), "float32").bound()


def test_a_registry_lists_what_it_knows() -> None:
    shelf: Registry[int] = Registry("format")
    shelf.add("one", 1)
    assert (shelf.keys(), list(shelf), len(shelf), "one" in shelf) == (("one",), [1], 1, True)
    with pytest.raises(UserError, match="There is no format called 'two'"):
        shelf.get("two")
    with pytest.raises(ValueError, match="registered twice"):
        shelf.add("one", 2)


def test_a_report_survives_json() -> None:
    measure = Measure(81.5, "%", "measured", "digits (test)", 500, (78.0, 84.6), "a note")
    report = Report(
        {"top1": measure},
        (Table("t", ("a", "b"), ((1, "x"), (2, None))),),
        (Curve("c", "x", "y", (0, 1), (2, 3)),),
        ("n",),
    )
    assert Report.from_json(json.loads(json.dumps(report.to_json()))) == report
