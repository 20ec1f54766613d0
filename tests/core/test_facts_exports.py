"""Shapes and types of graphs by others (torch's two exporters, the onnx package's own), beside onnxruntime's."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnx_ir as ir
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from core.execute.runtimes import onnx_session
from core.formats.open import open_model
from core.model.facts import infer
from core.model.model import Model

LIGHT = sorted((Path(onnx.__file__).parent / "backend/test/data/light").glob("light_*.onnx"))
_SEQUENCES = {"SplitToSequence", "SequenceConstruct", "SequenceInsert", "SequenceEmpty"}  # have no one shape


class Attention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(50, 16)
        self.layer = nn.TransformerEncoderLayer(16, 4, 32, batch_first=True, activation="gelu")

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(self.table(x))  # type: ignore[no-any-return]


class Recurrent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(16, 8, 2, bidirectional=True, batch_first=True)
        self.gru = nn.GRU(16, 8, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.gru(self.lstm(x)[0])[0].mean(1)  # type: ignore[no-any-return]


class Resized(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, 2, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        y = functional.interpolate(self.conv(x), size=x.shape[-2:], mode="bilinear", align_corners=False)
        z = functional.interpolate(y, scale_factor=1.5, mode="nearest")
        return functional.pad(z, (1, 2, 0, 1)), functional.pad(y, (1, 1, 1, 1), mode="reflect")


class Moves(nn.Module):
    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        b, c, h, w = x.shape
        first, second, _rest = x.chunk(3, 3)  # 6, 6 and 4 wide
        y = torch.cat([second, first], 1).view(b, 2, c, h, -1).transpose(1, 2).reshape(b, 2 * c, h, -1)
        product = torch.einsum("bchw,bkhw->bck", x, y[..., :1].expand(-1, -1, -1, w))
        return torch.roll(y, (1, 2), (2, 3)), product, y.flatten(1), torch.ones(b, 3) * y.mean()


class Normed(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.group, self.instance = (
            nn.Conv2d(3, 8, 3), nn.GroupNorm(4, 8), nn.InstanceNorm2d(8, affine=True),
        )  # fmt: skip
        self.head = nn.Linear(8 * 14 * 14, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(torch.flatten(self.instance(self.group(self.conv(x))), 1)).softmax(-1)  # type: ignore[no-any-return]


class Windows(nn.Module):
    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        b, h, w, c = x.shape
        y = x.view(b, h // 4, 4, w // 4, 4, c).permute(0, 1, 3, 2, 4, 5).reshape(-1, 16, c)
        return y @ y.transpose(1, 2), x.split([3, 5], 2)[1], x[:, ::2, 1:], torch.topk(x.flatten(1), 3)[0]


IMAGE, SEQUENCE = torch.randn(2, 3, 16, 16), torch.randn(2, 6, 16)
MODULES: dict[str, tuple[Callable[[], nn.Module], Tensor]] = {
    "attention": (Attention, torch.randint(0, 50, (2, 6))),
    "recurrent": (Recurrent, SEQUENCE),
    "resized": (Resized, IMAGE),
    "moves": (Moves, IMAGE),
    "normed": (Normed, IMAGE),
    "windows": (Windows, torch.randn(2, 8, 8, 4)),
}


def dynamo(key: str, opset: int, optimize: bool) -> Model:
    build, x = MODULES[key]
    sizes = ({0: torch.export.Dim("batch")},)
    program = torch.onnx.export(
        build().eval(), (x,), dynamo=True, opset_version=opset, optimize=optimize, dynamic_shapes=sizes, verbose=False
    )
    assert program is not None
    return Model.from_ir(ir.from_proto(program.model_proto))


def legacy(key: str, opset: int, folder: Path) -> Model:
    build, x = MODULES[key]
    given: dict[str, Any] = {"input_names": ["x"], "dynamic_axes": {"x": {0: "batch"}}}
    file = io.BytesIO()
    torch.onnx.export(build().eval(), (x,), file, dynamo=False, opset_version=opset, **given)
    (folder / "m.onnx").write_bytes(file.getvalue())
    return open_model(folder / "m.onnx")


def agrees(model: Model, batch: int) -> None:
    """Every shape and type is known, and what onnxruntime computes."""
    facts = infer(model, batch)
    bare = model.clone()
    for node in bare.graph.graph:
        for out in node.outputs:
            out.shape = None  # taps become outputs, and what the exporter noted holds for one batch only
    nodes = [n for n in model.nodes() if id(n) not in facts.constant_nodes and n.op_type not in _SEQUENCES]
    wanted = [o.name for n in nodes for o in n.outputs if o.name]
    spec = model.inputs[0]
    feed = {spec.name: np.zeros(spec.bound(batch), spec.dtype)}
    ran = onnx_session(bare, optimized=False, taps=wanted).run(feed)
    assert {n: facts.shapes.get(n) for n in wanted} == {n: np.shape(ran[n]) for n in wanted}
    for name in wanted:
        assert facts.dtypes[name].numpy() == ran[name].dtype


@pytest.mark.parametrize("path", LIGHT, ids=lambda p: p.stem)
def test_graphs_of_the_onnx_package(path: Path) -> None:
    model = open_model(path)
    assert (len(LIGHT), model.graph.ir_version) == (9, 3)
    agrees(model, 1)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("key", "opset", "optimize"),
    [(k, 23, False) for k in MODULES if k != "recurrent"]
    + [("attention", 18, False), ("moves", 18, False), ("recurrent", 20, True), ("resized", 20, True)],
)
def test_exports_of_torchs_dynamo_exporter(key: str, opset: int, optimize: bool) -> None:
    model = dynamo(key, opset, optimize)
    for batch in (1, 3):
        agrees(model, batch)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("key", "opset"),
    [(k, 17) for k in MODULES if k != "recurrent"]
    + [("recurrent", 11), ("resized", 11), ("resized", 13), ("windows", 11), ("moves", 13)],
)
def test_exports_of_torchs_legacy_exporter(key: str, opset: int, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = legacy(key, opset, tmp_path)
    for batch in (1, 3):
        agrees(model, batch)
