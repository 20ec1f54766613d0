"""What pruning brings in milliseconds: each result beside its parent in onnxruntime and LiteRT, in one interleaved run.

    python -m benchmarks.pruning_latency [--rounds 60] [--json OUT]

Channels are cut to half the MACs with widths kept at multiples of 8, whole blocks and heads where a network has them;
masks (90 % of the weights zero, 2:4) stay as dense as their parent for both runtimes, and are here to show it. Latency
does not depend on the weights' values, so reference networks with drawn weights serve as well as trained ones.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks import record
from benchmarks.lightweight import litert
from core import params as parameters
from core.cli.output import table
from core.errors import UserError
from core.execute.runtimes import onnx_session
from core.formats.open import open_model
from core.measure.cost import cost
from core.measure.latency import Candidate, feed_for, latency
from core.methods.method import Context, load_methods
from core.model.model import Model
from core.references.create import create
from core.references.reference import load_references
from tests.conftest import MODELS, network_path

HALF = ("prune.channels", {"currency": "macs", "ratio": 0.5, "multiple": 8})
ACTS: dict[str, tuple[str, dict[str, Any]]] = {
    "channels, half the MACs": HALF,
    "weights, 90 % zero": ("prune.weights", {"sparsity": 0.9}),
    "weights, 2:4": ("prune.weights", {"pattern": "2:4"}),
}
HEADS = ("prune.channels", {"kinds": "heads", "currency": "channels", "ratio": 0.34, "multiple": 1})
HIDDEN = ("prune.channels", {"kinds": "hidden", "currency": "channels", "ratio": 0.5, "multiple": 8})
BLOCKS = ("prune.depth", {"parts": "residual blocks", "goal": "MACs", "share": 0.3})
MORE: dict[str, dict[str, tuple[str, dict[str, Any]]]] = {
    "resnet50": {"residual blocks, 30 % of the MACs": BLOCKS},
    "vit_tiny": {"a third of the heads": HEADS, "half of the hidden width": HIDDEN},
}
NETWORKS = (
    "resnet20", "mobilenetv2", "squeezenet", "resnet50", "shufflenet_v2", "efficientnet_lite0", "googlenet", "vit_tiny",
)  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", nargs="+", default=list(NETWORKS))
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", type=Path, metavar="OUT")
    options = parser.parse_args()
    rows: list[dict[str, Any]] = []
    for network in options.networks:
        found = list(timed(network, options.rounds, options.threads))
        rows += found
        print(show(found), flush=True)
    record.save(options.json, rows, rounds=options.rounds, threads=options.threads)
    return 0


def opened(network: str) -> Model:
    return open_model(network_path(network)) if network in MODELS else create(load_references().get(network))


def results(network: str, model: Model) -> Iterator[tuple[str, Model]]:
    yield "parent", model
    for title, (key, values) in {**ACTS, **MORE.get(network, {})}.items():
        method = load_methods().get(key)
        made = method.run(model, parameters.from_json(method.params, values), Context()).model
        assert made is not None
        yield title, made


def timed(network: str, rounds: int, threads: int) -> Iterator[dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = {}
    candidates: list[Candidate] = []
    with tempfile.TemporaryDirectory() as folder:
        for title, model in results(network, opened(network)):
            rows[title] = {"network": network, "result": title, "macs": cost(model).macs}
            session = onnx_session(model, threads)
            candidates.append((title, session, feed_for(session, model.inputs)))
            try:
                candidates.append((title, *litert(model, Path(folder), threads)))
            except UserError as refusal:
                rows[title]["note"] = refusal.message
    for found in latency(candidates, rounds, warmup=5):
        rows[found.name][found.runtime] = {"ms": found.median.value, "interval": found.median.interval}
    yield from rows.values()


def show(rows: list[dict[str, Any]]) -> str:
    parent = rows[0]
    cells = []
    for row in rows:
        times = [_times(row, parent, runtime) for runtime in ("onnxruntime", "LiteRT")]
        macs = f"{row['macs'] / 1e6:.1f} ({parent['macs'] / row['macs']:.2f}x)"
        cells.append((row["network"], row["result"], macs, *times))
    return table(("network", "result", "M MACs", "onnxruntime ms", "LiteRT ms"), cells)


def _times(row: dict[str, Any], parent: dict[str, Any], runtime: str) -> str:
    found, before = row.get(runtime), parent.get(runtime)
    if found is None or before is None:
        return "–"
    low, high = found["interval"] or (found["ms"], found["ms"])
    return f"{found['ms']:.2f} [{low:.2f}, {high:.2f}] ({before['ms'] / found['ms']:.2f}x)"


if __name__ == "__main__":
    sys.exit(main())
