"""Whole blocks and layers: what can go, how it is scored, what is left. Judges: the torch module, numbers by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
import onnx_ir as ir
import pytest
import torch
from torch import nn

from core import params as parameters
from core.data.noise import noise_batches
from core.data.sample import sample_data
from core.data.splits import take
from core.errors import UserError
from core.execute.from_torch import TracedInput, graph_from_module
from core.execute.runtimes import onnx_session
from core.formats.open import open_model
from core.methods.method import Context, Outcome, load_methods
from core.methods.prune.depth import Goal, Params, Parts, apply, plan
from core.methods.prune.depth_change import NOISE_ITEMS, Change, changes, cosine, relative
from core.methods.prune.proof import difference
from core.methods.scope import Scope
from core.model.editing import WorkingCopy
from core.model.editing.locks import Lock
from core.model.model import Model
from core.model.removable import removables, without
from core.references.create import model_from_module, module_of
from core.references.reference import load_references
from tests.conftest import SAMPLE
from tests.core.random_networks import Network

LAYER = "bert.encoder.layer.1.attention.output"
SMALL: dict[str, dict[str, Any]] = {
    "resnet20_cifar": {},
    "vit_tiny": {"dim": 32, "depth": 2, "heads": 4, "patch": 8, "resolution": 16, "classes": 5},
    "bert_tiny": {"dim": 24, "heads": 3, "vocab": 50, "sequence": 6, "positions": 6},
    "two_input": {},
}


def plain() -> nn.Module:
    """Convolutions one after another, as in VGG."""
    torch.manual_seed(0)
    layers = [nn.Conv2d(3, 6, 3, padding=1), nn.ReLU(), nn.Conv2d(6, 6, 3, padding=1), nn.ReLU(), nn.Conv2d(6, 6, 1)]
    return nn.Sequential(*layers, nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 4)).eval()


def network(key: str) -> tuple[nn.Module, Model]:
    if key == "plain":
        module = plain()
        return module, Model.from_ir(graph_from_module(module, [TracedInput("input", (3, 8, 8))], ("scores",), "plain"))
    reference = load_references().get(key)
    chosen = parameters.from_json(reference.params, SMALL[key])
    module = module_of(reference, chosen)
    return module, model_from_module(reference, chosen, module)


def seen(module: nn.Module, names: list[str], feed: dict[str, np.ndarray]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Module name -> (what goes in, what comes out), by torch's own hooks."""
    found: dict[str, tuple[np.ndarray, np.ndarray]] = {}

    def keep(name: str) -> Callable[..., None]:
        return lambda _, given, made: found.update({name: (given[0].numpy(), made.numpy())})

    for name in names:
        module.get_submodule(name).register_forward_hook(keep(name))
    with torch.no_grad():
        module(*(torch.from_numpy(x) for x in feed.values()))
    return found


@pytest.mark.parametrize("change", Change)
def test_scores_are_what_torch_sees_go_in_and_come_out_of_a_block(change: Change) -> None:
    module, model = network("resnet20_cifar")
    names = ["layer1.1", "layer2.2", "layer3.1"]
    (feed,) = noise_batches(model.inputs, NOISE_ITEMS, NOISE_ITEMS)
    scores = changes(model, removables(model), change, 1, Context())
    for name, (x, y) in seen(module, names, feed).items():
        x, y = x.reshape(len(x), -1), y.reshape(len(y), -1)
        if change is Change.RELATIVE:
            wanted = (np.linalg.norm(y - x, axis=1) / np.linalg.norm(y, axis=1)).mean()
        else:
            wanted = (1 - (x * y).sum(1) / np.linalg.norm(x, axis=1) / np.linalg.norm(y, axis=1)).mean()
        assert scores[f"{name}.add"] == pytest.approx(wanted, rel=1e-3)


