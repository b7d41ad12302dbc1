"""What the spaced repetition policies ask, against worked schedules, the published formulas and derivatives."""

import math
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fsrs import Card, Rating, Scheduler
from fsrs.scheduler import DEFAULT_PARAMETERS

from policies.asking.fsrs import FSRS
from policies.asking.hlr import HLR, LONGEST, SHORTEST, Memory, Practice, half_life, recall
from policies.asking.leitner import Leitner
from policies.parts.practice import Standing, pick_in_rounds
from simulation.core.types import Experience, Question, Selection, Turn
from tests.support.contexts import chosen_from, context, experience, folded


def skilled(name: str, skill: str) -> Question:
    return chosen_from(name, "all", skill)


def reviews(skill: str, *told: tuple[int, float]) -> list[Experience]:
    """Answers to one skill: the turn and the score of each."""
    return [
        experience(skilled(f"{skill} {index}", skill), turn=turn, position=index, score=score)
        for index, (turn, score) in enumerate(told)
    ]


def asked(policy: Any, held: list[Experience], turn: int, *skills: str, k: int = 99) -> list[Selection[Question]]:
    """What the policy picks of one candidate a skill; picking must not change what it remembers."""
    state = folded(policy, sorted(held, key=lambda each: each.turn))
    before = deepcopy(state)
    candidates = [skilled(skill, skill) for skill in skills]
    picks: list[Selection[Question]] = policy.select(candidates, k, context(turn=turn, state=state))
    assert state == before
    assert all(pick.propensity == 1.0 for pick in picks)
    return picks


def order(picks: list[Selection[Question]]) -> list[str]:
    return [pick.item.id for pick in picks]


def test_places_are_shared_tier_by_tier_in_rounds() -> None:
    standings = {"a": Standing(0, 0.5, "a"), "b": Standing(0, 0.2, "b"), "c": Standing(1, 0.0, "c")}
    candidates = [skilled(f"{skill}{index}", skill) for skill in "cab" for index in range(3)]
    picks = pick_in_rounds(candidates, 8, "skill", standings.__getitem__)
    assert order(picks) == ["b0", "a0", "b1", "a1", "b2", "a2", "c0", "c1"]
    assert [pick.score for pick in picks] == [0.2, 0.5, 0.2, 0.5, 0.2, 0.5, 0.0, 0.0]


def test_a_right_answer_doubles_the_wait_in_leitners_boxes_and_a_wrong_one_ends_it() -> None:
    told = [(1, 1.0), (3, 1.0), (7, 1.0), (15, 0.0)]
    due = []
    for turn in range(2, 18):
        held = reviews("power", *[each for each in told if each[0] < turn])
        if " due after" in asked(Leitner(), held, turn, "power")[0].reason.replace("not due", ""):
            due.append(turn)
    assert due == [3, 7, 15, 16, 17]


@pytest.mark.parametrize(("back", "box"), [("first", 1), ("previous", 3)])
def test_leitners_boxes_end_and_go_back_as_told(back: Any, box: int) -> None:
    policy = Leitner(boxes=4, back=back)
    right = [(turn, 1.0) for turn in range(1, 8)]
    assert folded(policy, reviews("power", *right)) == {"power": (4, 7)}
    assert folded(policy, reviews("power", *right, (9, 0.5))) == {"power": (box, 9)}


def test_leitner_asks_the_lowest_due_box_first_and_the_rest_last() -> None:
    held = reviews("low", (4, 0.0)) + reviews("high", (1, 1.0)) + reviews("resting", (3, 1.0), (4, 1.0))
    assert order(asked(Leitner(), held, 5, "resting", "high", "low", "new")) == ["low", "new", "high", "resting"]


