"""Who plays no more, since when and why."""

from simulation.store import Study
from simulation.store.interning import decoded
from simulation.views.web.page_request import PageRequest
from simulation.views.web.sheets import passage

MOST_FAILED = 5
"""Students named on a page."""
FAILURES = """
SELECT t.s, min(t.t), x.text FROM turns t JOIN texts x ON x.id = t.failure WHERE x.text != '' GROUP BY t.s
"""


def failures(study: Study) -> dict[int, tuple[int, str]]:
    """Return by seat from which turn on a student plays no more, and why."""
    return {seat: (turn, decoded(reason)) for seat, turn, reason in study.query(FAILURES)}


def failed(request: PageRequest, seat: int | None) -> list[str]:
    """Say who plays no more; means over students end where the first of them does."""
    own = {number: why for number, why in failures(request.study).items() if seat in (None, number)}
    sentences = [
        f"{passage(request.study.seats[number].name, 80).text} plays no more since turn {own_turn}: "
        f"{passage(why, 300).text}"
        for number, (own_turn, why) in list(own.items())[:MOST_FAILED]
    ]
    hidden = len(own) - len(sentences)
    return [*sentences, f"and {hidden} more students play no more"] if hidden > 0 else sentences
