"""Calibration's memory and seconds from 100 to 10,000 images of 224 px, and what a cancel and a resume cost.

    python -m benchmarks.quantization_memory --images 100 1000 --json benchmarks/results/quantization_memory.json
        [--calibrators minmax entropy] [--network mobilenetv2] [--cancel-images 1000]

The goal of issue 6: flat, and under 2 GB at 10,000. Each case is a process of its own that opens the network, observes
the images with the calibrator (biases corrected, as the act does) and tells its peak of resident memory (VmHWM). The
500 ImageNet samples stand for more by coming again: every one is read and decoded anew. ``work`` is what of the peak
came after the network was opened and the runtimes were imported.

Peaks of the same case lie up to 70 MB apart (the allocator's business), so small cases are run ``--runs`` times and
their median counts; ``peaks_mb`` has them all.

The case 'cancel' is cancelled ten times on its way, each time resumed from its checkpoint in a new process: the longest
wait from the wish to the end, and whether the last bytes are those of a run that nobody cancelled.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import record
from benchmarks.open_large import memory
from core.data.dataset import Array, DataSet, Item
from core.model.model import Model

GOAL_MB, GOAL_SECONDS = 2048.0, 2.0
_ROOT = Path(__file__).resolve().parent.parent
_SHARED = Path(os.environ.get("THIMBLE_SHARED") or _ROOT.parent / "shared")
NETWORKS = {
    "mobilenetv2": "models/mobilenetv2_1.0_torchvision_imagenet/mobilenetv2_1.0_torchvision_imagenet_folded.onnx",
    "squeezenet": "models/squeezenet1.1_imagenet/squeezenet1.1_imagenet_folded.onnx",
    "mobilenetv1": "models/mobilenetv1_0.25_224_imagenet/mobilenetv1_0.25_224_imagenet_bn.onnx",
}
GOALS = f"goals (flat within 10 %, under {GOAL_MB:.0f} MB; a cancel heard in {GOAL_SECONDS:.0f} s, the same bytes)"
_CANCELS, _OFTEN = 10, 1000
_CASE = "{network} {calibrator} {images:>6} images: {seconds:8.1f} s, peak {peak_mb:7.1f} MB, of that {work_mb:.1f}"
_CANCELLED = (
    "cancelled {cancels} times: longest wait {longest_wait_s} s, checkpoint {checkpoint_mb} MB, same bytes {same_bytes}"
)


class Repeated:
    """A data set whose items come again until there are enough."""

    def __init__(self, data: DataSet, count: int) -> None:
        self._data = data
        self.name, self.location, self.classes = data.name, data.location, data.classes
        self.items: Sequence[Item] = [data.items[k % len(data.items)] for k in range(count)]

    def load(self, index: int) -> dict[str, Array]:
        return self._data.load(index % len(self._data.items))


# one case, in a process of its own -----------------------------------------------------------------------------------


def case(network: str, calibrator: str, images: int, checkpoint: str, cancel_after: float) -> dict[str, Any]:
    """Quantize once; with ``cancel_after`` seconds it is cancelled then, and goes on from ``checkpoint`` next time."""
    from core.data.open import open_data
    from core.errors import Cancelled
    from core.execute.runtimes import onnx_session
    from core.formats.open import open_model
    from core.jobs import Job
    from core.methods.checkpoint import CheckpointPlace
    from core.methods.method import Context
    from core.methods.quantize.static import Params, quantize_static
    from core.model.preprocessing import presets

    steps = presets(224, 224)["minus1to1" if network == "mobilenetv1" else "imagenet"]
    model = open_model(_SHARED / NETWORKS[network]).with_preprocessing(steps)
    data = Repeated(open_data(_SHARED / "data/imagenet_samples"), images)
    onnx_session(model)
    before, asked = memory("VmHWM"), 0.0
    job = Job()

    def cancel() -> None:
        nonlocal asked
        asked = time.perf_counter()
        job.cancel()

    timer = threading.Timer(cancel_after, cancel)
    place = CheckpointPlace(Path(checkpoint), f"{network} {calibrator} {images}") if checkpoint else None
    start = time.perf_counter()
    if cancel_after:
        timer.start()
    try:
        done = quantize_static(
            model, data, Params(calibrator=calibrator, calibration_items=images), Context(job=job), place
        )
    except Cancelled:
        return {"cancelled": True, "wait_s": time.perf_counter() - asked}
    finally:
        timer.cancel()
    seconds = time.perf_counter() - start
    peak = memory("VmHWM")
    return {
        "network": network,
        "calibrator": calibrator,
        "images": images,
        "seconds": round(seconds, 1),
        "peak_mb": round(peak, 1),
        "work_mb": round(peak - before, 1),
        "digest": digest_of(done.model),
    }


def digest_of(model: Model) -> str:
    """Of everything that the quantized model stores."""
    digest = hashlib.sha256()
    for name, value in sorted(model.graph.graph.initializers.items()):
        assert value.const_value is not None, "a stored tensor"
        digest.update(name.encode() + value.const_value.tobytes())
    return digest.hexdigest()[:16]


def in_process(*given: object) -> dict[str, Any]:
    call = [sys.executable, "-m", "benchmarks.quantization_memory", "--case", *map(str, given)]
    out = subprocess.run(call, check=True, capture_output=True, text=True, cwd=_ROOT).stdout
    found: dict[str, Any] = json.loads(out.splitlines()[-1])
    return found


def cancelled(network: str, calibrator: str, images: int, whole: dict[str, Any]) -> dict[str, Any]:
    """The same quantization, cancelled again and again on its way."""
    waits: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "checkpoint.safetensors"
        for _ in range(_CANCELS):
            found = in_process(network, calibrator, images, place, max(whole["seconds"] / _CANCELS, 1.0))
            if "cancelled" not in found:
                break
            waits.append(found["wait_s"])
        size = place.stat().st_size / 1e6 if place.is_file() else 0.0
        found = in_process(network, calibrator, images, place, 0)
    return {
        "network": network,
        "calibrator": calibrator,
        "images": images,
        "cancels": len(waits),
        "longest_wait_s": round(max(waits, default=0.0), 2),
        "checkpoint_mb": round(size, 1),
        "same_bytes": found["digest"] == whole["digest"],
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, nargs="+", default=[100, 1000, 10_000])
    parser.add_argument("--calibrators", nargs="+", default=["minmax", "entropy"])
    parser.add_argument("--network", choices=sorted(NETWORKS), default="mobilenetv2")
    parser.add_argument("--runs", type=int, default=5, help="of each case with up to 1,000 images; the median counts")
    parser.add_argument("--cancel-images", type=int, default=1000, help="of the case 'cancel'; 0 leaves it out")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--case", nargs=5, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.case:
        network, calibrator, images, checkpoint, after = given.case
        print(json.dumps(case(network, calibrator, int(images), checkpoint, float(after))))
        return 0
    runs = {n: given.runs if n <= _OFTEN else 1 for n in given.images}
    rows = [measured(given.network, c, n, runs[n]) for c in given.calibrators for n in given.images]
    good = all(_flat([r["peak_mb"] for r in rows if r["calibrator"] == c]) for c in given.calibrators)
    if given.cancel_images:
        last, images = given.calibrators[-1], given.cancel_images
        whole = next((r for r in rows if (r["calibrator"], r["images"]) == (last, images)), None)
        rows.append(cancelled(given.network, last, images, whole or measured(given.network, last, images)))
        print(_CANCELLED.format(**rows[-1]))
        good &= rows[-1]["same_bytes"] and rows[-1]["longest_wait_s"] < GOAL_SECONDS
    print(f"{GOALS}: {'met' if good else 'MISSED'}")
    record.save(given.json, rows, goals_met=good)
    return 0 if good else 1


def measured(network: str, calibrator: str, images: int, runs: int = 1) -> dict[str, Any]:
    """One case, told as soon as it is known: the run whose peak is the median."""
    found = [in_process(network, calibrator, images, "", 0) for _ in range(runs)]
    found.sort(key=lambda run: run["peak_mb"])
    middle = {**found[runs // 2], "peaks_mb": [run["peak_mb"] for run in found]}
    print(_CASE.format(**middle), *(["of", middle["peaks_mb"]] if runs > 1 else []), flush=True)
    return middle


def _flat(peaks: Sequence[float]) -> bool:
    return max(peaks) < GOAL_MB and max(peaks) < 1.1 * peaks[0]


if __name__ == "__main__":
    sys.exit(main())
