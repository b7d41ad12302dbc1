"""What an environment must hold: questions that can be put, held-out ones apart from those asked, a named truth."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from simulation.contracts.boundary import breach, calling, listed, mapped, shortened
from simulation.contracts.questions import KIND, LookedAt, checked_question, leak
from simulation.contracts.records import Unfit, fitted, text, unfit
from simulation.core.errors import ScenarioError
from simulation.core.optional_roles import Changing, SkillGraph
from simulation.core.questions import Measure, Splits
from simulation.core.registry import beside, find
from simulation.core.roles import Environment
from simulation.core.types import Experience, Question, Transition

T = TypeVar("T")
MOST_IN_MEMORY = 100_000
"""Questions in memory that are all checked before a study begins; of more a sample, the rest when they are drawn."""
MOST_MADE = 1_000
"""Questions that are made when looked at, and all checked before a study begins."""
SAMPLE = 50


def guarded_splits(name: str, environment: Environment, seed: int) -> Splits:
    """Return the questions of a study of this seed, the ids of all that is in memory compared.

    A pool that is made when looked at is checked as it is drawn from, so a leak is refused before it is ever put.
    """
    with calling(KIND, name):
        splits = environment.questions(seed)
    if not isinstance(splits, Splits):
        shown = f"{shortened(splits)} of type {type(splits).__name__}"
        raise breach(KIND, name, f"returned {shown}", "return Splits(pool=…, held_out=…)")
    held_out, probe = (evaluated(name, splits, part) for part in ("held_out", "probe"))
    if not held_out:
        raise breach(KIND, name, "holds out no question", "give held_out one at least, which nobody is asked")
    if both := {question.id for question in held_out} & {question.id for question in probe}:
        what = f"has question {min(both)!r} both in its probe and its held_out"
        raise breach(KIND, name, what, "keep them apart")
    measuring = frozenset(question.id for question in (*held_out, *probe))
    notices = listed(KIND, name, splits.notices, "texts as notices")
    try:
        notices = [text(notice) for notice in notices]
    except Unfit as error:
        raise unfit(KIND, name, error, "notice") from error
    pool = sound_pool(name, splits.pool, measuring)
    return replace(splits, pool=pool, held_out=held_out, probe=probe, notices=tuple(notices))


def evaluated(name: str, splits: Splits, part: str) -> tuple[Question, ...]:
    """Return the questions of a set that measures, each with an id of its own."""
    questions = sequence(name, getattr(splits, part), part)
    with calling(KIND, name):
        questions = [*questions]
    checked = tuple(checked_question(name, question) for question in questions)
    refuse_twice(name, [question.id for question in checked], part)
    return checked if not isinstance(getattr(splits, part), tuple) else same_if_equal(getattr(splits, part), checked)


def same_if_equal(before: tuple[T, ...], after: tuple[T, ...]) -> tuple[T, ...]:
    """Return the first of two tuples where they hold the same objects."""
    return before if all(first is second for first, second in zip(before, after, strict=True)) else after


def sequence(name: str, questions: object, part: str) -> Sequence[Any]:
    """Return a set of questions (Any: they are yet to be checked); refuses what cannot be looked at by place."""
    if not isinstance(questions, Sequence) or isinstance(questions, str | bytes):
        shown = "None" if questions is None else f"{shortened(questions)} of type {type(questions).__name__}"
        raise breach(KIND, name, f"gave {shown} as {part}", "give a tuple of Question, or another Sequence")
    return questions


def refuse_twice(name: str, ids: Sequence[str], part: str) -> None:
    """Refuse two questions of one id."""
    if len(set(ids)) < len(ids):
        counts: dict[str, int] = {}
        for identity in ids:
            counts[identity] = counts.get(identity, 0) + 1
        identity, count = next((identity, count) for identity, count in counts.items() if count > 1)
        what = f"has {count} questions of id {identity!r} in its {part}"
        raise breach(KIND, name, what, "an id names one question: let each have its own")


def sound_pool(name: str, pool: object, measuring: frozenset[str]) -> Sequence[Question]:
    """Return a pool with nothing in it that also measures: all of it looked at where that is cheap, else as drawn."""
    questions = sequence(name, pool, "pool")
    with calling(KIND, name):
        size = len(questions)
    if not size:
        raise breach(KIND, name, "has an empty pool", "give it a question that may be asked")
    in_memory = isinstance(questions, tuple | list)
    if in_memory and size <= MOST_IN_MEMORY:
        checked = tuple(checked_question(name, question) for question in questions)
        refuse_leaks(name, [question.id for question in checked], measuring)
        return same_if_equal(questions, checked) if isinstance(questions, tuple) else checked
    view = LookedAt(name, questions, measuring)
    sample = view if size <= MOST_MADE else [view[place] for place in range(0, size, max(1, size // SAMPLE))]
    refuse_twice(name, [question.id for question in sample], "pool")
    if in_memory:
        refuse_leaks(name, [getattr(question, "id", "") for question in questions], measuring)
    return view


def refuse_leaks(name: str, ids: Sequence[str], measuring: frozenset[str]) -> None:
    """Refuse ids that stand twice in a pool, or that measure."""
    if not measuring.isdisjoint(ids):
        raise leak(name, [identity for identity in ids if identity in measuring])
    refuse_twice(name, ids, "pool")


def guarded_measures(name: str, environment: Environment) -> tuple[Measure, ...]:
    """Return what is measured, by distinct names; the first is the truth."""
    with calling(KIND, name):
        measures = environment.measures
    checked = [fitted(KIND, name, measure, Measure) for measure in listed(KIND, name, measures, "Measure as measures")]
    names = [measure.name for measure in checked]
    if not checked:
        raise breach(KIND, name, "measures nothing", 'name the truth: measures = (Measure(name="accuracy"),)')
    if len(set(names)) < len(names) or "" in names:
        raise breach(KIND, name, f"calls its measures {', '.join(map(repr, names))}", "let each have its own name")
    return tuple(checked)


def guarded_exact_judge(name: str, environment: Environment) -> tuple[str, dict[str, object]]:
    """Return the name and the parameters of the judge whose score is the truth; refuses one that there is not."""
    with calling(KIND, name):
        written = environment.exact_judge
    if isinstance(written, str):
        judge, parameters = written, {}
    elif isinstance(written, Mapping) and isinstance(written.get("name"), str):
        judge, parameters = str(written["name"]), {str(key): written[key] for key in written if key != "name"}
    else:
        what = f"names {shortened(written)} as its exact judge"
        raise breach(KIND, name, what, 'write its name, or {"name": …} with its parameters')
    file = getattr(sys.modules.get(type(environment).__module__), "__file__", None)
    if file is not None:
        judge = beside(Path(file).parent, judge)
    try:
        find("judge", judge)
    except ScenarioError as error:
        raise breach(KIND, name, f"names an exact judge that cannot be used: {error}", "correct exact_judge") from error
    return judge, parameters


def guarded_prerequisites(name: str, environment: Environment) -> dict[str, tuple[str, ...]]:
    """Return the tags to be learned before a tag, none where the environment does not know."""
    if not isinstance(environment, SkillGraph):
        return {}
    with calling(KIND, name):
        prerequisites = environment.prerequisites()
    tags = mapped(KIND, name, prerequisites, "a tuple of tags by tag, as prerequisites")
    try:
        return {text(tag): tuple([text(before) for before in tags[tag]]) for tag in tags}
    except (Unfit, TypeError) as error:
        what = f"gave {shortened(prerequisites)} as prerequisites"
        raise breach(KIND, name, what, "give a dict of tuples of tags by tag") from error


def guarded_begin(name: str, environment: Changing, generator: np.random.Generator) -> Any:
    """Return a student's state before its first turn (Any: each environment has its own)."""
    with calling(KIND, name):
        return environment.begin(generator)


def guarded_pool(name: str, environment: Changing, state: Any, measuring: frozenset[str]) -> Sequence[Question]:
    """Return what may be asked of a student in this state (Any: each environment has its own).

    `measuring` are the ids of all that is held out or probed, which a pool that moves may not come to hold either.
    """
    with calling(KIND, name):
        pool = environment.pool(state)
    questions = sequence(name, pool, "pool")
    with calling(KIND, name):
        size = len(questions)
    if not size:
        raise breach(KIND, name, "has an empty pool in a state", "let a question be left that may be asked")
    return LookedAt(name, questions, measuring)


def guarded_step(
    name: str, environment: Changing, state: Any, experience: Experience, generator: np.random.Generator
) -> tuple[Any, Transition]:
    """Return the state after an answered question, with what happened (Any: each environment has its own state)."""
    with calling(KIND, name):
        stepped = environment.step(state, experience, generator)
    if not isinstance(stepped, tuple) or len(stepped) != 2:
        raise breach(KIND, name, f"returned {shortened(stepped)} from step", "return (state, Transition(…))")
    next_state, transition = stepped
    return next_state, fitted(KIND, name, transition, Transition, "from step")
