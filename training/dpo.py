"""Direct preference optimisation: the correction is preferred to the student's wrong answer."""

from simulation.core.registry import trainer
from simulation.core.types import Update
from training.recipe import Given, NotNegative, Positive, Recipe


@trainer("dpo")
class DPO(Recipe):
    """Prefer the judge's correction to the student's wrong answer (Rafailov et al. 2023, arXiv 2305.18290).

    The reference model is the student at the start of the update.
    """

    beta: Positive = 0.1
    """How strongly the student is held to what it was before the update."""
    nll_weight: NotNegative = 1.0
    """Weight of the likelihood of the corrections (Pang et al. 2024, arXiv 2404.19733); 0 is plain DPO."""

    def train(self, given: Given) -> dict[str, Update]:
        """Train every slot on the pairs its experiences make."""
        if self.backend == "trl":
            from training.backends.trl_dpo import update
        else:
            from training.cohort.dpo import update
        return update(self, given)