def fsrs_by_hand(told: list[tuple[int, float]], turn: int) -> tuple[float, float]:
    """Stability and retrievability by the published formulas of FSRS-6, for reviews on different days."""
    w = DEFAULT_PARAMETERS
    factor = 0.9 ** (-1 / w[20]) - 1

    def retrievability(days: int, stability: float) -> float:
        return float((1 + factor * days / stability) ** -w[20])

    def start(grade: int) -> float:
        return w[4] - math.exp(w[5] * (grade - 1)) + 1

    stability = difficulty = 0.0
    last = 0
    for day, score in told:
        grade = 3 if score == 1.0 else 1
        if not last:
            stability, difficulty = w[grade - 1], min(max(start(grade), 1.0), 10.0)
        else:
            recalled = retrievability(day - last, stability)
            if grade == 3:
                stability *= 1 + math.exp(w[8]) * (11 - difficulty) * stability ** -w[9] * (
                    math.exp(w[10] * (1 - recalled)) - 1
                )
            else:
                longer = (
                    w[11] * difficulty ** -w[12] * ((stability + 1) ** w[13] - 1) * math.exp(w[14] * (1 - recalled))
                )
                stability = min(longer, stability / math.exp(w[17] * w[18]))
            damped = difficulty - w[6] * (grade - 3) * (10 - difficulty) / 9
            difficulty = min(max(w[7] * start(4) + (1 - w[7]) * damped, 1.0), 10.0)
        last = day
    return stability, retrievability(turn - last, stability)


@pytest.mark.parametrize(
    "told",
    [[(1, 1.0)], [(1, 0.0)], [(1, 1.0), (3, 1.0), (9, 0.0), (11, 1.0)], [(2, 0.0), (3, 0.0), (4, 1.0), (30, 1.0)]],
)
def test_fsrs_follows_its_published_formulas(told: list[tuple[int, float]]) -> None:
    stability, recalled = fsrs_by_hand(told, told[-1][0] + 4)
    pick = asked(FSRS(), reviews("power", *told), told[-1][0] + 4, "power")[0]
    assert pick.score == pytest.approx(recalled, rel=1e-9)
    assert f"stability {stability:.2f} days" in pick.reason


def test_fsrs_is_the_library_where_answers_fall_on_one_day() -> None:
    scheduler = Scheduler(learning_steps=(), relearning_steps=(), enable_fuzzing=False)
    card = Card(card_id=1)
    for day, rating in [(1, Rating.Again), (1, Rating.Good), (1, Rating.Good), (4, Rating.Good), (4, Rating.Again)]:
        card, _ = scheduler.review_card(card, rating, datetime(2024, 5, day, tzinfo=UTC))
    expected = scheduler.get_card_retrievability(card, datetime(2024, 5, 9, tzinfo=UTC))
    held = reviews("power", (1, 0.0), (1, 1.0), (1, 1.0), (4, 1.0), (4, 0.0))
    assert asked(FSRS(), held, 9, "power")[0].score == pytest.approx(expected, rel=1e-12)


def test_fsrs_asks_what_is_due_then_what_is_new_then_the_rest() -> None:
    held = reviews("lost", (1, 0.0)) + reviews("shaky", (1, 1.0)) + reviews("fresh", (4, 1.0))
    picks = asked(FSRS(), held, 5, "fresh", "new", "shaky", "lost")
    assert order(picks) == ["lost", "shaky", "new", "fresh"]
    assert [(pick.score or 0) < 0.9 for pick in picks] == [True, True, True, False]


def test_the_days_of_a_turn_can_be_set() -> None:
    slow = asked(FSRS(days_per_turn=1), reviews("power", (2, 1.0)), 12, "power")[0]
    fast = asked(FSRS(days_per_turn=5), reviews("power", (2, 1.0)), 4, "power")[0]
    assert slow.score == fast.score
    slow = asked(HLR(days_per_turn=1), reviews("power", (2, 1.0)), 5, "power")[0]
    fast = asked(HLR(days_per_turn=1.5), reviews("power", (2, 1.0)), 4, "power")[0]
    assert slow.score == pytest.approx(fast.score)


