"""The roles of the loop, as Protocols: whatever has these methods can play.

Who answers       Answerer  Students      Who evaluates   Judge
What is answered  Environment             Who chooses     SelectionPolicy  Context
What computes     LanguageModel  Learner  Trainable  Lendable
What changes it   Trainer  SampleJudge
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar, runtime_checkable

import numpy as np

from simulation.core.calls import Completion, Request
from simulation.core.errors import ModelError
from simulation.core.memory import ReplayBuffer
from simulation.core.objectives import CROSS_ENTROPY, Objective
from simulation.core.packing import Tree
from simulation.core.questions import Measure, Splits
from simulation.core.types import (
    Answer,
    Evaluation,
    Experience,
    Feedback,
    Question,
    Seat,
    Selection,
    Update,
)

T = TypeVar("T")


class Environment(Protocol):
    """Where questions come from, and what is measured there."""

    @property
    def measures(self) -> Sequence[Measure]:
        """What is measured, by name; the first is the truth, which the exact judge gives as its score."""
        ...

    @property
    def exact_judge(self) -> str | Mapping[str, object]:
        """The judge whose score is the truth here: its registered name, or its name and parameters as in YAML."""
        ...

    def questions(self, seed: int) -> Splits:
        """Return the questions of a study of this seed; the same ones for every seed where studies are to be paired."""
        ...


class LanguageModel(Protocol):
    """Answers all requests of a turn in one call, whatever slots they name."""

    @property
    def source(self) -> str:
        """The model folder or hub name of the base, or what else answers."""
        ...

    def generate(self, requests: Sequence[Request]) -> list[Completion]:
        """Continue each prompt; failures are data in `Completion.stop`."""
        ...

    def score(self, requests: Sequence[Request]) -> list[tuple[float, ...]]:
        """Return the log-probability, nats, of each request's continuations, their end-of-text token included."""
        ...

    def render(self, prompt: str) -> str:
        """Return the exact text a prompt becomes: the model's chat template where it has one."""
        ...


class Learner(LanguageModel, Protocol):
    """A language model with a slot for each student: what of it that student may change, kept and put back."""

    @property
    def slots(self) -> tuple[str, ...]: ...

    def version(self, slot: str) -> str:
        """Return the hash of what `dump` returns."""
        ...

    def dump(self, slot: str) -> bytes:
        """Return what the slot has changed, as safetensors."""
        ...

    def restore(self, slot: str, data: bytes) -> None:
        """Put back what `dump` returned."""


@runtime_checkable
class Trainable(Learner, Protocol):
    """A learner whose slots are adapters that gradients go through: one frozen base, one adapter a slot."""

    @property
    def adapters_SP(self) -> Any:
        """All adapters as one leaf tensor that requires grad: a row of P parameters a slot, in the order of `slots`."""
        ...

    def encode(self, prompt: str, continuations: Sequence[str], cut: Collection[int] = ()) -> Tree:
        """Tokenize; every continuation ends with the end-of-text token, but for those in the places of `cut`."""
        ...

    def branch_logprobs(
        self, slots: Sequence[str], trees_SB: Sequence[Sequence[Tree]], objective: Objective = CROSS_ENTROPY
    ) -> Any:
        """Return `(logprobs_SBKT, valid_SBKT)` tensors of the branch tokens of each slot's trees, differentiable in
        `adapters_SP`; slots with fewer trees, branches or tokens are padded (valid is False, the log-probability 0).

        The values are log-likelihoods under every objective; the gradient of each is that of minus the objective."""
        ...

    def touch(self, slots: Sequence[str]) -> None:
        """Be told that the rows of these slots in `adapters_SP` were changed in place."""


@runtime_checkable
class Lendable(Trainable, Protocol):
    """A trainable learner whose parts another library's trainer can work on, one slot after the other."""

    @property
    def module(self) -> Any:
        """The `torch.nn.Module` of the base, with the slots attached (Any: core does not import torch)."""
        ...

    @property
    def tokenizer(self) -> Any:
        """The Hugging Face tokenizer (Any: core does not import transformers)."""
        ...

    @staticmethod
    def target_logprobs(logits_NV: Any, targets_N: Any, objective: Objective) -> Any:
        """Return the log-probability `logprob_N` of targets among logits, with the gradient of minus the objective."""
        ...

    def save(self, slot: str, folder: Path) -> None:
        """Write the slot as a standard PEFT adapter folder."""

    def load(self, slot: str, folder: Path) -> None:
        """Read a slot from a standard PEFT adapter folder of the same rank and targets."""


