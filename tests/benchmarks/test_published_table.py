"""The published table tells no two of its methods apart, and is read as what it is."""

import json
from pathlib import Path

import pytest

from benchmarks.published_table import TABLE, compare, compare_counts, needed, read
from simulation.core.errors import DataError


def test_the_published_methods_cannot_be_told_apart() -> None:
    if not TABLE.is_file():
        pytest.skip(f"the published figures are not at {TABLE}")
    published = read(TABLE)
    assert published.questions == 40 and len(published.right) == 4 and published.turns[-1] == 20
    assert [counts[-1] for counts in published.right.values()] == [13, 11, 10, 13]
    pairs = compare(published)
    assert len(pairs) == 12
    assert all(pair.text.startswith("cannot tell") and not pair.tells for pair in pairs)
    assert min(pair.p for pair in pairs) > 0.4
    assert all(pair.high - pair.low > 0.3 for pair in pairs)


def test_a_table_that_could_tell_does() -> None:
    told, *others = compare_counts("at the end", {"a": 4, "b": 30, "c": 5}, 40)
    assert told.tells and told.text.startswith("b is better than a by 65.0 points")
    assert told.text.endswith("one seed says nothing of others")
    assert [pair.tells for pair in others] == [False, True]


def test_what_would_be_needed_falls_with_the_difference_and_with_pairing() -> None:
    small, large = needed(0.03, 6), needed(0.1, 6)
    assert small["questions_unpaired"] is not None and small["questions_paired"] is not None
    assert small["questions_unpaired"] > 4 * small["questions_paired"] > 4 * 40
    for name, count in large.items():
        other = small[name]
        assert count is not None and other is not None and count < other


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({}, "KeyError.*expected n_test and methods"),
        ({"n_test": 40, "methods": {"a": {"evals": [{"after_turn": 2}]}}}, "wrong_by_category"),
        (
            {
                "n_test": 4,
                "methods": {
                    "a": {"evals": [{"after_turn": 2, "wrong_by_category": [1]}]},
                    "b": {"evals": [{"after_turn": 4, "wrong_by_category": [1]}]},
                },
            },
            r"unlike turns: \[\(2,\), \(4,\)\]",
        ),
    ],
)
def test_another_document_is_refused(tmp_path: Path, document: dict[str, object], message: str) -> None:
    path = tmp_path / "table.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(DataError, match=message):
        read(path)
