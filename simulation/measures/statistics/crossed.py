"""The mean difference of two policies over seeds crossed with questions: its interval speaks of other seeds and others.

D[S, Q] holds the difference of seed s on question q; all seeds put the same questions. The model is the two-way crossed
random-effects one, D = mean + seed + question + residual (Searle, Casella & McCulloch 1992, "Variance Components"): the
mean has the variance seed/S + question/Q + residual/(SQ), estimated without bias by
(MS_seed + MS_question - MS_residual) / (SQ). Its usual t with Satterthwaite's degrees of freedom covers too often where
neither matters, and at the small levels that Holm asks for it rejects up to 3.6 times as often as it says with five
seeds, because a variance that came out small by luck brings many degrees of freedom. So the half widths of the two
sources, each with its own t quantile, add in squares instead (Howe 1974, JASA 69:789):

    half² = t(S-1)² MS_seed/(SQ) + t(Q-1)² max(0, MS_question - MS_residual)/(SQ)

With no question effect this is the t interval over seeds, with no seed effect nearly that over questions; in between it
covers slightly more than it says. Seeds whose means agree by luck would make it narrower than any single seed's, so
half² is at least t(Q-1)² MS_question/(2SQ): half of what the questions alone show. `benchmarks/intervals.py` measures
it against the alternatives. Where nothing changed, the interval leaves room for what was not seen (`unseen.py`).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulation.measures.statistics.counts import one_run_difference
from simulation.measures.statistics.estimate import Estimate, Tested
from simulation.measures.statistics.significance import smallest_sign_flip_p
from simulation.measures.statistics.unseen import departing, with_unseen

SMALLEST_LOG = 80.0
"""Of p, as a negative natural logarithm: what is smaller is not told apart."""


class Variances(NamedTuple):
    """Where a paired difference of two policies comes from besides the policies, in the measure's units squared."""

    seed: float
    """Of the difference between the policies from seed to seed, on endless questions."""
    question: float
    """Of it from question to question, over endless seeds: some questions suit one of the policies."""
    residual: float
    """Of a single answer's difference beyond both."""

    def of_mean(self, seeds: int, questions: int) -> float:
        """Return the variance of the mean over so many seeds and questions."""
        return self.seed / seeds + self.question / questions + self.residual / (seeds * questions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossed:
    """What the analysis of variance finds in differences of two or more seeds and questions."""

    mean: float
    seeds: int
    questions: int
    seed_square: float
    """Mean square, like the next two."""
    question_square: float
    residual_square: float
    differing: int
    """Questions on which the two ever differ."""

    @property
    def variances(self) -> Variances:
        """The variance components; what comes out below 0 is 0."""
        return Variances(
            max(0.0, self.seed_square - self.residual_square) / self.questions,
            max(0.0, self.question_square - self.residual_square) / self.seeds,
            self.residual_square,
        )

    def half_width(self, tail: float = 0.025) -> float:
        """Return half the width of the interval that leaves `tail` on each side."""
        from scipy.special import stdtrit  # type: ignore[import-untyped]

        by_seed, by_question = stdtrit(self.seeds - 1, tail) ** 2, stdtrit(self.questions - 1, tail) ** 2
        excess = max(0.0, self.question_square - self.residual_square)
        squares = max(by_seed * self.seed_square + by_question * excess, by_question * self.question_square / 2)
        return math.sqrt(squares / (self.seeds * self.questions))

    def estimate(self, level: float = 0.95) -> Estimate:
        """Return the mean with its interval."""
        half = self.half_width((1 - level) / 2)
        return Estimate(self.mean, self.mean - half, self.mean + half)

    @property
    def p(self) -> float:
        """The two-sided p at which the interval touches 0.

        It is never below what the sign-flip test over the questions that differ could reach: five answers that differ,
        all in favour of one policy, are no evidence at 5 %, however evenly they fall on the seeds.
        """
        floor = smallest_sign_flip_p(self.differing)
        if self.mean == 0.0 or floor == 1.0:
            return 1.0
        if self.half_width(math.exp(-SMALLEST_LOG) / 2) < abs(self.mean):
            return floor
        from scipy.optimize import brentq  # type: ignore[import-untyped]

        log_p = brentq(lambda log: self.half_width(math.exp(log) / 2) - abs(self.mean), -SMALLEST_LOG, 0.0)
        return max(floor, math.exp(log_p))


def analyse(differences_SQ: Sequence[ArrayLike] | NDArray[np.float64]) -> Crossed:
    """Return the analysis of variance of differences with a row a seed and a column a question, two or more of each."""
    values_SQ = table_of(differences_SQ)
    seeds, questions = values_SQ.shape
    if seeds < 2 or questions < 2:
        raise ValueError(f"crossed differences need two seeds and two questions, got {seeds} and {questions}")
    mean = float(values_SQ.mean())
    seeds_S1, questions_Q = values_SQ.mean(axis=1, keepdims=True), values_SQ.mean(axis=0)
    residual_SQ = values_SQ - seeds_S1 - questions_Q + mean
    return Crossed(
        mean=mean,
        seeds=seeds,
        questions=questions,
        seed_square=float(questions * np.sum((seeds_S1 - mean) ** 2) / (seeds - 1)),
        question_square=float(seeds * np.sum((questions_Q - mean) ** 2) / (questions - 1)),
        residual_square=float(np.sum(residual_SQ**2) / ((seeds - 1) * (questions - 1))),
        differing=differing(values_SQ),
    )


def crossed_difference(
    differences_SQ: Sequence[ArrayLike] | NDArray[np.float64], level: float = 0.95, *, graded: bool = False
) -> Tested:
    """Return the mean difference with its interval and p, over other seeds and other questions.

    One seed leaves the questions alone (`one_run_difference`): it says nothing of other seeds. `graded` says that the
    truths are not only right or wrong, so that differences which all but agree leave room for others.
    """
    values_SQ = table_of(differences_SQ)
    if len(values_SQ) == 1:
        return one_run_difference(values_SQ[0], level, graded=graded)
    analysis = analyse(values_SQ)
    return with_unseen(Tested(*analysis.estimate(level), analysis.p), values_SQ, level, graded=graded)


def differing(differences_SQ: NDArray[np.float64]) -> int:
    """Return on how many questions any seed shows a difference beyond rounding."""
    return departing(differences_SQ, 0.0)


def table_of(rows: Sequence[ArrayLike] | NDArray[np.float64]) -> NDArray[np.float64]:
    """Return rows of equally many finite numbers as a table, or say why that cannot be."""
    arrays = [np.asarray(row, dtype=np.float64) for row in rows]
    shapes = sorted({array.shape for array in arrays})
    if len(shapes) != 1 or len(shapes[0]) != 1 or shapes[0] == (0,):
        raise ValueError(
            f"expected a row a seed, all over the same questions, got {len(arrays)} rows of shapes {shapes}; "
            "evaluate every seed on the same held-out questions"
        )
    table_SQ = np.stack(arrays)
    if not np.isfinite(table_SQ).all():
        raise ValueError(f"expected finite numbers, got {int((~np.isfinite(table_SQ)).sum())} that are not")
    return table_SQ
