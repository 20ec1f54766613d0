"""int8 TFLite in LiteRT beside the QDQ revision in optimised onnxruntime: every reference network, real images.

    python -m benchmarks.quantization_agreement [--networks KEY ...] [--items 8] [--json OUT]

The reference networks have drawn weights; the four trained ones are run as well, and the ViT and the BERT that
benchmarks.trained_transformers trains (minutes, once, kept in ``--cache``). Images are the ImageNet samples as each
network prepares them, CIFAR-10 for those that take 32 pixels; where one takes no pictures the inputs are noise, and the
row says so. Asked is DESIGN.md's tolerance: at most one step of an output's scale on 99 % of the values, two on
all. Where that fails, every layer is compared on the inputs that it has in the file, as the exporter does before it
refuses (core.exporters.tflite.layer_by_layer): networks that make much of a single rounding hold so. A network that
cannot be quantized or written names the operator.
"""

from __future__ import annotations

import argparse
import dataclasses
import gc
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks import record
from benchmarks.trained_transformers import CACHE, data_of, trained
from core.cli.output import table
from core.data.dataset import Array, Item
from core.data.feed import batches, prepare
from core.data.noise import noise
from core.data.open import open_data
from core.data.splits import take
from core.errors import UserError
from core.execute.runtimes import onnx_session
from core.exporters.proof import MOST_STEPS, ONE_STEP_SHARE
from core.exporters.proof import Inputs as ProofInputs
from core.exporters.tflite.candidate import litert_candidate
from core.exporters.tflite.convert import Converted, convert
from core.exporters.tflite.layer_by_layer import by_layers
from core.exporters.tflite.rules import broken_rules
from core.formats.open import open_model
from core.jobs import Job
from core.measure.host import int8_arithmetic
from core.methods.method import Context
from core.methods.quantize.static import Activations, Params, quantize_static
from core.model.model import Model
from core.model.preprocessing import presets
from core.references.create import create
from core.references.reference import load_references
from tests.conftest import MODELS, network_path, shared

TRAINED = {"mobilenetv2": "imagenet", "mobilenetv1": "minus1to1", "squeezenet": "imagenet", "resnet20": "cifar10"}
TRANSFORMERS = {"vit, trained": "vit", "bert, trained": "bert"}
STEPS = (0, 1, 2)


@dataclass
class Row:
    """``steps``: share of the values at most so many steps apart, in percent; ``why``: what failed, or ''."""

    network: str
    on: str = ""
    values: int = 0
    steps: dict[int, float] = field(default_factory=dict)
    most: int | None = None
    holds: bool | None = None
    by_layers: bool | None = None  # asked only where the outputs do not hold
    layers: int = 0
    layers_most: int | None = None  # steps
    layers_equal: float | None = None  # % of their values
    operators: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    why: str = ""


def main() -> int:
    known = [*TRAINED, *TRANSFORMERS, *load_references().keys()]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", nargs="+", choices=known, default=known, metavar="KEY")
    parser.add_argument("--items", type=int, default=8, help="that calibrate, and as many others that are compared")
    parser.add_argument("--activations", default="uint8", choices=("uint8", "int8"))
    parser.add_argument("--cache", type=Path, default=CACHE, help="of trained transformers")
    parser.add_argument("--json", type=Path, metavar="OUT")
    options = parser.parse_args()
    rows = []
    for network in options.networks:
        rows.append(agreement(network, options.items, options.activations, options.cache))
        print(line(rows[-1]), flush=True)
        gc.collect()
    print(show(rows))
    record.save(options.json, [dataclasses.asdict(r) for r in rows], arithmetic=int8_arithmetic(), items=options.items)
    return 0


def agreement(network: str, items: int, activations: str, cache: Path) -> Row:
    found = Row(network)
    start = time.perf_counter()
    try:
        model = network_of(network, cache)
        data, found.on = texts(model, 2 * items, cache) if network == "bert, trained" else inputs_of(model, 2 * items)
        asked = Params(bias_correction=False, search_ranges=False, activations=Activations(activations))
        made = quantize_static(model, data.part(0, items), asked, Context()).model
        converted = convert(made)
        broken = broken_rules(converted.data)
        found.why = broken[0] if broken else compare(found, made, converted, data.part(items, 2 * items))
        found.operators = dict(converted.ops)
    except UserError as error:
        found.why = error.message
    found.seconds = time.perf_counter() - start
    return found


# networks and their inputs --------------------------------------------------------------------------------------------


class Inputs:
    """A data set of arrays ready for each of a network's inputs."""

    def __init__(self, arrays: Mapping[str, Array]) -> None:
        self.name = self.location = "inputs"
        self.classes: tuple[str, ...] = ()
        self.arrays = dict(arrays)
        self.items: Sequence[Item] = [Item(str(k)) for k in range(len(next(iter(arrays.values()))))]

    def load(self, index: int) -> dict[str, Array]:
        return {name: values[index] for name, values in self.arrays.items()}

    def part(self, first: int, last: int) -> Inputs:
        return Inputs({name: values[first:last] for name, values in self.arrays.items()})


