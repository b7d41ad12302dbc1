"""The whole contract of environments: the same questions again, a truth that knows its references, separate worlds."""

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import chain
from typing import Any

import numpy as np
from pydantic import ValidationError

from simulation.contracts.boundary import breach
from simulation.contracts.environment import (
    MOST_IN_MEMORY,
    guarded_begin,
    guarded_exact_judge,
    guarded_measures,
    guarded_pool,
    guarded_prerequisites,
    guarded_splits,
    guarded_step,
    refuse_leaks,
)
from simulation.contracts.judge import guarded_feedback
from simulation.contracts.questions import KIND, bare
from simulation.contracts.rules import Build, broken, own_randomness
from simulation.contracts.scripted import answer, answers_to, experience
from simulation.core.faults import in_line
from simulation.core.kinds.options import Options
from simulation.core.optional_roles import Changing, Executing, Triable
from simulation.core.questions import Splits
from simulation.core.registry import build as built
from simulation.core.registry import find
from simulation.core.roles import Environment, Judge
from simulation.core.types import Experience, Question, Transition

LOOKED_AT = 500
"""Questions of a pool that are compared in full."""
JUDGED = 100
STEPS = 5


@dataclass
class Subject:
    """An environment that is tried, with its questions, which are read once."""

    name: str
    build: Build
    seed: int

    @cached_property
    def environment(self) -> Environment:
        """The environment."""
        environment: Environment = self.build()
        return environment

    @cached_property
    def splits(self) -> Splits:
        """Its questions."""
        return guarded_splits(self.name, self.environment, self.seed)

    @cached_property
    def measuring(self) -> frozenset[str]:
        """The ids of what measures."""
        return frozenset(question.id for question in (*self.splits.held_out, *self.splits.probe))


def check_environment(name: str, build: Build, *, seed: int = 0, whole: bool = True) -> list[str]:
    """Return what an environment breaks of its contract; `whole` looks at every question of a pool up to 100,000."""
    subject = Subject(name, build, seed)
    return broken([partial(rule, subject) for rule in (*RULES, *(DEAR if whole else ()))], name, build)


