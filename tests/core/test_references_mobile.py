"""SqueezeNet, MobileNets, MCUNet and DS-CNN: published variants, and weights that others trained."""

from __future__ import annotations

import zipfile

import numpy as np
import pytest
import torch

from core.execute.runtimes import onnx_session
from core.formats.open import open_model
from core.measure.cost import cost
from core.references.create import create, model_from_module, module_of, noise_for
from core.references.reference import load_references
from core.references.weights import put_weights
from tests.conftest import network_path, shared

ALL = load_references()
MOBILE = (
    "squeezenet1_0", "squeezenet1_1", "mobilenet_v1", "mobilenet_v2", "mobilenet_v3_large", "mobilenet_v3_small",
    "mnasnet1_0", "mnasnet_a1", "efficientnet_b0", "efficientnet_lite0", "efficientnet_lite4", "mcunet",
)  # fmt: skip


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


# width, parameters and MACs in millions: Howard et al. 2017, table 6, parameters to two places from TensorFlow-Slim
@pytest.mark.parametrize(("width", "params", "macs"), [(0.75, 2.59, 325), (0.5, 1.34, 149), (0.25, 0.47, 41)])
def test_mobilenet_v1_has_the_published_size_at_every_width(width, params, macs):
    reference = ALL.get("mobilenet_v1")
    found = cost(create(reference, reference.params(width=width)))
    assert found.params / 1e6 == pytest.approx(params, abs=0.01)
    assert found.macs / 1e6 == pytest.approx(macs, rel=0.01)


# width, resolution, MACs in millions: TensorFlow-Slim's MobileNet page
@pytest.mark.parametrize(("width", "size", "macs"), [(1.4, 224, 582), (0.5, 160, 50), (0.35, 224, 59)])
def test_mobilenet_v2_has_the_published_macs_at_every_width_and_resolution(width, size, macs):
    reference = ALL.get("mobilenet_v2")
    found = cost(create(reference, reference.params(width=width, resolution=size)))
    assert found.macs / 1e6 == pytest.approx(macs, abs=max(0.5, 0.01 * macs))


# Iandola et al. 2016, figure 3: model size in MB for a squeeze ratio and a share of 3x3 filters
@pytest.mark.parametrize(
    ("ratio", "share", "size"), [(0.125, 0.5, 4.8), (0.75, 0.5, 19), (0.5, 0.01, 5.7), (0.5, 0.99, 21)]
)
def test_squeezenet_has_the_published_size_for_its_metaparameters(ratio, share, size):
    reference = ALL.get("squeezenet1_0")
    module = reference.build(reference.params(squeeze_ratio=ratio, share_3x3=share))
    found = 4 * sum(p.numel() for p in module.parameters()) / 2**20
    assert found == pytest.approx(size, rel=0.04)


def test_squeezenet_answers_as_published_weights_do():
    """The weights of another's file, by order, give that file's answers in onnxruntime."""
    published = open_model(network_path("squeezenet"))
    reference = ALL.get("squeezenet1_1")
    module = module_of(reference)
    convolutions = [n for n in published.nodes() if n.op_type == "Conv"]
    tensors = [i.const_value.numpy() for n in convolutions for i in n.inputs[1:]]
    put_weights(module, {f"{k}": torch.tensor(t) for k, t in enumerate(tensors)}, "the shared model")
    x = np.random.default_rng(0).normal(size=(1, 3, 224, 224)).astype(np.float32)
    (expected,) = onnx_session(published).run({published.inputs[0].name: x}).values()
    with torch.no_grad():
        found = module(torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(found, expected.reshape(found.shape), rtol=0, atol=1e-4 * np.abs(expected).max())


@pytest.mark.parametrize("seed", range(6))
def test_squeezenet_of_two_classes_can_be_trained(seed):
    """Its scores stand behind a ReLU: were both zero on every picture, no gradient would ever flow."""
    reference = ALL.get("squeezenet1_1")
    module = module_of(reference, reference.params(classes=2, resolution=32), seed)
    (pictures,) = noise_for(reference.ports(reference.params(resolution=32)), 8)
    module(pictures).log_softmax(1)[:, 0].sum().backward()
    assert float(module.features[0].weight.grad.abs().max()) > 0


@pytest.mark.parametrize("key", MOBILE)
def test_small_pictures_leave_the_scores_a_sensible_scale(key):
    """At 32 px the last maps are one pixel: BatchNormalization must not settle on a handful of numbers."""
    reference = ALL.get(key)
    params = reference.params(resolution=32, classes=5, channels=1)
    module = module_of(reference, params)
    (x,) = noise_for(reference.ports(params), 4)
    with torch.no_grad():
        expected = module(x).numpy()
    assert 0.001 < expected.std() < 20
    found = onnx_session(model_from_module(reference, params, module)).run({"input": x.numpy()})["scores"]
    # a hundred layers of random weights: processors whose kernels sum in another order differ by more than 1e-4
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-3 * max(1.0, np.abs(expected).max()))


