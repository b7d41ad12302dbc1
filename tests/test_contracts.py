"""What every registered component promises, whatever it is: a new class is tested the moment its file exists."""

import inspect
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any, get_type_hints

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from simulation.core.memory import ReplayBuffer
from simulation.core.registry import PACKAGES, build, components
from simulation.core.roles import Context, Environment, Judge, Students, Trainer
from simulation.core.types import Answer, Completion, Experience, Question, Seat, Selection
from tests.contexts import CATEGORIES, context, experience, memory, pool, wrong_by_category

EMBEDDED = Path(__file__).resolve().parents[1] / "agents" / "embedded"
WEIGHTS = {("judge", "classifier"): "teacher"}
"""Components that load shipped weights, and the folder of `agents/embedded` that holds them."""
FROM_POOL = 1500
"""How many questions of a pool are looked at."""

ask_policies = pytest.mark.parametrize("name", components("question_policy"))
learn_policies = pytest.mark.parametrize("name", components("experience_policy"))
environments = pytest.mark.parametrize("name", components("environment"))
judges = pytest.mark.parametrize("name", components("judge"))
everything = pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind in PACKAGES for name in components(kind)])


@cache
def made(kind: str, name: str) -> Any:
    """A component with default parameters (Any: each kind has its role); skips where its weights are not there."""
    weights = WEIGHTS.get((kind, name))
    if weights is not None and not (EMBEDDED / weights).is_dir():
        pytest.skip(f"{kind} {name} needs agents/embedded/{weights}, which is not there")
    return build(kind, name, {})


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
    assert hash(build(kind, name, {})) == hash(build(kind, name, {}))


# ---------------------------------------------------------------------------------------------------- question policies


def informed(seed: int, candidates: Sequence[Question], held: ReplayBuffer | None = None, turn: int = 3) -> Context:
    """A context that knows everything: predictions of every candidate, evaluations, a past."""
    stream = np.random.default_rng(7)
    predictions = {each.id: tuple(stream.normal(-2, 2, len(each.choices)).tolist()) for each in candidates}
    probe, tags = wrong_by_category({"general": 5, "physics": 3, "gain": 0, "other": 2})
    past = memory([experience(each, position=place) for place, each in enumerate(pool(20))]) if held is None else held
    return context(
        seed=seed,
        turn=turn,
        since=turn,
        held=past,
        evaluations={"probe": probe, "held_out": probe},
        predictions=predictions,
        tags=tags,
    )


def ids(picks: Sequence[Selection[Any]]) -> list[str]:
    return [pick.item.id for pick in picks]


@ask_policies
@pytest.mark.parametrize(("size", "k"), [(240, 40), (40, 40), (7, 40), (1, 1), (240, 1), (0, 5)])
def test_a_question_policy_picks_k_distinct_candidates_or_all_there_are(name: str, size: int, k: int) -> None:
    candidates = pool(size)
    picks = made("question_policy", name).select(candidates, k, informed(0, candidates))
    assert len(picks) == min(k, size)
    assert len(set(ids(picks))) == len(picks)
    assert {id(pick.item) for pick in picks} <= {id(each) for each in candidates}
    assert candidates == pool(size)


@ask_policies
def test_a_question_policy_with_one_category_or_none_still_picks(name: str) -> None:
    for categories in [("gain",), ("unheard of",)]:
        candidates = pool(30, categories)
        assert len(made("question_policy", name).select(candidates, 10, informed(0, candidates))) == 10
    bare = [Question(id=each.id, prompt="?", choices=each.choices, reference=each.reference) for each in pool(30)]
    assert len(made("question_policy", name).select(bare, 10, informed(0, bare))) == 10


@ask_policies
def test_a_question_policy_explains_every_pick(name: str) -> None:
    candidates = pool(240)
    picks = made("question_policy", name).select(candidates, 40, informed(0, candidates))
    for pick in picks:
        assert pick.reason.strip()
        assert "\n" not in pick.reason
        assert pick.score is None or (type(pick.score) is float and math.isfinite(pick.score))
        assert pick.propensity is None or (type(pick.propensity) is float and 0 < pick.propensity <= 1)
        assert type(pick) is Selection


@ask_policies
def test_propensities_of_a_question_policy_are_how_often_it_picks(name: str) -> None:
    candidates = pool(24)
    rounds = 1500
    times = dict.fromkeys((each.id for each in candidates), 0)
    said: dict[str, float | None] = {}
    for seed in range(rounds):
        for pick in made("question_policy", name).select(candidates, 8, informed(seed, candidates)):
            times[pick.item.id] += 1
            said[pick.item.id] = pick.propensity
    for each, propensity in said.items():
        if propensity is not None:
            spread = math.sqrt(max(propensity * (1 - propensity), 0.0) / rounds)
            assert abs(times[each] / rounds - propensity) <= 4.5 * spread + 1e-12


@ask_policies
def test_a_question_policy_depends_on_its_context_alone(name: str) -> None:
    candidates = pool(120)
    policy = made("question_policy", name)
    first = policy.select(candidates, 20, informed(5, candidates))
    np.random.default_rng(0).random(10)
    policy.select(candidates, 20, informed(6, candidates))
    assert policy.select(candidates, 20, informed(5, candidates)) == first
    assert build("question_policy", name, {}).select(tuple(candidates), 20, informed(5, candidates)) == first


