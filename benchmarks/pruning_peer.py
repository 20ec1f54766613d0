"""torch-pruning 1.6.1 on the same weights: the peer of benchmarks.pruning.

It needs the network's source code, so the real networks are built again as torch modules, filled with the file's
weights and checked against onnxruntime. It is no dependency of ours; put it somewhere by hand:

    pip install --no-deps --target /tmp/torch_pruning torch-pruning==1.6.1
    TORCH_PRUNING=/tmp/torch_pruning python -m benchmarks.pruning
"""

from __future__ import annotations

import copy
import os
import sys
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import torch
from torch import nn

from core.execute.from_torch import TracedInput, graph_from_module
from core.execute.runtimes import onnx_session
from core.measure.cost import cost
from core.model.model import Model
from core.references.reference import load_references

LAYERS = (nn.Conv2d, nn.Linear)
_TRIES = 24  # halvings of the share that is pruned


def torch_pruning() -> Any:
    """The peer's package. Raises ImportError where it is not there."""
    place = os.environ.get("TORCH_PRUNING", "")
    if place and place not in sys.path:
        sys.path.append(place)
    import torch_pruning as package

    return package


def module_with_weights(network: str, model: Model) -> nn.Module:
    """The network as a torch module that computes what the file computes; raises AssertionError where it does not."""
    module = _BUILD[network]()
    _fill(module, model)
    module.eval()
    feed = np.random.default_rng(0).standard_normal((2, *shape_of(model))).astype(np.float32)
    expected = next(iter(onnx_session(model).run({model.inputs[0].name: feed}).values()))
    with torch.no_grad():
        given = module(torch.from_numpy(feed)).numpy()
    gap = np.abs(given - expected.reshape(given.shape)).max() / max(1.0, np.abs(expected).max())
    assert gap < 1e-4, f"{network}: the torch module differs from the file by {gap:.1e}"
    return module


def shape_of(model: Model) -> tuple[int, ...]:
    return tuple(int(d) for d in model.inputs[0].shape[1:])


def as_model(module: nn.Module, like: Model) -> Model:
    """A (pruned) module as a graph with the input, preprocessing and labels of ``like``."""
    spec = TracedInput(like.inputs[0].name, shape_of(like))
    graph = graph_from_module(module.eval(), [spec], [like.output_names[0]])
    return like.with_graph(graph)


def prune_to(module: nn.Module, model: Model, share: float) -> tuple[nn.Module, float]:
    """One-shot L2 magnitude pruning, uniform over layers, by torch-pruning, to ``share`` of the MACs left (within 2 %).

    Gives the pruned module and the ratio that was asked of the package. A trunk that its graph cannot cut (option A
    shortcuts) is left out, as its users have to.
    """
    low, high, best = 0.0, 0.95, None
    macs = cost(as_model(copy.deepcopy(module), model)).macs
    for _ in range(_TRIES):
        ratio = (low + high) / 2
        pruned = pruned_by(copy.deepcopy(module), model, ratio)
        left = (cost(as_model(pruned, model)).macs or 0) / (macs or 1)
        if best is None or abs(left - share) < abs(best[2] - share):
            best = (pruned, ratio, left)
        if abs(left - share) <= 0.005 * share:
            break
        low, high = (ratio, high) if left > share else (low, ratio)
    assert best is not None
    return best[0], best[1]


def pruned_by(module: nn.Module, model: Model, ratio: float) -> nn.Module:
    """``ratio`` of the channels of every group removed by the package, in place."""
    package = torch_pruning()
    example = torch.zeros(1, *shape_of(model))
    pruner = package.pruner.MagnitudePruner(
        module,
        example,
        importance=package.importance.MagnitudeImportance(p=2),
        pruning_ratio=ratio,
        ignored_layers=list(_ignored(module)),
    )
    pruner.step()
    return module


def _ignored(module: nn.Module) -> Iterator[nn.Module]:
    """The scores' layer, and the trunk of networks with padded shortcuts: cutting it raises in 1.6.1."""
    layers = [m for m in module.modules() if isinstance(m, LAYERS)]
    yield layers[-1]
    for name, layer in module.named_modules():
        padded = type(module).__name__ == "CifarResNet" and isinstance(layer, nn.Conv2d)
        if padded and (name.endswith("conv2") or "layer" not in name):
            yield layer


