"""A network whose channels have very unlike ranges: its collapse under one scale a tensor, found, named and cured.

    python -m benchmarks.quantization_ill_scaled [--networks sample resnet20 mobilenetv1] [--decades 3] [--json OUT]

The channels of a trained network are multiplied by random factors over orders of magnitude and divided again behind
them (benchmarks.ill_scaled): in float it answers as before. Quantized with one weight scale a tensor it collapses. Then
the detective (analyse.quantization_loss) is asked, its largest cure that changes anything is applied to the float
parent, and it is asked again, until top-1 is back within its paired interval of float and agreement is at 97 %, or
nothing is left to apply. A fifth of the items, 100 at most, calibrates; the detective looks at some of the rest; all of
the rest judges.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks import record
from benchmarks.ill_scaled import bounds_removed, ill_scaled
from core.cli.output import table
from core.data.dataset import DataSet
from core.data.open import open_data
from core.data.splits import divide, take
from core.formats.open import open_model
from core.measure.accuracy import Judged, judge
from core.measure.fidelity import fidelity
from core.measure.host import int8_arithmetic
from core.measure.statistics import paired
from core.methods.analyse.cures import Offer, cures_from
from core.methods.method import Context
from core.model.model import Model
from core.model.preprocessing import presets
from core.project.recipe import Step, run_step
from tests.conftest import ROOT, network_path, shared

CASES = {
    "sample": (ROOT / "resources/samples/digits.npz", "", 0),
    "resnet20": ("data/cifar10_jpeg/test_dev_2000.zip", "cifar10", 32),
    "mobilenetv1": ("data/imagenet_samples", "minus1to1", 224),
}
ROUNDS, ENOUGH = 4, 97.0


@dataclass(frozen=True)
class Row:
    """A stage. ``difference``: to the float network, paired, in points; ``named``: what the detective said."""

    network: str
    stage: str
    top1: float
    difference: float
    interval: tuple[float, float]
    agreement: float
    sqnr: float
    n: int
    seconds: float
    named: tuple[str, ...] = ()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", nargs="+", choices=list(CASES), default=list(CASES))
    parser.add_argument("--decades", type=float, default=3.0, help="orders of magnitude between channels")
    parser.add_argument("--items", type=int, default=32, help="the detective looks at")
    parser.add_argument("--json", type=Path, metavar="OUT")
    options = parser.parse_args()
    rows: list[Row] = []
    for network in options.networks:
        for row in story(network, options.decades, options.items):
            rows.append(row)
            print(words(row), flush=True)
    print(show(rows))
    record.save(options.json, [dataclasses.asdict(r) for r in rows], arithmetic=int8_arithmetic(), threads=1)
    return 0


def story(network: str, decades: float, items: int) -> Iterator[Row]:
    """From the float network to the cured one, stage by stage."""
    model, data = opened(network)
    good = bounds_removed(model)
    parent = ill_scaled(good, decades)
    judged = take(divide(data, 0).judge, 1000)
    reference = judge(parent, judged)
    yield rated(network, "float, before the factors", good, parent, judged, reference, 0.0)
    yield rated(network, "float, ill-scaled", parent, parent, judged, reference, 0.0)
    step = Step("quantize.static", {"granularity": "tensor"})
    stage = "int8, one scale a tensor"
    for left in reversed(range(ROUNDS)):
        start = time.perf_counter()
        made = run_step(parent, step, Context(data=data)).model
        assert made is not None, "quantize.static gives a model"
        row = rated(network, stage, made, parent, judged, reference, time.perf_counter() - start)
        well = row.interval[1] >= 0 and row.agreement >= ENOUGH
        found = () if well or not left else asked(made, parent, data, items)
        yield dataclasses.replace(row, named=tuple(described(o) for o in found))
        offer = next((o for o in found if o.step and Step.from_json(dict(o.step)) != step), None)
        if offer is None:
            return
        step, stage = Step.from_json(dict(offer.step)), f"cure: {offer.words}"


def opened(network: str) -> tuple[Model, DataSet]:
    place, preset, size = CASES[network]
    model = open_model(network_path(network))
    if preset:
        model = model.with_preprocessing(presets(size, size)[preset])
    return model, open_data(place if isinstance(place, Path) else shared(place))


def asked(made: Model, parent: Model, data: DataSet, items: int) -> tuple[Offer, ...]:
    """The detective's offers, the largest share of the loss first."""
    step = Step("analyse.quantization_loss", {"items": items})
    return cures_from(run_step(made, step, Context(data=data, teacher=parent)).report)


def described(offer: Offer) -> str:
    layers = f"{len(offer.layers)} layer" + ("s" if len(offer.layers) != 1 else "")
    return f"{offer.cause} ({layers}, {offer.share:.0f} % of the loss): {offer.words}"


def rated(
    network: str, stage: str, model: Model, parent: Model, judged: DataSet, reference: Judged, seconds: float
) -> Row:
    right = judge(model, judged).correct
    pairs, close = paired(reference.correct, right).difference, fidelity(parent, model, judged, limit=None)
    assert pairs.interval is not None, "a paired difference has an interval"
    assert close.agreement is not None, "these networks classify"
    return Row(
        network, stage, 100 * float(right.mean()), pairs.value, pairs.interval, close.agreement.value,
        close.sqnr.value, len(right), seconds,
    )  # fmt: skip


def words(row: Row) -> str:
    said = "".join(f"\n    {line}" for line in row.named)
    return f"{row.network}, {row.stage}: top-1 {row.top1:.2f}, agreement {row.agreement:.2f} %{said}"


def show(rows: list[Row]) -> str:
    columns = ("network", "stage", "top-1", "to float [95 %]", "agreement", "SQNR dB", "n", "seconds")
    cells = [
        (r.network, r.stage, f"{r.top1:.2f}", f"{r.difference:+.2f} [{r.interval[0]:+.2f}, {r.interval[1]:+.2f}]",
         f"{r.agreement:.2f}", f"{r.sqnr:.2f}", r.n, f"{r.seconds:.1f}")
        for r in rows
    ]  # fmt: skip
    return "\n" + table(columns, cells)


if __name__ == "__main__":
    sys.exit(main())
