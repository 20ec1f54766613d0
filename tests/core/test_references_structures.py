"""Families with a structure of their own: against torch's modules, against their definition, and what they refuse."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.functional import scaled_dot_product_attention

from core import params as parameters
from core.errors import UserError
from core.execute.runtimes import onnx_session
from core.execute.torch_graph import TorchGraph
from core.references import bert, swin, vit
from core.references.blocks.shuffle import channel_shuffle
from core.references.create import create, draw_weights, model_from_module, module_of, noise_for
from core.references.reference import load_references

ALL = load_references()
pytestmark = pytest.mark.usefixtures("one_torch_thread")

# every family here, as small as its structure allows
SMALL = {
    "shufflenet_v1": {"resolution": 32, "width": 0.25, "classes": 5},
    "shufflenet_v2": {"resolution": 32, "width": "0.5", "classes": 5},
    "ghostnet": {"resolution": 32, "width": 0.25, "classes": 5},
    "vit_tiny": {"resolution": 32, "patch": 8, "dim": 24, "heads": 3, "depth": 2, "classes": 5},
    "swin_tiny": {"resolution": 36, "window": 4, "dim": 8, "head": 4, "classes": 5},
    "bert_tiny": {"dim": 16, "vocab": 50, "sequence": 7, "positions": 9, "classes": 3},
    "unet": {"base": 4, "depth": 2, "resolution": 32, "classes": 3},
    "yolo_nano": {"width": 0.05, "depth": 0.1, "resolution": 64, "classes": 3},
    "two_input": {"width": 0.25, "resolution": 32, "measurements": 4},
}


def small(key, **more):
    reference = ALL.get(key)
    return reference, parameters.from_json(reference.params, {**SMALL.get(key, {}), **more})


@pytest.mark.parametrize("key", [*SMALL, "two_input/concat"])
def test_graph_trains_as_the_module_does(key):
    """TorchGraph gives the module's answers and gradients, and leaves none of the module's parameters out.

    In double precision: rounding in single moves values across the kinks of activations, and gradients by percents.
    """
    more = {"join": "concat"} if key.endswith("concat") else {}
    reference, params = small(key.split("/")[0], **more)
    module = module_of(reference, params)
    graph = TorchGraph(model_from_module(reference, params, module)).eval().double()
    module.double()
    torch.manual_seed(0)
    ports = reference.ports(params)
    feed = [x.double() if x.is_floating_point() else x for x in noise_for(ports, 3)]
    expected = module(*feed)
    expected = expected if isinstance(expected, tuple) else (expected,)
    given = graph({p.name: x for p, x in zip(ports, feed, strict=True)})
    for got, want in zip(given.values(), expected, strict=True):
        torch.testing.assert_close(got, want, rtol=1e-5, atol=1e-5)
    sum(y.square().mean() for y in expected).backward()
    sum(y.square().mean() for y in given.values()).backward()
    found = dict(graph.named_initializers())
    wanted = dict(module.named_parameters())
    assert found.keys() == wanted.keys()
    for name, parameter in wanted.items():
        assert same_gradient(found[name].grad, parameter.grad), name


def same_gradient(got, want):
    """The weight of a Linear that became a MatMul is stored transposed."""
    tolerance = 1e-5 * max(1e-3, float(want.abs().max()))
    forms = [want, want.t()] if want.dim() == 2 else [want]
    return any(w.shape == got.shape and float((got - w).abs().max()) < tolerance for w in forms)


@given(st.integers(1, 5), st.integers(1, 5))
def test_channel_shuffle_is_torchs(groups, each):
    x = torch.randn(2, groups * each, 3, 4)
    assert torch.equal(channel_shuffle(x, groups, each), nn.ChannelShuffle(groups)(x))


@settings(max_examples=10, deadline=None)
@given(st.integers(1, 4), st.integers(1, 6), st.booleans(), st.integers(0, 1000))
def test_encoder_layers_are_torchs(heads, tokens, first, seed):
    """A layer of ViT (normalized first) and one of BERT against torch's own encoder layer, weights carried over."""
    torch.manual_seed(seed)
    dim = 4 * heads
    eps = 1e-6 if first else 1e-12
    peer = nn.TransformerEncoderLayer(dim, heads, 4 * dim, 0.0, "gelu", eps, True, first).eval()
    x = torch.randn(3, tokens, dim)
    keep = torch.rand(3, tokens) < 0.7
    keep[:, 0] = True
    if first:
        ours = vit.EncoderBlock(dim, heads).eval()
        names = {"attn.qkv": "in", "attn.proj": "out", "norm1": "norm1", "norm2": "norm2"}
        names |= {"mlp.fc1": "linear1", "mlp.fc2": "linear2"}
        carry_over(ours, peer, names)
        expected, given = peer(x), ours(x)
    else:
        ours = bert.Layer(dim, heads).eval()
        names = {f"attention.self.{n}": n for n in ("query", "key", "value")}
        names |= {"attention.output.dense": "out", "attention.output.LayerNorm": "norm1"}
        names |= {"intermediate.dense": "linear1", "output.dense": "linear2", "output.LayerNorm": "norm2"}
        carry_over(ours, peer, names)
        hidden = (1.0 - keep.float())[:, None, None] * -10_000.0
        expected, given = peer(x, src_key_padding_mask=~keep), ours(x, hidden)
    torch.testing.assert_close(given, expected, rtol=1e-4, atol=1e-5)


