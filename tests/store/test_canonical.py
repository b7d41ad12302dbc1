"""A turn has one byte string: equal turns the same, and what would not come back as it was is refused by its place."""

import json
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulation.core.errors import StoreError
from simulation.core.kinds.kind import Form, Key
from simulation.core.kinds.program_tests import Test as Check
from simulation.core.kinds.program_tests import Tests as Checks
from simulation.core.kinds.taken import Chances
from simulation.core.types import (
    Answer,
    Evaluation,
    Experience,
    Feedback,
    Outcome,
    Question,
    Ranking,
    Result,
    Selection,
    Turn,
    Update,
)
from simulation.store import canonical, difference
from simulation.store.canonical import dump, written
from tests.support.random_turns import TEXT, drawn
from tests.support.studies import experience, question

ANSWER = Answer(question_id="q", prompt="?", text="1", answerer="a", model_version="v")


def turn(**fields: Any) -> Turn:
    return Turn(turn=0, student="s", **fields)


def asked(**fields: Any) -> Turn:
    return turn(experiences=(experience(question=Question(id="other", prompt="?", **fields)),))


def answered(**fields: Any) -> Turn:
    return turn(experiences=(experience(answer=replace(ANSWER, **fields)),))


def judged(**fields: Any) -> Turn:
    return turn(experiences=(experience(feedback=Feedback(judge="j", **fields)),))


def evaluated(metrics: Any, **fields: Any) -> Turn:
    result = Result(question_id="q", text="1", truth=1.0, **fields)
    return turn(evaluations={"held_out": Evaluation(questions=1, metrics=metrics, results=(result,))})


@given(drawn(Question), st.booleans())
def test_an_unusual_value_has_the_bytes_of_an_equal_usual_one(value: Question, as_update: bool) -> None:
    """Whether all of it is looked at, as -0.0 and halves of surrogate pairs need, changes no byte."""
    odd = Update(trainer="t", experiences=1, steps=1, model_version="v", metrics={"loss": -0.0})
    even = replace(odd, metrics={"loss": 0.0})
    pick = (Selection(item=value, score=-0.0 if as_update else 0.0),)
    turns = [turn(picks=pick, update=odd), turn(picks=pick, update=even if as_update else odd)]
    assert turns[0] == turns[1]
    assert canonical(turns[0]) == canonical(turns[1])
    assert canonical(turns[0]) == dump(msgspec.json.decode(canonical(turns[0])))


@given(TEXT, TEXT)
def test_different_texts_have_different_bytes(first: str, second: str) -> None:
    for build in (lambda text: answered(text=text), lambda text: evaluated({text: 1.0})):
        ours, theirs = build(first), build(second)
        assert (canonical(ours) == canonical(theirs)) == (first == second)
        assert (difference(ours, theirs) is None) == (first == second)


def test_a_text_that_utf_8_cannot_hold_stands_in_hexadecimal() -> None:
    halves, pair = "a\ud83d\ude00", "a\U0001f600"
    assert canonical(answered(text="é\0")).count('"text":"é\\u0000"'.encode()) == 1
    assert b'"text":{"utf-8":"61eda0bdedb880"}' in canonical(answered(text=halves))
    assert '"text":"a\U0001f600"'.encode() in canonical(answered(text=pair))
    assert b'"metrics":[["b",1.0],[{"utf-8":"eda080"},0.0]]' in canonical(
        judged(score=1.0, metrics={"\ud800": -0.0, "b": 1.0})
    )


def test_numbers_are_those_of_their_type_and_keys_are_in_order() -> None:
    update = Update(trainer="t", experiences=1, steps=2, model_version="v", metrics={"b": 1.0, "a": -0.0, "c": 1e300})
    line = canonical(turn(update=update)).decode()
    assert '"metrics":{"a":0.0,"b":1.0,"c":1e300}' in line
    assert line == canonical(turn(update=replace(update, metrics={"a": 0.0, "c": 1e300, "b": 1.0}))).decode()
    assert [*json.loads(line)] == sorted(json.loads(line))


