"""What a reader sees of a turn: how an answer was read, and what an update did to each lesson, in plain words."""

import math
from dataclasses import replace

import pytest

from simulation.core.kinds.code import Code
from simulation.core.kinds.items import Items
from simulation.core.kinds.kind import Form
from simulation.core.kinds.options import Options
from simulation.core.kinds.taken import Taken
from simulation.core.types import LessonEffect, Outcome, Question, Selection, Turn, Update
from simulation.views.forms import guess, style
from simulation.views.lesson_effects import lessons, moved_text
from simulation.views.sample_turns import MOST_ALTERNATIVES, asked
from tests.support.contexts import experience, question


class Sketch(Options, frozen=True, kw_only=True, tag="test sketch"):
    """A form that no view knows, made of one that they do."""


class Tune(Form, frozen=True, kw_only=True, tag="test tune"):
    """A form that no view knows."""


def effect(place: int, taught: tuple[float, float], rejected: tuple[float, float] | None = None) -> LessonEffect:
    """What an update did, in probabilities."""
    before, after = rejected or (None, None)
    return LessonEffect(
        lesson=place,
        taught_before=math.log(taught[0]),
        taught_after=math.log(taught[1]),
        rejected_before=None if before is None else math.log(before),
        rejected_after=None if after is None else math.log(after),
    )


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (0.12, 0.34, "now likelier: 12 % → 34 %"),
        (0.042, 0.011, "now less likely: 4.2 % → 1.1 %"),
        (0.0001, 0.5, "now likelier: under 0.1 % → 50 %"),
        (math.exp(-12.3), math.exp(-9.1), "now likelier: log-probability -12.3 → -9.1 nats"),
        (0.5, 0.5, "now as likely: 50 % → 50 %"),
    ],
)
def test_a_text_is_said_to_be_likelier_in_numbers_a_reader_pictures(before: float, after: float, said: str) -> None:
    assert moved_text(math.log(before), math.log(after)) == said


def test_each_lesson_shown_says_what_the_update_did_to_it() -> None:
    taught = [Selection(item=experience(question(f"q{place}"), position=place), reason="wrong") for place in range(6)]
    update = Update(
        trainer="dpo",
        experiences=6,
        steps=1,
        model_version="1",
        effects=(effect(1, (0.1, 0.2)), effect(4, (0.3, 0.4), (0.5, 0.25))),
    )
    first, second = lessons(Turn(turn=1, student="ada", lessons=tuple(taught), update=update))
    assert (first.question, first.taught, first.rejected) == ("what is q1?", "now likelier: 10 % → 20 %", "")
    assert (second.question, second.rejected) == ("what is q4?", "now less likely: 50 % → 25 %")
    silent = lessons(Turn(turn=1, student="ada", lessons=tuple(taught), update=replace(update, effects=())))
    assert len(silent) == 4 and {lesson.taught for lesson in silent} == {""}


def test_what_the_model_read_is_shown_where_it_is_not_the_prompt() -> None:
    plain = experience(question("q"))
    same = replace(plain, answer=replace(plain.answer, model_input=plain.answer.prompt, reading="after 'answer is'"))
    chat = replace(plain, answer=replace(plain.answer, model_input="<user>what is q?<end>"))
    assert (asked(same, None).model_input, asked(same, None).reading) == ("", "after 'answer is'")
    assert asked(chat, None).model_input == "<user>what is q?<end>"


def test_the_reason_is_named_where_the_explanation_does_not_say_it() -> None:
    plain = experience(question("q"), score=0.0)
    outcome = Outcome(part="test 1", score=0.0, reason="timeout")
    failed = replace(plain, feedback=replace(plain.feedback, outcomes=(outcome,), explanation="It ran too long"))
    assert asked(failed, None).judged == "wrong (timeout). It ran too long"
    named = replace(failed, feedback=replace(failed.feedback, explanation="A timeout"))
    assert asked(named, None).judged == "wrong. A timeout"


def test_of_many_alternatives_those_that_matter_are_shown() -> None:
    items = tuple(f"item {place}" for place in range(100))
    form, key = Items(items=items), Taken(item="item 70")
    answered = replace(experience(question("q")), question=Question(id="q", prompt="next?", form=form, key=key))
    seen = asked(answered, None)
    assert len(seen.alternatives) == MOST_ALTERNATIVES and seen.more == 100 - MOST_ALTERNATIVES
    assert [alternative.text for alternative in seen.alternatives if alternative.right] == ["item 70"]


def test_a_form_that_no_view_knows_is_shown_as_what_it_is_made_of_or_as_prose() -> None:
    assert (style(Code()), style(Form()), style(Tune()), style(Items(items=("a",)))) == ("code", "", "", "")
    assert guess(Sketch(choices=("a", "b"))) == 0.5 and guess(Tune()) is None and guess(Options(choices=())) is None


def test_a_graded_teacher_errs_by_any_step() -> None:
    near = experience(question("q"), score=0.6, truth=0.7)
    assert asked(near, None, graded=True).erred and not asked(near, None).erred
