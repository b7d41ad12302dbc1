"""The judge that checks conditions: which of them a text meets, by rule, at IFEval's four levels."""

from collections import Counter
from collections.abc import Sequence

from agents.conditions.levels import Levels, levels
from simulation.core.errors import DataError
from simulation.core.kinds.conditions import Condition, Conditions
from simulation.core.registry import judge
from simulation.core.types import Answer, Feedback, Outcome, Question

LONGEST_EXPLANATION = 500


@judge("conditions")
class ConditionsJudge:
    """Checks every condition of a question: right is what meets all; the share met, and both loosely, are measured."""

    def judge(
        self, questions: Sequence[Question], answers: Sequence[Answer], *, seeds: Sequence[int]
    ) -> list[Feedback]:
        """Evaluate each answer; exact, so the seeds are not used."""
        del seeds
        return [checked(question, answer.text) for question, answer in zip(questions, answers, strict=True)]

    def audit(self, questions: Sequence[Question]) -> list[str]:
        """Return a line for each question of which a reference does not meet its conditions."""
        return [
            f"question {question.id!r}: its own reference {text!r} fails: {checked(question, text).explanation}"
            for question in questions
            for text in question.key.references
            if checked(question, text).score < 1
        ]


def checked(question: Question, text: str) -> Feedback:
    """Return what the rules say of a text; where nothing is asked, any text but an empty one is right."""
    key = question.key
    if not isinstance(key, Conditions):
        raise DataError(
            f"question {question.id!r} has no conditions, so the judge conditions cannot check it; use another "
            "teacher, or an environment such as instructions"
        )
    verdict = levels(key.conditions, text) if key.conditions else written(text)
    outcomes = by_condition(key.conditions, verdict)
    return Feedback(
        score=verdict.prompt_strict,
        judge="conditions",
        explanation=explained(outcomes),
        correction=key.reference,
        metrics={
            "instruction_strict": verdict.instruction_strict,
            "prompt_loose": verdict.prompt_loose,
            "instruction_loose": verdict.instruction_loose,
        },
        outcomes=outcomes,
    )


def written(text: str) -> Levels:
    """Return what comes of a text of which nothing is asked but that there is one."""
    is_written = bool(text.strip())
    return Levels(("" if is_written else "got an empty text",), (is_written,))


def by_condition(conditions: Sequence[Condition], verdict: Levels) -> tuple[Outcome, ...]:
    """Return an outcome a condition, in their order; those of one name are numbered."""
    names = [condition.name for condition in conditions] or ["text"]
    counts = Counter(names)
    numbers: Counter[str] = Counter()
    outcomes = []
    for name, complaint in zip(names, verdict.complaints, strict=True):
        numbers[name] += 1
        outcomes.append(
            Outcome(
                part=f"{name} {numbers[name]}" if counts[name] > 1 else name,
                score=float(not complaint),
                reason=f"{name} not met" if complaint else "met",
                detail=complaint,
            )
        )
    return tuple(outcomes)


def explained(outcomes: Sequence[Outcome]) -> str:
    """Say in plain words which conditions are not met, and why."""
    failed = [f"{outcome.part}: {outcome.detail}" for outcome in outcomes if not outcome.score]
    if not failed:
        return "Right."
    counted = f"{len(failed)} of {len(outcomes)} conditions not met" if len(outcomes) > 1 else "Not met"
    return f"{counted} ({'; '.join(failed)})."[:LONGEST_EXPLANATION]