class Answerer(Protocol):
    """One student: pure functions around the model's call."""

    @property
    def name(self) -> str: ...

    @property
    def simulated(self) -> bool:
        """Whether it is told the reference, which only a simulated student may be: it computes how often it is right.

        A language model never is: its questions are `Question.shown`.
        """
        ...

    def requests(self, questions: Sequence[Question], *, generator: np.random.Generator) -> list[Request]:
        """Turn questions, as shown to the student, into one request each."""
        ...

    def options(self, questions: Sequence[Question]) -> list[Request]:
        """Return one request a question that scores its form's alternatives, whatever way the student answers."""
        ...

    def read(
        self, questions: Sequence[Question], completions: Sequence[Completion], *, model_version: str
    ) -> list[Answer]:
        """Turn completions into answers; an unreadable one is an answer with `stop="unparsed"`."""
        ...


class Students(Protocol):
    """What a scenario's `students:` names: how the seats are filled and what computes for them."""

    @property
    def count(self) -> int:
        """How many students one run seats."""
        ...

    def answerer(self, seat: Seat) -> Answerer:
        """Return the student of a seat, without loading a model."""
        ...

    def learner(self, seats: Sequence[Seat]) -> Learner:
        """Load the model once, with one slot a seat."""
        ...

    def fingerprint(self) -> Mapping[str, str]:
        """Return what bit-identity rests on: library versions, threads, the hash of the base weights."""
        ...


class Judge(Protocol):
    """Who evaluates answers."""

    @property
    def name(self) -> str: ...

    def judge(
        self, questions: Sequence[Question], answers: Sequence[Answer], *, seeds: Sequence[int]
    ) -> list[Feedback]:
        """Evaluate each answer; `seeds` holds one seed an answer, so that no verdict depends on its neighbours."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a policy may look at besides its candidates."""

    turn: int
    memory: ReplayBuffer
    since: int
    """The first turn after the last update."""
    evaluations: Mapping[str, Evaluation]
    """The latest by question set: "held_out", and "probe" where the policy needs it."""
    predictions: Mapping[str, tuple[float, ...]]
    """Log-probabilities, nats, of each candidate's alternatives by question id, where the policy needs them."""
    tags: Mapping[str, tuple[str, ...]]
    """The tags of each evaluated question by its id."""
    generator: np.random.Generator
    state: Any = None
    """What an `Observing` policy made of the turns so far (Any: each policy has its own)."""
    committee: Mapping[str, tuple[tuple[float, ...], ...]] = field(default_factory=dict)
    """What each classmate would predict, by question id, where the policy needs it; rows in the order of the seats."""
    prerequisites: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The tags to be learned before a tag, where the environment knows of any."""


class SelectionPolicy(Protocol[T]):
    """Chooses questions to ask or experiences to learn from; stateless given its context."""

    @property
    def needs(self) -> frozenset[str]:
        """Of {"predictions", "probe", "committee"}: what the loop must compute before `select`; and "logprobs" where
        it rests on how probable answers were, which not every model tells."""
        ...

    def select(self, candidates: Sequence[T], k: int, context: Context) -> list[Selection[T]]:
        """Return at most `k` distinct candidates."""
        ...


class SampleJudge(Protocol):
    """Reads and judges completions made while training, for trainers that sample."""

    def __call__(
        self, slot: str, questions: Sequence[Question], completions: Sequence[Completion], *, seeds: Sequence[int]
    ) -> list[Feedback]: ...


class Trainer(Protocol):
    """Changes the slots of a learner by what their students experienced.

    Which learners it can change is its own affair: one that needs gradients takes `trainable(model)`.
    """

    @property
    def name(self) -> str: ...

    def update(
        self,
        model: Learner,
        batches: Mapping[str, Sequence[Experience]],
        mark: SampleJudge,
        *,
        turn: int,
        generators: Mapping[str, np.random.Generator],
    ) -> dict[str, Update]:
        """Train every slot of `batches`; each slot draws from its own generator and ends as it would alone."""
        ...


def trainable(model: Learner, trainer: str) -> Trainable:
    """Return the model as one that gradients go through; raises ModelError where none do."""
    if not isinstance(model, Trainable):
        raise without_gradients(model, trainer)
    return model


def without_gradients(model: Learner, trainer: str) -> ModelError:
    """Return the error of a trainer by gradients before a model that has none."""
    return ModelError(
        f"{trainer} trains adapters by gradients, and {model.source} has none; set learn.trainer to null for the "
        "students' own rule, or to none"
    )


def lendable(model: Learner, trainer: str) -> Lendable:
    """Return the model as one that another library's trainer can work on; raises ModelError where none can."""
    if not isinstance(model, Lendable):
        raise ModelError(
            f"{trainer} by backend trl works on a torch module with a tokenizer, which {model.source} does not lend; "
            "use backend: cohort"
        )
    return model
