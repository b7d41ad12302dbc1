"""Additions that a student got wrong, each with its correction, and a marker whose scores vary."""

from collections.abc import Sequence

import numpy as np

from simulation.core.calls import Completion
from simulation.core.kinds.reference import Reference
from simulation.core.types import Answer, Experience, Feedback, Question


def wrong_additions(
    count: int, seed: int | np.random.Generator = 0, *, answerer: str = "one", turn: int = 1
) -> list[Experience]:
    """Return experiences of prompts of different lengths; the student multiplied where it should have added."""
    stream, found = np.random.default_rng(seed), []
    for index in range(count):
        first, second = (int(number) for number in stream.integers(3, 99, size=2))
        prompt = f"what is {first} plus {second} ?" + " now" * int(stream.integers(3))
        right, wrong = str(first + second), str(first * second)
        found.append(
            Experience(
                question=Question(id=str(index), prompt=prompt, key=Reference(answer=right)),
                answer=Answer(question_id=str(index), prompt=prompt, text=wrong, answerer=answerer, model_version=""),
                feedback=Feedback(score=0.0, judge="key", correction=right),
                truth=0.0,
                turn=turn,
                position=index,
            )
        )
    return found


def mark(
    slot: str, questions: Sequence[Question], completions: Sequence[Completion], *, seeds: Sequence[int]
) -> list[Feedback]:
    """Reward answers of an odd length."""
    assert slot and len(questions) == len(seeds)
    return [Feedback(score=float(len(done.text) % 2), judge="key") for done in completions]
