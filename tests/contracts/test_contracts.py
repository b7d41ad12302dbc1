"""What every registered component promises, whatever it is: a new class is tested the moment its file exists."""

import inspect
import math
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from simulation.core.errors import SimulationError
from simulation.core.registry import PACKAGES, build, components
from simulation.core.roles import Environment, Judge, Students, Trainer
from simulation.core.types import Answer, Completion, Question, Seat, Test
from tests.support.contexts import CATEGORIES, experience, pool

EMBEDDED = Path(__file__).resolve().parents[2] / "agents" / "embedded"
WEIGHTS = {("judge", "classifier"): "teacher"}
"""Components that load shipped weights, and the folder of `agents/embedded` that holds them."""
FROM_POOL = 1500
"""How many questions of a pool are looked at."""

environments = pytest.mark.parametrize("name", components("environment"))
judges = pytest.mark.parametrize("name", components("judge"))
everything = pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind in PACKAGES for name in components(kind)])


@cache
def made(kind: str, name: str) -> Any:
    """A component with default parameters (Any: each kind has its role); skips where its weights are not there."""
    weights = WEIGHTS.get((kind, name))
    if weights is not None and not (EMBEDDED / weights).is_dir():
        pytest.skip(f"{kind} {name} needs agents/embedded/{weights}, which is not there")
    component = build(kind, name, {})
    if getattr(component, "executes", False):
        try:
            component.check()
        except SimulationError as error:
            pytest.skip(str(error))
    return component


@everything
def test_a_component_describes_itself_and_refuses_what_it_does_not_know(kind: str, name: str) -> None:
    component = components(kind)[name]
    assert component.description.endswith((".", ":"))
    assert TypeAdapter(component.cls).json_schema()["type"] == "object"
    for described in component.cls.__pydantic_fields__.values():  # type: ignore[attr-defined]
        assert not described.is_required(), "a bare name must be enough in a scenario"
    with pytest.raises(ValidationError):
        build(kind, name, {"no_such_parameter": 1})
    assert component.cls.name == name  # type: ignore[attr-defined]


@everything
def test_a_parameter_of_the_wrong_type_is_refused(kind: str, name: str) -> None:
    for field in components(kind)[name].cls.__pydantic_fields__:  # type: ignore[attr-defined]
        with pytest.raises(ValidationError):
            build(kind, name, {field: object()})


@everything
def test_an_equal_configuration_is_an_equal_component(kind: str, name: str) -> None:
    """Desks with equal trainers are trained in one batch, and equal judges are called once."""
    assert build(kind, name, {}) == build(kind, name, {})


