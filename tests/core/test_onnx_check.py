"""Files that parse but hold what cannot be built: the sentence says where."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import onnx
import pytest

from core.errors import UserError
from core.formats.open import open_model
from tests.conftest import SAMPLE

Edit = Callable[[onnx.ModelProto], None]


def size(axis: int, value: int) -> Edit:
    def edit(model: onnx.ModelProto) -> None:
        model.graph.input[0].type.tensor_type.shape.dim[axis].dim_value = value

    return edit


def without_weight(model: onnx.ModelProto) -> None:
    del model.graph.node[0].input[1:]


def weight_left_out(model: onnx.ModelProto) -> None:
    model.graph.node[0].input[1] = ""


@pytest.mark.parametrize(
    ("edit", "named"),
    [
        (size(0, 0), "Input 'image'"),
        (size(2, -1), "Input 'image'"),
        (size(3, 1 << 40), "no memory"),
        (without_weight, "features.0.0/Conv"),
        (weight_left_out, "features.0.0/Conv"),
    ],
    ids=["batch of 0", "negative", "huge", "one input", "empty input"],
)
def test_refused_in_one_sentence(edit: Edit, named: str, tmp_path: Path) -> None:
    model = onnx.load(SAMPLE)
    edit(model)
    path = tmp_path / "m.onnx"
    path.write_bytes(model.SerializeToString())
    with pytest.raises(UserError, match=named) as error:
        open_model(path)
    assert "m.onnx" in error.value.message


def test_optional_inputs_may_be_left_out(tmp_path: Path) -> None:
    """Loop's first input is optional though others after it are not; Clip's bounds are."""
    loop = """<ir_version: 8, opset_import: ["" : 18]>
    g (float[N, 3] x, bool go) => (float[N, 3] y) {
        h = Clip(x)
        y = Loop (, go, h) <body = b (int64 k, bool c, float[N, 3] a) => (bool d, float[N, 3] e) {
            d = Identity(c)
            e = Relu(a)
        }>
    }"""
    path = tmp_path / "loop.onnx"
    onnx.save(onnx.parser.parse_model(loop), path)
    assert [n.op_type for n in open_model(path).nodes()] == ["Clip", "Loop"]
