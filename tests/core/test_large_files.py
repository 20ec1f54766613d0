"""Weights that stay in their files: the same model as when everything is read, and no memory for what is not used."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from core.errors import UserError
from core.execute.runtimes import onnx_session
from core.formats import onnx_slim
from core.formats.mapped import FileTensor
from core.formats.onnx_file import save_onnx
from core.formats.onnx_slim import LEAST, slim
from core.formats.open import open_model
from core.model.marks import marks
from core.project.project import Project
from core.project.tensors import TensorStore

BIG = LEAST // 4 + 3  # elements of float32, and the next tensor begins at an odd address


def network(path: Path, values: np.ndarray, name: str = "weights") -> onnx.ModelProto:
    """x + weights + a Constant, both big; saved inline."""
    constant = numpy_helper.from_array(values * 2, "inner")
    nodes = [
        helper.make_node("Add", ["x", name], ["a"], name="first"),
        helper.make_node("Constant", [], ["c"], name="constant", value=constant),
        helper.make_node("Add", ["a", "c"], ["y"], name="second"),
    ]
    ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, values.shape) for n in "xy"]
    tensor = numpy_helper.from_array(values, name)
    tensor.doc_string = "what a tensor is for"
    graph = helper.make_graph(nodes, "g", ends[:1], ends[1:], [tensor])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    onnx.save(model, path)
    return model


@pytest.fixture
def values() -> np.ndarray:
    return np.random.default_rng(0).standard_normal(BIG).astype(np.float32)


def initializer(path: Path, name: str = "weights") -> FileTensor:
    found = open_model(path).graph.graph.initializers[name].const_value
    assert isinstance(found, FileTensor)
    return found


def test_big_weights_stay_in_the_file_and_are_the_same(tmp_path: Path, values: np.ndarray) -> None:
    path = tmp_path / "m.onnx"
    original = network(path, values)
    assert len(slim(path)) < 1000 < path.stat().st_size
    tensor = initializer(path)
    assert np.array_equal(tensor.numpy(), values)
    assert tensor.doc_string == "what a tensor is for"
    model = open_model(path)
    save_onnx(model, tmp_path / "again.onnx")
    assert onnx.load(tmp_path / "again.onnx") == original
    out = onnx_session(model).run({"x": np.zeros(BIG, np.float32)})
    assert np.allclose(out["y"], 3 * values)


def test_numbers_at_odd_addresses_are_handed_out_at_even_ones(tmp_path: Path, values: np.ndarray) -> None:
    for name in ("w", "ww", "www", "wwww"):
        network(tmp_path / "m.onnx", values, name)
        array = initializer(tmp_path / "m.onnx", name).numpy()
        assert array.ctypes.data % 4 == 0
        assert np.array_equal(array, values)


def test_a_file_that_changes_later_is_said_not_crashed_on(tmp_path: Path, values: np.ndarray) -> None:
    path = tmp_path / "m.onnx"
    network(path, values)
    tensor = initializer(path)
    os.truncate(path, 100)
    with pytest.raises(UserError, match="cut off"):
        tensor.numpy()
    with pytest.raises(UserError, match="cut off"):
        list(tensor.pieces())
    path.unlink()
    with pytest.raises(UserError, match="cannot be read"):
        initializer_of_gone(tensor)


def initializer_of_gone(tensor: FileTensor) -> None:
    tensor.file.__class__(tensor.file.path).view(0, 1)


def test_a_data_file_of_two_thousand_tensors_takes_one_mapping(tmp_path: Path) -> None:
    count, size = 2000, 300
    tensors = []
    with (tmp_path / "m.data").open("wb") as file:
        for k in range(count):
            tensor = TensorProto(name=f"w{k}", data_type=TensorProto.FLOAT, dims=(size,))
            tensor.data_location = TensorProto.EXTERNAL
            for key, value in (("location", "m.data"), ("offset", 4 * size * k), ("length", 4 * size)):
                tensor.external_data.add(key=key, value=str(value))
            tensors.append(tensor)
            file.write(np.full(size, k, np.float32).tobytes())
    nodes = [helper.make_node("Add", [f"y{k}", f"w{k}"], [f"y{k + 1}"]) for k in range(count)]
    ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [size]) for n in ("y0", f"y{count}")]
    graph = helper.make_graph(nodes, "g", ends[:1], ends[1:], tensors)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10), tmp_path / "m.onnx")
    script = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_NOFILE, (200, 200));"
        "from core.formats.open import open_model; m = open_model(sys.argv[1]);"
        "print(sum(float(v.const_value.numpy()[0]) for v in m.graph.graph.initializers.values()))"
    )
    if sys.platform == "win32":
        pytest.skip("limits of open files are POSIX")
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path / "m.onnx")], capture_output=True, text=True)
    assert done.stdout.strip() == str(float(sum(range(count)))), done.stderr


# files that are not what they should be ------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400), st.integers(0, 1 << 17), st.booleans())
def test_any_bytes_at_all_are_read_as_without_it(
    tmp_path_factory: pytest.TempPathFactory, noise: bytes, at: int, cut: bool
) -> None:
    """Damage anywhere gives what the plain parser gives: the same graph, or the same refusal."""
    folder = tmp_path_factory.mktemp("noise")
    path = folder / "m.onnx"
    network(path, np.random.default_rng(1).standard_normal(BIG).astype(np.float32))
    data = bytearray(path.read_bytes())
    at %= len(data)
    data[at:] = noise if cut else noise + data[at + len(noise) :]
    path.write_bytes(bytes(data))
    try:
        plain = onnx.load_from_string(bytes(data))
    except Exception:  # noqa: BLE001  whatever the parser refuses
        with pytest.raises(Exception):  # noqa: B017
            onnx.load_from_string(slim(path))
        return
    slimmed = onnx.load_from_string(slim(path))
    onnx.external_data_helper.load_external_data_for_model(slimmed, str(folder))
    for model in (plain, slimmed):
        for tensor in [*model.graph.initializer, *(a.t for n in model.graph.node for a in n.attribute)]:
            tensor.ClearField("data_location")
            tensor.ClearField("external_data")
    assert slimmed == plain


def test_windows_on_a_long_file_find_the_same(
    tmp_path: Path, values: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    network(tmp_path / "m.onnx", values)
    at_once = slim(tmp_path / "m.onnx")
    monkeypatch.setattr(onnx_slim, "_AT_ONCE", 0)
    monkeypatch.setattr(onnx_slim, "_WINDOW", 7)
    assert slim(tmp_path / "m.onnx") == at_once


def test_a_shape_that_does_not_fit_the_data_is_refused_as_before(tmp_path: Path, values: np.ndarray) -> None:
    model = network(tmp_path / "m.onnx", values)
    model.graph.initializer[0].dims[0] = BIG + 1
    onnx.save(model, tmp_path / "m.onnx")
    with pytest.raises(UserError, match=f"declares {BIG + 1} elements"):
        open_model(tmp_path / "m.onnx")


# memory and the disk -------------------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_project_of_a_big_file_takes_no_memory_for_its_weights(tmp_path: Path) -> None:
    values = np.ones((64, 1 << 18), np.float32)  # 64 MB, and twice that with the Constant
    network(tmp_path / "m.onnx", values)
    script = (
        "import sys; from core.formats.open import open_model; from core.project.project import Project\n"
        "from core.model.marks import marks\n"
        "def own(): return int(next(l for l in open('/proc/self/status') if l.startswith('RssAnon')).split()[1])\n"
        "def peak(): return int(next(l for l in open('/proc/self/status') if l.startswith('VmHWM')).split()[1])\n"
        "before, top = own(), peak()\n"
        "p = Project.create(sys.argv[2], open_model(sys.argv[1])); m = p.model(); marks(m)\n"
        "print(own() - before, peak() - top)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "m.onnx"), str(tmp_path / "p")], capture_output=True, text=True
    )
    grown, peak = (int(n) / 1024 for n in done.stdout.split())
    assert grown < 20, done.stderr
    assert peak < 100  # one of the two tensors is mapped at a time


def test_a_batch_is_all_or_nothing(tmp_path: Path, values: np.ndarray) -> None:
    network(tmp_path / "m.onnx", values)
    tensor = initializer(tmp_path / "m.onnx")
    store = TensorStore(tmp_path / "t")
    store.folder.mkdir()

    def fail() -> None:
        with store.batch():
            store.put(tensor)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert list(store.folder.iterdir()) == []
    with store.batch():
        first = store.put(tensor)
        assert store.put(tensor) == first
        assert not store.path(first).exists()
    assert [p.name for p in store.folder.iterdir()] == [first]
    assert store.intact(first)


def test_damaged_numbers_are_still_marked(tmp_path: Path, values: np.ndarray) -> None:
    values[5] = np.nan
    network(tmp_path / "m.onnx", values)
    with Project.create(tmp_path / "p", open_model(tmp_path / "m.onnx")) as project:
        assert [m.sentence for m in marks(project.model())] == [
            "Tensor 'weights' holds 1 values that are NaN or infinite."
        ]
