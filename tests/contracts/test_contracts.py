"""What every registered component promises, whatever it is: a new class is tested the moment its file exists."""

import inspect
import math
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from simulation.contracts import judge as judges_contract
from simulation.contracts import students as students_contract
from simulation.contracts.environment import guarded_exact_judge, guarded_measures, guarded_splits
from simulation.contracts.scripted import answer, of_every_form, questions
from simulation.contracts.trainer import DEAR, RULES, it_updates_who_had_lessons
from simulation.contracts.worlds import DEAR as WHOLE_ENVIRONMENT
from simulation.contracts.worlds import RULES as ENVIRONMENT_RULES
from simulation.contracts.worlds import Subject, spread
from simulation.core.calls import Completion
from simulation.core.catalogue import catalogue
from simulation.core.errors import SimulationError
from simulation.core.kinds.next_items import NextItems
from simulation.core.optional_roles import Changing, SelfTaught
from simulation.core.questions import Splits
from simulation.core.registry import PACKAGES, build, components
from simulation.core.roles import Environment, Judge, Students, Trainer
from simulation.core.trainer_roles import ByGradient
from simulation.core.types import Answer, Question, Seat
from tests.support import tiny_models
from tests.support.own_questions import as_table, planned

EMBEDDED = Path(__file__).resolve().parents[2] / "agents" / "embedded"
WEIGHTS = {("judge", "classifier"): "teacher"}
"""Components that load shipped weights, and the folder of `agents/embedded` that holds them."""
NEEDS: dict[tuple[str, str], dict[str, Any]] = {}
"""Parameters without which a component cannot play (Any: whatever they are): files that a fixture writes."""
FROM_POOL = 1500
"""How many questions of a pool are looked at."""

environments = pytest.mark.parametrize("name", components("environment"))
everything = pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind in PACKAGES for name in components(kind)])


