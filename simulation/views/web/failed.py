"""Which students play no more, and why."""

from simulation.views.web.page_request import PageRequest
from simulation.views.web.queries import failures
from simulation.views.web.sheets import passage

MOST_FAILED = 5


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