def test_scores_by_hand() -> None:
    y = np.asarray([[3.0, 4.0], [0.0, 2.0], [0.0, 0.0], [1.0, 0.0], [0.0, 0.0]])
    s = np.asarray([[3.0, 0.0], [0.0, 2.0], [0.0, 0.0], [0.0, 1.0], [5.0, 0.0]])
    np.testing.assert_allclose(relative(y, s), [4 / 5, 0, 0, np.sqrt(2), 1])
    np.testing.assert_allclose(cosine(y, s), [1 - 9 / 15, 0, 0, 1, 1])


def without_block(module: nn.Module, name: str, stands_in: nn.Module) -> nn.Module:
    parent, _, last = name.rpartition(".")
    setattr(module.get_submodule(parent), last, stands_in)
    return module


class Zero(nn.Module):
    def forward(self, x: torch.Tensor, *_: torch.Tensor) -> torch.Tensor:
        return torch.zeros_like(x)


@pytest.mark.parametrize(
    ("key", "layer", "block", "stands_in"),
    [
        ("resnet20_cifar", "layer1.1.add", "layer1.1", nn.Identity()),
        ("vit_tiny", "blocks.0.add", "blocks.0.attn", Zero()),
        ("vit_tiny", "blocks.1.add_1", "blocks.1.mlp", Zero()),
        ("bert_tiny", f"{LAYER}.add", f"{LAYER}.dense", Zero()),
        ("plain", "2", "2", nn.Identity()),
        ("plain", "4", "4", nn.Identity()),
    ],
)  # fmt: skip
def test_the_rest_is_the_torch_module_without_the_block(key: str, layer: str, block: str, stands_in: nn.Module) -> None:
    module, model = network(key)
    part = next(p for p in removables(model) if p.key == layer)
    before = ir.to_proto(model.graph).SerializeToString(deterministic=True)
    shorter = without(model, part)
    assert ir.to_proto(model.graph).SerializeToString(deterministic=True) == before, "the input was changed"
    onnx.checker.check_model(ir.to_proto(shorter.graph), full_check=True)
    old, new = [n.name for n in model.nodes()], [n.name for n in shorter.nodes()]
    assert new == [n for n in old if n not in part.layers]
    read = {v.name for n in shorter.nodes() for v in n.inputs if v is not None}
    assert set(shorter.graph.graph.initializers) <= read, "weights nobody reads are left"
    (feed,) = noise_batches(model.inputs, 3, 3)
    with torch.no_grad():
        wanted = without_block(module, block, stands_in)(*(torch.from_numpy(x) for x in feed.values()))
    given = onnx_session(shorter).run(feed)
    assert difference(given[model.output_names[0]], wanted.numpy()) <= 1e-5


def keys(model: Model, part: str = "branch") -> list[str]:
    return [p.key for p in removables(model) if p.part == part]


def test_what_is_found() -> None:
    resnet = network("resnet20_cifar")[1]
    assert keys(resnet) == [f"layer{s}.{b}.add" for s in (1, 2, 3) for b in range(3)]
    projected = next(p for p in removables(resnet) if p.key == "layer2.0.add")
    assert not any("downsample" in name or "shortcut" in name for name in projected.layers)
    assert len(keys(network("vit_tiny")[1])) == 4
    assert keys(network("plain")[1]) == []
    assert [(p.key, p.layers) for p in removables(network("plain")[1])] == [("2", ("2", "3")), ("4", ("4", "5"))]
    assert keys(network("two_input")[1]) == [], "two towers that are added are no block and its shortcut"


def test_an_input_keeps_a_reader_and_outputs_stay() -> None:
    net = Network(seed=0)
    net.x, net.channels = net.node("Add", net.conv("input", 3, 3), "input"), 3
    model = net.model("pool_flatten_gemm")
    assert keys(model) == ["Add_1"]
    shorter = without(model, removables(model)[-1])
    assert [n.op_type for n in shorter.nodes()] == ["GlobalAveragePool", "Flatten", "Gemm"]


def ran(model: Model, **settings: Any) -> Outcome:
    scope = settings.pop("scope", Scope())
    return apply(model, Params(**settings), Context(scope=scope))


def removed(outcome: Outcome) -> list[str]:
    return [row[0] for row in outcome.report.tables[0].rows if row[-1] == "removed"]


