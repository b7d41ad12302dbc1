"""The page that sets two side by side: two turns, two students, or students of two studies."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from simulation.core.types import Question, Turn
from simulation.measures.reliability import errs
from simulation.views.text import Scale
from simulation.views.web.catalog import cohorts
from simulation.views.web.changes import MOST_CHANGES, category, changes_sheet, moved_answers
from simulation.views.web.page_request import PageRequest
from simulation.views.web.queries import Exam, exam_turns, exams, opened, turn_of
from simulation.views.web.sheets import Cell, Paging, Sheet, sheet
from simulation.views.web.wording import many

MOST_STUDIES = 500
MOST_STUDENTS = 200
"""Students that can be chosen by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two that are compared."""

    request: PageRequest
    seat: int
    turn: int
    name: str
    href: str
    students: tuple[str, ...]
    """Who can be chosen on this side."""
    exam: Exam | None
    """The first evaluation at or after the turn, or the last before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareView:
    """All that the page of two shows."""

    sides: tuple[Side, Side]
    numbers: Sheet
    note: str
    """What keeps the answers of both from being compared, or how many questions both met."""
    categories: Sheet | None
    better: Sheet | None
    worse: Sheet | None
    paging: Paging | None
    """Where in both tables of answers the page is."""


def compare_view(left: PageRequest, right: PageRequest) -> CompareView:
    """Return what is seen of two turns, of one student or of two, of one study or of two."""
    sides = (side(left, "a", other=left is not right), side(right, "b", other=left is not right))
    questions, note = common_questions(sides)
    better = worse = paging = None
    pair = [own.exam for own in sides if own.exam is not None]
    if questions and len(pair) == 2:
        common = [Exam(turn=exam.turn, answers={name: exam.answers[name] for name in questions}) for exam in pair]
        moves = moved_answers(common[0], common[1], graded=left.study.measures[0].graded)
        up, down = ([name for name, direction in moves.items() if direction == way] for way in (1, -1))
        paging = left.paging(max(len(up), len(down)), f"{left.base}/compare.html", "changes", MOST_CHANGES)
        both = ((left.study, pair[0]), (right.study, pair[1]))
        better, worse = (
            changes_sheet(right, sides[1].seat, f"{len(names)} {caption}", names, both, questions, paging)
            for names, caption in (
                (up, "held-out answers that are better on the right side"),
                (down, "held-out answers that are worse on the right side"),
            )
        )
    return CompareView(
        sides=sides,
        numbers=numbers_sheet(sides),
        note=note,
        categories=categories_sheet(sides, questions),
        better=better,
        worse=worse,
        paging=paging,
    )


@contextmanager
def right_side(request: PageRequest) -> Iterator[PageRequest]:
    """Open the study of the right side: that of the left, or the one that the query names as `b`."""
    other = request.query.get("b") or request.base
    if other == request.base or request.catalog is None:
        yield request
        return
    name, _, cohort = other.partition("/")
    with opened(request.catalog.study(name, cohort)) as study:
        yield replace(request, study=study, base=other)


def studies(request: PageRequest) -> list[str]:
    """Return the names of the studies that can be chosen, those of comparisons by their parts."""
    names: list[str] = []
    for place in () if request.catalog is None else request.catalog.places():
        names += [f"{place.name}/{part}" for part in cohorts(place)] if place.kind == "comparison" else [place.name]
    return names[:MOST_STUDIES]


def side(request: PageRequest, letter: str, *, other: bool) -> Side:
    """Return one side as a query names it: by default the first student, of one study at its first and last turn."""
    study = request.study
    seat = request.seat(str(request.number(f"{letter}_student", 0)))
    first = min(1, study.last_turn) if letter == "a" and not other else study.last_turn
    turn_text = request.query.get(f"{letter}_turn")
    turn = request.turn(str(request.number(f"{letter}_turn", 0))) if turn_text else max(0, first)
    turns = exam_turns(study, seat)
    measured = min((number for number in turns if number >= turn), default=max(turns, default=None))
    name = f"{study.seats[seat].name}, turn {turn}"
    return Side(
        request=request,
        seat=seat,
        turn=turn,
        name=f"{request.base}: {name}" if other else name,
        href=request.links.to(request.turn_path(seat, turn)),
        students=tuple(own.name for own in study.seats[:MOST_STUDENTS]),
        exam=None if measured is None else exams(study, seat, measured, measured)[0],
    )


