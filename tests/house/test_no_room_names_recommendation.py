"""Recommendation needed no special case: what plays, stores, replays, measures and shows a study never names it."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("loop", "store", "replay", "measures", "views", "play", "scenario", "commands")
FILES = sorted(path for room in ROOMS for path in (ROOT / "simulation" / room).rglob("*.py"))
DOMAIN = re.compile(
    r"""
    recommend(?!ed[ ]for[ ]shares)|catalogue|slate\b|slates\b|click|\bhit@|\bhr@|hit[ _]rate|ndcg|next_?items|\bvisit
    |boredom|bored\b|popularity|co.?occur|collaborative|semantic[ _]id|sasrec|minionerec|bigrec|movielens|amazon
    |kinds\.(taken|visitor)\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
"""What means the domain whoever writes it; an interval that statisticians recommend for shares does not."""


def named(text: str) -> list[str]:
    """Return the words of the domain in a text."""
    return [match[0] for match in DOMAIN.finditer(text)]


@pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(ROOT)) for path in FILES])
def test_a_file_names_no_word_of_recommendation(path: Path) -> None:
    assert named(path.read_text(encoding="utf-8")) == []


def test_the_words_are_found_where_they_belong() -> None:
    for file in ("environments/recommender_users.py", "agents/judges/next_item.py", "simulation/core/catalogue.py"):
        assert len(named((ROOT / file).read_text(encoding="utf-8"))) > 3
    assert len(FILES) > 60
