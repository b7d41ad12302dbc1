"""The list of all answers of a study by what they are: category, right or wrong, teacher, misconception, words."""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from io import StringIO

from simulation.measures.reliability import errs
from simulation.views.text import shown
from simulation.views.web.answer_list import listed, number_of
from simulation.views.web.catalog import NotThere
from simulation.views.web.page_request import PageRequest
from simulation.views.web.queries import AskedRow, Filter, category_names
from simulation.views.web.question_page import truth_cell, value
from simulation.views.web.sheets import Cell, Paging, Sheet, passage, sheet
from simulation.views.web.wording import many, misconception
from simulation.views.web.worked_on import worked_on_sheet

CSV_ROWS = 1000
"""Answers in one file; the page says how the next is named."""
FORMULA = re.compile(r"^[=+\-@\t\r]")
"""What a spreadsheet would compute."""
SIDES = ("", "right", "wrong")


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswersView:
    """All that the list of answers shows."""

    sentence: str
    chosen: Mapping[str, str]
    """The filter, as it was given."""
    categories: tuple[str, ...]
    students: tuple[str, ...]
    worked_on: Sheet | None
    """Where a misconception is chosen, which turns learned from answers that show it."""
    answers: Sheet | None
    paging: Paging
    files: tuple[tuple[str, str], ...]
    """Names and addresses of the list as CSV."""


def filter_of(request: PageRequest) -> Filter:
    """Return the filter of a query; raises NotThere where a value cannot be."""
    query = request.query
    for name in ("truth", "teacher"):
        if query.get(name, "") not in SIDES:
            raise NotThere(f"{name}={query[name]} is neither right nor wrong")
    seat, turn = (request.number(name, 0) if query.get(name) else None for name in ("seat", "turn"))
    return Filter(
        seat=seat,
        turn=turn,
        category=query.get("category", ""),
        truth=query.get("truth", ""),
        teacher=query.get("teacher", ""),
        reveals=query.get("reveals", ""),
        text=query.get("text", ""),
    )


def answers_view(request: PageRequest) -> AnswersView:
    """Return what the list of answers shows."""
    wanted, path = filter_of(request), f"{request.base}/answers.html"
    total = number_of(request.study, request.sums, wanted)
    paging = request.paging(total, path)
    rows = listed(request.study, request.sums, wanted, start=paging.start, most=paging.size)
    chosen = {key: text for key, text in request.query.items() if key != "page" and text}
    csv_path = f"{request.base}/answers.csv"
    parts = range(1, max(1, -(-total // CSV_ROWS)) + 1)
    files = tuple(
        (
            "CSV" if len(parts) == 1 else f"CSV, part {part}",
            request.links.to(csv_path, {**chosen, "page": "" if part == 1 else part}),
        )
        for part in parts[:20]
    )
    return AnswersView(
        sentence=f"{many(total, 'answer')} {describe(request, wanted)}".strip(),
        chosen=chosen,
        categories=tuple(category_names(request.sums)),
        students=tuple(seat.name for seat in request.study.seats[:200]),
        worked_on=worked_on_sheet(request, wanted.reveals, wanted.seat) if wanted.reveals else None,
        answers=answers_sheet(request, rows),
        paging=paging,
        files=files,
    )


def describe(request: PageRequest, wanted: Filter) -> str:
    """Say which answers are listed."""
    seats = request.study.seats
    parts = [
        f"of {seats[wanted.seat].name}" if wanted.seat is not None and wanted.seat < len(seats) else "",
        f"in turn {wanted.turn}" if wanted.turn is not None else "",
        f"about {passage(wanted.category, 80).text}" if wanted.category else "",
        f"that are truly {wanted.truth}" if wanted.truth else "",
        f"about which the teacher was {wanted.teacher}" if wanted.teacher else "",
        f"that show: {passage(wanted.reveals, 120).text}" if wanted.reveals else "",
        f"with the words {passage(wanted.text, 120).text!r}" if wanted.text else "",
    ]
    return " ".join(filter(None, parts))


def answers_sheet(request: PageRequest, rows: list[AskedRow]) -> Sheet | None:
    """Return answers as a table with links to their turns."""
    if not rows:
        return None
    graded, length = request.study.measures[0].graded, max(40, request.longest // 8)
    cells = [
        (
            Cell(f"turn {row.turn}", request.answer_link(row.seat, row.turn, row.position)),
            Cell(passage(request.study.seats[row.seat].name, 80).text),
            Cell(passage(row.category, 80).text),
            Cell(
                passage(row.prompt, length).text,
                request.links.to(request.student_path(row.seat, f"question-{row.question}.html")),
            ),
            Cell(passage(row.answer, length).text or "nothing"),
            Cell(passage(misconception(row.reveals), 120).text),
            truth_cell(row.truth, graded=graded),
            Cell(value(row.score, graded=graded), look="bad" if errs(row.score, row.truth, graded=graded) else ""),
        )
        for row in rows
    ]
    head = ("turn", "student", "category", "question", "answer", "which shows", "truly", "the teacher said")
    return sheet("answers", head, cells, words=8)


def answers_csv(request: PageRequest) -> str:
    """Return a part of the filtered answers as CSV that no spreadsheet takes for formulas."""
    start = (request.number("page") - 1) * CSV_ROWS
    rows = listed(request.study, request.sums, filter_of(request), start=start, most=CSV_ROWS, longest=300)
    file = StringIO()
    writer = csv.writer(file)
    writer.writerow(("turn", "student", "category", "question", "answer", "shows", "truth", "score"))
    for row in rows:
        texts = (request.study.seats[row.seat].name, row.category, row.prompt, row.answer, row.reveals)
        writer.writerow((row.turn, *map(harmless, texts), row.truth, row.score))
    return file.getvalue()


def harmless(text: str) -> str:
    """Return a text that a spreadsheet shows as text, what cannot be seen as escapes, at most 150 characters."""
    visible = shown(text)[:150]
    return f"'{visible}" if FORMULA.match(text) or FORMULA.match(visible) else visible
