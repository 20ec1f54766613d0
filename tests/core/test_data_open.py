"""Every kind of data set, and every hostile one: a sentence that names the culprit, never a traceback."""

from __future__ import annotations

import contextlib
import io
import os
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from core.data import trees
from core.data.images import decode
from core.data.open import open_data
from core.data.splits import divide
from core.errors import UserError
from tests.conftest import shared

CIFAR = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


def png(value: int = 0, size: tuple[int, int] = (4, 4), mode: str = "RGB", kind: str = "PNG", **kw: object) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, value if mode in ("L", "P", "1", "I;16") else (value,) * len(mode)).save(out, kind, **kw)
    return out.getvalue()


def folder(root: Path, files: dict[str, bytes | str]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def zipped(path: Path, files: dict[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as z:
        for name, content in files.items():
            z.writestr(name, content)
    return path


CLASSES: dict[str, bytes | str] = {
    "dog/2.png": png(2),
    "cat/1.png": png(1),
    "cat/deep/3.png": png(3),
    "cat/notes.txt": "not an image",
    "__MACOSX/cat/._1.png": "resource fork",
    ".hidden/9.png": png(9),
}


@pytest.mark.parametrize("outer", ["", "my data/"])
@pytest.mark.parametrize("packed", [False, True])
def test_class_folders_from_folder_and_zip(tmp_path: Path, outer: str, packed: bool) -> None:
    files = {outer + k: v for k, v in CLASSES.items()} | {"README.txt": "beside the folder"}
    data = open_data(zipped(tmp_path / "set.zip", files) if packed else folder(tmp_path / "set", files))
    assert data.name == "set"
    assert data.classes == ("cat", "dog")
    assert [(i.name, i.label) for i in data.items] == [("cat/1.png", 0), ("cat/deep/3.png", 0), ("dog/2.png", 1)]
    assert [int(data.load(k)[""].max()) for k in range(3)] == [1, 3, 2]


def test_an_empty_class_folder_keeps_its_index(tmp_path: Path) -> None:
    root = folder(tmp_path / "set", {"a/1.png": png(), "c/1.png": png()})
    (root / "b").mkdir()
    assert [i.label for i in open_data(root).items] == [0, 2]


def test_outer_folders_that_name_parts(tmp_path: Path) -> None:
    files = {f"{part}/{c}/{k}.png": png() for part in ("train", "test") for c in "ab" for k in range(2)}
    data = open_data(folder(tmp_path, files))
    assert {(i.part, i.label, i.name) for i in data.items} == {
        (n.split("/")[0], "ab".index(n.split("/")[1]), n) for n in files
    }


@pytest.mark.parametrize(
    ("folders", "parts"),
    [
        ({"train": 3, "val": 1}, {"train": "train", "val": "test"}),
        ({"Training": 3, "Validation": 1}, {"Training": "train", "Validation": "test"}),
        ({"train": 2, "valid": 1, "test": 1}, {"train": "train", "valid": "", "test": "test"}),
    ],
)
def test_a_validation_folder_is_a_part_and_no_class(
    tmp_path: Path, folders: dict[str, int], parts: dict[str, str]
) -> None:
    """Taken for classes, 'train' and 'val' would train a network that tells the two apart."""
    files = {f"{f}/{c}/{k}.png": png() for f, n in folders.items() for c in ("cat", "dog") for k in range(n)}
    data = open_data(folder(tmp_path, files))
    assert data.classes == ("cat", "dog")
    assert {(i.name.split("/")[0], i.part) for i in data.items} == set(parts.items())
    assert all(data.classes[i.label or 0] == i.name.split("/")[1] for i in data.items)
    divided = divide(data, training=True)
    judged = [i for i in divided.judge.items if i.name.split("/")[0] not in ("train", "Training")]
    assert len(judged) == len(divided.judge.items) == 2
    assert not {i.name for i in divided.train.items} & {i.name for i in judged}


def test_cifar_zip_has_the_order_of_cifar() -> None:
    data = open_data(shared("data/cifar10_jpeg/test_dev_2000.zip"))
    assert data.classes == CIFAR
    assert len(data.items) == 2000
    assert data.items[200].name.startswith("automobile/")
    assert data.load(0)[""].shape == (32, 32, 3)


def test_labels_csv_of_the_imagenet_samples() -> None:
    data = open_data(shared("data/imagenet_samples"))
    assert len(data.items) == 500
    assert {i.part for i in data.items} == {""}  # 'dev' alone counts as no split
    tench = next(i for i in data.items if "tench" in i.name)
    assert (tench.name, tench.label, data.classes[0]) == ("dev/n01440764_tench.jpg", 0, "tench")
    assert open_data(shared("data/imagenet_samples") / "labels.csv").items == data.items


def test_labels_csv_with_parts_and_unlabelled_items(tmp_path: Path) -> None:
    text = "\ufefffile, class_index ,split\na.png,4,train\nsub\\b.png,,test\n"
    data = open_data(folder(tmp_path, {"labels.csv": text, "a.png": png(), "sub/b.png": png()}))
    assert [(i.name, i.label, i.part) for i in data.items] == [("a.png", 4, "train"), ("sub/b.png", None, "test")]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "no column 'file'"),
        ("file,label\na.png,1\n", "no column 'class_index'"),
        ("file,class_index\n", "lists no files"),
        ("file,class_index\na.png,cat\n", "line 2: class_index is 'cat'"),
        ("file,class_index\na.png,-1\n", "class_index is '-1'"),
        ("file,class_index\na.png,1.5\n", "class_index is '1.5'"),
        ("file,class_index\na.png,²\n", "class_index is '²'"),
        (f"file,class_index\na.png,{'9' * 5000}\n", "class_index is '99999999999999999999'"),
        ("file,class_index\na.png,99999999999\n", "class_index is '99999999999'"),
        ("file,class_index\nmissing.png,1\n", "line 2: the file 'missing.png' does not exist"),
        ("file,class_index\n../../etc/passwd,1\n", "points outside"),
        ("file,class_index\n/etc/passwd,1\n", "points outside"),
        ("file,class_index\nC:\\a.png,1\n", "points outside"),
        ("file,class_index\na.png,1\na.png,1\n", "line 3: 'a.png' is listed twice"),
        ("file,class_index,split\na.png,1,train\nb.png,1,dev\n", "split is 'dev'"),
        ('file,class_index\n"a.png,1\n', "not a table"),
        ("file,class_index\na.png\n", "no error"),
    ],
)
def test_bad_lists(tmp_path: Path, text: str, named: str) -> None:
    folder(tmp_path, {"labels.csv": text, "a.png": png(), "b.png": png()})
    if named == "no error":  # a short row is an unlabelled item
        assert open_data(tmp_path).items[0].label is None
        return
    with pytest.raises(UserError) as error:
        open_data(tmp_path)
    assert named in error.value.message
    assert "\n" not in str(error.value)


