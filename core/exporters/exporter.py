"""What an exporter is, and the registry of them. Each target is one module (or package) registering itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.data.dataset import DataSet
from core.jobs import Job
from core.model.model import Model
from core.model.unfinished import require_finished
from core.registry import Registry, import_all


@dataclass(frozen=True, slots=True)
class Proof:
    """What running the written file showed, beside optimised onnxruntime on the same inputs.

    ``max_abs_diff``: largest absolute difference of any output (float units). ``max_steps``: largest difference in
    steps of the output's scale (None for float outputs). ``within_one_step``: share of values at most 1 step off.
    ``checked_on``: the inputs, e.g. "32 items of digits (test)" or "noise". ``proven`` is False on noise.
    ``passed``: whether DESIGN.md's tolerance held. ``by_layers``: where it held layer by layer instead, the steps
    that any layer is off at most (32 steps of 16 bits count as one), on ``by_layers_n`` items.
    """

    max_abs_diff: float
    max_steps: int | None
    within_one_step: float | None
    checked_on: str
    n: int
    passed: bool
    proven: bool
    by_layers: int | None = None
    by_layers_n: int | None = None

    def sentence(self) -> str:
        """What the run showed, in the words of DESIGN.md: without real inputs it is never called proven."""
        on = self.checked_on if self.proven else f"noise, {self.n} inputs"
        verb = ("Proven on" if self.proven else "Checked on") if self.passed else "NOT equal on"
        size = f"largest difference {self.max_abs_diff:.3g}"
        if self.max_steps is not None:
            size += f", at most {self.max_steps} output step{'' if self.max_steps == 1 else 's'}"
        if self.by_layers is not None:
            steps = f"{self.by_layers} step{'' if self.by_layers == 1 else 's'}"
            return f"{verb.removesuffix(' on')} layer by layer, each off by at most {steps}. On {on} outputs: {size}."
        return f"{verb} {on}: {size}."


@dataclass(frozen=True, slots=True)
class Exported:
    """A written file with its proof. ``ops``: operator name -> count. ``notes``: sentences for the user."""

    file: Path
    bytes: int
    ops: dict[str, int]
    proof: Proof
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "file": str(self.file),
            "bytes": self.bytes,
            "max_abs_diff": self.proof.max_abs_diff,
            "max_steps": self.proof.max_steps,
            "checked_on": self.proof.checked_on,
            "n": self.proof.n,
            "passed": self.proof.passed,
            "proven": self.proof.proven,
            "by_layers": self.proof.by_layers,
            "by_layers_n": self.proof.by_layers_n,
            "ops": self.ops,
            "notes": list(self.notes),
        }


Write = Callable[[Model, Path, DataSet | None, Job], Exported]


@dataclass(frozen=True, slots=True)
class Exporter:
    """``write(model, path, check, job)`` writes the file aside, proves it, then renames it into place.

    ``check`` supplies real inputs for the proof; None means noise. A file whose proof fails is not left at ``path``.
    An unfinished graph is refused.
    """

    key: str
    title: str
    suffix: str
    write: Write


EXPORTERS: Registry[Exporter] = Registry("export target")


def exporter(key: str, *, title: str, suffix: str) -> Callable[[Write], Write]:
    def register(write: Write) -> Write:
        def checked(model: Model, path: Path, check: DataSet | None, job: Job) -> Exported:
            require_finished(model, "Export")
            return write(model, path, check, job)

        EXPORTERS.add(key, Exporter(key, title, suffix, checked))
        return write

    return register


def load_exporters() -> Registry[Exporter]:
    """Import every module directly below ``core.exporters`` (once) and give the filled registry."""
    import_all("core.exporters")
    return EXPORTERS
