"""What benchmarks.quantization runs on: networks, prepared images, folds; and what a network answers, item by item."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.data.dataset import Array, DataSet, Item
from core.data.feed import batches, fixed_batch
from core.data.open import open_data
from core.data.splits import take
from core.data.tasks import background_offset, class_scores, ranks
from core.execute.runtimes import OnnxSession, onnx_session
from core.exporters.tflite.candidate import litert_candidate
from core.exporters.tflite.convert import Converted
from core.formats.open import open_model
from core.methods.quantize.ready import ready
from core.model.model import Model
from core.model.preprocessing import presets
from tests.conftest import network_path, shared

CASES = {  # where the images that judge are, their size, how they are prepared
    "mobilenetv2": ("data/imagenet_samples", 224, "imagenet"),
    "mobilenetv1": ("data/imagenet_samples", 224, "minus1to1"),
    "squeezenet": ("data/imagenet_samples", 224, "imagenet"),
    "resnet20": ("data/cifar10_jpeg/test_dev_2000.zip", 32, "cifar10"),
}
CIFAR_TRAIN = "data/cifar10_jpeg/train_20000.zip"
FOLDS, CALIBRATION = 5, 100
BATCH = 20
Flags = npt.NDArray[np.bool_]


class Prepared:
    """Images as the network takes them, kept in memory, so that no tool's seconds hold the decoding of files."""

    def __init__(self, name: str, arrays: Array, items: Sequence[Item], classes: tuple[str, ...]) -> None:
        self.name = self.location = name
        self.arrays, self.items, self.classes = arrays, items, classes

    def load(self, index: int) -> dict[str, Array]:
        return {"": self.arrays[index]}

    def some(self, indices: Sequence[int], name: str) -> Prepared:
        chosen = list(indices)
        return Prepared(name, self.arrays[chosen], [self.items[k] for k in chosen], self.classes)


@dataclass(frozen=True)
class Case:
    """A network in the form every tool is given, and its data. ``offset``: its output of the data's class 0."""

    network: str
    model: Model
    judge: Prepared
    pool: Prepared | None  # what calibrates where that is other data
    offset: int

    def calibration(self, fold: int) -> Prepared:
        source = self.pool or self.judge
        return source.some(_order(source)[fold * CALIBRATION : (fold + 1) * CALIBRATION], f"calibration {fold}")

    def judged(self, fold: int) -> npt.NDArray[np.int64]:
        """Which items judge: all that do not calibrate."""
        everything = np.arange(len(self.judge.items))
        if self.pool is not None:
            return everything
        calibrating = _order(self.judge)[fold * CALIBRATION : (fold + 1) * CALIBRATION]
        return np.setdiff1d(everything, calibrating)


def _order(data: Prepared) -> list[int]:
    return np.random.default_rng(0).permutation(len(data.items)).tolist()


def load(network: str, cache: Path) -> Case:
    """The network with BatchNormalization folded, its images prepared (kept in ``cache``)."""
    place, size, preset = CASES[network]
    model = open_model(network_path(network)).with_preprocessing(presets(size, size)[preset])
    model, _ = ready(model)
    data = open_data(shared(place))
    judge = prepared(data, model, cache / f"{Path(place).stem}_{preset}.npy")
    pool = None
    if network == "resnet20":
        chosen = take(open_data(shared(CIFAR_TRAIN)), FOLDS * CALIBRATION, seed=0)
        pool = prepared(chosen, model, cache / f"{Path(CIFAR_TRAIN).stem}_{preset}.npy")
    outputs = onnx_session(model).run({model.inputs[0].name: judge.arrays[:1]})
    offset = background_offset(class_scores(outputs).shape[1], model.labels, data)
    return Case(network, model, judge, pool, offset)


def prepared(data: DataSet, model: Model, kept: Path) -> Prepared:
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        arrays = np.concatenate([b.feed[model.inputs[0].name][: b.count] for b in batches(data, model, 50)])
        aside = kept.with_suffix(".part.npy")
        np.save(aside, arrays)
        aside.replace(kept)
    return Prepared(data.name, np.load(kept, mmap_mode="r"), list(data.items), data.classes)


# answers --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answers:
    """One network on one fold's images, arrays over ``item`` [N].

    ``right``: the first answer is; ``answer``: its class; ``signal`` and ``error``: sums of squares of the float
    network's outputs and of the difference to them, from which SQNR comes.
    """

    item: npt.NDArray[np.int64]
    right: Flags
    answer: npt.NDArray[np.int64]
    signal: npt.NDArray[np.float64]
    error: npt.NDArray[np.float64]

    def save(self, path: Path) -> None:
        np.savez(path, **{name: getattr(self, name) for name in self.__dataclass_fields__})

    @staticmethod
    def load(path: Path) -> Answers:
        with np.load(path) as found:
            return Answers(**{name: found[name] for name in Answers.__dataclass_fields__})


def float_scores(case: Case, kept: Path) -> Array:
    """The float network's scores of every item that can judge [N, C]; computed once."""
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        np.save(kept, scores_of_onnx(onnx_session(case.model), case, np.arange(len(case.judge.items))))
    found: Array = np.load(kept)
    return found


def scores_of_onnx(session: OnnxSession, case: Case, items: npt.NDArray[np.int64]) -> Array:
    size = fixed_batch(case.model.inputs) or BATCH
    name = session.inputs[0].name
    parts = [
        class_scores(session.run({name: np.ascontiguousarray(case.judge.arrays[items[k : k + size]])}))
        for k in range(0, len(items), size)
    ]
    return np.concatenate(parts)


def scores_of_tflite(data: bytes, layout: Converted, case: Case, items: npt.NDArray[np.int64]) -> Array:
    """``layout``: the float file's conversion, which says in which order it takes and gives values."""
    run = litert_candidate(data, layout).run
    name = case.model.inputs[0].name
    outputs: list[Mapping[str, Any]] = [run({name: case.judge.arrays[k : k + 1]}) for k in items]
    return np.concatenate([class_scores(o) for o in outputs])


def answers(case: Case, scores: Array, reference: Array, items: npt.NDArray[np.int64]) -> Answers:
    """``scores`` [N, C] are of ``items``, ``reference`` of all items of the data."""
    labels = np.array([case.judge.items[k].label for k in items], np.int64) + case.offset
    wanted = reference[items].astype(np.float64)
    return Answers(
        items,
        ranks(scores, labels) == 0,
        scores.argmax(axis=1).astype(np.int64),
        np.sum(wanted**2, axis=1),
        np.sum((wanted - scores) ** 2, axis=1),
    )
