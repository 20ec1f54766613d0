"""Parameters declared once: every reader of a dataclass gets the same bounds and the same refusals."""

from __future__ import annotations

import enum
import json
from dataclasses import dataclass
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import params
from core.errors import UserError
from core.params import Field


class Norm(enum.Enum):
    L1 = "L1"
    L2 = "L2"


@dataclass(frozen=True, slots=True)
class Params:
    ratio: Annotated[float, Field("Channels removed", low=0.0, high=0.95, unit="share")] = 0.5
    rounds: Annotated[int, Field("Rounds", low=1)] = 3
    norm: Annotated[Norm, Field("Norm")] = Norm.L1
    keep: Annotated[bool, Field("Keep")] = True
    rate: Annotated[float | None, Field("Rate", high=1.0)] = None
    name: Annotated[str, Field("Name")] = ""


SHELF = ["plain", "sweet"]


def shelf() -> tuple[str, ...]:
    return tuple(SHELF)


@dataclass(frozen=True, slots=True)
class Chosen:
    taste: Annotated[str, Field("Taste", choices=shelf)] = "plain"
    size: Annotated[str, Field("Size", choices=("small", "large"))] = "small"


def test_choices_of_a_text_are_read_when_they_are_asked_for() -> None:
    SHELF.append("salty")
    try:
        taste, size = params.specs(Chosen)
        assert (taste.type, taste.default, taste.choices) == (str, "plain", ("plain", "sweet", "salty"))
        assert size.choices == ("small", "large")
        told = json.loads(json.dumps(taste.to_json()))
        assert told["choices"] == ["plain", "sweet", "salty"]
        again = params.Spec.from_json(told)
        assert again.choices == taste.choices
        assert params.check(again, "salty") == "salty"
        assert params.from_json(Chosen, {"taste": "salty", "size": "large"}) == Chosen("salty", "large")
        assert params.to_json(Chosen("salty")) == {"taste": "salty", "size": "small"}
    finally:
        SHELF.remove("salty")
    with pytest.raises(UserError, match="one of plain, sweet"):
        params.from_json(Chosen, {"taste": "salty"})


def test_specs_say_what_a_form_needs() -> None:
    ratio, rounds, norm, keep, rate, name = params.specs(Params)
    assert (ratio.type, ratio.default, ratio.field.high, ratio.field.unit) == (float, 0.5, 0.95, "share")
    assert (rounds.type, rounds.field.low, rounds.field.high) == (int, 1, None)
    assert (norm.type, norm.default, norm.choices) == (str, "L1", ("L1", "L2"))
    assert (keep.type, keep.default) == (bool, True)
    assert (rate.type, rate.default, rate.optional) == (float, None, True)
    assert name.type is str
    assert ratio.to_json()["low"] == 0.0


def test_what_leads_stands_before_a_parent_class() -> None:
    @dataclass(frozen=True)
    class Child(Params):
        budget: Annotated[int, Field("Budget", leading=True)] = 5
        last: Annotated[int, Field("Last")] = 0

    names = [spec.name for spec in params.specs(Child)]
    assert (names[0], names[1], names[-1]) == ("budget", "ratio", "last")
    assert params.from_json(Child, {"budget": 3}).budget == 3


@given(
    st.builds(
        Params,
        ratio=st.floats(0, 0.95),
        rounds=st.integers(1, 10**6),
        norm=st.sampled_from(Norm),
        keep=st.booleans(),
        rate=st.none() | st.floats(-1e6, 1),
        name=st.text(),
    )
)
def test_values_survive_json(values: Params) -> None:
    assert params.from_json(Params, json.loads(json.dumps(params.to_json(values)))) == values


def test_the_command_line_gives_strings() -> None:
    given_words = {"ratio": "0.25", "rounds": "4", "norm": "L2", "keep": "no", "rate": "none"}
    assert params.from_json(Params, given_words) == Params(0.25, 4, Norm.L2, False, None)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"ratio": 2.0}, "Channels removed is 2.0; it must be between 0.0 and 0.95."),
        ({"ratio": "much"}, "Channels removed is 'much'; it must be a number."),
        ({"ratio": float("inf")}, "Channels removed is 'inf'; it must be a finite number."),
        ({"ratio": True}, "Channels removed is 'True'; it must be a number."),
        ({"rounds": 0}, "Rounds is 0; it must be at least 1."),
        ({"rounds": 1.5}, "Rounds is 1.5; it must be a whole number."),
        ({"rate": 3}, "Rate is 3.0; it must be at most 1.0."),
        ({"norm": "L3"}, "Norm is 'L3'; it must be one of L1, L2."),
        ({"keep": "perhaps"}, "Keep is 'perhaps'; it must be true or false."),
        ({"name": 5}, "Name is 5; it must be text."),
        ({"nam": "x"}, "There is no parameter 'nam'."),
    ],
)
def test_bad_values_are_refused_in_one_sentence(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UserError) as refused:
        params.from_json(Params, values)
    assert refused.value.message == sentence
