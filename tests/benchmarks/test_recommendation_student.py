"""The student from scratch learns every pair of a record, finds items alone, and repeats itself."""

from itertools import pairwise

import numpy as np
import pytest

from benchmarks.recommendation_data import Contender, play
from benchmarks.recommendation_records import Record, whole
from benchmarks.recommendation_student import check_codes, from_scratch, learned, windows
from simulation.core.errors import DataError
from tests.support.next_items import small_catalogue
from training.making.recommender import RecommenderRecipe

SHELF = small_catalogue(sharing=0)
TINY = RecommenderRecipe(levels=2, codes=16, width=32, heads=2, feed_forward=32)


def recorded(*chains: tuple[int, ...], tested: int = 0) -> Record:
    """A record of chains, whose first pairs are asked too."""
    pairs = [(chain[:end], chain[end]) for chain in chains for end in range(1, len(chain))]
    return whole("small", SHELF, pairs, pairs[:tested], {}, {})


def test_windows_hold_every_adjacent_pair_of_a_user_and_of_no_two() -> None:
    stream = np.random.default_rng(0)
    chains = [tuple(stream.integers(12, size=size).tolist()) for size in (2, 9, 10, 11, 17, 18, 30, 2)]
    pieces = [tuple(map(SHELF.places.__getitem__, piece)) for piece in windows(recorded(*chains).lessons)]
    assert [pair for piece in windows(recorded((3, 3), (3, 3)).lessons) for pair in pairwise(piece)] == [
        ("item 3", "item 3")
    ] * 2
    assert {pair for piece in pieces for pair in pairwise(piece)} == {pair for one in chains for pair in pairwise(one)}
    assert max(map(len, pieces)) == 10
    assert [piece for piece in pieces if len(piece) < 10][:2] == [chains[0], chains[1]]


def test_a_window_is_the_lesson_of_its_last_item() -> None:
    experience = learned(SHELF, 5, ["item 1", "item 6", "item 2"])
    assert experience.answer.prompt == "<a_0><b_1> <a_1><b_2>"
    assert experience.answer.text == experience.feedback.correction == "<a_0><b_2>"


def test_a_drawn_student_learns_what_follows_what_and_repeats_itself() -> None:
    record = recorded(*[tuple((first + step) % 12 for step in range(8)) for first in range(12)] * 4, tested=30)

    def taught(epochs: int) -> Contender:
        return Contender(
            name="student",
            recommend=lambda played, seed: from_scratch(played, seed, shape=TINY, epochs=epochs, batch_size=8),
        )

    brief, again, long = play(taught(1), record, 0), play(taught(1), record, 0), play(taught(40), record, 0)
    assert brief.rank_Q.tolist() == again.rank_Q.tolist() != play(taught(1), record, 1).rank_Q.tolist()
    assert long.hits(1, divided=True).mean() >= 0.9 > brief.hits(1, divided=True).mean()
    assert long.no_item == brief.no_item == 0
    assert (long.rank_Q > 0).all()


def test_a_code_without_a_token_is_refused_by_item() -> None:
    with pytest.raises(DataError, match=r"no token for the code '<b_3>' of item 'item 3'"):
        check_codes(SHELF, RecommenderRecipe(levels=2, codes=3))
