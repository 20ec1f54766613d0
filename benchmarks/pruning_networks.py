"""Every reference network and every light_* graph of the onnx package: what can be cut, the proof, the seconds.

    .venv/bin/python -m benchmarks.pruning_networks [--networks KEY ...] [--ratio 0.4] [--json OUT]

Each network is grouped, scored by magnitude (L1) and cut: the same share of every group. "difference" is the largest
one between the cut model and the masked one in onnxruntime, relative to the largest output. Below the table stands what
keeps channels from being cut, other than that they are the network's outputs. Seconds are processor time on one thread:
inferring shapes and finding groups, scoring, cutting. Beside them torch-pruning 1.6.1 on our torch module of the same
weights (its graph, its scores, its cut), where THIMBLE_TORCH_PRUNING names its folder: benchmarks/torch_pruning_peer.py
says how to get it. A light_* graph has no torch module, and torch-pruning reads nothing else; its last Softmax is left
out, because it would hide differences. Exits with 1 where a network fails or nothing of it can be cut.
"""

from __future__ import annotations

import argparse
import dataclasses
import gc
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks import executor_speed, record
from benchmarks.torch_pruning_peer import PeerResult, prune_with_peer, torch_pruning
from core.cli.output import table
from core.formats.open import open_model
from core.methods.method import Context
from core.methods.prune.proof import cut_equals_mask
from core.methods.prune.scores import Combine, Evidence, ScoreSettings, unit_scores, weakest
from core.model.channels import ChannelGroups, cut, find_groups
from core.model.model import Model
from core.model.prepare import prepare
from core.references.create import model_from_module, module_of, noise_for
from core.references.reference import Reference, load_references
from tests.core.light_networks import NAMES, light_network

_LONG = "transformer_1000"
_OUTPUT = "its channels are a graph output"


@dataclasses.dataclass(frozen=True)
class Case:
    """One network: its graph, and where there is a torch module, how to make it again and what it reads."""

    key: str
    model: Model
    make: Callable[[], nn.Module] | None
    inputs: tuple[Tensor, ...] = ()


@dataclasses.dataclass(frozen=True)
class Row:
    """``channels`` of which ``prunable`` may go and ``cut`` went; ``failed``: '' or the error; peer: see PeerResult."""

    key: str
    nodes: int
    groups: int = 0
    open_groups: int = 0
    kinds: str = ""
    channels: int = 0
    prunable: int = 0
    cut: int = 0
    params_left: float = 1.0
    difference: float | None = None
    stays: str = ""
    group_s: float = 0.0
    score_s: float = 0.0
    cut_s: float = 0.0
    failed: str = ""
    peer: PeerResult | None = None

    @property
    def seconds(self) -> float:
        return self.group_s + self.score_s + self.cut_s


def cases(wanted: Sequence[str]) -> Iterator[Case]:
    """The networks asked for, one at a time."""
    for reference in load_references():
        if reference.key in wanted:
            yield _reference_case(reference)
    for name in NAMES:
        if f"light_{name}" in wanted:
            yield Case(f"light_{name}", _without_softmax(light_network(name)), None)
    if _LONG in wanted:
        with tempfile.TemporaryDirectory() as folder:
            executor_speed.write("transformer", Path(folder))
            model = open_model(Path(folder) / "transformer.onnx")
            yield Case(_LONG, model, executor_speed.transformer, (torch.randn(1, 128, 256),))


def _without_softmax(model: Model) -> Model:
    """The network up to its logits: a Softmax over made-up weights says one class, and hides every difference."""
    graph = model.graph.graph
    last = list(graph)[-1]
    if last.op_type == "Softmax" and last.inputs[0] is not None:
        graph.outputs[0] = last.inputs[0]
        graph.remove(last, safe=True)
    return model


def _reference_case(reference: Reference) -> Case:
    params = reference.params()
    model = model_from_module(reference, params, module_of(reference, params))
    torch.manual_seed(1)
    return Case(
        reference.key, model, lambda: module_of(reference, params), tuple(noise_for(reference.ports(params), 1))
    )


def examine(case: Case, ratio: float, limit: int) -> Row:
    """Group, score, cut and prove one network; then the peer."""
    model = prepare(case.model)[0]
    row = Row(case.key, sum(1 for _ in model.nodes()))
    try:
        row, groups = _ours(row, model, ratio)
    except Exception as error:  # noqa: BLE001  every way to fail is a finding here
        return dataclasses.replace(row, failed=f"{type(error).__name__}: {error}")
    tp = torch_pruning()
    if tp is None or case.make is None:
        return row
    outputs = [p for g in groups if g.reason == _OUTPUT for p in g.producers]
    return dataclasses.replace(row, peer=_peer(tp, case, outputs, ratio, limit))


