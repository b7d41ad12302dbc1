"""Who sits where: the students with what they carry from turn to turn, and the world they share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from simulation.contracts.boundary import calling, named
from simulation.contracts.environment import guarded_step
from simulation.core.calls import WHOLE, Completion, Cut, Request
from simulation.core.errors import ContractError, SimulationError
from simulation.core.memory import ReplayBuffer, decided
from simulation.core.optional_roles import Changing, Observing
from simulation.core.questions import Measure
from simulation.core.roles import Answerer, Environment, Judge, Learner, SelectionPolicy, Trainer
from simulation.core.seeding import draw_seed, generator
from simulation.core.types import Evaluation, Experience, Question, Seat, Transition, Turn

LONGEST_FAILURE = 500
HELD_OUT, PROBE = "held_out", "probe"
"""Names of evaluations; the held-out set answered at another temperature is "held_out@" and the temperature."""
KINDS = {"ask": "question_policy", "learn": "experience_policy"}
"""Of policies, by their purpose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How many answers a question gets, and how they are drawn where they are written."""

    samples: int = 1
    temperature: float | None = None
    """None leaves the student's own."""
    beams: int = 0
    """The width of a beam search, whose best texts are the answers; 0 is none."""
    cut: Cut = WHOLE
    """Which tokens may be drawn."""

    def put(self, questions: Sequence[Question]) -> list[Question]:
        """Return every question as often as it is to be answered, the same ones together."""
        return [question for question in questions for _ in range(self.samples)]

    def drawn(self, requests: Sequence[Request], generator: np.random.Generator) -> list[Request]:
        """Return requests for what was `put`, with how their texts are drawn; one for all texts of a beam search.

        A request within a set of texts asks for a list, which is one answer, however it is found.
        """
        if self.beams:
            return [
                self._searched(request)
                for place, request in enumerate(requests)
                if request.within or not place % self.samples
            ]
        if self.temperature is None and self.cut == WHOLE:
            return [*requests]
        return [request if request.continuations else self._drawn(request, generator) for request in requests]

    def spread(self, requests: Sequence[Request], completions: Sequence[Completion]) -> list[Completion]:
        """Return a completion for each question that was `put`, of those that its requests got."""
        if not self.beams:
            return [*completions]
        beams = [
            (completion,) if request.within else completion.beam or (completion,) * self.samples
            for request, completion in zip(requests, completions, strict=True)
        ]
        return [text for beam in beams for text in beam]

    def _searched(self, request: Request) -> Request:
        if request.continuations:
            return request
        if request.within:
            return replace(request, temperature=0.0, seed=0, beams=max(self.beams, request.texts))
        return replace(request, temperature=0.0, seed=0, beams=self.beams, texts=self.samples)

    def _drawn(self, request: Request, generator: np.random.Generator) -> Request:
        if self.temperature is None:
            return replace(request, cut=self.cut)
        seed = draw_seed(generator) if self.temperature else 0
        return replace(request, temperature=self.temperature, cut=self.cut, seed=seed)


def at_temperature(temperature: float) -> str:
    """Return the name of the evaluation of the held-out set at a temperature besides the main one."""
    return f"{HELD_OUT}@{temperature:g}"


def exam_order(name: str) -> tuple[bool, float]:
    """Return by what evaluations are put in order: the held-out set, at its other temperatures, the probe set."""
    _, _, temperature = name.partition("@")
    return name == PROBE, float(temperature or -1)


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
    attempts: int = 1
    """How often a question may be answered in a turn: again where the judge called the answer before wrong."""
    exams: Mapping[str, Sampling] = field(default_factory=lambda: {HELD_OUT: Sampling()})
    """How answers are drawn that only measure, by the name of the evaluation; the probe set is put as the first."""
    scorer: Judge | None = None
    """Scores what only measures, beside the truth, so that the best of several answers by its score is told."""


@dataclass(slots=True, kw_only=True)
class Student:
    """A seated student with all it carries from turn to turn; its adapter is the model's slot of its name."""

    seat: Seat
    settings: StudentSettings
    answerer: Answerer
    pool: Sequence[Question]
    """What may be asked of it, unless its world says otherwise."""
    memory: ReplayBuffer
    state: Any = None
    """Its world, where the environment changes as it is acted on (Any: each environment has its own)."""
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
        for purpose, policy in self.observers:
            with calling(KINDS[purpose], named(policy)):
                self.states[purpose] = policy.begin()

    def recall(self, turn: Turn, environment: Environment) -> None:
        """Take up a turn that was already played, as a resumed run does."""
        self.advance(environment, turn.turn, turn.experiences)
        self.memory.extend(turn.experiences)
        self.close(turn)

    def advance(self, environment: Environment, turn: int, experiences: Sequence[Experience]) -> tuple[Transition, ...]:
        """Let the student's world take a step for each experience of a turn; without one each ends its episode."""
        if not isinstance(environment, Changing):
            return tuple(map(ended, experiences))
        stream, transitions = self.stream(turn, "world"), []
        for experience in experiences:
            self.state, transition = guarded_step(named(environment), environment, self.state, experience, stream)
            transitions.append(transition)
        return tuple(transitions)

    def close(self, turn: Turn) -> None:
        """Carry on to the next turn what this one leaves: evaluations, an update, what policies made of it."""
        self.evaluations.update(turn.evaluations)
        if turn.update is not None:
            self.since = turn.turn + 1
        self.failure = turn.failure
        if not self.failure:
            self._observe(turn)

    def _observe(self, turn: Turn) -> None:
        """Let the policies take note of a turn; one that raises ends its student before the next.

        They are not told of an answer on which nothing could be decided: it is no failure of the student's.
        """
        judged = tuple(experience for experience in turn.experiences if decided(experience.feedback))
        turn = turn if len(judged) == len(turn.experiences) else replace(turn, experiences=judged)
        for purpose, policy in self.observers:
            try:
                with calling(KINDS[purpose], named(policy)):
                    self.states[purpose] = policy.observe(self.states[purpose], turn)
            except Exception as error:  # noqa: BLE001  # a policy may be anybody's code
                self.failure = as_recorded(turn.turn, error)

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
    measures: tuple[Measure, ...]
    """What evaluations measure; the first is the truth."""
    probe: Sequence[Question]
    held_out: Sequence[Question]
    turns: int
    tags: Mapping[str, tuple[str, ...]]
    """The tags of every question an evaluation puts."""
    prerequisites: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The tags to be learned before a tag, where the environment knows of any."""


def ended(experience: Experience) -> Transition:
    """Return the end of an episode of one question."""
    return Transition(
        observation=experience.question.prompt,
        action=experience.answer.text,
        reward=experience.feedback.score,
        next_observation="",
        terminated=True,
        truncated=False,
    )


def as_recorded(turn: int, error: Exception) -> str:
    """Return a failure as it stands on the trace."""
    what = error.what if isinstance(error, ContractError) else str(error)
    kind = "" if isinstance(error, SimulationError) else f"{type(error).__name__}: "
    return f"turn {turn}: {kind}{' '.join(what.split())}"[:LONGEST_FAILURE]
