"""A few turns of one student of each label, as a reader follows them: what was asked, why, and what came of it."""

from dataclasses import dataclass

from simulation.core.confidence import confidence
from simulation.core.types import Experience, Question, Selection, Turn
from simulation.measures.findings import Findings
from simulation.measures.reliability import errs
from simulation.measures.summary import Course
from simulation.play.folders import Comparison
from simulation.store import DATABASE, Study
from simulation.views.forms import style
from simulation.views.lesson_effects import SampleLesson, lessons
from simulation.views.progress import update_line
from simulation.views.tables import percent
from simulation.views.text import Scale, clipped, why

MOST_LABELS = 12
MISTAKES, RIGHT_ONES = 3, 1
"""How many answers of each kind are shown of a turn."""
MOST_ALTERNATIVES = 24
"""Alternatives of a question that are shown, those that matter among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """One of the alternatives of a question."""

    text: str
    taken: bool
    right: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleQuestion:
    """One question of a turn and what came of it."""

    category: str
    prompt: str
    model_input: str
    """What the model really read; "" where it is the prompt."""
    alternatives: tuple[Alternative, ...]
    more: int
    """How many alternatives are left out."""
    reason: str
    answer: str
    reading: str
    """How the answer was read."""
    judged: str
    """What the teacher said."""
    correction: str
    """What the teacher says should have been answered; "" where it says nothing."""
    style: str
    """How the answer is set."""
    erred: bool
    """Whether what the teacher said is not the truth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """One turn of one student."""

    turn: int
    summary: str
    asked: tuple[SampleQuestion, ...]
    lessons: tuple[SampleLesson, ...]
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
                glances = tuple(glance(turn, course) for turn in turns)
                excerpt_by_label[label] = Excerpt(label=label, student=course.student, turns=glances)
    return [excerpt_by_label[label] for label in findings.labels if label in excerpt_by_label]


def glance(turn: Turn, course: Course) -> Glance:
    """Return what a reader sees of a turn."""
    wrong = [experience for experience in turn.experiences if experience.feedback.score < 1.0][:MISTAKES]
    right = [experience for experience in turn.experiences if experience.feedback.score >= 1.0][:RIGHT_ONES]
    picks = {pick.item.id: pick for pick in turn.picks}
    count = len(turn.experiences)
    answers_text = "" if count == len(turn.picks) else f", which got {count} answers"
    shown_experiences = sorted([*wrong, *right], key=lambda experience: experience.position)
    summary = (
        f"Asked {len(turn.picks)} of {len(turn.candidates)} candidates{answers_text}; {outcome_of(turn, course)}. "
        f"Shown: {len(wrong)} called wrong and {len(right)} called right, the first of each."
    )
    return Glance(
        turn=turn.turn,
        summary=summary if count else "Nothing was asked.",
        asked=tuple(
            asked(experience, picks.get(experience.question.id), graded=course.truth.graded)
            for experience in shown_experiences
        ),
        lessons=lessons(turn),
        changed=tuple(changes(turn, course)),
    )


def outcome_of(turn: Turn, course: Course) -> str:
    """Say how the questions of a turn were answered, in truth and by the teacher."""
    truths = [experience.truth for experience in turn.experiences]
    scores = [experience.feedback.score for experience in turn.experiences]
    if not course.truth.graded:
        truly_right, called_right = (sum(value >= 1.0 for value in values) for values in (truths, scores))
        return f"{truly_right} answered right, {called_right} called right"
    means = [Scale.of(course.truth).number(sum(values) / max(1, len(values))) for values in (truths, scores)]
    return f"mean {course.truth.name} {means[0]}, mean score {means[1]}"


def asked(experience: Experience, pick: Selection[Question] | None, *, graded: bool = False) -> SampleQuestion:
    """Return what a reader sees of one answer; `graded` says that its truth may lie between right and wrong."""
    question, answer, feedback = experience.question, experience.answer, experience.feedback
    option_probability = confidence(answer.ranking)
    alternatives = alternatives_of(experience)
    return SampleQuestion(
        category=", ".join(question.tags),
        prompt=clipped(question.prompt),
        model_input="" if answer.model_input in ("", answer.prompt) else clipped(answer.model_input),
        alternatives=alternatives,
        more=len(question.form.alternatives) - len(alternatives),
        reason=why(pick),
        answer=(clipped(answer.text) or "nothing")
        + (f" (sure to {percent(option_probability)})" if option_probability is not None else "")
        + (f" [{answer.stop}]" if answer.stop != "stop" else ""),
        reading=clipped(answer.reading),
        judged=judged(experience),
        correction=clipped(feedback.correction) if feedback.correction is not None and feedback.score < 1.0 else "",
        style=style(question.form),
        erred=errs(feedback.score, experience.truth, graded=graded),
    )


def alternatives_of(experience: Experience) -> tuple[Alternative, ...]:
    """Return a question's alternatives; of many those that are right or were taken, and the first of the others."""
    question, answer = experience.question, experience.answer
    alternatives = [
        Alternative(text=clipped(text), taken=place == answer.choice, right=text == question.key.reference)
        for place, text in enumerate(question.form.alternatives)
    ]
    if len(alternatives) <= MOST_ALTERNATIVES:
        return tuple(alternatives)
    matters = [alternative.taken or alternative.right for alternative in alternatives]
    ranked = sorted(range(len(alternatives)), key=lambda place: not matters[place])
    return tuple(alternatives[place] for place in sorted(ranked[:MOST_ALTERNATIVES]))


def judged(experience: Experience) -> str:
    """Say what the teacher said: how right, why in a word, and its explanation."""
    feedback = experience.feedback
    partly = f"{percent(feedback.score)} right"
    verdict = "right" if feedback.score >= 1.0 else "wrong" if feedback.score <= 0.0 else partly
    adds = feedback.reason and feedback.reason != verdict and feedback.reason not in feedback.explanation
    named = f"{verdict} ({clipped(feedback.reason)})" if adds else verdict
    return ". ".join([named, *([clipped(feedback.explanation)] if feedback.explanation else [])])


def changes(turn: Turn, course: Course) -> list[str]:
    """Say what the turn's update did, and how the evaluations around it came out."""
    sentences, scale = [update_line(turn)], Scale.of(course.measure)
    before = [measurement for measurement in course.measurements if measurement.turn < turn.turn]
    after = [measurement for measurement in course.measurements if measurement.turn >= turn.turn]
    if before and after:
        was, now = before[-1], after[0]
        rose, fell = ("rose", "fell") if course.measure.graded else ("turned right", "turned wrong")
        changed_text = "" if now.rose is None else f"; {now.rose} answers {rose}, {now.fell} {fell}"
        ends = [f"{scale.number(measurement.value)} at turn {measurement.turn}" for measurement in (was, now)]
        sentences.append(f"held-out {course.measure.name} {', '.join(ends)}{changed_text}")
    return sentences