def test_list_that_is_not_text(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="not UTF-8"):
        open_data(folder(tmp_path, {"labels.csv": b"\xff\xfe\x00"}))


@pytest.mark.parametrize("names", [("a.png", "b.jpg"), ("only/a.png", "only/b.png")])
def test_plain_images_are_unlabelled(tmp_path: Path, names: tuple[str, ...]) -> None:
    data = open_data(folder(tmp_path, {n: png(kind="JPEG" if n.endswith("jpg") else "PNG") for n in names}))
    assert [i.label for i in data.items] == [None, None]


def test_npz_with_parts_and_classes(tmp_path: Path) -> None:
    x = np.arange(24, dtype=np.uint8).reshape(3, 2, 2, 2)
    np.savez(tmp_path / "d.npz", x=x, y=[0, 1, -1], part=["train", "test", "calibration"], classes=["zero", "one"])
    data = open_data(tmp_path / "d.npz")
    assert [(i.name, i.label, i.part) for i in data.items] == [
        ("0", 0, "train"),
        ("1", 1, "test"),
        ("2", None, "calibration"),
    ]
    assert data.classes == ("zero", "one")
    np.testing.assert_array_equal(data.load(1)[""], x[1])


def test_npz_with_one_array_per_input(tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", tokens=np.ones((2, 5), np.int64), mask=np.zeros((2, 5), np.float32), labels=[1, 0])
    data = open_data(tmp_path / "d.npz")
    assert {k: v.shape for k, v in data.load(0).items()} == {"tokens": (5,), "mask": (5,)}
    assert [i.label for i in data.items] == [1, 0]


@pytest.mark.parametrize(
    ("arrays", "named"),
    [
        ({"y": [1, 2]}, "no input arrays"),
        ({"x": np.zeros((0, 3)), "y": np.zeros(0, int)}, "no items"),
        ({"x": np.zeros((3, 2)), "y": [1, 2]}, "one label per item"),
        ({"x": np.zeros((2, 2)), "y": [0.5, 1.0]}, "whole numbers"),
        ({"x": np.zeros((2, 2)), "y": [0, -7]}, "-7"),
        ({"a": np.zeros((2, 2)), "b": np.zeros((3, 2))}, "differ in length"),
        ({"x": np.array(["a", "b"])}, "not a list of numeric"),
        ({"x": np.float32(3)}, "not a list of numeric"),
        ({"x": np.array([{"code": 1}], dtype=object)}, "never loaded"),
        ({"x": np.zeros((2, 2)), "part": ["train", "dev"]}, "'dev'"),
        ({"x": np.zeros((2, 2)), "part": [1, 2]}, "2 texts"),
    ],
)
def test_bad_npz(tmp_path: Path, arrays: dict[str, object], named: str) -> None:
    np.savez(tmp_path / "d.npz", **arrays)  # type: ignore[arg-type]
    with pytest.raises(UserError) as error:
        open_data(tmp_path / "d.npz")
    assert named in error.value.message


def test_truncated_and_lying_npz(tmp_path: Path) -> None:
    np.savez(tmp_path / "good.npz", x=np.zeros((9, 9)))
    whole = (tmp_path / "good.npz").read_bytes()
    for cut in (0, 10, len(whole) // 2, len(whole) - 5):
        (tmp_path / "d.npz").write_bytes(whole[:cut])
        with pytest.raises(UserError, match=r"d\.npz"):
            open_data(tmp_path / "d.npz")
    header = whole.replace(b"(9, 9)", b"(9,99)")  # more rows than bytes; the checksum no longer fits either
    (tmp_path / "d.npz").write_bytes(header)
    with pytest.raises(UserError, match=r"d\.npz"):
        open_data(tmp_path / "d.npz")


def test_what_is_not_there_or_not_data(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "model.onnx").write_bytes(b"x")
    (tmp_path / "bad.zip").write_bytes(b"PK\x03\x04 truncated")
    zipped(tmp_path / "void.zip", {})
    for name in ("missing", "empty", "model.onnx", "bad.zip", "void.zip", "x" * 5000, "nul\0name"):
        with pytest.raises(UserError) as error:
            open_data(str(tmp_path / name))
        assert "\n" not in str(error.value)


def test_hostile_zips(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="points outside"):
        open_data(zipped(tmp_path / "a.zip", {"../../evil.png": png(), "a/1.png": png()}))
    with pytest.raises(UserError, match="points outside"):
        open_data(zipped(tmp_path / "b.zip", {"/etc/evil.png": png(), "a/1.png": png()}))
    monkeypatch.setattr(trees, "MAX_FILE_BYTES", 1 << 20)
    bomb = zipped(tmp_path / "bomb.zip", {"a/1.png": b"\0" * (9 << 20), "b/2.png": png()})
    assert bomb.stat().st_size < 1 << 16
    with pytest.raises(UserError, match=r"a/1\.png.*larger than 1 MiB"):
        open_data(bomb).load(0)
    whole = zipped(tmp_path / "c.zip", {"a/1.png": png(), "b/2.png": png()}, zipfile.ZIP_STORED).read_bytes()
    assert whole.count(b"IHDR") == 2
    (tmp_path / "c.zip").write_bytes(whole.replace(b"IHDR", b"XHDR"))  # checksums fail only when read
    with pytest.raises(UserError, match=r"a/1\.png"):
        open_data(tmp_path / "c.zip").load(0)


def test_a_loop_of_links_ends(tmp_path: Path) -> None:
    root = folder(tmp_path / "set", {"a/1.png": png(), "b/2.png": png()})
    (root / "a" / "again").symlink_to(root, target_is_directory=True)
    assert [i.name for i in open_data(root).items] == ["a/1.png", "b/2.png"]


def test_a_file_that_vanished_and_a_pipe(tmp_path: Path) -> None:
    data = open_data(folder(tmp_path, {"a.png": png(), "b.png": png()}))
    (tmp_path / "a.png").unlink()
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "a.png")
    with pytest.raises(UserError, match=r"'a\.png'.*not a file"):
        data.load(0)


def test_damaged_image_is_named(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    out = io.BytesIO()
    Image.fromarray(noise).save(out, "JPEG")
    data = open_data(folder(tmp_path, {"bad.jpg": out.getvalue()[:900], "text.png": "hello"}))
    with pytest.raises(UserError, match=r"'bad\.jpg' is a damaged image"):
        data.load(0)
    with pytest.raises(UserError, match=r"'text\.png' is not an image"):
        data.load(1)


def test_huge_image_is_refused_before_it_is_decoded() -> None:
    header = bytearray(png(size=(10, 10)))
    header[16:24] = (60000).to_bytes(4, "big") * 2  # width and height in IHDR
    header[29:33] = zlib.crc32(bytes(header[12:29])).to_bytes(4, "big")
    with pytest.raises(UserError, match=r"big\.png"):
        decode(bytes(header), "big.png")
    header[16:24] = (9500).to_bytes(4, "big") * 2  # above Pillow's warning, below its error
    header[29:33] = zlib.crc32(bytes(header[12:29])).to_bytes(4, "big")
    with pytest.raises(UserError, match=r"big\.png.*8192"):
        decode(bytes(header), "big.png")


@pytest.mark.parametrize(
    ("mode", "channels"), [("L", 1), ("1", 1), ("RGB", 3), ("RGBA", 3), ("P", 3), ("CMYK", 3), ("I;16", 1)]
)
def test_pixel_formats(mode: str, channels: int) -> None:
    kind = "TIFF" if mode == "CMYK" else "PNG"
    image = decode(png(1, (5, 3), mode, kind), "x")
    assert (image.shape, image.dtype) == ((3, 5, channels), np.uint8)


def test_sixteen_bit_grey_is_scaled_and_photos_are_turned_upright() -> None:
    assert decode(png(0x8012, mode="I;16"), "x").max() == 0x80
    exif = Image.Exif()
    exif[0x0112] = 6  # stored on its side
    assert decode(png(size=(8, 2), kind="JPEG", exif=exif), "x").shape == (8, 2, 3)


@pytest.mark.filterwarnings("ignore::UserWarning:PIL", "ignore::PIL.Image.DecompressionBombWarning")
@settings(max_examples=150, deadline=None)  # small in CI
@given(kind=st.sampled_from(["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM"]), seed=st.integers(0, 2**32))
def test_random_damage_is_an_array_or_a_sentence(kind: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    out = io.BytesIO()
    Image.fromarray(rng.integers(0, 256, (12, 9, 3), np.uint8)).save(out, kind)
    data = bytearray(out.getvalue())
    for _ in range(rng.integers(1, 12)):
        data[rng.integers(len(data))] = rng.integers(256)
    with contextlib.suppress(UserError):  # anything else fails the test
        image = decode(bytes(data[: rng.integers(1, len(data) + 1)]), "fuzzed")
        assert image.dtype == np.uint8
        assert image.ndim == 3
