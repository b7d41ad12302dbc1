"""P2Value draws by the power or the rank of its value, which follows from scores and token probabilities."""

import math

import pytest

from policies.learning.p2value import P2Value, possibilities
from simulation.core.errors import DataError
from simulation.core.memory import ReplayBuffer
from tests.support.contexts import memory
from tests.support.replayed import answered, first_draws, fits, held_at, lessons, scored


def p2values() -> tuple[ReplayBuffer, list[float]]:
    """Five experiences and their P2Values at alpha .3."""
    held = [
        answered(each, logprob=tokens * math.log(chance), tokens=tokens)
        for each, chance, tokens in zip(
            scored(1.0, 0.0, 0.5, 0.0, 1.0), (0.9, 0.8, 0.1, 0.2, 0.4), (3, 50, 1, 7, 2), strict=True
        )
    ]
    return memory(held), [0.3 * 0.9 + 0.7, 0.3 * 0.8, 0.3 * 0.1 + 0.35, 0.3 * 0.2, 0.3 * 0.4 + 0.7]


@pytest.mark.parametrize("exponent", [0.0, 1.0, 1.5])
def test_p2value_draws_by_the_power_of_its_value(exponent: float) -> None:
    held, values = p2values()
    policy = P2Value(alpha=0.3, exponent=exponent)
    picks = lessons(policy, held, 5)
    assert {pick.item.id: pick.score for pick in picks} == pytest.approx(
        {each.id: value for each, value in zip(held, values, strict=True)}
    )
    powers = [value**exponent for value in values]
    assert fits(first_draws(policy, held), [power / sum(powers) for power in powers])


def test_p2value_draws_by_rank_with_its_exponent() -> None:
    held, values = p2values()
    assert [sorted(values, reverse=True).index(value) + 1 for value in values] == [1, 4, 3, 5, 2]
    weights = [1.0, 4.0**-1.5, 3.0**-1.5, 5.0**-1.5, 2.0**-1.5]
    policy = P2Value(alpha=0.3, method="rank", exponent=1.5)
    assert fits(first_draws(policy, held), [each / sum(weights) for each in weights])


def test_p2value_leaves_out_what_passes_too_seldom() -> None:
    held, _ = p2values()
    assert sorted(pick.item.id for pick in lessons(P2Value(minimum_pass_rate=0.5), held, 9)) == ["1/0", "1/2", "1/4"]
    assert lessons(P2Value(minimum_pass_rate=1.0), memory(scored(0.0, 0.5)), 9) == []


def test_p2value_where_nothing_has_a_value_is_uniform() -> None:
    held = memory([answered(each, logprob=-1e9, tokens=1) for each in scored(0.0, 0.0, 0.0)])
    assert fits(first_draws(P2Value(), held, 3000), [1 / 3] * 3)
    assert lessons(P2Value(), held, 1)[0].propensity == pytest.approx(1 / 3)


def test_p2value_takes_the_mean_the_product_or_the_quantile_of_the_token_probabilities() -> None:
    held, _ = p2values()
    assert possibilities(held, "mean") == pytest.approx([0.9, 0.8, 0.1, 0.2, 0.4])
    assert possibilities(held, "product") == pytest.approx([0.9**3, 0.8**50, 0.1, 0.2**7, 0.4**2])
    assert possibilities(held, "quantile") == pytest.approx([0.9, 0.7, 0.1, 0.3, 0.5])
    alike = [held_at(each, 0.3) for each in scored(0.0, 0.0)]
    assert possibilities(alike, "quantile") == [0.5, 0.5]


def test_p2value_draws_no_answer_of_unknown_probability_and_refuses_where_none_is_known() -> None:
    unknown = scored(1.0, 1.0)
    held = memory([*unknown, *(held_at(each, 0.5) for each in scored(0.0, turn=2))])
    assert [pick.item.id for pick in lessons(P2Value(), held, 9)] == ["2/0"]
    assert len(lessons(P2Value(alpha=0.0), held, 9)) == 3
    with pytest.raises(DataError, match="none of 2 has one"):
        lessons(P2Value(), memory(unknown), 9)
    assert lessons(P2Value(minimum_pass_rate=1.0), memory(scored(0.0)), 9) == []
