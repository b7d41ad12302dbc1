"""Who sits where: the students of the students with what they carry from turn to turn, and the world they share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from simulation.core.memory import ReplayBuffer
from simulation.core.optional_roles import Observing
from simulation.core.roles import Answerer, Environment, Judge, Learner, SelectionPolicy, Trainer
from simulation.core.seeding import draw_seed, generator
from simulation.core.types import Evaluation, Experience, Question, Request, Seat, Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How many answers a question gets, and how they are drawn where they are written."""

    samples: int = 1
    temperature: float | None = None
    """None leaves the student's own."""
    beams: int = 0
    """The width of a beam search, whose best texts are the answers; 0 is none."""

    def put(self, questions: Sequence[Question]) -> list[Question]:
        """Return every question as often as it is to be answered, the same ones together."""
        return [question for question in questions for _ in range(self.samples)]

    def drawn(self, requests: Sequence[Request], generator: np.random.Generator) -> list[Request]:
        """Return requests for what was `put`, with how their texts are drawn."""
        if not self.beams and self.temperature is None:
            return [*requests]
        return [
            request if request.continuations else self._drawn(request, place % self.samples, generator)
            for place, request in enumerate(requests)
        ]

    def _drawn(self, request: Request, rank: int, generator: np.random.Generator) -> Request:
        if self.beams:
            return replace(request, temperature=0.0, seed=0, beams=self.beams, rank=rank)
        heat = request.temperature if self.temperature is None else self.temperature
        return replace(request, temperature=heat, seed=draw_seed(generator) if heat else 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Respondent:
    """An answerer and the model that computes for it."""

    answerer: Answerer
    model: Learner


@dataclass(frozen=True, slots=True, kw_only=True)
class StudentSettings:
    """What a student's scenario asks for each turn."""

    judge: Judge
    """Evaluates the answers that the student learns from."""
    ask: SelectionPolicy[Question]
    questions: int
    candidates: int
    """How many questions of the pool are put before the policy each turn."""
    learn: SelectionPolicy[Experience]
    trainer: Trainer
    learn_every: int
    lessons: int | None
    """The most experiences an update may train on; None for all that the policy selects."""
    evaluate_every: int
    whole_class: bool = False
    """Whether all students of a class are asked what is chosen for the first of them."""
    practice: Sampling = Sampling()
    """How answers are drawn that are learned from."""
    exam: Sampling = Sampling()
    """How answers are drawn that only measure."""


@dataclass(slots=True, kw_only=True)
class Student:
    """A seated student with all it carries from turn to turn; its adapter is the model's slot of its name."""

    seat: Seat
    settings: StudentSettings
    answerer: Answerer
    memory: ReplayBuffer
    sampler: Respondent | None = None
    """Who answers what is asked in the student's place; the student learns from it, and answers what measures."""
    evaluations: dict[str, Evaluation] = field(default_factory=dict)
    since: int = 1
    """The first turn whose experiences no update has seen."""
    states: dict[str, Any] = field(default_factory=dict)
    """What the policies that observe made of the turns so far, by their purpose: "ask", "learn"."""
    failure: str = ""
    """Why the student plays no more, if so."""

    observers: tuple[tuple[str, Observing], ...] = field(init=False, default=())
    """The policies that observe, by their purpose."""

    def __post_init__(self) -> None:
        """Let the policies that observe begin."""
        policies = (("ask", self.settings.ask), ("learn", self.settings.learn))
        self.observers = tuple((purpose, policy) for purpose, policy in policies if isinstance(policy, Observing))
        self.states = {purpose: policy.begin() for purpose, policy in self.observers}

    def recall(self, turn: Turn) -> None:
        """Take up a turn that was already played, as a resumed run does."""
        self.memory.extend(turn.experiences)
        self.close(turn)

    def close(self, turn: Turn) -> None:
        """Carry on to the next turn what this one leaves: evaluations, an update, what policies made of it."""
        self.evaluations.update(turn.evaluations)
        if turn.update is not None:
            self.since = turn.turn + 1
        self.failure = turn.failure
        if not self.failure:
            for purpose, policy in self.observers:
                self.states[purpose] = policy.observe(self.states[purpose], turn)

    def stream(self, turn: int, purpose: str) -> np.random.Generator:
        """Return this student's random stream for one purpose of one turn."""
        return generator(self.seat.seed, turn, self.seat.number, purpose)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The students and what they share."""

    students: tuple[Student, ...]
    model: Learner
    exact_judge: Judge
    """Its score is the truth."""
    environment: Environment
    pool: Sequence[Question]
    probe: Sequence[Question]
    held_out: Sequence[Question]
    turns: int
    tags: Mapping[str, tuple[str, ...]]
    """The tags of every question an evaluation puts."""
    prerequisites: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The tags to be learned before a tag, where the environment knows of any."""
