"""The embedded shop: a function of its seed, baselines that hit as often as they should, an oracle true to draws."""

import time

import numpy as np
import pytest

from environments.logs.log import Windows
from environments.logs.splitting import windows
from environments.shop.items import COMPLEMENTS, ITEM_COUNT, shop_items
from environments.shop.log import PEOPLE, shop_log
from environments.shop.oracle import likeliest, true_chances
from environments.shop.people import NOTHING_YET, Tastes, draw_items, draw_tastes, drifted, item_chances
from simulation.core.seeding import generator

SEEDS = (0, 1, 2)


def hits(scores_WI: np.ndarray, targets_W: np.ndarray) -> float:
    """Return HR@10; items of equal scores share their mean rank."""
    own_W1 = np.take_along_axis(scores_WI, targets_W[:, None], axis=1)
    ahead_W = (scores_WI > own_W1).sum(1) + ((scores_WI == own_W1).sum(1) - 1) / 2
    return float((ahead_W < 10).mean())


def directed_counts(train: Windows) -> np.ndarray:
    """Return how often each item came before each other, at most three apart, a pair d apart as 1/d."""
    counts_II = np.zeros((ITEM_COUNT, ITEM_COUNT))
    for distance in (1, 2, 3):
        before_W = train.histories_WH[:, -distance]
        is_there_W = before_W >= 0
        np.add.at(counts_II, (before_W[is_there_W], train.targets_W[is_there_W]), 1 / distance)
    return counts_II


def baselines(seed: int) -> tuple[float, float, float]:
    shop = shop_log(seed)
    split = windows(shop.log)
    counts_I = np.bincount(split.train.targets_W, minlength=ITEM_COUNT).astype(float)
    targets_W, last_W = split.test.targets_W, split.test.histories_WH[:, -1]
    popular = hits(np.tile(counts_I, (len(targets_W), 1)), targets_W)
    together = hits(directed_counts(split.train)[last_W] + 1e-6 * counts_I, targets_W)
    oracle = (likeliest(shop, split.test, 10) == targets_W[:, None]).any(1).mean()
    return popular, together, float(oracle)


def test_popularity_co_occurrence_and_the_oracle_hit_as_often_as_they_should() -> None:
    popular, together, oracle = np.mean([baselines(seed) for seed in SEEDS], axis=0)
    assert popular == pytest.approx(0.073, abs=0.015)
    assert together == pytest.approx(0.360, abs=0.015)
    assert oracle == pytest.approx(0.576, abs=0.015)


def test_the_catalogue_has_600_items_of_distinct_names_and_titles_in_every_combination() -> None:
    wares = shop_items(0)
    assert len(set(wares.names)) == len(set(wares.titles)) == len(wares.tags) == ITEM_COUNT == 600
    assert [len({tags[:level] for tags in wares.tags}) for level in (1, 2, 3)] == [10, 50, 200]
    assert all(len(title.split()) == 3 for title in wares.titles)
    for place in (0, 17, 599):
        assert wares.names[place] == f"{wares.tags[place][1]}-{wares.tags[place][2]}-{place % 3 + 1}"
        assert (wares.category_I[place], wares.noun_I[place], wares.style_I[place]) == (
            place // 60, place // 12, place // 3 % 4,
        )  # fmt: skip


