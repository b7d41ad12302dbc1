"""What one column holds of all results of an evaluation, or of all lessons of an update: scores, rankings, effects."""

from collections.abc import Collection, Mapping, Sequence

from simulation.core.types import LessonEffect, Ranking, Result
from simulation.store.arrays import (
    pack,
    pack_columns,
    pack_names,
    pack_rows,
    pack_some,
    pack_whole,
    unpack,
    unpack_columns,
    unpack_names,
    unpack_rows,
    unpack_some,
    unpack_whole,
)
from simulation.store.interning import Interned

NOT_RANKED, OF_THE_FORM = -1, 0
"""In place of the number of a ranking's list: there is no ranking, or its alternatives are those of the question."""


def pack_scores(results: Sequence[Result]) -> bytes:
    """Return the truth of each result, and of every metric that any of them has its value in each that has it."""
    names = sorted({name for result in results for name in result.metrics})
    metrics_columns = [pack_some([result.metrics.get(name) for result in results], pack) for name in names]
    return pack_columns([pack([result.truth for result in results]), pack_names(names), *metrics_columns])


def unpack_scores(
    data: bytes, only: Collection[str] | None = None
) -> tuple[tuple[float, ...], dict[str, tuple[float | None, ...]]]:
    """Return the truths of results, and by name the metrics, all of them or those named."""
    truths, names, *columns = unpack_columns(data)
    columns_by_name = zip(unpack_names(names), columns, strict=True)
    return unpack(truths), {
        name: unpack_some(column, unpack) for name, column in columns_by_name if only is None or name in only
    }


def by_result(columns: Mapping[str, Sequence[float | None]], count: int) -> list[dict[str, float]]:
    """Return the metrics of each of so many results."""
    rows: list[dict[str, float]] = [{} for _ in range(count)]
    for name, values in columns.items():
        for row, value in zip(rows, values, strict=True):
            if value is not None:
                row[name] = value
    return rows


def pack_rankings(rankings: Sequence[Ranking | None], interned: Interned) -> bytes:
    """Return the rankings of results; lists of alternatives are interned."""
    lists = [NOT_RANKED if ranking is None else list_number(ranking, interned) for ranking in rankings]
    return pack_columns(
        [
            pack_some([None if ranking is None else ranking.taken for ranking in rankings], pack_whole),
            pack_whole(lists),
            pack_rows([() if ranking is None else ranking.logprobs for ranking in rankings]),
        ]
    )


def unpack_rankings(data: bytes, interned: Interned) -> list[Ranking | None]:
    """Return what `pack_rankings` packed."""
    places, lists, rows = unpack_columns(data)
    columns = zip(unpack_some(places, unpack_whole), unpack_whole(lists), unpack_rows(rows), strict=True)
    return [
        None
        if number == NOT_RANKED
        else Ranking(taken=place, logprobs=logprobs, alternatives=interned.listed(number) if number else ())
        for place, number, logprobs in columns
    ]


def unpack_places(data: bytes) -> tuple[int | None, ...]:
    """Return the places of the alternatives taken alone."""
    return unpack_some(unpack_columns(data)[0], unpack_whole)


def list_number(ranking: Ranking, interned: Interned) -> int:
    """Return the number of a ranking's own alternatives, which count from 1."""
    return interned.list_id(ranking.alternatives) if ranking.alternatives else OF_THE_FORM


EFFECT_FIELDS = ("taught_before", "taught_after", "rejected_before", "rejected_after")


def pack_effects(effects: Sequence[LessonEffect]) -> bytes | None:
    """Return what an update did to its lessons, field by field; None where it tells nothing."""
    if not effects:
        return None
    columns = [pack_some([getattr(effect, name) for effect in effects], pack) for name in EFFECT_FIELDS]
    return pack_columns([pack_whole([effect.lesson for effect in effects]), *columns])


def unpack_effects(data: bytes | None) -> tuple[LessonEffect, ...]:
    """Return what `pack_effects` packed."""
    if data is None:
        return ()
    lessons, *columns = unpack_columns(data)
    rows = zip(*[unpack_some(column, unpack) for column in columns], strict=True)
    fields: list[Mapping[str, float | None]] = [dict(zip(EFFECT_FIELDS, row, strict=True)) for row in rows]
    return tuple(
        LessonEffect(lesson=lesson, **row)  # type: ignore[arg-type]  # the first two are never missing
        for lesson, row in zip(unpack_whole(lessons), fields, strict=True)
    )
