"""What analyses found out about the revisions of a project: kept with it, so that a window can show them again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import UserError
from core.project.project import Project
from core.project.recipe import Step
from core.report import Report

_KEY = "analyses."


@dataclass(frozen=True, slots=True)
class Analysis:
    """One run of a method that makes no model: how it was done, and what it found."""

    step: Step
    report: Report

    def to_json(self) -> dict[str, Any]:
        return {"step": self.step.to_json(), "report": self.report.to_json()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Analysis:
        return cls(Step.from_json(data["step"]), Report.from_json(data["report"]))


def analyses(project: Project, revision: int) -> tuple[Analysis, ...]:
    """Those of a revision, the newest last; what another version stored and this one cannot read is passed over."""
    found = []
    for entry in project.view_state(f"{_KEY}{revision}") or ():
        try:
            found.append(Analysis.from_json(entry))
        except (KeyError, TypeError, ValueError, UserError):
            continue
    return tuple(found)


def with_analysis(before: tuple[Analysis, ...], new: Analysis) -> tuple[Analysis, ...]:
    """Of each method only the newest is kept."""
    return (*(a for a in before if a.step.method != new.step.method), new)


def store(project: Project, revision: int, found: tuple[Analysis, ...]) -> None:
    """Replace what is kept of a revision."""
    project.set_view_state(f"{_KEY}{revision}", [a.to_json() for a in found])
