"""Quantization beside onnxruntime's tool, NNCF and ai-edge-quantizer: five folds, pooled and paired, with the goals.

    NNCF=/tmp/nncf AI_EDGE_QUANTIZER=/tmp/ai_edge python -m benchmarks.quantization --json OUT

(benchmarks.quantization_peer says how to get the peers; what is not there is left out and said.) The 500 ImageNet
samples make five folds: 100 calibrate, the other 400 judge, so each image is judged by four quantized networks. On
CIFAR-10 five draws of 100 training images calibrate, and the same 2,000 test images judge each time. Everybody gets
the same float graph (BatchNormalization folded), the same prepared images in memory and one processor.

Answers are kept in ``--cache``: a run that was interrupted goes on, and ours are made again once the source code of
quantization changed. Differences are to float, in points of top-1, with 95 % intervals over images; p is McNemar's,
by image (see benchmarks.quantization_figures). Latency: all files of fold 0 in one interleaved run for each network.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from benchmarks import quantization_data as data
from benchmarks import record
from benchmarks.quantization_figures import Goal, Pooled, goals, pool, row
from benchmarks.quantization_ways import FLOAT, PLAIN, WAYS, Made, float_file, made
from core.cli.output import size, table
from core.errors import UserError
from core.execute.runtimes import open_session
from core.measure.host import int8_arithmetic, int8_instruction
from core.measure.latency import Candidate, feed_for, latency

RUNTIMES = {".onnx": "onnxruntime", ".tflite": "LiteRT"}
Rows = dict[str, dict[str, Any]]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", nargs="+", choices=list(data.CASES), default=list(data.CASES))
    parser.add_argument("--folds", nargs="+", type=int, choices=range(data.FOLDS), default=list(range(data.FOLDS)))
    parser.add_argument("--only", nargs="+", choices=list(WAYS), metavar="WAY", help=", ".join(WAYS))
    parser.add_argument("--again", nargs="+", choices=list(WAYS), default=[], metavar="WAY", help="answers made anew")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir(), "thimble_quantization"))
    parser.add_argument("--rounds", type=int, default=40, help="of latency; 0 leaves it out")
    parser.add_argument("--json", type=Path, metavar="OUT")
    options = parser.parse_args()
    rows: list[dict[str, Any]] = []
    checklist: list[tuple[str, Goal]] = []
    print(int8_arithmetic())
    for network in options.networks:
        found, asked = one_network(network, options)
        rows += found
        checklist += [(network, goal) for goal in asked]
    print(show_goals(checklist))
    listed = [{"network": n, "goal": g[0], "holds": g[1], "figures": g[2]} for n, g in checklist]
    record.save(options.json, rows, goals=listed, folds=options.folds, threads=1, arithmetic=int8_arithmetic(),
                versions=versions())  # fmt: skip
    return 0


def one_network(network: str, options: argparse.Namespace) -> tuple[list[dict[str, Any]], list[Goal]]:
    case = data.load(network, options.cache)
    found: dict[str, list[Made]] = {}
    for key in options.only or WAYS:
        why = WAYS[key].why_not(network)
        if not why:
            why = fill(found, case, key, options)
        if why:
            print(f"{network}, {key}: left out, {why}.", flush=True)
    reference = float_answers(case, options)
    every, asked = [], []
    for arithmetic in ("native", *(() if int8_instruction() else ("exact",))):
        pooled, rows = figures(network, found, reference, arithmetic)
        if arithmetic == "native" and options.rounds:
            add_latency(case, found, rows, options)
        print(show(network, rows, arithmetic), flush=True)
        every += list(rows.values())
        asked += list(goals(network, pooled, rows))
    return every, asked


def fill(found: dict[str, list[Made]], case: data.Case, key: str, options: argparse.Namespace) -> str:
    """Every fold of a way into ``found``; '' or why there is none. A way that fails in a fold has no row."""
    folds = []
    for fold in options.folds:
        try:
            done = made(case, WAYS[key], fold, options.cache, key in options.again, exact=not int8_instruction())
        except (UserError, RuntimeError) as error:
            return str(error)
        top1 = 100 * done.answers.right.mean()
        print(f"{case.network:12} {key:24} fold {fold}  top-1 {top1:5.2f}  {done.seconds:6.1f} s", flush=True)
        folds.append(done)
    found[key] = folds
    return ""


def float_answers(case: data.Case, options: argparse.Namespace) -> list[data.Answers]:
    scores = data.float_scores(case, options.cache / case.network / "float.npy")
    return [data.answers(case, scores[items], scores, items) for items in map(case.judged, options.folds)]


def figures(
    network: str, found: Mapping[str, Sequence[Made]], reference: Sequence[data.Answers], arithmetic: str
) -> tuple[dict[str, Pooled], Rows]:
    pooled = {FLOAT: pool(reference, reference)}
    for key, folds in found.items():
        parts = [m.exact if arithmetic == "exact" and m.exact is not None else m.answers for m in folds]
        pooled[key] = pool(parts, reference)
    rows = {k: row(network, k, pooled, found.get(k, ()), arithmetic) for k in pooled}
    return pooled, rows


# latency --------------------------------------------------------------------------------------------------------------


def add_latency(case: data.Case, found: Mapping[str, Sequence[Made]], rows: Rows, options: argparse.Namespace) -> None:
    """Milliseconds of fold 0's files and of the float network in both runtimes, in turn, into ``rows``."""
    candidates: list[Candidate] = []
    for key, file in _files(case, found, options.cache):
        try:
            session = open_session(file)
        except UserError as refusal:
            rows[key]["notes"].append(refusal.message)
            continue
        candidates.append((key, session, feed_for(session, case.model.inputs)))
    for timed in latency(candidates, options.rounds, warmup=5):
        rows[timed.name].setdefault("latency", {})[timed.runtime] = {
            "ms": timed.median.value, "interval": timed.median.interval,
        }  # fmt: skip


