"""Every reference network: counts as published, answers of its torch module, seeds, edges of its parameters."""

from __future__ import annotations

import dataclasses
import json
from contextlib import nullcontext
from unittest import mock

import numpy as np
import onnx
import onnx_ir as ir
import pytest
import torch

from core import params as parameters
from core.errors import UserError
from core.execute.runtimes import onnx_session
from core.formats.onnx_file import save_onnx
from core.formats.open import open_model
from core.measure.cost import cost
from core.model.facts import infer
from core.model.model import layer_name
from core.references import vgg
from core.references.catalogue import entries, entry_of
from core.references.create import REFERENCE, create, model_from_module, module_of, noise_for, title_of
from core.references.reference import load_references
from tests.conftest import EXPLORE

ALL = load_references()
# nine of ten weights of these are two Linears: all are counted, and answers compared of a network with narrower ones
NARROW = {"vgg16": {"_HIDDEN": 128}, "vgg16_bn": {"_HIDDEN": 128}}
# likewise, by their own parameters
NARROWER = {"vit_b16": {"dim": 192, "heads": 3}, "unet": {"base": 16}, "efficientnet_lite4": {"width": 0.5}}


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def lowest(reference):
    """The smallest network a family offers: every bounded number at its lower end, colour kept."""
    low = {s.name: s.field.low for s in parameters.specs(reference.params) if s.field.low is not None}
    low.pop("channels", None)
    return parameters.from_json(reference.params, low)


def small(reference):
    """Every layer of the default network, on the smallest picture it takes, a few narrower; by EXPLORE as it is."""
    picture = {s.name: s.field.low for s in parameters.specs(reference.params) if s.name == "resolution"}
    return parameters.from_json(reference.params, {} if EXPLORE else picture | NARROWER.get(reference.key, {}))


@pytest.mark.parametrize("key", ALL.keys())
def test_network(key):
    """Counted as published at the default resolution, without weights; answers compared on small pictures."""
    reference = ALL.get(key)
    params = reference.params()
    module = undrawn(reference, params)
    model = model_from_module(reference, params, module)
    onnx.checker.check_model(without_weights(model))
    names = [layer_name(n) for n in model.nodes()]
    assert len(set(names)) == len(names)
    facts = infer(model)
    assert all(facts.shape(o) is not None for n in model.nodes() for o in n.outputs if o.name)
    counts_agree(reference, module, model, facts)
    catalogue_agrees(reference, model, facts)
    params = small(reference)
    with mock.patch.multiple(vgg, **NARROW[key]) if key in NARROW else nullcontext():
        module = module_of(reference, params)
        same_answers(reference, params, module, model_from_module(reference, params, module))


def undrawn(reference, params):
    """The module with whatever stands in memory as its weights: enough to count them."""
    with torch.device("meta"):
        module = reference.build(params)
    return module.to_empty(device="cpu").eval()


def without_weights(model):
    bare = model.graph.clone()
    for name, value in list(bare.graph.initializers.items()):
        if value.const_value.size > 1024:
            value.const_value = None
            del bare.graph.initializers[name]
            bare.graph.inputs.append(value)
    return ir.to_proto(bare)


def counts_agree(reference, module, model, facts):
    found = cost(model, facts)
    learned = sum(p.numel() for p in module.parameters())
    assert found.params == learned, "the graph has another number of parameters than the module"
    for citation in reference.cited:
        count = {"params": found.params, "macs": found.macs}.get(citation.figure)
        if count is not None and not citation.differs:
            assert citation.agrees(count), f"{citation.figure}: {count} here, {citation.printed} in {citation.source}"


def catalogue_agrees(reference, model, facts):
    stored = next((e for e in entries() if e.key == reference.key), None)
    hint = "run: python -m core.references.catalogue"
    assert stored is not None, hint
    assert json.loads(json.dumps(entry_of(reference, stored.figures).to_json())) == stored.to_json(), hint
    found = cost(model, facts)
    assert stored.figures["params"].value == found.params, hint
    assert stored.figures["macs"].value == found.macs, hint


