"""The proof itself, with files that are wrong on purpose, and writing that leaves nothing behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx_ir as ir
import pytest

from core.data.dataset import Array, Item
from core.errors import Cancelled, UserError
from core.execute.runtimes import onnx_session
from core.exporters import proof as proofs
from core.exporters.exporter import EXPORTERS, Proof, load_exporters
from core.exporters.proof import Candidate, Feed, inputs_for, prove, written_aside
from core.exporters.tflite.convert import convert
from core.jobs import Job
from core.model.model import Model
from tests.core.tflite_graphs import Quantized, network, node

RNG = np.random.default_rng(5)


def noise(*shape: int) -> Any:
    return RNG.standard_normal(shape).astype(np.float32)


def chain() -> Model:
    """Two convolutions and a layer: enough to say which one differs."""
    nodes = [
        node("Conv", ["x", "w1"], ["a"], pads=[1, 1, 1, 1]),
        node("Relu", ["a"], ["b"]),
        node("Conv", ["b", "w2"], ["c"], pads=[1, 1, 1, 1]),
        node("GlobalAveragePool", ["c"], ["d"]),
        node("Flatten", ["d"], ["e"]),
        node("Gemm", ["e", "w3"], ["y"]),
    ]
    constants = {"w1": noise(4, 3, 3, 3), "w2": noise(5, 4, 3, 3), "w3": noise(5, 6)}
    return network(nodes, {"x": ("batch", 3, 8, 8)}, ["y"], constants)


def with_other_weight(model: Model, name: str) -> Model:
    new = model.clone()
    value = new.graph.graph.initializers[name]
    assert value.const_value is not None
    array = value.const_value.numpy().copy()
    array.reshape(-1)[0] += 5 if array.dtype == np.float32 else 60
    value.const_value = ir.tensor(array, name=name)
    return new


@dataclass(frozen=True)
class Pictures:
    """Random arrays as a data set; ``parts`` names the part of every item."""

    parts: tuple[str, ...]
    shape: tuple[int, ...] = (3, 8, 8)
    name: str = "pictures"
    location: str = ""
    classes: tuple[str, ...] = ()

    @property
    def items(self) -> list[Item]:
        return [Item(f"item{k}", None, part) for k, part in enumerate(self.parts)]

    def load(self, index: int) -> dict[str, Array]:
        return {"x": np.random.default_rng(index).standard_normal(self.shape).astype(np.float32)}


class TestTolerances:
    """Candidates that are the revision itself plus a known error."""

    def proof(self, model: Model, spoil: Callable[[Array], Array], step: float | None = None) -> Proof:
        session = onnx_session(model)

        def run(feed: Feed) -> Feed:
            return {name: spoil(value) for name, value in session.run(feed).items()}

        steps = {} if step is None else dict.fromkeys(model.output_names, step)
        return prove(model, Candidate(run, steps), inputs_for(model, None), Job())

    def test_float_outputs_may_differ_by_a_ten_thousandth_of_the_largest(self) -> None:
        nodes = [node("Mul", ["x", "k"], ["s"]), node("Sigmoid", ["s"], ["p"]), node("Mul", ["p", "h"], ["y"])]
        model = network(nodes, {"x": (1, 8)}, ["y"], {"k": np.float32(100), "h": np.float32(50)})
        assert self.proof(model, lambda y: y + np.float32(4e-3)).passed
        found = self.proof(model, lambda y: y + np.float32(7e-3))
        assert not found.passed
        assert found.max_abs_diff == pytest.approx(7e-3, rel=1e-2)
        assert found.max_steps is None

    def test_small_outputs_are_judged_as_if_they_were_one(self) -> None:
        model = network([node("Sigmoid", ["x"], ["y"])], {"x": (1, 8)}, ["y"])
        assert self.proof(model, lambda y: y + np.float32(0.9e-4)).passed
        assert not self.proof(model, lambda y: y + np.float32(1.2e-4)).passed

    @pytest.mark.parametrize(
        ("share", "steps", "passed"),
        [(1.0, 1, True), (0.009, 2, True), (0.02, 2, False), (0.001, 3, False)],
    )
    def test_int8_outputs_may_differ_by_one_step_and_rarely_by_two(
        self, share: float, steps: int, passed: bool
    ) -> None:
        step = 0.1
        q = Quantized()
        model = q.model({"x": (1, 1000)}, [q.pair("x", step, 0)])
        off = np.zeros((1, 1000), np.float32)
        off[:, : round(share * 1000)] = steps * step
        found = self.proof(model, lambda y: y + off, step)
        assert found.passed is passed
        assert found.max_steps == steps
        assert found.within_one_step == pytest.approx(1.0 if steps == 1 else 1 - share, abs=1e-6)

    def test_a_quantized_graph_with_float_outputs_is_judged_in_steps_of_their_range(self) -> None:
        q = Quantized()
        model = q.model({"x": (1, 100)}, [q.layer("Sigmoid", [q.pair("x", 0.05, 0)], "y")])
        assert self.proof(model, lambda y: y + np.float32(1 / 300)).passed
        assert not self.proof(model, lambda y: y + np.float32(3 / 255)).passed

    def test_an_answer_that_is_not_a_number_never_passes(self) -> None:
        assert not self.proof(chain(), lambda y: y * np.nan).passed

    def test_a_revision_without_numbers_proves_nothing(self) -> None:
        model = network([node("Sqrt", ["x"], ["y"])], {"x": (1, 8)}, ["y"])
        with pytest.raises(UserError, match="not a number"):
            self.proof(model, lambda y: y)

    def test_an_output_of_another_shape_is_said(self) -> None:
        with pytest.raises(UserError, match="of shape"):
            self.proof(chain(), lambda y: y.reshape(-1))


class TestInputs:
    def test_noise_is_never_proof(self) -> None:
        found = inputs_for(chain(), None)
        assert (found.checked_on, found.real, found.n) == ("noise", False, 32)

    def test_items_are_spread_and_the_same_for_the_same_seed(self) -> None:
        data, model = Pictures(("",) * 320), chain()
        first, again = inputs_for(model, data), inputs_for(model, data)
        other = inputs_for(model, data, seed=1)
        firsts = [f["x"].tobytes() for f in first.feeds()]
        assert firsts == [f["x"].tobytes() for f in again.feeds()]
        assert firsts != [f["x"].tobytes() for f in other.feeds()]
        assert first.checked_on == "32 items of pictures"
        picked, _ = proofs._spread(data, 32, 0)
        assert [k // 10 for k in picked] == list(range(32))

    def test_only_the_test_part_is_used_where_there_is_one(self) -> None:
        data = Pictures(("train",) * 50 + ("test",) * 5)
        found = inputs_for(chain(), data)
        assert (found.n, found.checked_on) == (5, "5 items of pictures (test)")
        assert min(proofs._spread(data, 32, 0)[0]) >= 50

    def test_a_fixed_batch_is_filled(self) -> None:
        model = network([node("Relu", ["x"], ["y"])], {"x": (4, 3, 8, 8)}, ["y"])
        found = inputs_for(model, Pictures(("",) * 10))
        assert [f["x"].shape[0] for f in found.feeds()] == [4, 4, 4]
        assert inputs_for(model, None).n == 32

    def test_no_items_is_said(self) -> None:
        with pytest.raises(UserError, match="no items"):
            inputs_for(chain(), Pictures(()))


class TestFilesThatAreWrong:
    @pytest.mark.parametrize(("weight", "layer"), [("w1", "Relu_b"), ("w2", "Conv_c")])
    def test_tflite_names_the_first_layer_that_differs(
        self, weight: str, layer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        model = chain()
        wrong = with_other_weight(model, weight)
        monkeypatch.setattr("core.exporters.tflite.export.convert", lambda _, *options: convert(wrong, *options))
        monkeypatch.setattr(
            "core.exporters.tflite.where.convert", lambda m, o: convert(with_other_weight(m, weight), o)
        )
        target = tmp_path / "net.tflite"
        target.write_bytes(b"what was here before")
        with pytest.raises(UserError, match=f"first layer that differs is '{layer}'"):
            load_exporters().get("tflite").write(model, target, None, Job())
        assert target.read_bytes() == b"what was here before"
        assert [p.name for p in tmp_path.iterdir()] == ["net.tflite"]

    def test_an_int8_file_names_its_layer_too(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        q = Quantized()
        x = q.pair("x", 0.05, 0)
        q.layer("Conv", [x, *q.weights("w1", noise(6, 3, 3, 3), 0, 0.05, noise(6))], "a")
        a = q.pair("a", 0.1, 0)
        q.layer("Conv", [a, *q.weights("w2", noise(6, 6, 3, 3), 0, 0.1, noise(6))], "b")
        model = q.model({"x": (1, 3, 12, 12)}, [q.pair("b", 0.4, 0)])
        wrong = with_other_weight(model, "w1_i")
        monkeypatch.setattr("core.exporters.tflite.export.convert", lambda _, *options: convert(wrong, *options))
        monkeypatch.setattr(
            "core.exporters.tflite.where.convert", lambda m, o: convert(with_other_weight(m, "w1_i"), o)
        )
        with pytest.raises(UserError, match=r"output steps.*first layer that differs is 'Conv_a'"):
            load_exporters().get("tflite").write(model, tmp_path / "net.tflite", None, Job())
        assert list(tmp_path.iterdir()) == []

    def test_onnx_is_not_kept_either(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        wrong = with_other_weight(chain(), "w3")
        monkeypatch.setattr("core.exporters.onnx_file._with_metadata", lambda _: wrong.graph)
        with pytest.raises(UserError, match="was not kept"):
            load_exporters().get("onnx").write(chain(), tmp_path / "net.onnx", None, Job())
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("key", ["onnx", "tflite"])
    def test_cancelling_leaves_nothing(self, key: str, tmp_path: Path) -> None:
        job = Job(lambda event: job.cancel() if getattr(event, "done", 0) > 0.3 else None, rate=1e9)
        with pytest.raises(Cancelled):
            load_exporters().get(key).write(chain(), tmp_path / f"net.{key}", None, job)
        assert list(tmp_path.iterdir()) == []


class TestWrittenAside:
    def test_the_name_appears_only_at_the_end(self, tmp_path: Path) -> None:
        target = tmp_path / "net.onnx"
        with written_aside(target, b"new") as aside:
            assert not target.exists()
            assert aside.read_bytes() == b"new"
            assert aside.suffix == ".onnx"
        assert target.read_bytes() == b"new"
        assert [p.name for p in tmp_path.iterdir()] == ["net.onnx"]

    def test_a_missing_folder_is_said(self, tmp_path: Path) -> None:
        with (
            pytest.raises(UserError, match="There is no folder"),
            written_aside(tmp_path / "nowhere" / "net.onnx", b""),
        ):
            pytest.fail("nothing to prove")

    def test_a_folder_of_that_name_is_said(self, tmp_path: Path) -> None:
        with pytest.raises(UserError, match="is a folder"), written_aside(tmp_path, b""):
            pytest.fail("nothing to prove")


def test_both_exporters_are_registered() -> None:
    load_exporters()
    assert {e.key: e.suffix for e in EXPORTERS} == {"onnx": ".onnx", "tflite": ".tflite"}


def test_sentences_say_what_was_shown() -> None:
    shown = Proof(0.02, 1, 0.995, "32 items of digits (test)", 32, True, True)
    assert shown.sentence().startswith("Proven on ")
    assert replace(shown, proven=False).sentence().startswith("Checked on noise")
    assert replace(shown, passed=False).sentence().startswith("NOT equal")
