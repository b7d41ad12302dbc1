"""Small deterministic roles in NumPy that really play: they answer, judge, learn and choose, and need no torch.

In a scenario: `students: {name: "tests.support.scripted:ScriptedStudents"}`. In a test:
`world = scripted_world(seats(2))`, then `step = stepper(world)` and `step(0)`, `step(1)`, …
"""

import hashlib
import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from pydantic.dataclasses import dataclass as component
from safetensors.numpy import load, save

from simulation.core.calls import Completion, Request
from simulation.core.memory import ReplayBuffer
from simulation.core.roles import Learner, SampleJudge, SelectionPolicy
from simulation.core.seeding import draw_seed, generator
from simulation.core.types import Answer, Experience, Question, Ranking, Seat, Turn, Update
from simulation.loop.turn import first_look, play_turn
from simulation.loop.world import Student, StudentSettings, World
from simulation.scenario.seating import tags, world_of
from tests.support.sums import (
    OPERATIONS,
    PARAMETERS,
    STRICT,
    AnyQuestion,
    ExactJudge,
    LeastSure,
    Mistakes,
    ScriptedJudge,
    TinyEnvironment,
    exercise,
    log_odds,
    relations,
)

__all__ = ["AnyQuestion", "ExactJudge", "LeastSure", "Mistakes", "ScriptedJudge", "TinyEnvironment", "exercise"]


class ScriptedLearner:
    """A learner whose slots are rows of a float64 array: weights over what was done with a prompt's numbers."""

    source = "scripted"

    def __init__(self, seats: Sequence[Seat], seconds: float = 0.0) -> None:
        self.slots = tuple(seat.name for seat in seats)
        self.seconds = seconds
        rows = [generator(seat.seed, 0, seat.number, "adapter").normal(0.0, 0.5, PARAMETERS) for seat in seats]
        self.adapters_SP: NDArray[np.float64] = np.array(rows).reshape(len(rows), PARAMETERS)

    def state(self, slot: str) -> NDArray[np.float64]:
        """Return a slot's row; changing it in place trains the slot."""
        row: NDArray[np.float64] = self.adapters_SP[self.slots.index(slot)]
        return row

    def score(self, requests: Sequence[Request]) -> list[tuple[float, ...]]:
        time.sleep(self.seconds)
        return [
            tuple(
                float(-np.logaddexp(0.0, -log_odds(self.state(request.slot), request.prompt, option)))
                for option in request.continuations
            )
            for request in requests
        ]

    def generate(self, requests: Sequence[Request]) -> list[Completion]:
        time.sleep(self.seconds)
        return [self._write(request) for request in requests]

    def _write(self, request: Request) -> Completion:
        found = re.search(r"(\d+) ([-+*]) (\d+)", request.prompt)
        if found is None:
            return Completion(text="", stop="error: the prompt holds no sum")
        options = [str(apply(int(found[1]), int(found[3]))) for apply in OPERATIONS.values()]
        odds = np.array([log_odds(self.state(request.slot), request.prompt, option) for option in options])
        logprobs = odds - np.logaddexp.reduce(odds)
        taken = int(np.argmax(odds))
        if request.temperature > 0:
            noise = np.random.default_rng(request.seed).gumbel(size=len(odds))
            taken = int(np.argmax(odds / request.temperature + noise))
        return Completion(text=options[taken], tokens=len(options[taken]), logprob=float(logprobs[taken]))

    def render(self, prompt: str) -> str:
        return prompt

    def version(self, slot: str) -> str:
        return hashlib.sha256(self.dump(slot)).hexdigest()

    def dump(self, slot: str) -> bytes:
        description = {"r": 1, "lora_alpha": 1, "target_modules": ["scripted"], "fan_in_fan_out": False}
        metadata = {"lora": json.dumps(description, sort_keys=True)}
        return save({"base_model.model.scripted.lora_A.weight": self.state(slot)[None]}, metadata=metadata)

    def restore(self, slot: str, data: bytes) -> None:
        self.state(slot)[:] = load(data)["base_model.model.scripted.lora_A.weight"][0]

    def save(self, slot: str, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "adapter_model.safetensors").write_bytes(self.dump(slot))

    def load(self, slot: str, folder: Path) -> None:
        self.restore(slot, (folder / "adapter_model.safetensors").read_bytes())


@component(frozen=True, kw_only=True, config=STRICT)
class ScriptedStudent:
    """Answers by the best option, or by what the learner writes."""

    simulated: ClassVar[bool] = False
    name: str
    mode: Literal["choices", "generate"] = "choices"
    temperature: float = 0.0

    def requests(self, questions: Sequence[Question], *, generator: np.random.Generator) -> list[Request]:
        if self.mode == "choices":
            return self.options(questions)
        return [
            Request(
                slot=self.name,
                prompt=question.prompt,
                max_tokens=8,
                temperature=self.temperature,
                seed=draw_seed(generator),
            )
            for question in questions
        ]

    def options(self, questions: Sequence[Question]) -> list[Request]:
        return [
            Request(slot=self.name, prompt=question.prompt, continuations=question.form.alternatives)
            for question in questions
        ]

    def read(
        self, questions: Sequence[Question], completions: Sequence[Completion], *, model_version: str
    ) -> list[Answer]:
        return [self._read(*pair, model_version) for pair in zip(questions, completions, strict=True)]

    def _read(self, question: Question, completion: Completion, model_version: str) -> Answer:
        logprobs = completion.continuation_logprobs
        if logprobs:
            choice: int | None = int(np.argmax(logprobs))
            text = question.form.alternatives[int(np.argmax(logprobs))]
        else:
            text = completion.text
            options = question.form.alternatives
            choice = options.index(text) if text in options else None
        return Answer(
            question_id=question.id,
            prompt=question.prompt,
            text=text,
            answerer=self.name,
            model_version=model_version,
            ranking=Ranking(taken=choice, logprobs=logprobs) if choice is not None or logprobs else None,
            reading="the likeliest option" if logprobs else "the whole text",
            logprob=completion.logprob,
            tokens=completion.tokens or None,
            stop=completion.stop if choice is not None else "unparsed",
        )


