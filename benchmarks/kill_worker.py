"""Kill a process that commits to a project, at random moments, and look whether anything that had ended is lost.

    .venv/bin/python benchmarks/kill_worker.py [kills]     default 300; the test suite runs 10

A child process commits revisions whose weights follow from their number, and announces each commit after it returned.
It is killed with SIGKILL after a random time. Then the project is opened again: every announced revision must be there
and every weight of every revision must equal what follows from its number, byte for byte.
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import onnx_ir as ir

from core.model.model import Model
from core.project.project import Project
from core.project.recipe import Step
from core.report import Report

LAYERS = 6


def weight(revision: int, layer: int) -> np.ndarray:
    """In revision r, layers from r % LAYERS on are new; the others are those of revision 0."""
    seed = revision if layer >= revision % LAYERS else 0
    return np.random.default_rng((seed, layer)).standard_normal((64, 64), np.float32)


def network(revision: int) -> Model:
    """x (1, 64) through LAYERS Gemm layers."""
    values = [ir.Value(name="x", shape=ir.Shape([1, 64]), type=ir.TensorType(ir.DataType.FLOAT))]
    nodes, weights = [], []
    for layer in range(LAYERS):
        tensor = ir.tensor(weight(revision, layer), name=f"w{layer}")
        weights.append(ir.Value(name=f"w{layer}", const_value=tensor, shape=ir.Shape([64, 64]), type=values[0].type))
        nodes.append(ir.Node("", "Gemm", [values[-1], weights[-1]], name=f"layer{layer}"))
        nodes[-1].outputs[0].name = f"h{layer}"
        values.append(nodes[-1].outputs[0])
    graph = ir.Graph([values[0]], [values[-1]], nodes=nodes, initializers=weights, opset_imports={"": 17}, name="g")
    return Model.from_ir(ir.Model(graph, ir_version=8))


def commit_forever(folder: str) -> None:
    """The child: each revision has a random earlier one as parent; title "r7" means weights of number 7."""
    with Project.open(folder) as project:
        choose = random.Random(time.time_ns())
        print("ready", flush=True)
        while True:
            number = len(project.revisions)
            parent = choose.choice(project.revisions).id
            project.commit(parent, network(number), Step("test", seed=number), Report(), title=f"r{number}")
            print(number, flush=True)


def kill_once(folder: Path, after: float) -> int:
    """Start a child, kill it ``after`` seconds from its first readiness; gives the last announced number (0: none)."""
    root = Path(__file__).resolve().parent.parent
    child = subprocess.Popen([sys.executable, __file__, "--child", str(folder)], stdout=subprocess.PIPE, cwd=root)
    assert child.stdout is not None
    with child, child.stdout:
        assert child.stdout.readline() == b"ready\n"
        time.sleep(after)
        child.kill()
        lines = child.stdout.read().split(b"\n")[:-1]
    return int(lines[-1]) if lines else 0


def check(folder: Path, announced: int) -> int:
    """Every revision whole and right; gives how many there are."""
    with Project.open(folder) as project:
        assert project.damage() == ()
        revisions = project.revisions
        assert len(revisions) - 1 >= announced, f"{announced} was announced, {len(revisions) - 1} are there"
        assert project.current.id in {r.id for r in revisions}
        for revision in revisions[1:]:
            number = int(revision.title[1:])
            assert revision.step is not None
            assert revision.step.seed == number
            stored = project.model(revision.id).graph.graph.initializers
            for layer in range(LAYERS):
                assert stored[f"w{layer}"].const_value.tobytes() == weight(number, layer).tobytes(), (number, layer)
        return len(revisions)


def run(folder: Path, kills: int, longest: float = 0.25) -> tuple[int, int]:
    """(revisions at the end, kills that hit a commit under way)."""
    project = Project.create(folder, network(0))
    project.close()
    choose, revisions, hits = random.Random(0), 1, 0
    seen: set[Path] = set()
    for _ in range(kills):
        announced = kill_once(folder, choose.uniform(0.0, longest))
        left = {*(folder / "tensors").glob(".*.part"), *folder.glob("project.db-journal")} - seen
        hits += bool(left)
        seen |= {p for p in left if p.suffix == ".part"}
        revisions = check(folder, max(announced, revisions - 1))
    return revisions, hits


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        commit_forever(sys.argv[2])
    else:
        count = int(sys.argv[1]) if len(sys.argv) > 1 else 300
        with tempfile.TemporaryDirectory() as place:
            start = time.monotonic()
            total, leftovers = run(Path(place) / "killed.thimble", count)
            print(f"{count} kills in {time.monotonic() - start:.0f} s: {total} revisions, all whole and right;")
            print(
                f"{leftovers} kills hit a write under way (a partial tensor or a journal was left), all were harmless"
            )
