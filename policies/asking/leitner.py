"""Asks what is due in its box: Leitner's boxes.

Source: Leitner (1972), So lernt man lernen: a right answer moves an item to the next box, a wrong one back to the
first; with the boxes of 1, 2, 4, ... days of Settles & Meeder (2016), A trainable spaced repetition model for language
learning, ACL, section 3.2, where a wrong answer moves it to the box before. We changed two things: a day is a turn, and
the item is a skill, because questions rarely come twice.
"""

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from policies.parts.practice import By, Standing, pick_in_rounds, right, unit
from simulation.core.registry import question_policy
from simulation.core.roles import Context
from simulation.core.types import Question, Selection, Turn

Boxes = dict[str, tuple[int, int]]
"""Box (from 1) and turn of the last answer, by unit."""


@question_policy("leitner")
class Leitner:
    """Asks the skills whose waiting time in their Leitner box is over, the lowest box first (Leitner 1972).

    Box b waits 2^(b-1) turns. What was never asked is in the first box and due.
    """

    needs: ClassVar[frozenset[str]] = frozenset()
    by: By = "skill"
    """What lies in a box: a skill (a question's second tag), a category, or the question."""
    boxes: Annotated[int, Field(ge=1, le=30)] = 5
    """How many boxes there are."""
    back: Literal["first", "previous"] = "first"
    """The box that a wrong answer moves to."""

    def begin(self) -> Boxes:
        """All boxes are empty."""
        return {}

    def observe(self, state: Boxes, turn: Turn) -> Boxes:
        """Move what was answered, answer by answer."""
        for experience in turn.experiences:
            name = unit(experience.question, self.by)
            box, _ = state.get(name, (1, 0))
            state[name] = (self.box_after(box, right(experience)), turn.turn)
        return state

    def box_after(self, box: int, was_right: bool) -> int:
        """Return the box that an answer moves to."""
        if was_right:
            return min(box + 1, self.boxes)
        return 1 if self.back == "first" else max(box - 1, 1)

    def select(self, candidates: Sequence[Question], k: int, context: Context) -> list[Selection[Question]]:
        """Pick `k` candidates of what is due, then of the rest."""

        def standing(name: str) -> Standing:
            if name not in context.state:
                return Standing(0, 1.0, f"{name}: box 1, never asked")
            box, last = context.state[name]
            waited, wait = context.turn - last, 2 ** (box - 1)
            due = waited >= wait
            return Standing(
                0 if due else 1,
                float(box),
                f"{name}: box {box}, {'due' if due else 'not due'} after {waited} of {wait} turns",
            )

        return pick_in_rounds(candidates, k, self.by, standing)