def test_ds_cnn_is_the_keyword_network_of_mlperf_tiny():
    """With the weights of its float file it gives that file's answers, and hears 90 % of 1,000 words as published."""
    interpreter, weights = keyword_file()
    reference = ALL.get("ds_cnn")
    module = module_of(reference)
    take_folded(module, weights)
    sounds, labels = keywords()
    with torch.no_grad():
        found = module(sounds).softmax(1).numpy()
    assert np.mean(found.argmax(1) == labels) == pytest.approx(0.90, abs=0.006)
    given, answered = (d[0]["index"] for d in (interpreter.get_input_details(), interpreter.get_output_details()))
    for k in range(20):
        interpreter.set_tensor(given, sounds[k : k + 1].permute(0, 2, 3, 1).contiguous().numpy())
        interpreter.invoke()
        # the file rounds what its 1x1 convolutions read to 8 bits
        np.testing.assert_allclose(found[k], interpreter.get_tensor(answered)[0], rtol=0, atol=0.05)


def keywords():
    """(spectrograms [1000, 1, 49, 10], labels), scaled as the 8-bit network reads them."""
    with zipfile.ZipFile(shared("data/kws01_features/kws01_mfcc_int8_1000.zip")) as archive:
        rows = [line.split(",") for line in archive.read("y_labels.csv").decode().split()]
        steps = np.stack([np.frombuffer(archive.read(name), np.int8) for name, _, _ in rows])
    sounds = (steps.astype(np.float32) - 83) * np.float32(0.5847029)
    return torch.from_numpy(sounds).reshape(-1, 1, 49, 10), np.array([int(label) for _, _, label in rows])


def keyword_file():
    """LiteRT's interpreter of the float keyword network, and (operator, weight, bias) of its layers in order."""
    litert = pytest.importorskip("ai_edge_litert.interpreter")
    interpreter = litert.Interpreter(str(shared("models/mlperf_tiny/kws_ref_model_float32.tflite")))
    interpreter.allocate_tensors()
    details = {d["index"]: d["quantization_parameters"] for d in interpreter.get_tensor_details()}
    layers = []
    for op in interpreter._get_ops_details():
        if len(op["inputs"]) != 3:
            continue
        weight, bias = (interpreter.get_tensor(i) for i in op["inputs"][1:])
        scales = details[op["inputs"][1]]["scales"]
        if len(scales):
            weight = weight * scales.reshape(-1, 1, 1, 1)
        layers.append((op["op_name"], weight, bias))
    return interpreter, layers


def take_folded(module, weights):
    """Convolutions take the weights, their BatchNormalization becomes the bias; the last layer is the classifier."""
    norms = [m for m in module.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    layers = [m for m in module.modules() if isinstance(m, torch.nn.Conv2d)]
    assert len(weights) == len(layers) + 1
    with torch.no_grad():
        for (name, weight, bias), layer, norm in zip(weights[:-1], layers, norms, strict=True):
            order = (3, 0, 1, 2) if name == "DEPTHWISE_CONV_2D" else (0, 3, 1, 2)
            layer.weight.copy_(torch.tensor(weight).permute(order))
            norm.running_mean.zero_()
            norm.running_var.fill_(1 - norm.eps)
            norm.weight.fill_(1.0)
            norm.bias.copy_(torch.tensor(bias))
        module.classifier[1].weight.copy_(torch.tensor(weights[-1][1]))
        module.classifier[1].bias.copy_(torch.tensor(weights[-1][2]))
