"""Networks and data on which nobody tuned quantization, as cases of benchmarks.quantization_data.

Two are MLPerf Tiny's, published as TFLite files (benchmarks.held_out_tflite): the keyword DS-CNN and the CIFAR-10
ResNet8. The others are trained on the spot (benchmarks.held_out_training). The keyword file, though called float,
stores its first and its 1x1 convolutions in int8: they are read as the numbers they stand for, so 8 bits per channel
hold these weights nearly as they are.
"""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.held_out_tflite import all_float, from_tflite
from benchmarks.held_out_training import RECIPES, TEST, calibrating, trained
from benchmarks.quantization_data import Case, Prepared, prepared
from core.data.dataset import Array, Item
from core.data.open import open_data
from core.data.tasks import class_scores
from core.execute.litert_session import LiteRTSession
from core.execute.runtimes import onnx_session, open_session
from core.methods.quantize.ready import ready
from core.model.preprocessing import Preprocessing
from tests.conftest import shared

TINY = "models/mlperf_tiny"
WORDS = "data/kws01_features/kws01_mfcc_int8_1000.zip"
_WORD_SCALE, _WORD_ZERO = np.float32(0.5847029), 83  # of the 8-bit keyword network's input (kws_ref_model.tflite)
_CHECKED = 20  # items
TOLERANCE = 1e-4


@dataclass(frozen=True)
class Published:
    """TFLite files of MLPerf Tiny; their figures on our data are cited from the shared MANIFEST.tsv (top-1, %)."""

    file: str
    int8_file: str
    float_top1: float
    int8_top1: float


PUBLISHED = {
    "kws": Published("kws_ref_model_float32.tflite", "kws_ref_model.tflite", 90.0, 90.2),
    "resnet8": Published("pretrainedResnet.tflite", "pretrainedResnet_quant.tflite", 76.4, 76.15),
}
NETWORKS = (*PUBLISHED, *RECIPES)
DATA = {name: "words" if name == "kws" else "cifar10" for name in NETWORKS}  # same images, other networks


def load(network: str, cache: Path) -> Case:
    """The float network with its items prepared. Raises AssertionError where LiteRT answers something else."""
    if network == "kws":
        model, _ = ready(from_tflite(shared(f"{TINY}/{PUBLISHED[network].file}")))
        return Case(network, model, words(), None, 0)
    if network == "resnet8":
        raw = Preprocessing.from_json({"name": "raw", "steps": [{"step": "scale", "factor": 1.0}]})
        model = from_tflite(shared(f"{TINY}/{PUBLISHED[network].file}")).with_preprocessing(raw)
    else:
        model = trained(network, cache)
    model, _ = ready(model)
    size = model.inputs[0].shape[-1]
    judge = prepared(open_data(shared(TEST)), model, cache / f"test_{size}_{network == 'resnet8'}.npy")
    pool = prepared(calibrating(), model, cache / f"calibration_{size}_{network == 'resnet8'}.npy")
    return Case(network, model, judge, pool, 0)


def words() -> Prepared:
    """1,000 spoken words as spectrograms [1000, 1, 49, 10], scaled as the published 8-bit network reads them."""
    with zipfile.ZipFile(shared(WORDS)) as archive:
        rows = list(csv.reader(io.StringIO(archive.read("y_labels.csv").decode())))
        steps = np.stack([np.frombuffer(archive.read(row[0]), np.int8) for row in rows])
    arrays = (steps.astype(np.float32) - _WORD_ZERO) * _WORD_SCALE
    items = [Item(row[0], int(row[2])) for row in rows]
    return Prepared("words", arrays.reshape(-1, 1, 49, 10), items, tuple(f"class {k}" for k in range(12)))


def litert_difference(case: Case) -> float:
    """Largest difference of probabilities between our graph and LiteRT on the file, its stored weights made float.

    LiteRT rounds what meets stored int8 weights to 8 bits; with float weights in their place nothing is rounded.
    """
    theirs = LiteRTSession(all_float(shared(f"{TINY}/{PUBLISHED[case.network].file}")))
    session, worst = onnx_session(case.model), 0.0
    for x in case.judge.arrays[:_CHECKED]:
        wanted = theirs.run({theirs.inputs[0].name: np.ascontiguousarray(x.transpose(1, 2, 0)[None])})
        found = session.run({case.model.inputs[0].name: x[None]})
        worst = max(worst, float(np.abs(class_scores(found) - class_scores(wanted)).max()))
    return worst


def int8_scores(case: Case) -> Array:
    """What the published int8 file answers [N, C]: a peer that calibrated on other data."""
    session = open_session(shared(f"{TINY}/{PUBLISHED[case.network].int8_file}"))
    given, made = session.inputs[0], session.outputs[0]
    assert given.quantization, "its input is of integers"
    assert made.quantization, "its output is of integers"
    (scale, zero), kept = given.quantization, np.iinfo(given.dtype)
    found = []
    for x in case.judge.arrays:
        steps = np.clip(np.rint(x.transpose(1, 2, 0)[None] / scale) + zero, kept.min, kept.max)
        found.append(session.run({given.name: steps.astype(given.dtype)})[made.name])
    scores: Array = (np.concatenate(found).astype(np.float32) - made.quantization[1]) * made.quantization[0]
    return scores