def test_complements_are_of_another_noun_and_mostly_of_one_related_category() -> None:
    wares = shop_items(3)
    assert np.allclose(wares.complements_NN.sum(1), 1) and not wares.complements_NN.diagonal().any()
    assert (np.sort(wares.complements_NN, axis=1)[:, ::-1][:, :3] == COMPLEMENTS).all()
    by_category_NC = wares.complements_NN.reshape(50, 10, 5).sum(2)
    related_N = by_category_NC.argmax(1)
    assert by_category_NC.max(1).mean() > 0.6
    assert len({(noun // 5, related) for noun, related in enumerate(related_N)}) < 20
    assert len(wares.complements(0)) == 36


def test_a_world_is_a_function_of_its_seed_and_another_seed_changes_all_but_the_words() -> None:
    shop_items.cache_clear()
    before = shop_log(5)
    shop_log.cache_clear()
    after, other = shop_log(5), shop_log(6)
    assert before is not after and before.log.events is not None and after.log.events is not None
    assert np.array_equal(before.log.events.items_E, after.log.events.items_E)
    assert np.array_equal(before.log.events.times_E, after.log.events.times_E)
    assert before.wares.titles == other.wares.titles
    assert not np.array_equal(before.wares.complements_NN, other.wares.complements_NN)
    assert not np.array_equal(before.wares.popularity_I, other.wares.popularity_I)


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_held_out_was_taken_before_anything_that_is_learned(seed: int) -> None:
    split = windows(shop_log(seed).log)
    train, valid, test = (part.times_W for part in (split.train, split.valid, split.test))
    assert train is not None and valid is not None and test is not None
    assert train.max() <= valid.min() and valid.max() <= test.min()
    size = len(train) + len(valid) + len(test)
    assert 34_000 < size < 38_000
    assert (len(train) / size, len(test) / size) == pytest.approx((0.8, 0.1), abs=1e-3)


def test_windows_hold_the_items_that_the_same_person_took_just_before() -> None:
    log = shop_log(0).log
    assert log.events is not None
    users_E, items_E = log.events.users_E, log.events.items_E
    test = windows(log).test
    assert test.before_W is not None
    for place in range(0, len(test), 97):
        taken = items_E[users_E == test.users_W[place]].tolist()
        before = int(test.before_W[place])
        assert taken[before] == test.targets_W[place]
        assert tuple(taken[max(0, before - 10) : before]) == test.histories[place]
    assert len(np.unique(users_E)) == PEOPLE


def test_the_oracles_chances_are_those_by_which_items_are_drawn() -> None:
    wares, people = shop_items(0), 40_000
    tastes = draw_tastes(generator(0, 0, 0, "tastes"), 1)
    many = Tastes(category_UC=np.repeat(tastes.category_UC, people, 0), style_US=np.repeat(tastes.style_US, people, 0))
    for last in (NOTHING_YET, 123):
        chances_I = item_chances(wares, tastes, np.array([last]))[0]
        assert chances_I.sum() == pytest.approx(1)
        drawn_U = draw_items(wares, many, np.full(people, last), generator(1, 0, 0, "draws"))
        shares_I = np.bincount(drawn_U, minlength=ITEM_COUNT) / people
        assert np.abs(shares_I - chances_I).max() < 5 * np.sqrt(0.25 / people)
        assert np.abs(shares_I - chances_I).sum() < 0.1


def test_the_oracle_is_calibrated_and_lists_the_likeliest_first() -> None:
    shop = shop_log(0)
    test = windows(shop.log).test
    chances_WI, listed_WK = true_chances(shop, test), likeliest(shop, test)
    listed_chances_WK = np.take_along_axis(chances_WI, listed_WK, axis=1)
    assert (np.diff(listed_chances_WK, axis=1) <= 0).all()
    assert (np.sort(chances_WI, axis=1)[:, ::-1][:, :50] == listed_chances_WK).all()
    hit_W = (listed_WK[:, :10] == test.targets_W[:, None]).any(1)
    assert hit_W.mean() == pytest.approx(listed_chances_WK[:, :10].sum(1).mean(), abs=0.03)


def test_tastes_drift_and_keep_their_spread() -> None:
    stream = generator(0, 0, 0, "drift")
    first = tastes = draw_tastes(stream, 20_000)
    for _ in range(20):
        tastes = drifted(tastes, stream)
    assert tastes.category_UC.std() == pytest.approx(first.category_UC.std(), rel=0.02)
    assert np.corrcoef(first.style_US.ravel(), tastes.style_US.ravel())[0, 1] == pytest.approx(0.92**10, abs=0.03)
    assert np.corrcoef(first.category_UC.ravel(), tastes.category_UC.ravel())[0, 1] < 0.4


def test_a_world_is_made_in_less_than_two_seconds() -> None:
    shop_log.cache_clear()
    begun = time.process_time()
    windows(shop_log(11).log)
    assert time.process_time() - begun < 2
