"""Time and memory of TorchGraph beside the same network as a native torch module: build, forward, training step.

Two networks, defined here: ResNet-50 (He et al. 2015) and a transformer of some 1,000 ONNX nodes. The two runners take
turns in one process, one torch thread; a row gives the least time of each and the median ratio of neighbouring turns.

Build, native: constructing the module, with its own random weights as usual or with empty ones, and loading a state
dict that is memory-mapped from a file. Build, TorchGraph: from an opened Model whose weights are memory-mapped from a
file; opening is a row of its own.
Memory: a fresh process per runner builds from those files and runs one forward; the growth of the peak resident set
(which counts the pages of the mapped file that were read: one copy of the weights by itself), and the size of the torch
tensors held afterwards, both as multiples of the weights' size.
"""

from __future__ import annotations

import argparse
import gc
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx_ir as ir
import torch
from torch import Tensor, nn

from benchmarks.record import save
from core.execute.torch_graph import TorchGraph
from core.model.model import Model


class Bottleneck(nn.Module):
    def __init__(self, size: int, width: int, stride: int) -> None:
        super().__init__()
        out = 4 * width
        self.branch = nn.Sequential(
            nn.Conv2d(size, width, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, stride, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, out, 1, bias=False),
            nn.BatchNorm2d(out),
        )
        same = size == out and stride == 1
        skip = nn.Sequential(nn.Conv2d(size, out, 1, stride, bias=False), nn.BatchNorm2d(out))
        self.skip = nn.Identity() if same else skip

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.branch(x) + self.skip(x))


def resnet50() -> nn.Module:
    layers: list[nn.Module] = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU()]
    layers.append(nn.MaxPool2d(3, 2, 1))
    size = 64
    for width, count, stride in ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)):
        for k in range(count):
            layers.append(Bottleneck(size, width, stride if k == 0 else 1))
            size = 4 * width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(size, 1000))


class Block(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.first, self.second = nn.LayerNorm(width), nn.LayerNorm(width)
        self.q, self.k, self.v, self.out = (nn.Linear(width, width) for _ in range(4))
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        y = self.first(x)
        q, k, v = (f(y).unflatten(-1, (self.heads, -1)).transpose(1, 2) for f in (self.q, self.k, self.v))
        scores = (q @ k.transpose(-1, -2) / (q.shape[-1] ** 0.5)).softmax(-1)
        x = x + self.out((scores @ v).transpose(1, 2).flatten(2))
        return x + self.down(nn.functional.gelu(self.up(self.second(x))))


def transformer() -> nn.Module:
    """24 layers of width 256 on 128 tokens."""
    return nn.Sequential(*(Block(256, 4) for _ in range(24)), nn.LayerNorm(256), nn.Linear(256, 100))


NETWORKS: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "resnet50": (resnet50, (1, 3, 224, 224)),
    "transformer": (transformer, (1, 128, 256)),
}


def write(name: str, folder: Path) -> None:
    """The graph with its weights beside it, and the same weights as a state dict."""
    torch.manual_seed(0)
    make, shape = NETWORKS[name]
    module = make().eval()
    example, free = (torch.randn(2, *shape[1:]),), ({0: torch.export.Dim.DYNAMIC},)
    program = torch.onnx.export(module, example, dynamic_shapes=free, dynamo=True, optimize=False, verbose=False)
    ir.save(program.model, folder / f"{name}.onnx", external_data=f"{name}.data")
    torch.save(module.state_dict(), folder / f"{name}.pt")


def numbers(name: str, folder: Path) -> dict[str, Tensor]:
    found: dict[str, Tensor] = torch.load(folder / f"{name}.pt", mmap=True, weights_only=True)
    return found


def opened(name: str, folder: Path) -> Model:
    return Model.from_ir(ir.load(folder / f"{name}.onnx"))


def build_native(name: str, state: dict[str, Tensor]) -> nn.Module:
    module = NETWORKS[name][0]()
    module.load_state_dict(state)
    return module


def build_empty(name: str, state: dict[str, Tensor]) -> nn.Module:
    """As quickly as torch can."""
    with torch.device("meta"):
        module = NETWORKS[name][0]()
    module.to_empty(device="cpu").load_state_dict(state)
    return module


def timed(act: Callable[[], Any]) -> float:
    gc.collect()
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def turns(native: Callable[[], Any], ours: Callable[[], Any], count: int) -> dict[str, float]:
    """Least times in ms, and the median of the ratios of neighbouring turns."""
    native(), ours()
    pairs = [(timed(native), timed(ours)) for _ in range(count)]
    return {
        "native_ms": round(1e3 * min(a for a, _ in pairs), 2),
        "graph_ms": round(1e3 * min(b for _, b in pairs), 2),
        "ratio": round(statistics.median(b / a for a, b in pairs), 3),
    }


