"""Supervised fine-tuning: the student imitates the corrections of its wrong answers."""

from simulation.core.registry import trainer
from simulation.core.types import Update
from training.recipe import Given, Recipe


@trainer("sft")
class SFT(Recipe):
    """Raise the likelihood of the corrections, and if wished of the student's own right answers."""

    right_answers: bool = False
    """Whether answers judged right are imitated too."""

    def train(self, given: Given) -> dict[str, Update]:
        """Train every slot on the demonstrations its experiences make."""
        if self.backend == "trl":
            from training.backends.trl_sft import update
        else:
            from training.cohort.sft import update
        return update(self, given)