def _files(case: data.Case, found: Mapping[str, Sequence[Made]], cache: Path) -> Iterator[tuple[str, Path]]:
    for suffix in RUNTIMES:
        path = cache / case.network / f"float{suffix}"
        if not path.exists():
            float_file(case, path)
        yield FLOAT, path
    for key, folds in found.items():
        if key == "default in LiteRT":  # the same file as the default's
            continue
        first = folds[0]
        for suffix, runtime in RUNTIMES.items():
            if runtime in first.bytes:
                yield key, first.file.with_suffix(suffix)


# words ----------------------------------------------------------------------------------------------------------------


def show(network: str, rows: Rows, arithmetic: str) -> str:
    columns = (f"{network} ({arithmetic})", "top-1", "to float [95 %]", "by fold", "agreement", "SQNR dB", "seconds",
               "of a CPU", "bytes", "onnxruntime ms", "LiteRT ms", f"p to {PLAIN}")  # fmt: skip
    cells = []
    for key, found in rows.items():
        low, high = found["interval"]
        sizes = [size(found["bytes"][r]) for r in RUNTIMES.values() if r in found["bytes"]]
        cells.append((
            key, f"{found['top1']:.2f}", f"{found['difference']:+.2f} [{low:+.2f}, {high:+.2f}]",
            " ".join(f"{d:+.1f}" for d in found["by_fold"]), f"{found['agreement']:.2f}", f"{found['sqnr']:.2f}",
            *(None if found[k] is None else f"{found[k]:.1f}" for k in ("seconds", "processor_seconds")),
            " / ".join(sizes), *(_times(found, rows[FLOAT], r) for r in RUNTIMES.values()),
            f"{found['against'][PLAIN]['p']:.3g}" if PLAIN in found["against"] else None,
        ))  # fmt: skip
    first = rows[FLOAT]
    n = f"{first['judgements']} judgements of {first['items']} images."
    notes = [f"{k}: {note}" for k, found in rows.items() for note in found["notes"]]
    return "\n".join(["", table(columns, cells), n, *notes, ""])


def _times(found: Mapping[str, Any], parent: Mapping[str, Any], runtime: str) -> str | None:
    mine, before = (r.get("latency", {}).get(runtime) for r in (found, parent))
    return None if mine is None or before is None else f"{mine['ms']:.2f} ({before['ms'] / mine['ms']:.2f}x)"


def show_goals(checklist: Sequence[tuple[str, Goal]]) -> str:
    words = {True: "holds", False: "DOES NOT HOLD", None: "open"}
    lines = [f"{words[holds]:14} {network}: {goal}: {found}" for network, (goal, holds, found) in checklist]
    return "\n".join(["Goals", *lines])


def versions() -> dict[str, str]:
    """Of the runtimes here; the peers' are named where they are installed from (benchmarks.quantization_peer)."""
    return {name: metadata.version(name) for name in ("onnxruntime", "ai-edge-litert", "onnx", "torch", "numpy")}


if __name__ == "__main__":
    sys.exit(main())
