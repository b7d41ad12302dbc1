"""Windows of a log and their splits, against a writing of them user by user; and the real data."""

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from environments.logs.log import Events, Log, Windows
from environments.logs.narrowing import narrowed
from environments.logs.reading import read_log
from environments.logs.splitting import Split, windows
from simulation.core.errors import DataError
from tests.support.logs import MOVIELENS, OFFICE, minionerec, named_events, real

Rows = list[tuple[int, tuple[int, ...], int, float]]


def random_log(seed: int, events: int = 400) -> Log:
    generator = np.random.default_rng(seed)
    users_E = generator.integers(23, size=events).astype(np.int32)
    items_E = generator.integers(31, size=events).astype(np.int32)
    times_E = np.sort(generator.integers(150, size=events)).astype(np.float64)  # many at one time
    items = tuple(f"i{item}" for item in range(31))
    titles = tuple(" ".join(["word"] * (1 + item % 5)) for item in range(31))
    users = tuple(f"u{user}" for user in range(23))
    return Log("random", items, titles, users, events=Events(users_E, items_E, times_E))


def by_hand(log: Log, history: int, shortest: int, or_last: bool) -> Rows:
    """Every user's events in turn, then all windows by the time of their target, and of one time as in the file."""
    assert log.events is not None
    rows = list(enumerate(zip(log.events.users_E, log.events.items_E, log.events.times_E, strict=True)))
    cut = []
    for user in range(len(log.users)):
        own = [(place, int(item), float(time)) for place, (taker, item, time) in rows if taker == user]
        first = min(shortest, len(own) - 1) if or_last else shortest
        for at in range(max(first, 1), len(own)):
            earlier = tuple(item for _, item, _ in own[max(0, at - history) : at])
            cut.append((own[at][0], (user, earlier, own[at][1], own[at][2])))
    return [row for _, row in sorted(cut)]


def rows_of(split: Split) -> list[Rows]:
    return [rows_in(part) for part in (split.train, split.valid, split.test)]


def rows_in(part: Windows) -> Rows:
    assert part.times_W is not None
    pairs = zip(part.users_W.tolist(), part, part.times_W.tolist(), strict=True)
    return [(user, history, target, time) for user, (history, target), time in pairs]


@pytest.mark.parametrize(
    ("history", "shortest", "or_last"), [(10, 1, False), (3, 1, False), (4, 4, False), (10, 10, True)]
)
def test_windows_by_global_time_equal_those_cut_by_hand(history: int, shortest: int, or_last: bool) -> None:
    for seed in range(5):
        log = random_log(seed)
        expected = by_hand(log, history, shortest, or_last)
        parts = rows_of(windows(log, history=history, shortest=shortest, or_last=or_last))
        assert [row for part in parts for row in part] == expected
        assert [len(part) for part in parts[:2]] == [
            len(expected) * 8 // 10,
            len(expected) * 9 // 10 - len(expected) * 8 // 10,
        ]


def test_nothing_that_is_trained_on_happened_after_anything_that_is_tested() -> None:
    split = windows(random_log(3))
    assert split.train.times_W is not None and split.valid.times_W is not None and split.test.times_W is not None
    assert (
        split.train.times_W.max() <= split.valid.times_W.min() <= split.valid.times_W.max() <= split.test.times_W.min()
    )


def test_leave_one_out_keeps_each_user_s_last_for_testing_and_warns_of_the_leak() -> None:
    log = random_log(4)
    split = windows(log, split="leave_one_out")
    expected = by_hand(log, 10, 1, False)
    by_user = {user: [row for row in expected if row[0] == user] for user in range(len(log.users))}
    train, valid, test = rows_of(split)
    assert sorted(test) == sorted(rows[-1] for rows in by_user.values() if rows)
    assert sorted(valid) == sorted(rows[-2] for rows in by_user.values() if len(rows) > 1)
    assert sorted(train) == sorted(row for rows in by_user.values() for row in rows[:-2])
    assert any("leaks the future" in notice for notice in split.notices)
    assert not any("leaks the future" in notice for notice in windows(log).notices)


def test_what_was_taken_before_is_known_beyond_the_history() -> None:
    log = random_log(5)
    split = windows(log, history=2)
    whole = by_hand(log, 400, 1, False)[-len(split.test) :]
    assert [tuple(items.tolist()) for items in log.taken_before(split.test)] == [history for _, history, _, _ in whole]


def test_users_with_one_event_are_counted() -> None:
    events = Events(np.array([0, 1, *[2] * 30], np.int32), np.zeros(32, np.int32), np.arange(32.0))
    split = windows(Log("small", ("a",), ("A",), ("x", "y", "z"), events=events), shortest=3)
    assert split.counts == {
        "users with a single event, so without history": 2,
        "windows with fewer than 3 items before": 2,
    }


