"""Accuracy against the figures that came with the shared models, on the same images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx_ir as ir
import pytest

from core.data.dataset import Item
from core.data.open import open_data
from core.data.preprocess import PreprocessingUnknown, load_preprocessing
from core.data.sample import sample_data, sample_model
from core.data.splits import part
from core.errors import Cancelled, UserError
from core.execute.runtimes import OnnxSession
from core.jobs import Job, Progress
from core.measure import host
from core.measure.accuracy import accuracy, judge, judge_file, judge_session, summary
from core.measure.files import open_file
from core.measure.statistics import paired
from core.model.model import Model
from core.model.preprocessing import Preprocessing
from core.project.comparing import Candidate, compare_models
from tests.conftest import EXPLORE, network_path, shared
from tests.core.test_data_splits import Listed

IMAGENET, CIFAR = "data/imagenet_samples", "data/cifar10_jpeg/test_dev_2000.zip"
RAW = Preprocessing(())


def network(key: str, preset: str = "") -> Model:
    model = Model.from_ir(ir.load(network_path(key)))
    return model.with_preprocessing(load_preprocessing(preset, model)) if preset else model


@pytest.mark.parametrize(
    ("key", "preset", "data", "top1"),
    [
        ("mobilenetv2", "imagenet", IMAGENET, 82.4),
        ("mobilenetv1", "minus1to1", IMAGENET, 56.2),
        ("resnet20", "cifar10", CIFAR, 81.35),
        *([("squeezenet", "imagenet", IMAGENET, 59.4)] if EXPLORE else []),
    ],
)
def test_figures_of_the_manifest(key: str, preset: str, data: str, top1: float) -> None:
    found = accuracy(network(key, preset), open_data(shared(data)))
    assert found.top1.value == pytest.approx(top1)
    assert found.top5 is not None
    assert found.top5.value > top1
    assert found.n == (500 if data == IMAGENET else 2000)
    low, high = found.top1.interval or (0, 0)
    assert low < top1 < high
    assert found.to_json()["top1"] == found.top1.value


@pytest.mark.parametrize(
    ("file", "data", "pre", "top1", "tolerance"),
    [  # MLPerf Tiny's float and int8 ResNet8, exact figures of the manifest; TensorFlow's uint8 one is "about 54"
        ("mlperf_tiny/pretrainedResnet.tflite", CIFAR, RAW, 76.4, 0.0),
        ("mlperf_tiny/pretrainedResnet_quant.tflite", CIFAR, RAW, 76.15, 0.15),
        ("tflite_mobilenetv1_0.25_imagenet/mobilenet_v1_0.25_224_quant.tflite", IMAGENET, None, 54, 1.0),
    ],
)
def test_tflite_files(file: str, data: str, pre: Preprocessing | None, top1: float, tolerance: float) -> None:
    path = shared("models") / file
    pre = pre if pre is not None else load_preprocessing("minus1to1", network("mobilenetv1"))
    found = summary(judge_file(path, open_data(shared(data)), preprocessing=pre), data)
    assert abs(found.top1.value - top1) <= tolerance + 1e-9
    assert ("8-bit arithmetic" in found.top1.note) == ("quant" in file)
    assert ("background" in found.top1.note) == (data == IMAGENET)


def test_nchw_int8_tflite_is_fed_as_it_is() -> None:
    path = shared("models/tflite_torchvision_mobilenetv2_int8/mobilenet_v2_quantized_1x3x224x224.tflite")
    model = network("mobilenetv2", "imagenet")
    found = summary(judge_file(path, open_data(shared(IMAGENET)), inputs=model.inputs, limit=150), IMAGENET)
    low, high = found.top1.interval or (0, 0)
    assert low < 75 < high  # "about 75 on such images"
    assert found.n == 150


def test_file_and_model_agree_item_by_item() -> None:
    data = part(sample_data())
    model = Model.from_ir(ir.load(sample_model()))
    in_memory, on_disk = judge(model, data), judge_session(OnnxSession(sample_model()), model.inputs, data)
    np.testing.assert_array_equal(in_memory.ranks, on_disk.ranks)
    assert in_memory.names == tuple(i.name for i in data.items)
    assert paired(in_memory.correct, on_disk.correct).p_value == 1
    assert accuracy(model, data).top1.value >= 97
    assert accuracy(model, data).top1.on == data.name


def test_against_onnxruntime_alone() -> None:
    """The same answers as a plain loop over onnxruntime, one image at a time."""
    import onnxruntime

    model, data = Model.from_ir(ir.load(sample_model())), part(sample_data())
    session = onnxruntime.InferenceSession(sample_model(), providers=["CPUExecutionProvider"])
    from core.data.feed import prepare

    right = []
    for k, item in enumerate(data.items):
        feed = {n: x[None] for n, x in prepare(data, k, model.inputs).items()}
        right.append(int(session.run(None, feed)[0].argmax()) == item.label)
    np.testing.assert_array_equal(judge(model, data).correct, right)


class Few(Listed):
    """Items of the sample with labels of our choice."""

    def load(self, index: int) -> dict[str, np.ndarray]:  # type: ignore[type-arg]
        return sample_data().load(0)


def test_unlabelled_items_are_left_out_and_wrong_labels_named() -> None:
    model = Model.from_ir(ir.load(sample_model()))
    assert accuracy(model, Few([Item("0", 1), Item("1"), Item("2", 3)])).n == 2
    with pytest.raises(UserError, match="'listed' has no labels"):
        accuracy(model, Few([Item("0"), Item("1")]))
    with pytest.raises(UserError, match="Item '1' of 'listed' has class 10, but the model has 10 classes"):
        accuracy(model, Few([Item("0", 1), Item("1", 10)]))
    with pytest.raises(PreprocessingUnknown):
        accuracy(network("resnet20"), Few([Item("0", 1)]))


def test_near_chance_is_said() -> None:
    model = Model.from_ir(ir.load(sample_model()))
    shuffled = Few([Item(str(k), k % 10) for k in range(40)])
    assert "check the preprocessing" in accuracy(model, shuffled).top1.note
    assert "check the preprocessing" not in accuracy(model, part(sample_data())).top1.note


def test_files_that_cannot_be_run(tmp_path: Path) -> None:
    data = sample_data()
    for name, content in (("a.onnx", b"junk"), ("b.TFLITE", b"junk"), ("c.txt", b""), ("d.tflite", b"")):
        (tmp_path / name).write_bytes(content)
        wanted = "is not a TFLite model" if name.lower().endswith("tflite") else "is not a .tflite file"
        with pytest.raises(UserError, match=wanted):
            judge_file(tmp_path / name, data)
    with pytest.raises(UserError, match="No such file"):
        judge_file(tmp_path / "missing.tflite", data)


def test_damaged_tflite_files_are_refused_in_one_sentence(tmp_path: Path) -> None:
    """Cut off, and with bytes of the file's structure changed: whatever happens is a UserError or an answer."""
    whole = shared("models/mlperf_tiny/kws_ref_model.tflite").read_bytes()
    data = Few([Item("0", 1)])
    rng = np.random.default_rng(0)
    contents = [whole[: len(whole) * k // 8] for k in range(8)] + [whole[:8] + rng.bytes(2000)]
    for _ in range(4):  # each may take a process of its own
        damaged = bytearray(whole)
        for place in rng.integers(0, len(whole), 400):
            damaged[place] = rng.integers(256)
        contents.append(bytes(damaged))
    path, said = tmp_path / "damaged.tflite", []
    for content in contents:
        path.write_bytes(content)
        try:
            found, _ = compare_models([Candidate("damaged", None, path)], data, split="all")
        except UserError as error:
            said.append(error.message)
        else:
            assert found["damaged"].accuracy or found["damaged"].notes
    assert len(said) >= 2  # the empty one and the random one; LiteRT itself refuses most others
    assert all("'damaged.tflite' is not a TFLite model" in s for s in said)


@pytest.mark.parametrize("place", [81304, 81472, 83288])
def test_a_tflite_file_that_makes_litert_abort_is_refused(place: int, tmp_path: Path) -> None:
    """One byte of a real file set from 1 to 0: a sound flatbuffer, on which LiteRT 2.3.0 ends the whole process."""
    data = bytearray(shared("models/mlperf_tiny/pretrainedResnet_quant.tflite").read_bytes())
    assert data[place] == 1
    data[place] = 0
    path = tmp_path / "bad.tflite"
    path.write_bytes(data)
    with pytest.raises(UserError, match=r"makes LiteRT crash|LiteRT cannot"):
        open_file(path)


def test_progress_and_cancel() -> None:
    model, data = Model.from_ir(ir.load(sample_model())), part(sample_data())
    seen: list[float] = []
    job = Job(lambda e: seen.append(e.done) if isinstance(e, Progress) else None, rate=1e9)
    accuracy(model, data, job=job)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    stopped = Job(lambda _: stopped.cancel())
    with pytest.raises(Cancelled):
        accuracy(model, data, job=stopped)


def test_the_host_says_its_arithmetic(monkeypatch: pytest.MonkeyPatch) -> None:
    for flags, wanted in (("flags : avx2 avx512_vnni", "VNNI)"), ("flags : avx2", "saturate"), ("", "unknown")):
        for function in (host.int8_instruction, host.int8_arithmetic):
            function.cache_clear()
        monkeypatch.setattr(host, "_cpuinfo", lambda text=flags: text)
        monkeypatch.setattr(host.platform, "machine", lambda: "x86_64")
        assert wanted in host.int8_arithmetic()
    for function in (host.int8_instruction, host.int8_arithmetic):
        function.cache_clear()


def test_session_reports_threads() -> None:
    assert OnnxSession(sample_model(), threads=2).threads == 2
