"""The page of a question: every time it was asked or evaluated for one student, and what the class answered."""

from dataclasses import dataclass

from simulation.core.kinds.program_tests import Tests
from simulation.core.kinds.remarked import Remarked, RemarkedAccepted
from simulation.core.types import Question
from simulation.loop.world import HELD_OUT
from simulation.measures.methods import HALF
from simulation.measures.reliability import errs
from simulation.store import Study
from simulation.store.interning import decoded
from simulation.views.forms import style
from simulation.views.web.cards import revealed
from simulation.views.web.catalog import NotThere
from simulation.views.web.exam_answers import class_answers, last_turn, shown_by, student_answers
from simulation.views.web.page_request import PageRequest
from simulation.views.web.queries import (
    AskedRow,
    ExamRow,
    Filter,
    asked,
    count,
    question_of,
    text_of,
)
from simulation.views.web.sheets import Cell, Paging, Passage, Sheet, passage, sheet
from simulation.views.web.wording import misconception

MOST_TESTS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionView:
    """All that the page of a question shows."""

    name: str
    """What its file calls it, else its id."""
    category: str
    prompt: Passage
    held_out: bool
    options: Sheet | None
    reference: Passage | None
    praise: Passage | None
    """What its file tells who is right."""
    style: str
    """How answers are set: "code", or "" for prose."""
    tests: Sheet | None
    """What a program must do."""
    asked: Sheet | None
    evaluated: Sheet | None
    class_asked: Sheet | None
    class_paging: Paging
    class_evaluated: Sheet | None


def question_view(request: PageRequest, seat: int, number: int) -> QuestionView:
    """Return what the page of a question shows; raises NotThere."""
    study = request.study
    question = question_of(study, number)
    if question is None:
        raise NotThere(f"{study.name} has no question {number}")
    own = asked(study, Filter(question=number, seat=seat), most=200)
    everyone = Filter(question=number)
    paging = request.paging(count(study, everyone), request.student_path(seat, f"question-{number}.html"))
    class_rows = asked(study, everyone, start=paging.start, most=paging.size) if len(study.seats) > 1 else []
    reference = question.key.reference
    title, praise = remarks(question)
    set_as = style(question.form)
    held = bool(study.query("SELECT 1 FROM question_sets WHERE question = ? AND name = ?", number, HELD_OUT))
    return QuestionView(
        name=passage(title or question.id, 200).text,
        category=", ".join(question.tags),
        prompt=passage(question.prompt, request.longest),
        held_out=held,
        options=options_sheet(question, request.longest),
        reference=passage(reference, request.longest) if reference and not question.form.alternatives else None,
        praise=passage(praise, request.longest) if praise else None,
        style=set_as,
        tests=tests_sheet(question, request.longest),
        asked=asked_sheet(request, f"asked of {study.seats[seat].name}", own, set_as),
        evaluated=evaluated_sheet(request, seat, question) if held else None,
        class_asked=asked_sheet(request, "asked of the class", class_rows, set_as),
        class_paging=paging,
        class_evaluated=class_sheet(request, question) if held and len(study.seats) > 1 else None,
    )


def remarks(question: Question) -> tuple[str, str]:
    """Return what a question's file calls it and tells who is right, "" where it says nothing."""
    key = question.key
    return (key.title, key.praise) if isinstance(key, Remarked | RemarkedAccepted) else ("", "")


def tests_sheet(question: Question, longest: int) -> Sheet | None:
    """Return what a program must do; None where the question wants none."""
    key = question.key
    if not isinstance(key, Tests):
        return None
    rows = [
        (
            f"test {number}",
            Cell(passage(test.code, longest).text, look="code"),
            Cell("only the measurement" if test.hidden else "the teacher and the measurement", look="word"),
        )
        for number, test in enumerate(key.tests[:MOST_TESTS], 1)
    ]
    hidden = len(key.tests) - len(rows)
    note = f"and {hidden} more" if hidden > 0 else ""
    return sheet("what the program must do", ("test", "code", "run by"), rows, words=3, note=note)


