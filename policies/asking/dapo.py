"""Asks what would give a mixed group of answers: the dynamic sampling of DAPO.

Yu et al. 2025, "DAPO: An Open-Source LLM Reinforcement Learning System at Scale", arXiv 2503.14476, equation 11: keep
prompts with 0 < correct < G among G sampled answers, and sample more prompts until the batch is full. We changed: the
groups are drawn from p (`parts.success`), with the policy's own random stream, instead of by generating G answers;
and where the candidates run out, the groups of those left are drawn again, at most `rounds` times in all.
"""

from collections.abc import Sequence
from typing import Annotated, ClassVar

from pydantic import Field

from policies.parts.success import successes
from simulation.core.registry import question_policy
from simulation.core.roles import Context
from simulation.core.types import Question, Selection


@question_policy("dapo")
class Dapo:
    """Asks candidates in random order of which a group of sampled answers is neither all right nor all wrong.

    Candidates that never gave a mixed group fill up in random order. The propensity has no closed form.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"predictions"})
    samples: Annotated[int, Field(ge=2, le=1000)] = 16
    """How many answers make a group (G)."""
    rounds: Annotated[int, Field(ge=1, le=1000)] = 10
    """How often groups are drawn at most; ten batches in the published settings."""

    def select(self, candidates: Sequence[Question], k: int, context: Context) -> list[Selection[Question]]:
        """Pick `k` candidates, those with a mixed group first."""
        chances = successes(candidates, context)
        waiting = [int(index) for index in context.generator.permutation(len(candidates))]
        picks: list[Selection[Question]] = []
        for _ in range(self.rounds):
            drawn = context.generator.binomial(self.samples, [chances[index] for index in waiting])
            correct = dict(zip(waiting, (int(count) for count in drawn), strict=True))
            mixed = [index for index in waiting if 0 < correct[index] < self.samples]
            for index in mixed[: k - len(picks)]:
                share = correct[index] / self.samples
                reason = f"{correct[index]} of {self.samples} sampled answers right: a group that is mixed"
                picks.append(Selection(item=candidates[index], score=share, reason=reason))
            waiting = [index for index in waiting if not 0 < correct[index] < self.samples]
            if len(picks) >= k or not waiting:
                break
        reason = f"no mixed group in {self.rounds} draws of {self.samples} answers; fills a place"
        rest = waiting[: k - len(picks)]
        return picks + [Selection(item=candidates[index], score=chances[index], reason=reason) for index in rest]