def common_questions(sides: tuple[Side, Side]) -> tuple[dict[str, tuple[int, Question]], str]:
    """Return the held-out questions that were put on both sides, as the right one numbers them, and what to know."""
    left, right = (own.request.study for own in sides)
    if left.measures[0] != right.measures[0]:
        return {}, (
            f"One is measured by {left.measures[0].name}, the other by {right.measures[0].name}, so their answers are "
            "not compared."
        )
    if any(own.exam is None for own in sides):
        return {}, "Not both were evaluated, so their answers are not compared."
    own, theirs = sides[0].request.held_out, sides[1].request.held_out
    put = [set(one.exam.answers) for one in sides if one.exam is not None]
    names = [name for name in theirs if name in own and name in put[0] & put[1]]
    same = {name: theirs[name] for name in names if own[name][1].prompt == theirs[name][1].prompt}
    if not same:
        return {}, "They have no held-out question in common, so their answers are not compared."
    return same, f"Both were put {many(len(same), 'held-out question')}; what follows is of these."


def numbers_sheet(sides: Sequence[Side]) -> Sheet:
    """Return what happened in both turns, in numbers."""
    columns = [turn_numbers(own.request, turn_of(own.request.study, own.seat, own.turn)) for own in sides]
    rows = [(name, *(column.get(name, "") for column in columns)) for name in columns[0] | columns[1]]
    return sheet("in numbers", ("", *(own.name for own in sides)), rows)


def turn_numbers(request: PageRequest, turn: Turn) -> dict[str, str]:
    """Return what happened in a turn, by name."""
    truths = [experience.truth for experience in turn.experiences]
    scores = [experience.feedback.score for experience in turn.experiences]
    measure = request.study.measures[0]
    graded = measure.graded
    evaluation = turn.evaluations.get("held_out")
    return {
        "asked": str(len(truths)),
        "right": f"{sum(truths):g}",
        "called right by the teacher": f"{sum(scores):g}" if graded else str(sum(score >= 1.0 for score in scores)),
        "teacher erred": str(sum(errs(*pair, graded=graded) for pair in zip(scores, truths, strict=True))),
        "categories": ", ".join(sorted({experience.question.category for experience in turn.experiences} - {""})),
        "trained on": str(turn.update.experiences if turn.update is not None else 0),
        f"held-out {measure.name} at its end": "not evaluated"
        if evaluation is None
        else Scale.of(measure).number(evaluation.metrics[measure.name]),
    }


def categories_sheet(sides: tuple[Side, Side], questions: Mapping[str, tuple[int, Question]]) -> Sheet | None:
    """Return the held-out mean by category at the evaluations nearest to both turns; None without common questions."""
    scale = Scale.of(sides[0].request.study.measures[0])
    columns, turns = [], []
    for own in sides:
        if own.exam is None or not questions:
            return None
        truths: dict[str, list[float]] = {}
        for name in questions:
            truths.setdefault(category(questions, name), []).append(own.exam.answers[name].truth)
        columns.append({name: sum(values) / len(values) for name, values in truths.items()})
        turns.append(own.exam.turn)
    rows = []
    for name in sorted(columns[0]):
        first, last = (column[name] for column in columns)
        rows.append((name or "none", scale.bare(first), scale.bare(last), Cell(scale.signed(last - first))))
    head = (
        "category",
        *(f"{own.name} (evaluation after turn {turn})" for own, turn in zip(sides, turns, strict=True)),
        f"difference{scale.points}",
    )
    return sheet("held-out by category", head, rows)
