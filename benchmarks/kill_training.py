"""Kill a training at random moments, run it again each time, and look whether the result differs in a single bit.

    .venv/bin/python -m benchmarks.kill_training [--kills 300] [--epochs 6] [--items 1797] [--json FILE]

The test suite runs 4 kills.

The bundled sample is fine-tuned on the bundled digits with everything on that has a state: momentum, averaged weights,
best validation, mixup, shifts. A process that has loaded everything forks a child for each run; the child is killed
with SIGKILL after a random time, in the middle of a step or of writing a checkpoint, and the next one goes on. Every
run of a training that ended is compared, byte for byte, with the file of one that was never interrupted.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from benchmarks.record import save

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Found:
    """``resumed``: runs that went on from a checkpoint; ``ended``: trainings that came to their end."""

    kills: int
    runs: int
    resumed: int
    halves: int
    ended: int
    equal: bool


def some_items(folder: Path, count: int) -> Path:
    """``count`` of the bundled digits as a file of their own, the same each time."""
    from core.data.sample import sample_data

    path = folder / f"digits{count}.npz"
    if not path.exists():
        with np.load(sample_data().location) as arrays:
            chosen = np.random.default_rng(0).permutation(len(arrays["y"]))[:count]
            np.savez(path, classes=arrays["classes"], **{name: arrays[name][chosen] for name in ("x", "y", "part")})
    return path


def train(folder: Path, name: str, epochs: int, items: int) -> None:
    """One run, to its end or to its death; leaves ``name``.onnx and says on stdout where it went on."""
    from core import params as parameters
    from core.data.sample import sample_model
    from core.formats.onnx_file import save_onnx
    from core.formats.open import open_model
    from core.jobs import Event, Job, Point
    from core.methods import checkpoint
    from core.methods.tune.finetune import Params
    from core.project.checkpoints import Checkpoints
    from core.project.context import run_steps
    from core.project.recipe import Step

    checkpoint._WRITING_SHARE = 0  # so that most kills find something to go on with
    chosen = Params(epochs=epochs, batch_size=32, ema=0.9, mixup=0.2, flip=True)
    step = Step("tune.finetune", parameters.to_json(chosen), data=str(some_items(folder, items)), seed=1)
    checkpoints = Checkpoints(folder / f"{name}.checkpoint", every=0.0)

    def tell(event: Event) -> None:
        if isinstance(event, str):
            print(event, flush=True)
        elif isinstance(event, Point):
            (folder / f"{name}.begun").touch()

    job = Job(tell)
    ((_, model, _),) = run_steps(open_model(sample_model()), [step], job=job, checkpoints=checkpoints)
    save_onnx(model, folder / f"{name}.onnx")
    checkpoints.done()
    print("ended", flush=True)


def serve(folder: Path, epochs: int, items: int) -> None:
    """Train once without interruption, which loads everything; then, for every line "SECONDS", fork a child.

    It is killed so many seconds after its first step (0: never); "over" and the seconds it trained end its lines.
    """
    import torch

    torch.set_num_threads(1)
    some_items(folder, items)
    train(folder, "uninterrupted", epochs, items)
    for line in sys.stdin:
        (folder / "killed.begun").unlink(missing_ok=True)
        child = os.fork()
        if child == 0:
            train(folder, "killed", epochs, items)
            os._exit(0)
        print("over", _wait(child, float(line), folder / "killed.begun"), flush=True)


def _wait(child: int, seconds: float, begun: Path) -> float:
    """Seconds from ``begun`` to the child's end or death; a child that nobody has waited for keeps its number."""
    start = 0.0
    while os.waitpid(child, os.WNOHANG) == (0, 0):
        start = start or (time.monotonic() if begun.exists() else 0.0)
        if start and seconds and time.monotonic() - start >= seconds:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            break
        time.sleep(0.001)
    return time.monotonic() - start


class Server:
    """The process that forks."""

    def __init__(self, folder: Path, epochs: int, items: int) -> None:
        command = [sys.executable, "-m", "benchmarks.kill_training", "--serve", str(folder)]
        command += ["--epochs", str(epochs), "--items", str(items)]
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment
        )

        self._began = False
        self._lines()

    def run(self, kill_after: float = 0.0) -> tuple[list[str], float]:
        """(lines of one run, killed so many seconds after its first step, 0: never; seconds it trained)."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{kill_after}\n")
        self._process.stdin.flush()
        lines = self._lines()
        return lines[:-1], float(lines[-1].split()[1])

    def _lines(self) -> list[str]:
        """Up to the end of a training, or of what a killed one had to say."""
        assert self._process.stdout is not None
        lines = [""]
        while not lines[-1].startswith("over") and (lines[1:] != ["ended"] or self._began):
            line = self._process.stdout.readline()
            if not line:
                raise RuntimeError("the process that forks has died")
            lines.append(line.strip())
        self._began = True
        return lines[1:]

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(10)


def run(folder: Path, kills: int, epochs: int, items: int, seed: int = 0) -> Found:
    """Kill and go on until ``kills`` are done, then let the last training end."""
    choose, server = random.Random(seed), Server(folder, epochs, items)
    result, wanted = folder / "killed.onnx", (folder / "uninterrupted.onnx").read_bytes()
    runs = resumed = ended = halves = 0
    seen: set[Path] = set()
    equal = True
    try:
        _, whole = server.run()
        equal &= result.read_bytes() == wanted
        while runs <= kills:
            result.unlink(missing_ok=True)
            lines, _ = server.run(choose.uniform(0.0, 0.7) * whole if runs < kills else 0.0)
            runs += 1
            resumed += any("Resumed at step" in line for line in lines)
            parts = set(folder.glob("killed.checkpoint/.*.part")) - seen
            halves += len(parts)
            seen |= parts
            if "ended" in lines:
                ended += 1
                equal &= result.read_bytes() == wanted
    finally:
        server.close()
    return Found(kills, runs, resumed, halves, ended, equal)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--items", type=int, default=1797)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, metavar="OUT")
    parser.add_argument("--serve", type=Path)
    args = parser.parse_args()
    if args.serve is not None:
        serve(args.serve, args.epochs, args.items)
        return
    with tempfile.TemporaryDirectory() as folder:
        found = run(Path(folder), args.kills, args.epochs, args.items, args.seed)
    print(found)
    save(args.json, [asdict(found)])
    if not found.equal:
        sys.exit("A resumed training ended with other bytes.")


if __name__ == "__main__":
    main()
