"""Small deterministic roles in NumPy that really play: they answer, judge, learn and choose, and need no torch.

In a scenario: `students: {name: "tests.scripted:ScriptedStudents"}`. In a test: `world = scripted_world(seats(2))`,
then `step = stepper(world)` and `step(0)`, `step(1)`, …
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
from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass as component
from safetensors.numpy import load, save

from simulation.core.errors import ModelError
from simulation.core.memory import ReplayBuffer
from simulation.core.packing import Tree
from simulation.core.roles import Context, Learner, Marker, SelectionPolicy
from simulation.core.seeding import draw_seed, generator
from simulation.core.types import (
    Answer,
    Completion,
    Experience,
    Feedback,
    Question,
    Request,
    Seat,
    Selection,
    Transition,
    Turn,
    Update,
)
from simulation.turn import Desk, Plan, World, first_look, play_turn

STRICT = ConfigDict(extra="forbid")
OPERATIONS: Mapping[str, Callable[[int, int], int]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
}
TAGS = {"+": "sum", "-": "difference", "*": "product"}
PARAMETERS = len(OPERATIONS) * (len(OPERATIONS) + 1)


def digest(*parts: str) -> int:
    """Return a 64-bit hash of texts that is the same in every process."""
    return int.from_bytes(hashlib.sha256("\0".join(parts).encode()).digest()[:8], "big")


def relations(prompt: str, option: str) -> NDArray[np.float64]:
    """Return which operation on the prompt's numbers gives the option: a one-hot row for each operation asked."""
    found = re.search(r"(\d+) ([-+*]) (\d+)", prompt)
    features = np.zeros(PARAMETERS)
    if found is None:
        return features
    first, asked, second = int(found[1]), found[2], int(found[3])
    row = list(OPERATIONS).index(asked) * (len(OPERATIONS) + 1)
    matching = [index for index, apply in enumerate(OPERATIONS.values()) if str(apply(first, second)) == option]
    features[row + (matching[0] if matching else len(OPERATIONS))] = 1.0
    return features


def log_odds(state: NDArray[np.float64], prompt: str, option: str) -> float:
    """Return how much a student of this state likes an option, with a taste of its own for every question."""
    taste = digest(prompt, option) / 2**64 - 0.5
    return float(state @ relations(prompt, option)) + taste


class ScriptedLearner:
    """A learner whose slots are rows of a float64 array: weights over what was done with a prompt's numbers."""

    source = "scripted"

    def __init__(self, seats: Sequence[Seat], seconds: float = 0.0) -> None:
        self.slots = tuple(seat.name for seat in seats)
        self.seconds = seconds
        rows = [generator(seat.seed, 0, seat.number, "adapter").normal(0.0, 0.5, PARAMETERS) for seat in seats]
        self.adapters_SP: NDArray[np.float64] = np.array(rows).reshape(len(rows), PARAMETERS)
        self.module = None
        self.tokenizer = None

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

    def encode(self, prompt: str, continuations: Sequence[str]) -> Tree:
        return Tree(prompt=tuple(map(ord, prompt)), branches=tuple((*map(ord, branch), 0) for branch in continuations))

    def branch_logprobs(self, slots: Sequence[str], trees_SB: Sequence[Sequence[Tree]]) -> Any:
        raise ModelError(f"scripted students have no token log-probabilities (asked for {len(trees_SB)} of {slots})")

    def touch(self, slots: Sequence[str]) -> None:
        """Do nothing: a version is always read from the rows."""

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
            Request(slot=self.name, prompt=question.prompt, continuations=question.choices) for question in questions
        ]

    def read(
        self, questions: Sequence[Question], completions: Sequence[Completion], *, model_version: str
    ) -> list[Answer]:
        return [self._read(*pair, model_version) for pair in zip(questions, completions, strict=True)]

    def _read(self, question: Question, completion: Completion, model_version: str) -> Answer:
        logprobs = completion.continuation_logprobs
        if logprobs:
            choice: int | None = int(np.argmax(logprobs))
            text = question.choices[int(np.argmax(logprobs))]
        else:
            text = completion.text
            choice = question.choices.index(text) if text in question.choices else None
        return Answer(
            question_id=question.id,
            prompt=question.prompt,
            text=text,
            answerer=self.name,
            model_version=model_version,
            choice=choice,
            choice_logprobs=logprobs,
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
        mark: Marker,  # noqa: ARG002
        *,
        generators: Mapping[str, np.random.Generator],
    ) -> dict[str, Update]:
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

    def _step(self, model: Learner, slot: str, experience: Experience) -> float:
        state = model.adapters_SP[model.slots.index(slot)]
        prompt, options = experience.answer.prompt, experience.question.choices
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


