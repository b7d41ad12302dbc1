"""How the mean of a measure changed over a study, from the first evaluation to the last, and how sure that is."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simulation.core.seeding import generator
from simulation.measures.methods import Values, p_of_change
from simulation.measures.statistics import Estimate, Tested, bootstrap, mean_interval
from simulation.measures.statistics.unseen import with_unseen
from simulation.measures.summary import Course

LEVEL = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """How the mean of a measure changed from the first evaluation to the last."""

    first: float
    last: float
    questions: int
    students: int
    difference: Estimate
    """Its interval covers the questions that might have been put instead and, from three students on, the students."""
    p: float | None
    """McNemar's exact p, for one student whose answers are right or wrong."""

    @property
    def tells(self) -> bool:
        """Whether the direction is known."""
        return self.difference.tells and (self.p is None or self.p < 0.05)


def change(courses: Sequence[Course]) -> Change | None:
    """Return how the mean changed, or None where no student was measured twice on the same questions."""
    paired = [
        (course.first, course.latest)
        for course in courses
        if len(course.measurements) > 1
        and course.first is not None
        and course.latest is not None
        and course.first.questions == course.latest.questions
    ]
    if not paired:
        return None
    pairs = [(before.values, after.values) for before, after in paired]
    shared = len({before.questions for before, _ in paired}) == 1
    return Change(
        first=float(np.mean([before.mean() for before, _ in pairs])),
        last=float(np.mean([after.mean() for _, after in pairs])),
        questions=pairs[0][0].size,
        students=len(pairs),
        difference=difference([after - before for before, after in pairs], shared, graded=courses[0].measure.graded),
        p=p_of_change(*pairs[0], graded=courses[0].measure.graded) if len(pairs) == 1 else None,
    )


def difference(rows: Sequence[Values], shared: bool, *, graded: bool) -> Estimate:
    """Return the mean difference of students, a row each, with an interval that leaves room for what was not seen."""
    table_SQ = np.stack(rows) if shared else np.concatenate(rows)[None, :]
    test = Tested(*resampled(rows, shared), 1.0)
    return Estimate(*with_unseen(test, table_SQ, LEVEL, graded=graded)[:3])


def resampled(rows: Sequence[Values], shared: bool) -> Estimate:
    """Return the mean difference of students, a row each, with an interval that does not overstate what few tell.

    A bootstrap of few students is too narrow, and a t interval over students ignores that they share their questions:
    the interval reaches as far as either. Two students say nothing of others, so theirs is over questions alone.
    """
    stream = generator(0, 0, 0, "report")
    if len(rows) == 2 and shared:
        return bootstrap([np.mean(rows, axis=0)], generator=stream, shared_questions=True)
    bootstrap_estimate = bootstrap(rows, generator=stream, shared_questions=shared)
    if len(rows) < 3:
        return bootstrap_estimate
    t_estimate = mean_interval([row.mean() for row in rows])
    low, high = min(bootstrap_estimate.low, t_estimate.low), max(bootstrap_estimate.high, t_estimate.high)
    return Estimate(bootstrap_estimate.value, low, high)
