"""Torch modules traced into graphs: onnxruntime gives the module's own answers, names are module paths."""

from __future__ import annotations

import onnx
import onnx_ir as ir
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import core.execute.from_torch as tracing
from core.execute.from_torch import TracedInput, graph_from_module
from core.execute.from_torch_table import FUNCTIONS, METHODS, MODULES
from core.execute.runtimes import onnx_session
from core.measure.cost import cost
from core.model.model import Model


class Apply(nn.Module):
    """A function as a module; ``layers`` are found under their own names."""

    def __init__(self, function, **layers):
        super().__init__()
        self.function = function
        for name, layer in layers.items():
            self.add_module(name, layer)

    def forward(self, x):
        return self.function(self, x)


def halves_swapped(x):
    first, second = x.chunk(2, 1)
    one, five = torch.split(x, [1, 5], 1)
    return torch.cat([second, first, five, one], 1)


class Table(nn.Module):
    """Rows of a learned table by a constant index, normalized by a function; numbers computed from the buffer."""

    def __init__(self):
        super().__init__()
        self.table, self.bias = nn.Parameter(torch.randn(9, 12)), nn.Parameter(torch.randn(12))
        self.register_buffer("index", torch.tensor([0, 8, 3, 3, 1]))

    def forward(self, x):
        rows = self.table.index_select(0, self.index) * self.index.float().unsqueeze(-1)
        return F.layer_norm(x + rows, [12], self.bias, self.bias, 1e-3)


IMAGE, TOKENS, ROWS = (6, 8, 8), (5, 12), (12,)

