"""Questions, answers and pasts made by hand, on which components are tried without a study."""

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from simulation.core.calls import Completion, Request
from simulation.core.catalogue import Catalogue
from simulation.core.kinds.code import Code
from simulation.core.kinds.conditions import Condition, Conditions
from simulation.core.kinds.items import Items
from simulation.core.kinds.kind import Key
from simulation.core.kinds.next_items import NextItems
from simulation.core.kinds.options import Options
from simulation.core.kinds.program_tests import Test, Tests
from simulation.core.kinds.reference import Reference
from simulation.core.kinds.taken import Chances, Taken
from simulation.core.kinds.visitor import Visitor
from simulation.core.memory import ReplayBuffer
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
STUDENT = "ada"
"""Whose name no judge takes for that of a classmate."""
CYCLE = 24
"""After so many turns the questions and scores of a scripted past come again."""


def question(identity: str, category: str = "general", *, right: int = 0) -> Question:
    """Return a question of three options."""
    options = ("1", "2", "3")
    reveals = tuple("right" if place == right else f"slip {place}" for place in range(3))
    return Question(
        id=identity,
        prompt=f"what is {identity}?",
        form=Options(choices=options),
        key=Reference(answer=options[right], reveals=reveals),
        tags=(category, f"a skill of {category}"),
    )


def questions(size: int, categories: Sequence[str] = CATEGORIES) -> list[Question]:
    """Return questions of options that go through the categories in turn."""
    return [question(f"q{place}", categories[place % len(categories)], right=place % 3) for place in range(size)]


def of_every_form(size: int = 6) -> dict[str, list[Question]]:
    """Return questions of each form that there is, by its name."""
    return {
        "options": questions(size),
        "free text": [
            Question(id=f"t{place}", prompt=f"{place} + 1 = ", key=Reference(answer=str(place + 1)), tags=("sum",))
            for place in range(size)
        ],
        "programs": [program(f"p{place}") for place in range(size)],
        "items": [bought(f"i{place}", Taken(item=ITEMS[place % len(ITEMS)])) for place in range(size)],
        "next items": [coming(f"n{place}", Taken(item=ITEMS[place % len(ITEMS)])) for place in range(size)],
        "visits": [coming(f"v{place}", Visitor(user=place, mood=place / 2 - 1)) for place in range(size)],
        "conditions": [conditioned(f"w{place}", place + 1) for place in range(size)],
        "items by chance": [bought(f"c{place}", Chances(chances=(0.5, 0.0, 0.25, 1.0))) for place in range(size)],
    }


ITEMS = ("tea", "milk", "salt", "soap")


def program(identity: str) -> Question:
    """Return a question whose answer is a program."""
    tests = (Test(code="assert f(1) == 2"), Test(code="assert f(2) == 3", hidden=True))
    key = Tests(tests=tests, reference="def f(x):\n    return x + 1")
    return Question(id=identity, prompt="Write f, which adds 1.", form=Code(), key=key, tags=("program",))


def conditioned(identity: str, count: int) -> Question:
    """Return a question whose answer is a text of so many words."""
    condition = Condition(name="words", parameters={"count": count})
    key = Conditions(conditions=(condition,), references=(" ".join(["tea"] * count),))
    return Question(id=identity, prompt=f"Write {count} words.", key=key, tags=("1 condition",))


def bought(identity: str, key: Key) -> Question:
    """Return a question whose answer is a list of items."""
    return Question(
        id=identity, prompt="What is bought next?", form=Items(items=ITEMS, count=2), key=key, tags=("user",)
    )


def coming(identity: str, key: Key) -> Question:
    """Return a question for what comes next of a catalogue, whose items are written by their names."""
    shelf = Catalogue(items=ITEMS, codes=tuple((item,) for item in ITEMS), titles=ITEMS)
    form = NextItems(catalogue=shelf.name, count=2, history=ITEMS[:2])
    return Question(id=identity, prompt="tea milk", form=form, key=key, tags=("user",))


def answers_to(asked: Sequence[Question]) -> tuple[list[Question], list[Answer]]:
    """Return a right, a wrong, an unreadable and an empty answer to each of these questions, the questions parallel."""
    pairs = []
    for one in asked:
        alternatives = one.form.alternatives
        reference = one.key.reference or (alternatives[0] if alternatives else "1")
        wrong = next((text for text in alternatives if text != reference), "17")
        pairs += [(one, answer(one, text)) for text in (reference, wrong, "no idea", "")]
    return [one for one, _ in pairs], [given for _, given in pairs]


