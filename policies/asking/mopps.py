"""Asks what a posterior over success rates says is a coin flip: model predictive prompt selection.

Qu et al. 2025, "Can Prompt Difficulty be Online Predicted for Accelerating RL Finetuning of Reasoning Models?", arXiv
2507.04632: each prompt has a Beta posterior of its success rate, alpha <- lambda * alpha + (1 - lambda) * alpha_0 +
successes, and beta likewise with failures; each turn one rate is drawn for every candidate, and those nearest to 1/2
are asked. Settings of the authors' scripts: lambda 0.5, a prior of (1, 1), target 1/2. We changed what a prompt is:
questions of a large pool rarely come again, so answers count for the question's skill, and each candidate draws its own
rate from its skill's posterior. `by: question` is the published rule.
"""

from collections.abc import Sequence
from typing import Annotated, ClassVar

from pydantic import Field

from policies.parts.practice import By, unit
from simulation.core.registry import question_policy
from simulation.core.roles import Context
from simulation.core.types import Question, Selection, Turn

Beliefs = dict[str, tuple[float, float]]
"""The two parameters of each item's Beta posterior."""


@question_policy("mopps")
class Mopps:
    """Draws a success rate for each candidate from a discounted Beta posterior; asks those nearest to the target.

    Only items asked in a turn are discounted, as in the authors' code. The propensity has no closed form.
    """

    by: By = "skill"
    """What a posterior is kept for."""
    discount: Annotated[float, Field(ge=0, le=1)] = 0.5
    """How much of what was known of an item stays when it is asked again (lambda)."""
    prior: Annotated[float, Field(ge=0.001, le=1e6)] = 1.0
    """Both parameters of the Beta prior."""
    target: Annotated[float, Field(ge=0, le=1)] = 0.5
    """The success rate that is looked for."""

    needs: ClassVar[frozenset[str]] = frozenset()

    def begin(self) -> Beliefs:
        """Return no beliefs: every item has the prior."""
        return {}

    def observe(self, state: Beliefs, turn: Turn) -> Beliefs:
        """Return the posteriors after a turn, all answers to an item at once."""
        scores_by_item: dict[str, list[float]] = {}
        for experience in turn.experiences:
            scores_by_item.setdefault(unit(experience.question, self.by), []).append(experience.feedback.score)
        for item, scores in scores_by_item.items():
            right, wrong = state.get(item, (self.prior, self.prior))
            restored = (1 - self.discount) * self.prior
            state[item] = (
                self.discount * right + restored + sum(scores),
                self.discount * wrong + restored + len(scores) - sum(scores),
            )
        return state

    def select(self, candidates: Sequence[Question], k: int, context: Context) -> list[Selection[Question]]:
        """Pick the `k` candidates whose drawn rates are nearest to the target."""
        beliefs: Beliefs = context.state
        posteriors = [beliefs.get(unit(question, self.by), (self.prior, self.prior)) for question in candidates]
        drawn = context.generator.beta([right for right, _ in posteriors], [wrong for _, wrong in posteriors])
        rates = [float(rate) for rate in drawn]
        ranked = sorted(range(len(candidates)), key=lambda index: (rates[index] - self.target) ** 2)
        return [
            Selection(
                item=candidates[index],
                score=(rates[index] - self.target) ** 2,
                reason=f"success rate {rates[index]:.2f} drawn from a posterior of {posteriors[index][0]:.3g} right to "
                f"{posteriors[index][1]:.3g} wrong, near {self.target:g}",
            )
            for index in ranked[:k]
        ]