def _ours(row: Row, model: Model, ratio: float) -> tuple[Row, ChannelGroups]:
    times = [time.process_time()]
    groups = find_groups(model)
    times.append(time.process_time())
    chosen = tuple(g for g in groups if not g.locked)
    scores = unit_scores(Evidence(model, groups, chosen, Context(), ScoreSettings()), "magnitude", Combine.MEAN)
    removed = weakest(groups, chosen, scores, ratio, 1)
    times.append(time.process_time())
    smaller = cut(model, groups, removed)
    times.append(time.process_time())
    open_channels = {g.key: g.widths for g in chosen}
    kinds = {kind: sum(g.kind == kind for g in chosen) for kind in ("heads", "hidden")}
    found = dataclasses.replace(
        row,
        groups=len(groups),
        open_groups=len(chosen),
        kinds=", ".join(f"{n} {kind}" for kind, n in kinds.items() if n),
        prunable=int(sum(w.sum() for w in open_channels.values())),
        channels=int(sum(w.sum() for w in open_channels.values())) + sum(g.fixed for g in groups),
        cut=int(sum(open_channels[key][units].sum() for key, units in removed.items())),
        params_left=_weights(smaller) / _weights(model),
        difference=float(cut_equals_mask(model, groups, removed, smaller).value) if removed else None,
        stays=_stays(groups),
        group_s=times[1] - times[0],
        score_s=times[2] - times[1],
        cut_s=times[3] - times[2],
        failed="" if removed else "nothing could be cut",
    )
    return found, groups


def _weights(model: Model) -> int:
    return sum(v.const_value.size for v in model.graph.graph.initializers.values() if v.const_value is not None)


def _stays(groups: ChannelGroups) -> str:
    """What keeps channels, outputs aside, with how many: 'LRN mixes channels (256)'."""
    kept: dict[str, int] = {}
    for group in groups:
        if group.fixed and group.reason != _OUTPUT:
            reason = re.sub(r" ?\(?layer [^ )]+\)?", "", group.reason)
            kept[reason] = kept.get(reason, 0) + group.fixed
    return "; ".join(f"{reason} ({count})" for reason, count in kept.items())


def _peer(tp: Any, case: Case, outputs: Sequence[str], ratio: float, limit: int) -> PeerResult:
    assert case.make is not None
    if case.key == _LONG:
        outputs = ["25"]  # torch's exporter names its nodes otherwise
    return prune_with_peer(tp, case.make, case.inputs, outputs, ratio, limit)


def show(rows: Sequence[Row]) -> str:
    columns = ("network", "nodes", "groups", "open", "kinds", "prunable", "cut", "params left", "difference",
               "group s", "score s", "cut s", "torch-pruning s", "times", "torch-pruning")  # fmt: skip
    cells = []
    for r in rows:
        seconds = r.peer.seconds if r.peer is not None else None
        cells.append(
            (r.key, r.nodes, r.groups, r.open_groups, r.kinds, f"{r.prunable}/{r.channels}", r.cut,
             f"{r.params_left:.2f}", "" if r.difference is None else f"{r.difference:.0e}",
             f"{r.group_s:.2f}", f"{r.score_s:.2f}", f"{r.cut_s:.2f}", "" if seconds is None else f"{seconds:.1f}",
             "" if seconds is None else f"{seconds / r.seconds:.0f}", _said(r))
        )  # fmt: skip
    kept = [f"{r.key}: {r.stays}" for r in rows if r.stays]
    wrong = [f"{r.key} FAILED: {r.failed}" for r in rows if r.failed]
    return "\n".join([table(columns, cells), "", "What stays, and why:", *kept, *wrong])


def _said(row: Row) -> str:
    if row.key.startswith("light_"):
        return "reads no graph"
    if row.peer is None:
        return "not run"
    told = ", heads named" if row.peer.heads else ""
    return row.peer.outcome or f"params left {row.peer.params / row.peer.before:.2f}{told}"


def main() -> int:
    known = [*load_references().keys(), *(f"light_{name}" for name in NAMES), _LONG]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", nargs="+", choices=known, default=known)
    parser.add_argument("--ratio", type=float, default=0.4, help="share of every group that goes (default: 0.4)")
    parser.add_argument("--limit", type=int, default=120, help="seconds that torch-pruning may take for a network")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    torch.set_num_threads(1)
    rows: list[Row] = []
    for case in cases(args.networks):
        rows.append(examine(case, args.ratio, args.limit))
        print(f"{rows[-1].key}: {rows[-1].seconds:.2f} s {rows[-1].failed} | {_said(rows[-1])}", file=sys.stderr)
        gc.collect()
    print(show(rows))
    record.save(args.json, [dataclasses.asdict(r) for r in rows], ratio=args.ratio)
    return 1 if any(r.failed for r in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
