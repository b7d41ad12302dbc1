"""What is injected into distances, how ranks are averaged, and how a strength is chosen: by hand."""

import json
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from agents.models.nearness import GAMMAS, Grounding, averaged_ranks, chosen_gamma, injected, minmax, popularity, ranks
from simulation.core.catalogue import Catalogue
from simulation.core.errors import DataError

SHELF = Catalogue(items=("one", "two", "three"), codes=(("A",), ("B",), ("A",)), titles=("A", "B", "A"))
DISTANCES_RI = np.array([[1.0, 3.0, 2.0], [0.0, 4.0, 1.0]])


def test_scaling_lies_between_0_and_1_row_by_row_and_equal_values_are_0() -> None:
    assert minmax(np.array([[1.0, 3.0, 2.0], [5.0, 5.0, 5.0]])).tolist() == [[0, 1, 0.5], [0, 0, 0]]


def test_an_injected_score_is_that_of_the_formula_by_hand() -> None:
    by_item = injected(DISTANCES_RI, np.array([0.0, 10.0, 5.0]), 2.0)
    assert by_item == pytest.approx(np.array([[0, 1 / 4, 0.5 / 2.25], [0, 1 / 4, 0.25 / 2.25]]))
    by_row = injected(DISTANCES_RI, np.array([[0.0, 10.0, 5.0], [7.0, 0.0, 7.0]]), 1.0)
    assert by_row == pytest.approx(np.array([[0, 1 / 2, 0.5 / 1.5], [0, 1, 0.25 / 2]]))


def test_no_strength_leaves_the_order_of_the_distances() -> None:
    assert (ranks(injected(DISTANCES_RI, np.array([9.0, 0.0, 3.0]), 0.0)) == ranks(DISTANCES_RI)).all()


def test_the_strength_is_what_the_measure_holds_best_and_the_smallest_of_equals() -> None:
    scores = np.array([0.0, 10.0, 0.0])

    def second_first(distances_RI: np.ndarray) -> float:
        return float((ranks(distances_RI)[:, 1] < 2).mean())

    gamma, value = chosen_gamma(np.array([[0.0, 1.0, 0.5]]), scores, second_first, (0.0, 0.5, 1.5, 3.0))
    assert (gamma, value) == (1.5, 1.0)  # 1 / 2^γ < .5 from γ > 1 on
    assert chosen_gamma(DISTANCES_RI, scores, lambda _: 0.5) == (0.0, 0.5)
    assert GAMMAS[:2] == (0.0, 0.01) and GAMMAS[-1] == 99.0 and len(GAMMAS) == 199


def test_ranks_of_titles_and_keywords_are_averaged() -> None:
    keywords_RI = np.array([[3.0, 1.0, 2.0], [0.5, 0.5, 0.1]])
    assert averaged_ranks(DISTANCES_RI, keywords_RI, 0.75, 0.25).tolist() == [[0.5, 1.5, 1.0], [0.25, 2.0, 0.75]]
    assert averaged_ranks(DISTANCES_RI, keywords_RI).tolist() == [[1.0, 1.0, 1.0], [0.5, 2.0, 0.5]]


def test_popularity_of_items_that_share_a_title_is_added(tmp_path: Path) -> None:
    file = tmp_path / "popularity.json"
    file.write_text(json.dumps({"one": 2, "three": 5}), encoding="utf-8")
    assert popularity(file, SHELF.name).tolist() == [7, 0]
    settings = Grounding(popularity=file, gamma=1.0)
    assert settings.distances(np.array([[2.0, 1.0]]), SHELF.name).tolist() == [[0.5, 0]]
    assert Grounding(popularity=file).distances(np.array([[2.0, 1.0]]), SHELF.name).tolist() == [[2.0, 1.0]]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "cannot be read as JSON"),
        ("[1]", "is no JSON object"),
        ('{"four": 1}', "names 'four', which the catalogue has not"),
        ('{"one": -1}', "'one' has -1, which is no number from 0 on"),
        ('{"one": true}', "'one' has True"),
        ('{"one": NaN}', "'one' has nan"),
    ],
)
def test_files_that_are_none_of_popularity_are_refused(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "popularity.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=says):
        popularity(file, SHELF.name)


def test_a_strength_without_popularity_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"name its file in grounding\.popularity"):
        Grounding(gamma=1.0)
