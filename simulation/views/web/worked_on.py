"""Which turns worked on a misconception: those whose update learned from answers that show it."""

from simulation.store import Study
from simulation.views.web.page_request import PageRequest
from simulation.views.web.sheets import Cell, Sheet, passage, sheet

MOST_TURNS = 50
LESSONS = """
SELECT l.t, l.s, count(*) FROM lessons l JOIN answers a ON a.t = l.from_t AND a.s = l.s AND a.i = l.from_i
JOIN texts r ON r.id = a.reveals WHERE r.text = ? AND (? IS NULL OR l.s = ?) GROUP BY l.t, l.s ORDER BY l.t, l.s
LIMIT ?
"""


def worked_on(study: Study, reveals: str, seat: int | None) -> list[tuple[int, int, int]]:
    """Return turn, seat and number of lessons on answers that show a misconception, one turn more than is shown."""
    return [(turn, own, lessons) for turn, own, lessons in study.query(LESSONS, reveals, seat, seat, MOST_TURNS + 1)]


def worked_on_sheet(request: PageRequest, reveals: str, seat: int | None) -> Sheet | None:
    """Return the turns that worked on a misconception with links to them; None where none did."""
    turns = worked_on(request.study, reveals, seat)
    rows = [
        (
            Cell(f"turn {turn}", request.links.to(request.turn_path(own, turn))),
            Cell(passage(request.study.seats[own].name, 80).text),
            lessons,
        )
        for turn, own, lessons in turns[:MOST_TURNS]
    ]
    note = "Learned from: answers that show it and were among the turn's lessons, of this turn or an earlier one."
    note += " Later turns are left out." if len(turns) > MOST_TURNS else ""
    caption = "turns that worked on this misconception"
    return sheet(caption, ("turn", "student", "learned from"), rows, words=2, note=note) if rows else None
