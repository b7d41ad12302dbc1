"""What answers and verdicts add up to: experiences and evaluations."""

from collections.abc import Mapping, Sequence
from itertools import chain, islice

import numpy as np

from simulation.core.confidence import confidences
from simulation.core.questions import Measure, computed, sources
from simulation.core.types import Answer, Evaluation, Experience, Feedback, Question, Ranking, Result
from simulation.quality.rightness import passing
from simulation.quality.sets import set_metrics

SCORE = "score"
"""The measure of what a scorer gave."""


def evaluation(
    answers: Sequence[Answer],
    truths: Sequence[Feedback],
    measures: Sequence[Measure],
    samples: int = 1,
    *,
    meanings: Sequence[str | None] | None = None,
    scores: Sequence[float] = (),
) -> Evaluation:
    """Summarise one student's answers to one question set, `samples` a question, which stand together.

    The first of the measures is the truth. `meanings` say which answers to one question are equal, where that is known,
    and `scores` what another judge gave, where one was asked. What is on record as measured stands.
    """
    rankings = rounded([answer.ranking for answer in answers])
    of_sets = together(answers, truths, samples, meanings, scores)
    scored = [{SCORE: score} for score in scores] or [{}] * len(answers)
    results = tuple(
        Result(
            question_id=answer.question_id,
            text=answer.text,
            truth=truth.score,
            ranking=ranking,
            reading=answer.reading,
            stop=answer.stop,
            reason=truth.reason,
            metrics={**of_set, **score, **truth.metrics},
        )
        for answer, ranking, truth, of_set, score in zip(answers, rankings, truths, of_sets, scored, strict=True)
    )
    metrics = {"unparsed": float(np.mean([answer.stop.startswith("unparsed") for answer in answers]))}
    sure = confidences([ranking for ranking in rankings if ranking is not None])
    if sure.size:
        metrics["confidence"] = float(sure.mean())
    metrics |= averages(results, measures)
    if samples > 1:
        metrics |= passing([result.truth for result in results], samples)
    metrics[measures[0].name] = float(np.mean([result.truth for result in results]))
    return Evaluation(questions=len(results) // samples, metrics=metrics, results=results)


def together(
    answers: Sequence[Answer],
    truths: Sequence[Feedback],
    samples: int,
    meanings: Sequence[str | None] | None,
    scores: Sequence[float],
) -> list[Mapping[str, float]]:
    """Return for each answer what is measured of all `samples` answers to its question, nothing of a single one."""
    of_sets: list[Mapping[str, float]] = []
    for first in range(0, len(answers), samples):
        of_one = slice(first, first + samples)
        chosen = [None if answer.choice is None else str(answer.choice) for answer in answers[of_one]]
        classes = meanings[of_one] if meanings is not None else chosen if any(chosen) else None
        read = chosen if classes is None else classes
        of_set = set_metrics(
            [answer.text for answer in answers[of_one]],
            [truth.score for truth in truths[of_one]],
            readings=[
                None
                if answer.stop.startswith("unparsed")
                else reading or (classes is None and answer.text.strip()) or None
                for answer, reading in zip(answers[of_one], read, strict=True)
            ],
            classes=classes,
            scores=scores[of_one] or None,
        )
        of_sets += [of_set] * len(truths[of_one])
    return of_sets


def averages(results: Sequence[Result], measures: Sequence[Measure]) -> dict[str, float]:
    """Return the means of what was measured besides the truth; numbers that measures are computed from have none."""
    names = sorted({name for result in results for name in result.metrics})
    columns = {name: [result.metrics.get(name) for result in results] for name in names}
    told = {name: column for name, column in columns.items() if name not in sources(measures)}
    means = {name: float(np.mean([value for value in column if value is not None])) for name, column in told.items()}
    return means | {name: float(values.mean()) for name, values in computed(measures, columns).items()}


def rounded(rankings: Sequence[Ranking | None]) -> list[Ranking | None]:
    """Return rankings with their log-probabilities as float32 values, which take half the space in every record."""
    scored = [ranking for ranking in rankings if ranking is not None and ranking.logprobs]
    wide = np.fromiter(chain.from_iterable(ranking.logprobs for ranking in scored), dtype=np.float64)
    narrow = wide.astype(np.float32).astype(np.float64)
    if (wide == narrow).all():
        return [*rankings]
    values = iter(narrow.tolist())
    return [
        Ranking(
            taken=ranking.taken,
            logprobs=tuple(islice(values, len(ranking.logprobs))),
            alternatives=ranking.alternatives,
        )
        if ranking is not None and ranking.logprobs
        else ranking
        for ranking in rankings
    ]


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
