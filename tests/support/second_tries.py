"""Students who read what they were told: after words on an answer they take the option behind it; no sum is rounded."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field
from pydantic.dataclasses import dataclass as component

from simulation.core.calls import Completion, Request
from simulation.core.types import Answer, Question, Ranking, Seat
from simulation.loop.turn import first_look, play_turn
from simulation.scenario.prepare import prepare
from simulation.scenario.scenario import load_scenario
from simulation.scenario.seating import load_world
from simulation.store import Study
from tests.support.sums import STRICT, digest

SCENARIO = """\
name: told
seed: 5
turns: 3
environment: {name: "tests.support.scripted:TinyEnvironment", held: 12}
students: {name: "tests.support.second_tries:ReadingStudents", count: 2}
teacher: {name: "tests.support.scripted:ScriptedJudge", error_rate: 0.25}
ask: {policy: random, questions: 30, candidates: 60}
learn: {trainer: none}
evaluate: {every: 1, questions: 12}
"""
TOLD = re.compile(r"^Your answer was: (.*)$", re.MULTILINE)


def studied(folder: Path, attempts: int = 2) -> Study:
    """Return a study of these students, played and still open for writing."""
    path = folder.parent / f"{folder.name}.yaml"
    path.write_text(SCENARIO)
    scenario = load_scenario(path, (f"ask.attempts={attempts}",))
    prepared = prepare(scenario)
    world = load_world([prepared])
    study = Study.create(
        folder,
        scenario=scenario.resolved(),
        seats=prepared.seats,
        measures=prepared.measures,
        fingerprint={"reading": "1"},
        sets=prepared.sets,
    )
    for number in range(scenario.turns + 1):
        study.append(play_turn(world, number) if number else first_look(world), {}, seconds={})
    study.finish()
    return study


class ReadingLearner:
    """Writes an option by the hash of the question, or the one behind the last that the prompt says was answered."""

    source = "reading"

    def __init__(self, seats: Sequence[Seat]) -> None:
        self.slots = tuple(seat.name for seat in seats)
        self.prompts: list[str] = []

    def score(self, requests: Sequence[Request]) -> list[tuple[float, ...]]:
        assert not requests, "it only writes"
        return []

    def generate(self, requests: Sequence[Request]) -> list[Completion]:
        self.prompts += [request.prompt for request in requests]
        return [Completion(text=written(request.slot, request.prompt), tokens=1) for request in requests]

    def render(self, prompt: str) -> str:
        return f"<{prompt}>"

    def version(self, slot: str) -> str:
        return hashlib.sha256(slot.encode()).hexdigest()

    def dump(self, slot: str) -> bytes:
        return slot.encode()

    def restore(self, slot: str, data: bytes) -> None:
        assert data == slot.encode()


def written(slot: str, prompt: str) -> str:
    """Return what a student answers to a prompt."""
    asked = prompt.rpartition("\n")[2]
    options, told = asked.split("|")[1:], TOLD.findall(prompt)
    return behind(options, told[-1]) if told else options[digest(slot, asked) % len(options)]


def behind(options: Sequence[str], answer: str) -> str:
    """Return the option behind an answer, after the last the first."""
    return options[(options.index(answer) + 1) % len(options)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingStudent:
    """Is asked with the options behind the question, and read by the whole text."""

    simulated: ClassVar[bool] = False
    name: str

    def requests(self, questions: Sequence[Question], *, generator: np.random.Generator) -> list[Request]:
        seeds = generator.integers(0, 2**62, size=len(questions)).tolist()
        return [
            Request(slot=self.name, prompt=laid_out(question), max_tokens=8, seed=seed)
            for question, seed in zip(questions, seeds, strict=True)
        ]

    def options(self, questions: Sequence[Question]) -> list[Request]:
        return [
            replace(request, continuations=question.form.alternatives)
            for question, request in zip(
                questions, self.requests(questions, generator=np.random.default_rng(0)), strict=True
            )
        ]

    def read(
        self, questions: Sequence[Question], completions: Sequence[Completion], *, model_version: str
    ) -> list[Answer]:
        return [
            Answer(
                question_id=question.id,
                prompt=laid_out(question),
                text=completion.text,
                answerer=self.name,
                model_version=model_version,
                ranking=Ranking(taken=question.form.alternatives.index(completion.text)),
                reading="the whole text",
                tokens=completion.tokens,
                stop=completion.stop,
            )
            for question, completion in zip(questions, completions, strict=True)
        ]


def laid_out(question: Question) -> str:
    """Return a question in one line with its options, behind whatever its prompt says before it."""
    return "|".join((question.prompt, *question.form.alternatives))


@component(frozen=True, kw_only=True, config=STRICT)
class ReadingStudents:
    """Students who read, for tests."""

    name: ClassVar[str] = "reading"
    count: Annotated[int, Field(ge=1)] = 1

    def answerer(self, seat: Seat) -> ReadingStudent:
        return ReadingStudent(name=seat.name)

    def learner(self, seats: Sequence[Seat]) -> ReadingLearner:
        return ReadingLearner(seats)

    def fingerprint(self) -> Mapping[str, str]:
        return {"reading": "1"}
