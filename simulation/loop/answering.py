"""The second stage of a turn: what is asked is answered, and so is what measures, each in one batch a model."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from simulation.core.roles import LanguageModel, Learner
from simulation.core.types import Answer, Completion, Question, Request
from simulation.loop.asking import Picks, seen
from simulation.loop.world import Respondent, Student, World

T = TypeVar("T")


def complete(
    model: LanguageModel, requests: Sequence[Request], scored: Mapping[Request, tuple[float, ...]]
) -> list[Completion]:
    """Answer requests that score and requests that generate, each kind in one batch, in the order given.

    `scored` are log-probabilities of this turn, which need not be computed again.
    """
    rows = [scored.get(request) if scored and request.continuations else None for request in requests]
    fresh = [request for request, row in zip(requests, rows, strict=True) if row is None]
    scoring = [request for request in fresh if request.continuations]
    writing = [request for request in fresh if not request.continuations]
    fresh_rows = iter(model.score(scoring) if scoring else ())
    texts = iter(model.generate(writing) if writing else ())
    return [
        Completion(continuation_logprobs=next(fresh_rows) if row is None else row)
        if request.continuations
        else next(texts)
        for request, row in zip(requests, rows, strict=True)
    ]


def answer(
    world: World,
    respondents: Sequence[Respondent],
    asked: Sequence[Sequence[Question]],
    turn: int,
    purpose: str,
    scored: Sequence[Mapping[Request, tuple[float, ...]]] = (),
) -> list[list[Answer]]:
    """Let a respondent answer each student's questions, one batch a model; `scored` are scores of this turn.

    A question stands as often as it is to be answered.
    """
    shown = [seen(student, questions) for student, questions in zip(world.students, asked, strict=True)]
    requests = []
    for student, respondent, questions in zip(world.students, respondents, shown, strict=True):
        stream = student.stream(turn, purpose)
        sampling = student.settings.practice if purpose == "answer" else student.settings.exam
        requests.append(sampling.drawn(respondent.answerer.requests(questions, generator=stream), stream))
    scores = {request: row for scores_of_student in scored for request, row in scores_of_student.items()}
    answers: list[list[Answer]] = [[] for _ in respondents]
    for model in _same([respondent.model for respondent in respondents]):
        indexes = [index for index, respondent in enumerate(respondents) if respondent.model is model]
        completions = iter(complete(model, [request for index in indexes for request in requests[index]], scores))
        for index in indexes:
            version = model.version(world.students[index].seat.name)
            own_completions = [next(completions) for _ in requests[index]]
            answers[index] = respondents[index].answerer.read(shown[index], own_completions, model_version=version)
    return answers


def themselves(students: Sequence[Student], model: Learner) -> list[Respondent]:
    """Return the students as their own respondents."""
    return [Respondent(answerer=student.answerer, model=model) for student in students]


def practise(world: World, picks: Sequence[Picks], turn: int) -> tuple[list[list[Question]], list[list[Answer]]]:
    """Have what was picked answered, by the students or in their place by their samplers; return both, parallel."""
    asked = [
        student.settings.practice.put([pick.item for pick in row.picks])
        for student, row in zip(world.students, picks, strict=True)
    ]
    pairs = zip(world.students, themselves(world.students, world.model), strict=True)
    respondents = [student.sampler or itself for student, itself in pairs]
    answers = answer(world, respondents, asked, turn, "answer", [row.scores for row in picks])
    for index, student in enumerate(world.students):
        if student.sampler is not None:
            # the student learns from another's answer as if it had been asked itself
            shown = seen(student, asked[index])
            requests = student.answerer.requests(shown, generator=student.stream(turn, "layout"))
            answers[index] = [
                replace(sampled, prompt=request.prompt)
                for sampled, request in zip(answers[index], requests, strict=True)
            ]
    return asked, answers


def _same(parts: Iterable[T]) -> list[T]:
    """Return the different objects among some, in their order."""
    return list({id(part): part for part in parts}.values())
