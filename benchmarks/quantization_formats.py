"""Weights alone in every format, on four networks: python -m benchmarks.quantization_formats --json OUT

Each network is stored in each format, rounded to the nearest and (``--rounding gptq``) layer by layer on 100
calibration images with corrected biases; the file is written, opened again and judged on images that did not calibrate
(400 of ImageNet, 2,000 of CIFAR-10). "bytes" are those of the file's weights and have to equal the format's formula to
the byte; "bits" are what a weight takes with its scales and tables. Differences are to float on the same images, in
points of top-1, with 95 % intervals. ``--train`` adds incremental quantization (INQ) of ResNet-20: minutes more.
"""

from __future__ import annotations

import argparse
import hashlib
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import onnx_ir as ir

from benchmarks import quantization_data as data
from benchmarks import record
from core import params as parameters
from core.cli.output import table
from core.data.open import open_data
from core.data.splits import divide, take
from core.execute.runtimes import onnx_session
from core.formats.open import open_model
from core.jobs import Job
from core.measure.statistics import paired
from core.methods.method import Context, load_methods
from core.methods.quantize.formats import FORMATS, FormatSettings, WeightGranularity, load_formats
from core.methods.quantize.weight_places import weights
from core.methods.quantize.weights import Params, encode
from core.model.model import Model
from core.model.preprocessing import presets
from core.model.stored_weights import dequantized
from tests.conftest import network_path, shared

FORMS: dict[str, dict[str, Any]] = {
    "float16": {"format": "float16"},
    "int8": {"format": "int8"},
    "uint8": {"format": "uint8"},
    "int8, tensor": {"format": "int8", "granularity": "tensor"},
    "codebook, 6 bits": {"format": "codebook", "bits": 6},
    "additive powers, 6 bits": {"format": "additive_powers", "bits": 6},
    "powers of two, 5 bits": {"format": "powers_of_two", "bits": 5},
    "int4": {"format": "int4"},
    "int4, groups of 32": {"format": "int4", "granularity": "group"},
    "int4, blocks of 32": {"format": "int4", "granularity": "block"},
    "uint4": {"format": "uint4"},
    "codebook, 4 bits": {"format": "codebook", "bits": 4},
    "additive powers, 4 bits": {"format": "additive_powers", "bits": 4},
    "powers of two, 4 bits": {"format": "powers_of_two", "bits": 4},
    "codebook, 3 bits": {"format": "codebook", "bits": 3},
}
ROUNDINGS: dict[str, dict[str, Any]] = {"nearest": {}, "gptq": {"rounding": "gptq", "bias_correction": True}}
Row = dict[str, Any]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", nargs="+", choices=list(data.CASES), default=list(data.CASES))
    parser.add_argument("--forms", nargs="+", choices=list(FORMS), default=list(FORMS))
    parser.add_argument("--rounding", nargs="+", choices=list(ROUNDINGS), default=["nearest"])
    parser.add_argument("--train", action="store_true", help="incremental quantization of ResNet-20 as well")
    parser.add_argument("--items", type=int, default=6000, help="that train")
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--bits", type=int, nargs="+", default=[5, 4, 3], help="of incremental quantization")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir(), "thimble_quantization"))
    parser.add_argument("--json", type=Path, metavar="OUT")
    options = parser.parse_args()
    rows: list[Row] = []
    for network in options.networks:
        rows += one_network(network, options)
    if options.train:
        rows += incremental(options)
    wrong = [f"{r['network']}, {r['form']}" for r in rows if r["bytes"] != r["formula"]]
    print(f"Bytes differ from the formula in: {'; '.join(wrong)}." if wrong else "All bytes equal their formulas.")
    record.save(options.json, rows, threads=1)
    return bool(wrong)


def one_network(network: str, options: argparse.Namespace) -> list[Row]:
    case = data.load(network, options.cache)
    scores = data.float_scores(case, options.cache / network / "float.npy")
    items = judged(case)
    known = data.answers(case, scores[items], scores, items)
    rows = [_row(network, "float32", "", _bytes(case.model), _bytes(case.model), 32.0, known, known, 0.0)]
    for form in options.forms:
        rows += [stored(case, form, rounding, scores, known, options.cache) for rounding in options.rounding]
    print(show(rows), flush=True)
    return rows


def judged(case: data.Case) -> Any:
    """The images that judge: all that the method's own division does not calibrate on."""
    everything = np.arange(len(case.judge.items))
    return everything if case.pool is not None else np.setdiff1d(everything, divide(case.judge).calibration.indices)


