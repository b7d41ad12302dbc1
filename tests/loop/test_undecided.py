"""An answer of which no judge can decide anything is no mistake: nothing is learned from it, nor is it given again."""

from dataclasses import replace

from policies.learning.mistakes import Mistakes
from simulation.core.memory import decided
from simulation.core.types import Feedback, Outcome
from simulation.loop.trying_again import is_due
from tests.support.contexts import context, experience, memory, question

UNDECIDED = Feedback(score=0.0, judge="executor", outcomes=(Outcome(part="tests", score=0.0, reason="unsupported"),))
WRONG = Feedback(
    score=0.0,
    judge="executor",
    outcomes=(
        Outcome(part="test 1", score=0.0, reason="unsupported"),
        Outcome(part="test 2", score=0.0, reason="failed"),
    ),
)


def test_what_nobody_can_judge_is_no_mistake_and_is_counted_as_asked() -> None:
    assert not decided(UNDECIDED) and decided(WRONG) and decided(Feedback(score=0.0, judge="key"))
    first, second = (
        replace(experience(question(name), turn=1, position=place, score=0.0), feedback=feedback)
        for place, (name, feedback) in enumerate({"odd": UNDECIDED, "sound": WRONG}.items())
    )
    held = memory([first, second])
    assert list(held) == [second] and held.questions["odd"].asked == 1
    selected = Mistakes().select(held, 10, context(held=held))
    assert [selection.item for selection in selected] == [second]


def test_it_is_not_answered_again() -> None:
    answer = experience(question("odd")).answer
    assert is_due([(answer, WRONG)], 2) and not is_due([(answer, UNDECIDED)], 2)