@pytest.fixture(scope="session", autouse=True)
def needed(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Write a log of what users took, a JSON list of item names a line, a table of questions, and a reward model."""
    log = tmp_path_factory.mktemp("needed") / "log.jsonl"
    log.write_text('["tea", "milk", "salt"]\n["milk", "tea"]\n', encoding="utf-8")
    NEEDS["judge", "collaborative_reward"] = {"log": log}
    own = tmp_path_factory.mktemp("own") / "own.csv"
    own.write_text(as_table(planned(100, seed=3), ";"), encoding="utf-8")
    NEEDS["environment", "questions"] = {"rows": str(own)}
    reward = tiny_models.save_reward(tmp_path_factory.mktemp("reward"))
    NEEDS["judge", "reward_model"] = {"model": str(reward)}


@cache
def made(kind: str, name: str) -> Any:
    """A component with what it needs alone (Any: each kind has its role); skips where its weights are not there."""
    weights = WEIGHTS.get((kind, name))
    if weights is not None and not (EMBEDDED / weights).is_dir():
        pytest.skip(f"{kind} {name} needs agents/embedded/{weights}, which is not there")
    component = build(kind, name, NEEDS.get((kind, name), {}))
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
    """Students with equal trainers are trained in one batch, and equal judges are called once."""
    assert build(kind, name, {}) == build(kind, name, {})


@cache
def subject(name: str) -> Subject:
    """An environment with its questions, read once."""
    return Subject(name, partial(build, "environment", name, NEEDS.get(("environment", name), {})), seed=3)


def splits(name: str) -> Splits:
    """The question sets of an environment."""
    return subject(name).splits


def everywhere(name: str) -> Iterator[Question]:
    """Questions of all sets, of a pool those spread over it."""
    for group in (splits(name).pool, splits(name).probe, splits(name).held_out):
        yield from spread(group, FROM_POOL)


@environments
@pytest.mark.parametrize("rule", [*ENVIRONMENT_RULES, *WHOLE_ENVIRONMENT], ids=lambda rule: rule.__name__)
def test_an_environment_holds_its_contract(rule: Callable[..., None], name: str) -> None:
    rule(subject(name), name, subject(name).build)


@environments
def test_an_environments_questions_are_whole(name: str) -> None:
    for question in everywhere(name):
        assert question.category
        assert question.key.reference is not None or isinstance(subject(name).environment, Changing)
        alternatives, reveals = question.form.alternatives, question.key.reveals
        if alternatives:
            assert alternatives.count(question.key.reference) == 1
        if reveals:
            assert reveals.index("right") == alternatives.index(question.key.reference)
            assert reveals.count("right") == 1


@environments
def test_an_environments_splits_share_no_text(name: str) -> None:
    groups = {"pool": splits(name).pool, "probe": splits(name).probe, "held_out": splits(name).held_out}
    texts = {
        key: {" ".join(question.prompt.split()).casefold() for question in spread(group, FROM_POOL)}
        for key, group in groups.items()
    }
    for key in groups:
        assert texts[key], f"{key} is empty"
        for other in set(groups) - {key}:
            assert not texts[key] & texts[other]


def written(question: Question) -> str:
    """Return the reference as an answer writes it."""
    reference = question.key.reference or ""
    return catalogue(question.form.catalogue).text(reference) if isinstance(question.form, NextItems) else reference


@environments
def test_an_environments_own_judge_accepts_every_reference_and_nothing_else(name: str) -> None:
    environment: Environment = subject(name).environment
    exact, parameters = guarded_exact_judge(name, environment)
    judge: Judge = build("judge", exact, parameters) if parameters else made("judge", exact)
    if environment.measures[0].graded:  # what was taken need not be wholly right, but it stands first where it is named
        known = [question for question in everywhere(name) if question.key.reference]
        verdicts = judge.judge(known, [answer(one, written(one)) for one in known], seeds=[0] * len(known))
        assert len(known) > 500
        assert {verdict.metrics["rank"] for verdict in verdicts} == {1.0}
        return
    rows = [
        (question, text) for question in everywhere(name) for text in question.form.alternatives or (written(question),)
    ]
    asked, answers = [question for question, _ in rows], [answer(question, text) for question, text in rows]
    scores = [verdict.score for verdict in judge.judge(asked, answers, seeds=[0] * len(answers))]
    assert len(scores) > 500
    assert scores == [float(text == written(question)) for question, text in rows]
    assert not guarded_measures(name, environment)[0].graded


@pytest.mark.parametrize("name", components("judge"))
@pytest.mark.parametrize("rule", judges_contract.RULES, ids=lambda rule: rule.__name__)
def test_a_judge_holds_its_contract(rule: Callable[..., None], name: str) -> None:
    rule(of_every_form(), name, lambda: made("judge", name))


@pytest.mark.parametrize("name", components("judge"))
def test_a_judge_signs_what_it_says(name: str) -> None:
    for judge, asked, answers in judges_contract.judged(name, lambda: made("judge", name), of_every_form()):
        for verdict in judge.judge(asked, answers, seeds=[*range(len(answers))]):
            assert verdict.judge == name
            assert verdict.correction is None or verdict.correction


@pytest.mark.parametrize("name", components("students"))
@pytest.mark.parametrize("rule", students_contract.RULES, ids=lambda rule: rule.__name__)
def test_students_hold_their_contract(rule: Callable[..., None], name: str) -> None:
    rule(of_every_form(), name, lambda: made("students", name))


@pytest.mark.parametrize("name", components("students"))
def test_students_take_the_likeliest_option_and_read_what_failed(name: str) -> None:
    students: Students = made("students", name)
    answerer = students.answerer(Seat(name="ada", number=0, seed=0))
    asked = [question.shown() for question in questions(3)]

    def read(*completions: Completion) -> list[Answer]:
        return answerer.read(asked, completions, model_version="7")

    scored = read(*[Completion(continuation_logprobs=(-2.0, -1.0, -3.0))] * 3)
    assert [one.choice for one in scored] == [1, 1, 1]
    failed = read(
        Completion(stop="error: out of memory"), Completion(text="???", tokens=3), Completion(text="\x00" * 9)
    )
    assert all(one.choice is None and one.stop != "stop" for one in failed)
    assert answerer.requests(asked, generator=np.random.default_rng(0))


def trainers() -> dict[str, Callable[[], Trainer]]:
    """How each trainer is built: the registered ones, and the rules of students who learn of themselves."""
    registered = {name: partial(build, "trainer", name, {}) for name in components("trainer")}
    own = {
        name: partial(lambda kind: build("students", kind, {}).trainer(), name)
        for name, component in components("students").items()
        if isinstance(component.cls, SelfTaught)
    }
    return {**registered, **own}


@pytest.mark.parametrize("name", trainers())
@pytest.mark.parametrize("rule", [*RULES, *DEAR], ids=lambda rule: rule.__name__)
def test_a_trainer_holds_its_contract(rule: Callable[..., None], name: str) -> None:
    rule(name, trainers()[name])


@pytest.mark.parametrize("name", components("trainer"))
def test_a_trainer_by_gradient_says_so(name: str) -> None:
    """Then a scenario of students without gradients is refused before it begins."""
    trainer = build("trainer", name, {})
    assert (isinstance(trainer, ByGradient) and trainer.by_gradient) == (name != "none")
    it_updates_who_had_lessons(name, partial(build, "trainer", name, {}))


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
    for field in ("learning_rate", "batch_size"):
        with pytest.raises(ValidationError):
            build("trainer", name, {field: 0})


def test_questions_are_the_same_for_every_seed_where_studies_are_paired() -> None:
    for name in components("environment"):
        other = guarded_splits(name, subject(name).environment, 4)
        assert (other.held_out, other.probe) == (splits(name).held_out, splits(name).probe)
