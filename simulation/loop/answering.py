"""The second stage of a turn: what is asked is answered, and so is what measures, each in one batch a model."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from simulation.core.roles import LanguageModel, Learner
from simulation.core.types import Answer, Completion, Question, Request
from simulation.loop.asking import Asked, seen
from simulation.loop.world import Desk, Voice, World

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
    voices: Sequence[Voice],
    asked: Sequence[Sequence[Question]],
    turn: int,
    purpose: str,
    known: Sequence[Mapping[Request, tuple[float, ...]]] = (),
) -> list[list[Answer]]:
    """Let a voice answer each student's questions, one batch a model; `known` are scores of this turn.

    A question stands as often as it is to be answered.
    """
    shown = [seen(desk, questions) for desk, questions in zip(world.desks, asked, strict=True)]
    requests = []
    for desk, voice, questions in zip(world.desks, voices, shown, strict=True):
        stream = desk.stream(turn, purpose)
        drawing = desk.plan.practice if purpose == "answer" else desk.plan.exam
        requests.append(drawing.drawn(voice.answerer.requests(questions, generator=stream), stream))
    scores = {request: row for each in known for request, row in each.items()}
    answers: list[list[Answer]] = [[] for _ in voices]
    for model in _same([voice.model for voice in voices]):
        mine = [index for index, voice in enumerate(voices) if voice.model is model]
        completions = iter(complete(model, [request for index in mine for request in requests[index]], scores))
        for index in mine:
            version = model.version(world.desks[index].seat.name)
            said = [next(completions) for _ in requests[index]]
            answers[index] = voices[index].answerer.read(shown[index], said, model_version=version)
    return answers


def own(desks: Sequence[Desk], model: Learner) -> list[Voice]:
    """Return the students' own voices."""
    return [Voice(answerer=desk.answerer, model=model) for desk in desks]


def practise(world: World, asked: Sequence[Asked], turn: int) -> tuple[list[list[Question]], list[list[Answer]]]:
    """Have what was picked answered, by the students or in their place by their samplers; return both, parallel."""
    put = [
        desk.plan.practice.put([pick.item for pick in each.picks])
        for desk, each in zip(world.desks, asked, strict=True)
    ]
    mine = own(world.desks, world.model)
    voices = [desk.sampler or voice for desk, voice in zip(world.desks, mine, strict=True)]
    answers = answer(world, voices, put, turn, "answer", [each.scores for each in asked])
    for index, desk in enumerate(world.desks):
        if desk.sampler is not None:
            shown = seen(desk, put[index])
            ours = desk.answerer.requests(shown, generator=desk.stream(turn, "layout"))
            pairs = zip(answers[index], ours, strict=True)
            answers[index] = [replace(given, prompt=request.prompt) for given, request in pairs]
    return put, answers


def _same(parts: Iterable[T]) -> list[T]:
    """Return the different objects among some, in their order."""
    return list({id(part): part for part in parts}.values())
