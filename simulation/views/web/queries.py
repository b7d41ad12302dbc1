"""What pages ask of a study: SQL in, frozen rows out; the database is opened for reading alone."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulation.core.errors import DataError, StudyDamaged
from simulation.core.types import Question, Turn
from simulation.loop.world import HELD_OUT
from simulation.store import DATABASE, Study
from simulation.store.arrays import unpack_whole
from simulation.store.columns import json_text
from simulation.store.interning import decoded, rebuilt, text_hash
from simulation.store.kept_sums import KeptSums
from simulation.store.outside import import_environments
from simulation.store.packed import unpack_places, unpack_scores
from simulation.store.reading import BROKEN
from simulation.store.schema import REMEDY
from simulation.store.turn_sums import SAME


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedRow:
    """One answer that was given in a turn, for lists."""

    turn: int
    seat: int
    position: int
    question: int
    """The number of its row among the questions."""
    category: str
    prompt: str
    answer: str
    score: float
    truth: float
    reveals: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExamRow:
    """One answer of an evaluation, of several to a question the first; its truth is the mean of all."""

    question: str
    """The id of the question."""
    truth: float
    choice: int | None
    text: int
    """The number of the answer's text."""
    reason: int
    """The number of the text that says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exam:
    """An evaluation of one student on the held-out questions."""

    turn: int
    answers: Mapping[str, ExamRow]
    """By the id of the question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnRow:
    """One turn of one student, in numbers."""

    turn: int
    asked: int
    right: float
    """The sum of the truths."""
    called_right: float
    """How many the teacher called right; of graded answers the sum of the scores."""
    misjudged: int
    """How many verdicts are wrong."""
    trained: int
    failure: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which answers are wanted; what is empty does not matter."""

    seat: int | None = None
    turn: int | None = None
    question: int | None = None
    category: str = ""
    truth: str = ""
    """ "right" or "wrong". """
    teacher: str = ""
    """ "right" or "wrong": whether its verdict is the truth. """
    reveals: str = ""
    text: str = ""


@contextmanager
def opened(folder: Path) -> Iterator[Study]:
    """Open a study for reading; what cannot be read is one error in words."""
    with Study.open(folder) as study:
        try:
            yield study
        except BROKEN as error:
            raise StudyDamaged(f"{folder / DATABASE} cannot be read ({error}); {REMEDY}") from error


def turn_of(study: Study, seat: int, number: int) -> Turn:
    """Return one turn of a student; raises LookupError where it was not played."""
    return next(study.turns(study.seats[seat].name, start=number, stop=number + 1))


LISTED = """
FROM answers a JOIN feedback f USING (t, s, i) JOIN questions q ON q.id = a.question
JOIN texts p ON p.id = a.prompt JOIN texts x ON x.id = a.text LEFT JOIN texts r ON r.id = a.reveals
"""
COUNTED = "FROM answers a JOIN feedback f USING (t, s, i) JOIN questions q ON q.id = a.question"
CONDITIONS = {
    "seat": "a.s = ?",
    "turn": "a.t = ?",
    "question": "a.question = ?",
}
CATEGORY = "coalesce(q.rest -> '$.tags[0]', '\"\"') IN (?, ?)"
"""As JSON, in which a text is whole whatever characters it has; there are two ways in which the store writes it."""
TRUTHS = {"right": "a.truth >= 1", "wrong": "a.truth < 1"}
TEACHERS = {"right": "(f.score >= 1) = (a.truth >= 1)", "wrong": "(f.score >= 1) <> (a.truth >= 1)"}
GRADED_TEACHERS = {"right": f"abs(f.score - a.truth) <= {SAME}", "wrong": f"abs(f.score - a.truth) > {SAME}"}
"""The same as `errs` tells, in SQL."""
REVEALS = "a.reveals = (SELECT id FROM texts WHERE hash = ?)"
MATCHING = "(SELECT id FROM texts WHERE text LIKE ? ESCAPE '!')"
BEGINNING = "CASE typeof({0}.text) WHEN 'text' THEN substr({0}.text, 1, ?) ELSE {0}.text END"
"""The first characters of a text; one kept as bytes is whole, since its bytes do not end where characters do."""
SEARCHED = f"(a.prompt IN {MATCHING} OR a.text IN {MATCHING})"


def where(wanted: Filter, *, graded: bool) -> tuple[str, list[object]]:
    """Return a filter as SQL and its values; `graded` says that truths may lie between right and wrong."""
    teachers = GRADED_TEACHERS if graded else TEACHERS
    names = [name for name in CONDITIONS if getattr(wanted, name) not in (None, "")]
    clauses, values = [CONDITIONS[name] for name in names], [getattr(wanted, name) for name in names]
    clauses += [TRUTHS[wanted.truth]] if wanted.truth in TRUTHS else []
    clauses += [teachers[wanted.teacher]] if wanted.teacher in teachers else []
    if wanted.category:
        clauses.append(CATEGORY)
        values += [json_text(wanted.category), json.dumps(wanted.category)]
    if wanted.reveals:
        clauses.append(REVEALS)
        values.append(text_hash(wanted.reveals))
    if wanted.text:
        escaped = wanted.text.replace("!", "!!").replace("%", "!%").replace("_", "!_")
        clauses.append(SEARCHED)
        values += [f"%{escaped}%"] * 2
    return f"WHERE {' AND '.join(clauses)}" if clauses else "", values


def asked(study: Study, wanted: Filter, *, start: int = 0, most: int = 50, longest: int = 300) -> list[AskedRow]:
    """Return answers in the order in which they were given; of their texts the first `longest` characters."""
    condition, values = where(wanted, graded=study.measures[0].graded)
    statement = (
        f"SELECT a.t, a.s, a.i, a.question, coalesce(q.rest ->> '$.tags[0]', ''), {BEGINNING.format('p')}, "
        f"{BEGINNING.format('x')}, f.score, a.truth, coalesce(r.text, '') {LISTED} {condition} "
        f"ORDER BY a.t, a.s, a.i LIMIT ? OFFSET ?"
    )
    rows = study.query(statement, longest, longest, *values, most, start)
    names = ("turn", "seat", "position", "question", "category", "prompt", "answer", "score", "truth", "reveals")
    lengths = {"category": None, "prompt": longest, "answer": longest, "reveals": None}
    records = [dict(zip(names, row, strict=True)) for row in rows]
    return [
        AskedRow(**{**record, **{name: decoded(record[name])[:length] for name, length in lengths.items()}})
        for record in records
    ]


def count(study: Study, wanted: Filter) -> int:
    """Return how many answers a filter lets through."""
    condition, values = where(wanted, graded=study.measures[0].graded)
    tables = COUNTED if wanted.teacher or wanted.category else "FROM answers a"
    return int(study.query(f"SELECT count(*) {tables} {condition}", *values)[0][0])


TURNS = """
SELECT t.t, coalesce(u.experiences, 0), x.text FROM turns t JOIN texts x ON x.id = t.failure
LEFT JOIN updates u USING (t, s) WHERE t.s = ? AND t.t BETWEEN ? AND ? ORDER BY t.t
"""
TURN_SUMS = """
SELECT t, sum(answers), total(truth), iif(?, total(score), sum(called_right)),
    sum(iif(?, answers - same, right + called_right - 2 * both_right)) FROM answer_sums
