"""A ViT and a BERT in 8 and 4 bits, and the detective's account of what each loses:

    python -m benchmarks.quantization_transformers --json benchmarks/results/quantization_transformers.json

Both are reference networks with weights trained here (benchmarks.trained_transformers, kept in ``--cache``): ViT on
CIFAR-10 images, BERT-Tiny on interface texts of which it tells the language. Every way gets the same 100 calibration
items and is judged on the 2,000 items of the test set; differences are to float on the same items, in points of top-1,
with 95 % intervals and McNemar's test. Bytes are those of the file. Beside ours stand onnxruntime's quantize_static
(QDQ, u8s8, per channel, its preprocessing first) and quantize_dynamic, on the same graph.

Then analyse.quantization_loss looks at what quantize.static gave: the layers that lose most with their cause, and each
cure applied to the float network and judged as the ways were. Five minutes of one core, without the training.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks import record
from benchmarks.trained_transformers import CACHE, RECIPES, data_of, trained
from core.cli.output import table
from core.data.dataset import DataSet
from core.data.feed import batches
from core.data.splits import divide, take
from core.data.tasks import class_scores
from core.errors import UserError
from core.execute.runtimes import OnnxSession, onnx_session
from core.formats.onnx_file import save_onnx
from core.measure.fidelity import FLOAT32_DB
from core.measure.host import int8_arithmetic
from core.measure.statistics import paired, wilson
from core.methods.analyse.cures import cures_from
from core.methods.method import Context
from core.model.model import Model
from core.project.recipe import Recipe, Step, run_recipe, run_step

Row = dict[str, Any]
STATIC, DETECTIVE = "quantize.static", "analyse.quantization_loss"
ITEMS = 100  # that calibrate


def _steps(*steps: tuple[str, dict[str, Any]]) -> tuple[Step, ...]:
    return tuple(Step(method, values) for method, values in steps)


OURS = {
    "static": _steps((STATIC, {})),
    "static, ranges as seen": _steps((STATIC, {"search_ranges": False})),
    "static, ranges as seen, biases as they are": _steps((STATIC, {"search_ranges": False, "bias_correction": False})),
    "smooth, static": _steps(("quantize.smooth", {}), (STATIC, {})),
    "static, equalized": _steps((STATIC, {"equalize": True})),
    "static, mse ranges": _steps((STATIC, {"calibrator": "mse"})),
    "static, gptq": _steps((STATIC, {"rounding": "gptq"})),
    "static, int16 activations": _steps((STATIC, {"activations": "int16"})),
    "static, int4 weights, gptq": _steps((STATIC, {"precision": "int4", "rounding": "gptq"})),
    "mixed, at most 5 layers in float": _steps(("quantize.mixed", {"most_layers": 5})),
    "weights int8": _steps(("quantize.weights", {})),
    "weights int4, groups of 32": _steps(("quantize.weights", {"format": "int4", "granularity": "group"})),
    "weights int4, groups, gptq": _steps(
        ("quantize.weights", {"format": "int4", "granularity": "group", "rounding": "gptq", "bias_correction": True})
    ),
}
PEERS = ("onnxruntime static", "onnxruntime dynamic")


@dataclass(frozen=True)
class Case:
    """A trained network with its data; ``scores`` [N, C] are the float network's, ``labels`` [N]."""

    network: str
    model: Model
    train: DataSet
    feeds: list[dict[str, Any]]
    labels: npt.NDArray[np.int64]
    scores: npt.NDArray[np.float32]

    @property
    def context(self) -> Context:
        return Context(data=self.train, seed=0, threads=1)


def load(network: str, cache: Path, items: int | None) -> Case:
    model = trained(network, cache)
    train, test = data_of(network, cache)
    found = list(batches(take(test, items, seed=0), model, 100))
    feeds, labels = [dict(b.feed) for b in found], np.concatenate([b.labels for b in found])
    return Case(network, model, train, feeds, labels, scores_of(onnx_session(model), feeds))


def scores_of(session: OnnxSession, feeds: Sequence[dict[str, Any]]) -> npt.NDArray[np.float32]:
    return np.concatenate([class_scores(session.run(feed)) for feed in feeds]).astype(np.float32)


def judged(case: Case, way: str, found: npt.NDArray[np.float32], size: int, seconds: float, **more: Any) -> Row:
    """The figures of one way, against labels and against the float network."""
    right, truth = found.argmax(1) == case.labels, case.scores.argmax(1) == case.labels
    pair = paired(truth, right, case.network)
    signal, error = np.square(case.scores, dtype=np.float64).sum(), np.square(found - case.scores).sum(dtype=np.float64)
    return {
        "network": case.network, "way": way, "n": len(right),
        "top1": 100 * float(right.mean()), "top1_interval": wilson(int(right.sum()), len(right)),
        "difference": pair.difference.value, "interval": pair.difference.interval,
        "gained": pair.gained, "lost": pair.lost, "p": pair.p_value,
        "agreement": 100 * float((found.argmax(1) == case.scores.argmax(1)).mean()),
        "sqnr": 10 * float(np.log10(signal / error)) if error else FLOAT32_DB,
        "bytes": size, "processor_seconds": round(seconds, 1), **more,
    }  # fmt: skip


# ways -----------------------------------------------------------------------------------------------------------------


