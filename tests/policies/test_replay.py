"""What the replay policies learn from, against enumeration of all draws, closed forms and frequencies."""

import math
from collections import Counter
from dataclasses import replace
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from scipy import stats  # type: ignore[import-untyped]

from policies.learning.forgetting_replay import ForgettingReplay
from policies.learning.p2value import P2Value
from policies.learning.passes import Passes
from policies.learning.per import PER
from policies.learning.plr import PLR
from policies.learning.recency import Recency
from policies.learning.uniform_replay import UniformReplay
from policies.parts.priorities import possibility, ranks, successive, surprise
from simulation.core.confidence import confidence
from simulation.core.types import Answer, Ranking, Selection, Turn
from tests.support.contexts import context, experience, folded, memory, played, question, ranked
from tests.support.replayed import answered, first_draws, fits, held_at, lessons, logs, scored


def test_draws_without_replacement_have_the_probabilities_of_drawing_one_after_the_other() -> None:
    weights = [5.0, 1.0, 0.5, 2.0]
    expected = {
        row: math.prod(
            weights[index] / (sum(weights) - sum(weights[earlier] for earlier in row[:place]))
            for place, index in enumerate(row)
        )
        for row in permutations(range(4), 3)
    }
    assert sum(expected.values()) == pytest.approx(1.0)
    rounds = 20_000
    stream = np.random.default_rng(0)
    found = Counter(tuple(successive(weights, 3, stream)) for _ in range(rounds))
    rows = sorted(expected)
    fit = stats.chisquare([found[row] for row in rows], [rounds * expected[row] for row in rows])
    assert fit.pvalue > 0.001


def test_weights_of_zero_come_after_all_others_in_random_order() -> None:
    stream = np.random.default_rng(0)
    drawn = [successive([0.0, 3.0, 0.0, 0.0, 1e-300], 5, stream) for _ in range(300)]
    assert all(set(row[:2]) == {1, 4} for row in drawn)
    assert len({tuple(row[2:]) for row in drawn}) == 6
    assert successive([], 3, stream) == []


def test_the_probability_of_an_answer_comes_from_its_tokens_or_from_its_option() -> None:
    plain = experience(question("q")).answer
    assert possibility(plain) == 0.5
    assert possibility(replace(plain, logprob=-6.0, tokens=4)) == pytest.approx(math.exp(-1.5))
    assert possibility(replace(plain, logprob=1e-9, tokens=4)) == 1.0
    ranking = Ranking(taken=1, logprobs=(-9.0, -9.0 + math.log(3), -50.0))
    assert possibility(replace(plain, ranking=ranking, logprob=-9.0 + math.log(3))) == pytest.approx(0.75)
    assert possibility(replace(plain, ranking=ranking)) == pytest.approx(confidence(ranking), abs=1e-12)
    assert possibility(replace(plain, ranking=replace(ranking, taken=None))) == 0.5
    assert possibility(Answer(question_id="q", prompt="", text="", answerer="", model_version="", stop="error")) == 0.5


def test_surprise_is_how_unlikely_the_student_held_what_it_was_told_is_right() -> None:
    base = answered(experience(question("q"), score=1.0), ranking=Ranking(taken=1, logprobs=logs(0.2, 0.7, 0.1)))
    assert surprise(base) == pytest.approx(-math.log(0.7))
    wrong = replace(base, feedback=replace(base.feedback, score=0.0))
    assert surprise(wrong) == pytest.approx(-math.log(0.3))
    corrected = replace(base, feedback=replace(base.feedback, score=0.0, correction="3"))
    assert surprise(corrected) == pytest.approx(-math.log(0.1))
    listed = Ranking(alternatives=("2", "1", "3"), logprobs=logs(0.7, 0.2, 0.1))
    assert surprise(answered(corrected, ranking=listed)) == pytest.approx(-math.log(0.1))
    elsewhere = Ranking(taken=0, alternatives=("2", "7", "8"), logprobs=logs(0.7, 0.2, 0.1))
    assert surprise(answered(corrected, ranking=elsewhere)) == pytest.approx(-math.log(0.3))
    assert surprise(answered(wrong, ranking=ranked(1, confidence=1.0))) == pytest.approx(-math.log(1e-6))