def test_a_lesson_stands_by_its_id() -> None:
    lesson = Selection(item=experience(turn=3, position=1))
    assert b'"lessons":[{"item":"3/1","propensity":null,"reason":"","score":null}]' in canonical(
        turn(lessons=(lesson,))
    )


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        (
            turn(experiences=(experience(truth=np.float32(1)),)),
            r"turn 0 of 's': experiences\[0\]\.truth must be a float",
        ),
        (
            turn(experiences=(experience(), experience(truth=1))),
            r"experiences\[1\]\.truth must be a float, but is 1 of",
        ),
        (judged(score=True), r"experiences\[0\]\.feedback\.score must be a float, but is True of type bool"),
        (
            judged(score=float("nan")),
            r"feedback\.score must be a finite number, but is nan .* convert it where it is made",
        ),
        (judged(score=1.0, metrics={"a": 1.0, "b": float("inf")}), r"feedback\.metrics\.b must be a finite number"),
        (judged(score=1.0, metrics=[("a", 1.0)]), r"feedback\.metrics must be a mapping"),
        (judged(score=1.0, metrics={1: 1.0}), r"feedback\.metrics must be of type str, but is 1"),
        (
            judged(score=1.0, outcomes=(Outcome(part="a", score=0, reason="r"),)),
            r"outcomes\[0\]\.score must be a float",
        ),
        (asked(tags=["a"]), r"question\.tags must be a tuple, but is \['a'\] of type list"),
        (asked(tags=("a", None)), r"question\.tags\[1\] must be of type str, but is None"),
        (asked(key="1"), r"question\.key must be a Key, but is '1'"),
        (asked(form=Key()), r"question\.form must be a Form, but is Key\(\)"),
        (asked(key=Chances(chances=(0.5, 1))), r"question\.key\.chances\[1\] must be a float, but is 1"),
        (asked(key=Checks(tests=(Check(code="", hidden=0),))), r"key\.tests\[0\]\.hidden must be of type bool"),  # type: ignore[arg-type]
        (answered(tokens=np.int64(1)), r"answer\.tokens must be of type int"),
        (answered(ranking=Ranking(taken=True)), r"answer\.ranking\.taken must be of type int, but is True"),
        (answered(ranking=Ranking(logprobs=(-1.0, float("-inf")))), r"ranking\.logprobs\[1\] must be a finite number"),
        (answered(text=np.str_("a")), r"answer\.text must be of type str"),
        (evaluated({}, reason=None), r"evaluations\.held_out\.results\[0\]\.reason must be of type str"),
        (turn(committee={"a": ((1.0,), [2.0])}), r"committee\.a\[1\] must be a tuple"),
        (turn(picks=(Selection(item="q"),)), r"picks\[0\]\.item must be of type Question"),
        (turn(lessons=(Selection(item=question("?")),)), r"lessons\[0\]\.item must be of type Experience"),
    ],
)
def test_a_value_of_another_type_is_refused_by_place(wrong: Turn, complaint: str) -> None:
    with pytest.raises(StoreError, match=complaint):
        canonical(wrong)


def test_floats_whose_sum_overflows_are_not_refused() -> None:
    values = (1.7e308, 1.7e308, -1.7e308)
    assert b"1.7e308" in canonical(answered(ranking=Ranking(logprobs=values)))


class Mixed(Form, frozen=True, kw_only=True, tag="mixed for a test"):
    """A form with every kind of field that a record may have."""

    pair: tuple[str, float] = ("a", 1.0)
    either: str | int | None = None
    names: dict[str, tuple[int, ...]] = msgspec.field(default_factory=dict)


class Listed(Form, frozen=True, kw_only=True, tag="listed for a test"):
    """A form with a field that does not stay as it is."""

    items: list[str]


@pytest.mark.parametrize("either", ["a", 1, None])
def test_a_kind_of_ones_own_is_checked_by_its_own_fields(either: Any) -> None:
    assert b'"kind":"mixed for a test"' in canonical(asked(form=Mixed(either=either, names={"a": (1,)})))
    with pytest.raises(StoreError, match=r"question\.form\.names\.a\[0\] must be of type int"):
        canonical(asked(form=Mixed(names={"a": (2.0,)})))  # type: ignore[dict-item]
    with pytest.raises(StoreError, match=r"question\.form\.either must be of type int, but is 1\.5"):
        canonical(asked(form=Mixed(either=1.5)))  # type: ignore[arg-type]


def test_a_kind_with_a_list_is_refused() -> None:
    with pytest.raises(StoreError, match=r"no canonical form for list\[str\]; use .* tuples"):
        canonical(asked(form=Listed(items=["a"])))


def test_experiences_are_not_checked_again_as_lessons() -> None:
    """They were where they were made; a policy cannot change them."""
    wrong: Experience = experience(truth=1)
    assert canonical(turn(lessons=(Selection(item=wrong),)))


def test_a_written_question_is_part_of_a_turn_as_it_is() -> None:
    value = Question(id="q\ud800", prompt="-0.0, is zero", key=Chances(chances=(-0.0,)))
    line = canonical(turn(picks=(Selection(item=value),)))
    assert written(value, "a question") in line
    assert b'"chances":[0.0]' in line
    assert b'"prompt":"-0.0, is zero"' in line