# what is tried: name -> (module, shape without batch)
CASES = {
    "conv1d": (nn.Conv1d(5, 4, 3, 2, 1, bias=False), TOKENS),
    "conv2d": (nn.Conv2d(6, 4, 3, stride=(2, 1), padding=(1, 0), dilation=2, groups=2), IMAGE),
    "conv transpose": (nn.ConvTranspose2d(6, 4, 3, 2, 1, output_padding=1, groups=2), IMAGE),
    "conv transpose 2x": (nn.ConvTranspose2d(6, 4, 2, 2), IMAGE),
    "batch norm": (nn.BatchNorm2d(6, eps=1e-3, momentum=0.01), IMAGE),
    "batch norm of rows": (nn.BatchNorm1d(12), ROWS),
    "layer norm": (nn.LayerNorm(12, eps=1e-6), TOKENS),
    "linear on rows": (nn.Linear(12, 5), ROWS),
    "linear on tokens": (nn.Linear(12, 5), TOKENS),
    "linear without bias": (nn.Linear(12, 5, bias=False), TOKENS),
    "max pool": (nn.MaxPool2d(3, 2, 1), IMAGE),
    "max pool ceil": (nn.MaxPool2d(3, 2, ceil_mode=True), IMAGE),
    "average pool": (nn.AvgPool2d(3, 2, 1), IMAGE),
    "average pool without padding": (nn.AvgPool2d(3, 2, 1, count_include_pad=False), IMAGE),
    "global pool": (nn.AdaptiveAvgPool2d(1), IMAGE),
    "pool by a factor": (nn.AdaptiveAvgPool2d((4, 2)), IMAGE),
    "dropout": (nn.Dropout(0.5), IMAGE),
    "pool to the size as it is": (nn.Sequential(nn.AdaptiveAvgPool2d(8), nn.ReLU()), IMAGE),
    "table": (Table(), TOKENS),
    "identity": (nn.Sequential(nn.Identity(), nn.ReLU()), IMAGE),
    "local response norm": (nn.LocalResponseNorm(5, 1e-2, 0.75, 2.0), IMAGE),
    "flatten": (nn.Flatten(), IMAGE),
    "upsample nearest": (nn.Upsample(scale_factor=2), IMAGE),
    "upsample bilinear": (nn.Upsample(scale_factor=2, mode="bilinear"), IMAGE),
    "upsample aligned": (nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True), IMAGE),
    "gelu": (nn.Sequential(nn.GELU(), nn.GELU("tanh")), TOKENS),
    "relus": (nn.Sequential(nn.LeakyReLU(0.2), nn.ReLU6(), nn.ReLU()), TOKENS),
    "smooth activations": (nn.Sequential(nn.SiLU(), nn.Mish(), nn.Tanh(), nn.Sigmoid()), TOKENS),
    "hard activations": (nn.Sequential(nn.Hardswish(), nn.Hardsigmoid()), TOKENS),
    "softmax": (nn.Softmax(dim=-1), TOKENS),
    "arithmetic": (Apply(lambda m, x: (x + 1.5) * x - x / 2.0 + (-x) + torch.add(x, x)), TOKENS),
    "functions": (Apply(lambda m, x: F.relu(x) + torch.sigmoid(x) + x.tanh() + x.exp() + F.gelu(x)), TOKENS),
    "attention": (Apply(lambda m, x: torch.softmax(x @ x.transpose(1, 2) * 0.3, dim=-1) @ x), TOKENS),
    "mean": (Apply(lambda m, x: x.mean((2, 3)) + x.mean(dim=[2, 3], keepdim=True).flatten(1)), IMAGE),
    "concat": (Apply(lambda m, x: torch.cat([x, x * 2], 1)), IMAGE),
    "stack": (Apply(lambda m, x: torch.stack([x, x * 2], 2)), TOKENS),
    "split": (Apply(lambda m, x: halves_swapped(x)), IMAGE),
    "unbind": (Apply(lambda m, x: x.unbind(1)[1] + x.unbind(1)[3]), TOKENS),
    "shuffle": (Apply(lambda m, x: x.reshape(-1, 2, 3, 8, 8).transpose(1, 2).reshape(-1, 6, 8, 8)), IMAGE),
    "shuffle by the batch": (
        Apply(lambda m, x: x.view(x.shape[0], 2, 3, 8, 8).permute(0, 2, 1, 3, 4).reshape(x.size(0), -1)),
        IMAGE,
    ),
    "flatten inner axes": (Apply(lambda m, x: x.flatten(2).permute(0, 2, 1)), IMAGE),
    "squeeze": (Apply(lambda m, x: x.unsqueeze(2).squeeze(2).contiguous()), TOKENS),
    "slices": (Apply(lambda m, x: x[:, 1:5:2, ::2, -3:] + x[:, :2, 4:, 1:4]), (6, 8, 4)),
    "slices that drop an axis": (Apply(lambda m, x: x[:, 1, ..., :1] + x[..., 2, :]), (6, 6, 4)),
    "one of a token": (Apply(lambda m, x: x[:, 0] + x[:, -1]), TOKENS),
    "pad": (Apply(lambda m, x: F.pad(F.pad(x, (1, 2)), (0, 0, 1, 0), value=3.0)), TOKENS),
    "roll": (Apply(lambda m, x: torch.roll(x, (-1, 2), (2, 3))), IMAGE),
    "interpolate": (Apply(lambda m, x: F.interpolate(x, scale_factor=2) + F.interpolate(x, size=(16, 16))), IMAGE),
    "einsum": (Apply(lambda m, x: torch.einsum("bij,bkj->bik", x, x)), TOKENS),
}


def answers(module, shape, batch=3):
    module = module if isinstance(module, Apply) else nn.Sequential(module)
    torch.manual_seed(0)
    for name, p in (*module.named_parameters(), *module.named_buffers()):
        if p.is_floating_point():
            nn.init.uniform_(p.data, 0.5, 1.5) if name.endswith("var") else nn.init.normal_(p.data)
    x = torch.randn(batch, *shape)
    graph = graph_from_module(module.eval(), [TracedInput("x", shape)], ["y"])
    onnx.checker.check_model(ir.to_proto(graph), full_check=True)
    with torch.no_grad():
        return onnx_session(Model.from_ir(graph)).run({"x": x.numpy()})["y"], module(x).numpy(), graph


@pytest.mark.parametrize("case", CASES)
def test_same_answers(case):
    found, wanted, _ = answers(*CASES[case])
    assert found.shape == wanted.shape
    assert abs(found - wanted).max() <= 1e-5 * max(1.0, abs(wanted).max())


