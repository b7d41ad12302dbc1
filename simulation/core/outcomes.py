"""What answers and verdicts add up to: experiences, evaluations, how sure a student was."""

from collections.abc import Sequence

import numpy as np

from simulation.core.types import Answer, Evaluation, Experience, Feedback, Question, Result


def evaluation(answers: Sequence[Answer], truths: Sequence[Feedback]) -> Evaluation:
    """Summarise one student's answers to one question set."""
    results = tuple(
        Result(
            question_id=given.question_id,
            text=given.text,
            truth=truth.score,
            choice=given.choice,
            confidence=confidence(given),
            stop=given.stop,
        )
        for given, truth in zip(answers, truths, strict=True)
    )
    metrics = {"accuracy": float(np.mean([result.truth for result in results]))}
    metrics["unparsed"] = float(np.mean([given.stop == "unparsed" for given in answers]))
    known = [result.confidence for result in results if result.confidence is not None]
    if known:
        metrics["confidence"] = float(np.mean(known))
    return Evaluation(questions=len(results), metrics=metrics, results=results)


def confidence(given: Answer) -> float | None:
    """Return the normalised probability of the option taken, or None where the options were not scored."""
    if given.confidence is not None:
        return given.confidence
    if given.choice is None or not given.choice_logprobs:
        return None
    logprobs = np.asarray(given.choice_logprobs)
    odds = np.exp(logprobs - logprobs.max())
    return float(odds[given.choice] / odds.sum())


def experienced(
    turn: int,
    questions: Sequence[Sequence[Question]],
    answers: Sequence[Sequence[Answer]],
    feedback: Sequence[Sequence[Feedback]],
    truths: Sequence[Sequence[Feedback]],
) -> list[tuple[Experience, ...]]:
    """Join what every student was asked, answered and told."""
    return [
        tuple(
            Experience(question=question, answer=given, feedback=said, truth=truth.score, turn=turn, position=position)
            for position, (question, given, said, truth) in enumerate(zip(*rows, strict=True))
        )
        for rows in zip(questions, answers, feedback, truths, strict=True)
    ]
