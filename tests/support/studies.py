"""Studies of scripted students, made in a moment."""

from pathlib import Path
from typing import Any

from simulation.core.questions import Measure
from simulation.core.types import Answer, Experience, Feedback, Question, Turn
from simulation.store import Study
from tests.support.scripted import LeastSure, scripted_world, seats, stepper

FINGERPRINT = {"numpy": "1"}
MEASURES = (Measure(name="accuracy"),)


def make(folder: Path, count: int = 2, **options: Any) -> Study:
    """Return a new study (Any: what `Study.create` takes besides)."""
    settings = {"scenario": {"name": "a", "seed": 0}, "fingerprint": FINGERPRINT, **options}
    return Study.create(folder, seats=seats(count), measures=MEASURES, **settings)


def filled(folder: Path, turns: int = 3, **options: Any) -> tuple[Study, list[Turn]]:
    """Return a study of `turns` played turns, still open, and what was put into it (Any: as of `make`)."""
    world = scripted_world(seats(2), ask=LeastSure(), turns=turns)
    step, study = stepper(world), make(folder, **options)
    played: list[Turn] = []
    for number in range(turns + 1):
        both = step(number)
        study.append(both, {turn.student: world.model.dump(turn.student) for turn in both}, seconds={"play": 0.5})
        played += both
    return study, played


def question(prompt: str) -> Question:
    return Question(id="q", prompt=prompt)


def experience(**changed: Any) -> Experience:
    """Return an experience but for what is said (Any: the values of its fields)."""
    values: dict[str, Any] = {
        "question": question("?"),
        "answer": Answer(question_id="q", prompt="?", text="1", answerer="a", model_version="v"),
        "feedback": Feedback(score=1.0, judge="j"),
        "truth": 1.0,
        "turn": 0,
        "position": 0,
    }
    return Experience(**{**values, **changed})
