"""int8 with and without bias correction beside onnxruntime's own tool, on real networks and real images.

    .venv/bin/python -m benchmarks.quantization_int8 [--networks mobilenetv2 ...] [--draws 3] [--json OUT]

Each draw divides the data anew (by its seed) into 100 items that calibrate and the rest, which judge: 400 of the 500
ImageNet samples, 1,900 CIFAR-10 images. All three get the same float graph (BatchNormalization folded) and the same
items; onnxruntime's is ``quantize_static`` with QDQ, MinMax, u8 activations and per-channel s8 weights. Differences to
the float network are paired by item. One draw of 400 images cannot tell one point: look at the mean of several.
"""

from __future__ import annotations

import argparse
import logging
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx_ir as ir

from benchmarks import record
from core.data.dataset import Array, DataSet
from core.data.feed import batches
from core.data.open import open_data
from core.data.splits import divide
from core.formats.open import open_model
from core.measure.accuracy import Judged, judge
from core.measure.fidelity import fidelity
from core.measure.host import int8_arithmetic
from core.measure.statistics import paired
from core.methods.method import Context
from core.methods.quantize.ready import ready
from core.methods.quantize.static import Params, quantize_static
from core.model.model import Model
from core.model.preprocessing import presets
from tests.conftest import network_path, shared

DATA = {
    "mobilenetv2": ("data/imagenet_samples", 224, "imagenet"),
    "mobilenetv1": ("data/imagenet_samples", 224, "minus1to1"),
    "squeezenet": ("data/imagenet_samples", 224, "imagenet"),
    "resnet20": ("data/cifar10_jpeg/test_dev_2000.zip", 32, "cifar10"),
}
Quantize = Callable[[Model, DataSet, int], Model]


@dataclass(frozen=True)
class Row:
    """One way on one draw. Differences in percentage points, negative is worse than float."""

    network: str
    way: str
    seed: int
    top1: float
    difference: float
    interval: tuple[float, float]
    lost: int
    gained: int
    agreement: float
    sqnr: float
    seconds: float
    n: int


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", nargs="+", choices=list(DATA), default=list(DATA))
    parser.add_argument("--draws", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rows: list[Row] = []
    for network in options.networks:
        for seed in range(options.draws):
            for row in compare(network, seed):
                rows.append(row)
                print(line(row), flush=True)
        print(summary(network, [r for r in rows if r.network == network]), flush=True)
    cells = [{name: getattr(r, name) for name in r.__dataclass_fields__} for r in rows]
    record.save(options.json, cells, threads=1, arithmetic=int8_arithmetic())
    return 0


def compare(network: str, seed: int) -> Iterator[Row]:
    place, size, preset = DATA[network]
    model = open_model(network_path(network)).with_preprocessing(presets(size, size)[preset])
    parts = divide(open_data(shared(place)), seed)
    reference = judge(model, parts.judge)
    for way, quantize in WAYS.items():
        start = time.perf_counter()
        made = quantize(model, parts.calibration, seed)
        seconds = time.perf_counter() - start
        yield measured(network, way, seed, model, made, parts.judge, reference, seconds)


def measured(
    network: str, way: str, seed: int, model: Model, made: Model, data: DataSet, reference: Judged, seconds: float
) -> Row:
    answers = judge(made, data)
    pairs = paired(reference.correct, answers.correct)
    close = fidelity(model, made, data, limit=None)
    assert close.agreement is not None, "these networks classify"
    assert pairs.difference.interval is not None, "a paired difference has an interval"
    top1 = 100 * float(np.mean(answers.correct))
    return Row(
        network, way, seed, top1, pairs.difference.value, pairs.difference.interval, pairs.lost, pairs.gained,
        close.agreement.value, close.sqnr.value, seconds, len(answers.names),
    )  # fmt: skip


def by_onnxruntime(model: Model, calibration: DataSet, seed: int) -> Model:
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType
    from onnxruntime.quantization import quantize_static as by_tool

    logging.getLogger().setLevel(logging.ERROR)  # it advises pre-processing, which is done
    prepared, _ = ready(model)

    class Reader(CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self.feeds = iter(b.feed for b in batches(calibration, model, 1))

        def get_next(self) -> dict[str, Array] | None:
            return next(self.feeds, None)

    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "float.onnx"), Path(folder, "int8.onnx")
        ir.save(prepared.graph, source)
        by_tool(
            source, target, Reader(), quant_format=QuantFormat.QDQ, per_channel=True,
            activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
        )  # fmt: skip
        return model.with_graph(ir.from_proto(ir.to_proto(ir.load(target))))


def by_us(correct: bool) -> Quantize:
    def quantize(model: Model, calibration: DataSet, seed: int) -> Model:
        return quantize_static(
            model, calibration, Params(bias_correction=correct, search_ranges=False), Context(seed=seed)
        ).model

    return quantize


WAYS: dict[str, Quantize] = {
    "onnxruntime": by_onnxruntime,
    "thimble plain": by_us(False),
    "thimble corrected": by_us(True),
}


def line(row: Row) -> str:
    low, high = row.interval
    return (
        f"{row.network:12} {row.way:18} draw {row.seed}  top-1 {row.top1:5.2f} %  {row.difference:+5.2f} points "
        f"({low:+.2f} to {high:+.2f}; lost {row.lost}, gained {row.gained} of {row.n})  "
        f"agreement {row.agreement:5.2f} %  SQNR {row.sqnr:5.2f} dB  {row.seconds:5.1f} s"
    )


def summary(network: str, rows: list[Row]) -> str:
    lines = [f"{network}, means over draws:"]
    for way in WAYS:
        mine = [r for r in rows if r.way == way]
        values = [statistics.mean(getattr(r, k) for r in mine) for k in ("difference", "agreement", "sqnr", "seconds")]
        lines.append("  {:18} {:+5.2f} points  agreement {:5.2f} %  SQNR {:5.2f} dB  {:5.1f} s".format(way, *values))
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
