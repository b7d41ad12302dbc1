"""The second stage of a turn: what is asked is answered, and so is what measures, each in one batch a model."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar

import numpy as np

from simulation.contracts.boundary import calling, named
from simulation.contracts.models import guarded_completions, guarded_scores
from simulation.contracts.students import guarded_answers, guarded_requests
from simulation.core.calls import Completion, Request
from simulation.core.roles import LanguageModel, Learner
from simulation.core.types import Answer, Question, Ranking
from simulation.loop.asking import Failures, Picks, for_student, seen
from simulation.loop.world import Respondent, Sampling, Student, World

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
    fresh_rows = iter(guarded_scores(named(model), model, scoring) if scoring else ())
    texts = iter(guarded_completions(named(model), model, writing) if writing else ())
    return [
        Completion(continuation_logprobs=next(fresh_rows) if row is None else row)
        if request.continuations
        else next(texts)
        for request, row in zip(requests, rows, strict=True)
    ]


def answer(
    world: World,
    respondents: Sequence[Respondent],
    samplings: Sequence[Sampling],
    asked: Sequence[Sequence[Question]],
    turn: int,
    purpose: str,
    failures: Failures,
    scored: Sequence[Mapping[Request, tuple[float, ...]]] = (),
) -> list[list[Answer]]:
    """Let a respondent answer each student's questions, one batch a model; `scored` are scores of this turn.

    A question stands as often as it is to be answered. A student whose answers fail has none.
    """
    shown = [seen(by.answerer, questions) for by, questions in zip(respondents, asked, strict=True)]
    requests = []
    for student, respondent, sampling, questions in zip(world.students, respondents, samplings, shown, strict=True):
        draw = partial(drawn, respondent, sampling, questions, stream=student.stream(turn, purpose))
        requests.append(for_student(student, draw, failures) or [])
    scores = {request: row for scores_of_student in scored for request, row in scores_of_student.items()}
    answers: list[list[Answer]] = [[] for _ in respondents]
    for model in _same([respondent.model for respondent in respondents]):
        indexes = [index for index, respondent in enumerate(respondents) if respondent.model is model]
        completions = iter(complete(model, [request for index in indexes for request in requests[index]], scores))
        for index in indexes:
            student = world.students[index]
            own_completions = [next(completions) for _ in requests[index]]
            own_completions = samplings[index].spread(requests[index], own_completions)
            if student.seat.name not in failures:
                read_own = partial(read, respondents[index], student, shown[index], own_completions)
                answers[index] = for_student(student, read_own, failures) or []
            if not purpose.startswith("evaluate"):
                answers[index] = [with_input(own, model) for own in answers[index]]
            if samplings[index].beams:
                answers[index] = with_beams(answers[index], samplings[index].samples)
    return answers


def drawn(
    respondent: Respondent, sampling: Sampling, questions: Sequence[Question], *, stream: np.random.Generator
) -> list[Request]:
    """Return a student's requests for its questions, with how their texts are drawn."""
    answerer = respondent.answerer
    return sampling.drawn(guarded_requests(named(answerer), answerer, questions, generator=stream), stream)


def read(
    respondent: Respondent, student: Student, questions: Sequence[Question], completions: Sequence[Completion]
) -> list[Answer]:
    """Return the answers that completions are."""
    answerer, version = respondent.answerer, respondent.model.version(student.seat.name)
    return guarded_answers(named(answerer), answerer, questions, completions, model_version=version)


def with_beams(answers: Sequence[Answer], texts: int) -> list[Answer]:
    """Return answers that are the texts of beam searches, `texts` a search, each ranked among those of its search."""
    ranked = [*answers]
    for first in range(0, len(answers), texts):
        beam = answers[first : first + texts]
        logprobs = tuple(answer.logprob for answer in beam if answer.logprob is not None)
        if len(logprobs) == len(beam) == texts and all(answer.ranking is None for answer in beam):
            alternatives = tuple(answer.text for answer in beam)
            for place in range(texts):
                ranking = Ranking(taken=place, logprobs=logprobs, alternatives=alternatives)
                ranked[first + place] = replace(beam[place], ranking=ranking)
    return ranked


def with_input(answer: Answer, model: LanguageModel) -> Answer:
    """Return the answer with what the model really read."""
    if answer.model_input:
        return answer
    with calling("students", named(model)):
        return replace(answer, model_input=model.render(answer.prompt))


def themselves(students: Sequence[Student], model: Learner) -> list[Respondent]:
    """Return the students as their own respondents."""
    return [Respondent(answerer=student.answerer, model=model) for student in students]


def practise(
    world: World, picks: Sequence[Picks], turn: int, failures: Failures
) -> tuple[list[list[Question]], list[list[Answer]]]:
    """Have what was picked answered, by the students or in their place by their samplers; return both, parallel."""
    asked = [
        student.settings.practice.put([pick.item for pick in row.picks])
        for student, row in zip(world.students, picks, strict=True)
    ]
    pairs = zip(world.students, themselves(world.students, world.model), strict=True)
    respondents = [student.sampler or itself for student, itself in pairs]
    samplings = [student.settings.practice for student in world.students]
    answers = answer(world, respondents, samplings, asked, turn, "answer", failures, [row.scores for row in picks])
    for index, student in enumerate(world.students):
        if student.sampler is not None:
            take_over = partial(as_own, student, asked[index], answers[index], student.stream(turn, "layout"))
            answers[index] = for_student(student, take_over, failures) or []
        if student.seat.name in failures:
            asked[index], answers[index] = [], []
    return asked, answers


def as_own(
    student: Student, questions: Sequence[Question], answers: Sequence[Answer], stream: np.random.Generator
) -> list[Answer]:
    """Return another's answers as the student learns from them: as if it had been asked itself."""
    requests = guarded_requests(
        named(student.answerer), student.answerer, seen(student.answerer, questions), generator=stream
    )
    return [replace(own, prompt=request.prompt) for own, request in zip(answers, requests, strict=True)]


def _same(parts: Iterable[T]) -> list[T]:
    """Return the different objects among some, in their order."""
    return list({id(part): part for part in parts}.values())
