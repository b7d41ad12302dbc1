"""Sums, differences and products of two small numbers: an environment, an exact and an erring judge, policies."""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass as component

from simulation.core.kinds.options import Options
from simulation.core.kinds.reference import Reference
from simulation.core.questions import Measure, Splits
from simulation.core.roles import Context
from simulation.core.types import Answer, Experience, Feedback, Outcome, Question, Selection

STRICT = ConfigDict(extra="forbid")
OPERATIONS: Mapping[str, Callable[[int, int], int]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
}
TAGS = {"+": "sum", "-": "difference", "*": "product"}


def digest(*parts: str) -> int:
    """Return a 64-bit hash of texts that is the same in every process."""
    return int.from_bytes(hashlib.sha256("\0".join(parts).encode()).digest()[:8], "big")


PARAMETERS = len(OPERATIONS) * (len(OPERATIONS) + 1)


def relations(prompt: str, option: str) -> NDArray[np.float64]:
    """Return which operation on the prompt's numbers gives the option: a one-hot row for each operation asked."""
    found = re.search(r"(\d+) ([-+*]) (\d+)", prompt)
    features = np.zeros(PARAMETERS)
    if found is None:
        return features
    first, asked, second = int(found[1]), found[2], int(found[3])
    row = list(OPERATIONS).index(asked) * (len(OPERATIONS) + 1)
    matching = [index for index, apply in enumerate(OPERATIONS.values()) if str(apply(first, second)) == option]
    features[row + (matching[0] if matching else len(OPERATIONS))] = 1.0
    return features


def log_odds(state: NDArray[np.float64], prompt: str, option: str) -> float:
    """Return how much a student of this state likes an option, with a taste of its own for every question."""
    taste = digest(prompt, option) / 2**64 - 0.5
    return float(state @ relations(prompt, option)) + taste


@component(frozen=True, kw_only=True, config=STRICT)
class ExactJudge:
    """Compares an answer's text with the reference."""

    name: ClassVar[str] = "exact"

    def judge(
        self,
        questions: Sequence[Question],
        answers: Sequence[Answer],
        *,
        seeds: Sequence[int],  # noqa: ARG002
    ) -> list[Feedback]:
        return [exactly(question, answer) for question, answer in zip(questions, answers, strict=True)]


def exactly(question: Question, answer: Answer) -> Feedback:
    """Return whether an answer's text is the reference, and what it reveals."""
    score = float(answer.text == question.key.reference)
    reveals = question.key.reveals
    revealed = reveals[answer.choice] if reveals and answer.choice is not None else "wrong"
    outcome = Outcome(part="answer", score=score, reason="right" if score else revealed, evidence=answer.text)
    return Feedback(score=score, judge="exact", correction=question.key.reference, outcomes=(outcome,))


@component(frozen=True, kw_only=True, config=STRICT)
class ScriptedJudge:
    """A teacher who is wrong now and then, by the answer's own seed."""

    name: ClassVar[str] = "scripted"
    error_rate: Annotated[float, Field(ge=0, le=1)] = 0.1

    def judge(
        self, questions: Sequence[Question], answers: Sequence[Answer], *, seeds: Sequence[int]
    ) -> list[Feedback]:
        found = []
        for question, answer, seed in zip(questions, answers, seeds, strict=True):
            stream = np.random.default_rng([seed, digest(question.id, answer.text)])
            wrong = bool(stream.random() < self.error_rate)
            score = float((answer.text == question.key.reference) != wrong)
            found.append(
                Feedback(
                    score=score,
                    judge=self.name,
                    explanation="Correct" if score else "Wrong",
                    correction=question.key.reference,
                    metrics={"certainty": 1.0 - self.error_rate},
                )
            )
        return found


def exercise(first: int, sign: str, second: int) -> Question:
    """Return one sum with the other operations' results and a filler as its wrong choices."""
    right = str(OPERATIONS[sign](first, second))
    diagnoses = {right: "right"}
    for other, apply in OPERATIONS.items():
        diagnoses.setdefault(str(apply(first, second)), f"{TAGS[other]} instead of {TAGS[sign]}")
    diagnoses.setdefault(str(first + second + 100), "filler")
    name = f"{first}{sign}{second}"
    choices = sorted(diagnoses, key=lambda choice: digest(name, choice))
    return Question(
        id=name,
        prompt=f"{first} {sign} {second} = ",
        form=Options(choices=tuple(choices)),
        key=Reference(answer=right, reveals=tuple(diagnoses[choice] for choice in choices)),
        tags=(TAGS[sign], "small" if max(first, second) < 10 else "large"),
    )


ACCURACY = (Measure(name="accuracy"),)


@component(frozen=True, kw_only=True, config=STRICT)
class TinyEnvironment:
    """Sums, differences and products of two small numbers, without state."""

    name: ClassVar[str] = "tiny"
    numbers: Annotated[int, Field(ge=8, le=100)] = 12
    """Operands lie between 2 and this."""
    held: Annotated[int, Field(ge=1)] = 30
    """Questions of the held-out set, and of the probe set."""

    exact_judge: ClassVar[str] = "tests.support.scripted:ExactJudge"
    measures: ClassVar[tuple[Measure, ...]] = ACCURACY

    def questions(self, seed: int) -> Splits:
        """Return the same questions whatever the seed."""
        del seed
        numbers = range(2, self.numbers + 1)
        every = [exercise(a, sign, b) for a in numbers for b in numbers for sign in OPERATIONS]
        mixed = sorted(every, key=lambda question: digest("split", question.id))
        return Splits(pool=mixed[2 * self.held :], held_out=mixed[: self.held], probe=mixed[self.held : 2 * self.held])


@component(frozen=True, kw_only=True, config=STRICT)
class AnyQuestion:
    """Picks questions at random."""

    name: ClassVar[str] = "any"
    needs: ClassVar[frozenset[str]] = frozenset()

    def select(self, candidates: Sequence[Question], k: int, context: Context) -> list[Selection[Question]]:
        size = min(k, len(candidates))
        drawn = context.generator.choice(len(candidates), size=size, replace=False)
        return [
            Selection(item=candidates[int(index)], propensity=size / len(candidates), reason="drawn") for index in drawn
        ]


@component(frozen=True, kw_only=True, config=STRICT)
class LeastSure:
    """Picks the questions whose likeliest option is least likely; needs predictions and the probe set."""

    name: ClassVar[str] = "least_sure"
    needs: ClassVar[frozenset[str]] = frozenset({"predictions", "probe"})

    def select(self, candidates: Sequence[Question], k: int, context: Context) -> list[Selection[Question]]:
        best = {question.id: max(context.predictions[question.id]) for question in candidates}
        chosen = sorted(candidates, key=lambda question: (best[question.id], question.id))[:k]
        accuracy = context.evaluations["probe"].metrics["accuracy"]
        return [
            Selection(item=question, score=best[question.id], reason=f"least sure; probe {accuracy:.3f}")
            for question in chosen
        ]


@component(frozen=True, kw_only=True, config=STRICT)
class Mistakes:
    """Learns from what was judged wrong since the last update."""

    name: ClassVar[str] = "mistakes"
    needs: ClassVar[frozenset[str]] = frozenset()

    def select(self, candidates: Sequence[Experience], k: int, context: Context) -> list[Selection[Experience]]:  # noqa: ARG002
        wrong = [experience for experience in context.memory.since(context.since) if experience.feedback.score < 0.5]
        return [Selection(item=experience, score=experience.feedback.score, reason="wrong") for experience in wrong[:k]]
