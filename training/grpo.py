"""Group relative policy optimisation: of several answers to a question, the student learns which were better."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from simulation.core.registry import trainer
from simulation.core.roles import Learner, SampleJudge, Trainable, lendable, without_gradients
from simulation.core.types import Experience, Update
from training.recipe import Count, NotNegative, Positive, Recipe

if TYPE_CHECKING:
    from torch import Tensor

    from training.cohort.groups import Grouping
    from training.cohort.losses import Batch


@trainer("grpo")
class GRPO(Recipe):
    """Sample answers, have them judged, and prefer those better than their group (Shao et al. 2024, arXiv 2402.03300).

    One group a question and update, made by the student as the update finds it; the reference model is that same
    student.
    """

    groups: Literal["samples", "beams", "answers"] = "samples"
    """Who is in a group: answers sampled; different items of a catalogue, found by beams; or the list that was answered
    and shown, whose outcomes are the rewards, so that nothing is sampled or judged again. Beams and lists are no
    samples: nothing corrects for how likely each was."""
    samples: Annotated[int, Field(ge=2, le=1000)] = 8
    """Answers a group; a list that was answered has as many as it has."""
    beams: Annotated[int, Field(ge=2, le=1000)] | None = None
    """Of so many beams a group is drawn, without replacement; null takes the likeliest and draws nothing."""
    temperature: Positive = 1.0
    """At which samples, or the beams of a group, are drawn; the loss takes log-probabilities at 1."""
    max_tokens: Count = 16
    """The longest answer sampled, in tokens."""
    reward: Literal["score", "rank", "both"] = "score"
    """The judge's score; or 0 for the best of a group and less for each other the likelier the student thought it,
    where any is worth something (MiniOneRec's ranking reward); or the sum of both."""
    advantages: Literal["group", "prefix", "none"] = "group"
    """Rewards are compared within a group; or half so and, token by token, half among those that share all tokens
    before it; or not at all, which is REINFORCE with `baseline`."""
    baseline: Annotated[float, Field(ge=-1e3, le=1e3, allow_inf_nan=False)] = 0.0
    """What rewards are reduced by where they are not compared."""
    redraw: Annotated[int, Field(ge=0, le=100)] = 0
    """How often a group whose rewards are all equal is drawn again (Yu et al. 2025, arXiv 2503.14476, section 3.2;
    changed: the same question, not another)."""
    beta: NotNegative = 0.0
    """Weight of the divergence from the reference."""
    reference: Literal["update", "beginning"] = "update"
    """The reference model: the student as the update finds it, or as it was before it learned anything."""
    epsilon: Annotated[float, Field(ge=1e-6, le=0.999)] = 0.2
    """How far an answer's probability may move before its gradient is cut."""
    normalisation: Literal["grpo", "dapo", "dr_grpo"] = "grpo"
    """How tokens are averaged: within answers, over all, or by `max_tokens`."""
    scale_rewards: bool = True
    """Whether advantages are divided by their group's standard deviation."""

    @model_validator(mode="after")
    def _consistent(self) -> "GRPO":
        if self.beams is not None and self.beams < self.samples:
            raise ValueError(f"{self.beams} beams hold no {self.samples} samples; set beams to at least samples")
        if self.beams is not None and self.groups != "beams":
            raise ValueError(
                f"beams draws groups of beams, not of {self.groups}; set groups to beams or leave beams out"
            )
        if self.redraw and (self.groups == "answers" or (self.groups == "beams" and self.beams is None)):
            raise ValueError("redraw draws groups again, and these are not drawn; set redraw to 0, or beams")
        if self.baseline and self.advantages != "none":
            raise ValueError("baseline is for rewards that are not compared; set advantages to none or baseline to 0")
        if self.backend == "trl" and self._ours():
            raise ValueError(f"backend trl has no {', '.join(self._ours())}; use backend: cohort")
        return self

    def _ours(self) -> list[str]:
        """Name the settings that differ from what TRL does."""
        as_theirs = {"groups": "samples", "temperature": 1.0, "reward": "score", "advantages": "group", "redraw": 0}
        as_theirs |= {"reference": "update"}
        return [f"{name}: {getattr(self, name)}" for name, value in as_theirs.items() if getattr(self, name) != value]

    @property
    def step_size(self) -> int:
        """How many samples a step has."""
        return self.batch_size * self.samples

    def update(
        self,
        model: Learner,
        batches: Mapping[str, Sequence[Experience]],
        mark: SampleJudge,
        *,
        turn: int,
        generators: Mapping[str, np.random.Generator],
    ) -> dict[str, Update]:
        """Train every slot on samples for the questions of its experiences."""
        from training.cohort.sampling import group_examples

        del turn
        grouping = self.grouping()
        if self.backend == "trl":
            from training.trl.grpo import update

            weights = {"beta": self.beta, "epsilon": self.epsilon, "loss_type": self.normalisation}
            lent = lendable(model, self.name)
            return update(self, lent, batches, mark, grouping, weights, generators=generators)
        from training.cohort.loop import update_slots
        from training.cohort.losses import divergence_metrics

        if not isinstance(model, Trainable):
            raise without_gradients(model, self.name)
        examples = group_examples(model, batches, mark, grouping, generators=generators)
        source = self.reference if self.beta else "update"
        return update_slots(
            self, model, examples, self._loss, divergence_metrics, generators=generators, reference=source
        )

    def grouping(self) -> "Grouping":
        """Return how groups are made and compared."""
        from training.cohort.groups import Grouping

        return Grouping(
            kind=self.groups,
            samples=self.samples,
            max_tokens=self.max_tokens,
            scale_rewards=self.scale_rewards,
            temperature=self.temperature,
            beams=self.beams,
            reward=self.reward,
            comparison=self.advantages,
            baseline=self.baseline,
            redraw=self.redraw,
        )

    def _loss(self, batch: "Batch") -> "Tensor":
        """Return the loss of each slot; the policy that answered is the one at the start of the update."""
        from training.cohort.losses import group_relative

        return group_relative(
            batch.logprobs_SBKT,
            batch.sampled_SBKT,
            batch.reference_SBKT,
            batch.valid_SBKT,
            batch.advantages_SBKT,
            batch.lengths_SBK,
            beta=self.beta,
            epsilon=self.epsilon,
            normalisation=self.normalisation,
            max_tokens=self.max_tokens,
        )