@component(frozen=True, kw_only=True, config=STRICT)
class ScriptedStudents:
    """Students in NumPy, for tests and for trying a scenario without a model."""

    name: ClassVar[str] = "scripted"
    count: Annotated[int, Field(ge=1)] = 1
    mode: Literal["choices", "generate"] = "choices"
    temperature: Annotated[float, Field(ge=0)] = 0.0
    seconds: Annotated[float, Field(ge=0)] = 0.0
    """How long each call of the learner takes at least."""

    def answerer(self, seat: Seat) -> ScriptedStudent:
        return ScriptedStudent(name=seat.name, mode=self.mode, temperature=self.temperature)

    def learner(self, seats: Sequence[Seat]) -> ScriptedLearner:
        return ScriptedLearner(seats, self.seconds)

    def fingerprint(self) -> Mapping[str, str]:
        return {"scripted": "1", "numpy": np.__version__}


@component(frozen=True, kw_only=True, config=STRICT)
class ScriptedTrainer:
    """Moves a slot towards what should have been answered, one logistic step an experience."""

    name: ClassVar[str] = "scripted"
    learning_rate: Annotated[float, Field(gt=0)] = 0.5

    def update(
        self,
        model: Learner,
        batches: Mapping[str, Sequence[Experience]],
        mark: SampleJudge,  # noqa: ARG002
        *,
        turn: int,  # noqa: ARG002
        generators: Mapping[str, np.random.Generator],
    ) -> dict[str, Update]:
        assert isinstance(model, ScriptedLearner), "it trains no other"
        updates = {}
        for slot, experiences in batches.items():
            order = generators[slot].permutation(len(experiences))
            losses = [self._step(model, slot, experiences[int(index)]) for index in order]
            updates[slot] = Update(
                trainer=self.name,
                experiences=len(experiences),
                steps=len(losses),
                model_version=model.version(slot),
                metrics={"loss": float(np.mean(losses))},
            )
        return updates

    def _step(self, model: ScriptedLearner, slot: str, experience: Experience) -> float:
        state = model.state(slot)
        prompt, options = experience.answer.prompt, experience.question.form.alternatives
        right = experience.feedback.correction
        if right is None:
            right = experience.answer.text if experience.feedback.score >= 0.5 else None
        if right is None or right not in options:
            return 0.0
        odds = np.array([log_odds(state, prompt, option) for option in options])
        probabilities = np.exp(odds - np.logaddexp.reduce(odds))
        expected = sum(p * relations(prompt, option) for p, option in zip(probabilities, options, strict=True))
        state += self.learning_rate * (relations(prompt, right) - expected)
        return float(-np.log(probabilities[options.index(right)]))


def seats(count: int = 2, *, seed: int = 0) -> tuple[Seat, ...]:
    """Return a class of students of one seed."""
    return tuple(Seat(name=f"student-{number}", number=number, seed=seed) for number in range(count))


def scripted_world(
    seated: Sequence[Seat],
    *,
    students: ScriptedStudents | None = None,
    ask: SelectionPolicy[Question] | None = None,
    judge: Any = None,
    environment: Any = None,
    turns: int = 6,
    questions: int = 5,
    learn_every: int = 1,
    evaluate_every: int = 2,
) -> World:
    """Seat scripted students in the tiny environment, or in one that is given."""
    students = students or ScriptedStudents()
    environment = environment or TinyEnvironment()
    plan = StudentSettings(
        judge=judge or ScriptedJudge(),
        ask=ask or AnyQuestion(),
        questions=questions,
        candidates=4 * questions,
        learn=Mistakes(),
        trainer=ScriptedTrainer(),
        learn_every=learn_every,
        lessons=None,
        evaluate_every=evaluate_every,
    )
    splits = environment.questions(seated[0].seed)
    return World(
        students=tuple(
            Student(
                seat=seat,
                settings=plan,
                answerer=students.answerer(seat),
                pool=splits.pool,
                memory=ReplayBuffer(),
                state=world_of(environment, seat),
            )
            for seat in seated
        ),
        model=students.learner(seated),
        exact_judge=ExactJudge(),
        environment=environment,
        measures=tuple(environment.measures),
        probe=splits.probe,
        held_out=splits.held_out,
        turns=turns,
        tags=tags(splits.probe, splits.held_out),
    )


def stepper(world: World) -> Callable[[int], tuple[Turn, ...]]:
    """Return the function that plays turn `number` of this world."""
    return lambda number: play_turn(world, number) if number else first_look(world)
