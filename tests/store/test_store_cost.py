"""A turn costs few bytes and the same work, however many turns came before."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from simulation.core.kinds.options import Options
from simulation.core.kinds.reference import Reference
from simulation.core.types import Answer, Evaluation, Feedback, Outcome, Question, Ranking, Result, Selection, Turn
from simulation.store import Study
from simulation.store.schema import DATABASE
from tests.support.studies import experience, make


def long_turn(number: int, size: int) -> Turn:
    """Return a turn of `size` new questions with prompts of 150 characters, as a lesson has them."""
    questions = [
        Question(
            id=f"{number}-{index}",
            prompt=f"{number} {index} ".ljust(150, "x"),
            form=Options(choices=("10", "11", "12", "13")),
            key=Reference(answer="11", reveals=("right", "carry", "swap", "filler")),
            tags=("sums", "small"),
        )
        for index in range(size)
    ]
    experiences = tuple(
        experience(
            question=each,
            answer=Answer(
                question_id=each.id,
                prompt=f"Question: {each.prompt}",
                text="11",
                answerer="student-0",
                model_version=f"{number:064}",
                model_input=f"<|user|>Question: {each.prompt}<|assistant|>",
                ranking=Ranking(taken=1, logprobs=tuple(float(np.float32(-x)) for x in (1.1, 2.2, 3.3, 4.4))),
                reading="the likeliest option",
            ),
            feedback=Feedback(score=1.0, judge="j", outcomes=(Outcome(part="answer", score=1.0, reason="right"),)),
            turn=number,
            position=position,
        )
        for position, each in enumerate(questions)
    )
    return Turn(
        turn=number,
        student="student-0",
        candidates=tuple(each.id for each in questions),
        picks=tuple(Selection(item=each, propensity=0.1, reason="drawn") for each in questions),
        experiences=experiences,
        lessons=tuple(Selection(item=each) for each in experiences[::2]),
        evaluations={},
        model_version=f"{number:064}",
    )


def test_an_answered_question_takes_few_bytes(disk: Path) -> None:
    """Its rows and places in indexes, its question, two prompts, what the model read; again, no text is stored."""
    with make(disk / "s", 1) as study:
        for number in range(10):
            study.append([long_turn(number, 200)], {}, seconds={})
    once = (disk / "s" / DATABASE).stat().st_size
    assert once / 2000 < 980
    with Study.open(disk / "s", write=True) as study:
        for number in range(10, 20):
            again = long_turn(0, 200)
            moved = tuple(replace(each, turn=number) for each in again.experiences)
            study.append([replace(again, turn=number, experiences=moved, lessons=())], {}, seconds={})
    assert ((disk / "s" / DATABASE).stat().st_size - once) / 2000 < 200


def test_the_work_of_a_commit_does_not_grow_with_the_turns_before(disk: Path) -> None:
    """Counted in instructions of SQLite's virtual machine, which no load of the machine changes."""
    done = 0

    def count() -> int:
        nonlocal done
        done += 1
        return 0

    def cost(number: int) -> int:
        nonlocal done
        done = 0
        results = tuple(Result(question_id=f"q{index}", text="1", truth=1.0) for index in range(20))
        evaluations = {"held_out": Evaluation(questions=20, metrics={"accuracy": 1.0}, results=results)}
        turn = replace(long_turn(number, 3), evaluations=evaluations)
        study.append([turn], {"student-0": b"%d" % number}, seconds={"play": 0.1})
        return done

    with make(disk / "s", 1) as study:
        study._connection.set_progress_handler(count, 10)
        costs = [cost(number) for number in range(200)]
        assert len(list((disk / "s" / "blobs").iterdir())) == 1
    early, late = np.mean(costs[20:40]), np.mean(costs[-20:])
    assert early > 10
    assert late < 1.1 * early