def test_every_rule_is_tried():
    """A rule without a case here would be believed unseen."""
    seen_modules, seen_calls = set(), set()
    for module in (*(m for m, _ in CASES.values()), Tokens()):
        whole = module if isinstance(module, Tokens) else nn.Sequential(module)
        for node in tracing._Tracer().trace(whole).nodes:
            if node.op == "call_module":
                seen_modules.add(type(whole.get_submodule(node.target)))
            elif node.op in ("call_function", "call_method"):
                seen_calls.add(node.target)
    assert not set(MODULES) - seen_modules
    unseen = {rule for target, rule in (*FUNCTIONS.items(), *METHODS.items())} - {
        rule for target, rule in (*FUNCTIONS.items(), *METHODS.items()) if target in seen_calls
    }
    assert not unseen - {FUNCTIONS[t] for t in FUNCTIONS if getattr(t, "__name__", "") in _ALIKE}, unseen


_ALIKE = {"sub", "sqrt"}  # made by the same line as rules that are tried


class Tokens(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(11, 4)
        self.first = nn.Parameter(torch.randn(1, 1, 4))

    def forward(self, index, mask):
        x = self.embed(index) * mask.float().unsqueeze(-1)
        return torch.cat([self.first.expand(x.shape[0], -1, -1), x], dim=1), mask.float()


def test_two_inputs_of_integers_two_outputs_and_a_class_token():
    module = Tokens().eval()
    inputs = [TracedInput("index", (7,), torch.int64), TracedInput("mask", (7,), torch.int64)]
    graph = graph_from_module(module, inputs, ["tokens", "kept"])
    feed = [torch.randint(11, (5, 7)), torch.randint(2, (5, 7))]
    found = onnx_session(Model.from_ir(graph)).run({"index": feed[0].numpy(), "mask": feed[1].numpy()})
    with torch.no_grad():
        wanted = module(*feed)
    assert abs(found["tokens"] - wanted[0].numpy()).max() < 1e-6
    assert (found["kept"] == wanted[1].numpy()).all()


def test_names_are_module_paths():
    block = nn.Sequential(nn.Conv2d(6, 6, 1), nn.BatchNorm2d(6), nn.ReLU())
    module = Apply(lambda m, x: m.act(m.block(x) + m.act(x)), block=block, act=nn.ReLU())
    _, _, graph = answers(module, IMAGE)
    assert [n.name for n in graph.graph] == ["block.0", "block.1", "block.2", "act", "add", "act.relu"]
    assert set(module.state_dict()) - {"block.1.num_batches_tracked"} == set(graph.graph.initializers)


def test_unknown_call_is_named():
    with pytest.raises(NotImplementedError, match="cumsum"):
        answers(Apply(lambda m, x: torch.cumsum(x, 1)), TOKENS)


def test_as_torchs_own_exporter():
    """The same answers and counts as the graph that torch.onnx.export makes, with far fewer nodes."""
    pytest.importorskip("onnxscript")
    module = nn.Sequential(
        nn.Conv2d(3, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU6(), nn.Conv2d(8, 8, 3, 1, 1, groups=8),
        nn.Hardswish(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 4),
    ).eval()  # fmt: skip
    x = torch.randn(2, 3, 16, 16)
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            module, (x,), dynamo=True, optimize=False, verbose=False,
            dynamic_shapes=({0: torch.export.Dim("batch")},), input_names=["x"], output_names=["y"],
        )  # fmt: skip
    theirs = Model.from_ir(program.model)
    ours = Model.from_ir(graph_from_module(module, [TracedInput("x", (3, 16, 16))], ["y"]))
    feed = {"x": x.numpy()}
    assert abs(onnx_session(ours).run(feed)["y"] - onnx_session(theirs).run(feed)["y"]).max() < 1e-6
    assert (cost(ours).params, cost(ours).macs) == (cost(theirs).params, cost(theirs).macs)
    assert len(list(ours.nodes())) == 8 < len(list(theirs.nodes()))


@settings(max_examples=30)
@given(
    start=st.integers(-9, 9) | st.none(),
    stop=st.integers(-9, 9) | st.none(),
    step=st.integers(1, 3),
    shift=st.integers(-9, 9),
)
def test_slices_and_rolls(start, stop, step, shift):
    if not len(range(8)[start:stop:step]):
        return
    found, wanted, _ = answers(Apply(lambda m, x: torch.roll(x, shift, 1)[:, start:stop:step]), (8, 3))
    assert (found == wanted).all()