def options_sheet(question: Question, longest: int) -> Sheet | None:
    """Return a question's options with what each reveals; None where it has none."""
    alternatives = question.form.alternatives[:24]
    if not alternatives:
        return None
    rows = []
    for place, text in enumerate(alternatives):
        right = text == question.key.reference
        cell = Cell("right" if right else "", look="good" if right else "")
        shows = passage(misconception(revealed(question, place)), 300).text
        rows.append((Cell(passage(text, max(40, longest // 4)).text), cell, Cell(shows, look="word")))
    hidden = len(question.form.alternatives) - len(rows)
    return sheet("options", ("option", "", "who takes it"), rows, words=3, note=f"and {hidden} more" if hidden else "")


def asked_sheet(request: PageRequest, caption: str, rows: list[AskedRow], set_as: str) -> Sheet | None:
    """Return the times a question was asked in turns; `set_as` says how answers are set."""
    if not rows:
        return None
    graded = request.study.measures[0].graded
    cells = [
        (
            Cell(f"turn {row.turn}", request.answer_link(row.seat, row.turn, row.position)),
            Cell(passage(request.study.seats[row.seat].name, 80).text),
            Cell(passage(row.answer, 400).text or "nothing", look=set_as),
            Cell(passage(misconception(row.reveals), 200).text, look="word"),
            truth_cell(row.truth, graded=graded),
            Cell(value(row.score, graded=graded), look="bad" if errs(row.score, row.truth, graded=graded) else ""),
        )
        for row in rows
    ]
    head = ("turn", "student", "answer", "which shows", "truly", "the teacher said")
    again = given_again(request.study, [(row.turn, row.seat, row.position) for row in rows])
    if not again:
        return sheet(caption, head, cells, words=6)
    with_again = [
        (*own, Cell(again.get((row.turn, row.seat, row.position), ""), look="word"))
        for own, row in zip(cells, rows, strict=True)
    ]
    return sheet(caption, (*head, "answered again"), with_again, words=7)


AGAIN = """
SELECT x.text, a.truth FROM attempts a JOIN texts x ON x.id = a.text WHERE a.t = ? AND a.s = ? AND a.i = ? ORDER BY a.n
"""


def given_again(study: Study, places: list[tuple[int, int, int]]) -> dict[tuple[int, int, int], str]:
    """Return what was answered again at some turns, seats and positions, with how right it is, where anything was."""
    graded = study.measures[0].graded
    texts = {
        place: "; ".join(
            f"{passage(decoded(text), 200).text or 'nothing'} ({value(float(truth), graded=graded)})"
            for text, truth in study.query(AGAIN, *place)
        )
        for place in places
    }
    return {place: text for place, text in texts.items() if text}


def truth_cell(truth: float, *, graded: bool) -> Cell:
    """Return how right an answer is as a cell."""
    return Cell(value(truth, graded=graded), look="good" if truth >= 1.0 else "bad" if truth < HALF else "")


def value(number: float, *, graded: bool) -> str:
    """Return how right an answer is in a word or as a number."""
    if graded or 0.0 < number < 1.0:
        return f"{number:.3f}"
    return "right" if number >= 1.0 else "wrong"


def evaluated_sheet(request: PageRequest, seat: int, question: Question) -> Sheet | None:
    """Return what a student answered at each evaluation."""
    study = request.study
    rows = [
        (
            Cell(f"turn {turn}", request.links.to(request.turn_path(seat, turn))),
            *exam_cells(request, own, question),
        )
        for turn, own in student_answers(study, question.id, seat).items()
    ]
    caption = f"put to {study.seats[seat].name} at evaluations, without learning"
    return sheet(caption, ("after turn", "answer", "which shows", "truly"), rows, words=4) if rows else None


def exam_cells(request: PageRequest, own: ExamRow, question: Question) -> tuple[Cell, ...]:
    """Return an answer of an evaluation as cells."""
    shows = shown_by(request.study, own, question)
    return (
        Cell(passage(text_of(request.study, own.text), 400).text or "nothing", look=style(question.form)),
        Cell(passage(shows, 200).text, look="word"),
        truth_cell(own.truth, graded=request.study.measures[0].graded),
    )


def class_sheet(request: PageRequest, question: Question) -> Sheet | None:
    """Return how many of the class gave each answer at the last evaluation."""
    study: Study = request.study
    tally: dict[tuple[str, str, float], int] = {}
    turn = last_turn(study)
    answers = {} if turn is None else class_answers(study, question.id, turn)
    for own in answers.values():
        answer, shows, _ = exam_cells(request, own, question)
        key = (answer.text, shows.text, own.truth)
        tally[key] = tally.get(key, 0) + 1
    graded = study.measures[0].graded
    ranked = sorted(tally, key=lambda key: (-tally[key], key))[:24]
    rows = [
        (
            Cell(answer, look=style(question.form)),
            Cell(shows, look="word"),
            truth_cell(truth, graded=graded),
            f"{tally[answer, shows, truth]} of {len(answers)}",
        )
        for answer, shows, truth in ranked
    ]
    caption = f"what the class answered at the evaluation after turn {turn}"
    return sheet(caption, ("answer", "which shows", "truly", "students"), rows, words=3) if rows else None