def test_a_half_life_later_recall_is_one_half() -> None:
    life = half_life((1.0, -1.0, 0.5), Practice(right=8, wrong=3).features())
    assert life == pytest.approx(2 ** (3 - 2 + 0.5))
    assert recall(life, life) == pytest.approx(0.5)
    assert half_life((100.0, 0.0, 0.0), (1.0, 1.0, 1.0)) == LONGEST
    assert half_life((-100.0, 0.0, 0.0), (1.0, 1.0, 1.0)) == SHORTEST


@pytest.mark.parametrize(("days", "share"), [(1.0, 0.0), (2.0, 0.5), (5.0, 0.8), (3.0, 1.0)])
def test_hlr_steps_down_the_gradient_of_its_loss(days: float, share: float) -> None:
    policy = HLR(decay=0.0)
    weights, features = [0.7, -0.4, 0.2], (1.7, 1.4, 1.0)
    seen = min(max(share, 0.0001), 0.9999)
    seen_life = min(max(-days / math.log2(seen), SHORTEST), LONGEST)

    def loss(at: list[float]) -> float:
        life = half_life(at, features)
        return (recall(days, life) - seen) ** 2 + 0.01 * (life - seen_life) ** 2

    state = Memory(list(weights), fits=8)
    policy.fit(state, features, days, share)
    for index in range(3):
        step = 1e-6
        up = [each + step * (place == index) for place, each in enumerate(weights)]
        down = [each - step * (place == index) for place, each in enumerate(weights)]
        gradient = (loss(up) - loss(down)) / (2 * step)
        moved = (state.weights[index] - weights[index]) / (0.001 / (1 + seen) / 3)
        assert moved == pytest.approx(-gradient, rel=1e-5)
    assert state.fits == 9


def test_hlr_ends_where_the_authors_program_ends() -> None:
    """The weights that github.com/duolingo/halflife-regression has after these four sessions, in this order."""
    policy, state = HLR(), Memory([1.0, -1.0, 0.0])
    for right, wrong, days, share in [(2, 1, 3.0, 0.5), (0, 4, 1.0, 0.0), (7, 0, 9.0, 1.0), (3, 3, 2.0, 2 / 3)]:
        policy.fit(state, Practice(right=right, wrong=wrong).features(), days, share)
    assert state.weights == pytest.approx([1.0112292405303331, -0.9957033377439046, 0.004062353509273114], rel=1e-12)


def test_hlr_counts_a_turn_as_one_session() -> None:
    policy = HLR(learning_rate=0.0)
    held = reviews("power", (1, 1.0), (1, 0.0), (1, 1.0), (3, 0.5))
    state = folded(policy, held)
    assert state.units == {"power": Practice(right=2.5, wrong=1.5, last=3)}
    assert state.weights == [1.0, -1.0, 0.0]
    assert state.fits == 1


def test_hlr_asks_what_is_forgotten_then_what_is_new_then_the_rest() -> None:
    held = reviews("lost", (1, 0.0), (2, 0.0)) + reviews("fading", (1, 1.0)) + reviews("fresh", (4, 1.0), (4, 1.0))
    picks = asked(HLR(), held, 5, "fresh", "new", "fading", "lost")
    assert order(picks) == ["lost", "fading", "new", "fresh"]


def test_turn_zero_holds_nothing_to_remember() -> None:
    policies: list[Any] = [FSRS(), HLR(), Leitner()]
    for policy in policies:
        assert policy.observe(policy.begin(), Turn(turn=0, student="ada")) == policy.begin()


def test_the_first_day_does_not_matter() -> None:
    policy = FSRS()
    early = asked(policy, reviews("power", (1, 1.0)), 4, "power")[0]
    late = asked(policy, reviews("power", (5000, 1.0)), 5003, "power")[0]
    assert early.score == late.score
    assert timedelta(days=5003) < datetime.max.replace(tzinfo=UTC) - datetime(2000, 1, 1, tzinfo=UTC)
