"""The bundled sample: small enough to ship, good enough to learn from, and honest about its parts."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
from PIL import Image

from tests.conftest import ROOT, SAMPLE

FOLDER = ROOT / "resources" / "samples"


def test_under_one_and_a_half_megabytes() -> None:
    assert sum(p.stat().st_size for p in FOLDER.iterdir() if p.is_file()) < 1_500_000


def test_at_least_97_percent_by_onnxruntime_and_pillow_alone() -> None:
    """Nothing of ours between the file and the figure."""
    data = np.load(FOLDER / "digits.npz")
    chosen = data["part"] == "test"
    images = [
        np.asarray(Image.fromarray(x[..., 0]).resize((32, 32), Image.Resampling.BILINEAR)) for x in data["x"][chosen]
    ]
    x = (np.stack(images).astype(np.float32) / 127.5 - 1)[:, None]
    scores = onnxruntime.InferenceSession(str(SAMPLE)).run(None, {"image": x})[0]
    assert int(chosen.sum()) == 500
    assert (scores.argmax(1) == data["y"][chosen]).mean() >= 0.97


def test_is_a_mobilenetv2_with_batchnorm_kept() -> None:
    model = onnx.load(SAMPLE)
    onnx.checker.check_model(model, full_check=True)
    operators = [n.op_type for n in model.graph.node]
    assert {"Conv", "BatchNormalization", "Clip", "Add", "Gemm"} <= set(operators)
    depthwise = [n for n in model.graph.node if any(a.name == "group" and a.i > 1 for a in n.attribute)]
    assert len(depthwise) == 7
    assert {p.key for p in model.metadata_props} >= {"thimble.preprocessing", "thimble.labels"}