def splits(environment: Environment) -> dict[str, list[Question]]:
    """The question sets, a sample of the pool."""
    questions = environment.pool()
    step = max(1, len(questions) // FROM_POOL)
    return {
        "pool": [questions[index] for index in range(0, len(questions), step)],
        "probe": list(environment.probe()),
        "held_out": list(environment.held_out()),
    }


def everywhere(environment: Environment) -> Iterator[Question]:
    for questions in splits(environment).values():
        yield from questions


def given(question: Question, text: str, choice: int | None) -> Answer:
    return Answer(
        question_id=question.id, prompt=question.prompt, text=text, answerer="ada", model_version="0", choice=choice
    )


@environments
def test_an_environments_questions_are_whole(name: str) -> None:
    environment = made("environment", name)
    environment.reset(seed=0)
    for question in everywhere(environment):
        assert question.id
        assert question.prompt.strip()
        assert question.category
        assert question.reference is not None
        assert len(set(question.choices)) == len(question.choices)
        if question.choices:
            assert question.choices.count(question.reference) == 1
        if question.diagnoses:
            assert len(question.diagnoses) == len(question.choices)
            assert question.diagnoses.index("right") == question.choices.index(question.reference)
            assert question.diagnoses.count("right") == 1


@environments
def test_an_environments_splits_share_no_id_and_no_content(name: str) -> None:
    environment = made("environment", name)
    found = splits(environment)
    names = {split: {question.id for question in questions} for split, questions in found.items()}
    texts = {split: {" ".join(each.prompt.split()).casefold() for each in found[split]} for split in found}
    for split in found:
        assert found[split], f"{split} is empty"
        assert len(names[split]) == len(found[split])
        for other in set(found) - {split}:
            assert not names[split] & names[other]
            assert not texts[split] & texts[other]


@environments
def test_an_environment_gives_the_same_questions_again(name: str) -> None:
    first, second = build("environment", name, {}), build("environment", name, {})
    first.reset(seed=3)
    second.reset(seed=3)
    assert splits(first) == splits(second)
    assert len(first.pool()) == len(second.pool())


@environments
def test_an_environments_own_judge_accepts_every_reference_and_nothing_else(name: str) -> None:
    environment = made("environment", name)
    judge: Judge = made("judge", environment.exact_judge)
    questions, answers, expected = [], [], []
    for question in everywhere(environment):
        options = question.choices or (question.reference or "",)
        for choice, text in enumerate(options):
            for taken in {choice, None} if question.choices else {None}:
                questions.append(question)
                answers.append(given(question, text, taken))
                expected.append(float(text == question.reference))
    scores = [each.score for each in judge.judge(questions, answers, seeds=[0] * len(answers))]
    assert len(scores) > 500
    assert scores == expected


@environments
def test_what_is_shown_hides_the_answer(name: str) -> None:
    for question in everywhere(made("environment", name)):
        shown = question.shown()
        assert (shown.reference, shown.diagnoses) == (None, ())
        assert (shown.id, shown.prompt, shown.choices, shown.tags) == (
            question.id,
            question.prompt,
            question.choices,
            question.tags,
        )


@environments
def test_a_step_rewards_with_the_score(name: str) -> None:
    environment = made("environment", name)
    question = environment.pool()[0]
    for score in (0.0, 0.25, 1.0):
        transition = environment.step(experience(question, score=score, truth=0.0, choice=0))
        assert transition.reward == score
        assert type(transition.terminated) is type(transition.truncated) is bool
    assert all(isinstance(notice, str) for notice in environment.notices())


def exam() -> tuple[list[Question], list[Answer]]:
    """Right, wrong, unreadable and empty answers to questions of every category, which are code tasks as well."""
    texts = [("1", 0), ("2", 1), ("no idea", None), ("", None), ("def f(x): return x + 1", None)]
    tests = (Test(code="assert f(1) == 2"), Test(code="assert f(2) == 3", hidden=True))
    questions, answers = [], []
    for index, question in enumerate(pool(24, CATEGORIES)):
        text, choice = texts[index % len(texts)]
        questions.append(replace(question, tests=tests))
        answers.append(given(question, str(text), None if choice is None else int(choice)))
    return questions, answers


@judges
def test_a_judge_gives_every_answer_one_score_between_0_and_1(name: str) -> None:
    questions, answers = exam()
    feedback = made("judge", name).judge(questions, answers, seeds=list(range(len(answers))))
    assert len(feedback) == len(answers)
    for each in feedback:
        assert type(each.score) is float
        assert 0 <= each.score <= 1
        assert each.judge == name
        assert each.correction is None or each.correction
        assert all(type(value) is float for value in each.metrics.values())
    assert made("judge", name).judge([], [], seeds=[]) == []


@judges
def test_a_verdict_depends_on_its_answer_and_seed_and_not_on_its_neighbours(name: str) -> None:
    questions, answers = exam()
    seeds = list(range(len(answers)))
    judge = made("judge", name)
    together = judge.judge(questions, answers, seeds=seeds)
    assert judge.judge(questions, answers, seeds=seeds) == together
    backwards = judge.judge(questions[::-1], answers[::-1], seeds=seeds[::-1])[::-1]
    alone = [judge.judge([q], [a], seeds=[s])[0] for q, a, s in zip(questions, answers, seeds, strict=True)]
    for each, other in [*zip(together, backwards, strict=True), *zip(together, alone, strict=True)]:
        assert (each.score, each.correction, each.explanation) == (other.score, other.correction, other.explanation)


@pytest.mark.parametrize("name", components("students"))
def test_students_are_seated_and_read_without_a_model(name: str) -> None:
    students: Students = made("students", name)
    assert students.count >= 1
    answerer = students.answerer(Seat(name="ada", number=0, seed=0))
    asked = [question.shown() for question in pool(5)]
    requests = answerer.requests(asked, generator=np.random.default_rng(0))
    options = answerer.options(asked)
    assert [each.slot for each in [*requests, *options]] == ["ada"] * 10
    assert all(len(each.continuations) == 3 for each in options)
    scored = [Completion(continuation_logprobs=(-2.0, -1.0, -3.0)) for _ in asked]
    answers = answerer.read(asked, scored, model_version="7")
    assert [(each.question_id, each.choice, each.model_version) for each in answers] == [
        (question.id, 1, "7") for question in asked
    ]
    assert requests == answerer.requests(asked, generator=np.random.default_rng(0))


@pytest.mark.parametrize("name", components("students"))
def test_a_failed_completion_is_an_answer_and_not_an_exception(name: str) -> None:
    answerer = made("students", name).answerer(Seat(name="ada", number=0, seed=0))
    asked = [question.shown() for question in pool(3)]
    failed = [Completion(stop="error: out of memory"), Completion(text="???", tokens=3), Completion(text="\x00" * 9)]
    answers = answerer.read(asked, failed, model_version="0")
    assert len(answers) == 3
    assert all(each.choice is None and each.stop != "stop" for each in answers)


@pytest.mark.parametrize("name", components("trainer"))
def test_a_trainer_has_the_roles_signature_and_bounded_numbers(name: str) -> None:
    trainer: Trainer = made("trainer", name)
    assert list(inspect.signature(trainer.update).parameters) == list(inspect.signature(Trainer.update).parameters)[1:]
    hints = get_type_hints(type(trainer))
    numeric = [field for field, hint in hints.items() if hint in (int, float, int | None, float | None)]
    fields = type(trainer).__pydantic_fields__  # type: ignore[attr-defined]
    if name == "none":
        assert not fields, "what trains nothing has nothing to set"
        return
    assert {"learning_rate", "batch_size"} <= set(numeric)
    for field in set(numeric) & set(fields):
        for bad in (-1, math.nan):
            with pytest.raises(ValidationError):
                build("trainer", name, {field: bad})
    with pytest.raises(ValidationError):
        build("trainer", name, {"learning_rate": 0})
    with pytest.raises(ValidationError):
        build("trainer", name, {"batch_size": 0})
