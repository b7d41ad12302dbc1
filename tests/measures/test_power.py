"""The power is that of the textbook, of the noncentral t, and of simulated studies."""

import io

import numpy as np
import pytest
from rich.console import Console
from scipy import stats  # type: ignore[import-untyped]

from simulation.measures.power import (
    assumed,
    detectable,
    detectable_if_known,
    piloted,
    power,
    smallest_questions,
    smallest_seeds,
)
from simulation.measures.statistics import Variances, crossed_difference
from simulation.views.power_plan import make_plan, plan_lines, plan_table


@pytest.mark.parametrize(
    ("questions", "unpaired", "paired"),
    [(40, 28.7, 12.8), (400, 9.1, 4.1), (1000, 5.7, 2.6), (2985, 3.3, 1.5)],
)
def test_single_runs_show_what_the_textbook_says(questions: int, unpaired: float, paired: float) -> None:
    """Minimum detectable effects, points, at 80 % power and 5 %, 30 % right, correlation 0 and .8."""
    for correlation, expected in ((0.0, unpaired), (0.8, paired)):
        variances = assumed(accuracy=0.3, correlation=correlation)
        assert round(100 * detectable_if_known(variances, 1, questions), 1) == expected


@pytest.mark.parametrize(("seeds", "unpaired", "paired"), [(5, 5.3, 2.9), (10, 3.8, 2.1)])
def test_seeds_show_what_the_textbook_says(seeds: int, unpaired: float, paired: float) -> None:
    """Accuracies that scatter by 3 points over seeds, measured on endless questions, correlation 0 and .7."""
    for correlation, expected in ((0.0, unpaired), (0.7, paired)):
        variances = assumed(accuracy=0.0, seed_deviation=0.03, seed_correlation=correlation)
        assert round(100 * detectable_if_known(variances, seeds, 1000), 1) == expected


def test_the_textbook_flatters_few_seeds() -> None:
    scatter = Variances(0.03**2, 0.0, 0.0)
    assert round(100 * detectable_if_known(scatter, 5, 1000), 1) == 3.8
    assert round(100 * detectable(scatter, 5, 1000), 1) == 5.0
    assert detectable(scatter, 200, 1000) == pytest.approx(detectable_if_known(scatter, 200, 1000), rel=0.02)


@pytest.mark.parametrize("seeds", [2, 3, 5, 10, 30])
def test_without_a_question_effect_it_is_the_noncentral_t(seeds: int) -> None:
    variances = Variances(0.0009, 0.0, 0.0)
    freedom, shift = seeds - 1, 0.03 / np.sqrt(variances.of_mean(seeds, 100))
    limit = stats.t.ppf(0.975, freedom)
    expected = stats.nct.sf(limit, freedom, shift) + stats.nct.cdf(-limit, freedom, shift)
    assert power(0.03, variances, seeds, 100) == pytest.approx(expected, abs=0.002)


def test_one_seed_has_the_noncentral_t_over_questions() -> None:
    variances = Variances(9.0, 0.02, 0.1)
    shift = 0.05 / np.sqrt(0.12 / 300)
    limit = stats.t.ppf(0.975, 299)
    expected = stats.nct.sf(limit, 299, shift) + stats.nct.cdf(-limit, 299, shift)
    assert power(0.05, variances, 1, 300) == pytest.approx(expected, abs=0.002)


@pytest.mark.parametrize(
    ("variances", "seeds", "questions", "comparisons"),
    [
        (Variances(0.0, 0.0, 0.15), 5, 200, 1),
        (Variances(0.0, 0.05, 0.15), 5, 200, 1),
        (Variances(0.0005, 0.02, 0.15), 8, 200, 1),
        (Variances(0.0005, 0.02, 0.15), 8, 200, 6),
    ],
)
def test_as_many_studies_tell_as_predicted(variances: Variances, seeds: int, questions: int, comparisons: int) -> None:
    generator = np.random.default_rng(0)
    seed, question, residual = np.sqrt(variances)
    effect = detectable(variances, seeds, questions, comparisons=comparisons)
    tests = [
        crossed_difference(
            effect
            + generator.normal(0, seed, (seeds, 1))
            + generator.normal(0, question, (1, questions))
            + generator.normal(0, residual, (seeds, questions))
        )
        for _ in range(1500)
    ]
    assert power(effect, variances, seeds, questions, comparisons=comparisons) == pytest.approx(0.8, abs=0.001)
    assert np.mean([test.tells(min(1.0, comparisons * test.p)) for test in tests]) == pytest.approx(0.8, abs=0.04)