def test_as_many_go_as_the_target_asks() -> None:
    model = network("resnet20_cifar")[1]
    scores = changes(model, removables(model), Change.RELATIVE, 1, Context())
    blocks = sorted(keys(model), key=scores.__getitem__)
    assert removed(ran(model, parts=Parts.BLOCKS, count=3)) == blocks[:3]
    outcome = ran(model, parts=Parts.BLOCKS, goal=Goal.MACS, share=0.3)
    figures = outcome.report.measures
    share = 1 - figures["macs"].value / figures["macs_before"].value
    assert abs(share - 0.3) < 0.06, "a block is 12 or 9 % of the network"
    assert figures["weight_bytes"].value < figures["weight_bytes_before"].value
    assert figures["removal_difference"].value <= 1e-6
    nothing = ran(model, parts=Parts.BLOCKS, goal=Goal.MACS, share=0.01)
    assert removed(nothing) == []
    assert any("Nothing was removed" in note for note in nothing.report.notes)


def test_scored_again_means_on_the_shortened_network() -> None:
    model = network("resnet20_cifar")[1]
    rows = ran(model, parts=Parts.BLOCKS, count=2, rescore=True).report.tables[0].rows
    first, second = [row for row in rows if row[-1] == "removed"]
    parts = {p.key: p for p in removables(model)}
    shorter = without(model, parts[first[0]])
    again = changes(shorter, removables(shorter), Change.RELATIVE, 1, Context())
    assert second[0] == min(keys(shorter), key=again.__getitem__)
    assert second[3] == pytest.approx(again[second[0]], rel=1e-3)


def test_a_target_in_time_is_replayed_without_a_clock() -> None:
    model = network("resnet20_cifar")[1]
    outcome = ran(model, parts=Parts.BLOCKS, goal=Goal.LATENCY, share=0.2)
    assert outcome.params.goal is Goal.COUNT
    assert outcome.params.count == len(removed(outcome)) > 0
    assert outcome.report.measures["latency"].how == "measured"
    again = apply(model, outcome.params, Context())
    assert removed(again) == removed(outcome)
    worst_first = Params(parts=Parts.BLOCKS, chosen=json.dumps(removed(outcome)[::-1]))
    assert removed(apply(model, worst_first, Context())) == removed(outcome)[::-1], "by name, whatever the scores say"
    for chosen, said in (("[1]", "not a JSON list"), ('["nowhere"]', "'nowhere' cannot be removed")):
        with pytest.raises(UserError, match=said):
            apply(model, Params(chosen=chosen), Context())


def test_scope_and_locks_are_kept() -> None:
    model = network("resnet20_cifar")[1]
    inside = ran(model, count=2, parts=Parts.BLOCKS, scope=Scope(pattern="layer1.*"))
    assert all(name.startswith("layer1.") for name in removed(inside))
    copy = WorkingCopy(model)
    copy.do(Lock("layer1.1.conv1"))
    assert "layer1.1.add" not in keys(copy.model)
    assert "layer1.2.add" in keys(copy.model)
    with pytest.raises(UserError, match="Nothing can be removed: no residual block in the scope"):
        ran(network("plain")[1], parts=Parts.BLOCKS)
    assert removed(ran(network("plain")[1], count=9)) in (["2", "4"], ["4", "2"])


def test_plan_and_act_agree_and_data_is_used_where_it_is() -> None:
    model = open_model(SAMPLE)
    ctx = Context(data=take(sample_data(), 160, seed=1))
    before = plan(model, Params(items=32), ctx)
    outcome = apply(model, Params(items=32), ctx)
    assert outcome.model is not None
    assert before.report.measures["macs"] == outcome.report.measures["macs"]
    gone = {n.name for n in model.nodes()} - {n.name for n in outcome.model.nodes()}
    assert set(before.layers) == gone
    assert "32 items" in outcome.report.tables[0].columns[3]
    assert any("on noise" in note for note in plan(model, Params(), Context()).report.notes)
    assert load_methods().get("prune.depth").uses == ("data",)
