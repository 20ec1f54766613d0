"""quantize.static with calibrators, with inputs made from the network, and cancelled."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import onnx_ir as ir
import pytest

from core.data.open import open_data
from core.errors import Cancelled, UserError
from core.execute.runtimes import onnx_session
from core.formats.open import open_model
from core.jobs import Job
from core.methods.checkpoint import CheckpointPlace
from core.methods.method import Context, load_methods
from core.methods.quantize import synthetic
from core.methods.quantize.calibrators import calibrator_names
from core.methods.quantize.items import CalibrateFrom
from core.methods.quantize.static import Activations, Params, quantize_static
from core.methods.quantize.synthetic import Synthetic, synthesize
from core.model.fold_batchnorm import fold_batchnorm
from core.model.model import Model
from core.model.preprocessing import presets
from core.model.qdq import check_rules
from tests.conftest import ROOT, SAMPLE
from tests.core.qdq_graphs import Array, Arrays, network, node, run, sqnr, weights

pytestmark = pytest.mark.usefixtures("one_torch_thread")
SHAPE = (3, 12, 12)


@cache
def constants() -> dict[str, Array]:
    """Weights, and the statistics that items of another kind than noise have there."""
    rng = np.random.default_rng(3)
    held: dict[str, Array] = {"w1": weights(8, 3, 3, 3), "w2": weights(8, 8, 3, 3), "wc": weights(5, 8, scale=1.0)}
    items = np.repeat(np.repeat(rng.uniform(-2, 2, (64, 3, 4, 4)), 3, 2), 3, 3).astype(np.float32)
    for k in (1, 2):
        held |= {f"g{k}": np.ones(8, np.float32), f"b{k}": np.full(8, 0.2, np.float32)}
        held |= {f"m{k}": np.zeros(8, np.float32), f"v{k}": np.ones(8, np.float32)}
    for k in (1, 2):
        value = run(_network(held, softmax=False), items, taps=[f"c{k}"])[f"c{k}"]
        held |= {f"m{k}": value.mean((0, 2, 3)), f"v{k}": value.var((0, 2, 3))}
    return held


def normalized(softmax: bool = False) -> Model:
    """Two convolutions with BatchNormalization, pooled into five class scores."""
    return _network(constants(), softmax)


def _network(held: dict[str, Array], softmax: bool) -> Model:
    nodes = [
        node("Conv", "x w1", "c1", pads=[1, 1, 1, 1]),
        node("BatchNormalization", "c1 g1 b1 m1 v1", "n1"),
        node("Relu", "n1", "r1"),
        node("Conv", "r1 w2", "c2", pads=[1, 1, 1, 1]),
        node("BatchNormalization", "c2 g2 b2 m2 v2", "n2"),
        node("Relu", "n2", "r2"),
        node("GlobalAveragePool", "r2", "p"),
        node("Flatten", "p", "f"),
        node("Gemm", "f wc", "z" if softmax else "y", transB=1),
        *([node("Softmax", "z", "y")] if softmax else []),
    ]
    return network(nodes, held, SHAPE)


def statistics(model: Model, made: Synthetic) -> dict[str, tuple[Array, Array]]:
    """By onnxruntime: mean and variance, by channel, of what each BatchNormalization is given."""
    session = onnx_session(model, optimized=False, taps=["c1", "c2"])
    x = np.stack([made.data.load(k)["x"] for k in range(len(made.data.items))])
    values = session.run({"x": x})
    return {v: (values[v].mean((0, 2, 3)), values[v].var((0, 2, 3))) for v in ("c1", "c2")}


def test_synthetic_inputs_have_the_statistics_of_every_batchnorm() -> None:
    model = normalized()
    made = synthesize(model, items=24, steps=150)
    stored = {k: v.const_value.numpy() for k, v in model.graph.graph.initializers.items() if v.const_value is not None}
    worst = []
    for k, (mean, variance) in enumerate(statistics(model, made).values(), start=1):
        sigma = np.sqrt(stored[f"v{k}"] + 1e-5)
        worst.append(np.square((mean - stored[f"m{k}"]) / sigma) + np.square(np.sqrt(variance) / sigma - 1))
    by_hand = float(np.mean([w.mean() for w in worst]))
    assert made.after == pytest.approx(by_hand, rel=1e-3), "the distance it tells is the one that onnxruntime shows"
    assert made.after < made.before / 20
    assert made.layers == 2
    assert len(made.data.items) == 24
    assert made.data.load(0)["x"].shape == SHAPE
    assert "24 synthetic inputs" in made.note()


@pytest.mark.parametrize("softmax", [False, True])
def test_synthetic_inputs_of_a_classifier_are_taken_for_a_class(softmax: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    def sureness() -> float:
        made = synthesize(normalized(softmax), items=16, steps=60)
        given = np.stack([made.data.load(k)["x"] for k in range(16)])
        scores = run(normalized(softmax), given)["y"].astype(np.float64)
        shares = scores if softmax else np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
        return float(shares.max(1).mean())

    told = sureness()
    monkeypatch.setattr(synthetic, "_SURE", 0.0)
    assert told > sureness() + 0.05


def test_the_same_seed_makes_the_same_inputs_and_images_stay_within_pixels() -> None:
    model = normalized().with_preprocessing(presets(12, 12)["imagenet"])
    assert model.inputs[0].layout == "NCHW"
    one, two, other = (synthesize(model, 4, 5, seed) for seed in (1, 1, 2))
    assert one.data.load(3)["x"].tobytes() == two.data.load(3)["x"].tobytes() != other.data.load(3)["x"].tobytes()
    long = np.stack([synthesize(model, 4, 200).data.load(k)["x"] for k in range(1)])
    mean, deviation = (
        np.array([0.485, 0.456, 0.406]),
        np.array([0.229, 0.224, 0.225]),
    )
    pixels = long * deviation[:, None, None] + mean[:, None, None]
    assert pixels.min() >= -1e-6
    assert pixels.max() <= 1 + 1e-6
    assert pixels.min() < 0.01 or pixels.max() > 0.99, "the steps went as far as they may"


def test_networks_without_batchnorm_are_refused_with_a_way_out() -> None:
    folded, names = fold_batchnorm(normalized())
    assert len(names) == 2
    for model in (folded, network([node("Relu", "x", "y")], {}, (4,))):
        with pytest.raises(UserError, match="has no BatchNormalization whose statistics") as caught:
            synthesize(model)
        assert "before they were folded" in caught.value.hint
    params = Params(calibrate_from=CalibrateFrom.SYNTHETIC)
    with pytest.raises(UserError, match="No inputs can be made for this network"):
        load_methods().get("quantize.static").run(folded, params, Context())


def test_without_data_the_network_is_quantized_with_inputs_of_its_own() -> None:
    model = open_model(SAMPLE)
    params = Params(calibrate_from=CalibrateFrom.SYNTHETIC, synthetic_items=8, synthetic_steps=4)
    method = load_methods().get("quantize.static")
    bare = method.run(model, params, Context())
    assert bare.model is not None
    assert check_rules(bare.model) == []
    assert bare.report.measures["sqnr"].on == "noise"
    assert any("8 synthetic inputs, made to match the statistics of 22" in note for note in bare.report.notes)
    judged = method.run(model, params, Context(data=open_data(ROOT / "resources" / "samples" / "digits.npz")))
    assert judged.report.measures["sqnr"].on != "noise"
    assert judged.report.measures["agreement"].value > 90
    with pytest.raises(UserError, match="Quantize needs data to calibrate with"):
        method.run(model, Params(), Context())


def test_making_inputs_can_be_cancelled_between_layers() -> None:
    class Late(Job):
        left = 40

        def check(self) -> None:
            self.left -= 1
            if not self.left:
                self.cancel()
            super().check()

    with pytest.raises(Cancelled):
        synthesize(normalized(), items=4, steps=1000, job=Late())


@pytest.mark.parametrize("key", calibrator_names())
def test_every_calibrator_quantizes_within_the_rules(key: str) -> None:
    data = Arrays(SHAPE, 40)
    data.values[3, :, 0, 0] = 60  # one wild pixel
    done = quantize_static(normalized(), data, Params(calibrator=key, percentile=99.0), Context())
    assert check_rules(done.model) == []
    low, high = done.observed.ranges["x"]
    assert done.observed.extremes["x"][1] == 60
    assert (high == 60) == (key == "minmax"), (low, high)
    calm = data.values[10:]
    got, wanted = (onnx_session(m, exact=True).run({"x": calm})["y"] for m in (done.model, normalized()))
    assert sqnr(wanted, got) > (18 if key == "minmax" else 25)


def test_sixteen_bits_keep_what_eight_cut_off() -> None:
    data = Arrays(SHAPE, 40)
    ends = [
        quantize_static(normalized(), data, Params(calibrator="mse", activations=a), Context()).observed.ranges["r2"][1]
        for a in (Activations.UINT8, Activations.INT16)
    ]
    assert ends[0] < ends[1]


def test_a_cancelled_quantization_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    class Cancelling(Job):
        def progress(self, done: float, message: str = "") -> None:
            if message.startswith("Observing") and done > 0.6:
                self.cancel()
            super().progress(done, message)

    data, method = Arrays(SHAPE, 200), load_methods().get("quantize.static")
    params = Params(calibrator="entropy", calibration_items=40)
    place = CheckpointPlace(tmp_path / "c.safetensors", "digest", every=0.0)
    assert method.resumes
    with pytest.raises(Cancelled):
        method.run(normalized(), params, Context(data=data, job=Cancelling(), checkpoint=place))
    assert place.path.is_file()
    lines: list[object] = []
    ctx = Context(data=data, job=Job(lines.append), checkpoint=place)
    resumed = method.run(normalized(), params, ctx).model
    assert "32 of 40 items were seen already." in lines
    whole = method.run(normalized(), params, Context(data=data)).model
    assert resumed is not None
    assert whole is not None
    one, two = (ir.to_proto(m.graph).SerializeToString(deterministic=True) for m in (resumed, whole))
    assert one == two
