"""Several answers to a question, answers of another model, and what they add up to."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from pydantic.dataclasses import dataclass as component

from simulation.core.calls import Completion, Request
from simulation.core.memory import ReplayBuffer
from simulation.core.questions import Measure
from simulation.core.types import Answer, Feedback, Outcome, Question, Turn
from simulation.loop.results import evaluation
from simulation.loop.world import Respondent, Sampling, World
from simulation.measures.summary import summarise
from simulation.quality.rightness import pass_at
from simulation.replay.replay import replay
from simulation.store import Study
from simulation.store.turn_sums import Answered, Marks
from tests.support.contexts import experience, question
from tests.support.scripted import ScriptedStudents, scripted_world, seats, stepper
from tests.support.sums import ACCURACY, STRICT, ExactJudge

WRITING = ScriptedStudents(mode="generate")
THREE = Sampling(samples=3, temperature=2.0)


def drawing(world: World, practice: Sampling = THREE, exam: Sampling = THREE) -> World:
    """The world with several answers a question."""
    students = tuple(
        replace(student, settings=replace(student.settings, practice=practice, exams={"held_out": exam}))
        for student in world.students
    )
    return replace(world, students=students)


def played(world: World, turns: int = 2) -> list[Turn]:
    """All turns of all students."""
    step = stepper(world)
    return [turn for number in range(turns + 1) for turn in step(number)]


def test_every_question_gets_its_samples_which_stand_together_and_differ() -> None:
    turns = played(drawing(scripted_world(seats(1), students=WRITING)))
    asked = [each.question.id for each in turns[1].experiences]
    assert asked == [pick.item.id for pick in turns[1].picks for _ in range(3)]
    texts = [each.answer.text for turn in turns for each in turn.experiences]
    groups = [texts[at : at + 3] for at in range(0, len(texts), 3)]
    assert any(len(set(group)) > 1 for group in groups), "samples of a question may differ"
    measured = turns[0].evaluations["held_out"]
    assert measured.questions * 3 == len(measured.results)
    names = [result.question_id for result in measured.results]
    assert names == [name for name in names[::3] for _ in range(3)]


def test_a_temperature_is_drawn_with_a_seed_for_each_sample_and_a_beam_search_is_one_request() -> None:
    plain = [Request(slot="ada", prompt=text, max_tokens=4) for text in "aabb"]
    stream = np.random.default_rng(0)
    warm = Sampling(samples=2, temperature=0.7).drawn(plain, stream)
    assert [each.temperature for each in warm] == [0.7] * 4
    assert len({each.seed for each in warm}) == 4
    beams = Sampling(samples=2, beams=5).drawn([replace(each, temperature=1.0, seed=3) for each in plain], stream)
    assert [(each.prompt, each.beams, each.texts, each.temperature, each.seed) for each in beams] == [
        ("a", 5, 2, 0.0, 0),
        ("b", 5, 2, 0.0, 0),
    ]
    searched = [Completion(text=text, beam=(Completion(text=text), Completion(text=text * 2))) for text in "ab"]
    asked = [*beams, replace(beams[0], prompt="long")]
    spread = Sampling(samples=2, beams=5).spread(asked, [*searched, Completion(stop="error: too long")])
    assert [each.text for each in spread] == ["a", "aa", "b", "bb", "", ""]
    assert [each.stop for each in spread[4:]] == ["error: too long"] * 2
    assert Sampling().drawn(plain, stream) == plain
    scored = [Request(slot="ada", prompt="a", continuations=("b",))]
    assert Sampling(samples=1, temperature=1.0).drawn(scored, stream) == scored
    cold = Sampling(temperature=0.0).drawn([replace(plain[0], temperature=1.0, seed=3)], stream)
    assert (cold[0].temperature, cold[0].seed) == (0.0, 0)


def test_a_student_draws_alike_alone_and_among_others() -> None:
    three = seats(3)
    together = played(drawing(scripted_world(three, students=WRITING)))
    for seat in three:
        alone = played(drawing(scripted_world([seat], students=WRITING)))
        assert [turn for turn in together if turn.student == seat.name] == alone


def test_a_sampler_answers_what_is_asked_and_the_student_what_measures() -> None:
    world = drawing(scripted_world(seats(2), students=WRITING))
    other = WRITING.learner(seats(2, seed=9))
    voices = [Respondent(answerer=WRITING.answerer(student.seat), model=other) for student in world.students]
    sampled = replace(
        world,
        students=tuple(replace(student, sampler=voice) for student, voice in zip(world.students, voices, strict=True)),
    )
    before = other.dump("student-0")
    turns = played(sampled)
    versions = {each.answer.model_version for turn in turns for each in turn.experiences}
    assert versions == {other.version("student-0"), other.version("student-1")}
    assert other.dump("student-0") == before, "who samples is not trained"
    assert turns[0].evaluations == played(drawing(scripted_world(seats(2), students=WRITING)), 0)[0].evaluations
    assert turns[-1].update is not None and turns[-1].model_version not in versions


@pytest.mark.parametrize(("samples", "right"), [(5, 0), (5, 2), (5, 5), (7, 3), (1, 1)])
def test_pass_at_k_is_the_share_of_all_choices_of_k_answers_that_hold_a_right_one(samples: int, right: int) -> None:
    truths = [1] * right + [0] * (samples - right)
    for k in range(1, samples + 1):
        draws = list(combinations(truths, k))
        assert pass_at(k, samples, right) == pytest.approx(sum(map(any, draws)) / len(draws))


def test_an_evaluation_tells_pass_at_k_and_the_means_of_what_its_judge_measured() -> None:
    answers = [Answer(question_id=name, prompt="", text="", answerer="a", model_version="") for name in "aaabbb"]
    scores = [1.0, 0.0, 0.0, 1.0, 1.0, 1.0]
    truths = [Feedback(score=score, judge="j", metrics={"pass_rate": (score + 1) / 2}) for score in scores]
    found = evaluation(answers, truths, [Measure(name="solved")], 3)
    assert found.questions == 2
    assert found.metrics["pass@1"] == pytest.approx(4 / 6) == found.metrics["solved"]
    assert found.metrics["pass@2"] == pytest.approx((2 / 3 + 1) / 2)
    assert found.metrics["pass@3"] == 1.0
    assert found.metrics["pass_rate"] == pytest.approx(5 / 6)
    marks = Marks.of(found)
    assert (marks.names, marks.truths.tolist()) == (("a", "b"), [pytest.approx(1 / 3), 1.0])


def test_marks_of_results_in_any_order_are_means_by_question() -> None:
    answers = Answered(
        names=("b", "a", "b"), truths=[1.0, 0.0, 0.0], choices=(1, None, 2), reasons=("x", "y", "z"), metrics={}
    )
    marks = Marks.collected(2, {}, answers)
    assert (marks.names, marks.truths.tolist(), marks.choices) == (("b", "a"), [0.5, 0.0], (1, None))


def test_a_buffer_of_unique_answers_keeps_the_first_and_counts_all() -> None:
    held = ReplayBuffer(unique=True)
    first = [experience(question("q"), position=place, choice=choice) for place, choice in enumerate((1, 2, 1))]
    again = [experience(question("q"), turn=2, choice=2), experience(question("r"), turn=2, position=1, choice=2)]
    held.extend(first)
    held.extend(again)
    assert [each.id for each in held] == ["1/0", "1/1", "2/1"]
    assert held.questions["q"].asked == 4
    assert [each.id for each in held.since(2)] == ["2/1"]


def test_the_sums_of_a_course_tell_the_passing_share_of_what_was_drawn() -> None:
    turns = played(drawing(scripted_world(seats(1), students=WRITING)), 4)
    (course,) = summarise(turns, ACCURACY[0])
    lessons = [lesson for turn in turns for lesson in turn.lessons]
    draws = [each.draw for each in course.measurements]
    assert sum(each.lessons for each in draws) == len(lessons) > 0
    assert sum(each.passing for each in draws) == sum(lesson.item.feedback.score >= 1 for lesson in lessons)
    written = sum(each.answer.tokens or 0 for turn in turns for each in turn.experiences)
    assert sum(each.tokens for each in course.measurements) == written > 0


def passed(score: float) -> Outcome:
    """What came of a program."""
    return Outcome(part="test 1", score=score, reason="passed" if score else "failed")


@component(frozen=True, kw_only=True, config=STRICT)
class RunningJudge(ExactJudge):
    """An exact judge that runs what it judges, as far as a replay is told, and counts its calls."""

    executes: ClassVar[bool] = True
    calls: ClassVar[list[int]] = []

    def judge(
        self, questions: Sequence[Question], answers: Sequence[Answer], *, seeds: Sequence[int]
    ) -> list[Feedback]:
        """Give a verdict and a metric with every truth."""
        self.calls.append(len(answers))
        found = ExactJudge.judge(self, questions, answers, seeds=seeds)
        return [replace(each, outcomes=(passed(each.score),), metrics={"pass_rate": each.score}) for each in found]


@pytest.mark.parametrize("learns_from_truth", [True, False])
def test_a_replay_takes_the_verdicts_of_what_was_run_from_the_record(learns_from_truth: bool, disk: Path) -> None:
    def world() -> World:
        judge: Any = RunningJudge() if learns_from_truth else None
        made = scripted_world(seats(2), students=WRITING, judge=judge, turns=3)
        return replace(drawing(made), exact_judge=RunningJudge())

    with Study.create(disk / "s", scenario={"name": "a"}, seats=seats(2), fingerprint={}, measures=ACCURACY) as study:
        acting = world()
        step = stepper(acting)
        for number in range(4):
            both = step(number)
            study.append(both, {turn.student: acting.model.dump(turn.student) for turn in both}, seconds={})
        study.finish()
        RunningJudge.calls.clear()
        assert replay(study, world()).trace_hash == study.trace_hash
        assert RunningJudge.calls == []
