"""The plain types that pass through the loop: all frozen, slotted and keyword-only.

What is asked and answered   Question  Test  Request  Completion  Answer
What is said of it           Feedback  Outcome  Experience  Transition
What is chosen               Selection
What is changed and measured Update  Result  Evaluation
What is kept                 Seat  Turn  Trace
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar, Generic, Literal, TypeVar

T = TypeVar("T")


Verdict = Literal[
    "passed",
    "failed",
    "load_error",
    "timeout",
    "memory",
    "blocked",
    "died",
    "killed",
    "bad_return",
    "sandbox_unavailable",
    "infra_error",
]
"""What came of running a program; the last two are no fault of who wrote it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Test:
    """One thing that a program must do."""

    __test__: ClassVar[bool] = False  # no test of this project, pytest

    code: str
    """Python that raises where the program is wrong, such as `assert f(1) == 2`."""
    hidden: bool = False
    """Whether it only measures: the judge that a student learns from does not run it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Something put to a student."""

    id: str
    prompt: str
    choices: tuple[str, ...] = ()
    reference: str | None = None
    """The gold answer; for judges and controls only, never shown to a student."""
    tags: tuple[str, ...] = ()
    """From broad to narrow; the first is the category that category policies count."""
    diagnoses: tuple[str, ...] = ()
    """What choosing each option reveals ("right", a misconception, "filler"); parallel to `choices`, never shown."""
    tests: tuple[Test, ...] = ()
    """What judges a program, never shown; what a prompt shows as an example is not among them."""
    setup: str = ""
    """Python that is run before the tests, never shown."""
    opening: str = ""
    """The code that an answer continues, part of the prompt; "" where an answer is a whole program."""

    def shown(self) -> "Question":
        """Return the question as a student may see it."""
        return replace(self, reference=None, diagnoses=(), tests=(), setup="")

    def __hash__(self) -> int:
        """Return the hash of the id alone, because an id names one question and hashing all of it takes time."""
        return hash(self.id)

    @property
    def category(self) -> str:
        """The broadest tag, or "" where there is none."""
        return self.tags[0] if self.tags else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One call to a language model: score `continuations` where there are some, otherwise generate."""

    slot: str
    prompt: str
    continuations: tuple[str, ...] = ()
    max_tokens: int = 0
    temperature: float = 0.0
    """0 decodes greedily."""
    seed: int = 0
    """Seeds the request's own stream, so that a sample does not depend on what else is in the batch."""
    beams: int = 0
    """The width of a beam search over this prompt; 0 is none. Temperature and seed have no part in it."""
    rank: int = 0
    """Which of the beam search's texts is wanted, 0 for the best."""
    question: Question | None = None
    """The question behind it; for simulated students, models never read it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """A language model's reply to one `Request`."""

    text: str = ""
    tokens: int = 0
    logprob: float | None = None
    """Sum over the generated tokens, nats."""
    stop: str = "stop"
    """"stop", "length", or "error: …"."""
    continuation_logprobs: tuple[float, ...] = ()
    """Sum over the tokens of each continuation, nats; parallel to the request's continuations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a student gave back."""

    question_id: str
    prompt: str
    """The text the student was given, word for word, or would be where another model answers; training continues it."""
    text: str
    answerer: str
    model_version: str
    choice: int | None = None
    """The option taken, or None where the text names none."""
    choice_logprobs: tuple[float, ...] = ()
    """Sum of the token log-probabilities of each option, nats."""
    logprob: float | None = None
    tokens: int | None = None
    stop: str = "stop"
    confidence: float | None = None
    """The normalised probability of the option taken, where it is known without `choice_logprobs`."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one test."""

    verdict: Verdict
    output: str = ""
    """What the program printed during the test, the first 16 KiB."""
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """What a judge says of an answer."""

    score: float
    """In [0, 1]."""
    judge: str
    explanation: str = ""
    correction: str | None = None
    """What should have been answered."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    verdict: Verdict | None = None
    """What came of the answer where it is a program."""
    outcomes: tuple[Outcome, ...] = ()
    """What came of each test that was run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Experience:
    """A question, the student's answer and what was said of it."""

    question: Question
    answer: Answer
    feedback: Feedback
    """What the student learns from."""
    truth: float
    """The exact grade in [0, 1]; for measurement only."""
    turn: int
    position: int
    """Its place among the turn's experiences."""

    @property
    def id(self) -> str:
        """Names the experience within its student's run."""
        return f"{self.turn}/{self.position}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One environment step, with Gymnasium's meanings."""

    observation: str
    action: str
    reward: float
    next_observation: str
    terminated: bool
    truncated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection(Generic[T]):
    """One pick of a policy, with why it was made."""

    item: T
    score: float | None = None
    """The number the policy ranked by, in the policy's own unit."""
    propensity: float | None = None
    """The probability that this item would be picked this turn, where the policy defines one."""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """One trainer call for one student."""

    trainer: str
    experiences: int
    """How many experiences it trained on."""
    steps: int
    model_version: str
    """After the update."""
    metrics: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One question of an evaluation."""

    question_id: str
    text: str
    truth: float
    choice: int | None = None
    confidence: float | None = None
    """The normalised probability of the option taken."""
    stop: str = "stop"
    verdict: Verdict | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    """What the exact judge measured besides the truth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """A measurement without learning."""

    questions: int
    """How many were put, each once or several times."""
    metrics: Mapping[str, float]
    """Among them "accuracy", the mean truth in [0, 1]."""
    results: tuple[Result, ...] = ()
    """One an answer; the answers to one question stand together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """A student's place in the world: its name is its slot, its seed and number address its random streams."""

    name: str
    number: int
    seed: int
    label: str = ""
    """The scenario it plays, where several are compared; students of one label and seed are a class."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One pass of the loop for one student; turn 0 holds only the first evaluation."""

    turn: int
    student: str
    candidates: tuple[str, ...] = ()
    """The ids of the questions that could have been picked."""
    predictions: tuple[tuple[float, ...], ...] = ()
    """The option log-probabilities of each candidate, nats; empty unless the policy asked for them."""
    committee: Mapping[str, tuple[tuple[float, ...], ...]] = field(default_factory=dict)
    """The same by each student of the class, where the policy asked for them."""
    picks: tuple[Selection[Question], ...] = ()
    experiences: tuple[Experience, ...] = ()
    transitions: tuple[Transition, ...] = ()
    lessons: tuple[Selection[Experience], ...] = ()
    """What the update trained on."""
    update: Update | None = None
    evaluations: Mapping[str, Evaluation] = field(default_factory=dict)
    """By the name of the question set: "held_out", "probe"."""
    model_version: str = ""
    """At the end of the turn."""
    failure: str = ""
    """Why the student plays no more: its turns from here on hold nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """All turns of one student."""

    seat: Seat
    turns: tuple[Turn, ...]
