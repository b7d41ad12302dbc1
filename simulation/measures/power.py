"""How many seeds and questions it takes to show a difference of so many points.

The power is that of the decision the verdicts take: the crossed test of `measures.statistics.crossed` at the level
that is left to each pair where several are compared (level / comparisons, which Holm never undercuts). Under the
two-way model with normal effects the mean is independent of the mean squares; those of seeds and questions follow
chi-squared distributions, over which the power is averaged by quantiles. Without a question effect this is the
noncentral t with S-1 degrees of freedom. Of graded truths the variances are those that their differences show.
"""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulation.measures.statistics import Variances, analyse
from simulation.measures.statistics.crossed import table_of
from simulation.measures.statistics.estimate import normal_quantile

MOST_SEEDS, MOST_QUESTIONS = 1000, 100_000
"""What needs more is taken to be out of reach however many there are."""
SEEDS, QUESTIONS = (3, 5, 6, 8, 10, 15, 20), (40, 100, 200, 400, 600, 1000, 3000)
"""What a plan shows unless it is told otherwise."""
FEWEST_SEEDS = 4
"""Fewer do not show how far seeds scatter: what would show a difference is not said from them."""


def assumed(
    *,
    accuracy: float = 0.3,
    correlation: float = 0.8,
    seed_deviation: float = 0.03,
    seed_correlation: float = 0.7,
    question_share: float = 0.15,
    answer_deviation: float | None = None,
) -> Variances:
    """Return the variances of a paired difference from what is believed of the runs.

    `correlation`: of two runs of one seed, answer by answer; 0 where nothing pairs them. `seed_deviation`: standard
    deviation of one policy's measure from seed to seed, in its units, `seed_correlation` of two policies over seeds.
    `question_share`: how much of an answer's difference is the question's and comes again with every seed; 0 to 0.16
    was seen between the published policies. `answer_deviation`: standard deviation of a graded answer's truth; without
    it answers are right or wrong, and theirs is that of a share, the root of accuracy (1 - accuracy).
    """
    for name, share in (("accuracy", accuracy), ("question_share", question_share)):
        if not 0 <= share <= 1:
            raise ValueError(f"{name} must lie in 0 to 1, got {share:g}")
    for name, coefficient in (("correlation", correlation), ("seed_correlation", seed_correlation)):
        if not -1 <= coefficient <= 1:
            raise ValueError(f"{name} must lie in -1 to 1, got {coefficient:g}")
    if answer_deviation is not None and not 0 <= answer_deviation <= 0.5:
        raise ValueError(f"answer_deviation must lie in 0 to 0.5, got {answer_deviation:g}")
    scatter = accuracy * (1 - accuracy) if answer_deviation is None else answer_deviation**2
    answer_variance = 2 * scatter * (1 - correlation)
    seed_variance = 2 * seed_deviation**2 * (1 - seed_correlation)
    return Variances(seed_variance, question_share * answer_variance, (1 - question_share) * answer_variance)


def piloted(differences_SQ: Sequence[ArrayLike] | NDArray[np.float64]) -> Variances:
    """Return the variances that paired differences show; one seed shows none between seeds, so theirs is then 0."""
    table_SQ = table_of(differences_SQ)
    if len(table_SQ) == 1:
        return Variances(0.0, float(table_SQ.var(ddof=1)), 0.0)
    return analyse(table_SQ).variances


def power(
    effect: float, variances: Variances, seeds: int, questions: int, *, level: float = 0.05, comparisons: int = 1
) -> float:
    """Return the probability that a true difference of `effect`, in the measure's units, is told from 0.

    One seed is tested over questions alone, so its power is that of telling these two runs apart.
    """
    return _power_of(variances, seeds, questions, level / comparisons)(effect)


def detectable(
    variances: Variances,
    seeds: int,
    questions: int,
    *,
    chance: float = 0.8,
    level: float = 0.05,
    comparisons: int = 1,
) -> float:
    """Return the smallest true difference, in the measure's units, that is told with this chance (power)."""
    power_at = _power_of(variances, seeds, questions, level / comparisons)
    low, high = 0.0, _spread(variances, seeds, questions)
    if high == 0.0:
        return 0.0
    while power_at(high) < chance:
        low, high = high, 2 * high
    while high - low > 1e-4 * high:
        middle = (low + high) / 2
        low, high = (low, middle) if power_at(middle) >= chance else (middle, high)
    return high


def detectable_if_known(
    variances: Variances, seeds: int, questions: int, *, chance: float = 0.8, level: float = 0.05
) -> float:
    """Return the textbook's smallest difference, (z of level + z of power) standard errors.

    It takes the variances to be known, which flatters few seeds: five seeds whose differences scatter by 3 points show
    3.8 points by this formula and 5.0 once the scatter must be estimated.
    """
    quantiles = normal_quantile(1 - level) + normal_quantile(2 * chance - 1)
    return quantiles * _spread(variances, seeds, questions)


