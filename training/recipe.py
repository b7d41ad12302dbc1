"""What the trainers share: the YAML fields that say how a slot is optimised, and by whom."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from simulation.core.objectives import CROSS_ENTROPY, Objective
from simulation.core.ranks import LaunchError, world_size
from simulation.core.registry import parameters
from simulation.core.roles import Learner, SampleJudge
from simulation.core.types import Experience, Update

Positive = Annotated[float, Field(ge=1e-3, le=1e3)]
NotNegative = Annotated[float, Field(ge=0, le=1e3)]
Count = Annotated[int, Field(ge=1, le=100_000)]
Decay = Literal["constant", "linear", "cosine"]
FALLS: Mapping[Decay, str] = {"constant": "", "linear": ", falling linearly", "cosine": ", falling as a cosine"}


@parameters
class Recipe(ABC):
    """The optimiser (AdamW, rebuilt every update), how it passes over the examples, and who runs it."""

    name: ClassVar[str]
    by_gradient: ClassVar[bool] = True
    objective: ClassVar[Objective] = CROSS_ENTROPY
    learning_rate: Annotated[float, Field(ge=1e-12, le=1)] = 1e-3
    """Of AdamW, at its highest."""
    warmup: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    """Over so many steps of an update the learning rate rises, from 0 at the first."""
    decay: Decay = "constant"
    """How the learning rate falls after that, towards 0 behind the update's last step; constant does not."""
    batch_size: Count = 8
    """Examples a step and slot: pairs, demonstrations or groups."""
    epochs: Annotated[int, Field(ge=1, le=100)] = 2
    """How often an update passes over its examples."""
    clip: Annotated[float, Field(ge=1e-6, le=1e6)] | None = 1.0
    """The largest 2-norm of a slot's gradient; null clips nothing."""
    weight_decay: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Of AdamW; what is decayed is the adapter, not the base."""
    backend: Literal["cohort", "trl"] = "cohort"
    """Who trains: our loop over all slots at once, or TRL's trainer on one slot after the other."""
    tokens_at_once: Annotated[int, Field(ge=1, le=100_000_000)] = 2048
    """The most packed tokens of one forward pass, beyond which a step is computed in parts whose gradients add up; it
    bounds memory and changes no result beyond rounding."""
    checkpointing: Annotated[bool, Field(exclude_if=lambda is_set: not is_set)] = False
    """Whether what happens inside a block of the model is computed again for its gradients and not kept (Chen et al.
    2016, arXiv 1604.06174): a step takes less memory, about half as much time again,
    and ends the same."""
    effects: bool = True
    """Whether an update reads every lesson before and after it, to report what it did to each: two passes over all of
    them. Without, DPO and GRPO still read before it, because they need a reference."""

    @property
    def step_size(self) -> int:
        """How many rows a step has, which the processes of a run share."""
        return self.batch_size

    def explained(self) -> list[str]:
        """Say, a phrase each, what of an update is not as by default."""
        usual, phrases = type(self), []
        if (self.learning_rate, self.warmup, self.decay) != (usual.learning_rate, usual.warmup, usual.decay):
            rise = f" after {self.warmup:,} steps of warm-up" if self.warmup else ""
            phrases.append(f"learning rate {self.learning_rate:g}{rise}{FALLS[self.decay]}")
        if self.batch_size != usual.batch_size:
            phrases.append(f"batches of {self.batch_size:,}")
        if self.epochs != usual.epochs:
            phrases.append("one pass" if self.epochs == 1 else f"{self.epochs} passes")
        if self.tokens_at_once != usual.tokens_at_once:
            phrases.append(f"gradients add up over parts of at most {self.tokens_at_once:,} tokens")
        if self.checkpointing:
            phrases.append("blocks are computed again for their gradients")
        return phrases

    @property
    def distributes(self) -> bool:
        """Whether the processes that torchrun starts make an update together: TRL's trainers do."""
        return self.backend == "trl"

    def together(self) -> AbstractContextManager[None]:
        """Return what leads the other processes at rank 0; raises LaunchError where a step cannot be shared evenly."""
        if self.step_size % world_size():
            raise LaunchError(
                f"learn.trainer.batch_size: a step of {self.step_size} cannot be shared evenly by {world_size()} "
                f"processes; write a multiple of {world_size()}"
            )
        from training.trl.processes import together

        return together()

    def assist(self) -> None:
        """Join in the updates of rank 0 at another rank, until it ends."""
        from training.trl.processes import assist

        assist()

    @abstractmethod
    def update(
        self,
        model: Learner,
        batches: Mapping[str, Sequence[Experience]],
        mark: SampleJudge,
        *,
        turn: int,
        generators: Mapping[str, np.random.Generator],
    ) -> dict[str, Update]:
        """Train every slot by the backend; what is heavy is imported here."""
