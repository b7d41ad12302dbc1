"""Asks by rejection sampling on learnability: a question is taken the likelier the more its answers would vary.

Foster et al. 2025, "LILO: Learning to Reason at the Frontier of Learnability", NeurIPS 2025 (openreview 8HYeWMf0W3;
arXiv 2502.12272): questions are drawn, their success variance p(1 - p) is estimated from samples, and a batch is filled
by rejection sampling towards high variance. We changed: p is exact (`parts.success`), a proposal is accepted with
probability 4 p(1 - p), and an accepted question leaves the urn.
"""

import math
from collections.abc import Sequence
from typing import ClassVar

from policies.parts.success import learnability, successes
from simulation.core.registry import question_policy
from simulation.core.roles import Context
from simulation.core.types import Question, Selection


@question_policy("lilo")
class Lilo:
    """Proposes candidates at random and accepts each with a probability in proportion to p(1 - p).

    Every next pick is one of those left with a probability in proportion to its learnability, so the draw is made at
    once by random keys, not in rounds (Kool et al. 2019, arXiv 1903.06059): the k largest of log learnability plus
    Gumbel noise. A candidate without any learnability comes after all others. The propensity has no closed form.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"predictions"})

    def select(self, candidates: Sequence[Question], k: int, context: Context) -> list[Selection[Question]]:
        """Pick `k` candidates in the order they are accepted."""
        scores = [learnability(chance) for chance in successes(candidates, context)]
        noise = context.generator.gumbel(size=len(candidates))
        keys = [
            (score > 0, (math.log(score) if score > 0 else 0.0) + gumbel)
            for gumbel, score in zip(noise, scores, strict=True)
        ]
        accepted = sorted(range(len(candidates)), key=lambda index: keys[index], reverse=True)
        return [
            Selection(
                item=candidates[index],
                score=scores[index],
                reason=f"learnability {scores[index]:.3f}: a proposal is accepted with probability "
                f"{min(1.0, 4 * scores[index]):.2f}",
            )
            for index in accepted[:k]
        ]
