"""What can be said of the reference networks without building them: for lists that must be there at once.

``resources/references.json`` is made from the registry by ``python -m core.references.catalogue``; the counts in it
were made on the graphs. A test holds it to the registry.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any

from core import params as parameters
from core.errors import UserError
from core.references.cited import Citation, Source
from core.report import Measure

if TYPE_CHECKING:
    from core.model.model import Model
    from core.references.reference import Reference

FILE = "references.json"
COUNTED = "counted on the graph, default parameters, batch 1"


@dataclass(frozen=True, slots=True)
class Entry:
    """One network: who it is, what can be chosen, what was published, what we count.

    ``figures``: params, macs and peak_memory (bytes), estimated from the graph at the default parameters. ``inputs``
    and ``preprocess`` say what it takes.
    """

    key: str
    title: str
    family: str
    year: int
    task: str
    help: str
    paper: Source
    params: tuple[parameters.Spec, ...]
    cited: tuple[Citation, ...]
    figures: Mapping[str, Measure]
    pretrained: bool

    def best(self, figure: str) -> Citation | None:
        """The first citation of a figure: the source the family's file names first."""
        return next((c for c in self.cited if c.figure == figure), None)

    def to_json(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "title": self.title,
            "family": self.family,
            "year": self.year,
            "task": self.task,
            "help": self.help,
            "paper": {"title": self.paper.title, "year": self.paper.year, "where": self.paper.where},
            "params": [s.to_json() for s in self.params],
            "cited": [c.to_json() for c in self.cited],
            "figures": {k: m.to_json() for k, m in self.figures.items()},
            "pretrained": self.pretrained,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Entry:
        return cls(
            **{k: data[k] for k in ("key", "title", "family", "year", "task", "help", "pretrained")},
            paper=Source(**data["paper"]),
            params=tuple(parameters.Spec.from_json(s) for s in data["params"]),
            cited=tuple(Citation.from_json(c) for c in data["cited"]),
            figures={k: Measure.from_json(m) for k, m in data["figures"].items()},
        )


@functools.cache
def entries() -> tuple[Entry, ...]:
    """All networks, in the order of families and size."""
    text = resources.files("resources").joinpath(FILE).read_text("utf-8")
    return tuple(Entry.from_json(data) for data in json.loads(text))


def entry(key: str) -> Entry:
    """One network. Raises UserError where there is none of that name."""
    for found in entries():
        if found.key == key:
            return found
    known = ", ".join(e.key for e in entries())
    raise UserError(f"There is no reference network called '{key}'.", f"Known: {known}.")


def entry_of(reference: Reference, figures: Mapping[str, Measure]) -> Entry:
    """A registered network as an entry."""
    return Entry(
        key=reference.key,
        title=reference.title,
        family=reference.family,
        year=reference.year,
        task=reference.task,
        help=reference.help,
        paper=reference.paper,
        params=parameters.specs(reference.params),
        cited=reference.cited,
        figures=figures,
        pretrained=bool(reference.timm),
    )


def counted(model: Model) -> dict[str, Measure]:
    """Parameters, MACs and peak activation memory of a model's graph."""
    from core.measure.cost import cost
    from core.measure.memory import peak_memory
    from core.model.facts import infer

    facts = infer(model)
    found, memory = cost(model, facts), peak_memory(model, facts)
    figures = {"params": Measure(found.params, "", "estimated", COUNTED)}
    if found.macs is not None:
        figures["macs"] = Measure(found.macs, "", "estimated", COUNTED)
    if memory.bytes is not None:
        figures["peak_memory"] = Measure(memory.bytes, "bytes", "estimated", COUNTED)
    return figures


def made() -> tuple[Entry, ...]:
    """The catalogue as the registry and the graphs have it now: builds every network (a minute)."""
    from core.references.create import create
    from core.references.reference import load_references

    found = [entry_of(r, counted(create(r))) for r in load_references()]
    return tuple(sorted(found, key=lambda e: (e.family.lower(), e.figures["params"].value)))


if __name__ == "__main__":
    with resources.as_file(resources.files("resources").joinpath(FILE)) as path:
        path.write_text(json.dumps([e.to_json() for e in made()], indent=1, ensure_ascii=False) + "\n", "utf-8")
        print(f"{path}: written")
