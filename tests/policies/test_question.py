"""What each question policy asks, and how it says why."""

import math
from collections import Counter

import pytest

from policies.asking.log_probability import LogProbability
from policies.asking.log_probability_category import LogProbabilityCategory
from policies.asking.oracle import Oracle
from policies.asking.random import Random
from policies.asking.round_robin import RoundRobin
from simulation.core.errors import ScenarioError
from simulation.core.types import Question
from tests.support.contexts import CATEGORIES, context, experience, memory, pool, question, wrong_by_category

SURE = (math.log(0.8), math.log(0.1), math.log(0.1))
UNSURE = (math.log(0.4), math.log(0.3), math.log(0.3))


def test_random_gives_every_candidate_the_same_chance() -> None:
    times: Counter[str] = Counter()
    for seed in range(2000):
        picks = Random().select(pool(10), 3, context(seed=seed))
        assert {pick.propensity for pick in picks} == {0.3}
        times.update(pick.item.id for pick in picks)
    assert max(times.values()) - min(times.values()) < 2000 * 0.3 * 0.25


def test_log_probability_asks_only_what_is_below_the_threshold() -> None:
    candidates = pool(40)
    predictions = {each.id: UNSURE if index % 2 else SURE for index, each in enumerate(candidates)}
    picks = LogProbability().select(candidates, 10, context(predictions=predictions))
    assert all(predictions[pick.item.id] is UNSURE for pick in picks)
    assert {pick.propensity for pick in picks} == {0.5}
    assert {round(pick.score or 0, 6) for pick in picks} == {0.4}


def test_the_threshold_is_exclusive() -> None:
    candidates = [question("even"), question("below")]
    predictions = {"even": (math.log(0.5), math.log(0.25), math.log(0.25)), "below": UNSURE}
    first, second = LogProbability().select(candidates, 2, context(predictions=predictions))
    assert (first.item.id, second.item.id) == ("below", "even")
    assert "only 1 of 2 candidates pass" in second.reason


def test_too_few_that_pass_are_filled_with_the_least_confident() -> None:
    candidates = pool(20)
    top = [0.6 + 0.01 * ((7 * index) % 20) for index in range(20)]
    predictions = {
        each.id: (math.log(high), math.log((1 - high) / 2), math.log((1 - high) / 2))
        for each, high in zip(candidates, top, strict=True)
    }
    predictions[candidates[4].id] = UNSURE
    picks = LogProbability().select(candidates, 5, context(predictions=predictions))
    lowest = sorted(high for index, high in enumerate(top) if index != 4)[:4]
    assert picks[0].item is candidates[4]
    assert [pick.score for pick in picks[1:]] == pytest.approx(lowest)
    assert all("least confident of the rest" in pick.reason for pick in picks[1:])


def test_the_published_rule_admits_nearly_everything_and_ours_does_not() -> None:
    """The options of a sure student share little of the probability of all texts."""
    candidates = pool(40)
    sure = tuple(math.log(share) - 5 for share in (0.98, 0.01, 0.01))
    predictions = {each.id: sure for each in candidates}
    published = LogProbability(normalize=False).select(candidates, 10, context(predictions=predictions))
    ours = LogProbability().select(candidates, 10, context(predictions=predictions))
    assert all("<" in pick.reason for pick in published)
    assert published[0].score == pytest.approx(0.98 * math.exp(-5))
    assert all("only 0 of 40" in pick.reason for pick in ours)
    assert ours[0].score == pytest.approx(0.98)


def test_very_low_log_probabilities_still_normalise() -> None:
    predictions = {"q": (-5000.0, -5001.0, -5002.0)}
    pick = LogProbability().select([question("q")], 1, context(predictions=predictions))[0]
    assert pick.score == pytest.approx(1 / (1 + math.exp(-1) + math.exp(-2)))


def test_both_rules_fill_the_quotas_with_questions_that_pass() -> None:
    candidates = pool(240)
    predictions = {each.id: UNSURE if index // 6 % 2 else SURE for index, each in enumerate(candidates)}
    found, tags = wrong_by_category({"general": 12, "physics": 6, "gain": 7, "other": 5})
    seen = context(predictions=predictions, evaluations={"probe": found}, tags=tags)
    picks = LogProbabilityCategory().select(candidates, 40, seen)
    assert Counter(pick.item.category for pick in picks) == {"general": 17, "physics": 8, "gain": 9, "other": 6}
    assert all(predictions[pick.item.id] is UNSURE for pick in picks)
    assert all("quota" in pick.reason and "< 0.5" in pick.reason for pick in picks)


def test_both_rules_fill_first_with_what_passes_and_then_with_the_least_confident() -> None:
    candidates = pool(60)
    passing = {candidates[0].id, candidates[1].id, candidates[7].id}
    predictions = {each.id: UNSURE if each.id in passing else SURE for each in candidates}
    found, tags = wrong_by_category({"general": 3})
    seen = context(predictions=predictions, evaluations={"probe": found}, tags=tags)
    picks = LogProbabilityCategory().select(candidates, 5, seen)
    assert {pick.item.id for pick in picks[:3]} == passing
    assert sum("too few candidates" in pick.reason for pick in picks) == 2
    assert all("only 3 of 60 candidates pass" in pick.reason for pick in picks[3:])


def test_round_robin_goes_on_where_the_last_turn_ended() -> None:
    candidates = pool(60)
    held = memory()
    order: list[str] = []
    for turn in range(1, 5):
        picks = RoundRobin().select(candidates, 4, context(turn=turn, held=held))
        order += [pick.item.category for pick in picks]
        held.extend(experience(pick.item, turn=turn, position=place) for place, pick in enumerate(picks))
    assert order == [CATEGORIES[index % 6] for index in range(16)]
    assert max(count.asked for count in held.questions.values()) == 1


def test_round_robin_asks_the_least_asked_question_first() -> None:
    candidates = [question(name, "gain") for name in "abc"]
    held = memory([experience(candidates[0]), experience(candidates[0]), experience(candidates[2])])
    picks = RoundRobin().select(candidates, 2, context(held=held))
    assert [(pick.item.id, pick.score) for pick in picks] == [("b", 0.0), ("c", 1.0)]


def test_round_robin_passes_over_a_category_without_candidates() -> None:
    candidates = [question("a", "gain"), *(question(f"p{index}", "physics") for index in range(5))]
    picks = RoundRobin().select(candidates, 4, context())
    assert Counter(pick.item.category for pick in picks) == {"physics": 3, "gain": 1}


def test_the_oracle_asks_what_is_least_likely_to_be_right() -> None:
    candidates = [question("a", right=0), question("b", right=1), question("c", right=2)]
    predictions = {"a": SURE, "b": SURE, "c": UNSURE}
    picks = Oracle().select(candidates, 3, context(predictions=predictions))
    assert [pick.item.id for pick in picks] == ["b", "c", "a"]
    assert [pick.score for pick in picks] == pytest.approx([0.1, 0.3, 0.8])


def test_the_oracle_refuses_a_question_without_a_reference_among_its_choices() -> None:
    shown = question("a").shown()
    with pytest.raises(ScenarioError, match=r"'a' has no reference among its choices"):
        Oracle().select([shown], 1, context(predictions={"a": SURE}))


@pytest.mark.parametrize("asked", [Question(id="open", prompt="why?"), question("q")])
def test_a_question_without_a_prediction_for_each_choice_is_refused(asked: Question) -> None:
    with pytest.raises(ScenarioError, match=r"needs one each; take questions with choices"):
        LogProbability().select([asked], 1, context(predictions={}))
