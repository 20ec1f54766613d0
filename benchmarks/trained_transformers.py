"""A ViT and a BERT with trained weights, made here: python -m benchmarks.trained_transformers --cache FOLDER

No pretrained transformer is at hand, so the reference networks are trained: ViT (patches of 4, 64 channels, 4 blocks)
on 20,000 CIFAR-10 images, mirrored and shifted, and BERT-Tiny on short interface texts in 20 languages
(benchmarks.interface_texts). AdamW, a warm-up, a cosine, the last weights; nothing is chosen on the items that judge.
About six and three minutes of one core; where the processor has bfloat16 products, torch's autocast uses them.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import onnx_ir as ir

from benchmarks import interface_texts
from core import params as parameters
from core.data.dataset import DataSet
from core.data.feed import batches
from core.data.open import open_data
from core.formats.open import open_model
from core.model.model import Model
from core.model.preprocessing import presets
from core.references.create import model_from_module, module_of
from core.references.reference import load_references
from tests.conftest import shared

if TYPE_CHECKING:
    import torch

Array = npt.NDArray[Any]
CACHE = Path(tempfile.gettempdir(), "thimble_quantization")
_SMOOTHING, _DECAY = 0.1, 0.05
_SHIFT = 4  # pixels


@dataclass(frozen=True)
class Recipe:
    """A reference network with its parameters, and how it is trained."""

    reference: str
    params: dict[str, Any]
    epochs: int
    rate: float
    batch: int = 128
    pictures: bool = False


RECIPES = {
    "vit": Recipe(
        "vit_tiny", {"patch": 4, "resolution": 32, "classes": 10, "dim": 64, "depth": 4, "heads": 2}, 12, 1e-3, 64,
        pictures=True,
    ),
    "bert": Recipe(
        "bert_tiny",
        {
            "vocab": interface_texts.VOCABULARY, "sequence": interface_texts.LENGTH,
            "positions": interface_texts.LENGTH, "classes": len(interface_texts.LANGUAGES),
        },
        8, 1e-3,
    ),
}  # fmt: skip


def data_of(name: str, cache: Path) -> tuple[DataSet, DataSet]:
    """(what trains and calibrates, what judges)"""
    if name == "vit":
        train, test = (shared(f"data/cifar10_jpeg/{n}.zip") for n in ("train_20000", "test_dev_2000"))
        return open_data(train), open_data(test)
    paths = interface_texts.write(cache / "bert")
    return open_data(paths["train"]), open_data(paths["test"])


def trained(name: str, cache: Path) -> Model:
    """The network of RECIPES with trained weights, from the cache where it is there."""
    path = cache / name / "trained.onnx"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        ir.save(_train(RECIPES[name], data_of(name, cache)[0]).graph, path)
    model = open_model(path)
    return model.with_preprocessing(presets(32, 32)["cifar10"]) if RECIPES[name].pictures else model


def _train(recipe: Recipe, data: DataSet) -> Model:
    import torch

    torch.manual_seed(0)
    reference = load_references().get(recipe.reference)
    params = parameters.from_json(reference.params, recipe.params)
    module = module_of(reference, params)
    model = model_from_module(reference, params, module)
    if recipe.pictures:
        model = model.with_preprocessing(presets(32, 32)["cifar10"])
    feeds, labels = _everything(data, model)
    steps = recipe.epochs * (len(labels) // recipe.batch)
    optimizer = torch.optim.AdamW(_grouped(module), recipe.rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, recipe.rate, steps, pct_start=1 / recipe.epochs, cycle_momentum=False
    )
    module.train()
    start, right, seen = time.process_time(), 0, 0
    for step, (inputs, target) in enumerate(_samples(feeds, labels, recipe), 1):
        with torch.autocast("cpu", torch.bfloat16, enabled=torch.ops.mkldnn._is_mkldnn_bf16_supported()):
            scores = module(*inputs)
        loss = torch.nn.functional.cross_entropy(scores.float(), target, label_smoothing=_SMOOTHING)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(module.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        right, seen = right + int((scores.argmax(1) == target).sum()), seen + len(target)
        if step % 100 == 0 or step == steps:
            seconds = time.process_time() - start
            print(
                f"  step {step} of {steps}: {100 * right / seen:.1f} % of training items, {seconds:.0f} s", flush=True
            )
            right, seen = 0, 0
    made = model_from_module(reference, params, module.eval())
    return made.with_preprocessing(presets(32, 32)["cifar10"]) if recipe.pictures else made


def _grouped(module: torch.nn.Module) -> list[dict[str, Any]]:
    """Weight decay for matrices alone."""
    matrices = [p for p in module.parameters() if p.dim() > 1]
    return [
        {"params": matrices, "weight_decay": _DECAY},
        {"params": [p for p in module.parameters() if p.dim() <= 1], "weight_decay": 0.0},
    ]


def _everything(data: DataSet, model: Model) -> tuple[list[Array], Array]:
    """All items as the network reads them, input by input."""
    found = list(batches(data, model, 500))
    feeds = [np.concatenate([b.feed[s.name] for b in found]) for s in model.inputs]
    return feeds, np.concatenate([b.labels for b in found])


def _samples(
    feeds: list[Array], labels: Array, recipe: Recipe
) -> Iterator[tuple[list[torch.Tensor], torch.Tensor]]:  # fmt: skip
    import torch

    rng = np.random.default_rng(0)
    for _ in range(recipe.epochs):
        order = rng.permutation(len(labels))
        for k in range(len(labels) // recipe.batch):
            rows = order[k * recipe.batch : (k + 1) * recipe.batch]
            chosen = [f[rows] for f in feeds]
            if recipe.pictures:
                chosen = [_moved(chosen[0], rng)]
            yield [torch.from_numpy(c) for c in chosen], torch.from_numpy(labels[rows])


def _moved(images: Array, rng: np.random.Generator) -> Array:
    """Half of them mirrored, each shifted by up to four pixels; [N, 3, H, W]."""
    side = images.shape[-1]
    padded = np.pad(images, ((0, 0), (0, 0), (_SHIFT, _SHIFT), (_SHIFT, _SHIFT)), mode="reflect")
    out = np.empty_like(images)
    for k, (y, x, mirror) in enumerate(rng.integers(0, (2 * _SHIFT + 1, 2 * _SHIFT + 1, 2), (len(images), 3))):
        out[k] = padded[k, :, y : y + side, x : x + side][:, :, :: -1 if mirror else 1]
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", nargs="+", choices=list(RECIPES), default=list(RECIPES))
    parser.add_argument("--cache", type=Path, default=CACHE)
    options = parser.parse_args()
    for name in options.networks:
        print(f"{name}: {sum(p.size for p in _parameters(trained(name, options.cache)))} parameters")


def _parameters(model: Model) -> list[ir.TensorProtocol]:
    tensors = (v.const_value for v in model.graph.graph.initializers.values())
    return [t for t in tensors if t is not None and t.dtype == ir.DataType.FLOAT]


if __name__ == "__main__":
    main()
