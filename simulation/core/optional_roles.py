"""What a role may be able to do besides its part in the loop: `isinstance` tells who can.

Environments  Changing  SkillGraph  Described  Worded
Policies      Observing                             Students  SelfTaught  Frozen  Triable  Instructed
Judges        Executing  Auditing  Refusing  Sharing  Metered  Understanding
Any role      Checkable  Elsewhere  Fingerprinted  Diagnosable  Settling  Explained
(of models: model_roles.py, of trainers: trainer_roles.py)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import numpy as np

from simulation.core.roles import Answerer, Trainer
from simulation.core.types import Experience, Feedback, Question, Transition, Turn
from simulation.core.wording import Teaching, Wording


@runtime_checkable
class Changing(Protocol):
    """An environment that changes as it is acted on: each student has a world of its own in it, here its state.

    The state is a fold over that student's own experiences, so that a resumed study folds the stored ones to the same
    state; what it draws, it draws from the generator it is handed, which is the student's own.
    """

    def begin(self, generator: np.random.Generator) -> Any:
        """Return a student's state before its first turn (Any: each environment has its own)."""
        ...

    def step(self, state: Any, experience: Experience, generator: np.random.Generator) -> tuple[Any, Transition]:
        """Return the state after one answered question, with what happened; a turn's experiences come in order."""
        ...

    def pool(self, state: Any) -> Sequence[Question]:
        """Return what may be asked of a student in this state."""
        ...


@runtime_checkable
class SkillGraph(Protocol):
    """An environment that knows what has to be learned before what."""

    def prerequisites(self) -> Mapping[str, tuple[str, ...]]:
        """Return the tags to be learned before a tag; tags without any are absent."""
        ...


@runtime_checkable
class Described(Protocol):
    """An environment that has more to say of its questions than a run should begin with; `check` prints it."""

    def described(self) -> Sequence[str]:
        """Return lines for people, made before anything is trained."""
        ...


@runtime_checkable
class Worded(Protocol):
    """An environment that says how its questions are put to a model that reads ordinary words."""

    def worded(self) -> Wording:
        """Return the layout and how an answer is to be written."""
        ...


@runtime_checkable
class Instructed(Protocol):
    """Students whose prompts are more than a question in the dialect of the shipped models."""

    def instructed(self, answerer: Answerer, teaching: Teaching) -> Answerer:
        """Return the student as it asks its model; raises a `SimulationError` where it cannot be asked so."""
        ...

    def manner(self, wording: Wording | None) -> str:
        """Say how questions are put, for people; nothing where it is the dialect."""
        ...


@runtime_checkable
class Observing(Protocol):
    """A selection policy that remembers more than counts: its state is a fold over the turns of its student.

    So the policy itself stays stateless, and a resumed study folds the stored turns to the same state. Answers on which
    no judge could decide anything are not among what it is told.
    """

    def begin(self) -> Any:
        """Return the state before the first turn (Any: each policy has its own)."""
        ...

    def observe(self, state: Any, turn: Turn) -> Any:
        """Return the state after a turn, at a cost that does not grow with the turns before; `state` may be changed."""
        ...


@runtime_checkable
class Executing(Protocol):
    """A judge that runs what it judges, so that a replay takes its verdicts from the record."""

    @property
    def executes(self) -> bool: ...


@runtime_checkable
class Understanding(Protocol):
    """A judge that knows what an answer means or does, and so which answers to one question are equal."""

    def meaning(self, verdict: Feedback) -> str | None:
        """Return what a judged answer means, the same for equal ones; None where it means nothing."""
        ...


@runtime_checkable
class Triable(Protocol):
    """Students or a judge whose model can be tried without a study."""

    def tried(self) -> str:
        """Load the model and say what it was seen to do, or "missing: …" with the reason."""
        ...


@runtime_checkable
class Frozen(Protocol):
    """Students whose model is elsewhere: it writes, but is not trained, scores no options and has no beam search."""

    @property
    def frozen(self) -> str:
        """Name the model, for people."""
        ...

    @property
    def logprobs(self) -> bool:
        """Whether it tells how probable its answers were."""
        ...


@runtime_checkable
class SelfTaught(Protocol):
    """Students who learn by a rule of their own instead of by gradient."""

    def trainer(self) -> Trainer:
        """Return the rule as the trainer that applies it."""
        ...


@runtime_checkable
class Sharing(Protocol):
    """A judge that runs what it judges where its own settings say, and the exact judge beside it should too."""

    def shares(self) -> Mapping[str, object]:
        """Return the parameters that the exact judge takes over."""
        ...


@dataclass(frozen=True, slots=True)
class Metering:
    """CPU seconds of what a judge has run."""

    stages: Mapping[str, float]
    """All of it, by the name under which that is kept."""
    answers: Mapping[tuple[str, str], float] = field(default_factory=dict)
    """By the question's id and the text of an answer: that answer alone, also where it was run before and is known."""


@runtime_checkable
class Metered(Protocol):
    """A judge that knows how long what it runs has computed: kept beside the turn, outside the chain."""

    def metered(self) -> Metering:
        """Return what was run since this was last asked."""
        ...


@runtime_checkable
class Auditing(Protocol):
    """A judge that can say which questions it cannot fairly judge by, at a cost that only a check should pay."""

    def audit(self, questions: Sequence[Question]) -> list[str]:
        """Return a line, naming the question, for each whose own reference fails."""
        ...


@runtime_checkable
class Refusing(Protocol):
    """A judge that can say, by a look at a question, that it could judge no answer to it."""

    def refusal(self, question: Question) -> str | None:
        """Return why not, naming the question and what to do; None where it can judge."""
        ...


@runtime_checkable
class Elsewhere(Protocol):
    """A component that may rest on what does not lie on this machine, such as a model on the Hub."""

    def elsewhere(self) -> Sequence[str]:
        """Name what it rests on elsewhere; nothing where all of it is here."""
        ...


@runtime_checkable
class Checkable(Protocol):
    """A component that rests on files, and can say before anything is loaded what they lack."""

    def check(self) -> None:
        """Raise a `SimulationError` where it could not play."""


@runtime_checkable
class Fingerprinted(Protocol):
    """A judge that rests on more than its parameters, such as the weights of a model."""

    def fingerprint(self) -> Mapping[str, str]:
        """Return, by name, what else its verdicts rest on."""


@runtime_checkable
class Diagnosable(Protocol):
    """A component that rests on what a machine offers."""

    def diagnosis(self) -> Mapping[str, Mapping[str, str]]:
        """Return findings by section and name, for `doctor`; one that begins with "missing" is a complaint.

        A classmethod, because nothing is configured yet.
        """
        ...


@runtime_checkable
class Settling(Protocol):
    """A component that leaves open what the beginning of a study decides, such as the day; the study keeps it."""

    def settled(self) -> Any:
        """Return the component with all decided, an equal one where nothing is open (Any: one of its own kind)."""
        ...


@runtime_checkable
class Explained(Protocol):
    """A component that has a part in how students learn, and says where it was told to do it otherwise."""

    def explained(self) -> Sequence[str]:
        """Say for people, a phrase each, what of an update is not as by default; nothing where all is."""
        ...
