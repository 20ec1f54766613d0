"""Observing ranges: what calibrators see of a network, and a calibration that was cancelled or killed."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import Cancelled, UserError
from core.jobs import Job
from core.methods.checkpoint import CheckpointPlace, read_header
from core.methods.quantize.calibrate import Observed, Ranging, observe
from core.methods.quantize.calibrators import CalibrationSettings, calibrator_names, maker
from core.model.facts import infer
from core.model.model import Model
from tests.core.qdq_graphs import Arrays, network, node, weights

ITEMS, SHAPE = 50, (3, 8, 8)


def net() -> Model:
    nodes = [
        node("Conv", "x w1", "a", pads=[1, 1, 1, 1]),
        node("Relu", "a", "b"),
        node("Conv", "b w2", "y"),
    ]
    return network(nodes, {"w1": weights(4, 3, 3, 3), "w2": weights(2, 4, 1, 1)}, SHAPE)


def run(data: Arrays, key: str = "mse", job: Job | None = None, place: CheckpointPlace | None = None) -> Observed:
    model = net()
    make = maker(key, CalibrationSettings())
    wanted: Any = {"ranges_of": ["x", "b", "y"], "means_of": ["x", "b"], "keep": 20}
    return observe(model, infer(model), data, **wanted, job=job, ranging=Ranging(make), checkpoint=place)


def same(one: Observed, two: Observed) -> bool:
    means = [m.tobytes() for o in (one, two) for m in o.means.values()]
    kept = [[c.feed["x"].tobytes() for c in o.kept] for o in (one, two)]
    half = len(means) // 2
    whole = (one.ranges, one.extremes, one.items, kept[0]) == (two.ranges, two.extremes, two.items, kept[1])
    return whole and means[:half] == means[half:]


class Cancelling(Job):
    """Cancels when its progress is told for the nth time."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self.left, self.lines = at, list[str]()

    def progress(self, done: float, message: str = "") -> None:
        self.left -= 1
        if self.left == 0:
            self.cancel()
        super().progress(done, message)

    def log(self, line: str) -> None:
        self.lines.append(line)


@pytest.mark.parametrize("key", calibrator_names())
def test_ranges_are_the_calibrators_own_on_what_the_network_computes(key: str) -> None:
    data = Arrays(SHAPE, ITEMS)
    found = run(data, key)
    alone = maker(key, CalibrationSettings())()
    for start in range(0, ITEMS, 16):
        alone.add(data.values[start : start + 16])
    assert found.ranges["x"] == alone.range()
    assert found.extremes["x"] == (float(data.values.min()), float(data.values.max()))
    assert found.ranges["b"][0] == 0
    assert found.items == ITEMS
    assert sum(c.count for c in found.kept) == 16, "the batches that fit into 20 items"


@pytest.mark.parametrize(("key", "at"), [*(("mse", k) for k in (1, 2, 4)), *((key, 3) for key in calibrator_names())])
def test_a_cancelled_calibration_goes_on_to_the_same_bytes(key: str, at: int, tmp_path: Path) -> None:
    data, place = Arrays(SHAPE, ITEMS), CheckpointPlace(tmp_path / "c.safetensors", "digest", every=0.0)
    with pytest.raises(Cancelled):
        run(data, key, Cancelling(at), place)
    assert place.path.is_file() == (at > 1)
    job = Cancelling(-1)
    assert same(run(data, key, job, place), run(data, key))
    assert job.lines == ([f"{16 * (at - 1)} of 50 items were seen already."] if at > 1 else [])
    counts = read_header(place.path)["state"]
    assert (counts["step"], counts["total"]) == (ITEMS, ITEMS), "what follows may be cancelled too"
    done = Cancelling(-1)
    assert same(run(data, key, done, place), run(data, key))
    assert done.left == -1, "nothing is run again"


def test_a_killed_calibration_goes_on_from_the_last_checkpoint(tmp_path: Path) -> None:
    data, place = Arrays(SHAPE, ITEMS), CheckpointPlace(tmp_path / "c.safetensors", "digest", every=0.0)

    class Copying(Job):
        def progress(self, done: float, message: str = "") -> None:
            if 0.6 < done < 0.7:  # before the third batch
                shutil.copy(place.path, tmp_path / "then")

    run(data, job=Copying(), place=place)
    shutil.copy(tmp_path / "then", place.path)
    job, seen = Cancelling(-1), read_header(place.path)["state"]["step"]
    assert 0 < seen < ITEMS
    assert same(run(data, job=job, place=place), run(data))
    assert job.lines == [f"{seen} of 50 items were seen already."]


def test_a_checkpoint_of_another_run_or_a_damaged_one_is_left_alone(tmp_path: Path) -> None:
    data, place = Arrays(SHAPE, ITEMS), CheckpointPlace(tmp_path / "c.safetensors", "digest", every=0.0)
    run(data, place=place)
    other, job = CheckpointPlace(place.path, "another", every=0.0), Cancelling(-1)
    assert same(run(data, job=job, place=other), run(data))
    assert "belongs to another run. Calibration starts anew" in job.lines[0]
    place.path.write_bytes(place.path.read_bytes()[:-9])
    again = Cancelling(-1)
    assert same(run(data, job=again, place=place), run(data))
    assert "is ignored" in again.lines[0]


def test_a_number_that_is_not_finite_is_never_kept(tmp_path: Path) -> None:
    data, place = Arrays(SHAPE, ITEMS), CheckpointPlace(tmp_path / "c.safetensors", "digest", every=0.0)
    data.values[40, 0, 0, 0] = np.nan
    for _ in range(2):
        with pytest.raises(UserError, match=r"The value 'x' is not finite on the calibration items\."):
            run(data, "minmax", place=place)
    assert read_header(place.path)["state"]["step"] == 32