def carry_over(ours, peer, names):
    """``names``: our module -> torch's; "in" is its joint projection, "query", "key", "value" are the thirds of it."""
    attention = peer.self_attn
    for mine, theirs in names.items():
        for kind in ("weight", "bias"):
            whole = getattr(attention, f"in_proj_{kind}")
            thirds = dict(zip(("query", "key", "value"), whole.chunk(3), strict=True))
            source = {"in": whole, "out": getattr(attention.out_proj, kind), **thirds}.get(theirs)
            if source is None:
                source = getattr(getattr(peer, theirs), kind)
            getattr(ours.get_submodule(mine), kind).data.copy_(source.data)


@settings(max_examples=12, deadline=None)
@given(st.integers(2, 4), st.integers(1, 3), st.booleans(), st.integers(0, 1000))
def test_shifted_windows_by_their_definition(window, count, shifted, seed):
    """Windows, shift, mask and distance bias against attention over the whole map, with pairs forbidden one by one."""
    torch.manual_seed(seed)
    side, heads, width = window * count, 2, 3
    block = swin.SwinBlock(heads * width, heads, side, window, shifted).eval()
    draw_weights(block)
    nn.init.normal_(block.attn.relative_position_bias_table)
    x = torch.randn(2, side, side, heads * width)
    q, k, v = (
        part.reshape(2, side**2, heads, width).transpose(1, 2) for part in block.attn.qkv(x.flatten(1, 2)).chunk(3, -1)
    )
    shift = window // 2 if shifted and count > 1 else 0
    read = scaled_dot_product_attention(
        q, k, v, pair_bias(side, window, shift, block.attn.relative_position_bias_table)
    )
    expected = block.attn.proj(read.transpose(1, 2).reshape(2, side, side, heads * width))
    torch.testing.assert_close(block._attend(x), expected, rtol=1e-4, atol=1e-5)


def pair_bias(side, window, shift, table):
    """[heads, side^2, side^2]: what the table says of the distance, minus infinity for patches of different windows."""
    places = [(r, c) for r in range(side) for c in range(side)]
    bias = torch.full((table.shape[1], side**2, side**2), -torch.inf)
    for i, (r, c) in enumerate(places):
        for j, (s, d) in enumerate(places):
            if (r - shift) // window == (s - shift) // window and (c - shift) // window == (d - shift) // window:
                bias[:, i, j] = table[(r - s + window - 1) * (2 * window - 1) + c - d + window - 1].detach()
    return bias


def test_padding_tokens_change_nothing():
    reference, params = small("bert_tiny")
    session = onnx_session(create(reference, params))
    tokens = np.arange(7, dtype=np.int64)[None]
    mask = np.array([[1, 1, 1, 1, 0, 0, 0]], np.int64)
    scores = session.run({"input_ids": tokens, "attention_mask": mask})["scores"]
    tokens[0, 4:] = 49
    np.testing.assert_array_equal(session.run({"input_ids": tokens, "attention_mask": mask})["scores"], scores)
    tokens[0, 3] = 49
    assert np.abs(session.run({"input_ids": tokens, "attention_mask": mask})["scores"] - scores).max() > 1e-4


@pytest.mark.parametrize(("width", "published"), [(0.25, 3_157_184), (0.5, 11_166_544)])
def test_yolo_has_the_published_parameters(width, published):
    """YOLOv8n and s, as their model file counts what is trained."""
    reference = ALL.get("yolo_nano")
    with torch.device("meta"):
        module = reference.build(reference.params(width=width))
    assert sum(p.numel() for p in module.parameters()) == published


@pytest.mark.parametrize("groups", ["1", "2", "3", "4", "8"])
@pytest.mark.parametrize("width", [0.1, 0.33, 1.5])
def test_shufflenet_groups_fit_every_width(groups, width):
    reference, params = small("shufflenet_v1", groups=groups, width=width)
    with torch.device("meta"):
        module = reference.build(params)
        assert module(torch.zeros(2, 3, 32, 32)).shape == (2, 5)


@pytest.mark.parametrize(
    ("key", "chosen", "why"),
    [
        ("vit_tiny", {"resolution": 100}, "a resolution of 100 is no multiple of the patch of 8"),
        ("vit_tiny", {"heads": 5}, "5 heads do not divide 24 channels"),
        ("vit_tiny", {"resolution": 1024, "patch": 4}, "65536 patches are more than the 4096"),
        ("swin_tiny", {"head": 5}, "heads of 5 channels do not divide 8 channels"),
        ("bert_tiny", {"sequence": 10}, "a sequence of 10 tokens needs as many positions, there are 9"),
        ("bert_tiny", {"heads": 3}, "3 heads do not divide 16 channels"),
        ("unet", {"resolution": 34}, "a resolution of 34 cannot be halved 2 times"),
        ("yolo_nano", {"resolution": 100}, "a resolution of 100 is no multiple of 32"),
    ],
)
def test_unfit_parameters_are_refused_in_one_sentence(key, chosen, why):
    reference, params = small(key, **chosen)
    with pytest.raises(UserError) as caught:
        create(reference, params)
    assert why in caught.value.message
    assert caught.value.message.count(". ") == 0


def test_variants_differ_from_their_family_in_defaults_only():
    for key, base in (("shufflenet_v2_x0_5", "shufflenet_v2"), ("vit_tiny", "vit_b16"), ("bert_mini", "bert_tiny")):
        names = [[f.name for f in dataclasses.fields(ALL.get(k).params)] for k in (key, base)]
        assert names[0] == names[1]
