"""Kill processes at random moments, and look whether anything that had ended is lost.

    .venv/bin/python -m benchmarks.kill_worker [--kills 300] [--acts 40]     the test suite runs 6 and 2

A child process commits revisions whose weights follow from their number, and announces each commit after it returned.
It is killed with SIGKILL after a random time. Then the project is opened again: every announced revision must be there
and every weight of every revision must equal what follows from its number, byte for byte.

Then the worker is killed while it prunes the sample for a project; acts that ended are committed. In the end every
revision must be whole, and every committed result must be the same model.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import onnx_ir as ir

from core.model.model import Model
from core.project.project import Project
from core.project.recipe import Step
from core.report import Report

LAYERS = 6
BATCH = 25


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
    choose, revisions, hits = random.Random(folder.name), 1, 0
    seen: set[Path] = set()
    for _ in range(kills):
        announced = kill_once(folder, choose.uniform(0.0, longest))
        left = {*(folder / "tensors").glob(".*.part"), *folder.glob("project.db-journal")} - seen
        hits += bool(left)
        seen |= {p for p in left if p.suffix == ".part"}
        revisions = check(folder, max(announced, revisions - 1))
    return revisions, hits


def kill_acts(folder: Path, acts: int) -> tuple[int, int]:
    """(acts that ended and were committed, acts that were lost with their worker)."""
    from core.data.sample import sample_model
    from core.formats.open import open_model
    from core.project.packing import read_result
    from core.worker_client import Done, Event, Failed, Started, WorkerClient

    choose, client = random.Random(2), WorkerClient(warm=("onnx", "onnxruntime"))
    step = Step("prune.magnitude", {"ratio": 0.3}, seed=1)
    results: set[tuple[bytes, ...]] = set()
    ended = lost = 0
    with Project.create(folder, open_model(sample_model())) as project:
        args = {"model": {"project": str(folder), "revision": 1}, "step": step.to_json()}
        start = time.monotonic()
        client.submit("apply", args, lambda event: None, project.job_folder()).wait(120)
        whole = time.monotonic() - start  # of a worker that has just been started, as after every kill
        client.kill()
        for _ in range(acts):
            begun = threading.Event()

            def hear(event: Event, begun: threading.Event = begun) -> None:
                if isinstance(event, Started):
                    begun.set()

            handle = client.submit("apply", args, hear, project.job_folder())
            begun.wait(60)
            time.sleep(choose.uniform(0.0, 1.5 * whole))
            client.kill()
            ending = handle.wait(60)
            assert isinstance(ending, (Done, Failed)), ending
            if isinstance(ending, Done):
                made = project.commit(1, read_result(ending.folder, project.tensors), step, Report())
                values = project.model(made.id).graph.graph.initializers.values()
                results.add(tuple(v.const_value.tobytes() for v in values if v.const_value is not None))
            ended, lost = ended + isinstance(ending, Done), lost + isinstance(ending, Failed)
            assert len(project.revisions) == 1 + ended
            assert project.damage() == ()
    client.close()
    assert len(results) <= 1, "the same act gave different models"
    return ended, lost


def main() -> None:
    from benchmarks import record

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--acts", type=int, default=40)
    parser.add_argument("--json", type=Path, metavar="OUT")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        start, total, leftovers = time.monotonic(), 0, 0
        for batch in range(0, options.kills, BATCH):  # every kill is followed by a look at every revision
            found = run(Path(place) / f"killed_{batch}.thimble", min(BATCH, options.kills - batch))
            total, leftovers = total + found[0], leftovers + found[1]
        print(f"{options.kills} kills in {time.monotonic() - start:.0f} s: {total} revisions, all whole and right;")
        print(f"{leftovers} kills hit a write under way (a partial tensor or a journal was left), all were harmless")
        ended, lost = kill_acts(Path(place) / "acts.thimble", options.acts)
    print(f"worker killed {ended + lost} times: {ended} acts had ended and are whole, {lost} were lost alone")
    row = {"kills": options.kills, "revisions_whole": total, "writes_hit": leftovers, "acts_ended": ended}
    record.save(options.json, [{**row, "acts_lost_alone": lost}])


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        commit_forever(sys.argv[2])
    else:
        main()