def test_ranks_count_from_the_highest_and_among_equals_from_the_newest() -> None:
    assert ranks([0.5, 0.9, 0.5, 0.1]) == [3, 1, 2, 4]


@pytest.mark.parametrize(
    "policy", [UniformReplay(minimum_score=1.0), PER(minimum_score=1.0, loss="surprise"), Passes()]
)
def test_replay_of_passes_draws_nothing_else(policy: Any) -> None:
    held = memory([held_at(each, 0.6) for each in scored(0.0, 1.0, 0.5, 1.0, 0.99)])
    picks = policy.select(held, 9, context(turn=1, held=held))
    assert sorted(pick.item.id for pick in picks) == ["1/1", "1/3"]


def test_passes_takes_what_passed_since_the_last_update_in_order() -> None:
    held = memory([*scored(1.0, turn=1), *scored(1.0, 0.5, 0.0, 1.0, turn=2)])
    here = replace(context(turn=2, held=held), since=2)
    assert [pick.item.id for pick in Passes().select(held, 9, here)] == ["2/0", "2/3"]
    assert [pick.item.id for pick in Passes(minimum_score=0.5).select(held, 9, here)] == ["2/0", "2/1", "2/3"]
    one = Passes().select(held, 1, here)
    assert [pick.propensity for pick in one] == [0.5]


def test_passes_takes_few_different_answers_to_one_question() -> None:
    texts = ["a", "a", "b", "c", "a"]
    asked = [
        answered(experience(question("easy"), turn=1, position=place, score=1.0), text=text)
        for place, text in enumerate(texts)
    ]
    held = memory([*asked, experience(question("hard"), turn=1, position=5, score=1.0)])
    drawn = Counter[str]()
    for seed in range(60):
        here = context(seed=seed, turn=1, held=held)
        picks = Passes(per_question=2).select(held, 9, here)
        assert [pick.item.position for pick in picks] == sorted(pick.item.position for pick in picks)
        assert [pick.propensity for pick in picks] == pytest.approx([2 / 3, 2 / 3, 1.0])
        drawn.update(pick.item.id for pick in picks)
        (one,) = Passes(per_question=2).select(held, 1, here)
        assert one.propensity in (2 / 9, 1 / 3)
    assert set(drawn) == {"1/0", "1/2", "1/3", "1/5"} and drawn["1/5"] == 60
    assert len(Passes(per_question=9).select(held, 9, context(turn=1, held=held))) == 4


@pytest.mark.parametrize("loss", ["error", "surprise"])
def test_per_draws_by_its_priority_and_tells_the_importance_weight(loss: Any) -> None:
    held = memory([held_at(each, 0.6) for each in scored(0.0, 1.0, 0.5, 0.75)])
    policy = PER(loss=loss, alpha=0.7, beta=0.5, epsilon=0.05)
    wrong, sure = -math.log(0.4), -math.log(0.6)
    deltas = [1.0, 0.0, 0.5, 0.25] if loss == "error" else [wrong, sure, wrong, wrong]
    powers = [(delta + 0.05) ** 0.7 for delta in deltas]
    chances = [power / sum(powers) for power in powers]
    picks = {pick.item.position: pick for pick in lessons(policy, held, 4)}
    assert [picks[place].score for place in range(4)] == pytest.approx(chances)
    largest = max((4 * chance) ** -0.5 for chance in chances)
    for place, chance in enumerate(chances):
        assert f"importance weight {(4 * chance) ** -0.5 / largest:.3f}" in picks[place].reason
    assert fits(first_draws(policy, held), chances)


