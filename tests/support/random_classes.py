"""Studies of a class drawn from a seed: everything that pages show is in them, and nothing of it needs a model."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from simulation.core.kinds.options import Options
from simulation.core.kinds.reference import Reference
from simulation.core.questions import Measure
from simulation.core.types import (
    Answer,
    Evaluation,
    Experience,
    Feedback,
    LessonEffect,
    Question,
    Ranking,
    Result,
    Seat,
    Selection,
    Turn,
    Update,
)
from simulation.store import Study

CATEGORIES = ("fractions", "order of signs", "times tables", "")
SLIPS = ("adds the tops and the bottoms", "forgets the sign", "works from left to right", "counts one too many")
"""Misconceptions; the first is planted: it is twice as likely as any other."""
GRADES = (0.0, 0.25, 0.5, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Class:
    """What a class is drawn from."""

    seed: int
    students: int = 2
    turns: int = 3
    held_out: int = 40
    asked: int = 8
    every: int = 1
    graded: bool = False
    unsure: bool = False
    """Whether the teacher gives a half to some wrong answers, which does not call them right."""
    failing: int | None = None
    """The turn from which the last student plays no more."""

    def draws(self, *place: int) -> np.random.Generator:
        """Return the numbers of a place."""
        return np.random.default_rng([self.seed, *place])


def question(own: Class, number: int, kind: int) -> Question:
    """Return a question of four options, three of which show a misconception; kind 0 is asked, 1 is held out."""
    draws = own.draws(kind, number)
    right = int(draws.integers(4))
    weights = np.array([2.0, 1.0, 1.0, 1.0]) / 5
    slips = draws.choice(len(SLIPS), 3, replace=False, p=weights).tolist()
    reveals = [SLIPS[slip] for slip in slips]
    reveals.insert(right, "right")
    return Question(
        id=f"{'ah'[kind]}{number}",
        prompt=f"{'asked' if kind == 0 else 'held'} {number} of {own.seed}?",
        form=Options(choices=tuple(f"{number}{letter}" for letter in "wxyz")),
        key=Reference(answer=f"{number}{'wxyz'[right]}", reveals=tuple(reveals)),
        tags=(CATEGORIES[int(draws.integers(len(CATEGORIES)))],),
    )


def take(draws: np.random.Generator, put: Question, skill: float) -> tuple[int, tuple[float, ...]]:
    """Return the option taken and the log-probability of each; `skill` is how likely the right one is."""
    odds = np.array([2.0 if shows == SLIPS[0] else 1.0 for shows in put.key.reveals])
    right = put.form.alternatives.index(str(put.key.reference))
    odds[right] = skill / (1 - skill) * (odds.sum() - odds[right])
    shares = odds / odds.sum()
    return int(draws.choice(4, p=shares)), tuple(np.log(shares).tolist())


def worth(own: Class, draws: np.random.Generator, *, right: bool) -> float:
    """Return the truth of an answer: 0 or 1, or a grade in which the right answer alone has 1."""
    if not own.graded:
        return float(right)
    return 1.0 if right else float(draws.choice(GRADES[:3]))


def experience(own: Class, seat: int, turn: int, position: int, put: Question) -> Experience:
    """Return an answer and what the teacher said of it, which is false now and then."""
    draws = own.draws(2, seat, turn, position)
    choice, logprobs = take(draws, put, 0.3 + 0.05 * turn)
    text, right = put.form.alternatives[choice], put.form.alternatives[choice] == put.key.reference
    truth = worth(own, draws, right=right)
    false = draws.random() < 0.3
    score = float(draws.choice(GRADES)) if own.graded and false else 1.0 - truth if false else truth
    score = 0.5 if own.unsure and score == 0 and draws.random() < 0.5 else score
    answer = Answer(
        question_id=put.id,
        prompt=put.prompt,
        text=text,
        answerer=f"student-{seat}",
        model_version=f"v{turn}",
        ranking=Ranking(taken=choice, logprobs=logprobs),
    )
    feedback = Feedback(score=score, judge="drawn", explanation="Said so.", correction=put.key.reference)
    return Experience(question=put, answer=answer, feedback=feedback, truth=truth, turn=turn, position=position)


def evaluation(own: Class, seat: int, turn: int, questions: Sequence[Question]) -> Evaluation:
    """Return an evaluation on the held-out questions."""
    results = []
    for number, put in enumerate(questions):
        draws = own.draws(3, seat, turn, number)
        choice, logprobs = take(draws, put, 0.3 + 0.1 * turn)
        right = put.form.alternatives[choice] == put.key.reference
        results.append(
            Result(
                question_id=put.id,
                text=put.form.alternatives[choice],
                truth=worth(own, draws, right=right),
                ranking=Ranking(taken=choice, logprobs=logprobs),
                reason=put.key.reveals[choice],
            )
        )
    mean = sum(result.truth for result in results) / len(results)
    return Evaluation(questions=len(results), metrics={"accuracy": mean}, results=tuple(results))


def update(own: Class, seat: int, turn: int, lessons: Sequence[Selection[Experience]]) -> Update:
    """Return an update that moved what it taught and what it rejected, of every second lesson."""
    draws = own.draws(4, seat, turn)
    numbers = (-6 * draws.random((len(lessons), 4))).tolist()
    effects = tuple(
        LessonEffect(
            lesson=place,
            taught_before=row[0],
            taught_after=row[1],
            rejected_before=row[2],
            rejected_after=row[3],
        )
        for place, row in enumerate(numbers)
        if lessons[place].item.feedback.score < 1
    )
    return Update(
        trainer="drawn", experiences=len(effects), steps=1, model_version=f"v{turn}", effects=effects,
        metrics={"loss": float(draws.random())},
    )  # fmt: skip


def turn_of(own: Class, seat: int, number: int, past: list[Experience], questions: Sequence[Question]) -> Turn:
    """Return a turn; `past` is what the student met before and grows by what it meets now."""
    name = f"student-{seat}"
    if own.failing is not None and seat == own.students - 1 and number >= own.failing:
        return Turn(turn=number, student=name, failure="its model answered nothing: out of memory")
    due = number % own.every == 0 or number == own.turns
    evaluations = {"held_out": evaluation(own, seat, number, questions)} if due else {}
    if not number:
        return Turn(turn=0, student=name, evaluations=evaluations, model_version="v0")
    draws = own.draws(5, seat, number)
    picked = [question(own, int(place), 0) for place in draws.choice(3 * own.asked, own.asked, replace=False)]
    experiences = tuple(experience(own, seat, number, place, put) for place, put in enumerate(picked))
    past += experiences
    chosen = draws.choice(len(past), min(len(past), own.asked), replace=False).tolist()
    lessons = tuple(Selection(item=past[place], score=float(place), reason="drawn") for place in chosen)
    return Turn(
        turn=number,
        student=name,
        candidates=tuple(put.id for put in picked),
        picks=tuple(Selection(item=put, propensity=0.5, reason="uniform") for put in picked),
        experiences=experiences,
        lessons=lessons,
        update=update(own, seat, number, lessons),
        evaluations=evaluations,
        model_version=f"v{number}",
    )


def play(own: Class, folder: Path) -> Path:
    """Make the study of a class and return its folder."""
    questions = [question(own, number, 1) for number in range(own.held_out)]
    with Study.create(
        folder,
        scenario={
            "name": "drawn",
            "seed": own.seed,
            "turns": own.turns,
            "ask": {"policy": {"name": "random"}, "sampler": None},
            "learn": {"trainer": {"name": "drawn"}},
            "evaluate": {"every": own.every},
        },
        seats=[Seat(name=f"student-{seat}", number=seat, seed=own.seed) for seat in range(own.students)],
        measures=(Measure(name="accuracy", graded=own.graded),),
        fingerprint={"numpy": "1"},
        sets={"held_out": questions},
    ) as study:
        pasts: list[list[Experience]] = [[] for _ in range(own.students)]
        for number in range(own.turns + 1):
            turns = [turn_of(own, seat, number, pasts[seat], questions) for seat in range(own.students)]
            study.append(turns, {}, seconds={"play": 0.1})
        study.finish()
    return folder
