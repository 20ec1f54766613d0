"""Ctrl+C, going on and starting anew at the command line, and the device."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.cli import act, main, output
from core.jobs import Event, Job, Point
from core.methods.checkpoint import CheckpointFile
from tests.conftest import SAMPLE
from tests.core.training_sets import digits, few

pytestmark = [
    pytest.mark.usefixtures("one_torch_thread"),
    pytest.mark.skipif(os.name == "nt", reason="signals arrive differently"),
]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "digits.npz"
    train, test = few(digits(), 160), few(digits(), 40, "test")
    x = [d.load(k)[""] for d in (train, test) for k in range(len(d.items))]
    items = [*train.items, *test.items]
    np.savez(path, x=np.stack(x), y=np.array([i.label for i in items]), part=np.array([i.part for i in items]))
    return path


@pytest.fixture
def thimble(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    """Fine-tune the sample into NAME; Ctrl+C comes after the steps in ``interrupts``."""
    monkeypatch.setattr(CheckpointFile, "due", lambda self, ended: True)

    def run(name: str, *words: str, interrupts: tuple[int, ...] = ()) -> tuple[int, str, str]:
        said = output._Line(False).show
        left = list(interrupts)

        def listen(event: Event) -> None:
            said(event)
            # live points count in epochs; an epoch has 8 steps here
            while isinstance(event, Point) and event.series == "loss" and left and round(8 * event.x) - 1 == left[0]:
                left.pop(0)
                signal.raise_signal(signal.SIGINT)

        monkeypatch.setattr(act, "job", lambda: Job(listen))
        files = ["-o", str(tmp_path / name), "--data", str(data)]
        options = ["--threads", "1", "--set", "epochs=3", "batch_size=16", "--json", *words]
        code = main(["apply", "tune.finetune", str(SAMPLE), *files, *options])
        out, err = capsys.readouterr()
        return code, out, err

    return run


def test_cancelled_twice_it_goes_on_to_the_same_bytes(thimble: Any, tmp_path: Path) -> None:
    code, _, err = thimble("whole.onnx")
    assert (code, err) == (0, "")
    code, out, err = thimble("cut.onnx", interrupts=(4, 4))
    assert (code, out) == (130, "")
    assert "The same command goes on from here" in err
    assert not (tmp_path / "cut.onnx").exists()
    assert len(list((tmp_path / "cut.onnx.checkpoint").iterdir())) == 1
    code, _, err = thimble("cut.onnx")
    assert code == 0
    assert "Resumed at step 4 of 24." in err
    assert (tmp_path / "cut.onnx").read_bytes() == (tmp_path / "whole.onnx").read_bytes()
    assert not (tmp_path / "cut.onnx.checkpoint").exists()


def test_fresh_starts_anew_and_other_settings_do_not_go_on(thimble: Any, tmp_path: Path) -> None:
    assert thimble("a.onnx", interrupts=(4, 4))[0] == 130
    code, _, err = thimble("a.onnx", "--fresh")
    assert (code, err) == (0, "")
    assert thimble("b.onnx", interrupts=(4, 4))[0] == 130
    code, _, err = thimble("b.onnx", "--seed", "7")
    assert code == 0
    assert "belongs to a training with other settings" in err
    assert not (tmp_path / "b.onnx.checkpoint").exists()


def test_the_first_interrupt_keeps_the_best_and_replays(thimble: Any, tmp_path: Path) -> None:
    code, out, _ = thimble("stopped.onnx", interrupts=(12,))
    assert code == 0
    step = json.loads(out)["reports"][0]["step"]
    assert step["params"]["max_steps"] == 13
    code, out, err = thimble("again.onnx", "--set", "max_steps=13")
    assert (code, err) == (0, "")
    assert (tmp_path / "again.onnx").read_bytes() == (tmp_path / "stopped.onnx").read_bytes()


def test_a_device_that_is_not_there_is_refused_before_anything_is_read(thimble: Any) -> None:
    code, _, err = thimble("a.onnx", "--device", "tpu")
    assert code == 2
    assert "There is no device 'tpu'. Known: cpu, cuda, mps." in err