def test_a_core_keeps_the_largest_part_in_which_all_have_enough_events() -> None:
    log = random_log(6, 220)
    assert log.events is not None
    kept = named_events(log)
    while True:
        users, items = [row[0] for row in kept], [row[1] for row in kept]
        fewer = [row for row in kept if users.count(row[0]) >= 5 and items.count(row[1]) >= 5]
        if len(fewer) == len(kept):
            break
        kept = fewer
    core = narrowed(log, core=5)
    assert kept
    assert kept == named_events(core)
    assert core.counts == {
        "events of users or items with fewer than 5": 220 - len(kept),
        "items of which nothing is left": 31 - len({row[1] for row in kept}),
        "users of whom nothing is left": 23 - len({row[0] for row in kept}),
    }


def test_long_titles_and_other_times_are_left_out_and_counted() -> None:
    log = random_log(7)
    assert log.events is not None
    few = narrowed(log, title_words=3, since=20, until=100)
    assert few.events is not None
    long = np.array([len(title.split()) > 3 for title in log.titles])
    within_E = (log.events.times_E >= 20) & (log.events.times_E < 100)
    assert all(len(title.split()) <= 3 for title in few.titles)
    assert few.counts == {
        "events outside the span of time": int((~within_E).sum()),
        "items whose title has more than 3 words": int(long.sum()),
        "events of items whose title is too long": int((within_E & long[log.events.items_E]).sum()),
        "items of which nothing is left": len(log.items) - len(few.items),
    }
    assert (
        len(few.events)
        == len(log.events)
        - few.counts["events outside the span of time"]
        - few.counts["events of items whose title is too long"]
    )


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"split": "by_user"}, "no split 'by_user'; .*global_time, leave_one_out"),
        ({"history": 3, "shortest": 4}, "give 1 <= shortest <= history"),
        ({"history": 400, "shortest": 400}, "gives 0 windows for training"),
    ],
)
def test_settings_that_give_no_windows_are_refused(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(DataError, match=words):
        windows(random_log(8), **settings)


def test_windows_as_published_keep_their_split(tmp_path: Path) -> None:
    log = read_log(minionerec(tmp_path))
    split = windows(log, history=2)
    assert list(split.test) == [((1, 2), 3), ((3, 4), 5)]
    with pytest.raises(DataError, match="was published as windows, split by time"):
        windows(log, split="leave_one_out")
    with pytest.raises(DataError, match="cannot be narrowed"):
        narrowed(log, core=5)
    with pytest.raises(DataError, match="gives 0 windows for training"):
        windows(log, shortest=2)


def test_office_products_is_read_whole() -> None:
    began = time.process_time()
    log = read_log(real(OFFICE), list_size=50)
    assert time.process_time() - began < 3
    sizes = {split: len(part) for split, part in log.windows.items()}
    leaks = log.counts["prefixes whose target is a validation row's"]
    assert len(log.items) == 3_459 and log.codes is not None and {len(codes) for codes in log.codes} == {3}
    assert sizes == {"train": 6_166, "valid": 4_866, "test": 4_866}
    assert sizes["train"] + leaks == 7_377
    assert log.counts == {"prefixes whose target is a validation row's": 1_211, "items that share an ID": 30}
    holders = dict.fromkeys(log.codes, 0)
    for codes in log.codes:
        holders[codes] += 1
    shared = [holders[log.codes[target]] > 1 for target in log.windows["test"].targets_W]
    assert sum(shared) == 84 and round(100 * np.mean(shared), 1) == 1.7


def hits_at_10(scores_I: np.ndarray, log: Log, split: Split) -> float:
    """What is taken is never taken again, so what a user took before is left out; of equals half stand before."""
    hits = 0
    for target, taken in zip(split.test.targets_W.tolist(), log.taken_before(split.test), strict=True):
        better, equal = scores_I > scores_I[target], scores_I == scores_I[target]
        better[taken] = equal[taken] = False
        hits += better.sum() + (equal.sum() - 1) / 2 < 10
    return hits / len(split.test)


def test_movielens_by_global_time_has_its_counts_and_popularity_its_hits() -> None:
    log = read_log(real(MOVIELENS))
    assert log.events is not None
    assert [len(log.items), len(log.users), len(log.events)] == [1_682, 943, 100_000]
    assert log.counts == {}
    assert log.tags[0] == ("Animation", "Children's", "Comedy")
    split = windows(log)
    assert [len(split.train), len(split.valid), len(split.test)] == [79_245, 9_906, 9_906]
    popularity_I = np.bincount(split.train.targets_W, minlength=len(log.items))
    assert round(hits_at_10(popularity_I, log, split), 3) == 0.063
