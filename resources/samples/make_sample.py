"""Remake the bundled sample: python -m resources.samples.make_sample   (needs the extra: pip install -e '.[sample]')

Trains a small MobileNetV2-style network (Sandler et al. 2018: inverted residuals, ReLU6, BatchNorm kept) on
scikit-learn's handwritten digits (Alpaydin & Kaynak 1998, UCI, CC BY 4.0) and writes, beside this file:
``digits_mobilenetv2.onnx`` (preprocessing and class names in its metadata) and ``digits.npz`` (x, y, part, classes).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import onnx_ir as ir
import torch
from torch import Tensor, nn
from torch.nn import functional

from core.model.model import Model
from core.model.preprocessing import Preprocessing

HERE = Path(__file__).resolve().parent
SEED, EPOCHS, BATCH = 7, 60, 64
SIZE = 32
# expansion, channels, repeats, stride: MobileNetV2's table, shrunk to 32 x 32 inputs
STAGES = ((1, 16, 1, 1), (4, 24, 2, 2), (4, 32, 2, 2), (4, 64, 2, 2))
HEAD = 128


def conv_bn(inputs: int, outputs: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> list[nn.Module]:
    """Convolution without bias and its BatchNorm."""
    conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
    return [conv, nn.BatchNorm2d(outputs)]


class InvertedResidual(nn.Module):
    """Expand, filter per channel, project; a skip where shapes allow."""

    def __init__(self, inputs: int, outputs: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = inputs * expansion
        layers: list[nn.Module] = []
        if expansion > 1:
            layers += [*conv_bn(inputs, wide), nn.ReLU6()]
        layers += [*conv_bn(wide, wide, 3, stride, wide), nn.ReLU6(), *conv_bn(wide, outputs)]
        self.conv = nn.Sequential(*layers)
        self.skip = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, outputs, H / stride, W / stride]."""
        return x + self.conv(x) if self.skip else self.conv(x)


