"""Opening and saving .onnx: equal to what onnx itself reads, and one sentence for everything that cannot be opened."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from google.protobuf.message import Message
from onnx import TensorProto, helper, numpy_helper

from core.errors import UserError
from core.execute.runtimes import onnx_session
from core.formats.onnx_file import graph_to_proto, save_onnx
from core.formats.open import open_model
from core.model.marks import marks
from tests.conftest import FIVE, network_path

LIGHT = sorted((Path(onnx.__file__).parent / "backend/test/data/light").glob("*.onnx"))
FLOAT = TensorProto.FLOAT


def differences(a: object, b: object, path: str = "") -> list[str]:
    """Where two protos differ; a field that is absent equals one that holds its default."""
    if isinstance(a, Message) and isinstance(b, Message):
        names = {f.name for f, _ in (*a.ListFields(), *b.ListFields())}
        return [d for n in sorted(names) for d in differences(getattr(a, n), getattr(b, n), f"{path}.{n}")]
    if isinstance(a, (str, bytes, int, float)):
        return [] if a == b else [f"{path}: {str(a)[:40]} -> {str(b)[:40]}"]
    left, right = list(a), list(b)  # type: ignore[call-overload]
    if len(left) != len(right):
        return [f"{path}: {len(left)} -> {len(right)} entries"]
    return [d for k, (x, y) in enumerate(zip(left, right, strict=True)) for d in differences(x, y, f"{path}[{k}]")]


def small(**changes: object) -> onnx.ModelProto:
    """x (batch, 3) -> MatMul(w) -> Relu -> y (batch, 2), with unnamed nodes and everything that should survive."""
    w = numpy_helper.from_array(np.arange(6, dtype=np.float32).reshape(3, 2) - 2, "w")
    nodes = [helper.make_node("MatMul", ["x", "w"], ["h"]), helper.make_node("Relu", ["h"], ["y"], domain="")]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", FLOAT, ["batch", 3])],
        [helper.make_tensor_value_info("y", FLOAT, ["batch", 2])],
        [w],
        doc_string="a doc string",
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, {"author": "someone", "z": "1", "a": "2"})
    for key, value in changes.items():
        setattr(model, key, value)
    return model


def written(tmp_path: Path, model: onnx.ModelProto, name: str = "m.onnx") -> Path:
    path = tmp_path / name
    path.write_bytes(model.SerializeToString())
    return path


@pytest.mark.parametrize("key", FIVE)
def test_an_unedited_real_model_is_saved_equal(key: str, tmp_path: Path) -> None:
    save_onnx(open_model(network_path(key)), tmp_path / "out.onnx")
    assert differences(onnx.load(network_path(key)), onnx.load(tmp_path / "out.onnx")) == []


@pytest.mark.parametrize("path", LIGHT, ids=lambda p: p.stem)
def test_an_unedited_graph_of_the_onnx_package_is_saved_equal(path: Path, tmp_path: Path) -> None:
    model = open_model(path)
    names = [n.name for n in model.nodes()]
    assert all(names)
    assert len(set(names)) == len(names)
    save_onnx(model.clone(), tmp_path / "out.onnx")
    assert differences(onnx.load(path), onnx.load(tmp_path / "out.onnx")) == []


def test_everything_in_a_small_file_survives(tmp_path: Path) -> None:
    proto = small(producer_name="p", producer_version="3", model_version=7, domain="d", doc_string="top")
    proto.graph.value_info.append(helper.make_tensor_value_info("w", FLOAT, [3, 2]))
    proto.graph.node[0].name = proto.graph.node[1].name = "twice"
    path = written(tmp_path, proto)
    model = open_model(path)
    assert [n.name for n in model.nodes()] == ["twice", "y"]
    save_onnx(model, path)
    assert differences(proto, onnx.load(path)) == []


def test_names_of_unnamed_layers_are_the_same_every_time(tmp_path: Path) -> None:
    path = written(tmp_path, small())
    first, second = ([n.name for n in open_model(path).nodes()] for _ in range(2))
    assert first == second == ["h", "y"]


def with_external(tmp_path: Path, location: str = "w.bin", size: int | None = None, **entries: str) -> Path:
    proto = small()
    data = proto.graph.initializer[0].raw_data
    tensor = proto.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in {"location": location, **entries}.items():
        tensor.external_data.add(key=key, value=value)
    if location == "w.bin":
        (tmp_path / "w.bin").write_bytes((b"\0" * int(entries.get("offset", 0)) + data)[:size])
    return written(tmp_path, proto)


def test_external_data_beside_the_model_is_read(tmp_path: Path) -> None:
    path = with_external(tmp_path, offset="16", length="24")
    model = open_model(path)
    assert np.array_equal(model.graph.graph.initializers["w"].const_value.numpy().ravel(), np.arange(6) - 2)
    out = onnx_session(model).run({"x": np.eye(3, dtype=np.float32)[:2]})["y"]
    assert np.array_equal(out, [[0, 0], [0, 1]])
    save_onnx(model, tmp_path / "one_file.onnx")
    assert onnx.load(tmp_path / "one_file.onnx", load_external_data=False).graph.initializer[0].HasField("raw_data")


def test_weights_too_large_for_one_file_go_beside_it(tmp_path: Path) -> None:
    path = network_path("resnet20")
    original = open_model(path)
    save_onnx(original, tmp_path / "big.onnx", limit=100_000)
    assert (tmp_path / "big.onnx").stat().st_size < 200_000
    again = open_model(tmp_path / "big.onnx")
    for name, value in original.graph.graph.initializers.items():
        assert again.graph.graph.initializers[name].const_value.tobytes() == value.const_value.tobytes()
    onnx.checker.check_model(str(tmp_path / "big.onnx"))
    feed = {original.inputs[0].name: np.ones(original.inputs[0].bound(), np.float32)}
    one, two = onnx_session(original).run(feed), onnx_session(again).run(feed)
    assert all(np.array_equal(one[k], two[k]) for k in one)
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize(
    ("location", "entries", "size", "words"),
    [
        ("/etc/passwd", {}, None, "outside"),
        ("../w.bin", {}, None, "outside"),
        ("a/../../w.bin", {}, None, "outside"),
        ("..\\w.bin", {}, None, "outside"),
        ("C:\\w.bin", {}, None, "outside"),
        ("", {}, None, "outside"),
        ("missing.bin", {}, None, "missing"),
        ("w.bin", {}, 20, "has only 20"),
        ("w.bin", {"offset": "-8"}, None, "needs 24"),
        ("w.bin", {"length": "999999999999"}, None, "needs 24"),
        ("w.bin", {"length": "x"}, None, "not a number"),
    ],
)
def test_external_data_from_elsewhere_is_refused(
    tmp_path: Path, location: str, entries: dict[str, str], size: int | None, words: str
) -> None:
    (tmp_path / "inner").mkdir()
    if entries.get("offset") == "-8":
        path = with_external(tmp_path / "inner", "w.bin", size, offset="0")
        proto = onnx.load(path, load_external_data=False)
        next(e for e in proto.graph.initializer[0].external_data if e.key == "offset").value = "-8"
        written(tmp_path / "inner", proto)
    else:
        path = with_external(tmp_path / "inner", location, size, **entries)
    with pytest.raises(UserError, match=words) as caught:
        open_model(path)
    assert "'w'" in caught.value.message


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_a_link_out_of_the_folder_is_refused_and_one_inside_is_followed(tmp_path: Path) -> None:
    folder = tmp_path / "inner"
    folder.mkdir()
    path = with_external(folder)
    (folder / "w.bin").rename(folder / "real.bin")
    (folder / "w.bin").symlink_to(folder / "real.bin")
    assert open_model(path).graph.graph.initializers["w"].const_value.numpy()[2, 1] == 3
    (folder / "real.bin").rename(tmp_path / "outside.bin")
    (folder / "w.bin").unlink()
    (folder / "w.bin").symlink_to(tmp_path / "outside.bin")
    with pytest.raises(UserError, match="leads outside"):
        open_model(path)


def change(edit: Callable[[onnx.ModelProto], object]) -> bytes:
    proto = small()
    edit(proto)
    return proto.SerializeToString()


def absurd_size(proto: onnx.ModelProto) -> None:
    proto.graph.initializer[0].dims[:] = [2**40, 2**40]


def absurd_without_data(proto: onnx.ModelProto) -> None:
    proto.graph.initializer[0].dims[:] = [2**62]
    proto.graph.initializer[0].ClearField("raw_data")


def deep(proto: onnx.ModelProto) -> None:
    graph = proto.graph
    for _ in range(2000):
        node = graph.node.add(op_type="If")
        attribute = node.attribute.add(name="then_branch", type=onnx.AttributeProto.GRAPH)
        graph = attribute.g


def unsorted(proto: onnx.ModelProto) -> None:
    nodes = [onnx.NodeProto.FromString(n.SerializeToString()) for n in proto.graph.node]
    del proto.graph.node[:]
    proto.graph.node.extend(nodes[::-1])


def twice(proto: onnx.ModelProto) -> None:
    proto.graph.initializer.add().CopyFrom(proto.graph.initializer[0])


def unnamed(proto: onnx.ModelProto) -> None:
    twice(proto)
    proto.graph.initializer[1].name = ""


def inner(reads: str) -> Callable[[onnx.ModelProto], None]:
    """An If whose branches read ``reads``."""

    def edit(proto: onnx.ModelProto) -> None:
        out = [onnx.ValueInfoProto(name="r")]
        body = helper.make_graph([helper.make_node("Relu", [reads], ["r"])], "body", [], out)
        branches = {"then_branch": body, "else_branch": body}
        proto.graph.node.append(helper.make_node("If", ["c"], ["o"], "choose", **branches))
        proto.graph.initializer.append(numpy_helper.from_array(np.array(True), "c"))

    return edit


BROKEN = {
    "empty.onnx": (b"", "empty"),
    "noise.onnx": (np.random.default_rng(0).bytes(5000), "not an ONNX model"),
    "text.onnx": (b"hello, this is no model at all\n" * 20, "not an ONNX model"),
    "picture.onnx": (b"\xff\xd8\xff\xe0" + bytes(200), "JPEG"),
    "lite.onnx": (b"\x1c\0\0\0TFL3" + bytes(200), "TFLite"),
    "zip.onnx": (b"PK\x03\x04" + bytes(200), "zip"),
    "page.onnx": (b"<!DOCTYPE html><html></html>", "web page"),
    "cut.onnx": (small().SerializeToString()[:-40], "cut off"),
    "picture.jpg": (b"\xff\xd8\xff\xe0" + bytes(200), "'.jpg'"),
    "none": (b"abc", "no suffix"),
    "no_graph.onnx": (change(lambda p: p.ClearField("graph")), "no graph"),
    "no_outputs.onnx": (change(lambda p: p.graph.ClearField("output")), "without outputs"),
    "no_inputs.onnx": (change(lambda p: p.graph.ClearField("input")), "no input"),
    "no_shape.onnx": (change(lambda p: p.graph.input[0].type.tensor_type.ClearField("shape")), "no shape"),
    "sequence.onnx": (change(lambda p: p.graph.input[0].type.sequence_type.SetInParent()), "sequence"),
    "absurd.onnx": (change(absurd_size), "declares"),
    "absurd_without_data.onnx": (change(absurd_without_data), "declares"),
    "negative.onnx": (change(lambda p: p.graph.initializer[0].dims.__setitem__(0, -3)), "negative"),
    "typeless.onnx": (change(lambda p: setattr(p.graph.initializer[0], "data_type", 99)), "unknown type"),
    "short.onnx": (change(lambda p: setattr(p.graph.initializer[0], "raw_data", b"123")), "stores 3 bytes"),
    "unsorted.onnx": (change(unsorted), "'h', which nothing before it produces"),
    "circular.onnx": (change(lambda p: p.graph.node[0].input.__setitem__(0, "y")), "'y', which nothing before"),
    "unproduced.onnx": (change(lambda p: setattr(p.graph.output[0], "name", "z")), "Output 'z'"),
    "made_twice.onnx": (
        change(lambda p: p.graph.node.add(op_type="Relu", input=["x"], output=["y"])),
        "exists already",
    ),
    "named_twice.onnx": (change(twice), "two tensors named 'w'"),
    "unnamed.onnx": (change(unnamed), "without a name"),
    "inner.onnx": (change(inner("nowhere")), "'nowhere', which nothing before"),
    "sparse.onnx": (change(lambda p: p.graph.sparse_initializer.add()), "sparse"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_cannot_be_opened_gets_one_sentence_and_no_wait(name: str, tmp_path: Path) -> None:
    data, words = BROKEN[name]
    (tmp_path / name).write_bytes(data)
    start = time.thread_time()
    with pytest.raises(UserError) as caught:
        open_model(tmp_path / name)
    assert time.thread_time() - start < 1.0
    assert words in caught.value.message
    assert name in caught.value.message
    assert "\n" not in str(caught.value)


def test_a_hostile_depth_is_refused(tmp_path: Path) -> None:
    proto = small()
    deep(proto)
    try:
        data = proto.SerializeToString()
    except ValueError:
        pytest.skip("this protobuf cannot even write such a file")
    (tmp_path / "deep.onnx").write_bytes(data)
    with pytest.raises(UserError, match="damaged"):
        open_model(tmp_path / "deep.onnx")


def test_every_truncation_of_a_real_file_is_a_sentence_or_a_model(tmp_path: Path) -> None:
    data = small().SerializeToString()
    path = tmp_path / "cut.onnx"
    for length in range(len(data)):
        path.write_bytes(data[:length])
        try:
            model = open_model(path)
        except UserError:
            continue
        # only the properties at the file's end may be gone: then the file is whole by its own rules
        assert differences(onnx.load_model_from_string(data).graph, graph_to_proto(model.graph).graph) == []


def test_flipped_bytes_never_raise_anything_else(tmp_path: Path) -> None:
    """200 seeded corruptions."""
    data = np.frombuffer(small().SerializeToString(), np.uint8)
    rng, path = np.random.default_rng(1), tmp_path / "flipped.onnx"
    for _ in range(200):
        bad = data.copy()
        where = rng.integers(0, len(bad), 3)
        bad[where] = rng.integers(0, 256, 3)
        path.write_bytes(bad.tobytes())
        try:
            model = open_model(path)
        except UserError:
            continue
        marks(model)
        save_onnx(model, path)  # what opens can be saved


def test_missing_file_and_folder(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no file"):
        open_model(tmp_path / "absent.onnx")
    with pytest.raises(UserError, match="folder"):
        open_model(tmp_path)
    with pytest.raises(UserError):
        open_model("bad\0name.onnx")


def test_a_file_beyond_protobuf_is_refused_without_reading_it(tmp_path: Path) -> None:
    path = tmp_path / "huge.onnx"
    with path.open("wb") as file:
        file.write(b"\x08")
        file.truncate(2**31)  # sparse: takes no room on the disk
    start = time.thread_time()
    with pytest.raises(UserError, match="2 GiB"):
        open_model(path)
    assert time.thread_time() - start < 1.0


def test_saving_where_nobody_can_write_is_one_sentence(tmp_path: Path) -> None:
    model = open_model(written(tmp_path, small()))
    with pytest.raises(UserError, match="cannot be written"):
        save_onnx(model, tmp_path / "no_such_folder" / "m.onnx")


def test_an_interrupted_save_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, small())
    before = path.read_bytes()

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(UserError, match="No space left"):
        save_onnx(open_model(network_path("resnet20")), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_unusual_graphs_open_with_marks(tmp_path: Path) -> None:
    def edit(proto: onnx.ModelProto) -> None:
        proto.graph.node.add(op_type="Frobnicate", name="odd", input=["y"], output=["o1"])
        proto.graph.node.add(op_type="Gadget", name="custom", domain="com.acme", input=["o1"], output=["o2"])
        proto.graph.node.add(op_type="Gelu", name="too_new", input=["y"], output=["o4"])
        proto.graph.initializer[0].raw_data = np.array([0, np.nan, 1, np.inf, 2, 3], np.float32).tobytes()
        proto.graph.input[0].type.tensor_type.shape.dim[1].dim_param = "width"
        proto.opset_import.add(domain="com.acme", version=1)

    path = tmp_path / "odd.onnx"
    path.write_bytes(change(edit))
    found = {m.layer: m.sentence for m in marks(open_model(path))}
    assert "no operator of opset 17" in found["odd"]
    assert "custom operator of domain 'com.acme'" in found["custom"]
    assert "no operator of opset 17" in found["too_new"]  # Gelu came with opset 20
    assert "2 values" in found["h"]
    assert "'width'" in found[""]
    save_onnx(open_model(path), tmp_path / "again.onnx")
    assert differences(onnx.load(path), onnx.load(tmp_path / "again.onnx")) == []


def test_a_body_may_read_what_stands_outside_it(tmp_path: Path) -> None:
    path = tmp_path / "inner.onnx"
    path.write_bytes(change(inner("h")))
    model = open_model(path)
    assert marks(model) == ()
    save_onnx(model.clone(), tmp_path / "again.onnx")
    assert differences(onnx.load(path), onnx.load(tmp_path / "again.onnx")) == []


@pytest.mark.parametrize("key", FIVE)
def test_ordinary_networks_have_no_marks_and_marking_is_fast(key: str) -> None:
    model = open_model(network_path(key))
    start = time.thread_time()
    assert marks(model) == ()
    assert time.thread_time() - start < 0.5
