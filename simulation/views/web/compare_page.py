"""The page that sets two turns, or two students, side by side."""

from collections.abc import Sequence
from dataclasses import dataclass

from simulation.core.types import Turn
from simulation.store.turn_sums import SAME
from simulation.views.text import Scale
from simulation.views.web.changes import MOST_CHANGES, category, changes_sheet, moved_answers
from simulation.views.web.page_request import PageRequest
from simulation.views.web.queries import Exam, exam_turns, exams, turn_of
from simulation.views.web.sheets import Cell, Paging, Sheet, sheet


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two that are compared."""

    seat: int
    turn: int
    name: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareView:
    """All that the page of two shows."""

    sides: tuple[Side, ...]
    numbers: Sheet
    categories: Sheet | None
    better: Sheet | None
    worse: Sheet | None
    paging: Paging | None
    """Where in both tables of answers the page is."""
    students: tuple[str, ...]
    last_turn: int


def compare_view(request: PageRequest) -> CompareView:
    """Return what is seen of two turns, of one student or of two."""
    sides = tuple(side(request, letter) for letter in ("a", "b"))
    pair = [nearest_exam(request, own) for own in sides]
    evaluations = [exam for exam in pair if exam is not None]
    questions, graded = request.held_out, request.study.measures[0].graded
    better = worse = None
    paging = None
    if len(evaluations) == 2:
        moves = moved_answers(evaluations[0], evaluations[1], graded=graded)
        up, down = ([name for name, direction in moves.items() if direction == way] for way in (1, -1))
        both = (evaluations[0], evaluations[1])
        paging = request.paging(max(len(up), len(down)), f"{request.base}/compare.html", "changes", MOST_CHANGES)
        better, worse = (
            changes_sheet(request, sides[1].seat, f"{len(names)} {caption}", names, both, questions, paging)
            for names, caption in (
                (up, "held-out answers that are better on the right side"),
                (down, "held-out answers that are worse on the right side"),
            )
        )
    return CompareView(
        sides=sides,
        numbers=numbers_sheet(request, sides),
        categories=categories_sheet(request, sides),
        better=better,
        worse=worse,
        paging=paging,
        students=tuple(seat.name for seat in request.study.seats[:200]),
        last_turn=request.study.last_turn,
    )


def side(request: PageRequest, letter: str) -> Side:
    """Return one side as a query names it: by default the first student at its first and its last turn."""
    seat = request.seat(str(request.number(f"{letter}_student", 0)))
    given = request.query.get(f"{letter}_turn")
    turn = (
        request.turn(str(request.number(f"{letter}_turn", 0)))
        if given
        else (max(0, request.study.last_turn) if letter == "b" else min(1, request.study.last_turn))
    )
    name = f"{request.study.seats[seat].name}, turn {turn}"
    return Side(seat=seat, turn=turn, name=name, href=request.links.to(request.turn_path(seat, turn)))


def nearest_exam(request: PageRequest, own: Side) -> Exam | None:
    """Return the first evaluation at or after a turn, or the last before it; None where there is none."""
    turns = exam_turns(request.study, own.seat)
    turn = min((number for number in turns if number >= own.turn), default=max(turns, default=None))
    return None if turn is None else exams(request.study, own.seat, turn, turn)[0]


def numbers_sheet(request: PageRequest, sides: Sequence[Side]) -> Sheet:
    """Return what happened in both turns, in numbers."""
    turns = [turn_of(request.study, own.seat, own.turn) for own in sides]
    columns = [turn_numbers(request, turn) for turn in turns]
    rows = [(name, *(column[name] for column in columns)) for name in columns[0]]
    return sheet("in numbers", ("", *(own.name for own in sides)), rows)


def turn_numbers(request: PageRequest, turn: Turn) -> dict[str, str]:
    """Return what happened in a turn, by name."""
    truths = [experience.truth for experience in turn.experiences]
    scores = [experience.feedback.score for experience in turn.experiences]
    measure = request.study.measures[0]
    evaluation = turn.evaluations.get("held_out")
    return {
        "asked": str(len(truths)),
        "right": f"{sum(truths):g}",
        "called right by the teacher": f"{sum(scores):g}",
        "teacher erred": str(sum(abs(score - truth) > SAME for score, truth in zip(scores, truths, strict=True))),
        "categories": ", ".join(sorted({experience.question.category for experience in turn.experiences} - {""})),
        "trained on": str(turn.update.experiences if turn.update is not None else 0),
        f"held-out {measure.name} at its end": "not evaluated"
        if evaluation is None
        else Scale.of(measure).number(evaluation.metrics[measure.name]),
    }


def categories_sheet(request: PageRequest, sides: Sequence[Side]) -> Sheet | None:
    """Return the held-out mean by category at the evaluations nearest to both turns."""
    questions, scale = request.held_out, Scale.of(request.study.measures[0])
    columns, turns = [], []
    for own in sides:
        evaluation = nearest_exam(request, own)
        if evaluation is None:
            return None
        truths: dict[str, list[float]] = {}
        for name, row in evaluation.answers.items():
            truths.setdefault(category(questions, name), []).append(row.truth)
        columns.append({name: sum(values) / len(values) for name, values in truths.items()})
        turns.append(evaluation.turn)
    rows = []
    for name in sorted(columns[0].keys() & columns[1].keys()):
        first, last = (column[name] for column in columns)
        rows.append((name or "none", scale.bare(first), scale.bare(last), Cell(scale.signed(last - first))))
    head = (
        "category",
        *(f"{own.name} (evaluation after turn {turn})" for own, turn in zip(sides, turns, strict=True)),
        f"difference{scale.points}",
    )
    return sheet("held-out by category", head, rows) if rows else None