def step(run: Callable[[Tensor], Tensor], x: Tensor, parameters: list[nn.Parameter]) -> None:
    run(x).square().mean().backward()
    for p in parameters:
        p.grad = None


def compare(name: str, folder: Path, count: int) -> list[dict[str, Any]]:
    shape = NETWORKS[name][1]
    x = torch.randn(shape)
    state, model = numbers(name, folder), opened(name, folder)
    ways = {"": build_native, ", native without first weights": build_empty}
    rows = [
        {"what": "open", **turns(lambda: numbers(name, folder), lambda: opened(name, folder), count)},
        *(
            {"what": f"build{k}", **turns(lambda build=b: build(name, state), lambda: TorchGraph(model), count)}
            for k, b in ways.items()
        ),
    ]
    native, net = build_empty(name, state), TorchGraph(model)
    output = net.output_names[0]
    native.eval(), net.eval()
    with torch.no_grad():
        difference = float((native(x) - net(x)[output]).abs().max())
        rows.append({"what": "forward", **turns(lambda: native(x), lambda: net(x), 3 * count)})

        rows += [
            {
                "what": f"build and one forward{k}",
                **turns(lambda build=b: build(name, state).eval()(x), lambda: TorchGraph(model).eval()(x), count),
            }
            for k, b in ways.items()
        ]
    native.train(), net.train()
    batch = torch.randn(4, *shape[1:])
    weights = [list(native.parameters()), list(net.parameters())]
    rows.append(
        {
            "what": "training step, batch 4",
            **turns(
                lambda: step(native, batch, weights[0]),
                lambda: step(lambda t: net(t)[output], batch, weights[1]),
                count,
            ),
        }
    )
    nodes = len(list(model.nodes()))
    return [{"network": name, "nodes": nodes, "difference": difference, **row} for row in rows]


def memory(name: str, folder: Path, kind: str) -> dict[str, Any]:
    """In a process of its own; prints JSON."""
    torch.set_num_threads(1)
    shape = NETWORKS[name][1]
    small = torch.nn.Conv2d(3, 8, 3)(torch.randn(1, 3, 32, 32))  # libraries loaded and warm
    del small
    TorchGraph(_tiny())
    before = _peak(reset=True)
    built: Any = build_empty(name, numbers(name, folder)) if kind == "native" else TorchGraph(opened(name, folder))
    after_build = _peak()
    with torch.no_grad():
        built.eval()(torch.randn(shape))
    held = {t.data_ptr(): t.numel() * t.element_size() for t in (*built.parameters(), *built.buffers())}
    if kind == "graph":
        held |= {t.data_ptr(): t.numel() * t.element_size() for t in built._constants.values()}
    size = (folder / f"{name}.data").stat().st_size
    return {
        "network": name,
        "what": f"memory, {kind}",
        "weights_mb": round(size / 1e6, 1),
        "peak_of_build": round((after_build - before) / size, 2),
        "peak_with_forward": round((_peak() - before) / size, 2),
        "tensors_held": round(sum(held.values()) / size, 3),
    }


def _tiny() -> Model:
    node = ir.node("Relu", [ir.Value(name="x", type=ir.TensorType(ir.DataType.FLOAT), shape=ir.Shape([1]))])
    node.outputs[0].name, node.outputs[0].type = "y", ir.TensorType(ir.DataType.FLOAT)
    graph = ir.Graph(node.inputs, node.outputs, nodes=[node], opset_imports={"": 18}, name="tiny")
    return Model.from_ir(ir.Model(graph, ir_version=8))


def _peak(reset: bool = False) -> int:
    """The highest resident set since the last reset, in bytes; pages mapped from files count. Linux only."""
    if reset:
        Path("/proc/self/clear_refs").write_text("5")
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--turns", type=int, default=7)
    parser.add_argument("--memory", nargs=3, metavar=("NETWORK", "FOLDER", "KIND"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.memory:
        name, folder, kind = arguments.memory
        print(json.dumps(memory(name, Path(folder), kind)))
        return
    torch.set_num_threads(1)
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for name in NETWORKS:
            write(name, folder)
            rows += compare(name, folder, arguments.turns)
            for kind in ("native", "graph"):
                command = [sys.executable, "-m", "benchmarks.executor_speed", "--memory", name, place, kind]
                rows.append(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
    for row in rows:
        print("  ".join(f"{k} {v}" for k, v in row.items()))
    save(arguments.json, rows, numpy=np.__version__, torch=torch.__version__, threads=1)


if __name__ == "__main__":
    main()
