"""recover.batchnorm: statistics as torch computes them, kept only where they help."""

from __future__ import annotations

import numpy as np
import onnx_ir as ir
import pytest
import torch

from core.data.open import open_data
from core.data.preprocess import load_preprocessing
from core.errors import UserError
from core.execute.runtimes import onnx_session
from core.formats.open import open_model
from core.measure.accuracy import accuracy
from core.methods.method import Context, load_methods
from core.methods.prune.magnitude import Params as Magnitude
from core.methods.recover.batchnorm import settle
from core.methods.recover.items import divided
from core.model.model import Model
from tests.conftest import network_path, shared
from tests.core.random_networks import Network
from tests.core.test_recover_refit import noise
from tests.core.training_sets import digits, sample


def two_norms() -> Model:
    net = Network(seed=3)
    x = net.node("Relu", net.norm(net.conv("input", 3, 6), 6))
    net.x, net.channels = net.node("Relu", net.norm(net.conv(x, 6, 4), 4)), 4
    return net.model("pool_flatten_gemm")


def shifted(model: Model) -> Model:
    """The same with statistics that are far off."""
    new = model.clone()
    for name in {n.inputs[k].name for n in new.nodes() if n.op_type == "BatchNormalization" for k in (3, 4)}:
        value = new.graph.graph.initializers[name or ""]
        value.const_value = ir.tensor(value.const_value.numpy() * 3 + 1, name=name)  # type: ignore[union-attr]
    return new


def well_settled(model: Model, x: np.ndarray) -> Model:
    """A parent whose statistics are torch's, layer by layer, on these items."""
    new = model.clone()
    for node in [n for n in new.nodes() if n.op_type == "BatchNormalization"]:
        value = node.inputs[0].name or ""
        seen = torch.from_numpy(onnx_session(new, taps=[value]).run({"input": x})[value])
        norm = torch.nn.BatchNorm2d(seen.shape[1], momentum=None).train()
        norm(seen)
        count = seen.numel() // seen.shape[1]
        found = (norm.running_mean, norm.running_var * (count - 1) / count)  # torch divides by n - 1
        for slot, numbers in zip((3, 4), found, strict=True):
            name = node.inputs[slot].name or ""
            new.graph.graph.initializers[name].const_value = ir.tensor(numbers.numpy(), name=name)
    return new


def test_statistics_are_those_of_torch_layer_by_layer() -> None:
    data = noise(50)
    fit = divided(data, 40, 0).fit
    x = np.stack([fit.load(k)["input"] for k in range(len(fit.items))])
    parent = well_settled(two_norms(), x)
    new, report = settle(parent, shifted(parent), data, 40, Context())
    for node in parent.nodes():
        for slot in (3, 4) if node.op_type == "BatchNormalization" else ():
            name = node.inputs[slot].name or ""
            a, b = (m.graph.graph.initializers[name].const_value.numpy() for m in (new, parent))
            np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)
    assert report.measures["check_sqnr"].value > 60 > report.measures["check_sqnr_before"].value
    assert report.measures["settled_layers"].value == 2
    assert (report.measures["settled_layers"].n, report.measures["check_sqnr"].n) == (40, 10)


def test_statistics_that_do_not_help_are_not_kept() -> None:
    same, report = settle(sample(), sample(), digits(), 8, Context())
    assert same is sample()
    assert report.measures["settled_layers"].value == 0
    assert report.notes[-1].startswith("Nothing was changed")


def test_without_statistics_there_is_nothing_to_do() -> None:
    net = Network(seed=0)
    net.x, net.channels = net.conv("input", 3, 4), 4
    model = net.model("pool_flatten_gemm")
    with pytest.raises(UserError, match="no BatchNormalization statistics in scope"):
        settle(model, model, noise(), 8, Context())


def test_a_cut_resnet20_gets_some_of_its_answers_back() -> None:
    """FACTS.md: 25.1 to 57.0 at 20 %."""
    model = open_model(network_path("resnet20"))
    model = model.with_preprocessing(load_preprocessing("cifar10", model))
    cut = load_methods().get("prune.magnitude").run(model, Magnitude(0.2, multiple=1), Context()).model
    assert cut is not None
    data = open_data(shared("data/cifar10_jpeg/train_20000.zip"))
    new, _ = settle(model, cut, data, 128, Context())
    judge = open_data(shared("data/cifar10_jpeg/test_dev_2000.zip"))
    before, after = (accuracy(m, judge, limit=400).top1.value for m in (cut, new))
    assert after > before + 10
