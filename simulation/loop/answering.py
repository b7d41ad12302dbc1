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
    model: LanguageModel, requests: Sequence[Request], known: Mapping[Request, tuple[float, ...]]
) -> list[Completion]:
    """Answer requests that score and requests that generate, each kind in one batch, in the order given."""
    found = [known.get(request) if known and request.continuations else None for request in requests]
    new = [request for request, row in zip(requests, found, strict=True) if row is None]
    rows = iter(model.score(scored) if (scored := [each for each in new if each.continuations]) else ())
    texts = iter(model.generate(written) if (written := [each for each in new if not each.continuations]) else ())
    return [
        Completion(continuation_logprobs=next(rows) if row is None else row) if request.continuations else next(texts)
        for request, row in zip(requests, found, strict=True)
    ]


def answer(
    world: World,
    voices: Sequence[Respondent],
    asked: Sequence[Sequence[Question]],
    turn: int,
    purpose: str,
    known: Sequence[Mapping[Request, tuple[float, ...]]] = (),
) -> list[list[Answer]]:
    """Let a voice answer each student's questions, one batch a model; `known` are scores of this turn.

    A question stands as often as it is to be answered.
    """
    shown = [seen(student, questions) for student, questions in zip(world.students, asked, strict=True)]
    requests = []
    for student, voice, questions in zip(world.students, voices, shown, strict=True):
        stream = student.stream(turn, purpose)
        drawing = student.settings.practice if purpose == "answer" else student.settings.exam
        requests.append(drawing.drawn(voice.answerer.requests(questions, generator=stream), stream))
    scores = {request: row for each in known for request, row in each.items()}
    answers: list[list[Answer]] = [[] for _ in voices]
    for model in _same([voice.model for voice in voices]):
        mine = [index for index, voice in enumerate(voices) if voice.model is model]
        completions = iter(complete(model, [request for index in mine for request in requests[index]], scores))
        for index in mine:
            version = model.version(world.students[index].seat.name)
            said = [next(completions) for _ in requests[index]]
            answers[index] = voices[index].answerer.read(shown[index], said, model_version=version)
    return answers


def own(students: Sequence[Student], model: Learner) -> list[Respondent]:
    """Return the students' own voices."""
    return [Respondent(answerer=student.answerer, model=model) for student in students]


def practise(world: World, asked: Sequence[Picks], turn: int) -> tuple[list[list[Question]], list[list[Answer]]]:
    """Have what was picked answered, by the students or in their place by their samplers; return both, parallel."""
    put = [
        student.settings.practice.put([pick.item for pick in each.picks])
        for student, each in zip(world.students, asked, strict=True)
    ]
    mine = own(world.students, world.model)
    voices = [student.sampler or voice for student, voice in zip(world.students, mine, strict=True)]
    answers = answer(world, voices, put, turn, "answer", [each.scores for each in asked])
    for index, student in enumerate(world.students):
        if student.sampler is not None:
            shown = seen(student, put[index])
            ours = student.answerer.requests(shown, generator=student.stream(turn, "layout"))
            pairs = zip(answers[index], ours, strict=True)
            answers[index] = [replace(given, prompt=request.prompt) for given, request in pairs]
    return put, answers


def _same(parts: Iterable[T]) -> list[T]:
    """Return the different objects among some, in their order."""
    return list({id(part): part for part in parts}.values())
