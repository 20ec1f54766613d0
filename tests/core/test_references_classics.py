"""The classic families: published weights in the CIFAR ResNets, other resolutions, options, files in other layouts."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UserError
from core.execute.runtimes import onnx_session
from core.measure.cost import cost
from core.references.blocks.pooling import grid, pooled
from core.references.create import create, model_from_module, module_of, noise_for
from core.references.reference import load_references
from core.references.weights import put_weights
from tests.conftest import shared

ALL = load_references()
pytestmark = pytest.mark.usefixtures("one_torch_thread")


def agrees_with_onnxruntime(key, **values):
    """The module's answers to noise, after onnxruntime has given the same."""
    reference = ALL.get(key)
    params = reference.params(**values)
    module = module_of(reference, params)
    model = model_from_module(reference, params, module)
    (x,) = noise_for(reference.ports(params), 2)
    with torch.no_grad():
        expected = module(x)
    (found,) = onnx_session(model).run({"input": x.numpy()}).values()
    scale = max(1.0, float(expected.abs().max()))
    torch.testing.assert_close(torch.from_numpy(found), expected, rtol=0, atol=1e-4 * scale)
    return model, expected


def test_published_resnet20_is_as_accurate_as_published():
    """Idelbayev's weights fit by name and answer 1,627 of the 2,000 JPEG pictures right, as in the shared ONNX file."""
    from core.data.open import open_data
    from core.measure.accuracy import accuracy

    path = shared("models/torch_statedict_cifar10/resnet20-12fca82f.th")
    model = create(ALL.get("resnet20_cifar"), weights=path)
    found = accuracy(model, open_data(shared("data/cifar10_jpeg/test_dev_2000.zip")))
    assert (found.n, found.top1.value) == (2000, pytest.approx(81.35))


def test_published_names_of_the_cifar_resnets():
    state = torch.load(
        shared("models/torch_statedict_cifar10/resnet20-12fca82f.th"), map_location="cpu", weights_only=True
    )["state_dict"]
    ours = module_of(ALL.get("resnet20_cifar")).state_dict()
    assert {k.removeprefix("module.") for k in state} == {k for k in ours if not k.endswith("num_batches_tracked")}


def test_shortcut_of_cifar_resnets_has_no_weights_and_keeps_the_middle_channels():
    from core.references.cifar_resnet import CifarBlock

    block = CifarBlock(4, 8, 2).eval()
    for p in block.parameters():
        torch.nn.init.zeros_(p)
    x = torch.rand(1, 4, 6, 6)
    y = block(x)
    assert torch.equal(y[:, 2:6], x[:, :, ::2, ::2])
    assert not y[:, :2].any()
    assert not y[:, 6:].any()


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("resnet18", {"resolution": 45, "width": 0.25, "channels": 1, "classes": 2}),
        ("resnet50", {"resolution": 64, "width": 0.25, "classes": 5}),
        ("resnet32_cifar", {"resolution": 19, "width": 0.3, "classes": 7}),
        ("googlenet", {"resolution": 75, "classes": 2}),
        ("densenet121", {"resolution": 64, "growth": 7, "classes": 2}),
        ("convnext_tiny", {"resolution": 50, "width": 0.2, "channels": 1, "classes": 2}),
    ],
)
def test_other_parameters_agree_with_onnxruntime(key, values):
    agrees_with_onnxruntime(key, **values)


def test_response_normalization_is_in_the_graph():
    """Torch divides alpha by the channels it sums, as ONNX does; the first two layers have it, at any resolution."""
    model, _ = agrees_with_onnxruntime("alexnet", resolution=95, classes=2, lrn=True)
    found = [n for n in model.nodes() if n.op_type == "LRN"]
    assert [n.inputs[0].producer().op_type for n in found] == ["Relu", "Relu"]
    assert [n.attributes.get_float("alpha") for n in found] == pytest.approx([5e-4, 5e-4])


@given(st.integers(1, 64), st.integers(1, 7))
def test_grid_divides_the_map(side, most):
    found = grid(side, most)
    assert side % found == 0
    assert found <= most
    assert not any(side % k == 0 for k in range(found + 1, min(side, most) + 1))


@given(st.integers(1, 40), st.integers(1, 7), st.integers(1, 4), st.integers(0, 3))
def test_pooled_is_the_size_torch_gives(side, kernel, stride, padding):
    layer = torch.nn.Conv2d(1, 1, kernel, stride, padding)
    try:
        expected = layer(torch.zeros(1, 1, side, side)).shape[-1]
    except RuntimeError:
        with pytest.raises(ValueError, match="too small"):
            pooled(side, kernel, stride, padding)
    else:
        assert pooled(side, kernel, stride, padding) == expected


def test_width_scales_resnet():
    reference = ALL.get("resnet18")
    small = create(reference, reference.params(width=0.5, resolution=32, classes=10))
    full = create(reference, reference.params(resolution=32, classes=10))
    assert 0.2 < cost(small).params / cost(full).params < 0.3


def test_heads_that_only_help_training_are_left_out():
    reference = ALL.get("googlenet")
    params = reference.params(resolution=32, classes=3)
    other = module_of(reference, params, seed=4)
    state = other.state_dict() | {"aux1.fc2.weight": torch.ones(3, 8), "aux2.conv.conv.weight": torch.ones(2, 2)}
    module = module_of(reference, params)
    put_weights(module, state, "a file")
    assert torch.equal(module.fc.weight, other.fc.weight)
    with pytest.raises(UserError, match=r"the network has no 'head\.weight'"):
        put_weights(module, state | {"head.weight": torch.ones(3)}, "a file")


def test_layers_written_flattened_or_as_convolutions_fit():
    """timm writes VGG's first Linear as a 7x7 convolution and ConvNeXt's scales without their empty axes."""
    reference = ALL.get("convnext_tiny")
    params = reference.params(width=0.1, resolution=32, classes=3)
    other = module_of(reference, params, seed=4)
    for p in other.parameters():
        torch.nn.init.normal_(p)
    layouts = {2: lambda v: v[..., None, None], 3: lambda v: v.flatten()}  # Linears and scales; the others as they are
    tensors = enumerate(other.state_dict().values())
    state = {f"t{k}": layouts.get(v.dim(), lambda v: v)(v) for k, v in tensors}
    module = module_of(reference, params)
    put_weights(module, state, "a file")
    x = torch.rand(1, 3, 32, 32)
    assert torch.equal(module(x), other(x))


def test_equally_many_numbers_in_another_arrangement_do_not_fit():
    reference = ALL.get("resnet20_cifar")
    module = module_of(reference)
    state = dict(module.state_dict())
    state["linear.weight"] = state["linear.weight"].t()
    with pytest.raises(UserError, match=r"'linear\.weight' has the size 64x10, the network wants 10x64"):
        put_weights(module, state, "a file")
