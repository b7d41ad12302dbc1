"""Who sits where: the desks of the students with what they carry from turn to turn, and the world they share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from simulation.core.memory import ReplayBuffer
from simulation.core.roles import Answerer, Environment, Judge, Learner, Observing, SelectionPolicy, Trainer
from simulation.core.seeding import generator
from simulation.core.types import Evaluation, Experience, Question, Seat, Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
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


@dataclass(slots=True, kw_only=True)
class Desk:
    """A seated student with all it carries from turn to turn; its adapter is the model's slot of its name."""

    seat: Seat
    plan: Plan
    answerer: Answerer
    memory: ReplayBuffer
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
        policies = (("ask", self.plan.ask), ("learn", self.plan.learn))
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
    """The desks and what they share."""

    desks: tuple[Desk, ...]
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
