"""Identifiers from features: descent, residuals, repair and features against brute force and SciPy; all repeatable."""

import itertools
import time
from collections import Counter
from functools import partial

import numpy as np
import pytest
from scipy.cluster.vq import kmeans2  # type: ignore[import-untyped]

from environments.identifiers.assignment import (
    as_codes,
    identifiers,
    repaired,
    repaired_by_costs,
    semantic_ids,
    sharing,
)
from environments.identifiers.clusters import k_means, residual_levels, squared_distances
from environments.identifiers.features import behaviour_features, item_features, text_features, windowed_pairs
from simulation.core.errors import DataError

SIX_TITLES = ["red kettle", "blue kettle", "red lamp", "blue lamp", "green lamp", "green kettle"]


def stream(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def clouds(count: int, features: int, groups: int, seed: int = 0) -> np.ndarray:
    numbers = stream(seed)
    return 5 * numbers.normal(size=(groups, features))[numbers.integers(groups, size=count)] + numbers.normal(
        size=(count, features)
    )


@pytest.mark.parametrize("seed", range(5))
def test_inertia_never_rises_and_is_the_sum_of_squared_distances(seed: int) -> None:
    points = clouds(300, 8, 12, seed)
    clusters = k_means(points, 20, stream(seed))
    assert all(later <= earlier * (1 + 1e-12) for earlier, later in itertools.pairwise(clusters.inertias))
    residuals = points - clusters.centres_KF[clusters.codes_N]
    assert (residuals**2).sum() == pytest.approx(clusters.inertias[-1], rel=1e-9)
    brute = ((points[:, None] - clusters.centres_KF[None]) ** 2).sum(-1)
    assert (brute.argmin(1) == clusters.codes_N).all()
    np.testing.assert_allclose(squared_distances(points, clusters.centres_KF), brute, atol=1e-9)


def test_no_clustering_by_scipy_from_random_points_is_much_better() -> None:
    points = clouds(400, 6, 30)
    ours = k_means(points, 30, stream()).inertias[-1]
    theirs = []
    for seed in range(10):
        centres, codes = kmeans2(points, 30, iter=50, minit="++", rng=stream(seed))
        theirs.append(((points - centres[codes]) ** 2).sum())
    assert ours <= 1.02 * min(theirs)


def test_well_separated_groups_are_found_exactly() -> None:
    centres = 100 * np.eye(6)
    points = np.repeat(centres, 7, axis=0) + 0.1 * stream().normal(size=(42, 6))
    codes = k_means(points, 6, stream(3)).codes_N.reshape(6, 7)
    assert (codes == codes[:, :1]).all() and len(set(codes[:, 0].tolist())) == 6


def test_a_code_that_loses_its_items_is_moved_to_the_worst_fitting_one() -> None:
    points = clouds(60, 3, 4)
    assert len(set(k_means(points, 40, stream()).codes_N.tolist())) == 40


def test_as_many_codes_as_distinct_items_leave_nothing_of_the_features() -> None:
    points = np.repeat(clouds(9, 4, 3), 3, axis=0)
    levels = residual_levels(points, 2, 12, stream())
    assert np.abs(levels.residuals_NF).max() < 1e-9
    assert len(set(levels.codes_NL[:, 0].tolist())) == 9


@pytest.mark.parametrize("levels", [1, 2, 4])
def test_features_are_the_sum_of_their_codes_and_the_residual(levels: int) -> None:
    points = clouds(200, 7, 10)
    result = residual_levels(points, levels, 8, stream())
    summed = sum(result.codebooks[level][result.codes_NL[:, level]] for level in range(levels))
    np.testing.assert_allclose(summed + result.residuals_NF, points, atol=1e-9)
    assert result.codes_NL.shape == (200, levels) and result.codes_NL.max() < 8


def test_every_level_takes_something_away() -> None:
    points = clouds(300, 10, 20)
    left = [(residual_levels(points, levels, 8, stream()).residuals_NF ** 2).sum() for levels in (1, 2, 3)]
    assert left[0] > left[1] > left[2]


def test_600_items_take_under_two_seconds_and_are_equal_bit_for_bit_when_repeated() -> None:
    features = clouds(600, 64, 50)
    begun = time.process_time()
    first = residual_levels(features, 3, 32, stream(5))
    assert time.process_time() - begun < 2.0
    second = residual_levels(features.copy(), 3, 32, stream(5))
    for one, other in zip((*first.codebooks, first.codes_NL), (*second.codebooks, second.codes_NL), strict=True):
        assert one.tobytes() == other.tobytes()
    assert (semantic_ids(features, 3, 32, generator=stream(5)) == first.codes_NL).all()
    assert not (semantic_ids(features, 3, 32, generator=stream(6)) == first.codes_NL).all()


def test_repair_keeps_the_best_fitting_item_and_gives_the_others_the_nearest_free_code() -> None:
    codes = np.array([[0, 1], [0, 1], [0, 1], [0, 2], [1, 1]])
    costs = np.array([
        [0.5, 2.0, 0.1, 9.0],  # would rather have code 2, which item 3 has; then code 0
        [3.0, 1.0, 0.0, 4.0],  # fits code 1 best of the three, keeps it
        [0.1, 3.0, 0.2, 5.0],  # comes after item 0, which took code 0: code 3 is left
        [0.0, 0.0, 7.0, 0.0],  # shares with nobody, keeps its code
        [0.0, 0.0, 0.0, 0.0],
    ])  # fmt: skip
    repair = repaired_by_costs(codes, costs)
    assert repair.codes_NL.tolist() == [[0, 0], [0, 1], [0, 3], [0, 2], [1, 1]]
    assert (repair.collisions_before, repair.collisions_left) == (3, 0)


def test_what_cannot_be_repaired_is_left_and_counted() -> None:
    codes = np.zeros((5, 2), dtype=np.int64)
    costs = np.arange(15, dtype=float).reshape(5, 3)
    repair = repaired_by_costs(codes, costs)
    assert repair.codes_NL[:, 1].tolist() == [0, 1, 2, 0, 0]
    assert (repair.collisions_before, repair.collisions_left) == (5, 3)


@pytest.mark.parametrize("seed", range(6))
def test_repaired_identifiers_are_unique_and_change_only_the_last_code_of_sharers(seed: int) -> None:
    features = clouds(500, 12, 25, seed)
    codes = semantic_ids(features, 3, 16, generator=stream(seed))
    repair = repaired(codes, features, 16)
    counts = Counter(map(tuple, codes.tolist()))
    assert repair.collisions_before == sum(count for count in counts.values() if count > 1) > 0
    assert repair.collisions_left == sharing(repair.codes_NL)
    assert (repair.codes_NL[:, :-1] == codes[:, :-1]).all()
    alone = np.array([counts[tuple(row)] == 1 for row in codes.tolist()])
    assert (repair.codes_NL[alone] == codes[alone]).all()
    for text, count in counts.items():
        sharers = [place for place, row in enumerate(codes.tolist()) if tuple(row) == text]
        assert count < 2 or sum(int((repair.codes_NL[place] == codes[place]).all()) for place in sharers) >= 1


def test_repair_of_k_means_codes_measures_fit_by_its_own_centres() -> None:
    features = clouds(400, 10, 20)
    levels = residual_levels(features, 2, 20, stream(), partial(k_means, rounds=500))  # until centres are means
    before_last = levels.residuals_NF + levels.codebooks[1][levels.codes_NL[:, 1]]
    by_centres = repaired_by_costs(levels.codes_NL, squared_distances(before_last, levels.codebooks[1]))
    assert (by_centres.codes_NL == repaired(levels.codes_NL, features, 20).codes_NL).all()


def test_identifiers_of_one_call_are_those_of_its_two_steps() -> None:
    features = clouds(300, 10, 20)
    both = identifiers(features, 3, 16, generator=stream(2))
    assert (both.codes_NL == repaired(semantic_ids(features, 3, 16, generator=stream(2)), features, 16).codes_NL).all()


def test_levels_may_have_different_numbers_of_codes() -> None:
    features = clouds(300, 10, 20)
    repair = identifiers(features, 3, (20, 4, 32), generator=stream())
    assert [int(codes.max()) + 1 for codes in repair.codes_NL.T[:2]] == [20, 4] and repair.codes_NL.max() < 32
    same = identifiers(features, 3, 16, generator=stream()).codes_NL
    assert (same == identifiers(features, 3, [16] * 3, generator=stream()).codes_NL).all()
    with pytest.raises(DataError, match="3 levels"):
        semantic_ids(features, 3, (20, 4), generator=stream())


def test_codes_are_written_with_a_letter_a_level() -> None:
    assert as_codes([[12, 3, 31], [0, 0, 0]]) == (("<a_12>", "<b_3>", "<c_31>"), ("<a_0>", "<b_0>", "<c_0>"))


def test_words_and_tags_place_alike_items_together() -> None:
    features = text_features(SIX_TITLES)
    similar = features @ features.T
    np.testing.assert_allclose(np.diag(similar), 1.0)
    assert similar[0, 1] > similar[0, 3] + 0.2 and similar[2, 3] > similar[2, 1] + 0.2
    tagged = text_features(["one", "two", "three"], [("same",), ("same",), ("other",)])
    assert tagged[0] @ tagged[1] > 0.2 and abs(tagged[0] @ tagged[2]) < 1e-9


def test_text_features_keep_the_cosines_of_tf_idf_when_nothing_is_cut_off() -> None:
    counts = {title: Counter(title.split()) for title in SIX_TITLES}
    words = sorted({word for title in SIX_TITLES for word in title.split()})
    present = {word: sum(word in count for count in counts.values()) for word in words}
    weights = {word: np.log(7 / (1 + present[word])) + 1 for word in words}
    matrix = np.array([[counts[title][word] * weights[word] for word in words] for title in SIX_TITLES])
    matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
    features = text_features(SIX_TITLES)
    np.testing.assert_allclose(features @ features.T, matrix @ matrix.T, atol=1e-9)


def test_large_catalogues_get_the_singular_vectors_of_small_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = stream()
    texts = [" ".join(f"w{word}" for word in numbers.integers(60, size=6)) for _ in range(200)]
    whole = text_features(texts, dimensions=10)
    monkeypatch.setattr("environments.identifiers.features._DENSE", 0)
    lanczos = text_features(texts, dimensions=10)
    np.testing.assert_allclose(lanczos, whole, atol=1e-7)
    assert lanczos.tobytes() == text_features(texts, dimensions=10).tobytes()


def test_pairs_are_at_most_three_apart_and_weigh_one_over_their_distance() -> None:
    pairs, weights = windowed_pairs([[0, 1, 2, 3, 4], [7], [5, 6]])
    weight_by_pair = {(first, second): weight for (first, second), weight in zip(pairs.tolist(), weights, strict=True)}
    assert len(weight_by_pair) == len(pairs) == 10
    assert weight_by_pair[0, 1] == 1.0 and weight_by_pair[0, 3] == pytest.approx(1 / 3) and weight_by_pair[5, 6] == 1.0
    assert (0, 4) not in weight_by_pair and (1, 0) not in weight_by_pair


def test_behaviour_features_are_the_spectral_roots_of_the_positive_information() -> None:
    pairs = np.array([[0, 1], [0, 1], [2, 3], [2, 3], [0, 2], [4, 4]])
    counts = np.zeros((5, 5))
    for first, second in pairs[:-1]:
        counts[first, second] += 1
        counts[second, first] += 1
    margins = counts.sum(1)
    with np.errstate(divide="ignore", invalid="ignore"):
        information = np.log(counts * counts.sum() / np.outer(margins, margins))
    information = np.where(np.isfinite(information), np.maximum(information, 0), 0)
    left, values, _ = np.linalg.svd(information)
    expected = (left * np.sqrt(values)) @ (left * np.sqrt(values)).T
    expected, lengths = expected[:4, :4], np.sqrt(np.diag(expected))[:4]
    features = behaviour_features(pairs, 5)
    ours = features @ features.T
    np.testing.assert_allclose(ours[:4, :4], expected / np.outer(lengths, lengths), atol=1e-9)
    assert not features[4].any()


def test_behaviour_beside_text_is_shrunk() -> None:
    text, behaviour = np.eye(3), np.ones((3, 2))
    assert item_features(text, behaviour, weight=0.7).tolist()[0] == [1.0, 0.0, 0.0, 0.7, 0.7]


def test_the_embedded_shop_has_an_identifier_for_every_item() -> None:
    from environments.shop.items import shop_items

    wares = shop_items(0)
    repair = identifiers(text_features(wares.titles, wares.tags), 3, 32, generator=stream())
    assert repair.collisions_before > 0 and repair.collisions_left == 0
    assert len(set(as_codes(repair.codes_NL))) == len(wares.titles) == 600


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        (lambda: k_means(np.zeros(4), 2, stream()), "shape"),
        (lambda: k_means(np.zeros((0, 4)), 2, stream()), "shape"),
        (lambda: k_means(np.array([[0.0], [np.nan]]), 2, stream()), "item 1"),
        (lambda: k_means(np.zeros((4, 2)), 0, stream()), "at least 1"),
        (lambda: residual_levels(np.zeros((4, 2)), 0, 2, stream()), "at least 1"),
        (lambda: repaired(np.zeros((3, 2), dtype=np.int64), np.zeros((4, 2)), 2), "4 items"),
        (lambda: text_features(["", "!?"]), "titles"),
        (lambda: text_features(["a"], [(), ()]), "one list a text"),
        (lambda: behaviour_features([[0, 9]], 3), "item 9 of 3"),
        (lambda: behaviour_features([[1, 1]], 3), "longer training histories"),
        (lambda: as_codes([0, 1]), "cannot be written"),
    ],
)
def test_what_cannot_be_clustered_is_refused_in_words(call, complaint: str) -> None:
    with pytest.raises(DataError, match=complaint):
        call()