@component(frozen=True, kw_only=True, config=STRICT)
class ExactJudge:
    """Compares an answer's text with the reference."""

    name: ClassVar[str] = "exact"

    def judge(
        self,
        questions: Sequence[Question],
        answers: Sequence[Answer],
        *,
        seeds: Sequence[int],  # noqa: ARG002
    ) -> list[Feedback]:
        return [
            Feedback(score=float(answer.text == question.reference), judge=self.name, correction=question.reference)
            for question, answer in zip(questions, answers, strict=True)
        ]


@component(frozen=True, kw_only=True, config=STRICT)
class ScriptedJudge:
    """A teacher who is wrong now and then, by the answer's own seed."""

    name: ClassVar[str] = "scripted"
    error_rate: Annotated[float, Field(ge=0, le=1)] = 0.1

    def judge(
        self, questions: Sequence[Question], answers: Sequence[Answer], *, seeds: Sequence[int]
    ) -> list[Feedback]:
        found = []
        for question, answer, seed in zip(questions, answers, seeds, strict=True):
            stream = np.random.default_rng([seed, digest(question.id, answer.text)])
            wrong = bool(stream.random() < self.error_rate)
            score = float((answer.text == question.reference) != wrong)
            found.append(
                Feedback(
                    score=score,
                    judge=self.name,
                    explanation="Correct" if score else "Wrong",
                    correction=question.reference,
                    metrics={"certainty": 1.0 - self.error_rate},
                )
            )
        return found


def exercise(first: int, sign: str, second: int) -> Question:
    """Return one sum with the other operations' results and a filler as its wrong choices."""
    right = str(OPERATIONS[sign](first, second))
    diagnoses = {right: "right"}
    for other, apply in OPERATIONS.items():
        diagnoses.setdefault(str(apply(first, second)), f"{TAGS[other]} instead of {TAGS[sign]}")
    diagnoses.setdefault(str(first + second + 100), "filler")
    name = f"{first}{sign}{second}"
    choices = sorted(diagnoses, key=lambda choice: digest(name, choice))
    return Question(
        id=name,
        prompt=f"{first} {sign} {second} = ",
        choices=tuple(choices),
        reference=right,
        tags=(TAGS[sign], "small" if max(first, second) < 10 else "large"),
        diagnoses=tuple(diagnoses[choice] for choice in choices),
    )


@component(frozen=True, kw_only=True, config=STRICT)
class TinyEnvironment:
    """Sums, differences and products of two small numbers, without state."""

    name: ClassVar[str] = "tiny"
    numbers: Annotated[int, Field(ge=8, le=100)] = 12
    """Operands lie between 2 and this."""
    held: Annotated[int, Field(ge=1)] = 30
    """Questions of the held-out set, and of the probe set."""

    @property
    def exact_judge(self) -> str:
        return "tests.scripted:ExactJudge"

    def reset(self, *, seed: int) -> None:
        """Do nothing."""

    def _all(self) -> list[Question]:
        numbers = range(2, self.numbers + 1)
        found = [exercise(a, sign, b) for a in numbers for b in numbers for sign in OPERATIONS]
        return sorted(found, key=lambda question: digest("split", question.id))

    def pool(self) -> Sequence[Question]:
        return self._all()[2 * self.held :]

    def probe(self) -> Sequence[Question]:
        return self._all()[self.held : 2 * self.held]

    def held_out(self) -> Sequence[Question]:
        return self._all()[: self.held]

    def notices(self) -> Sequence[str]:
        return ()

    def step(self, experience: Experience) -> Transition:
        return Transition(
            observation=experience.question.prompt,
            action=experience.answer.text,
            reward=experience.feedback.score,
            next_observation="",
            terminated=True,
            truncated=False,
        )


