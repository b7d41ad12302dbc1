"""Which statistics a measure gets: those of right and wrong answers, or those of graded ones.

Whatever estimates, tests or counts a measure's values asks here, so that the choice is made in one place.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulation.core.questions import Measure
from simulation.core.types import Evaluation
from simulation.measures.statistics import Estimate, Interval, bounded_mean, mcnemar, wilson
from simulation.measures.verdicts import Family, judge_pairs

HALF = 0.5
"""An answer counts as right from this truth on; of several answers to a question, most have to be."""
MOVED = 1e-9
"""A graded value that changes by more than this rose or fell."""

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ValueSums:
    """What the values of some questions add up to."""

    total: float = 0.0
    squares: float = 0.0
    questions: int = 0

    def __add__(self, other: "ValueSums") -> "ValueSums":
        """Return the sums of both."""
        return ValueSums(self.total + other.total, self.squares + other.squares, self.questions + other.questions)

    @property
    def mean(self) -> float:
        """The mean value."""
        return self.total / self.questions

    def shared(self, students: int) -> "ValueSums":
        """Return the sums of one student, where these are those of several who answered the same questions."""
        return ValueSums(self.total / students, self.squares / students, self.questions // students)

    def interval(self, *, graded: bool) -> Interval:
        """Return the 95 % interval of the mean over questions."""
        if not graded:
            return wilson(self.total, self.questions)
        if self.questions < 2:
            return 0.0, 1.0
        spread = max(0.0, self.squares - self.total * self.mean) / (self.questions - 1)
        half = t_quantile(self.questions) * (spread / self.questions) ** 0.5
        return max(0.0, self.mean - half), min(1.0, self.mean + half)


def t_quantile(count: int) -> float:
    """Return how many standard errors a 95 % interval of the mean of so many values reaches."""
    from scipy.special import stdtrit  # type: ignore[import-untyped]

    return float(stdtrit(count - 1, 0.975))


def estimate_of(values: ArrayLike, *, graded: bool) -> Estimate:
    """Return the mean of values in [0, 1], [seeds, questions] or [questions] of one run, with its 95 % interval.

    It speaks of other questions and, from two seeds on, of other seeds.
    """
    return bounded_mean(values, graded=graded)


def estimate_at(evaluation: Evaluation, measure: Measure) -> Estimate:
    """Return the truth's mean in one evaluation, with its 95 % interval over other questions."""
    mean = evaluation.metrics[measure.name]
    if not measure.graded:
        return Estimate(mean, *wilson(mean * evaluation.questions, evaluation.questions))
    truths: dict[str, list[float]] = {}
    for result in evaluation.results:
        truths.setdefault(result.question_id, []).append(result.truth)
    if not truths:
        return Estimate(mean, 0.0, 1.0)
    return estimate_of([float(np.mean(of_question)) for of_question in truths.values()], graded=True)


def family_of(tables: Mapping[str, ArrayLike], *, name: str, graded: bool) -> Family:
    """Return the verdicts on all pairs of labels from their values [seeds, questions]."""
    return judge_pairs(tables, measure=name, graded=graded)


def moved(before: ArrayLike, after: ArrayLike, *, graded: bool) -> tuple[int, int]:
    """Return on how many questions the value rose and fell: from wrong to right and back, or by any step."""
    first, last = np.asarray(before, dtype=np.float64), np.asarray(after, dtype=np.float64)
    if graded:
        return int(np.count_nonzero(last - first > MOVED)), int(np.count_nonzero(first - last > MOVED))
    was_right, is_right = first >= HALF, last >= HALF
    return int(np.count_nonzero(is_right > was_right)), int(np.count_nonzero(was_right > is_right))


def p_of_change(before: Values, after: Values, *, graded: bool) -> float | None:
    """Return McNemar's exact p of one student's change; None where its answers are not each right or wrong."""
    if graded or not np.isin([before, after], (0.0, 1.0)).all():
        return None
    gained, lost = moved(before, after, graded=False)
    return mcnemar(lost, gained)
