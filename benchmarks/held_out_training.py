"""Small mobile networks trained here, on which nobody tuned quantization: python -m benchmarks.held_out_training

Three reference networks by Thimble's own training from scratch, on CIFAR-10 images at 64 pixels: inverted residuals
with ReLU6 (once short, once twice as long), the same with hard-swish and squeeze-and-excitation, and split, shuffled
channels. The 500 images that calibrate (benchmarks.quantization_data) train nothing, those that judge are other ones
again, and the last weights are kept, so nothing is chosen by accuracy. About 45 minutes of one core; what is in the
cache is not trained again.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import onnx_ir as ir

from core import params as parameters
from core.data.dataset import DataSet
from core.data.open import open_data
from core.data.splits import take, without
from core.formats.open import open_model
from core.jobs import Job, Progress
from core.methods.method import Context, load_methods
from core.model.model import Model
from core.model.preprocessing import presets
from core.references.create import create
from core.references.reference import load_references
from tests.conftest import shared

TRAIN, TEST = "data/cifar10_jpeg/train_20000.zip", "data/cifar10_jpeg/test_dev_2000.zip"
PIXELS, CALIBRATING = 64, 500
CACHE = Path(tempfile.gettempdir(), "heldout")


@dataclass(frozen=True)
class Recipe:
    """A reference network, its parameters, and epochs. ``begin``: another recipe's network that is trained on."""

    reference: str
    epochs: int
    params: Mapping[str, Any] = field(default_factory=dict)
    begin: str = ""


RECIPES = {
    "mobilenetv3": Recipe("mobilenet_v3_small", 10, {"width": 0.5}),
    "shufflenetv2": Recipe("shufflenet_v2_x0_5", 10),
    "mobilenetv2_035": Recipe("mobilenet_v2", 8, {"width": 0.35}),
    "mobilenetv2_longer": Recipe("mobilenet_v2", 8, {"width": 0.35}, begin="mobilenetv2_035"),
}


def trained(name: str, cache: Path = CACHE) -> Model:
    """The network of RECIPES with trained weights, from the cache where it is there."""
    path = cache / f"{name}.onnx"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_suffix(".part.onnx")
        ir.save(_train(name, RECIPES[name], cache).graph, aside)
        aside.replace(path)
    return open_model(path).with_preprocessing(presets(PIXELS, PIXELS)["cifar10"])


def calibrating() -> DataSet:
    """The training images that calibrate."""
    return take(open_data(shared(TRAIN)), CALIBRATING, seed=0)


def _train(name: str, recipe: Recipe, cache: Path) -> Model:
    model = trained(recipe.begin, cache) if recipe.begin else _fresh(recipe)
    data = open_data(shared(TRAIN))
    held = calibrating()  # training ends with a look at these
    rest = without(data, held)
    method = load_methods().get("train.scratch")
    values: dict[str, Any] = {"epochs": recipe.epochs, "batch_size": 128, "flip": True, "keep": "last"}
    if recipe.begin:
        values |= {"fresh": False, "learning_rate": 0.05}
    begin = time.process_time()
    ctx = Context(_told(name), data=rest, test=held, seed=0)
    done = method.run(model, parameters.from_json(method.params, values), ctx)
    assert done.model is not None, "a training gives a model"
    print(f"{name}: {time.process_time() - begin:.0f} s of a CPU, {dict(done.report.measures)}", flush=True)
    return done.model


def _fresh(recipe: Recipe) -> Model:
    reference = load_references().get(recipe.reference)
    wanted = {"classes": 10, "resolution": PIXELS, **recipe.params}
    model = create(reference, parameters.from_json(reference.params, wanted))
    return model.with_preprocessing(presets(PIXELS, PIXELS)["cifar10"])


def _told(name: str) -> Job:
    """A line a minute, so that a long run is seen to live."""
    last = [0.0]

    def tell(event: object) -> None:
        if isinstance(event, Progress) and time.monotonic() - last[0] > 60:
            last[0] = time.monotonic()
            print(f"  {name} {event.done:.0%} {event.message}", flush=True)

    return Job(tell)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", nargs="+", choices=list(RECIPES), default=list(RECIPES))
    parser.add_argument("--cache", type=Path, default=CACHE)
    options = parser.parse_args()
    for name in options.networks:
        trained(name, options.cache)


if __name__ == "__main__":
    main()
