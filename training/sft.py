"""Supervised fine-tuning: the student imitates the corrections of its wrong answers, or answers it once gave."""

from typing import Literal

from simulation.core.registry import trainer
from simulation.core.types import Update
from training.recipe import Given, Recipe


@trainer("sft")
class SFT(Recipe):
    """Raise the likelihood of corrections, of answers, or of both."""

    imitate: Literal["corrections", "both", "answers"] = "corrections"
    """The corrections of wrong answers; "both" adds the answers judged right; "answers" are those that were given,
    whatever their score, so that the experience policy alone decides."""

    def train(self, given: Given) -> dict[str, Update]:
        """Train every slot on the demonstrations its experiences make."""
        if self.backend == "trl":
            from training.backends.trl_sft import update
        else:
            from training.cohort.sft import update
        return update(self, given)
