"""Studies made by hand, whose numbers are known, for tests of the report."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from simulation.core.questions import Measure
from simulation.core.types import Evaluation, Question, Result, Turn, Update
from tests.support.contexts import experience, pool, question, ranked

ACCURACY = Measure(name="accuracy")
HELD_OUT = tuple(question(f"h{index}", ("gain", "physics", "other")[index % 3]) for index in range(60))


def held_out(turn: int, accuracy: float, student: int = 0) -> Evaluation:
    """An evaluation of this accuracy on `HELD_OUT`; which answers are right moves with the turn."""
    order = np.random.default_rng([turn, student]).permutation(len(HELD_OUT))
    right = set(order[: round(accuracy * len(HELD_OUT))].tolist())
    results = tuple(
        Result(
            question_id=each.id,
            text="",
            truth=float(index in right),
            ranking=ranked(0 if index in right else 1 + index % 2, confidence=0.6),
        )
        for index, each in enumerate(HELD_OUT)
    )
    metrics = {"accuracy": len(right) / len(HELD_OUT), "confidence": 0.6}
    return Evaluation(questions=len(HELD_OUT), metrics=metrics, results=results)


def turns(count: int, student: str = "ada", number: int = 0, *, first: float = 0.3, last: float = 0.8) -> list[Turn]:
    """A student's turns: four questions each, half of them wrong, one verdict a turn false, evaluated every second."""
    found = [Turn(turn=0, student=student, evaluations={"held_out": held_out(0, first, number)})]
    for turn in range(1, count + 1):
        asked = tuple(
            experience(
                each, turn=turn, position=place, score=float(place < 3), truth=float(place < 2), choice=place % 3
            )
            for place, each in enumerate(pool(4))
        )
        accuracy = first + (last - first) * turn / count
        update = Update(
            trainer="dpo",
            experiences=2,
            steps=1,
            model_version=str(turn),
            metrics={
                "loss": 0.5,
                "chosen_logprob_before": -3.0,
                "chosen_logprob_after": -2.0,
                "rejected_logprob_before": -1.0,
                "rejected_logprob_after": -4.0,
            },
        )
        due = turn % 2 == 0 or turn == count
        evaluations = {"held_out": held_out(turn, accuracy, number)} if due else {}
        found.append(Turn(turn=turn, student=student, experiences=asked, update=update, evaluations=evaluations))
    return found


@dataclass
class KnownStudy:
    """A stored study that lives in memory."""

    folder: Path
    played: list[Turn]
    name: str = "known"
    status: str = "finished"

    @property
    def measures(self) -> tuple[Measure, ...]:
        return (ACCURACY,)

    @property
    def scenario(self) -> Mapping[str, Any]:
        return {
            "seed": 0,
            "turns": 4,
            "environment": {"name": "known"},
            "ask": {"policy": {"name": "random"}},
            "learn": {"trainer": {"name": "dpo"}},
        }

    def question_set(self, name: str) -> tuple[Question, ...]:
        return HELD_OUT if name == "held_out" else ()

    def turns(self) -> Iterator[Turn]:
        yield from self.played
