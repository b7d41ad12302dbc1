"""An answer of which no judge can decide anything is no mistake: nothing is learned from it, nor is it given again."""

from dataclasses import replace

from policies.asking.elo import Elo
from policies.learning.mistakes import Mistakes
from policies.learning.reservoir import Reservoir
from policies.parts.difficulty import difficulties
from policies.parts.quotas import wrong_counts
from simulation.core.memory import decided
from simulation.core.types import Evaluation, Feedback, Outcome, Result, Turn
from simulation.loop.trying_again import is_due
from simulation.loop.world import Student
from tests.support.contexts import context, experience, memory, question
from tests.support.scripted import scripted_world, seats

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


def adaptive() -> Student:
    """A student whose policies take note of every turn."""
    seated = scripted_world(seats(1), ask=Elo()).students[0]
    return replace(seated, settings=replace(seated.settings, learn=Reservoir()))


def test_policies_are_told_nothing_of_it() -> None:
    sound = experience(question("sound"), score=1.0)
    odd = replace(experience(question("odd"), position=1), feedback=UNDECIDED)
    student, other = (adaptive() for _ in range(2))
    student.close(Turn(turn=1, student="one", experiences=(sound, odd)))
    other.close(Turn(turn=1, student="one", experiences=(sound,)))
    assert student.states == other.states and student.states["learn"].experiences == [sound]


def test_it_is_no_error_of_its_skill_and_no_wrong_answer_of_an_evaluation() -> None:
    odd = replace(experience(question("odd")), feedback=UNDECIDED)
    tally = memory([odd]).tags["general"]
    assert (tally.asked, tally.judged, tally.score) == (1, 0, 0.0)
    assert difficulties([question("x")], context(held=memory([odd])), "error_rate", "category") == [0.5]
    results = tuple(
        Result(question_id=name, text="", truth=0.0, reason=reason)
        for name, reason in (("odd", "unsupported"), ("wrong", "failed"))
    )
    evaluated = Evaluation(questions=2, metrics={}, results=results)
    view = replace(context(), evaluations={"probe": evaluated}, tags={"odd": ("a",), "wrong": ("b",)})
    assert wrong_counts(view, "probe") == {"a": 0, "b": 1}


def test_it_is_not_answered_again() -> None:
    answer = experience(question("odd")).answer
    assert is_due([(answer, WRONG)], 2) and not is_due([(answer, UNDECIDED)], 2)
