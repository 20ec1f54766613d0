"""Plans that follow a slider: what one has found out stays for the next, as long as it is about the same model."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import UserError
from core.formats.onnx_file import save_onnx
from core.formats.open import open_model
from core.jobs import Job
from core.methods.memo import Memo
from core.methods.method import Context
from core.methods.prune import magnitude
from core.methods.scope import Scope
from core.model.channels import ChannelGroups, find_groups
from core.model.model import Model
from core.model.preprocessing import presets
from core.project.planning import Planner
from core.project.project import Project
from core.project.recipe import Step
from core.report import Report
from core.tasks import TASKS
from tests.conftest import SAMPLE


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> list[Model]:
    """The models whose groups were found, in order."""
    seen: list[Model] = []

    def find(model: Model) -> ChannelGroups:
        seen.append(model)
        return find_groups(model)

    monkeypatch.setattr(magnitude, "find_groups", find)
    return seen


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "p.thimble", open_model(SAMPLE)) as made:
        yield made


def _step(ratio: float, **more: object) -> Step:
    return Step("prune.magnitude", {"ratio": ratio, **more})


def _params(planner: Planner, reference: object, step: Step) -> float:
    found = planner.plan(reference, step, Job())
    assert found is not None
    return found.report.measures["params"].value


def test_the_second_plan_finds_no_groups_and_gives_what_the_first_of_its_kind_gives(
    project: Project, found: list[Model]
) -> None:
    planner, here = Planner(), {"project": str(project.folder), "revision": 1}
    values = [_params(planner, here, _step(ratio)) for ratio in (0.2, 0.4, 0.6)]
    assert len(found) == 1
    assert values == sorted(values, reverse=True)
    anew = [_params(Planner(), here, _step(ratio)) for ratio in (0.2, 0.4, 0.6)]
    assert values == anew
    other_norm = _params(planner, here, _step(0.6, norm="L2"))
    assert other_norm == _params(Planner(), here, _step(0.6, norm="L2"))
    layers = ("features.0.0/Conv", "features.1.conv.3/Conv")
    few = Step("prune.magnitude", {"ratio": 0.6}, Scope(layers=layers))
    assert _params(planner, here, few) == _params(Planner(), here, few) > values[-1]


def test_another_revision_takes_the_place_of_the_one_before(project: Project, found: list[Model]) -> None:
    planner, first = Planner(), {"project": str(project.folder), "revision": 1}
    whole = _params(planner, first, _step(0.5))
    step = _step(0.5)
    smaller = magnitude.apply(project.model(1), magnitude.Params(0.5), Context())
    assert smaller.model is not None
    project.commit(1, smaller.model, step, Report())
    second = {"project": str(project.folder), "revision": 2}
    assert _params(planner, second, step) < whole
    assert _params(planner, first, step) == whole
    count = len(found)
    _params(planner, first, step)
    assert len(found) == count


def test_what_changes_the_model_on_the_disk_is_noticed(project: Project, found: list[Model], tmp_path: Path) -> None:
    planner, here = Planner(), {"project": str(project.folder), "revision": 1}
    _params(planner, here, _step(0.5))
    project.set_preprocessing(next(iter(presets().values())))
    _params(planner, here, _step(0.5))
    assert len(found) == 2
    file = tmp_path / "model.onnx"
    shutil.copyfile(SAMPLE, file)
    before = _params(planner, str(file), _step(0.5))
    cut = magnitude.apply(open_model(file), magnitude.Params(0.5), Context()).model
    assert cut is not None
    save_onnx(cut, file)
    assert _params(planner, str(file), _step(0.5)) < before


def test_a_plan_that_fails_is_not_kept_and_the_next_one_is_made(project: Project) -> None:
    planner, here = Planner(), {"project": str(project.folder), "revision": 1}
    with pytest.raises(UserError, match="No layer's name matches 'nothing'"):
        planner.plan(here, Step("prune.magnitude", {}, Scope(layers=("nothing",))), Job())
    assert _params(planner, here, _step(0.5)) > 0


def test_the_task_says_sizes_of_every_layer_and_groups_share_what_plans_found(project: Project, tmp_path: Path) -> None:
    here = {"project": str(project.folder), "revision": 1}
    plan = TASKS.get("plan").do({"model": here, "step": _step(0.5).to_json()}, Job(), tmp_path)
    first = next(n for n in project.model(1).nodes() if n.op_type == "Conv").name
    before, after, why = plan["sizes"][first]
    assert (before, after, why) == (16, 8, "")
    groups = TASKS.get("groups").do({"model": here}, Job(), tmp_path)
    assert set(groups["layers"]) == set(plan["sizes"])
    assert first in [g["key"] for g in groups["groups"]]


def test_a_memo_keeps_what_was_used_last_and_no_failure() -> None:
    memo = Memo()
    assert memo.once("a", lambda: 1) == 1
    assert memo.once("a", lambda: 2) == 1
    with pytest.raises(ZeroDivisionError):
        memo.once("b", lambda: 1 // 0)
    assert memo.once("b", lambda: 3) == 3
    for k in range(15):
        memo.once(k, lambda: 0)
        memo.once("a", lambda: 4)
    assert len(memo) == 16
    assert memo.once("a", lambda: 5) == 1
    assert memo.once("b", lambda: 6) == 6, "it was used least"
