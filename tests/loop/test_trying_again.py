"""A question whose answer the teacher called wrong is put again with its words; the first answer alone counts."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from simulation.core.calls import Completion, Request
from simulation.core.kinds.code import Code
from simulation.core.second_prompt import put_again
from simulation.core.types import Answer, Feedback, Question, Turn
from simulation.loop.turn import first_look, play_turn
from simulation.loop.world import World
from simulation.scenario.scenario import load_scenario
from simulation.scenario.seating import build_world
from simulation.store import canonical
from tests.support.second_tries import SCENARIO, ReadingLearner, behind, laid_out

TURNS = 3
WITHOUT = "3f37f608829cfb0d0dff852266a115e3e2d2b51b3001598d2cad70fd12f1fdb5"
"""The SHA-256 of the turns of `SCENARIO` as they were before anybody could answer again."""


def told(folder: Path, *overrides: str) -> World:
    path = folder / "told.yaml"
    path.write_text(SCENARIO)
    return build_world(load_scenario(path, overrides))


def played(world: World) -> list[Turn]:
    return [turn for number in range(TURNS + 1) for turn in (play_turn(world, number) if number else first_look(world))]


def hashed(turns: list[Turn]) -> str:
    return hashlib.sha256(b"".join(map(canonical, turns))).hexdigest()


@pytest.mark.parametrize("overrides", [(), ("ask.attempts=1",)], ids=["not said", "1"])
def test_without_attempts_every_turn_has_the_bytes_it_always_had(overrides: tuple[str, ...], tmp_path: Path) -> None:
    assert hashed(played(told(tmp_path, *overrides))) == WITHOUT
    scenario = load_scenario(tmp_path / "told.yaml", overrides)
    assert "attempts" not in scenario.resolved()["ask"]


def test_the_first_answers_are_those_of_a_study_without_attempts(tmp_path: Path) -> None:
    turns = played(told(tmp_path, "ask.attempts=3"))
    assert sum(len(turn.attempts) for turn in turns) > 60
    assert hashed([replace(turn, attempts=()) for turn in turns]) == WITHOUT


@pytest.mark.parametrize("most", [2, 3])
def test_what_the_teacher_called_wrong_is_answered_again_until_it_calls_it_right(most: int, tmp_path: Path) -> None:
    kinds: set[tuple[bool, bool]] = set()
    for turn in played(told(tmp_path, f"ask.attempts={most}")):
        before = {experience.position: experience for experience in turn.experiences}
        last: dict[int, Any] = dict(before)
        for number in range(2, most + 1):
            due = [position for position, one in last.items() if one.feedback.score < 1]
            again = {attempt.position: attempt for attempt in turn.attempts if attempt.number == number}
            assert [*again] == due
            for position, attempt in again.items():
                question = before[position].question
                assert attempt.answer.text == behind(question.form.alternatives, last[position].answer.text)
                assert attempt.truth == float(attempt.answer.text == question.key.reference)
                kinds.add((last[position].truth >= 1, attempt.truth >= 1))
            last = again
    assert kinds >= {(False, True), (False, False), (True, False)}


def test_the_prompt_that_was_read_holds_what_was_answered_and_what_was_said(tmp_path: Path) -> None:
    world = told(tmp_path, "ask.attempts=3")
    turns = played(world)
    thirds = [(turn, attempt) for turn in turns for attempt in turn.attempts if attempt.number == 3]
    assert thirds
    for turn, third in thirds:
        first = turn.experiences[third.position]
        second = next(one for one in turn.attempts if (one.number, one.position) == (2, third.position))
        assert third.answer.prompt == (
            f"Your answer was: {first.answer.text}\nYou were told: wrong. Wrong\n"
            f"Your answer was: {second.answer.text}\nYou were told: wrong. Wrong\n"
            f"Now answer again.\n\n{laid_out(first.question)}"
        )
        assert third.answer.model_input == f"<{third.answer.prompt}>"
        assert isinstance(world.model, ReadingLearner) and third.answer.prompt in world.model.prompts


def test_students_together_answer_again_as_each_would_alone(tmp_path: Path) -> None:
    both = [turn for turn in played(told(tmp_path, "ask.attempts=2")) if turn.student == "student-0"]
    alone = played(told(tmp_path, "ask.attempts=2", "students.count=1"))
    assert [*map(canonical, alone)] == [*map(canonical, both)]


class Mute:
    """An answerer whose n-th reading fails."""

    def __init__(self, answerer: Any, reading: int) -> None:
        self._answerer, self._left = answerer, reading

    def __getattr__(self, name: str) -> Any:
        return getattr(self._answerer, name)

    def read(self, *arguments: Any, **options: Any) -> Any:
        self._left -= 1
        if not self._left:
            raise RuntimeError("it says nothing more")
        return self._answerer.read(*arguments, **options)


def test_who_fails_at_the_second_answer_fails_alone_and_keeps_the_first(tmp_path: Path) -> None:
    world = told(tmp_path, "ask.attempts=2")
    first, second = world.students
    world = replace(world, students=(first, replace(second, answerer=Mute(second.answerer, 3))))
    good, failed = played(world)[2:4]
    assert good.attempts and not good.failure
    assert failed.experiences and not failed.attempts and "it says nothing more" in failed.failure


class Refusing(ReadingLearner):
    """Fails at every first answer to a product."""

    def generate(self, requests: Sequence[Request]) -> list[Completion]:
        return [
            replace(completion, stop="error: refused") if "*" in request.prompt else completion
            for request, completion in zip(requests, super().generate(requests), strict=True)
        ]


def test_an_answer_that_failed_is_not_given_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.support.second_tries.ReadingLearner", Refusing)
    turns = played(told(tmp_path, "ask.attempts=2"))
    for turn in turns:
        again = {attempt.position for attempt in turn.attempts}
        for experience in turn.experiences:
            wrong, failed = experience.feedback.score < 1, experience.question.tags[0] == "product"
            assert experience.answer.stop == ("error: refused" if failed else "stop")
            assert (experience.position in again) == (wrong and not failed)
    assert any(turn.attempts for turn in turns)


def test_a_question_of_code_is_put_again_behind_comments() -> None:
    question = Question(id="q", prompt="def f(x):\n", form=Code(opening="def f(x):\n"))
    answer = Answer(question_id="q", prompt="", text="    return 1\n", answerer="a", model_version="v")
    feedback = Feedback(score=0.5, judge="executor", explanation="Test 2 of 2 failed: assert f(2) == 2")
    prompt = put_again(question, [(answer, feedback)]).prompt
    *said, empty, definition, rest = prompt.split("\n")
    assert all(line.startswith("# ") for line in said) and (empty, definition, rest) == ("", "def f(x):", "")
    assert "# You were told: not wholly right. Test 2 of 2 failed: assert f(2) == 2" in said


def test_the_correction_is_not_shown() -> None:
    question = Question(id="q", prompt="2 + 2 = ")
    answer = Answer(question_id="q", prompt="", text="5", answerer="a", model_version="v")
    again = put_again(question, [(answer, Feedback(score=0.0, judge="j", correction="4"))])
    assert again.prompt == "Your answer was: 5\nYou were told: wrong.\nNow answer again.\n\n2 + 2 = "