WHERE s = ? AND t BETWEEN ? AND ? GROUP BY t
"""


def turn_rows(study: Study, sums: KeptSums, seat: int, first: int, last: int) -> list[TurnRow]:
    """Return a student's turns from `first` to `last` in numbers."""
    graded = study.measures[0].graded
    sums_by_turn = {turn: own for turn, *own in sums.query(TURN_SUMS, graded, graded, seat, first, last)}
    rows = []
    for turn, trained, failure in study.query(TURNS, seat, first, last):
        answers, truth, score, misjudged = sums_by_turn.get(turn, (0, 0.0, 0.0, 0))
        rows.append(
            TurnRow(
                turn=turn,
                asked=answers,
                right=truth,
                called_right=score,
                misjudged=misjudged,
                trained=trained,
                failure=decoded(failure),
            )
        )
    return rows


EXAMS = """
SELECT r.t, r.questions, r.texts, r.scores, r.rankings, r.reasons FROM results r JOIN texts n ON n.id = r.name
WHERE r.s = ? AND n.text = ? AND r.t BETWEEN ? AND ? ORDER BY r.t
"""


def exam_turns(study: Study, seat: int) -> list[int]:
    """Return the turns at whose end a student was evaluated on the held-out questions."""
    statement = "SELECT e.t FROM evaluations e JOIN texts n ON n.id = e.name WHERE e.s = ? AND n.text = ? ORDER BY e.t"
    return [int(turn) for (turn,) in study.query(statement, seat, HELD_OUT)]