def smallest_seeds(
    effect: float,
    variances: Variances,
    questions: int,
    *,
    chance: float = 0.8,
    level: float = 0.05,
    comparisons: int = 1,
) -> int | None:
    """Return the fewest seeds, two or more, that show `effect` on so many questions; None where none do."""
    return _smallest(
        lambda seeds: power(effect, variances, seeds, questions, level=level, comparisons=comparisons),
        chance,
        MOST_SEEDS,
    )


def smallest_questions(
    effect: float,
    variances: Variances,
    seeds: int,
    *,
    chance: float = 0.8,
    level: float = 0.05,
    comparisons: int = 1,
) -> int | None:
    """Return the fewest questions that show `effect` with so many seeds; None where the seeds differ too much."""
    return _smallest(
        lambda questions: power(effect, variances, seeds, questions, level=level, comparisons=comparisons),
        chance,
        MOST_QUESTIONS,
    )


class Showing(NamedTuple):
    """What would show a difference, by the variances that paired differences show."""

    detectable: float
    """The smallest true difference, in the measure's units, that as many seeds and questions tell."""
    power: float
    """With which as many seeds and questions show the difference asked for."""
    seeds: int | None
    """The fewest that show it on as many questions; None where none do."""
    questions: int | None
    """The fewest that show it with as many seeds; None where none do."""


def showing(
    effect: float,
    variances: Variances,
    seeds: int,
    questions: int,
    *,
    chance: float = 0.8,
    level: float = 0.05,
    comparisons: int = 1,
) -> Showing | None:
    """Return what would show `effect`, by the variances that so many seeds and questions show (`piloted`).

    None where they show too little to say so; `power_unknown` says why.
    """
    if power_unknown(variances, seeds):
        return None
    return Showing(
        detectable(variances, seeds, questions, chance=chance, level=level, comparisons=comparisons),
        power(effect, variances, seeds, questions, level=level, comparisons=comparisons),
        smallest_seeds(effect, variances, questions, chance=chance, level=level, comparisons=comparisons),
        smallest_questions(effect, variances, seeds, chance=chance, level=level, comparisons=comparisons),
    )


def power_unknown(variances: Variances, seeds: int) -> str:
    """Return in words why power is not said from variances that so many seeds show; "" where it is."""
    if seeds < FEWEST_SEEDS:
        return f"power is not said from fewer than {FEWEST_SEEDS} seeds"
    return "" if any(variances) else "power is not said where no difference varied"


def _smallest(power_at: Callable[[int], float], chance: float, most: int) -> int | None:
    """Return the smallest number from 2 on that reaches the chance, which grows with the number."""
    low, high = 1, 2
    while power_at(high) < chance:
        if high == most:
            return None
        low, high = high, min(2 * high, most)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if power_at(middle) >= chance else (middle, high)
    return high


def _power_of(variances: Variances, seeds: int, questions: int, level: float) -> Callable[[float], float]:
    """Return the power as a function of the effect."""
    from scipy.special import ndtr  # type: ignore[import-untyped]

    if seeds < 1 or questions < 2:
        raise ValueError(f"a comparison needs one seed or more and two questions or more, got {seeds} and {questions}")
    half_widths = _half_widths(variances, seeds, questions, level)
    spread = _spread(variances, seeds, questions)

    def power_at(effect: float) -> float:
        if spread == 0.0:
            return float(effect != 0.0)
        return float(np.mean(ndtr((effect - half_widths) / spread) + ndtr((-effect - half_widths) / spread)))

    return power_at


def _spread(variances: Variances, seeds: int, questions: int) -> float:
    """Return the standard deviation of the mean difference; of one seed, that over questions."""
    components = variances._replace(seed=0.0) if seeds == 1 else variances
    return math.sqrt(components.of_mean(seeds, questions))


SEED_QUANTILES = (np.arange(200) + 0.5) / 200
QUESTION_QUANTILES = (np.arange(21) + 0.5) / 21


def _half_widths(variances: Variances, seeds: int, questions: int, level: float) -> NDArray[np.float64]:
    """Return equally likely half widths of the interval, one for each pair of quantiles of the mean squares."""
    from scipy.special import chdtri, ndtri, stdtrit

    answers = seeds * questions
    by_question = stdtrit(questions - 1, level / 2) ** 2
    if seeds == 1:
        squares = chdtri(questions - 1, SEED_QUANTILES) / (questions - 1)
        return np.asarray(np.sqrt(by_question * (variances.question + variances.residual) * squares / answers))
    by_seed = stdtrit(seeds - 1, level / 2) ** 2
    squares = chdtri(seeds - 1, SEED_QUANTILES) / (seeds - 1)
    seed_squares = (variances.residual + questions * variances.seed) * squares
    question_square = variances.residual + seeds * variances.question
    deviation = math.sqrt(
        2 * question_square**2 / (questions - 1) + 2 * variances.residual**2 / ((seeds - 1) * (questions - 1))
    )
    excess = np.maximum(0.0, seeds * variances.question + deviation * ndtri(QUESTION_QUANTILES))
    least = by_question * question_square / 2
    return np.asarray(np.sqrt(np.maximum(by_seed * seed_squares[:, None] + by_question * excess, least) / answers))
