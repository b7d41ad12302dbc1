"""A small study with something in every column, as which a study of each format lies in tests/store/formats.

`python -m tests.support.formats` writes the one of this program's format; it is written once and never again.
"""

import sqlite3
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from simulation.core.kinds.code import Code
from simulation.core.kinds.items import Items
from simulation.core.kinds.kind import Form, Key
from simulation.core.kinds.options import Options
from simulation.core.kinds.program_tests import Test, Tests
from simulation.core.kinds.reference import Reference
from simulation.core.kinds.taken import Chances, Taken
from simulation.core.questions import Measure
from simulation.core.types import (
    Answer,
    Attempt,
    Evaluation,
    Experience,
    Feedback,
    LessonEffect,
    Outcome,
    Question,
    Ranking,
    Result,
    Seat,
    Selection,
    Transition,
    Turn,
    Update,
)
from simulation.store import DATABASE, Study
from simulation.store.schema import GROWN_SINCE, VERSION

FOLDER = Path(__file__).parents[1] / "store" / "formats"
SEATS = (Seat(name="a", number=0, seed=1, label="one"), Seat(name="b", number=1, seed=1, label="one"))
MEASURES = (Measure(name="accuracy", graded=True), Measure(name="ndcg@10", graded=True))
QUESTIONS = tuple(
    Question(id=f"q{place}", prompt=f"Which is {place}?", form=form, key=key, tags=("broad", "narrow")[: place % 3])
    for place, (form, key) in enumerate(
        [
            (Options(choices=("1", "2", "3")), Reference(answer="2", reveals=("carry", "right", "filler"))),
            (Code(opening="def f(x):\n"), Tests(tests=(Test(code="assert f(1)", hidden=True),), reference="x")),
            (Items(items=("x", "y"), count=1), Taken(item="y")),
            (Items(items=("x", "y")), Chances(chances=(0.1, 0.75))),
            (Form(), Reference(answer="free é")),
            (Form(), Key()),
        ]
    )
)


def experience(turn: int, position: int, question: Question, ranking: Ranking | None, **changed: Any) -> Experience:
    """Return an experience with something in every field (Any: fields of the answer that differ)."""
    prompt = f"Question: {question.prompt}"
    answer: dict[str, Any] = {
        "text": "2",
        "model_input": f"<|user|>{prompt}<|assistant|>",
        "reading": "the likeliest option",
        "logprob": -0.1,
        "tokens": 3,
    }
    given = Answer(
        question_id=question.id,
        prompt=prompt,
        answerer="a",
        model_version="v1",
        ranking=ranking,
        **{**answer, **changed},
    )
    outcomes = (
        Outcome(part="test 1", score=1.0, reason="passed"),
        Outcome(part="test 2", score=0.25, reason="timeout", detail="took longer", evidence="printed \ud800"),
    )
    feedback = Feedback(
        score=0.25,
        judge="teacher",
        explanation="No",
        correction="3",
        metrics={"certainty": 0.1},
        outcomes=outcomes[: position + 1],
    )
    return Experience(
        question=question, answer=given, feedback=feedback, truth=0.1 * position, turn=turn, position=position
    )


def evaluation() -> Evaluation:
    """Return an evaluation of which no two results have the same fields."""
    results = (
        Result(question_id="q0", text="2", truth=1.0, ranking=Ranking(taken=1, logprobs=(-1.5, -0.25, -3.0))),
        Result(question_id="q1", text="def f(x): ...", truth=0.5, reason="timeout", metrics={"pass_rate": 1 / 3}),
        Result(question_id="q2", text="y", truth=0.0, reading="by name", stop="unparsed", metrics={"ndcg@10": 0.1}),
        Result(question_id="q2", text="x", truth=0.0, ranking=Ranking(logprobs=(-0.1,), alternatives=("x",))),
    )
    return Evaluation(questions=3, metrics={"accuracy": 0.375, "ndcg@10": 0.1}, results=results)


def attempts() -> tuple[Attempt, ...]:
    """Return further answers with something in every field, which studies hold since format 6."""
    second = experience(1, 1, QUESTIONS[1], None, model_input="<again: Question: Which is 1?>")
    third = experience(1, 1, QUESTIONS[1], Ranking(taken=0, logprobs=(-0.5,), alternatives=("x",)), reading="by name")
    return tuple(
        Attempt(
            position=1,
            number=number,
            answer=replace(one.answer, prompt=f"again: {one.answer.prompt}"),
            feedback=one.feedback,
            truth=0.5 * number - 1,
        )
        for number, one in enumerate((second, third), 2)
    )


def rounds(version: int = VERSION) -> list[tuple[Turn, Turn]]:
    """Return what the study of a format holds."""
    first = (
        experience(1, 0, QUESTIONS[0], Ranking(taken=1, logprobs=(-1.1, -2.0, -3.0))),
        experience(1, 1, QUESTIONS[1], None, text="\udc80", model_input="", logprob=None, tokens=None, stop="length"),
        experience(1, 2, QUESTIONS[2], Ranking(taken=0, alternatives=("y", "x")), model_input="<template>"),
        *(experience(1, place, QUESTIONS[place], Ranking()) for place in (3, 4, 5)),
    )
    lessons = tuple(Selection(item=lesson, score=0.5, propensity=1 / 3, reason="wrong") for lesson in first[1:3])
    effects = (
        LessonEffect(lesson=0, taught_before=-2.5, taught_after=-1.1),
        LessonEffect(lesson=1, taught_before=-2.0, taught_after=-1.0, rejected_before=-3.0, rejected_after=-4.0),
    )
    move = Transition(observation="o", action="2", reward=0.25, next_observation="p", terminated=True, truncated=False)
    learned = Turn(
        turn=1,
        student="a",
        candidates=("q0", "q1"),
        predictions=((-1.1, -2.0, -3.0), ()),
        committee={"a": ((-1.0, -2.0, -3.0), ()), "b": ((-0.5, -1.5, -2.5), ())},
        picks=tuple(Selection(item=question, score=-1.1, propensity=0.5, reason="drawn") for question in QUESTIONS),
        experiences=first,
        transitions=(move,) * len(first),
        lessons=lessons,
        update=Update(
            trainer="dpo", experiences=2, steps=4, model_version="v2", metrics={"loss": 0.7}, effects=effects
        ),
        evaluations={"held_out": evaluation(), "probe": Evaluation(questions=0, metrics={})},
        model_version="v2",
        attempts=attempts() if version >= GROWN_SINCE else (),
    )
    again = Turn(turn=2, student="a", lessons=lessons[:1], model_version="v2")
    return [
        (Turn(turn=0, student="a", evaluations={"held_out": evaluation()}), Turn(turn=0, student="b")),
        (learned, Turn(turn=1, student="b", failure="turn 1: it broke")),
        (again, Turn(turn=2, student="b", failure="turn 1: it broke")),
    ]


def make(folder: Path) -> None:
    """Write the study into a new folder."""
    with Study.create(
        folder,
        scenario={"name": "formats", "rate": 0.1},
        seats=SEATS,
        measures=MEASURES,
        fingerprint={"simulation": "now"},
        sets={"held_out": QUESTIONS[:3], "probe": QUESTIONS[3:]},
    ) as study:
        for turns in rounds():
            study.append(turns, {}, seconds={"play": 0.5})
        study.finish()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        make(Path(temporary) / "s")
        connection = sqlite3.connect(Path(temporary) / "s" / DATABASE)
        connection.execute("DELETE FROM committed")
        (FOLDER / f"{VERSION}.sql").write_text("\n".join(connection.iterdump()) + "\n", encoding="utf-8")
        connection.close()