def spread(questions: Sequence[Question], most: int) -> list[Question]:
    """Return so many questions spread over a pool, or all."""
    return [questions[place] for place in range(0, len(questions), max(1, len(questions) // most))]


def it_measures_by_a_judge_that_there_is(subject: Subject, name: str, build: Build) -> None:
    """An environment names what it measures, and a judge that can be built."""
    del build
    guarded_measures(name, subject.environment)
    guarded_prerequisites(name, subject.environment)
    exact_judge(name, subject.environment)


def exact_judge(name: str, environment: Environment) -> Judge:
    """Build the judge whose score is the truth."""
    judge, parameters = guarded_exact_judge(name, environment)
    try:
        component: Judge = built("judge", judge, parameters)
    except ValidationError as error:
        fault = in_line(error, find("judge", judge))
        what = f"names the exact judge {judge!r} with parameters it does not take: {fault}"
        raise breach(KIND, name, what, "correct exact_judge") from error
    return component


def its_questions_are_the_same_again(subject: Subject, name: str, build: Build) -> None:
    """The same seed gives the same questions, drawn from nothing that the process shares."""
    with own_randomness(KIND, name):
        first, second = subject.splits, guarded_splits(name, build(), subject.seed)
    for part, before, after in (
        ("pool", first.pool, second.pool),
        ("probe", first.probe, second.probe),
        ("held_out", first.held_out, second.held_out),
    ):
        if len(before) != len(after) or spread(before, LOOKED_AT) != spread(after, LOOKED_AT):
            what = f"gives other questions as {part} when it is asked again with seed {subject.seed}"
            raise breach(KIND, name, what, "let the seed and the parameters alone decide")


def no_text_is_asked_and_measured(subject: Subject, name: str, build: Build) -> None:
    """The same text with the same alternatives is the same question, whatever its id."""
    del build
    splits = subject.splits
    measuring = {content(question): question for question in (*splits.held_out, *splits.probe)}
    for question in spread(splits.pool, LOOKED_AT):
        if not question.prompt.strip():
            raise breach(KIND, name, f"gave question {question.id!r} with an empty prompt", "write what is asked")
        if content(question) in measuring:
            other = measuring[content(question)].id
            what = f"has the text of {question.id!r}, which may be asked, also in {other!r}, which measures"
            raise breach(KIND, name, what, "keep them apart by what they ask, not by their ids alone")


def content(question: Question) -> tuple[object, ...]:
    """Return what a question asks, without what does not tell it apart."""
    return " ".join(question.prompt.split()).casefold(), tuple(map(bare, question.form.alternatives))


def its_truth_knows_its_references(subject: Subject, name: str, build: Build) -> None:
    """No alternative scores higher than the reference, which scores 1 where every other one scores less."""
    del build
    judge = exact_judge(name, subject.environment)
    if isinstance(judge, Executing | Triable):
        return  # what runs programs or models costs more than a check may
    asked = [question for question in answerable(subject.splits) if isinstance(question.form, Options)]
    rows = [(question, text) for question in asked for text in question.form.alternatives]
    if not rows:
        return
    questions, answers = [question for question, _ in rows], [answer(question, text) for question, text in rows]
    measures = guarded_measures(name, subject.environment)
    verdicts = guarded_feedback(judge.name, judge, questions, answers, seeds=[0] * len(rows), measures=measures)
    best: dict[str, tuple[float, str]] = {}
    for (question, text), verdict in zip(rows, verdicts, strict=True):
        best[question.id] = max(best.get(question.id, (-1.0, "")), (verdict.score, text))
    for (question, text), verdict in zip(rows, verdicts, strict=True):
        if text == question.key.reference and verdict.score < best[question.id][0]:
            what = f"has question {question.id!r}, whose exact judge scores the reference {text!r} {verdict.score} and "
            raise breach(KIND, name, f"{what}{best[question.id][1]!r} {best[question.id][0]}", "correct one of them")


def its_judge_measures_what_it_names(subject: Subject, name: str, build: Build) -> None:
    """The exact judge gives every measure that the environment names, of answers to its own questions."""
    del build
    judge = exact_judge(name, subject.environment)
    if isinstance(judge, Executing | Triable):
        return
    questions, answers = answers_to(spread(subject.splits.held_out, JUDGED)[:JUDGED])
    measures = guarded_measures(name, subject.environment)
    guarded_feedback(judge.name, judge, questions, answers, seeds=[0] * len(answers), measures=measures)


def what_measures_depends_on_no_seed(subject: Subject, name: str, build: Build) -> None:
    """The held-out and the probe questions are the same for every seed, so that studies can be paired."""
    other = guarded_splits(name, build(), subject.seed + 1)
    for part, ours, theirs in (
        ("held_out", subject.splits.held_out, other.held_out),
        ("probe", subject.splits.probe, other.probe),
    ):
        if tuple(ours) != tuple(theirs):
            what = f"gives other questions as {part} for seed {subject.seed + 1} than for seed {subject.seed}"
            raise breach(KIND, name, what, "let only the pool depend on the seed, or studies cannot be paired")


def answerable(splits: Splits) -> Iterator[Question]:
    """Return questions of all sets that have a reference."""
    sets = (splits.pool, splits.probe, splits.held_out)
    return (
        question
        for question in chain.from_iterable(spread(questions, JUDGED) for questions in sets)
        if question.key.reference is not None
    )


def each_student_has_a_world_of_its_own(subject: Subject, name: str, build: Build) -> None:
    """What a student does changes no other's world, and a world is a fold over its own experiences and stream."""
    if not isinstance(subject.environment, Changing):
        return
    environment, another = (asked_before(name, build(), subject.seed) for _ in range(2))
    measuring = subject.measuring
    first, bystander = (guarded_begin(name, environment, np.random.default_rng(1)) for _ in range(2))
    ids_before = pool_ids(name, environment, bystander, measuring)
    if pool_ids(name, environment, first, measuring) != ids_before:
        raise breach(KIND, name, "begins otherwise with the same stream", "draw from the generator of begin alone")
    with own_randomness(KIND, name):
        lived, steps = walked(name, environment, first, measuring)
    if pool_ids(name, environment, bystander, measuring) != ids_before:
        what = "changes the world of one student by what another does"
        raise breach(KIND, name, what, "keep in the state what changes, and nothing of it in the environment")
    again = guarded_begin(name, another, np.random.default_rng(1))
    refolded, steps_again = walked(name, another, again, measuring)
    pools = (pool_ids(name, environment, lived, measuring), pool_ids(name, another, refolded, measuring))
    if steps != steps_again or pools[0] != pools[1] or described(lived) != described(refolded):
        what = "makes another world of the same experiences and stream"
        raise breach(KIND, name, what, "let state, experience and generator alone decide, as a resume folds them anew")


def described(state: Any) -> str:
    """Return what a state holds, as far as its words say (Any: each environment has its own)."""
    text = repr(state)
    return "" if " at 0x" in text else text


def asked_before(name: str, environment: Any, seed: int) -> Any:
    """Return an environment that was asked for its questions, as in a study (Any: it is one that changes, too)."""
    guarded_splits(name, environment, seed)
    return environment


def pool_ids(name: str, environment: Changing, state: Any, measuring: frozenset[str]) -> list[str]:
    """Return the ids of what may be asked in a state, which a look may not change (Any: each has its own state)."""
    before = copy.deepcopy(state)
    ids = [question.id for question in spread(guarded_pool(name, environment, state, measuring), LOOKED_AT)]
    again = [question.id for question in spread(guarded_pool(name, environment, before, measuring), LOOKED_AT)]
    if ids != again:
        raise breach(KIND, name, "has another pool in a copy of a state", "let pool depend on the state alone")
    return ids


def walked(name: str, environment: Changing, state: Any, measuring: frozenset[str]) -> tuple[Any, list[Transition]]:
    """Answer a few questions; return the state after and what happened (Any: each has its own state)."""
    generator, transitions = np.random.default_rng(2), []
    for number in range(STEPS):
        pool = guarded_pool(name, environment, state, measuring)
        lesson = lived(pool[number % len(pool)], number)
        state, transition = guarded_step(name, environment, state, lesson, generator)
        transitions.append(transition)
    return state, transitions


def lived(question: Question, number: int) -> Experience:
    """Return an answer to a question, right in every second turn."""
    return experience(question, turn=number + 1, score=float(number % 2))


def all_of_its_pool_is_apart(subject: Subject, name: str, build: Build) -> None:
    """No question of the pool measures: all of them looked at, however long their making takes."""
    del build
    if len(subject.splits.pool) <= MOST_IN_MEMORY:
        refuse_leaks(name, [question.id for question in subject.splits.pool], subject.measuring)


RULES = (
    it_measures_by_a_judge_that_there_is,
    its_questions_are_the_same_again,
    no_text_is_asked_and_measured,
    what_measures_depends_on_no_seed,
    its_judge_measures_what_it_names,
    its_truth_knows_its_references,
    each_student_has_a_world_of_its_own,
)
DEAR = (all_of_its_pool_is_apart,)