def test_per_says_where_a_probability_is_not_known() -> None:
    (pick,) = lessons(PER(loss="surprise"), memory(scored(1.0)), 1)
    assert "of an unknown probability, taken for 0.5" in pick.reason
    (pick,) = lessons(PER(loss="error"), memory(scored(1.0)), 1)
    assert "unknown" not in pick.reason


def test_per_alpha_nought_is_uniform() -> None:
    assert fits(first_draws(PER(alpha=0.0), memory(scored(0.0, 1.0, 0.5)), 3000), [1 / 3] * 3)


def test_plr_mixes_rank_and_staleness() -> None:
    held = memory([*scored(0.0, 1.0, turn=1), *scored(0.5, 0.25, turn=4)])
    policy = PLR(rho=0.3, beta=0.5)
    state = {"1/0": 8, "4/1": 5}
    by_rank = np.array([1.0, 4.0, 3.0, 2.0]) ** -2
    by_age = np.array([9 - 8, 9 - 1, 9 - 4, 9 - 5])
    expected = 0.7 * by_rank / by_rank.sum() + 0.3 * by_age / by_age.sum()
    picks = {pick.item.id: pick.score for pick in lessons(policy, held, 4, turn=9, state=state)}
    assert [picks[each.id] for each in held] == pytest.approx(expected.tolist())
    assert fits(first_draws(policy, held, turn=9, state=state), expected.tolist())


def test_plr_remembers_what_updates_trained_on() -> None:
    first, second = scored(0.0, 0.0, turn=1), scored(0.0, turn=2)
    state = PLR().observe(PLR().begin(), played(1, first))
    turn = Turn(turn=2, student="ada", lessons=(Selection(item=first[1]), Selection(item=second[0])))
    assert PLR().observe(state, turn) == {"1/0": 1, "1/1": 2, "2/0": 2}


def test_plr_in_the_first_turn_has_nothing_stale() -> None:
    held = memory(scored(0.0, 0.0))
    picks = lessons(PLR(rho=1.0), held, 2, turn=1, state={})
    assert [pick.score for pick in picks] == [0.5, 0.5]


@pytest.mark.parametrize("policy", [P2Value(window=5), PER(window=5), PLR(window=5), ForgettingReplay(window=5)])
def test_a_window_holds_the_newest_experiences(policy: Any) -> None:
    told = [*scored(0.0, 0.0, 0.0, turn=1), *scored(0.0, 1.0, 0.5, turn=2)]
    held = memory([held_at(each, 0.5) for each in told])
    state = folded(policy, held) if isinstance(policy, PLR | ForgettingReplay) else None
    picks = lessons(policy, held, 9, state=state)
    assert sorted(pick.item.id for pick in picks) == ["1/1", "1/2", "2/0", "2/1", "2/2"]
    assert [pick.propensity for pick in picks if not isinstance(policy, ForgettingReplay)] in ([], [1.0] * 5)


def test_recency_takes_the_newest_in_order() -> None:
    held = memory([*scored(0.0, 1.0, turn=1), *scored(1.0, 0.0, turn=2)])
    assert [pick.item.id for pick in lessons(Recency(), held, 3)] == ["1/1", "2/0", "2/1"]
    assert lessons(Recency(), held, 0) == []
    assert len(lessons(Recency(), held, 99)) == 4


def test_uniform_replay_gives_the_whole_past_the_same_chance() -> None:
    held = memory([each for turn in range(1, 6) for each in scored(0.0, 1.0, turn=turn)])
    times: Counter[str] = Counter()
    for seed in range(3000):
        picks = lessons(UniformReplay(), held, 3, seed=seed)
        assert {pick.propensity for pick in picks} == {0.3}
        times.update(pick.item.id for pick in picks)
    assert len(times) == 10 and all(
        abs(count / 3000 - 0.3) < 4.5 * math.sqrt(0.3 * 0.7 / 3000) for count in times.values()
    )
