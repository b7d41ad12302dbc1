"""The list of answers that sums lead to is the one that reading every row gives, page by page."""

from itertools import product
from pathlib import Path

import pytest

from simulation.store import Study
from simulation.views.web.answer_list import BINARY, listed, number_of
from simulation.views.web.queries import Filter, asked, category_names, count
from tests.support.formats import make


@pytest.fixture(scope="module", params=["class", "hostile"])
def study(request: pytest.FixtureRequest, runs: Path) -> Study:
    """A study with errors of the teacher, and one of hostile texts."""
    return Study.open(runs / request.param)


def filters(study: Study) -> list[Filter]:
    """Return filters of every kind, alone and together."""
    assert study.sums is not None
    categories = ["", *category_names(study.sums)[:3]]
    return [
        Filter(seat=seat, turn=turn, category=category, truth=truth, teacher=teacher)
        for (truth, teacher), seat, turn, category in product(BINARY, (None, 0), (None, 1, 99), [*categories, "none"])
    ]


def test_sums_count_what_the_rows_hold_and_lead_to_them(study: Study) -> None:
    assert study.sums is not None
    lengths = set()
    for wanted in filters(study):
        rows = asked(study, wanted, most=1000)
        lengths.add(len(rows))
        assert number_of(study, study.sums, wanted) == count(study, wanted) == len(rows), wanted
        for start, most in ((0, 5), (3, 7), (len(rows) - 2, 5), (len(rows), 5)):
            if start >= 0:
                assert listed(study, study.sums, wanted, start=start, most=most) == rows[start : start + most], wanted
    assert len(lengths) > 1


def test_words_and_misconceptions_are_looked_for_in_the_rows(study: Study) -> None:
    assert study.sums is not None
    name = study.query("SELECT reveals FROM answered WHERE reveals IS NOT NULL GROUP BY 1 ORDER BY count(*) LIMIT 1")
    word = study.query("SELECT substr(prompt, 3, 6) FROM answered ORDER BY length(prompt) DESC LIMIT 1")[0][0]
    for wanted in (Filter(text=word), Filter(text=word, truth="wrong"), *(Filter(reveals=own) for (own,) in name)):
        rows = listed(study, study.sums, wanted, most=1000)
        assert number_of(study, study.sums, wanted) == len(rows)
        assert all(word.lower() in (row.prompt + row.answer).lower() or row.reveals == wanted.reveals for row in rows)
    assert number_of(study, study.sums, Filter(reveals="nobody shows this")) == 0


def test_questions_and_misconceptions_are_found_by_their_index(study: Study) -> None:
    for condition, index in (("question = 3", "answers_by_question"), ("reveals = 3", "answers_by_reveals")):
        plan = study.query(f"EXPLAIN QUERY PLAN SELECT * FROM answers WHERE {condition} ORDER BY t, s, i")
        assert index in plan[0][-1] and len(plan) == 1


def test_a_text_with_half_of_a_character_is_cut_between_characters(disk: Path) -> None:
    make(disk / "halves")
    with Study.open(disk / "halves") as study:
        assert [row.answer for row in asked(study, Filter(turn=1), longest=1)][:2] == ["2", "\udc80"]
