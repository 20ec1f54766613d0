"""Lightweight networks beside those they came to replace: counts, latency in one interleaved run, cited accuracy.

    .venv/bin/python -m benchmarks.lightweight [--networks KEY ...] [--rounds 50] [--threads 1] [--json OUT]

Latency is of a batch of one, float32, seeded weights (the time does not depend on them), all networks in turn so that
what else the machine does hits all alike; LiteRT runs what our TFLite export writes, '–' where it refuses.
Parameters and MACs are counted on the graph at the default parameters. Accuracy is cited, never measured here.
"""

from __future__ import annotations

import argparse
import dataclasses
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks import record
from core.cli.output import table
from core.data.dataset import Array
from core.errors import UserError
from core.execute.litert_session import LiteRTSession
from core.execute.runtimes import onnx_session
from core.exporters.exporter import load_exporters
from core.jobs import Job
from core.measure.latency import Candidate, feed_for, latency
from core.model.model import Model
from core.references.catalogue import counted
from core.references.create import create
from core.references.reference import load_references

NETWORKS = (
    "alexnet",
    "googlenet",
    "squeezenet1_0",
    "squeezenet1_1",
    "mobilenet_v1",
    "mobilenet_v2",
    "mobilenet_v3_small",
    "shufflenet_v1",
    "shufflenet_v2",
)


@dataclasses.dataclass
class Row:
    """One network; milliseconds are medians with their 95 % intervals."""

    key: str
    params: int
    macs: int
    cited_top1: str = ""
    source: str = ""
    onnxruntime_ms: float | None = None
    onnxruntime_interval: tuple[float, ...] = ()
    litert_ms: float | None = None
    litert_interval: tuple[float, ...] = ()
    note: str = ""


def prepared(key: str, folder: Path, threads: int) -> tuple[Row, list[Candidate]]:
    """The network's row without times, and what is to be timed."""
    reference = load_references().get(key)
    model = create(reference)
    figures = counted(model)
    row = Row(key, int(figures["params"].value), int(figures["macs"].value))
    top1 = next((c for c in reference.cited if c.figure == "top1"), None)
    if top1 is not None:
        row.cited_top1, row.source = top1.printed, str(top1.source)
    ort = onnx_session(model, threads)
    candidates: list[Candidate] = [(key, ort, feed_for(ort, model.inputs))]
    try:
        candidates.append((key, *litert(model, folder, threads)))
    except UserError as refusal:
        row.note = str(refusal)
    return row, candidates


def litert(model: Model, folder: Path, threads: int) -> tuple[LiteRTSession, dict[str, Array]]:
    path = folder / "m.tflite"
    load_exporters().get("tflite").write(model, path, None, Job())
    session = LiteRTSession(path.read_bytes(), threads)
    return session, feed_for(session, model.inputs)


def run(keys: Sequence[str], rounds: int, threads: int) -> list[Row]:
    rows: dict[str, Row] = {}
    candidates: list[Candidate] = []
    with tempfile.TemporaryDirectory() as folder:
        for key in keys:
            rows[key], found = prepared(key, Path(folder), threads)
            candidates += found
    for result in latency(candidates, rounds, warmup=5):
        row, interval = rows[result.name], tuple(result.median.interval or ())
        if result.runtime == "LiteRT":
            row.litert_ms, row.litert_interval = result.median.value, interval
        else:
            row.onnxruntime_ms, row.onnxruntime_interval = result.median.value, interval
    return list(rows.values())


def show(rows: Sequence[Row]) -> str:
    columns = ("network", "params", "M MACs", "onnxruntime ms", "95 %", "LiteRT ms", "95 %", "cited top-1")
    cells = [
        (r.key, r.params, round(r.macs / 1e6, 1), r.onnxruntime_ms, _range(r.onnxruntime_interval), r.litert_ms,
         _range(r.litert_interval), f"{r.cited_top1} ({r.source})" if r.source else "–")
        for r in rows
    ]  # fmt: skip
    return "\n".join([table(columns, cells), *(f"{r.key}: {r.note}" for r in rows if r.note)])


def _range(interval: Sequence[float]) -> str:
    return f"{interval[0]:.1f}–{interval[1]:.1f}" if interval else "–"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", nargs="+", choices=load_references().keys(), default=list(NETWORKS))
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    rows = run(args.networks, args.rounds, args.threads)
    print(show(rows))
    record.save(args.json, [dataclasses.asdict(r) for r in rows], threads=args.threads, rounds=args.rounds)


if __name__ == "__main__":
    main()