def stored(case: data.Case, form: str, rounding: str, scores: data.Array, known: data.Answers, cache: Path) -> Row:
    """One format on one network: written, opened, judged."""
    values = parameters.from_json(Params, {**FORMS[form], **ROUNDINGS[rounding]})
    ctx = Context(data=case.pool or case.judge) if ROUNDINGS[rounding] else Context()
    start = time.perf_counter()
    made = load_methods().get("quantize.weights").run(case.model, values, ctx)
    seconds = time.perf_counter() - start
    assert made.model is not None, "the method gives a model"
    opened = written(made.model, cache)
    found = data.answers(case, data.scores_of_onnx(onnx_session(opened), case, known.item), scores, known.item)
    bits = made.report.measures["bits_per_weight"].value
    return _row(case.network, form, rounding, _bytes(opened), formula(case.model, values), bits, found, known, seconds)


def formula(model: Model, params: Params) -> int:
    """What the file's weights should take, by the formulas alone: stored weights, and the others as they are."""
    load_formats()
    encoded = encode(model, params, Context(), Job())
    gone = sum(4 * c.weight.size for c in encoded.chosen)
    new = sum(FORMATS.get(c.format).stored_bytes(c.weight, c.settings) for c in encoded.chosen)
    return _bytes(encoded.model) - gone + new


def written(model: Model, cache: Path) -> Model:
    """The model as a file holds it."""
    content = ir.to_proto(model.graph).SerializeToString()
    path = cache / "formats" / f"{hashlib.sha256(content).hexdigest()[:16]}.onnx"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return open_model(path)


def _bytes(model: Model) -> int:
    tensors = (v.const_value for v in model.graph.graph.initializers.values())
    return sum(len(t.tobytes()) for t in tensors if t is not None)


def _row(
    network: str, form: str, rounding: str, size: int, wanted: int, bits: float, found: data.Answers,
    known: data.Answers, seconds: float,
) -> Row:  # fmt: skip
    pair = paired(known.right, found.right, network)
    noise = float(found.error.sum())
    return {
        "network": network, "form": form, "rounding": rounding, "bytes": size, "formula": wanted, "bits": bits,
        "n": len(found.item), "top1": 100 * float(found.right.mean()), "difference": pair.difference.value,
        "interval": pair.difference.interval, "p": pair.p_value,
        "agreement": 100 * float((found.answer == known.answer).mean()),
        "sqnr": 10 * np.log10(float(found.signal.sum()) / noise) if noise else None, "seconds": seconds,
    }  # fmt: skip


def incremental(options: argparse.Namespace) -> list[Row]:
    """ResNet-20 in powers of two, fixed group by group with the float network as teacher."""
    model = open_model(network_path("resnet20")).with_preprocessing(presets(32, 32)["cifar10"])
    case = data.load("resnet20", options.cache)
    scores = data.float_scores(case, options.cache / "resnet20" / "float.npy")
    known = data.answers(case, scores, scores, np.arange(len(case.judge.items)))
    train = take(open_data(shared(data.CIFAR_TRAIN)), options.items, seed=1)
    ctx = Context(data=train, test=open_data(shared(data.CASES["resnet20"][0])), teacher=model)
    method, rows = load_methods().get("quantize.incremental"), []
    for bits in options.bits:
        values = {"bits": bits, "epochs": options.epochs, "flip": True}
        start = time.perf_counter()
        done = method.run(model, parameters.from_json(method.params, values), ctx)
        seconds = time.perf_counter() - start
        assert done.model is not None, "a training gives a model"
        opened = written(done.model, options.cache)
        found = data.answers(case, data.scores_of_onnx(onnx_session(opened), case, known.item), scores, known.item)
        settings = FormatSettings(bits, WeightGranularity.TENSOR)
        wanted, wide = trained_formula(opened, settings), done.report.measures["bits_per_weight"].value
        form = f"powers of two, {bits} bits"
        rows.append(_row("resnet20", form, "INQ", _bytes(opened), wanted, wide, found, known, seconds))
    print(show(rows), flush=True)
    return rows


def trained_formula(opened: Model, settings: FormatSettings) -> int:
    """The same for a network whose every weight became powers of two."""
    plain = dequantized(opened)
    items, _ = weights(plain, lambda node: True)
    change = [FORMATS.get("powers_of_two").stored_bytes(w, settings) - 4 * w.size for w in items]
    return _bytes(plain) + sum(change)


def show(rows: list[Row]) -> str:
    lines = []
    for r in rows:
        low, high = r["interval"]
        change = "" if r["form"] == "float32" else f"{r['difference']:+.2f} ({low:+.1f} to {high:+.1f})"
        noise = "" if r["sqnr"] is None else f"{r['sqnr']:.1f}"
        lines.append((
            r["network"], r["form"], r["rounding"], f"{r['bits']:.2f}", r["bytes"], r["bytes"] - r["formula"],
            f"{r['top1']:.2f}", change, f"{r['agreement']:.2f}", noise, f"{r['seconds']:.1f}",
        ))  # fmt: skip
    columns = (
        "network",
        "format",
        "rounding",
        "bits",
        "bytes",
        "less formula",
        "top-1",
        "to float",
        "same answer",
        "SQNR",
        "s",
    )
    return table(columns, lines)


if __name__ == "__main__":
    raise SystemExit(main())