def network_of(network: str, cache: Path) -> Model:
    if network in TRANSFORMERS:
        return trained(TRANSFORMERS[network], cache)
    if network in MODELS:
        model, preset = open_model(network_path(network)), TRAINED[network]
    else:
        reference = load_references().get(network)
        model, preset = create(reference), reference.preprocess
    size = next((s.image_size for s in model.inputs if s.image_size), None)
    if preset and size and len(model.inputs) == 1:
        model = model.with_preprocessing(presets(*size)[preset])
    return model


def inputs_of(model: Model, count: int) -> tuple[Inputs, str]:
    """``count`` items and what they are: pictures where the network takes some, noise for every other input."""
    arrays = noise(model.inputs, count)
    pictures = [s for s in model.inputs if s.image_size and s.preprocessing is not None]
    for spec in pictures:
        place = "data/cifar10_jpeg/test_dev_2000.zip" if spec.image_size == (32, 32) else "data/imagenet_samples"
        data = take(open_data(shared(place)), count)
        arrays[spec.name] = np.stack([prepare(data, k, [spec])[spec.name] for k in range(count)])
    if not pictures:
        return Inputs(arrays), "noise"
    return Inputs(arrays), "images" if len(pictures) == len(model.inputs) else "images, noise for the other inputs"


def texts(model: Model, count: int, cache: Path) -> tuple[Inputs, str]:
    """The first items of the test set that the trained BERT is judged on."""
    batch = next(batches(take(data_of("bert", cache)[1], count), model, count))
    return Inputs(batch.feed), "interface texts"


# comparing ------------------------------------------------------------------------------------------------------------


def compare(found: Row, made: Model, converted: Converted, data: Inputs) -> str:
    """Fill in how many steps apart the outputs are; gives '' or the first layer that differs."""
    candidate, session = litert_candidate(converted.data, converted), onnx_session(made, exact=True)
    feeds = [{name: values[k : k + 1] for name, values in data.arrays.items()} for k in range(len(data.items))]
    pairs = [(session.run(feed), candidate.run(feed)) for feed in feeds]
    counts: Counter[int] = Counter()
    for name in converted.outputs:
        wanted, given = (np.stack([pair[side][name] for pair in pairs]).astype(np.float64) for side in (0, 1))
        # an output in float moves in steps as well: 1/255 of its range on these inputs, as the exporter's proof has it
        step = candidate.steps.get(name) or float(np.ptp(wanted)) / 255 or 1.0
        apart, times = np.unique(np.rint(np.abs(wanted - given) / step).astype(np.int64), return_counts=True)
        counts.update(dict(zip(apart.tolist(), times.tolist(), strict=True)))
    found.values, found.most = sum(counts.values()), max(counts)
    found.steps = {k: 100 * sum(n for apart, n in counts.items() if apart <= k) / found.values for k in STEPS}
    found.holds = found.most <= MOST_STEPS and found.steps[1] >= 100 * ONE_STEP_SHARE
    return "" if found.holds else compare_layers(found, made, converted, feeds)


def compare_layers(found: Row, made: Model, converted: Converted, feeds: Sequence[Mapping[str, Array]]) -> str:
    """Fill in how far layers are apart on the file's own values; gives what there is to say."""
    inputs = ProofInputs(lambda: iter(feeds), len(feeds), len(feeds), found.on, found.on == "images")
    layers = by_layers(made, converted, inputs, Job())
    found.by_layers, found.layers, found.layers_most = layers.passed, len(layers.layers), layers.most
    found.layers_equal = 100 * layers.equal
    if layers.passed:
        return (
            f"each of {found.layers} layers holds on the values of the file, at most {found.layers_most} steps apart, "
            f"{found.layers_equal:.5f} % equal"
        )
    return f"layer '{layers.worst.layer}' differs by {layers.worst.most} steps on the same values"


# words ----------------------------------------------------------------------------------------------------------------


def line(row: Row) -> str:
    shares = " / ".join(f"{row.steps[k]:.2f}" for k in STEPS) if row.steps else "-"
    words = "by layers" if row.by_layers else {True: "holds", False: "FAILS", None: "no file"}[row.holds]
    return (
        f"{row.network:20} {words:9} within 0 / 1 / 2 steps {shares} %, most {row.most}, {row.seconds:.0f} s {row.why}"
    )


def show(rows: Sequence[Row]) -> str:
    columns = ("network", "inputs", "values", "0 steps %", "1 step %", "2 steps %", "most", "holds", "by layers")
    cells = [(r.network, r.on, r.values, *(r.steps.get(k) for k in STEPS), r.most, r.holds, r.by_layers) for r in rows]
    counted, layers = Counter(r.holds for r in rows), sum(bool(r.by_layers) for r in rows)
    ending = (
        f"{counted[True]} networks hold the tolerance at their outputs, {layers} layer by layer, "
        f"{counted[False] - layers} do not, {counted[None]} gave no file."
    )
    return "\n".join(["", table(columns, cells), ending, *(f"{r.network}: {r.why}" for r in rows if r.why)])


if __name__ == "__main__":
    sys.exit(main())
