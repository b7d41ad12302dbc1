"""What answers and verdicts add up to: experiences and evaluations."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import comb

import numpy as np

from simulation.core.confidence import confidence
from simulation.core.types import Answer, Evaluation, Experience, Feedback, Question, Ranking, Result


def evaluation(answers: Sequence[Answer], truths: Sequence[Feedback], measure: str, samples: int = 1) -> Evaluation:
    """Summarise one student's answers to one question set, `samples` a question, which stand together.

    `measure` names the truth.
    """
    results = tuple(
        Result(
            question_id=answer.question_id,
            text=answer.text,
            truth=truth.score,
            ranking=rounded(answer.ranking),
            reading=answer.reading,
            stop=answer.stop,
            reason=truth.reason,
            metrics=truth.metrics,
        )
        for answer, truth in zip(answers, truths, strict=True)
    )
    metrics = {"unparsed": float(np.mean([answer.stop == "unparsed" for answer in answers]))}
    confidences = [sure for result in results if (sure := confidence(result.ranking)) is not None]
    if confidences:
        metrics["confidence"] = float(np.mean(confidences))
    for name in sorted({name for result in results for name in result.metrics}):
        metrics[name] = float(np.mean([result.metrics[name] for result in results if name in result.metrics]))
    if samples > 1:
        metrics |= passing([result.truth for result in results], samples)
    metrics[measure] = float(np.mean([result.truth for result in results]))
    return Evaluation(questions=len(results) // samples, metrics=metrics, results=results)


def rounded(ranking: Ranking | None) -> Ranking | None:
    """Return a ranking with its log-probabilities as float32 values, which take half the space in every record."""
    if ranking is None or not ranking.logprobs:
        return ranking
    logprobs = np.asarray(ranking.logprobs, dtype=np.float32).astype(np.float64)
    return replace(ranking, logprobs=tuple(logprobs.tolist()))


def passing(truths: Sequence[float], samples: int) -> Mapping[str, float]:
    """Return pass@k in [0, 1] for every k up to `samples`, unbiased, mean over questions."""
    counts = [sum(truth >= 1 for truth in truths[at : at + samples]) for at in range(0, len(truths), samples)]
    return {
        f"pass@{k}": float(np.mean([pass_at(k, samples, right) for right in counts])) for k in range(1, samples + 1)
    }


def pass_at(k: int, samples: int, right: int) -> float:
    """Return the probability that one of `k` answers is right, of `samples` of which `right` are.

    Source: Chen et al. (2021), Evaluating large language models trained on code, arXiv 2107.03374, equation 1.
    """
    return (comb(samples, k) - comb(samples - right, k)) / comb(samples, k)


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
            Experience(
                question=question, answer=answer, feedback=verdict, truth=truth.score, turn=turn, position=position
            )
            for position, (question, answer, verdict, truth) in enumerate(zip(*rows, strict=True))
        )
        for rows in zip(questions, answers, feedback, truths, strict=True)
    ]
