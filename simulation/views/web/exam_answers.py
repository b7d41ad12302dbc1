"""What one question was answered at evaluations, without making the answers to all others."""

import json
from collections.abc import Iterator

from simulation.core.types import Question
from simulation.loop.world import HELD_OUT
from simulation.measures.methods import HALF
from simulation.store import Study
from simulation.store.arrays import unpack_whole
from simulation.store.packed import unpack_places, unpack_scores
from simulation.views.web.cards import revealed
from simulation.views.web.queries import ExamRow, text_of
from simulation.views.web.wording import misconception

COLUMNS = "r.questions, r.texts, r.scores, r.rankings, r.reasons FROM results r JOIN texts n ON n.id = r.name"
OF_STUDENT = f"SELECT r.t, {COLUMNS} WHERE n.text = ? AND r.s = ? ORDER BY r.t"
OF_CLASS = f"SELECT r.s, {COLUMNS} WHERE n.text = ? AND r.t = ? ORDER BY r.s"
BEFORE = (
    "SELECT r.questions, r.scores FROM results r JOIN texts n ON n.id = r.name WHERE n.text = ? AND r.s = ? AND r.t < ?"
)
LAST = "SELECT max(r.t) FROM results r JOIN texts n ON n.id = r.name WHERE n.text = ?"


def student_answers(study: Study, question: str, seat: int) -> dict[int, ExamRow]:
    """Return a student's answers to the question of this id, by the turn of the evaluation."""
    return dict(answers_of(study, question, OF_STUDENT, HELD_OUT, seat))


def right_before(study: Study, seat: int, turn: int) -> set[str]:
    """Return the ids of the held-out questions that a student answered right at an evaluation before a turn's."""
    names: dict[int, tuple[str, ...]] = {}
    right: set[str] = set()
    for number, scores in study.query(BEFORE, HELD_OUT, seat, turn):
        if number not in names:
            names[number] = tuple(json.loads(text_of(study, number)))
        truths: dict[str, list[float]] = {}
        for name, truth in zip(names[number], unpack_scores(scores, ())[0], strict=True):
            truths.setdefault(name, []).append(truth)
        right |= {name for name, values in truths.items() if sum(values) / len(values) >= HALF}
    return right


def last_turn(study: Study) -> int | None:
    """Return the turn of the last evaluation of any student, None where there is none."""
    turn: int | None = study.query(LAST, HELD_OUT)[0][0]
    return turn


def class_answers(study: Study, question: str, turn: int) -> dict[int, ExamRow]:
    """Return the answers of all students to the question of this id at the evaluation after a turn, by seat."""
    return dict(answers_of(study, question, OF_CLASS, HELD_OUT, turn))


def answers_of(study: Study, question: str, statement: str, *values: object) -> Iterator[tuple[int, ExamRow]]:
    """Yield what a statement finds: the turn or the seat of an evaluation, with its answer to the question."""
    names: dict[int, tuple[str, ...]] = {}
    for place, number, *packed in study.query(statement, *values):
        if number not in names:
            names[number] = tuple(json.loads(text_of(study, number)))
        own = exam_answer(question, names[number], *packed)
        if own is not None:
            yield place, own


def exam_answer(
    name: str, names: tuple[str, ...], texts: bytes, scores: bytes, rankings: bytes, reasons: bytes
) -> ExamRow | None:
    """Return the answer to one question from an evaluation's packed columns, as `exam` has it; None where none is."""
    places = [place for place, own in enumerate(names) if own == name]
    if not places:
        return None
    truths, first = unpack_scores(scores, ())[0], places[0]
    return ExamRow(
        question=name,
        truth=sum(truths[place] for place in places) / len(places),
        choice=unpack_places(rankings)[first],
        text=unpack_whole(texts)[first],
        reason=unpack_whole(reasons)[first],
    )


def shown_by(study: Study, own: ExamRow, question: Question) -> str:
    """Return the misconception that an answer shows, or another reason why it is wrong; "" where none is known."""
    return misconception(revealed(question, own.choice)) or misconception(text_of(study, own.reason))
