"""What an update did to each lesson, in words: how likely the student was before and after to give a text."""

import math
from dataclasses import dataclass

from simulation.core.types import Experience, LessonEffect, Selection, Turn
from simulation.views.text import clipped, why

MOST_LESSONS = 4
SHORT = 300
"""Characters shown of a lesson's texts, most of which stand among the answers already."""
RARE = 1e-3
"""A probability below this is told as a log-probability."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleLesson:
    """One lesson of a turn and what the update did to it."""

    question: str
    answer: str
    """What the student had answered."""
    correction: str
    """What the teacher says should have been answered; "" where it says nothing."""
    reason: str
    """Why it was chosen."""
    taught: str
    """How the text that it taught changed; "" where that is not on record."""
    rejected: str
    """How the text that it taught to avoid changed; "" where there is none."""


def lessons(turn: Turn) -> tuple[SampleLesson, ...]:
    """Return the first lessons of a turn; where the trainer told what it did to lessons, the first of those."""
    effects = {effect.lesson: effect for effect in turn.update.effects} if turn.update is not None else {}
    places = [place for place in range(len(turn.lessons)) if not effects or place in effects]
    return tuple(lesson(turn.lessons[place], effects.get(place)) for place in places[:MOST_LESSONS])


def lesson(selection: Selection[Experience], effect: LessonEffect | None) -> SampleLesson:
    """Return what a reader sees of one lesson."""
    experience = selection.item
    taught = rejected = ""
    if effect is not None:
        taught = moved_text(effect.taught_before, effect.taught_after)
        if effect.rejected_before is not None and effect.rejected_after is not None:
            rejected = moved_text(effect.rejected_before, effect.rejected_after)
    return SampleLesson(
        question=clipped(experience.question.prompt, SHORT),
        answer=clipped(experience.answer.text, SHORT) or "nothing",
        correction=clipped(experience.feedback.correction or "", SHORT),
        reason=why(selection),
        taught=taught,
        rejected=rejected,
    )


def moved_text(before: float, after: float) -> str:
    """Say how likely a text was and is: in per cent, or by its log-probability where that is too rare to picture."""
    direction = "likelier" if after > before else "less likely" if after < before else "as likely"
    return f"now {direction}: {likelihood(before, after)}"


def likelihood(before: float, after: float) -> str:
    """Return both ends: "12 % → 34 %", or "-12.3 → -9.1 nats" where both are too rare to picture."""
    if max(before, after) < math.log(RARE):
        return f"log-probability {before:.1f} → {after:.1f} nats"
    return f"{share(before)} → {share(after)}"


def share(logprob: float) -> str:
    """Return a log-probability as a share, with a decimal where it is small."""
    percents = 100 * math.exp(min(0.0, logprob))
    if percents < 100 * RARE:
        return f"under {100 * RARE:.1f} %"
    return f"{percents:.1f} %" if percents < 10 else f"{percents:.0f} %"