def ours(case: Case, way: str, steps: Sequence[Step], folder: Path) -> tuple[Row, Model]:
    """One of our ways through the same recipe that the window and the command line run."""
    begin = time.process_time()
    made, outcomes = run_recipe(case.model, Recipe(tuple(steps)), case.context)
    seconds = time.process_time() - begin
    path = folder / "ours.onnx"
    save_onnx(made, path)
    notes = [n for n in outcomes[-1].report.notes if "kept in float" in n]
    found = scores_of(onnx_session(made), case.feeds)
    return judged(case, way, found, path.stat().st_size, seconds, notes=notes), made


def peer(case: Case, way: str, folder: Path) -> Row:
    """onnxruntime's own quantizers, on the float file after its own preprocessing."""
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.quantization.shape_inference import quant_pre_process

    source, ready, target = (folder / f"{name}.onnx" for name in ("float", "ready", "peer"))
    save_onnx(case.model, source)
    begin = time.process_time()
    quant_pre_process(source, ready)
    if way == "onnxruntime dynamic":
        quantize_dynamic(ready, target, per_channel=True, weight_type=QuantType.QInt8)
    else:
        _quantize_static(case, ready, target)
    seconds = time.process_time() - begin
    return judged(case, way, scores_of(OnnxSession(target), case.feeds), target.stat().st_size, seconds)


def _quantize_static(case: Case, ready: Path, target: Path) -> None:
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

    data = take(divide(case.train, 0).calibration, ITEMS, 0)

    class Reader(CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self.feeds = (dict(b.feed) for b in batches(data, case.model, 10))

        def get_next(self) -> dict[str, Any] | None:
            return next(self.feeds, None)

    quantize_static(
        ready, target, Reader(), quant_format=QuantFormat.QDQ, per_channel=True,
        activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
    )  # fmt: skip


# the detective --------------------------------------------------------------------------------------------------------


def account(case: Case, made: Model, folder: Path, items: int) -> Iterator[Row]:
    """What the detective says of ``made``, then every cure applied to the float network and judged."""
    begin = time.process_time()
    context = Context(data=case.train, teacher=case.model, threads=1)
    report = run_step(made, Step(DETECTIVE, {"items": items}), context).report
    yield {
        "network": case.network, "way": "detective", "said": list(report.notes),
        "measures": {k: m.to_json() for k, m in report.measures.items()},
        "processor_seconds": round(time.process_time() - begin, 1),
    }  # fmt: skip
    for offer in cures_from(report):
        if offer.step:
            about = {"cause": offer.cause, "layers": list(offer.layers), "share": offer.share, "command": offer.command}
            row, _ = ours(case, f"cure: {offer.words}", [Step.from_json(dict(offer.step))], folder)
            yield {**row, **about}


def one_network(network: str, options: argparse.Namespace, done: Callable[[Row], None]) -> None:
    case = load(network, options.cache, options.test_items)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        save_onnx(case.model, folder / "float.onnx")
        done(judged(case, "float", case.scores, (folder / "float.onnx").stat().st_size, 0.0))
        static = None
        for way, steps in OURS.items():
            if way in options.ways:
                row, made = ours(case, way, steps, folder)
                done(row)
                static = made if way == "static" else static
        for way in PEERS:
            if way in options.ways:
                try:
                    done(peer(case, way, folder))
                except (UserError, ValueError, RuntimeError, AssertionError) as error:
                    done({"network": network, "way": way, "failed": str(error).splitlines()[0]})
        if static is not None and options.items:
            for row in account(case, static, folder, options.items):
                done(row)


def show(rows: Sequence[Row]) -> str:
    lines = []
    for r in (r for r in rows if "top1" in r):
        low, high = r["interval"]
        change = "" if r["way"] == "float" else f"{r['difference']:+.2f} [{low:+.2f}, {high:+.2f}]"
        ends = f"[{r['top1_interval'][0]:.1f}, {r['top1_interval'][1]:.1f}]"
        lines.append((
            r["network"], r["way"], f"{r['top1']:.2f} {ends}", change, "" if r["way"] == "float" else f"{r['p']:.2g}",
            f"{r['agreement']:.2f}", f"{r['sqnr']:.1f}", r["bytes"], f"{r['processor_seconds']:.0f}",
        ))  # fmt: skip
    columns = ("network", "way", "top-1", "to float", "p", "same answer", "SQNR dB", "bytes", "s")
    return table(columns, lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", nargs="+", choices=list(RECIPES), default=list(RECIPES))
    parser.add_argument("--ways", nargs="+", choices=[*OURS, *PEERS], default=[*OURS, *PEERS])
    parser.add_argument("--items", type=int, default=32, help="the detective looks at; 0 leaves it out")
    parser.add_argument("--test-items", type=int, help="judge on so many items only")
    parser.add_argument("--cache", type=Path, default=CACHE)
    parser.add_argument("--json", type=Path, metavar="OUT")
    options = parser.parse_args()
    rows: list[Row] = []

    def done(row: Row) -> None:
        rows.append(row)
        if "top1" in row:
            print(f"{row['network']}, {row['way']}: {row['top1']:.2f}, {row['sqnr']:.1f} dB", flush=True)
        else:
            print(f"{row['network']}, {row['way']}", *row.get("said", [row.get("failed", "")]), sep="\n  ", flush=True)
        record.save(options.json, rows, arithmetic=int8_arithmetic(), threads=1)

    for network in options.networks:
        one_network(network, options, done)
    print(show(rows))


if __name__ == "__main__":
    main()
