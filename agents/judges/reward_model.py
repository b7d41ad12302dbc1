"""The judge that prefers: a reward model, any sequence-classification checkpoint with one number, scores each answer.

So answers without a reference are judged, and of several to one question the best is taken (best of k). The number is a
logit of a preference (Bradley & Terry 1952, Biometrika 39:324): the score is its sigmoid, after `middle` and `scale`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from math import exp
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field

from agents.models import folder
from agents.models.chat import Chat, Day, fixed
from agents.models.devices import check_device
from simulation.core.errors import DataError, SimulationError
from simulation.core.registry import judge
from simulation.core.types import Answer, Feedback, Outcome, Question

if TYPE_CHECKING:
    from agents.models.rewards import Rewards

ARCHITECTURE = "ForSequenceClassification"


@judge("reward_model")
class RewardModel:
    """Reads the prompt and the student's answer, and scores it by the sigmoid of a model's one logit; nothing else."""

    model: folder.ModelName = "sfairXC/FsfairX-LLaMA3-RM-v0.1"
    """A model folder or a hub name, of a class that ends in ForSequenceClassification, with one label."""
    middle: Annotated[float, Field(ge=-1e6, le=1e6, allow_inf_nan=False)] = 0.0
    """The reward that scores .5."""
    scale: Annotated[float, Field(ge=1e-6, le=1e6, allow_inf_nan=False)] = 1.0
    """How much more than `middle` a reward is that scores .73; rewards of many times that all score near 0 or 1."""
    tokens: Annotated[int, Field(ge=64, le=1_000_000)] = 4096
    """Tokens that are read of a prompt with its answer, no more than the model can; a longer answer is read as far as
    that, and the verdict says so."""
    device: folder.Device = "auto"
    """"auto" is the GPU where there is one."""
    dtype: Literal["float32", "bfloat16"] = "float32"
    """The numbers it computes in."""
    date: Day | None = Field(default=None, exclude_if=lambda own: own is None)
    """The day that its template prints, if it prints one; null is the day on which a study begins, kept with it."""

    def elsewhere(self) -> list[str]:
        """Name the model where it is on the Hub."""
        return folder.elsewhere(self.model)

    def check(self) -> None:
        """Refuse a device or a model that is not there, or has no single label; raises DataError or ModelError."""
        check_device(self.device)
        source = folder.validate(self.model, embedded="reward_model", architectures=(ARCHITECTURE,))
        labels = folder.labels(source)
        if labels is not None and len(labels) != 1:
            raise DataError(
                f"{source} tells {len(labels)} classes apart ({', '.join(labels[:3])}), but a reward is one number; "
                "name a model with one label"
            )

    def tried(self) -> str:
        """Load the model, and say that it loads, or "missing: …" with the reason."""
        try:
            self._rewards.rewards([("1", "1")])
        except SimulationError as error:
            return f"missing: {error}"
        return "loads and judges"

    def settled(self) -> Self:
        """Return the judge with the day that its template prints, where it prints one."""
        self.check()
        source = folder.resolve(self.model, embedded="reward_model")
        return replace(self, date=fixed(Chat(date=self.date), source).date)

    def fingerprint(self) -> Mapping[str, str]:
        """Return the hash of the weights."""
        self.check()
        return {"weights": folder.fingerprint(folder.resolve(self.model, embedded="reward_model"))}

    def judge(
        self, questions: Sequence[Question], answers: Sequence[Answer], *, seeds: Sequence[int]
    ) -> list[Feedback]:
        """Evaluate each answer; nothing is drawn, so the seeds are not used."""
        del questions, seeds
        if not answers:
            return []
        conversations = [(whole_characters(answer.prompt), whole_characters(answer.text)) for answer in answers]
        rewards = self._rewards.rewards(conversations)
        return [
            self._feedback(reward, text, characters)
            for (_, text), (reward, characters) in zip(conversations, rewards, strict=True)
        ]

    @cached_property
    def _rewards(self) -> "Rewards":
        self.check()
        from agents.models import rewards

        source = folder.resolve(self.model, embedded="reward_model")
        return rewards.load(source, device=self.device, dtype=self.dtype, tokens=self.tokens, date=self.date)

    def _feedback(self, reward: float, text: str, characters: int) -> Feedback:
        score = sigmoid((reward - self.middle) / self.scale)
        part = "" if characters == len(text) else f" of its first {characters:,} characters of {len(text):,}"
        return Feedback(
            score=score,
            judge="reward_model",
            explanation=f"The reward model gives {reward:.2f}{part}.",
            metrics={"reward": reward},
            outcomes=(Outcome(part="answer", score=score, reason="cut" if part else "scored"),),
        )


def whole_characters(text: str) -> str:
    """Return a text with a sign in place of half a surrogate pair, which no tokenizer takes."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def sigmoid(logit: float) -> float:
    """Return 1 / (1 + exp(-logit)), for logits of any size."""
    return 1 / (1 + exp(-logit)) if logit >= 0 else exp(logit) / (1 + exp(logit))