class DigitsNet(nn.Module):
    """[N, 1, 32, 32] -> logits [N, 10]."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Sequential(*conv_bn(1, 16, 3, 2), nn.ReLU6())]
        width = 16
        for expansion, channels, repeats, stride in STAGES:
            for k in range(repeats):
                layers.append(InvertedResidual(width, channels, stride if k == 0 else 1, expansion))
                width = channels
        layers.append(nn.Sequential(*conv_bn(width, HEAD), nn.ReLU6()))
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Linear(HEAD, 10)

    def forward(self, x: Tensor) -> Tensor:
        """Logits before softmax."""
        return self.classifier(self.features(x).mean((2, 3)))


def load_digits() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """uint8 images [1797, 8, 8, 1], classes, and the part of each: 1,197 train, 100 calibration, 500 test."""
    from sklearn.datasets import load_digits as digits

    data = digits()
    x = np.rint(data.images * (255 / 16)).astype(np.uint8)[..., None]
    part = np.array(["train"] * 1197 + ["calibration"] * 100 + ["test"] * 500)
    np.random.default_rng(SEED).shuffle(part)
    return x, data.target.astype(np.int64), part


def preprocessing() -> Preprocessing:
    """8 x 8 greys to 32 x 32 numbers in -1..1."""
    steps = [{"step": "resize", "size": [SIZE, SIZE]}, {"step": "scale", "factor": 1 / 127.5, "offset": -1.0}]
    return Preprocessing.from_json({"name": "digits", "steps": steps})


def as_inputs(x: np.ndarray) -> Tensor:
    """The same numbers the application will feed: its own preprocessing, not a twin of it."""
    from core.data.preprocess import apply
    from core.model.model import InputSpec

    spec = InputSpec("image", ("batch", 1, SIZE, SIZE), "float32", "NCHW")
    return torch.from_numpy(np.stack([apply(preprocessing(), image, spec) for image in x]))


def augmented(x: Tensor, generator: torch.Generator) -> Tensor:
    """Shifts up to 4 pixels, rotation up to 12 degrees, scale 0.85 to 1.15: digits stay digits."""
    n = len(x)
    r = torch.rand(n, 4, generator=generator) * 2 - 1
    angle, scale = r[:, 0] * math.radians(12), 1 + 0.15 * r[:, 1]
    shift = r[:, 2:] * (4 / (SIZE / 2))
    cos, sin = torch.cos(angle) * scale, torch.sin(angle) * scale
    theta = torch.stack([torch.stack([cos, -sin, shift[:, 0]], 1), torch.stack([sin, cos, shift[:, 1]], 1)], 1)
    grid = functional.affine_grid(theta, list(x.shape), align_corners=False)
    return functional.grid_sample(x + 1, grid, align_corners=False) - 1


def shuffled(n: int, generator: torch.Generator) -> Iterator[Tensor]:
    """Full batches of a fresh order."""
    order = torch.randperm(n, generator=generator)
    yield from (order[i : i + BATCH] for i in range(0, n - BATCH + 1, BATCH))


def train(x: Tensor, y: Tensor) -> DigitsNet:
    """SGD with momentum and a cosine schedule."""
    torch.manual_seed(SEED)
    generator = torch.Generator().manual_seed(SEED)
    net = DigitsNet()
    optimizer = torch.optim.SGD(net.parameters(), 0.1, momentum=0.9, weight_decay=5e-4, nesterov=True)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, EPOCHS * (len(x) // BATCH))
    for epoch in range(EPOCHS):
        for index in shuffled(len(x), generator):
            loss = functional.cross_entropy(net(augmented(x[index], generator)), y[index], label_smoothing=0.05)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        if epoch % 10 == 9:
            print(f"epoch {epoch + 1}: loss {loss.item():.3f}", flush=True)
    return net.eval()


def export(net: DigitsNet, path: Path) -> None:
    """ONNX with BatchNorm kept, constants folded, preprocessing and class names in the metadata."""
    batch = torch.export.Dim("batch", min=1, max=4096)
    program = torch.onnx.export(
        net, (torch.zeros(2, 1, SIZE, SIZE),), dynamo=True, optimize=False, opset_version=18, verbose=False,
        input_names=["image"], output_names=["logits"], dynamic_shapes=({0: batch},),
    )  # fmt: skip
    assert program is not None
    model = Model.from_ir(tidy(program.model)).with_preprocessing(preprocessing()).with_labels(tuple("0123456789"))
    model.graph.producer_name = "thimble.make_sample"
    onnx.save(ir.to_proto(model.graph), str(path))
    onnx.checker.check_model(str(path), full_check=True)


def tidy(graph: ir.Model) -> ir.Model:
    """Fold what the exporter leaves behind, and name layers after their module (features.2.conv.0)."""
    from onnx_ir.passes.common import InlinePass, RemoveUnusedNodesPass
    from onnxscript.optimizer import fold_constants

    graph = InlinePass()(graph).model
    fold_constants(graph)
    graph = RemoveUnusedNodesPass()(graph).model
    count: dict[str, int] = {}
    for node in graph.graph:
        scopes = node.metadata_props.get("pkg.torch.onnx.name_scopes", "")
        module = scopes.strip("[]").split(", ")[-2].strip("'") if scopes.count(",") > 1 else ""
        base = f"{module}/{node.op_type}" if module else node.op_type
        count[base] = count.get(base, 0) + 1
        node.name = base if count[base] == 1 else f"{base}_{count[base]}"
        node.metadata_props.clear()
        node.doc_string = None
    for value in (
        *graph.graph.initializers.values(),
        *(o for n in graph.graph for o in n.outputs),
        *graph.graph.inputs,
    ):
        value.metadata_props.clear()
    graph.graph.metadata_props.clear()
    graph.metadata_props.clear()
    return graph


def main() -> None:
    """Train, report the test accuracy, write both files."""
    x, y, part = load_digits()
    inputs, target = as_inputs(x), torch.from_numpy(y)
    is_train, is_test = torch.from_numpy(part == "train"), torch.from_numpy(part == "test")
    net = train(inputs[is_train], target[is_train])
    with torch.no_grad():
        right = (net(inputs[is_test]).argmax(1) == target[is_test]).float().mean().item()
    print(f"test accuracy {100 * right:.2f} % on {int(is_test.sum())} images")
    export(net, HERE / "digits_mobilenetv2.onnx")
    np.savez_compressed(HERE / "digits.npz", x=x, y=y, part=part, classes=np.array(list("0123456789")))


if __name__ == "__main__":
    main()