@ask_policies
def test_a_question_policy_reads_only_what_it_needs(name: str) -> None:
    policy = made("question_policy", name)
    assert isinstance(policy.needs, frozenset)
    assert policy.needs <= {"predictions", "probe"}
    candidates = pool(120)
    full = informed(5, candidates)
    lean = context(
        seed=5,
        held=full.memory,
        evaluations={"probe": full.evaluations["probe"]} if "probe" in policy.needs else {},
        predictions=full.predictions if "predictions" in policy.needs else {},
        tags=full.tags,
    )
    assert policy.select(candidates, 20, lean) == policy.select(candidates, 20, full)


@ask_policies
def test_a_question_policy_begins_without_a_past(name: str) -> None:
    candidates = pool(120)
    predictions = informed(0, candidates).predictions if "predictions" in made("question_policy", name).needs else {}
    picks = made("question_policy", name).select(candidates, 20, context(turn=1, predictions=predictions))
    assert len(picks) == 20


@ask_policies
def test_the_cost_of_asking_does_not_grow_with_the_past(name: str) -> None:
    candidates = pool(60)
    policy = made("question_policy", name)

    def cost(turns: int) -> int:
        held = history(turns)
        seen = informed(0, candidates, held, turn=turns + 1)
        return operations(lambda: policy.select(candidates, 10, seen))

    assert cost(400) <= 1.05 * cost(20)


# -------------------------------------------------------------------------------------------------- experience policies


def history(turns: int) -> ReplayBuffer:
    """Turns of twelve answers to the same questions, every second one wrong."""
    asked = pool(12)
    return memory(
        [
            experience(each, turn=turn, position=place, score=float(place % 2))
            for turn in range(1, turns + 1)
            for place, each in enumerate(asked)
        ]
    )


def operations(call: Callable[[], object]) -> int:
    """Count the bytecode operations of a call, which no other process can slow down."""
    count = 0

    def trace(frame: FrameType, event: str, argument: object) -> Any:  # (Any: a trace function returns itself)
        nonlocal count
        del argument
        frame.f_trace_opcodes = True
        count += event == "opcode"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    finally:
        sys.settrace(before)
    return count


def lessons(name: str, held: ReplayBuffer, k: int, *, seed: int = 0, turn: int = 5) -> list[Selection[Experience]]:
    seen = context(seed=seed, turn=turn, since=turn, held=held)
    found: list[Selection[Experience]] = made("experience_policy", name).select(held, k, seen)
    return found


@learn_policies
@pytest.mark.parametrize("k", [0, 1, 3, 1000])
def test_an_experience_policy_picks_at_most_k_distinct_experiences(name: str, k: int) -> None:
    held = history(5)
    picks = lessons(name, held, k)
    assert len(picks) <= k
    assert len(set(ids(picks))) == len(picks)
    assert {id(pick.item) for pick in picks} <= {id(each) for each in held}
    assert len(picks) == k or k == 1000
    for pick in picks:
        assert pick.reason.strip()
        assert pick.score is None or math.isfinite(pick.score)
        assert pick.propensity is None or 0 < pick.propensity <= 1


@learn_policies
def test_an_experience_policy_finds_nothing_in_an_empty_memory(name: str) -> None:
    assert lessons(name, memory(), 10) == []


@learn_policies
def test_an_experience_policy_depends_on_its_context_alone(name: str) -> None:
    held = history(5)
    first = lessons(name, held, 3, seed=4)
    lessons(name, held, 3, seed=5)
    assert lessons(name, history(5), 3, seed=4) == first
    assert made("experience_policy", name).needs <= {"predictions", "probe"}


@learn_policies
def test_the_cost_of_choosing_lessons_does_not_grow_with_the_past(name: str) -> None:
    few, many = history(20), history(400)
    cost = operations(lambda: lessons(name, few, 1000, turn=20))
    assert operations(lambda: lessons(name, many, 1000, turn=400)) <= 1.05 * cost


# --------------------------------------------------------------------------------------------------------- environments


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


# --------------------------------------------------------------------------------------------------------------- judges


def exam() -> tuple[list[Question], list[Answer]]:
    """Right, wrong, unreadable and empty answers to questions of every category."""
    questions, answers = [], []
    for index, question in enumerate(pool(24, CATEGORIES)):
        text, choice = [("1", 0), ("2", 1), ("no idea", None), ("", None)][index % 4]
        questions.append(question)
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


# -------------------------------------------------------------------------------------------------- students, trainers


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
    assert {"learning_rate", "batch_size"} <= set(numeric)
    for field in set(numeric) & set(fields):
        for bad in (-1, math.nan):
            with pytest.raises(ValidationError):
                build("trainer", name, {field: bad})
    with pytest.raises(ValidationError):
        build("trainer", name, {"learning_rate": 0})
    with pytest.raises(ValidationError):
        build("trainer", name, {"batch_size": 0})
