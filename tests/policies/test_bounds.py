"""What a policy's parameters may be is what it can work with: the ends are, and what lies beyond is refused by name."""

from functools import partial

import pytest

from simulation.commands.contract import complaints_of, made
from simulation.core.errors import ScenarioError

BOUNDS = [
    ("question_policy", "exp3s", "eta", (1e-300, 1), (1000,)),
    ("question_policy", "exp3s", "epsilon", (0.001, 1), (1e-300,)),
    ("question_policy", "fsrs", "days_per_turn", (1, 365), (0, 1_000_000)),
    ("question_policy", "fsrs", "retention", (0.01, 0.99), (1e-300, 1)),
    ("question_policy", "hlr", "days_per_turn", (1e-3, 365), (1e6,)),
    ("question_policy", "hlr", "learning_rate", (0, 1), (1e300,)),
    ("question_policy", "hlr", "decay", (0, 10), (1e300,)),
    ("question_policy", "irt_cat", "spread", (0.01, 100), (1e-300, 1e300)),
    ("question_policy", "mopps", "prior", (0.001, 1e6), (1e-300,)),
    ("question_policy", "thompson", "prior", (0.001, 1e6), (1e-300,)),
    ("question_policy", "pcl", "ridge", (1e-6, 1e6), (1e-300,)),
    ("experience_policy", "per", "alpha", (0, 10), (1000,)),
    ("experience_policy", "per", "epsilon", (1e-9, 1), (1e-300,)),
]


@pytest.mark.parametrize(("kind", "name", "key", "ends", "beyond"), BOUNDS)
def test_a_policy_works_at_the_ends_of_its_bounds_and_not_beyond(
    kind: str, name: str, key: str, ends: tuple[float, ...], beyond: tuple[float, ...]
) -> None:
    for value in ends:
        assert not complaints_of(kind, name, partial(made, kind, name, {key: value}), None)
    for value in beyond:
        with pytest.raises(ScenarioError, match=rf"the parameter {key}: write a (whole )?number(,| from)"):
            made(kind, name, {key: value})


@pytest.mark.parametrize(
    ("guess", "slip"), [(0.9, 0.9), (0.5, 0.5), (0.99, 0.01), (0.01, 0.99), (0.7, 0.3), (0.3, 0.8), (0.999, 0.999)]
)
def test_answers_that_speak_against_knowing_are_refused(guess: float, slip: float) -> None:
    with pytest.raises(ScenarioError, match=rf"guess {guess} and slip {slip} add up to 1 or more"):
        made("question_policy", "bkt", {"guess": guess, "slip": slip})


@pytest.mark.parametrize("chances", [{"guess": 0.6, "slip": 0.3}, {"guess": 0.89}, {"slip": 0.7}, {"guess": 1e-6}])
def test_answers_that_speak_for_knowing_are_taken(chances: dict[str, float]) -> None:
    assert not complaints_of("question_policy", "bkt", partial(made, "question_policy", "bkt", chances), None)


def test_steep_rewards_leave_weights_that_are_numbers() -> None:
    from policies.asking.exp3s import stepped

    weights = stepped({"a": 0.0, "b": 0.0, "c": 0.0}, "a", 20_000.0, 0.5)
    assert sum(map(abs, weights.values())) < 1e5
    assert weights["a"] == weights["b"] + weights["a"] - weights["c"]
    low = stepped(weights, "b", -20_000.0, 0.25)
    assert max(low.values()) < 10