def same_answers(reference, params, module, model):
    """onnxruntime on the graph against the torch module, on a batch that was not traced."""
    torch.manual_seed(1)
    ports = reference.ports(params)
    feed = noise_for(ports, 3 if model.nodes() and large(ports) is False else 1)
    with torch.no_grad():
        expected = module(*feed)
    expected = expected if isinstance(expected, tuple | list) else (expected,)
    given = onnx_session(model, optimized=False).run({p.name: x.numpy() for p, x in zip(ports, feed, strict=True)})
    assert list(given) == list(reference.outputs)
    for name, want in zip(reference.outputs, expected, strict=True):
        assert want.isfinite().all()
        assert 0.01 < float(want.std()) < 100, f"'{name}' has no sensible scale"
        np.testing.assert_allclose(given[name], want.numpy(), rtol=0, atol=1e-4 * max(1.0, float(want.abs().max())))


def large(ports):
    return any(np.prod(p.shape) > 3 * 100 * 100 for p in ports)


@pytest.mark.parametrize("key", ALL.keys())
def test_smallest_network(key):
    """The lower ends of all parameters still make a network that runs."""
    reference = ALL.get(key)
    params = lowest(reference)
    with mock.patch.multiple(vgg, **NARROW[key]) if key in NARROW else nullcontext():
        model = create(reference, params)
    feed = {
        p.name: x.numpy() for p, x in zip(reference.ports(params), noise_for(reference.ports(params), 2), strict=True)
    }
    assert all(np.isfinite(y).all() for y in onnx_session(model).run(feed).values())


def test_catalogue_lists_exactly_the_registry():
    assert sorted(e.key for e in entries()) == sorted(ALL.keys())


def test_catalogue_survives_json():
    for entry in entries():
        assert type(entry).from_json(json.loads(json.dumps(entry.to_json()))) == entry


def test_seed_decides_the_weights():
    reference = ALL.get("mobilenet_v2")
    params = reference.params(width=0.25, resolution=32, classes=3)
    one, again, other = (create(reference, params, seed=s).graph for s in (1, 1, 2))
    assert weights(one) == weights(again)
    assert weights(one) != weights(other)


def test_caller_keeps_its_random_numbers():
    reference = ALL.get("mobilenet_v2")
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    create(reference, reference.params(width=0.25, resolution=32, classes=3))
    assert torch.equal(torch.rand(3), expected)


def weights(graph):
    return {k: v.const_value.tobytes() for k, v in graph.graph.initializers.items()}


def test_made_network_says_what_it_is(tmp_path):
    reference = ALL.get("mobilenet_v2")
    params = reference.params(width=0.5, resolution=64, classes=7, channels=1)
    save_onnx(create(reference, params, seed=3), tmp_path / "made.onnx")
    opened = open_model(tmp_path / "made.onnx")
    said = json.loads(opened.graph.metadata_props[REFERENCE])
    assert said == {
        "key": "mobilenet_v2",
        "params": {"width": 0.5, "classes": 7, "channels": 1, "resolution": 64},
        "weights": "seed",
        "seed": 3,
    }
    assert opened.inputs[0].shape[1:] == (1, 64, 64)
    assert opened.inputs[0].preprocessing is not None
    assert title_of(reference, params) == "MobileNetV2, width 0.5, classes 7, channels 1, resolution 64"


def test_dropout_and_batch_normalization_stay():
    kinds = [n.op_type for n in create(ALL.get("mobilenet_v2")).nodes()]
    assert kinds.count("BatchNormalization") == 52
    assert kinds.count("Dropout") == 1


def test_citations_agree_to_a_percent_or_to_the_print():
    citation = dataclasses.replace(ALL.get("mobilenet_v2").cited[0], figure="params", printed="3.5 M")
    assert citation.value == 3_500_000
    assert citation.agrees(3_549_999)
    assert not citation.agrees(3_560_000)
    with pytest.raises(ValueError, match="no printed figure"):
        dataclasses.replace(citation, printed="about 3 million")


def test_parameters_that_do_not_fit_are_refused():
    reference = ALL.get("mobilenet_v2")
    with pytest.raises(UserError, match="Width is 9"):
        parameters.from_json(reference.params, {"width": 9})