def test_without_an_effect_the_power_is_at_most_the_level() -> None:
    assert power(0.0, Variances(0.001, 0.0, 0.0), 5, 300) == pytest.approx(0.05, abs=0.002)
    assert 0.02 < power(0.0, assumed(), 5, 300) <= 0.05
    assert power(0.0, assumed(), 5, 300, comparisons=10) <= 0.005
    assert power(0.01, Variances(0.0, 0.0, 0.0), 5, 300) == 1.0
    assert detectable(Variances(0.0, 0.0, 0.0), 5, 300) == 0.0


def test_the_smallest_numbers_reach_the_chance_and_one_fewer_does_not() -> None:
    variances = assumed()
    seeds = smallest_seeds(0.03, variances, 500)
    questions = smallest_questions(0.03, variances, 12)
    assert seeds is not None and questions is not None
    assert power(0.03, variances, seeds - 1, 500) < 0.8 <= power(0.03, variances, seeds, 500)
    assert power(0.03, variances, 12, questions - 1) < 0.8 <= power(0.03, variances, 12, questions)
    more = smallest_seeds(0.03, variances, 500, comparisons=10)
    assert more is not None and more > seeds


def test_no_number_of_questions_makes_up_for_seeds_that_differ_nor_the_other_way_round() -> None:
    assert smallest_questions(0.01, Variances(0.001, 0.0, 0.1), 5) is None
    assert smallest_seeds(0.01, Variances(0.0, 0.2, 0.1), 100) is None


def test_a_pilot_shows_the_variances_it_was_drawn_from() -> None:
    generator = np.random.default_rng(1)
    shape = (400, 400)
    pilot = generator.normal(0, 0.1, (400, 1)) + generator.normal(0, 0.2, (1, 400)) + generator.normal(0, 0.4, shape)
    assert piloted(pilot) == pytest.approx((0.01, 0.04, 0.16), rel=0.3)
    single = piloted(pilot[:1])
    assert single.seed == 0.0 and single.of_mean(1, 400) == pytest.approx(pilot[0].var(ddof=1) / 400)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [({"accuracy": 1.2}, "accuracy must lie in 0 to 1, got 1.2"), ({"correlation": -2.0}, "in -1 to 1, got -2")],
)
def test_beliefs_out_of_range_are_refused(wrong: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        assumed(**wrong)
    with pytest.raises(ValueError, match="got 5 and 1"):
        power(0.1, assumed(), 5, 1)


def test_a_plan_says_in_words_what_its_table_says_in_numbers() -> None:
    plan = make_plan(0.03, assumed(), seeds=(1, 5, 15), questions=(200, 1000), comparisons=3)
    assert [len(row) for row in plan.detectable] == [2, 2, 2]
    assert plan.detectable[2][1] < plan.detectable[2][0] and plan.detectable[2][1] < plan.detectable[1][1]
    assert plan.fewest_questions[1] is None
    lines = plan_lines(plan)
    assert "3 points in each of 3 pairs (Holm) with 80 % power" in lines[0]
    assert f"  with 1,000 held-out questions: {plan.fewest_seeds[1]} seeds" in lines
    assert "  with 5 seeds: no number of questions suffices" in lines
    assert any(line.startswith("With 5 seeds the exact sign-flip test") for line in lines)
    assert any(line.startswith("One seed says nothing of other seeds") for line in lines)
    page = io.StringIO()
    Console(file=page, width=100).print(plan_table(plan))
    assert f"{100 * plan.detectable[2][1]:.1f}*" in page.getvalue()
    assert f"{100 * plan.detectable[1][1]:.1f} " in page.getvalue()


def test_a_plan_without_an_aim_is_refused() -> None:
    with pytest.raises(ValueError, match=r"got 0 and 0\.8"):
        make_plan(0.0, assumed())
    with pytest.raises(ValueError, match="at least one comparison, got 0"):
        make_plan(0.03, assumed(), comparisons=0)
