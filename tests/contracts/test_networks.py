"""Every method and export target on every structure: it works, or it refuses in one sentence that names why.

The networks are small members of the reference families: two inputs, tokens, several outputs, attention, shuffles,
dense concatenation, skip connections. A new family with a new structure joins here; a new method is tried on all.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import numpy as np
import onnx
import onnx_ir as ir
import pytest

from core import params as parameters
from core.data.noise import noise
from core.data.open import open_data
from core.errors import UserError
from core.execute.runtimes import onnx_session
from core.exporters.exporter import load_exporters
from core.jobs import Job
from core.methods.method import Context, load_methods
from core.model.model import Model
from core.references import convnext, densenet, ghostnet, googlenet, shufflenet_v1, shufflenet_v2, swin
from core.references.create import create
from core.references.reference import load_references
from tests.conftest import EXPLORE
from tests.contracts.quick import QUICK, RENAMED

METHODS = {m.key: m for m in load_methods() if m.key not in RENAMED}
CLASSES, ITEMS = 4, 40
SMALL: dict[str, dict[str, Any]] = {
    "resnet20_cifar": {"width": 0.5, "resolution": 16},
    "densenet121": {"growth": 4, "resolution": 32},
    "googlenet": {"resolution": 32},
    "shufflenet_v1": {"width": 0.25, "resolution": 32},
    "shufflenet_v2_x0_5": {"resolution": 32},
    "ghostnet": {"width": 0.25, "resolution": 32},
    "mobilenet_v3_small": {"width": 0.35, "resolution": 32},
    "ds_cnn": {"filters": 16},
    "convnext_tiny": {"width": 0.25, "resolution": 32},
    "vit_tiny": {"dim": 48, "depth": 2, "resolution": 32},
    "swin_tiny": {"dim": 32, "head": 16, "resolution": 32, "window": 4},
    "bert_tiny": {"dim": 32, "vocab": 100, "sequence": 8},
    "unet": {"base": 4, "depth": 2, "resolution": 32},
    "yolo_nano": {"width": 0.1, "depth": 0.1, "resolution": 64},
    "two_input": {"resolution": 16},
}

# how often a block is repeated, where the families leave no choice: twice shows what ten times would
SHORT: dict[ModuleType, dict[str, Any]] = {
    convnext: {"_STAGES": ((96, 1), (192, 2), (384, 2), (768, 1))},
    densenet: {"_REPEATS": (2, 3, 3, 2)},
    ghostnet: {"_STAGES": tuple(rows if len(rows) == 1 else rows[-2:] for rows in ghostnet._STAGES)},
    googlenet: {"_MODULES": {k: v for k, v in googlenet._MODULES.items() if k[-2:] in ("3a", "3b", "4a", "4e", "5b")}},
    shufflenet_v1: {"_REPEATS": (2, 3, 2)},
    shufflenet_v2: {"_REPEATS": (2, 3, 2)},
    swin: {"_DEPTHS": (2, 2, 1, 1)},
}

# trainings share one loop, and the executor has tests of its own for every operator: a structure of each kind will do,
# unless all is asked for (HYPOTHESIS_PROFILE=explore)
TRAINED = {"two_input", "bert_tiny", "vit_tiny", "densenet121", "shufflenet_v2_x0_5", "unet"}
# likewise acts that do over and over what another does once: quantize statically, run with channels masked
REPEATING = {"quantize.mixed", "quantize.rescue", "analyse.pruning_sensitivity"}
LEFT_OUT: set[tuple[str, str]] = set()
if not EXPLORE:
    few = {m.key for m in METHODS.values() if m.trains or m.key in REPEATING}
    LEFT_OUT = set(itertools.product(few, SMALL.keys() - TRAINED))

# the search of ranges walks through the network layer by layer, several times: tried on a structure of each kind, too
SEARCHED = {("quantize.mixed", key): {"search_ranges": True} for key in TRAINED}


@functools.cache
def network(key: str) -> Model:
    reference = load_references().get(key)
    known = {s.name for s in parameters.specs(reference.params)}
    wanted = {**SMALL[key], "classes": CLASSES}
    assert wanted.keys() <= known
    with contextlib.ExitStack() as stack:
        for family, constants in SHORT.items():
            stack.enter_context(mock.patch.multiple(family, **constants))
        return create(reference, parameters.from_json(reference.params, wanted))


@functools.cache
def data(key: str) -> Any:
    """Labelled noise of the network's own inputs."""
    inputs = network(key).inputs
    items = [noise(inputs, 1, seed) for seed in range(ITEMS)]
    arrays = {name: np.concatenate([item[name] for item in items]) for name in items[0]}
    path = Path(tempfile.mkdtemp()) / "noise.npz"
    np.savez(path, **arrays, labels=np.arange(ITEMS) % CLASSES)
    return open_data(str(path))


def attempt(act: Callable[[], Any]) -> Any:
    """What an act gives, or the sentence it refuses with."""
    try:
        return act()
    except UserError as refusal:
        return refusal.message


def is_sentence(text: str) -> bool:
    return text.endswith(".") and "\n" not in text


CLASSIFIERS = set(SMALL) - {"unet", "yolo_nano"}
MUST_WORK = {("prune.magnitude", k) for k in SMALL} | {("quantize.static", k) for k in SMALL}
MUST_WORK |= {(m, k) for m in ("tune.finetune", "train.scratch") for k in CLASSIFIERS}
MUST_WORK |= {("prune.weights", k) for k in SMALL}
MUST_WORK |= {(m, k) for m in ("prune.gradual", "prune.dynamic") for k in CLASSIFIERS}


# network by network: what runs a float network is made once for all methods
TRIED = [(method, key) for key, method in itertools.product(SMALL, METHODS) if (method, key) not in LEFT_OUT]


@pytest.mark.parametrize(("method", "key"), TRIED)
def test_method(method: str, key: str) -> None:
    model = network(key)
    values = parameters.from_json(METHODS[method].params, QUICK.get(method, {}) | SEARCHED.get((method, key), {}))
    context = Context(data=data(key), teacher=model, seed=1)
    outcome = attempt(lambda: METHODS[method].run(model, values, context))
    if isinstance(outcome, str):
        assert is_sentence(outcome)
        assert (method, key) not in MUST_WORK, outcome
    elif outcome.model is not None:
        onnx.checker.check_model(ir.to_proto(outcome.model.graph))
        answers = onnx_session(outcome.model).run(noise(model.inputs, 2, seed=9))
        assert all(np.isfinite(a).all() for a in answers.values())


@pytest.mark.parametrize("key", SMALL)
@pytest.mark.parametrize("target", load_exporters().keys())
def test_export(key: str, target: str, tmp_path: Path) -> None:
    exporter = load_exporters().get(target)
    exported = attempt(lambda: exporter.write(network(key), tmp_path / f"out{exporter.suffix}", data(key), Job()))
    if isinstance(exported, str):
        assert target != "onnx", exported
        assert is_sentence(exported)
        assert exported.startswith("Layer '"), "a refusal names the layer"
        assert not list(tmp_path.iterdir())
    else:
        assert exported.proof.passed
        assert exported.proof.proven
