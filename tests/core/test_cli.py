"""The command line: what a user types, what comes back, and one sentence for everything that goes wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest

from core.cli import main
from core.data.sample import sample_data
from tests.conftest import SAMPLE, network_path


@pytest.fixture
def thimble(capsys: pytest.CaptureFixture[str]) -> Any:
    def run(*words: object) -> tuple[int, str, str]:
        return main([str(w) for w in words]), *capsys.readouterr()

    return run


@pytest.fixture
def answer(thimble: Any) -> Any:
    def run(*words: object) -> Any:
        code, out, err = thimble(*words, "--json")
        assert code == 0, err
        return json.loads(out)

    return run


@pytest.fixture(scope="module")
def few_digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """60 digits without parts of their own."""
    path = tmp_path_factory.mktemp("data") / "few.npz"
    data = sample_data()
    x = np.stack([next(iter(data.load(k).values())) for k in range(60)])
    np.savez(path, x=x, y=np.array([i.label for i in data.items[:60]]))
    return path


class TestInfo:
    def test_published_figures(self, answer: Any) -> None:
        found = answer("info", network_path("mobilenetv2"))
        assert found["macs"] == pytest.approx(300e6, rel=0.01)
        assert found["params"] == pytest.approx(3.5e6, rel=0.01)
        assert found["bytes"] == network_path("mobilenetv2").stat().st_size
        assert found["layers"] == len(onnx.load(network_path("mobilenetv2"), load_external_data=False).graph.node)
        assert sum(c["macs"] for c in found["per_layer"]) == found["macs"]
        peak = [found["peak_memory"][k] for k in ("bytes", "batch", "how", "layers")]
        assert peak == [4 * 1_505_280, 1, "estimated", ["/features/features.2/conv/conv.1/conv.1.0/Conv"]]

    def test_table_for_people(self, thimble: Any) -> None:
        code, out, _ = thimble("info", SAMPLE)
        assert code == 0
        assert "features.0.0/Conv" in out
        assert "88,586 parameters" in out
        assert "81.9 kB of peak activation memory at layers 'features.2.conv.0/Conv'" in out
        assert "(estimated, batch of 1)" in out

    def test_unknown_operator_is_marked_not_refused(self, answer: Any, tmp_path: Path) -> None:
        model = onnx.load(SAMPLE)
        model.graph.node[3].op_type = "Convolutionize"
        onnx.save(model, tmp_path / "odd.onnx")
        found = answer("info", tmp_path / "odd.onnx")
        assert [m["layer"] for m in found["marks"]] == [model.graph.node[3].name]
        assert found["macs"] is None
        assert found["peak_memory"]["bytes"] is None
        assert model.graph.node[3].name in found["peak_memory"]["note"]


def test_methods(answer: Any, thimble: Any) -> None:
    found = {m["key"]: m for m in answer("methods")}
    ratio = next(p for p in found["prune.magnitude"]["params"] if p["name"] == "ratio")
    assert (ratio["type"], ratio["low"], ratio["high"]) == ("float", 0.0, 0.95)
    assert found["quantize.int8"]["needs"] == ["data"]
    assert "prune.magnitude" in thimble("methods")[1]


class TestApply:
    def test_prune_writes_a_smaller_file_that_runs(self, answer: Any, tmp_path: Path) -> None:
        out = tmp_path / "pruned.onnx"
        found = answer("apply", "prune.magnitude", SAMPLE, "-o", out, "--set", "ratio=0.5", "norm=L2")
        assert found["bytes"] == out.stat().st_size < 0.6 * SAMPLE.stat().st_size
        session = onnxruntime.InferenceSession(str(out))
        assert session.run(None, {"image": np.zeros((3, 1, 32, 32), np.float32)})[0].shape == (3, 10)
        assert found["values"]["macs"] < found["values"]["macs_before"]

    def test_a_pattern_that_matches_no_layer_is_named(self, tmp_path: Path, capsys: Any) -> None:
        for key in ("prune.magnitude", "quantize.weights"):
            assert main(["apply", key, str(SAMPLE), "-o", str(tmp_path / "o.onnx"), "--layers", "absent*"]) == 2
            assert "No layer's name matches 'absent*'." in capsys.readouterr().err

    def test_layers_can_be_chosen_by_operator(self, answer: Any, tmp_path: Path, capsys: Any) -> None:
        out = tmp_path / "o.onnx"
        words = ("apply", "quantize.weights", SAMPLE, "-o", out, "--set", "format=int8")
        answer(*words, "--override", "op:Gemm", "format=float16")
        kinds = {n.op_type: n.input[1] for n in onnx.load(out).graph.node if n.op_type in ("Conv", "Gemm")}
        made = {n.output[0]: n.op_type for n in onnx.load(out).graph.node}
        assert {k: made[v] for k, v in kinds.items()} == {"Conv": "DequantizeLinear", "Gemm": "Cast"}
        assert main([str(w) for w in (*words, "--override", "op:LSTM,GRU", "format=float16")]) == 2
        assert "The override for 'LSTM, GRU' has no layer: no layer's operator matches." in capsys.readouterr().err

    def test_scope_keeps_other_layers(self, answer: Any, tmp_path: Path) -> None:
        out = tmp_path / "pruned.onnx"
        answer("apply", "prune.magnitude", SAMPLE, "-o", out, "--set", "ratio=0.5", "--layers", "features.8*")
        before = {i.name: list(i.dims) for i in onnx.load(SAMPLE).graph.initializer}
        after = {i.name: list(i.dims) for i in onnx.load(out).graph.initializer}
        changed = {n for n in after if n in before and after[n] != before[n]}
        assert "features.8.0.weight" in changed
        assert all(n.startswith(("features.8", "classifier", "val_")) for n in changed)

    def test_quantize_then_export_then_evaluate(self, answer: Any, tmp_path: Path, few_digits: Path) -> None:
        int8, phone = tmp_path / "int8.onnx", tmp_path / "phone.tflite"
        answer("apply", "quantize.int8", SAMPLE, "-o", int8, "--data", few_digits, "--set", "calibration_items=12")
        written = answer("export", int8, "--to", "tflite", "-o", phone, "--check", "sample")
        assert written["passed"]
        assert written["proven"]
        assert written["max_steps"] <= 2
        assert written["bytes"] == phone.stat().st_size
        assert written["ops"]["CONV_2D"] == 15
        on_phone = answer("evaluate", phone, "--data", "sample", "--limit", 200)
        on_screen = answer("evaluate", int8, "--data", "sample", "--limit", 200)
        assert on_phone["n"] == on_screen["n"] == 200
        assert abs(on_phone["top1"] - on_screen["top1"]) <= 1.0
        assert on_phone["top1"] > 95

    def test_a_preset_and_what_is_set_beside_it(self, answer: Any, tmp_path: Path, few_digits: Path) -> None:
        words = ("--set", "calibration_items=8", "bias_correction=false", "--override", "features.8*", "precision=int4")
        given = ("apply", "quantize.static", SAMPLE, "-o", tmp_path / "q.onnx", "--data", few_digits, "--preset", "qnn")
        (report,) = answer(*given, *words)["reports"]
        step = report["step"]
        assert (step["params"]["activations"], step["params"]["calibration_items"]) == ("uint8", 8)
        assert [o["params"] for o in step["overrides"]] == [{"granularity": "tensor"}, {"precision": "int4"}]
        kinds = {i.data_type for i in onnx.load(tmp_path / "q.onnx").graph.initializer}
        assert {onnx.TensorProto.INT8, onnx.TensorProto.INT4} <= kinds

    def test_layers_that_stay_float_are_listed_with_the_reason(self, thimble: Any, tmp_path: Path) -> None:
        word = ("apply", "quantize.int8", SAMPLE, "-o", tmp_path / "q.onnx", "--data", "sample", "--layers", "class*")
        code, out, err = thimble(*word)
        assert code == 0, err
        listed = out.partition("Layers that stay float")[2]
        assert "it is outside the chosen layers" in listed

    def test_calibrating_items_never_judge(self, answer: Any, tmp_path: Path, few_digits: Path) -> None:
        """With another seed for judging, the items that calibrated are still left out."""
        int8 = tmp_path / "int8.onnx"
        answer("apply", "quantize.int8", SAMPLE, "-o", int8, "--data", few_digits, "--seed", 5)
        judged = answer("evaluate", int8, "--data", few_digits, "--seed", 9)
        assert judged["n"] < 48
        for suffix in ("tflite", "onnx"):
            phone = tmp_path / f"phone.{suffix}"
            answer("export", int8, "--to", suffix, "-o", phone)
            assert answer("evaluate", phone, "--data", few_digits, "--seed", 9)["n"] == judged["n"]
            shipped = phone.read_bytes()
            assert b"quantize.int8" in shipped
            assert str(few_digits.parent).encode() not in shipped, "the user's folders are nobody's business"
        assert answer("evaluate", SAMPLE, "--data", few_digits)["n"] == 48
        assert answer("evaluate", SAMPLE, "--data", few_digits, "--split", "all")["n"] == 60

    def test_recipe_replays_to_the_same_bytes(self, answer: Any, tmp_path: Path) -> None:
        one, two, recipe = tmp_path / "one.onnx", tmp_path / "two.onnx", tmp_path / "recipe.json"
        found = answer("apply", "prune.magnitude", SAMPLE, "-o", one, "--set", "ratio=0.4")
        recipe.write_text(json.dumps({"recipe": 1, "steps": [r["step"] for r in found["reports"]]}))
        answer("run", recipe, SAMPLE, "-o", two)
        assert one.read_bytes() == two.read_bytes()

    def test_seed_0_replaces_the_seed_of_a_recipe(self, answer: Any, tmp_path: Path) -> None:
        recipe = tmp_path / "recipe.json"
        recipe.write_text(json.dumps({"recipe": 1, "steps": [{"method": "prune.magnitude", "params": {}, "seed": 7}]}))
        for words, seed in (((), 7), (("--seed", 0), 0)):
            found = answer("run", recipe, SAMPLE, "-o", tmp_path / "out.onnx", *words)
            assert found["reports"][0]["step"]["seed"] == seed


def test_compare_puts_files_side_by_side(answer: Any, thimble: Any, tmp_path: Path) -> None:
    pruned = tmp_path / "pruned.onnx"
    answer("apply", "prune.magnitude", SAMPLE, "-o", pruned, "--set", "ratio=0.1")
    rows = answer("compare", SAMPLE, pruned, "--data", "sample", "--limit", 100)["models"]
    assert [r["file"] for r in rows] == [str(SAMPLE), str(pruned)]
    assert rows[1]["macs"] < rows[0]["macs"]
    assert rows[1]["peak_memory"] < rows[0]["peak_memory"]
    assert rows[0]["measures"]["peak_memory"]["how"] == "estimated"
    assert rows[0]["n"] == rows[1]["n"] == 100
    assert rows[1]["sqnr"] is not None
    assert "top1" in thimble("compare", SAMPLE, pruned, "--data", "sample", "--limit", 50)[1]
    timed = answer("compare", SAMPLE, pruned, "--latency")["models"]
    for row in timed:
        measure = row["measures"]["latency_litert"]
        assert measure["how"] == "measured"
        assert "1 thread" in measure["on"]
        assert 0 < measure["interval"][0] <= row["latency_litert"] <= measure["interval"][1]


def test_compare_prepares_a_silent_model_as_the_others(answer: Any, thimble: Any, tmp_path: Path) -> None:
    silent, model = tmp_path / "silent.onnx", onnx.load(SAMPLE)
    del model.metadata_props[:]
    onnx.save(model, silent)
    rows = answer("compare", silent, SAMPLE, "--data", "sample", "--limit", 60)["models"]
    assert rows[0]["top1"] == rows[1]["top1"] > 90
    assert "prepared as for the others" in rows[0]["notes"][0]
    assert rows[1]["notes"] == []
    shown = thimble("compare", silent, "--data", "sample", "--limit", 60)[1]
    assert "--preprocess" in shown


def hostile(folder: Path, kind: str) -> Path:
    path = folder / "bad.onnx"
    if kind == "truncated":
        path.write_bytes(SAMPLE.read_bytes()[:200_000])
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "picture":
        path.write_bytes(b"\xff\xd8\xff\xe0" + b"0" * 100)
    elif kind == "wrong suffix":
        path = folder / "model.h5"
        path.write_bytes(SAMPLE.read_bytes())
    elif kind == "folder":
        path.mkdir()
    return path  # "missing": nothing is made


@pytest.mark.parametrize("kind", ["truncated", "empty", "picture", "wrong suffix", "folder", "missing"])
@pytest.mark.parametrize("command", ["info", "apply", "evaluate", "compare", "export"])
def test_bad_file_is_one_sentence_and_exit_code_2(command: str, kind: str, thimble: Any, tmp_path: Path) -> None:
    bad = hostile(tmp_path, kind)
    rest: dict[str, tuple[object, ...]] = {
        "info": (bad,),
        "apply": ("prune.magnitude", bad, "-o", tmp_path / "out.onnx"),
        "evaluate": (bad, "--data", "sample"),
        "compare": (SAMPLE, bad),
        "export": (bad, "--to", "tflite", "-o", tmp_path / "out.tflite"),
    }
    code, out, err = thimble(command, *rest[command])
    assert code == 2
    assert out == ""
    assert_one_line(err)
    assert bad.name in err
    assert not list(tmp_path.glob("out.*"))


def assert_one_line(err: str) -> None:
    assert err.startswith("thimble: ")
    assert err.count("\n") == 1
    assert "Traceback" not in err


MISTAKES: dict[str, tuple[tuple[object, ...], str]] = {
    "unknown method": (("apply", "prune.magic", SAMPLE, "-o", "x.onnx"), "prune.magic"),
    "value out of bounds": (
        ("apply", "prune.magnitude", SAMPLE, "-o", "x.onnx", "--set", "ratio=2"),
        "Channels removed",
    ),
    "unknown parameter": (("apply", "prune.magnitude", SAMPLE, "-o", "x.onnx", "--set", "rat=0.2"), "'rat'"),
    "no value": (("apply", "prune.magnitude", SAMPLE, "-o", "x.onnx", "--set", "ratio"), "key=value"),
    "layers that all are treated alike": (
        ("apply", "prune.magnitude", SAMPLE, "-o", "x.onnx", "--override", "features.8*", "norm=L2"),
        "'prune.magnitude' treats all layers alike",
    ),
    "an override of nothing": (
        ("apply", "prune.magnitude", SAMPLE, "-o", "x.onnx", "--override", "features.8*"),
        "--override: 'features.8*' has no parameter behind it",
    ),
    "an override without layers": (
        ("apply", "prune.magnitude", SAMPLE, "-o", "x.onnx", "--override", "ratio=0.5"),
        "--override: 'ratio=0.5' has no pattern before it",
    ),
    "no data": (("apply", "quantize.int8", SAMPLE, "-o", "x.onnx"), "needs data"),
    "a preset it has not": (("apply", "quantize.static", SAMPLE, "-o", "x.onnx", "--preset", "npu"), "no preset 'npu'"),
    "a teacher nobody asks": (
        ("apply", "prune.magnitude", SAMPLE, "-o", "x.onnx", "--teacher", SAMPLE),
        "takes no teacher",
    ),
    "missing data": (("evaluate", SAMPLE, "--data", "/no/such/folder"), "/no/such/folder"),
    "unknown preset": (("evaluate", SAMPLE, "--data", "sample", "--preprocess", "imagenot"), "imagenot"),
    "unknown target": (("export", SAMPLE, "--to", "coreml", "-o", "x.mlmodel"), "coreml"),
    "no folder to write to": (("export", SAMPLE, "--to", "onnx", "-o", "/no/such/folder/x.onnx"), "/no/such/folder"),
    "not an onnx output": (("apply", "prune.magnitude", SAMPLE, "-o", "x.tflite"), "must end in .onnx"),
    "unknown part": (("evaluate", SAMPLE, "--data", "sample", "--split", "holdout"), "holdout"),
    "unknown command": (("prune", SAMPLE), "invalid choice"),
    "missing argument": (("info",), "required"),
    "not a tflite output": (("export", SAMPLE, "--to", "tflite", "-o", "x.onnx"), "must end in .tflite"),
    "bad seed": (("evaluate", SAMPLE, "--data", "sample", "--seed", "-1"), "whole number from 0"),
    "window of no file": (("window", "gone.onnx"), "gone.onnx"),
    "bad number": (("evaluate", SAMPLE, "--data", "sample", "--limit", "-3"), "whole number"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistake_is_one_sentence_and_exit_code_2(
    mistake: str, thimble: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words, named = MISTAKES[mistake]
    code, out, err = thimble(*words)
    assert code == 2
    assert out == ""
    assert_one_line(err)
    assert named in err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("command", [("apply", "prune.magnitude"), ("export", "--to", "onnx")])
def test_a_result_never_replaces_its_model(command: tuple[str, ...], thimble: Any, tmp_path: Path) -> None:
    model = tmp_path / "only copy.onnx"
    model.write_bytes(SAMPLE.read_bytes())
    (tmp_path / "link.onnx").symlink_to(model)
    for out in (model, tmp_path / "link.onnx"):
        code, _, err = thimble(*command, model, "-o", out)
        assert code == 2
        assert_one_line(err)
        assert "model itself" in err
    assert model.read_bytes() == SAMPLE.read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["link.onnx", "only copy.onnx"]


def test_no_screen_is_one_sentence(thimble: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    code, _, err = thimble("window")
    assert code == 2
    assert_one_line(err)


def test_what_cannot_be_run_is_named_by_layer(thimble: Any, tmp_path: Path) -> None:
    model = onnx.load(SAMPLE)
    model.graph.node[3].op_type, model.graph.node[3].domain = "Convolutionize", "com.acme"
    model.opset_import.add(domain="com.acme", version=1)
    onnx.save(model, tmp_path / "odd.onnx")
    code, _, err = thimble("evaluate", tmp_path / "odd.onnx", "--data", "sample")
    assert code == 2
    assert_one_line(err)
    assert model.graph.node[3].name in err
    assert "com.acme" in err


def twisted(kind: str) -> onnx.ModelProto:
    """A graph that contradicts itself in a way that only running it (or inferring types) shows."""
    model = onnx.load(SAMPLE)
    if kind == "weight of another shape":
        weight = next(i for i in model.graph.initializer if i.name == "features.8.0.weight")
        weight.CopyFrom(onnx.numpy_helper.from_array(np.zeros((3, 3), np.float32), weight.name))
    else:  # the declared output is of another type than what makes it
        model.graph.output[0].type.tensor_type.elem_type = onnx.TensorProto.INT64
    return model


@pytest.mark.parametrize("command", [("info",), ("export", "--to", "onnx", "-o", "x.onnx")])
def test_a_tflite_file_says_what_it_is_good_for(command: tuple[str, ...], thimble: Any, tmp_path: Path) -> None:
    (tmp_path / "phone.tflite").write_bytes(b"\0\0\0\0TFL3")
    code, _, err = thimble(*command, tmp_path / "phone.tflite")
    assert code == 2
    assert_one_line(err)
    assert "evaluated and compared" in err


@pytest.mark.parametrize("kind", ["weight of another shape", "output of another type"])
def test_a_graph_that_contradicts_itself_is_no_bug_of_ours(
    kind: str, thimble: Any, tmp_path: Path, few_digits: Path
) -> None:
    path = tmp_path / "twisted.onnx"
    onnx.save(twisted(kind), path)
    assert thimble("info", path)[0] == 0
    for words in (
        ("apply", "prune.magnitude", path, "-o", tmp_path / "out.onnx"),
        ("apply", "quantize.int8", path, "-o", tmp_path / "out.onnx", "--data", few_digits),
        ("export", path, "--to", "tflite", "-o", tmp_path / "out.tflite"),
    ):
        code, _, err = thimble(*words)
        assert code == 2, words
        assert_one_line(err)
    assert [p.name for p in tmp_path.iterdir()] == ["twisted.onnx"]


def test_weights_that_are_no_numbers(thimble: Any, answer: Any, tmp_path: Path) -> None:
    model = onnx.load(SAMPLE)
    weight = next(i for i in model.graph.initializer if i.name == "features.8.0.weight")
    broken = onnx.numpy_helper.to_array(weight).copy()
    broken.flat[0] = np.nan
    weight.CopyFrom(onnx.numpy_helper.from_array(broken, weight.name))
    onnx.save(model, tmp_path / "nan.onnx")
    code, _, err = thimble("apply", "prune.magnitude", tmp_path / "nan.onnx", "-o", tmp_path / "out.onnx")
    assert_one_line(err)
    assert (code, "features.8.0.weight" in err) == (2, True)
    judged = answer("evaluate", tmp_path / "nan.onnx", "--data", "sample", "--limit", 5)
    assert judged["top1"] == 0
    assert "5 of 5 items are no numbers" in judged["note"]


def test_data_of_another_shape_is_refused(thimble: Any, tmp_path: Path) -> None:
    np.savez(tmp_path / "sound.npz", x=np.zeros((20, 490), np.float32), y=np.zeros(20, np.int64))
    code, _, err = thimble("evaluate", SAMPLE, "--data", tmp_path / "sound.npz")
    assert code == 2
    assert_one_line(err)
