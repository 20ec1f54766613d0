"""Network slimming: the penalty's step by hand, and scales that fall on the sample, with the cut behind it."""

from __future__ import annotations

import numpy as np
import onnx_ir as ir
import pytest

from core.errors import UserError
from core.execute.torch_graph import TorchGraph
from core.jobs import Job
from core.methods.losses import cross_entropy
from core.methods.method import METHODS, Context, load_methods
from core.methods.prune.channels import Params as ChannelParams
from core.methods.prune.slimming import Params, ScalePenalty, scales_of
from core.methods.scope import Scope
from core.methods.training import Trainer
from core.methods.training_data import Samples
from core.methods.training_settings import Schedule, Settings
from core.model.fold_batchnorm import fold_batchnorm
from core.model.masks import numbers
from tests.core.test_training_resume import random_net
from tests.core.training_sets import digits, few, linear, points, sample

pytestmark = pytest.mark.usefixtures("one_torch_thread")
load_methods()


def test_one_step_by_hand() -> None:
    """Liu et al. 2017: the scale's gradient gets lambda times its sign (0 at 0); nothing else changes."""
    model = random_net().clone()
    scale = model.graph.graph.initializers["scale"]
    signs = np.array([1, -1, 0, 1, -1, 1, -1, 1], np.float32)
    scale.const_value = ir.tensor(signs, name="scale")
    ended = []
    for weight in (0.0, 0.25):
        net = TorchGraph(model)
        settings = Settings(1, 0.1, momentum=0.0, schedule=Schedule.CONSTANT, max_steps=1)
        samples = Samples(points(32), model.inputs, 8)
        hook = ScalePenalty({"scale": "norm"}, weight)
        Trainer(net, samples, cross_entropy("y"), "y", settings, hooks=[hook]).run(Job())
        ended.append({n: p.detach().numpy().copy() for n, p in net.named_initializers()})
    plain, slimmed = ended
    np.testing.assert_allclose(slimmed["scale"], plain["scale"] - 0.1 * 0.25 * signs, atol=1e-6)
    assert all(np.array_equal(plain[n], slimmed[n]) for n in plain if n != "scale")


def test_scales_fall_and_the_cut_takes_the_smallest() -> None:
    context = Context(data=few(digits(), 320), test=few(digits(), 100, "test"), threads=1)
    out = METHODS.get("prune.slimming").run(sample(), Params(epochs=2, batch_size=16, penalty=0.3), context)
    none = METHODS.get("prune.slimming").run(sample(), Params(epochs=2, batch_size=16, penalty=0.0), context)
    assert out.model is not None
    measures = out.report.measures
    assert measures["mean_scale"].value < 0.8 * measures["mean_scale_before"].value
    assert measures["mean_scale"].value < 0.8 * none.report.measures["mean_scale"].value
    names = scales_of(sample(), Context())
    before, after = (np.concatenate([np.abs(numbers(m, n)) for n in names]) for m in (sample(), out.model))
    assert measures["mean_scale_before"].value == pytest.approx(before.mean(), rel=1e-5)
    assert measures["mean_scale"].value == pytest.approx(after.mean(), rel=1e-5)
    assert sum(r[1] for r in out.report.tables[0].rows) == before.size
    assert [n.name for n in out.model.nodes()] == [n.name for n in sample().nodes()]
    assert not any("hardly fallen" in n for n in out.report.notes)
    assert any("No channel was removed" in n for n in out.report.notes)
    smaller = METHODS.get("prune.channels").run(out.model, ChannelParams(score="bn_scale", ratio=0.3), Context())
    assert smaller.report.measures["cut_difference"].value < 1e-4


def test_only_scales_in_scope_and_what_is_refused() -> None:
    first, *_ = scales_of(sample(), Context()).values()
    assert list(scales_of(sample(), Context(scope=Scope(layers=(first,)))).values()) == [first]
    folded, _ = fold_batchnorm(sample())
    for model, scope in ((folded, Scope()), (sample(), Scope(operators=("Gemm",)))):
        with pytest.raises(UserError, match="no BatchNormalization"):
            METHODS.get("prune.slimming").run(model, Params(), Context(data=digits(), scope=scope))
    with pytest.raises(UserError, match="no BatchNormalization"):
        METHODS.get("prune.slimming").run(linear(), Params(), Context(data=points()))
