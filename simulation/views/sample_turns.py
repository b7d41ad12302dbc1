"""A few turns of one student of each label, as a reader follows them: what was asked, why, and what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from simulation.core.confidence import confidence
from simulation.core.types import Experience, Question, Selection, Turn
from simulation.measures.findings import Findings
from simulation.measures.summary import Measurement
from simulation.play.folders import Comparison
from simulation.store import DATABASE, Study
from simulation.views.progress import update_line
from simulation.views.tables import percent

MOST_LABELS = 12
MISTAKES, RIGHT_ONES = 3, 1
"""How many answers of each kind are shown of a turn."""
LONGEST = 1500
"""Characters shown of a text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleQuestion:
    """One question of a turn and what came of it."""

    category: str
    prompt: str
    choices: tuple[tuple[str, bool, bool], ...]
    """Each option, whether it was taken, whether it is the reference."""
    reason: str
    answer: str
    judged: str
    """What the teacher said."""
    correction: str
    """What the teacher says should have been answered; "" where it says nothing."""
    code: bool
    """Whether the answer is a program."""
    erred: bool
    """Whether that is not the truth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """One turn of one student."""

    turn: int
    summary: str
    asked: tuple[SampleQuestion, ...]
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """A few turns of one student."""

    label: str
    student: str
    turns: tuple[Glance, ...]


def excerpts(comparison: Comparison, findings: Findings) -> list[Excerpt]:
    """Read the first, the middle and the last turn of one student of each label."""
    seed, last = findings.seeds[0], comparison.lineup.turns
    turn_numbers = sorted({1, (last + 1) // 2, last})
    excerpt_by_label: dict[str, Excerpt] = {}
    for index, cohort in enumerate(comparison.cohorts):
        folder = comparison.study_folder(index)
        if seed not in cohort.seeds or not (folder / DATABASE).is_file():
            continue
        with Study.open(folder) as study:
            for label in cohort.labels:
                if label not in findings.labels[:MOST_LABELS]:
                    continue
                course = findings.results.students[label, seed][0].course
                turns = [
                    turn
                    for number in turn_numbers
                    for turn in study.turns(course.student, start=number, stop=number + 1)
                ]
                glances = tuple(glance(turn, course.measurements) for turn in turns)
                excerpt_by_label[label] = Excerpt(label=label, student=course.student, turns=glances)
    return [excerpt_by_label[label] for label in findings.labels if label in excerpt_by_label]


def glance(turn: Turn, measurements: Sequence[Measurement]) -> Glance:
    """Return what a reader sees of a turn."""
    wrong = [experience for experience in turn.experiences if experience.feedback.score < 1.0][:MISTAKES]
    right = [experience for experience in turn.experiences if experience.feedback.score >= 1.0][:RIGHT_ONES]
    picks = {pick.item.id: pick for pick in turn.picks}
    truly_right = sum(experience.truth >= 1.0 for experience in turn.experiences)
    called_right = sum(experience.feedback.score >= 1.0 for experience in turn.experiences)
    count = len(turn.experiences)
    answers_text = "" if count == len(turn.picks) else f", which got {count} answers"
    shown_experiences = sorted([*wrong, *right], key=lambda experience: experience.position)
    summary = (
        f"Asked {len(turn.picks)} of {len(turn.candidates)} candidates{answers_text}; {truly_right} answered "
        f"right, {called_right} called right. "
        f"Shown: {len(wrong)} called wrong and {len(right)} called right, the first of each."
    )
    return Glance(
        turn=turn.turn,
        summary=summary if count else "Nothing was asked.",
        asked=tuple(asked(experience, picks.get(experience.question.id)) for experience in shown_experiences),
        changed=tuple(changes(turn, measurements)),
    )


def asked(experience: Experience, pick: Selection[Question] | None) -> SampleQuestion:
    """Return what a reader sees of one answer."""
    question, answer, feedback = experience.question, experience.answer, experience.feedback
    option_probability = confidence(answer)
    verdict = (
        "right"
        if feedback.score >= 1.0
        else "wrong"
        if feedback.score <= 0.0
        else f"{100 * feedback.score:.0f} % right"
    )
    return SampleQuestion(
        category=", ".join(question.tags),
        prompt=clipped(question.prompt),
        choices=tuple(
            (clipped(choice), place == answer.choice, choice == question.reference)
            for place, choice in enumerate(question.choices)
        ),
        reason=why(pick),
        answer=(clipped(answer.text) or "nothing")
        + (f" (sure to {percent(option_probability)})" if option_probability is not None else "")
        + (f" [{answer.stop}]" if answer.stop != "stop" else ""),
        judged=". ".join([verdict, *([clipped(feedback.explanation)] if feedback.explanation else [])]),
        correction=clipped(feedback.correction) if feedback.correction is not None and feedback.score < 1.0 else "",
        code=feedback.verdict is not None,
        erred=(feedback.score >= 1.0) != (experience.truth >= 1.0),
    )


def why(pick: Selection[Any] | None) -> str:
    """Say why something was picked, and how likely that was (Any: a question or an experience)."""
    if pick is None:
        return "not on record"
    parts = [pick.reason or "the policy gives no reason"]
    if pick.score is not None:
        parts.append(f"score {pick.score:.3g}")
    if pick.propensity is not None:
        parts.append(f"picked with probability {pick.propensity:.3g}")
    return "; ".join(parts)


def changes(turn: Turn, measurements: Sequence[Measurement]) -> list[str]:
    """Say what the turn's update did, and how the evaluations around it came out."""
    sentences = [update_line(turn)]
    if turn.lessons:
        sentences.append(f"the first lesson was chosen because: {why(turn.lessons[0])}")
    before = [measurement for measurement in measurements if measurement.turn < turn.turn]
    after = [measurement for measurement in measurements if measurement.turn >= turn.turn]
    if before and after:
        was, now = before[-1], after[0]
        changed_text = (
            "" if now.corrected is None else f"; {now.corrected} answers turned right, {now.forgotten} turned wrong"
        )
        sentences.append(
            f"held-out accuracy {percent(was.accuracy)} at turn {was.turn}, {percent(now.accuracy)} at turn "
            f"{now.turn}{changed_text}"
        )
    return sentences


def clipped(text: str) -> str:
    """Return the beginning of a long text."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} … ({len(text) - LONGEST} more characters)"