def exams(study: Study, seat: int, first: int, last: int) -> list[Exam]:
    """Return a student's evaluations from turn `first` to turn `last`, answer by answer."""
    names_by_list: dict[int, tuple[str, ...]] = {}
    evaluations = []
    for turn, list_number, *packed in study.query(EXAMS, seat, HELD_OUT, first, last):
        if list_number not in names_by_list:
            names_by_list[list_number] = tuple(json.loads(text_of(study, list_number)))
        evaluations.append(exam(turn, names_by_list[list_number], *packed))
    return evaluations


def exam(turn: int, names: tuple[str, ...], texts: bytes, scores: bytes, rankings: bytes, reasons: bytes) -> Exam:
    """Return an evaluation from its packed columns."""
    columns = zip(
        names,
        unpack_whole(texts),
        unpack_scores(scores, ())[0],
        unpack_places(rankings),
        unpack_whole(reasons),
        strict=True,
    )
    truths: dict[str, list[float]] = {}
    firsts: dict[str, tuple[int | None, int, int]] = {}
    for name, text, truth, choice, reason in columns:
        truths.setdefault(name, []).append(truth)
        firsts.setdefault(name, (choice, text, reason))
    rows = {
        name: ExamRow(question=name, truth=sum(values) / len(values), choice=choice, text=text, reason=reason)
        for (name, values), (choice, text, reason) in zip(truths.items(), firsts.values(), strict=True)
    }
    return Exam(turn=turn, answers=rows)


def text_of(study: Study, number: int) -> str:
    """Return a stored text."""
    return decoded(study.query("SELECT text FROM texts WHERE id = ?", number)[0][0])


def held_out(study: Study) -> dict[str, tuple[int, Question]]:
    """Return the held-out questions with the numbers of their rows, by id."""
    numbers = study.query("SELECT question FROM question_sets WHERE name = ? ORDER BY i", HELD_OUT)
    questions = study.question_set(HELD_OUT)
    return {question.id: (number, question) for (number,), question in zip(numbers, questions, strict=True)}


NAMED = """
SELECT n.text, p.text, q.rest FROM questions q JOIN texts n ON n.id = q.name JOIN texts p ON p.id = q.prompt
WHERE q.id = ?
"""


def question_of(study: Study, number: int) -> Question | None:
    """Return the question of a row, None where there is no such row."""
    for name, prompt, rest in study.query(NAMED, number):
        record = {**json.loads(rest), "id": decoded(name), "prompt": decoded(prompt)}
        try:
            return rebuilt(record)
        except DataError:  # of a kind that comes with an environment of the user's
            import_environments(study.scenario, study.folder)
            return rebuilt(record)
    return None


def category_names(sums: KeptSums) -> list[str]:
    """Return the categories in which a study has answers."""
    return sorted(sums.name(number) for (number,) in sums.query("SELECT DISTINCT category FROM answer_sums"))


def latest_values(study: Study) -> tuple[int, float | None]:
    """Return the turn of the last evaluation of all students and the mean of the truth then."""
    statement = (
        "SELECT e.t, avg(e.metrics ->> ('$.' || json_quote(?))) FROM evaluations e JOIN texts n ON n.id = e.name "
        "WHERE n.text = ? GROUP BY e.t ORDER BY e.t DESC LIMIT 1"
    )
    rows: list[tuple[Any, ...]] = study.query(statement, study.measures[0].name, HELD_OUT)
    return (int(rows[0][0]), float(rows[0][1])) if rows and rows[0][1] is not None else (-1, None)
