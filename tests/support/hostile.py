"""A study whose every text was written by somebody who means harm, or is far too long."""

from pathlib import Path

from simulation.core.kinds.options import Options
from simulation.core.kinds.reference import Reference
from simulation.core.questions import Measure
from simulation.core.types import (
    Answer,
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
    Turn,
    Update,
)
from simulation.store import Study

HOSTILE = "=cmd()<script>alert(1)</script><img src=x onerror=alert(2)>\"'&{{7*7}}../../etc/passwd\x00\u202egnp\x1b[2J"
LONG = HOSTILE + "x" * 10_000_000
SCENARIO = {
    "name": HOSTILE,
    "seed": 0,
    "turns": 2,
    "ask": {"policy": {"name": HOSTILE}, "sampler": None},
    "learn": {"trainer": {"name": HOSTILE}},
    "evaluate": {},
}


def question(number: int, options: int = 3) -> Question:
    """Return a question whose texts are hostile."""
    choices = tuple(f"{place} {HOSTILE}" for place in range(options))
    return Question(
        id=f"{number} {HOSTILE}",
        prompt=f"{number} {HOSTILE}",
        form=Options(choices=choices),
        key=Reference(answer=choices[0], reveals=("right", *(HOSTILE for _ in choices[1:]))),
        tags=(HOSTILE, HOSTILE),
    )


def experience(asked: Question, position: int, text: str) -> Experience:
    """Return an answer that is wrong."""
    count = len(asked.form.alternatives)
    answer = Answer(
        question_id=asked.id,
        prompt=asked.prompt,
        text=text,
        answerer=HOSTILE,
        model_version=HOSTILE,
        model_input=f"{HOSTILE}{asked.prompt}{HOSTILE}",
        ranking=Ranking(taken=1, logprobs=tuple(-1.0 - place for place in range(count))),
        reading=HOSTILE,
        stop=HOSTILE,
    )
    feedback = Feedback(
        score=0.0,
        judge=HOSTILE,
        explanation=HOSTILE,
        correction=HOSTILE,
        outcomes=tuple(
            Outcome(part=HOSTILE, score=0.0, reason=HOSTILE, detail=HOSTILE, evidence=HOSTILE) for _ in range(3)
        ),
    )
    return Experience(question=asked, answer=answer, feedback=feedback, truth=0.0, turn=1, position=position)


def evaluation(questions: list[Question], taken: int) -> Evaluation:
    """Return an evaluation at which all took one option."""
    results = tuple(
        Result(
            question_id=put.id,
            text=HOSTILE,
            truth=float(taken == 0),
            ranking=Ranking(taken=taken, logprobs=(-1.0, -1.0, -1.0)),
            reading=HOSTILE,
            reason=HOSTILE,
        )
        for put in questions
    )
    return Evaluation(questions=len(questions), metrics={"accuracy": float(taken == 0)}, results=results)


def hostile_study(folder: Path) -> Path:
    """Make the study: a turn of 60 answers, one of them of 10 MB and one to a question of 10,000 options."""
    held_out = [question(1000 + number) for number in range(60)]
    asked = [question(number, 10_000 if number == 1 else 3) for number in range(60)]
    seat = Seat(name=f"0 {HOSTILE}", number=0, seed=0)
    first = Turn(turn=0, student=seat.name, evaluations={"held_out": evaluation(held_out, 1)}, model_version=HOSTILE)
    experiences = tuple(experience(put, place, LONG if place == 0 else HOSTILE) for place, put in enumerate(asked))
    second = Turn(
        turn=1,
        student=seat.name,
        candidates=tuple(put.id for put in asked),
        picks=tuple(Selection(item=put, score=1.0, propensity=0.5, reason=HOSTILE) for put in asked),
        experiences=experiences,
        lessons=tuple(Selection(item=taught, reason=HOSTILE) for taught in experiences),
        update=Update(
            trainer=HOSTILE,
            experiences=len(experiences),
            steps=1,
            model_version=HOSTILE,
            metrics={HOSTILE: 1.0},
            effects=tuple(
                LessonEffect(
                    lesson=place, taught_before=-2.0, taught_after=-1.0, rejected_before=-1.5, rejected_after=-3.0
                )
                for place in range(len(experiences))
            ),
        ),
        evaluations={"held_out": evaluation(held_out, 0)},
        model_version=HOSTILE,
    )
    with Study.create(
        folder,
        scenario=SCENARIO,
        seats=(seat,),
        measures=(Measure(name="accuracy"),),
        fingerprint={"numpy": "1"},
        sets={"held_out": held_out},
    ) as study:
        for turn in (first, second):
            study.append((turn,), {}, seconds={"play": 0.1})
    return folder
