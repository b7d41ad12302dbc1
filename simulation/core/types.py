"""The plain types that pass through the loop: all frozen, slotted and keyword-only.

What is asked and answered   Question  Answer  Ranking
What is said of it           Feedback  Outcome  Experience  Attempt  Transition
What is chosen               Selection
What is changed and measured Update  LessonEffect  Result  Evaluation
What is kept                 Seat  Turn  Trace

None of them knows a domain: in what domains differ stands in a question's form and key (`simulation.core.kinds`), in
the alternatives of a ranking, the outcomes of a feedback and the names of measures.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from simulation.core.kinds.kind import FREE_TEXT, NOTHING, Form, Key

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Something put to a student."""

    id: str
    prompt: str
    form: Form = FREE_TEXT
    """What an answer may look like; free text where nothing else is said."""
    key: Key = NOTHING
    """What only judges and controls know; never shown to a student."""
    tags: tuple[str, ...] = ()
    """From broad to narrow; the first is the category that category policies count."""

    def shown(self) -> "Question":
        """Return the question as a student may see it."""
        return replace(self, key=NOTHING)

    def __hash__(self) -> int:
        """Return the hash of the id alone, because an id names one question and hashing all of it takes time."""
        return hash(self.id)

    @property
    def category(self) -> str:
        """The broadest tag, or "" where there is none."""
        return self.tags[0] if self.tags else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """The alternatives that an answer weighed: options, items, or the texts of a beam."""

    taken: int | None = None
    """The place of the one that the answer is; None where it is none of them, or the list as a whole."""
    logprobs: tuple[float, ...] = ()
    """Sum of the token log-probabilities of each, nats; none where they were not scored."""
    alternatives: tuple[str, ...] = ()
    """Best first; none where they are those of the question's form, in the order laid out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a student gave back."""

    question_id: str
    prompt: str
    """The text the student was given, word for word, or would be where another model answers; training continues it."""
    text: str
    answerer: str
    model_version: str
    model_input: str = ""
    """What the model really read: the prompt in the model's own template, where it has one."""
    ranking: Ranking | None = None
    """The alternatives it weighed, where it weighed or named any."""
    reading: str = ""
    """How the text was read, in plain words: "after 'answer is'", "the likeliest option", why nothing could be read."""
    logprob: float | None = None
    """Of the text as a whole, nats."""
    tokens: int | None = None
    stop: str = "stop"
    """"stop", "length", "unparsed", "unparsed at length", or "error: …"."""

    @property
    def choice(self) -> int | None:
        """The place of the alternative taken, or None where the text names none."""
        return None if self.ranking is None else self.ranking.taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one part of an answer: a test that ran, an item that was shown, the answer as a whole."""

    part: str
    """Names the part within its answer."""
    score: float
    """In [0, 1]."""
    reason: str
    """Why, in a word or two that can be counted: "passed", "timeout", "right", a misconception, "bored"."""
    detail: str = ""
    """Why, in a sentence, where a word is not all."""
    evidence: str = ""
    """What shows it, such as what a program printed, or the text that was read as the answer."""


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
    """Whatever else was measured, by the name of the measure."""
    outcomes: tuple[Outcome, ...] = ()
    """What came of each part of the answer."""

    @property
    def reason(self) -> str:
        """Why the answer has its score, in a word: of the first part that did not go wholly well, else of the first."""
        if not self.outcomes:
            return ""
        return next((outcome.reason for outcome in self.outcomes if outcome.score < 1), self.outcomes[0].reason)


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
class Attempt:
    """A further answer to a question whose answer before it was called wrong; what counts is the experience."""

    position: int
    """The place of the first answer among the turn's experiences."""
    number: int
    """2 for the second answer to the question, and so on; the attempts of a turn stand by number, then by position."""
    answer: Answer
    """Its prompt holds what was answered before, and what was said of it."""
    feedback: Feedback
    truth: float
    """The exact grade in [0, 1]; for measurement only."""


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
class LessonEffect:
    """What an update did to one lesson: sums of token log-probabilities, nats, before it and after it."""

    lesson: int
    """Its place among the lessons of the turn."""
    taught_before: float
    """Of the text that was to become likelier."""
    taught_after: float
    rejected_before: float | None = None
    """Of the text that was to become less likely, where there is one."""
    rejected_after: float | None = None


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
    effects: tuple[LessonEffect, ...] = ()
    """Of each lesson that taught a text, in the order of the lessons."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One answer of an evaluation."""

    question_id: str
    text: str
    truth: float
    """The value of the environment's first measure."""
    ranking: Ranking | None = None
    """Its log-probabilities are rounded to float32."""
    reading: str = ""
    """How the text was read."""
    stop: str = "stop"
    reason: str = ""
    """Why the answer has its truth, in a word."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    """What the exact judge measured besides the truth."""

    @property
    def choice(self) -> int | None:
        """The place of the alternative taken, or None."""
        return None if self.ranking is None else self.ranking.taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """A measurement without learning."""

    questions: int
    """How many were put, each once or several times."""
    metrics: Mapping[str, float]
    """Means in [0, 1] by measure, among them that of the truth under the name of the environment's first measure."""
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
    """The log-probabilities of each candidate's alternatives, nats; empty unless the policy asked for them."""
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
    attempts: tuple[Attempt, ...] = ()
    """What was answered again, where the scenario lets students do so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """All turns of one student."""

    seat: Seat
    turns: tuple[Turn, ...]
