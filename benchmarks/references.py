"""Every reference network: counts beside published ones, parity, seconds, and which acts take it already.

    .venv/bin/python -m benchmarks.references [--networks KEY ...] [--acts] [--json OUT]

Parity is the largest difference of an output, as a share of the largest output: onnxruntime on the graph against the
torch module ("module"), and our executor against onnxruntime ("executor"). "same" says that opening the written file
and saving it again gives the same bytes. With ``--acts`` magnitude pruning, int8 and the TFLite export are tried with
their defaults, on noise for calibration; where one refuses, its sentence is in the JSON and below the table.
"""

from __future__ import annotations

import argparse
import dataclasses
import gc
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PySide6.QtWidgets import QApplication

from benchmarks import record
from core import params as parameters
from core.cli.output import size, table
from core.data.dataset import DataSet
from core.data.noise import noise
from core.data.open import open_data
from core.errors import UserError
from core.execute.runtimes import onnx_session
from core.execute.torch_graph import TorchGraph
from core.exporters.exporter import load_exporters
from core.formats.onnx_file import save_onnx
from core.formats.open import open_model
from core.jobs import Job
from core.methods.method import Context, load_methods
from core.model.model import Model
from core.references.catalogue import counted
from core.references.create import model_from_module, module_of, noise_for
from core.references.reference import Reference, load_references
from gui.graph_view import GraphView

ACTS = ("prune.magnitude", "quantize.int8", "tflite")
CALIBRATION_ITEMS = 8


@dataclasses.dataclass(frozen=True)
class Row:
    """One network. ``published_*`` as printed; seconds on this machine, one thread; ``acts``: '' or why not."""

    key: str
    params: int
    published_params: str
    macs: int
    published_macs: str
    peak_memory: int
    nodes: int
    module_parity: float
    executor_parity: float
    same: bool
    module_s: float
    graph_s: float
    open_s: float
    draw_s: float
    acts: dict[str, str]


def measure(reference: Reference, acts: bool, folder: Path) -> Row:
    """Build, count, run, open, save and draw one network."""
    params = reference.params()
    start = time.perf_counter()
    module = module_of(reference, params)
    built = time.perf_counter()
    model = model_from_module(reference, params, module)
    made = time.perf_counter()
    figures = counted(model)
    parity = compare(reference, params, module, model)
    del module
    gc.collect()
    path = folder / f"{reference.key}.onnx"
    save_onnx(model, path)
    before = time.perf_counter()
    opened = open_model(path)
    read = time.perf_counter()
    draw(opened)
    drawn = time.perf_counter()
    save_onnx(opened, folder / "again.onnx")
    same = path.read_bytes() == (folder / "again.onnx").read_bytes()
    tried = {act: attempt(act, opened, folder) for act in ACTS} if acts else {}
    path.unlink()
    return Row(
        reference.key,
        int(figures["params"].value),
        printed(reference, "params", figures["params"].value),
        int(figures["macs"].value),
        printed(reference, "macs", figures["macs"].value),
        int(figures["peak_memory"].value),
        sum(1 for _ in model.nodes()),
        *parity,
        same,
        built - start,
        made - built,
        read - before,
        drawn - read,
        tried,
    )


def draw(model: Model) -> None:
    """The graph on the canvas of a window, painted once."""
    app = QApplication.instance() or QApplication([])
    view = GraphView()
    view.resize(1280, 900)
    view.show()
    view.set_model(model)
    while view._picture is None:
        app.processEvents()
        time.sleep(0.002)
    view.fit()
    view.grab()
    view.close()


def printed(reference: Reference, figure: str, count: float) -> str:
    """The closest published figure, '' where none was published; '!' where it is not ours to a percent."""
    found = [c for c in reference.cited if c.figure == figure]
    if not found:
        return ""
    best = min(found, key=lambda c: abs(c.value - count))
    return best.printed + ("" if best.agrees(count) else " !")


def compare(reference: Reference, params: Any, module: torch.nn.Module, model: Model) -> tuple[float, float]:
    """(torch module against onnxruntime, our executor against onnxruntime), two items."""
    torch.manual_seed(1)
    ports = reference.ports(params)
    feed = {p.name: x for p, x in zip(ports, noise_for(ports, 2), strict=True)}
    given = onnx_session(model).run({k: x.numpy() for k, x in feed.items()})
    with torch.no_grad():
        wanted = module(*feed.values())
        ours = TorchGraph(model).eval()(feed)
    several = wanted if isinstance(wanted, tuple | list) else (wanted,)
    by_name = dict(zip(reference.outputs, several, strict=True))
    return (worst(given, by_name), worst(given, ours))


def worst(given: dict[str, Any], wanted: dict[str, torch.Tensor]) -> float:
    return max(
        float(abs(values - wanted[name].numpy()).max() / max(1e-6, abs(values).max())) for name, values in given.items()
    )


def attempt(act: str, model: Model, folder: Path) -> str:
    """'' where the act worked, else its sentence. Anything but a sentence is a bug and ends the benchmark."""
    try:
        if act == "tflite":
            load_exporters().get("tflite").write(model, folder / "m.tflite", None, Job())
        else:
            method = load_methods().get(act)
            values = parameters.from_json(method.params, {})
            method.run(model, values, Context(data=noise_set(model, folder)))
    except UserError as refusal:
        return str(refusal)
    return ""


def noise_set(model: Model, folder: Path) -> DataSet:
    """Some items of noise inside the prepared range, as the network's inputs take them."""
    items = [noise(model.inputs, 1, seed) for seed in range(CALIBRATION_ITEMS)]
    arrays = {name: np.concatenate([item[name] for item in items]) for name in items[0]}
    np.savez(folder / "noise.npz", **arrays, labels=np.zeros(CALIBRATION_ITEMS, np.int64))
    return open_data(str(folder / "noise.npz"))


def show(rows: Sequence[Row]) -> str:
    columns = ("network", "params", "published", "M MACs", "published", "peak memory", "nodes", "module", "executor",
               "same", "module s", "graph s", "open s", "draw s", *(rows[0].acts if rows else ()))  # fmt: skip
    cells = [
        (r.key, r.params, r.published_params, round(r.macs / 1e6, 1), r.published_macs, size(r.peak_memory), r.nodes,
         f"{r.module_parity:.0e}", f"{r.executor_parity:.0e}", r.same, r.module_s, r.graph_s, r.open_s, r.draw_s,
         *("no" if why else "yes" for why in r.acts.values()))
        for r in rows
    ]  # fmt: skip
    refused = [f"{r.key}, {act}: {why}" for r in rows for act, why in r.acts.items() if why]
    return "\n".join([table(columns, cells), *([""] if refused else []), *refused])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", nargs="+", choices=load_references().keys(), default=load_references().keys())
    parser.add_argument("--acts", action="store_true", help="also try pruning, int8 and the TFLite export")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    torch.set_num_threads(1)
    rows, start = [], time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        for key in args.networks:
            rows.append(measure(load_references().get(key), args.acts, Path(folder)))
            print(f"{key}: {time.perf_counter() - start:.0f} s", file=sys.stderr, flush=True)
            gc.collect()
    print(show(rows))
    record.save(args.json, [dataclasses.asdict(r) for r in rows])


if __name__ == "__main__":
    main()
