"""The ways to quantize that benchmarks.quantization compares: ours, as far as they are registered, and the peers'.

Every way gets the same float graph, the same 100 prepared images and one thread, and leaves a file. What was made and
answered is kept in a folder, one file a network, way and fold, so that an interrupted run goes on. Answers of ours are
made again once the source code of quantization has changed.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import quantization_peer as peer
from benchmarks.quantization_data import (
    Answers,
    Case,
    Prepared,
    answers,
    float_scores,
    scores_of_onnx,
    scores_of_tflite,
)
from core import params as parameters
from core.errors import UserError
from core.execute.runtimes import OnnxSession
from core.exporters.tflite.convert import convert
from core.formats.onnx_file import save_onnx
from core.methods.method import Context, load_methods
from core.methods.quantize.static import Params, quantize_static
from core.model.model import Model

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ("core/methods/quantize/**/*.py", "core/model/qdq*.py")  # whose changes make our answers old
_REPORTED = 10  # images that an act's own report is judged on
BARE, PLAIN, FLOAT = "onnxruntime as it comes", "onnxruntime MinMax", "float"


@dataclass(frozen=True)
class Way:
    """``make(case, data, fold)`` gives the quantized model; ``absent()`` says '' or why there is no such thing."""

    key: str
    make: Callable[[Case, Prepared, int], Model] | None = None  # None: a peer's, known by the key
    absent: Callable[[], str] = lambda: ""
    networks: tuple[str, ...] = ()  # where it is asked; all where empty
    runtime: str = "onnxruntime"

    @property
    def ours(self) -> bool:
        return self.make is not None

    def why_not(self, network: str) -> str:
        if self.networks and network not in self.networks:
            return "not asked here"
        return self.absent() if self.ours else peer.missing(self.key)


@dataclass(frozen=True)
class Made:
    """A way on one fold. ``seconds`` on the clock and of the ``processor``; ``bytes`` of the file by runtime."""

    file: Path
    answers: Answers
    seconds: float
    processor: float
    bytes: Mapping[str, int]
    notes: tuple[str, ...] = ()
    exact: Answers | None = field(default=None)  # under exact sums, where this processor's own saturate


# ours -----------------------------------------------------------------------------------------------------------------


def static(**asked: Any) -> dict[str, Any]:
    """``make`` and ``absent`` of a setting of quantize.static."""

    def absent() -> str:
        known = {f.name: f for f in dataclasses.fields(Params)}
        lacking = [name for name in asked if name not in known]
        if lacking:
            return f"quantize.static has no {', '.join(lacking)} yet"
        return _refused(lambda: parameters.from_json(Params, asked))

    def make(case: Case, data: Prepared, fold: int) -> Model:
        values: Params = parameters.from_json(Params, asked)
        return quantize_static(case.model, data, values, Context(seed=fold)).model

    return {"make": make, "absent": absent}


def by_method(key: str, calibrating: int = 100, **asked: Any) -> dict[str, Any]:
    """``make`` and ``absent`` of a whole act. Of the 100 images ``calibrating`` are its calibration part, the others
    its training part, which it divides itself; the few that its own report is judged on decide nothing.
    """

    def absent() -> str:
        if key not in load_methods():
            return f"there is no {key} yet"
        return _refused(lambda: parameters.from_json(load_methods().get(key).params, asked))

    def make(case: Case, data: Prepared, fold: int) -> Model:
        method = load_methods().get(key)
        ctx = Context(data=_divided(case, data, fold, calibrating), seed=fold)
        made = method.run(case.model, parameters.from_json(method.params, asked), ctx).model
        assert made is not None, f"{key} gives a model"
        return made

    return {"make": make, "absent": absent}


def _divided(case: Case, data: Prepared, fold: int, calibrating: int) -> Prepared:
    reported = case.judge.some(case.judged(fold)[:_REPORTED].tolist(), data.name)
    kinds = ["calibration"] * calibrating + ["train"] * (len(data.items) - calibrating) + ["test"] * _REPORTED
    items = [dataclasses.replace(i, part=k) for i, k in zip((*data.items, *reported.items), kinds, strict=True)]
    return Prepared(data.name, np.concatenate([data.arrays, reported.arrays]), items, data.classes)


def _refused(act: Callable[[], Any]) -> str:
    try:
        act()
    except UserError as error:
        return error.message
    return ""


OURS = (
    Way("plain", **static(search_ranges=False, bias_correction=False)),
    Way("default", **static()),
    Way("default in LiteRT", **static(), runtime="LiteRT"),
    Way("ranges as seen", **static(search_ranges=False)),
    Way("biases as they are", **static(bias_correction=False)),
    Way("percentile", **static(search_ranges=False, calibrator="percentile")),
    Way("entropy", **static(search_ranges=False, calibrator="entropy")),
    Way("mse", **static(search_ranges=False, calibrator="mse")),
    Way("equalized", **static(equalize=True)),
    Way("equalized, mse", **static(equalize=True, calibrator="mse")),
    Way("gptq", **static(rounding="gptq")),
    Way("adaround", **static(rounding="adaround")),
    Way("rescued", **by_method("quantize.rescue", 20)),
    Way("mixed", **by_method("quantize.mixed", 100, most_layers=5, choose_by="calibration")),
    Way("mixed, mse", **by_method("quantize.mixed", 100, most_layers=5, choose_by="calibration", calibrator="mse")),
    Way("int4 weights", **static(precision="int4"), networks=("resnet20",)),
    Way("int4 weights, gptq", **static(precision="int4", rounding="gptq"), networks=("resnet20",)),
)
PEERS = tuple(Way(tool, runtime="LiteRT" if tool.startswith("ai-edge") else "onnxruntime") for tool in peer.TOOLS)
WAYS = {way.key: way for way in (*PEERS, *OURS)}


# one way on one fold --------------------------------------------------------------------------------------------------


def made(case: Case, way: Way, fold: int, cache: Path, again: bool = False, exact: bool = False) -> Made:
    """Quantized and answered, or as the cache has it. ``exact``: answered under exact sums as well."""
    folder = cache / case.network / way.key.replace(" ", "_").replace(",", "") / f"fold{fold}"
    kept, mark = folder / "made.json", _mark(way)
    if not again and kept.exists() and (found := json.loads(kept.read_text())).get("mark") == mark:
        return _read(folder, found)
    folder.mkdir(parents=True, exist_ok=True)
    kept.unlink(missing_ok=True)
    data = case.calibration(fold)
    told = _by_us(way, case, data, fold, folder) if way.ours else _by_peer(way, case, data, folder, cache)
    items, reference = case.judged(fold), float_scores(case, cache / case.network / "float.npy")
    file = folder / told["file"]
    if way.runtime == "LiteRT":
        scores = scores_of_tflite(file.read_bytes(), convert(case.model), case, items)
        answers(case, scores, reference, items).save(folder / "answers.npz")
    else:
        for name, precise in (("answers", False), *((("exact", True),) if exact else ())):
            scores = scores_of_onnx(OnnxSession(file, exact=precise), case, items)
            answers(case, scores, reference, items).save(folder / f"{name}.npz")
    kept.write_text(json.dumps({**told, "mark": mark}, indent=1))
    return _read(folder, told)


def _read(folder: Path, told: Mapping[str, Any]) -> Made:
    exact = folder / "exact.npz"
    return Made(
        folder / told["file"], Answers.load(folder / "answers.npz"), told["seconds"], told["processor"],
        told["bytes"], tuple(told["notes"]), Answers.load(exact) if exact.exists() else None,
    )  # fmt: skip


def _by_us(way: Way, case: Case, data: Prepared, fold: int, folder: Path) -> dict[str, Any]:
    assert way.make is not None
    begin = time.perf_counter(), time.process_time()
    model = way.make(case, data, fold)
    seconds, processor = time.perf_counter() - begin[0], time.process_time() - begin[1]
    files, notes = {"onnxruntime": folder / "model.onnx"}, []
    save_onnx(model, files["onnxruntime"])
    try:
        written = folder / "model.tflite"
        written.write_bytes(convert(model).data)
        files["LiteRT"] = written
    except UserError as refusal:
        notes.append(f"no TFLite: {refusal.message}")
    sizes = {runtime: file.stat().st_size for runtime, file in files.items()}
    file = files[way.runtime].name
    return {"file": file, "seconds": seconds, "processor": processor, "bytes": sizes, "notes": notes}


def _by_peer(way: Way, case: Case, data: Prepared, folder: Path, cache: Path) -> dict[str, Any]:
    """The tool's seconds are those of its own process, without its imports."""
    suffix, arrays = (
        (".tflite", data.arrays.transpose(0, 2, 3, 1)) if way.runtime == "LiteRT" else (".onnx", data.arrays)
    )
    source, calibration = cache / case.network / f"float{suffix}", folder / "calibration.npy"
    if not source.exists():
        float_file(case, source)
    np.save(calibration, np.ascontiguousarray(arrays))
    target = folder / f"model{suffix}"
    told = peer.run_peer(way.key, source, calibration, target)
    calibration.unlink()
    return {"file": target.name, **told, "bytes": {way.runtime: target.stat().st_size}, "notes": []}


def float_file(case: Case, path: Path) -> None:
    """The float network as .onnx or .tflite."""
    if path.suffix == ".onnx":
        save_onnx(case.model, path)
    else:
        path.write_bytes(convert(case.model).data)


def _mark(way: Way) -> str:
    """What the answers were made with: our source code, or a tool's name (its version stands in the record)."""
    if not way.ours:
        return way.key
    digest = hashlib.sha256()
    for path in sorted(p for pattern in SOURCES for p in ROOT.glob(pattern)):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
