"""Learns from a small memory that is at every time a uniform sample of the whole past: reservoir sampling.

Source: Vitter (1985), Random sampling with a reservoir, ACM Transactions on Mathematical Software 11, algorithm R. The
n-th experience takes a random place of the reservoir with probability capacity / n. A state that is a fold over the
turns has no generator, so the places are drawn from a stream of the turn and the questions in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Annotated, ClassVar

from pydantic import Field

from policies.parts.quotas import uniform
from simulation.core.registry import experience_policy
from simulation.core.roles import Context
from simulation.core.seeding import generator
from simulation.core.types import Experience, Selection, Turn


@dataclass(slots=True)
class Sample:
    """A uniform sample of the experiences up to a turn."""

    experiences: list[Experience] = field(default_factory=list)
    seen: int = 0
    turn: int = 0
    """The last turn that is in it."""


@experience_policy("reservoir")
class Reservoir:
    """Learns from a fixed number of experiences kept as a uniform sample of the whole past (Vitter 1985).

    Where more are kept than an update may take, it draws uniformly among them. Unlike learn.capacity, which keeps the
    newest, it never quite forgets an early time.
    """

    needs: ClassVar[frozenset[str]] = frozenset()
    capacity: Annotated[int, Field(ge=1, le=1_000_000)] = 200
    """How many experiences are kept."""

    def begin(self) -> Sample:
        """Nothing is kept."""
        return Sample()

    def observe(self, state: Sample, turn: Turn) -> Sample:
        """Let the turn's experiences take their places."""
        return self.filled(state, turn.turn, turn.experiences)

    def filled(self, sample: Sample, turn: int, experiences: Sequence[Experience]) -> Sample:
        """Return the sample after a turn, by algorithm R; `sample` is changed."""
        named = ",".join(experience.question.id for experience in experiences)
        stream = generator(0, turn, 0, f"reservoir {named}")
        for experience in experiences:
            sample.seen += 1
            if len(sample.experiences) < self.capacity:
                sample.experiences.append(experience)
            elif (place := int(stream.integers(sample.seen))) < self.capacity:
                sample.experiences[place] = experience
        sample.turn = turn
        return sample

    def select(self, candidates: Sequence[Experience], k: int, context: Context) -> list[Selection[Experience]]:
        """Draw min(k, kept) experiences from the reservoir as it is with this turn's."""
        del candidates  # what is kept was chosen from them, turn by turn
        sample = Sample(list(context.state.experiences), context.state.seen, context.state.turn)
        fresh = context.memory.since(sample.turn + 1)
        for turn, row in groupby(fresh, key=lambda experience: experience.turn):
            sample = self.filled(sample, turn, tuple(row))
        drawn, propensity = uniform(sample.experiences, k, context)
        reason = f"uniform over the {len(sample.experiences)} kept of {sample.seen} experiences"
        return [Selection(item=experience, propensity=propensity, reason=reason) for experience in drawn]
