"""Which turns hold the answers of a filter, by the sums that the study keeps: only these turns are read."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from simulation.store import Study
from simulation.store.kept_sums import KeptSums
from simulation.views.web.queries import AskedRow, Filter, asked, count

Counts = Mapping[tuple[str, str], str]
"""How many answers of a row of `answer_sums` are truly right or wrong, and of the teacher's verdicts so."""
TRULY = {("", ""): "answers", ("right", ""): "right", ("wrong", ""): "answers - right"}
BINARY: Counts = {
    **TRULY,
    ("", "right"): "answers - right - called_right + 2 * both_right",
    ("", "wrong"): "right + called_right - 2 * both_right",
    ("right", "right"): "both_right",
    ("right", "wrong"): "right - both_right",
    ("wrong", "right"): "answers - right - called_right + both_right",
    ("wrong", "wrong"): "called_right - both_right",
}
GRADED: Counts = {
    **TRULY,
    ("", "right"): "same",
    ("", "wrong"): "answers - same",
    ("right", "right"): "same_right",
    ("right", "wrong"): "right - same_right",
    ("wrong", "right"): "same - same_right",
    ("wrong", "wrong"): "answers - right - same + same_right",
}


def counts(study: Study, wanted: Filter) -> str:
    """Return how many answers of a row of `answer_sums` a filter lets through, as SQL."""
    return (GRADED if study.measures[0].graded else BINARY)[wanted.truth, wanted.teacher]


def told_by_sums(wanted: Filter) -> bool:
    """Tell whether sums say how many answers a filter lets through."""
    return wanted.question is None and not wanted.reveals and not wanted.text


def number_of(study: Study, sums: KeptSums, wanted: Filter) -> int:
    """Return how many answers a filter lets through."""
    if not told_by_sums(wanted):
        return count(study, wanted)
    condition, values = kept_where(sums, wanted)
    total = f"coalesce(sum({counts(study, wanted)}), 0)"
    return int(sums.query(f"SELECT {total} FROM answer_sums {condition}", *values)[0][0])


def listed(
    study: Study, sums: KeptSums, wanted: Filter, *, start: int = 0, most: int = 50, longest: int = 300
) -> list[AskedRow]:
    """Return answers in the order in which they were given, as `queries.asked` does."""
    if not told_by_sums(wanted):
        return asked(study, wanted, start=start, most=most, longest=longest)
    rows: list[AskedRow] = []
    for turn, seat, first, number in places(study, sums, wanted, start, most):
        own = replace(wanted, turn=turn, seat=seat)
        rows += asked(study, own, start=first, most=number, longest=longest)
    return rows


def places(study: Study, sums: KeptSums, wanted: Filter, start: int, most: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield the turns and seats that hold the wanted answers, and which of those there: the first, and how many."""
    condition, values = kept_where(sums, wanted)
    total = f"sum({counts(study, wanted)})"
    statement = f"SELECT t, s, {total} FROM answer_sums {condition} GROUP BY t, s HAVING {total} > 0 ORDER BY t, s"
    before = 0
    for turn, seat, number in sums.query(statement, *values):
        first, last = max(start, before) - before, min(start + most, before + number) - before
        if first < last:
            yield turn, seat, first, last - first
        before += number
        if before >= start + most:
            break


def kept_where(sums: KeptSums, wanted: Filter) -> tuple[str, list[object]]:
    """Return a filter as SQL about `answer_sums` and its values."""
    clauses: list[str] = []
    values: list[object] = []
    for column, value in (("s", wanted.seat), ("t", wanted.turn)):
        if value is not None:
            clauses.append(f"{column} = ?")
            values.append(value)
    if wanted.category:
        clauses.append("category = ?")
        values.append(sums.number(wanted.category))
    return f"WHERE {' AND '.join(clauses)}" if clauses else "", values