def answer(asked: Question, text: str, *, sure: float = 0.6) -> Answer:
    """Return a student's answer, its alternatives scored where the text is one of them."""
    alternatives = asked.form.alternatives
    place = alternatives.index(text) if text in alternatives else None
    rest = math.log((1 - sure) / max(1, len(alternatives) - 1))
    logprobs = tuple(math.log(sure) if other == place else rest for other in range(len(alternatives)))
    is_lost = not text or (place is None and bool(alternatives))
    return Answer(
        question_id=asked.id,
        prompt=asked.prompt,
        text=text,
        answerer=STUDENT,
        model_version="0",
        model_input=asked.prompt,
        ranking=Ranking(taken=place, logprobs=logprobs) if place is not None else None,
        logprob=-0.5,
        tokens=3,
        stop="unparsed" if is_lost else "stop",
    )


def experience(asked: Question, *, turn: int = 1, position: int = 0, score: float = 0.0) -> Experience:
    """Return an answer to a question with options, right where it is scored above a half."""
    alternatives, right = asked.form.alternatives, asked.key.reference or ""
    text = right if score > 0.5 or not alternatives else next(option for option in alternatives if option != right)
    return Experience(
        question=asked,
        answer=answer(asked, text),
        feedback=Feedback(score=score, judge="scripted", correction=right),
        truth=score,
        turn=turn,
        position=position,
    )


def turns(size: int) -> list[Turn]:
    """Return turns of two answers each, to questions of several categories that come again."""
    asked = questions(12)
    return [
        played(
            number,
            [
                experience(
                    asked[place],
                    turn=number,
                    position=position,
                    score=float((number * (position + 2) // 3) % CYCLE % 2),
                )
                for position, place in enumerate((number % 12, (number + 6) % 12))
            ],
        )
        for number in range(1, size + 1)
    ]


def played(number: int, experiences: Sequence[Experience]) -> Turn:
    """Return a turn whose picks were answered by `experiences`, which were all learned from."""
    asked = [one.question for one in experiences]
    return Turn(
        turn=number,
        student=STUDENT,
        candidates=tuple(one.id for one in asked),
        predictions=tuple((-1.0,) * len(one.form.alternatives) for one in asked),
        picks=tuple(Selection(item=one, score=0.25, reason="asked") for one in asked),
        experiences=tuple(experiences),
        lessons=tuple(Selection(item=one, reason="learned") for one in experiences),
        model_version=str(number),
    )


def memory(past: Iterable[Turn]) -> ReplayBuffer:
    """Return what turns leave in memory."""
    buffer = ReplayBuffer()
    for turn in past:
        buffer.extend(turn.experiences)
    return buffer


def evaluation(categories: Sequence[str] = CATEGORIES) -> tuple[Evaluation, dict[str, tuple[str, ...]]]:
    """Return an evaluation that went better in some categories than in others, and its questions' tags."""
    tags: dict[str, tuple[str, ...]] = {
        f"probe {category} {place}": (category, f"a skill of {category}")
        for number, category in enumerate(categories)
        for place in range(number + 2)
    }
    truths = {identity: float(int(identity.split()[-1]) < 2) for identity in tags}
    results = tuple(Result(question_id=identity, text="", truth=truth) for identity, truth in truths.items())
    mean = sum(truths.values()) / len(truths)
    return Evaluation(questions=len(results), metrics={"accuracy": mean}, results=results), tags


@dataclass
class ScriptedModel:
    """A learner without weights, whose slots are bytes: gradients do not go through it."""

    states: dict[str, bytes] = field(default_factory=dict)
    source: str = "a scripted model"

    @property
    def slots(self) -> tuple[str, ...]:
        """The students it computes for."""
        return tuple(self.states)

    def generate(self, requests: Sequence[Request]) -> list[Completion]:
        """Say the same to every prompt."""
        return [Completion(text="1", tokens=1, logprob=-1.0) for _ in requests]

    def score(self, requests: Sequence[Request]) -> list[tuple[float, ...]]:
        """Find a continuation the less likely the longer it is."""
        return [tuple(-1.0 - len(text) for text in request.continuations) for request in requests]

    def render(self, prompt: str) -> str:
        """Return the prompt as it is."""
        return prompt

    def version(self, slot: str) -> str:
        """Return the hash of the slot's bytes."""
        return hashlib.sha256(self.states[slot]).hexdigest()

    def dump(self, slot: str) -> bytes:
        """Return the slot's bytes."""
        return self.states[slot]

    def restore(self, slot: str, data: bytes) -> None:
        """Put the slot's bytes back."""
        self.states[slot] = data


class ScriptedMark:
    """Finds every sample half right, for trainers that sample."""

    def __call__(
        self, slot: str, questions: Sequence[Question], completions: Sequence[Completion], *, seeds: Sequence[int]
    ) -> list[Feedback]:
        """Evaluate each completion."""
        del questions, seeds
        return [Feedback(score=0.5, judge=slot) for _ in completions]


def streams(names: Iterable[str]) -> Mapping[str, np.random.Generator]:
    """Return a random stream for each name, the same ones every time."""
    return {name: np.random.default_rng([7, *name.encode()]) for name in names}
