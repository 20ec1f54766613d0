"""Recurrent layers: gradients against torch's own modules, and the forms that onnxruntime does not run."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from core.execute.torch_graph import TorchGraph
from tests.core.operator_cases import Case, Draw, model_of
from tests.core.operator_cases_recurrent import recurrent

pytestmark = pytest.mark.usefixtures("one_torch_thread")

# torch's gate order -> ONNX's: LSTM ifco -> iofc, GRU rzn -> zrn
ORDERS = {"LSTM": (0, 3, 1, 2), "GRU": (1, 0, 2), "RNN": (0,)}
MODULES: dict[str, Any] = {"LSTM": nn.LSTM, "GRU": nn.GRU, "RNN": nn.RNN}


def onnx_rows(kind: str, t: torch.Tensor) -> torch.Tensor:
    parts = t.chunk(len(ORDERS[kind]))
    return torch.cat([parts[k] for k in ORDERS[kind]])


def stacked(kind: str, module: nn.RNNBase, name: str, part: str = "value") -> np.ndarray:
    """ONNX's array of both directions, of values or of gradients."""
    rows = []
    for suffix in ("", "_reverse"):
        ends = ("ih", "hh") if name == "bias" else (name.removeprefix("weight_"),)
        stem = "bias" if name == "bias" else "weight"
        found = [getattr(module, f"{stem}_{e}_l0{suffix}") for e in ends]
        chosen = [t.grad if part == "grad" else t.detach() for t in found]
        rows.append(torch.cat([onnx_rows(kind, t) for t in chosen]))
    return torch.stack(rows).numpy().copy()


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "RNN"])
def test_gradients_equal_torchs_own_module(kind: str) -> None:
    torch.manual_seed(0)
    module = MODULES[kind](3, 4, bidirectional=True)
    weights = [stacked(kind, module, n) for n in ("weight_ih", "weight_hh", "bias")]
    attributes: dict[str, Any] = {"hidden_size": 4, "direction": "bidirectional"}
    attributes |= {"linear_before_reset": 1} if kind == "GRU" else {}
    x = torch.randn(5, 2, 3)
    case = Case([x.numpy(), *weights], attributes, 14, (1, 2, 3), 3 if kind == "LSTM" else 2)
    net = TorchGraph(model_of(kind, case)).train()
    ours, theirs = x.clone().requires_grad_(), x.clone().requires_grad_()
    y = net(ours)["y0"]
    wanted, _ = module(theirs)
    torch.testing.assert_close(y.permute(0, 2, 1, 3).flatten(2), wanted)
    scale = torch.randn_like(wanted)
    (y.permute(0, 2, 1, 3).flatten(2) * scale).sum().backward()
    (wanted * scale).sum().backward()
    torch.testing.assert_close(ours.grad, theirs.grad)
    for place, name in enumerate(("weight_ih", "weight_hh", "bias"), start=1):
        given_ = net.initializer(f"x{place}").grad
        assert given_ is not None
        np.testing.assert_allclose(given_.numpy(), stacked(kind, module, name, "grad"), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "RNN"])
@settings(max_examples=6)
@given(data=st.data())
def test_gradients_of_every_form_equal_finite_differences(kind: str, data: st.DataObject) -> None:
    """Clip, peepholes, lengths, initial states and the older GRU have no counterpart in torch's modules."""
    case = recurrent(Draw(data), kind)
    case.attributes.pop("clip", None)  # not smooth at its bounds
    names = [n for n in case.attributes.get("activations", []) if n == "Relu"]
    if names:
        case.attributes.pop("activations")
    case.inputs = [a.astype(np.float64) if a is not None and a.dtype == np.float32 else a for a in case.inputs]
    case.fixed = ()
    net = TorchGraph(model_of(kind, case))
    floats = [k for k, a in enumerate(case.inputs) if a is not None and a.dtype == np.float64]
    fixed = {f"x{k}": torch.from_numpy(a) for k, a in enumerate(case.inputs) if a is not None and k not in floats}

    def run(*tensors: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return tuple(net({**fixed, **{f"x{k}": t for k, t in zip(floats, tensors, strict=True)}}).values())

    given_ = [torch.from_numpy(np.asarray(case.inputs[k])).requires_grad_() for k in floats]
    assert torch.autograd.gradcheck(run, given_, fast_mode=True)


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "RNN"])
@settings(max_examples=8)
@given(data=st.data())
def test_batch_first_is_time_first_turned(kind: str, data: st.DataObject) -> None:
    """onnxruntime refuses ``layout=1``; the same layer with time first is compared with it elsewhere."""
    case = recurrent(Draw(data), kind)
    case.fixed = ()
    feed = {f"x{k}": torch.from_numpy(a) for k, a in enumerate(case.inputs) if a is not None}
    wanted = list(TorchGraph(model_of(kind, case))(feed).values())
    turned = dict(feed)
    for place in (0, 5, 6):
        if f"x{place}" in feed:
            turned[f"x{place}"] = feed[f"x{place}"].transpose(0, 1).contiguous()
    case.inputs = [turned[f"x{k}"].numpy() if a is not None else None for k, a in enumerate(case.inputs)]
    case.attributes["layout"] = 1
    case.opset = 14
    given_ = list(TorchGraph(model_of(kind, case))(turned).values())
    torch.testing.assert_close(given_[0], wanted[0].permute(2, 0, 1, 3))
    for ours, theirs in zip(given_[1:], wanted[1:], strict=True):
        torch.testing.assert_close(ours, theirs.transpose(0, 1))
