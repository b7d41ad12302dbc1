"""Asks what the student is ready for: skills whose prerequisites are mastered, the least practised first.

Source: Doignon & Falmagne (1985), Spaces for the assessment of knowledge, International Journal of Man-Machine Studies
23: what a student is ready to learn is the outer fringe of what it knows in the prerequisite order. We changed how
knowing is told: by a running mastery, the exponential mean of a tag's scores from 0, against Bloom's (1968) criterion
of .8.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar

from pydantic import Field

from policies.parts.practice import By, unit
from simulation.core.registry import question_policy
from simulation.core.roles import Context
from simulation.core.types import Question, Selection, Turn

Graph = Mapping[str, tuple[str, ...]]
"""The tags to be learned before a tag."""


def needed(question: Question, graph: Graph) -> list[str]:
    """Return the prerequisites of all tags of a question."""
    return [before for tag in question.tags for before in graph.get(tag, ())]


@question_policy("prerequisites")
class Prerequisites:
    """Asks the least practised skills among those whose prerequisites are mastered (Doignon & Falmagne 1985).

    A question is open where every prerequisite of each of its tags is mastered; where too few are open, the others fill
    up. Without a graph of prerequisites all are open.
    """

    needs: ClassVar[frozenset[str]] = frozenset()
    by: By = "skill"
    """What is practised: a skill (a question's second tag), a category, or the question."""
    threshold: Annotated[float, Field(ge=0, le=1)] = 0.8
    """At this running mastery a prerequisite is mastered."""
    rate: Annotated[float, Field(ge=1e-6, le=1)] = 0.2
    """How much of the running mastery each answer replaces."""

    def begin(self) -> dict[str, float]:
        """Nothing is mastered: mastery by tag, 0 for those not there."""
        return {}

    def observe(self, state: dict[str, float], turn: Turn) -> dict[str, float]:
        """Move the mastery of every tag towards the score of each answer."""
        for experience in turn.experiences:
            for tag in experience.question.tags:
                mastery = state.get(tag, 0.0)
                state[tag] = mastery + self.rate * (experience.feedback.score - mastery)
        return state

    def lacking(self, question: Question, graph: Graph, mastery: Mapping[str, float]) -> str:
        """Return the least mastered prerequisite below the threshold, or "" where the question is open."""
        unmet = [before for before in needed(question, graph) if mastery.get(before, 0.0) < self.threshold]
        return min(unmet, key=lambda before: mastery.get(before, 0.0), default="")

    def select(self, candidates: Sequence[Question], k: int, context: Context) -> list[Selection[Question]]:
        """Pick `k` open candidates; a pick counts as practice at once, so that equal units take turns."""
        mastery, graph = context.state, context.prerequisites
        planned: Counter[tuple[bool, str]] = Counter()
        places: list[tuple[bool, int]] = []
        reasons: list[str] = []
        for question in candidates:
            name, unmet = unit(question, self.by), self.lacking(question, graph, mastery)
            tally = context.memory.tags.get(name) or context.memory.questions.get(name)
            asked = tally.asked if tally is not None else 0
            places.append((bool(unmet), asked + planned[bool(unmet), name]))
            planned[bool(unmet), name] += 1
            reasons.append(f"{name}: {self._why(question, unmet, graph, mastery)}, asked {asked} times")
        ranked = sorted(range(len(candidates)), key=places.__getitem__)
        return [
            Selection(item=candidates[at], score=float(places[at][1]), propensity=1.0, reason=reasons[at])
            for at in ranked[:k]
        ]

    def _why(self, question: Question, unmet: str, graph: Graph, mastery: Mapping[str, float]) -> str:
        if unmet:
            return f"fills a place before its time, as {unmet} is mastered {mastery.get(unmet, 0.0):.2f}"
        before = needed(question, graph)
        if before:
            return f"open, as {', '.join(before)} is mastered {self.threshold:g} or more"
        return "open, has no prerequisites" if graph else "open, as no prerequisites are known"