@component(frozen=True, kw_only=True, config=STRICT)
class AnyQuestion:
    """Picks questions at random."""

    name: ClassVar[str] = "any"
    needs: ClassVar[frozenset[str]] = frozenset()

    def select(self, candidates: Sequence[Question], k: int, context: Context) -> list[Selection[Question]]:
        size = min(k, len(candidates))
        drawn = context.generator.choice(len(candidates), size=size, replace=False)
        return [
            Selection(item=candidates[int(index)], propensity=size / len(candidates), reason="drawn") for index in drawn
        ]


@component(frozen=True, kw_only=True, config=STRICT)
class LeastSure:
    """Picks the questions whose likeliest option is least likely; needs predictions and the probe set."""

    name: ClassVar[str] = "least_sure"
    needs: ClassVar[frozenset[str]] = frozenset({"predictions", "probe"})

    def select(self, candidates: Sequence[Question], k: int, context: Context) -> list[Selection[Question]]:
        best = {question.id: max(context.predictions[question.id]) for question in candidates}
        chosen = sorted(candidates, key=lambda question: (best[question.id], question.id))[:k]
        accuracy = context.evaluations["probe"].metrics["accuracy"]
        return [
            Selection(item=question, score=best[question.id], reason=f"least sure; probe {accuracy:.3f}")
            for question in chosen
        ]


@component(frozen=True, kw_only=True, config=STRICT)
class Mistakes:
    """Learns from what was judged wrong since the last update."""

    name: ClassVar[str] = "mistakes"
    needs: ClassVar[frozenset[str]] = frozenset()

    def select(self, candidates: Sequence[Experience], k: int, context: Context) -> list[Selection[Experience]]:  # noqa: ARG002
        wrong = [experience for experience in context.memory.since(context.since) if experience.feedback.score < 0.5]
        return [Selection(item=experience, score=experience.feedback.score, reason="wrong") for experience in wrong[:k]]


def seats(count: int = 2, *, seed: int = 0) -> tuple[Seat, ...]:
    """Return a class of students of one seed."""
    return tuple(Seat(name=f"student-{number}", number=number, seed=seed) for number in range(count))


def scripted_world(
    seated: Sequence[Seat],
    *,
    students: ScriptedStudents | None = None,
    ask: SelectionPolicy[Question] | None = None,
    judge: Any = None,
    turns: int = 6,
    questions: int = 5,
    learn_every: int = 1,
    evaluate_every: int = 2,
) -> World:
    """Seat scripted students in the tiny environment."""
    students = students or ScriptedStudents()
    environment = TinyEnvironment()
    plan = Plan(
        ask=ask or AnyQuestion(),
        questions=questions,
        candidates=4 * questions,
        learn=Mistakes(),
        trainer=ScriptedTrainer(),
        learn_every=learn_every,
        lessons=None,
        evaluate_every=evaluate_every,
    )
    probe, held_out = environment.probe(), environment.held_out()
    return World(
        desks=tuple(
            Desk(seat=seat, plan=plan, answerer=students.answerer(seat), memory=ReplayBuffer()) for seat in seated
        ),
        model=students.learner(seated),
        judge=judge or ScriptedJudge(),
        exact_judge=ExactJudge(),
        environment=environment,
        pool=environment.pool(),
        probe=probe,
        held_out=held_out,
        turns=turns,
        tags={question.id: question.tags for question in (*probe, *held_out)},
    )


def stepper(world: World) -> Callable[[int], tuple[Turn, ...]]:
    """Return the function that plays turn `number` of this world."""
    return lambda number: play_turn(world, number) if number else first_look(world)
