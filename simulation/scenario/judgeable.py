"""Whether the judges of a scenario can judge its questions, before the first is put."""

from collections.abc import Iterator, Sequence
from itertools import islice

from simulation.contracts.boundary import calling, named
from simulation.contracts.environment import SAMPLE
from simulation.core.errors import ScenarioError
from simulation.core.optional_roles import Refusing
from simulation.core.roles import Judge
from simulation.core.types import Question
from simulation.scenario.scenario import Scenario

SHOWN = 5
"""Questions that are named; of more, only how many."""


def refuse_unjudgeable(scenario: Scenario, path: str, judge: Judge, questions: Sequence[Question]) -> None:
    """Refuse questions to which a judge could judge no answer; of those made when looked at, a sample is looked at."""
    if not isinstance(judge, Refusing):
        return
    step = 1 if isinstance(questions, tuple) else max(1, len(questions) // SAMPLE)
    refusals = refusals_of(judge, [questions[place] for place in range(0, len(questions), step)])
    lines = [scenario.complaint(path, reason) for reason in islice(refusals, SHOWN)]
    more = sum(1 for _ in refusals)
    if lines:
        raise ScenarioError("\n".join(lines + ([f"{more} more questions like these"] if more else [])))


def refusals_of(judge: Refusing, questions: Sequence[Question]) -> Iterator[str]:
    """Yield why a judge cannot judge answers to some questions."""
    with calling("judge", named(judge)):
        for question in questions:
            if (reason := judge.refusal(question)) is not None:
                yield reason
