"""What the experience policies learn from."""

from collections import Counter

from policies.learning.mistakes import Mistakes
from tests.support.contexts import context, experience, memory, pool


def test_mistakes_learns_from_every_wrong_answer_since_the_last_update_in_order() -> None:
    asked = pool(12)
    held = memory(
        [
            experience(each, turn=1 + index // 4, position=index % 4, score=float(index % 2))
            for index, each in enumerate(asked)
        ]
    )
    picks = Mistakes().select(held, len(held), context(turn=3, since=2, held=held))
    assert [pick.item.id for pick in picks] == ["2/0", "2/2", "3/0", "3/2"]
    assert all(pick.reason == "key scored it 0" for pick in picks)


def test_mistakes_follows_the_feedback_and_not_the_truth() -> None:
    told_wrong, told_right = pool(2)
    held = memory([experience(told_wrong, score=0.5, truth=1.0), experience(told_right, score=1.0, truth=0.0)])
    assert [pick.item.question for pick in Mistakes().select(held, 2, context(held=held))] == [told_wrong]


def test_more_mistakes_than_places_are_drawn_evenly() -> None:
    held = memory([experience(each, position=index) for index, each in enumerate(pool(8))])
    times: Counter[str] = Counter()
    for seed in range(1000):
        picks = Mistakes().select(held, 2, context(seed=seed, held=held))
        assert {pick.propensity for pick in picks} == {0.25}
        assert [pick.item.position for pick in picks] == sorted(pick.item.position for pick in picks)
        times.update(pick.item.id for pick in picks)
    assert min(times.values()) > 250 * 0.75
    assert max(times.values()) < 250 * 1.25


def test_a_student_without_mistakes_has_nothing_to_learn() -> None:
    held = memory([experience(each, score=1.0) for each in pool(3)])
    assert Mistakes().select(held, 3, context(held=held)) == []