def settle_statistics(module: nn.Module, batches: Iterable[torch.Tensor]) -> bool:
    """BatchNorm statistics again: a cumulative average over the batches; False where the module has none."""
    norms = [m for m in module.modules() if isinstance(m, nn.BatchNorm2d)]
    usual = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
    module.train()
    for layer in module.modules():
        if isinstance(layer, nn.Dropout):
            layer.eval()
    with torch.no_grad():
        for batch in batches if norms else ():
            module(batch)
    for norm, momentum in zip(norms, usual, strict=True):
        norm.momentum = momentum  # a training after this goes on as usual
    module.eval()
    return bool(norms)


# the same networks as modules -----------------------------------------------------------------------------------------


def _reference(key: str, **changes: Any) -> nn.Module:
    reference = load_references().get(key)
    return reference.build(reference.params(**changes))


def _without_norms(module: nn.Module) -> nn.Module:
    """BatchNormalization taken away, convolutions given a bias: what a folded file is made of."""
    for name, layer in list(module.named_modules()):
        if isinstance(layer, nn.Conv2d) and layer.bias is None:
            layer.bias = nn.Parameter(torch.zeros(layer.out_channels))
        if isinstance(layer, nn.BatchNorm2d):
            parent = module.get_submodule(name.rpartition(".")[0])
            setattr(parent, name.rpartition(".")[2], nn.Identity())
    return module


class _MobileNetV1(nn.Module):
    """MobileNetV1 0.25 as Keras pads it: one row and column after the picture where the stride is 2."""

    def __init__(self) -> None:
        super().__init__()
        widths = (8, 16, 32, 32, 64, 64, 128, 128, 128, 128, 128, 128, 256, 256)
        strides = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1)
        layers = [*self._conv(3, 8, 3, 2, 1)]
        for now, after, stride in zip(widths, widths[1:], strides, strict=False):
            layers += [*self._conv(now, now, 3, stride, now), *self._conv(now, after, 1, 1, 1)]
        self.features = nn.Sequential(*layers)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.scores = nn.Linear(256, 1000)

    @staticmethod
    def _conv(inputs: int, outputs: int, kernel: int, stride: int, groups: int) -> Iterator[nn.Module]:
        if stride == 2:
            yield nn.ZeroPad2d((0, 1, 0, 1))
        padding = 0 if stride == 2 else kernel // 2
        yield nn.Conv2d(inputs, outputs, kernel, stride, padding, groups=groups, bias=False)
        yield nn.BatchNorm2d(outputs, eps=1e-3)
        yield nn.ReLU6()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        scores: torch.Tensor = self.scores(self.pool(self.features(x)).flatten(1))
        return scores


_BUILD = {
    "resnet20": lambda: _reference("resnet20_cifar"),
    "mobilenetv1": _MobileNetV1,
    "mobilenetv2": lambda: _without_norms(_reference("mobilenet_v2")),
    "squeezenet": lambda: _reference("squeezenet1_1"),
}


def _fill(module: nn.Module, model: Model) -> None:
    """Weights in the order in which they are used: convolutions and matrices, and normalizations, each in theirs."""
    graph = model.graph.graph
    stored = {k: v.const_value.numpy() for k, v in graph.initializers.items() if v.const_value is not None}
    layers = [n for n in graph if n.op_type in ("Conv", "Gemm")]
    norms = [n for n in graph if n.op_type == "BatchNormalization"]
    own = [m for m in module.modules() if isinstance(m, LAYERS)]
    own_norms = [m for m in module.modules() if isinstance(m, nn.BatchNorm2d)]
    assert len(own) == len(layers), f"{len(layers)} layers in the file, {len(own)} in the module"
    assert len(own_norms) == len(norms)
    with torch.no_grad():
        for node, layer in zip(layers, own, strict=True):
            weight, *bias = [torch.tensor(stored[v.name or ""]) for v in node.inputs[1:] if v is not None]
            turned = node.op_type == "Gemm" and not node.attributes.get_int("transB", 0)
            layer.weight.copy_((weight.T if turned else weight).reshape(layer.weight.shape))
            if bias:
                assert layer.bias is not None
                layer.bias.copy_(bias[0])
        for node, norm in zip(norms, own_norms, strict=True):
            values = [torch.tensor(stored[v.name or ""]) for v in node.inputs[1:] if v is not None]
            for mine, its in zip((norm.weight, norm.bias, norm.running_mean, norm.running_var), values, strict=True):
                assert mine is not None
                mine.copy_(its)
            norm.eps = node.attributes.get_float("epsilon", 1e-5)
