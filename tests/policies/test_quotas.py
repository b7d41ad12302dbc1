"""Category quotas follow the published rule, and say what they did where a category has too few candidates."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from policies.asking.category import Category
from policies.parts.quotas import MATHQA_ORDER, allocate, in_order
from simulation.core.types import Selection
from tests.support.contexts import CATEGORIES, context, evaluation, pool, question, wrong_by_category

PUBLISHED = Path(__file__).resolve().parents[3] / "shared" / "data" / "published" / "student_sim_trace.json"


def published() -> list[Any]:
    """Every published evaluation with the allocation that followed it."""
    if not PUBLISHED.is_file():
        pytest.skip(f"the published trace is not at {PUBLISHED}")
    trace = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    assert tuple(trace["categories"]) == MATHQA_ORDER
    return [trace["initial"], *(each for method in trace["methods"].values() for each in method["evals"])]


def counts(picks: list[Selection[Any]]) -> list[int]:
    found = Counter(pick.item.category for pick in picks)
    return [found[category] for category in CATEGORIES]


def test_the_rule_reproduces_every_published_allocation() -> None:
    logged = published()
    assert len(logged) == 41
    assert [allocate(40, each["wrong_by_category"]) for each in logged] == [each["next_allocation"] for each in logged]


@pytest.mark.parametrize("source", ["probe", "evaluation"])
def test_the_policy_reproduces_every_published_allocation(source: Any) -> None:
    policy = Category(source=source)
    key = "probe" if source == "probe" else "held_out"
    for seed, each in enumerate(published()):
        found, tags = wrong_by_category(dict(zip(CATEGORIES, each["wrong_by_category"], strict=True)))
        seen = context(seed=seed, evaluations={key: found}, tags=tags)
        assert counts(policy.select(pool(240), 40, seen)) == each["next_allocation"]


def test_only_the_source_it_names_is_read() -> None:
    probe, tags = wrong_by_category({"gain": 3})
    other, more = wrong_by_category({"physics": 3}, right=0)
    seen = {"probe": probe, "held_out": other}
    of_probe = Category().select(pool(60), 9, context(evaluations=seen, tags={**tags, **more}))
    of_evaluation = Category(source="evaluation").select(pool(60), 9, context(evaluations=seen, tags={**tags, **more}))
    assert {pick.item.category for pick in of_probe} == {"gain"}
    assert {pick.item.category for pick in of_evaluation} == {"physics"}
    assert (Category().needs, Category(source="evaluation").needs) == (frozenset({"probe"}), frozenset())


@pytest.mark.parametrize("wrong", [{}, {"gain": 0, "physics": 0}])
def test_without_wrong_answers_every_candidate_is_equally_likely(wrong: dict[str, int]) -> None:
    found, tags = wrong_by_category(wrong) if wrong else (evaluation({"p": 1.0}), {})
    picks = Category().select(pool(60), 15, context(evaluations={"probe": found}, tags=tags))
    assert {pick.propensity for pick in picks} == {0.25}
    assert all("no wrong answers" in pick.reason for pick in picks)


def test_a_category_with_too_few_candidates_is_filled_from_the_rest_and_says_so() -> None:
    found, tags = wrong_by_category({"gain": 6, "physics": 4})
    candidates = [question(f"g{index}", "gain") for index in range(2)]
    candidates += [question(f"p{index}", "physics") for index in range(30)]
    picks = Category().select(candidates, 10, context(evaluations={"probe": found}, tags=tags))
    assert Counter(pick.item.category for pick in picks) == {"gain": 2, "physics": 8}
    filling = [pick for pick in picks if "too few candidates" in pick.reason]
    assert len(filling) == 4
    assert all("gain" in pick.reason for pick in filling)


def test_the_remainder_goes_to_the_first_category_in_order() -> None:
    assert allocate(10, [1, 1, 1]) == [4, 3, 3]
    assert allocate(2, [0, 1, 1, 1]) == [2, 0, 0, 0]
    assert in_order({"zeta", "gain", "general", "alpha"}, MATHQA_ORDER) == ["general", "gain", "alpha", "zeta"]
    found, tags = wrong_by_category({"physics": 1, "gain": 1, "other": 1})
    seen = context(evaluations={"probe": found}, tags=tags)
    picks = Category(order=("other",)).select(pool(60), 10, seen)
    assert Counter(pick.item.category for pick in picks) == {"other": 4, "physics": 3, "gain": 3}


def test_propensities_are_the_shares_of_many_draws() -> None:
    found, tags = wrong_by_category({"gain": 6, "physics": 3, "other": 1})
    candidates = [question(f"g{index}", "gain") for index in range(4)]
    candidates += [question(f"p{index}", "physics") for index in range(6)]
    candidates += [question(f"o{index}", "other") for index in range(3)]
    times: Counter[str] = Counter()
    said: dict[str, float] = {}
    rounds = 4000
    for seed in range(rounds):
        picks = Category().select(candidates, 10, context(seed=seed, evaluations={"probe": found}, tags=tags))
        times.update(pick.item.id for pick in picks)
        said.update({pick.item.id: pick.propensity or 0.0 for pick in picks})
    assert sum(said.values()) == pytest.approx(10)
    shares = np.array([times[each.id] / rounds for each in candidates])
    assert np.abs(shares - [said[each.id] for each in candidates]).max() < 4 * np.sqrt(0.25 / rounds)
