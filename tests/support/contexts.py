"""Questions, memories and contexts made by hand, for tests of policies and reports."""

import math
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

import numpy as np

from simulation.core.kinds.options import Options
from simulation.core.kinds.reference import Reference
from simulation.core.memory import ReplayBuffer
from simulation.core.roles import Context
from simulation.core.types import (
    Answer,
    Evaluation,
    Experience,
    Feedback,
    Question,
    Ranking,
    Result,
    Selection,
    Turn,
)

CATEGORIES = ("general", "physics", "gain", "geometry", "other", "probability")


def question(name: str, category: str = "general", *, right: int = 0) -> Question:
    """A question of three choices."""
    choices = ("1", "2", "3")
    return Question(
        id=name,
        prompt=f"what is {name}?",
        form=Options(choices=choices),
        key=Reference(
            answer=choices[right],
            reveals=tuple("right" if index == right else f"slip {index}" for index in range(3)),
        ),
        tags=(category,),
    )


def chosen_from(name: str, *tags: str, choices: tuple[str, ...] = ("1", "2")) -> Question:
    """A question whose first choice is right."""
    return Question(id=name, prompt="?", form=Options(choices=choices), key=Reference(answer=choices[0]), tags=tags)


def pool(size: int, categories: Sequence[str] = CATEGORIES) -> list[Question]:
    """Questions that go through the categories in turn."""
    return [question(f"q{index}", categories[index % len(categories)]) for index in range(size)]


def ranked(taken: int, count: int = 3, confidence: float | None = None) -> Ranking:
    """The alternative taken out of so many, with log-probabilities of this confidence where it is known."""
    if confidence is None:
        return Ranking(taken=taken)
    rest = (1 - confidence) / max(1, count - 1)
    shares = [confidence if index == taken else rest for index in range(count)]
    return Ranking(taken=taken, logprobs=tuple(math.log(share) if share else -math.inf for share in shares))


def experience(
    asked: Question,
    *,
    turn: int = 1,
    position: int = 0,
    score: float = 0.0,
    truth: float | None = None,
    choice: int = 1,
    confidence: float | None = None,
) -> Experience:
    """An answer to `asked`, with what was said of it."""
    choices = asked.form.alternatives
    return Experience(
        question=asked,
        answer=Answer(
            question_id=asked.id,
            prompt=asked.prompt,
            text=choices[choice] if choices else "",
            answerer="ada",
            model_version="0",
            ranking=ranked(choice, len(choices), confidence) if choices else None,
        ),
        feedback=Feedback(score=score, judge="key"),
        truth=score if truth is None else truth,
        turn=turn,
        position=position,
    )


def memory(experiences: Sequence[Experience] = ()) -> ReplayBuffer:
    """A replay buffer that holds `experiences`."""
    buffer = ReplayBuffer()
    buffer.extend(experiences)
    return buffer


def played(number: int, experiences: Sequence[Experience], *, score: float = 0.25) -> Turn:
    """A turn whose picks, all of one score, were answered by `experiences`, which were all learned from."""
    asked = [each.question for each in experiences]
    return Turn(
        turn=number,
        student="ada",
        candidates=tuple(each.id for each in asked),
        predictions=tuple((-1.0,) * len(each.form.alternatives) for each in asked),
        picks=tuple(Selection(item=each, score=score, reason="asked") for each in asked),
        experiences=tuple(experiences),
        lessons=tuple(Selection(item=each, reason="learned") for each in experiences),
        model_version=str(number),
    )


def answered(number: int, scores: Mapping[str, Sequence[float]], *, score: float = 0.25) -> Turn:
    """A turn of new questions of these categories, answered with these scores."""
    asked = [(category, place, given) for category, row in scores.items() for place, given in enumerate(row)]
    experiences = [
        experience(question(f"{category} {number}/{place}", category), turn=number, position=position, score=given)
        for position, (category, place, given) in enumerate(asked)
    ]
    return played(number, experiences, score=score)


def folded(policy: Any, held: Sequence[Experience]) -> Any:
    """The state of an observing policy after these experiences, turn by turn (Any: each has its own)."""
    state = policy.begin()
    for number, row in groupby(held, key=lambda each: each.turn):
        state = policy.observe(state, Turn(turn=number, student="ada", experiences=tuple(row)))
    return state


def evaluation(truths: Mapping[str, float]) -> Evaluation:
    """An evaluation with one result a question."""
    results = tuple(Result(question_id=name, text="", truth=truth) for name, truth in truths.items())
    return Evaluation(
        questions=len(results), metrics={"accuracy": sum(truths.values()) / len(results)}, results=results
    )


def wrong_by_category(wrong: Mapping[str, int], right: int = 2) -> tuple[Evaluation, dict[str, tuple[str, ...]]]:
    """An evaluation with so many wrong answers a category, and the tags of its questions."""
    truths: dict[str, float] = {}
    tags: dict[str, tuple[str, ...]] = {}
    for category, count in wrong.items():
        for index in range(count + right):
            name = f"probe {category} {index}"
            truths[name] = float(index >= count)
            tags[name] = (category, "a skill")
    return evaluation(truths), tags


def context(
    *,
    seed: int = 0,
    turn: int = 3,
    since: int = 1,
    held: ReplayBuffer | None = None,
    evaluations: Mapping[str, Evaluation] | None = None,
    predictions: Mapping[str, tuple[float, ...]] | None = None,
    tags: Mapping[str, tuple[str, ...]] | None = None,
    state: Any = None,
    committee: Mapping[str, tuple[tuple[float, ...], ...]] | None = None,
    prerequisites: Mapping[str, tuple[str, ...]] | None = None,
) -> Context:
    """What a policy sees, empty where nothing is given (Any: a state is each policy's own)."""
    return Context(
        turn=turn,
        memory=memory() if held is None else held,
        since=since,
        evaluations=evaluations or {},
        predictions=predictions or {},
        tags=tags or {},
        generator=np.random.default_rng(seed),
        state=state,
        committee=committee or {},
        prerequisites=prerequisites or {},
    )
