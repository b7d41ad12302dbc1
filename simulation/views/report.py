"""Says what a stored study found: tables, a sentence in plain words and a picture; needs the store alone, no model."""

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

from rich.console import Console

from simulation.core.questions import Measure
from simulation.core.registry import short_name
from simulation.core.types import Question
from simulation.measures.change_of_mean import Change, change
from simulation.measures.reliability import Reliability
from simulation.measures.summary import Course, add_up, by_turn
from simulation.scenario.keys import Evaluate
from simulation.store.turn_sums import TurnSums
from simulation.views.fitting import Words, speak
from simulation.views.forms import guess
from simulation.views.measure_table import measure_table
from simulation.views.mending_tables import mending_table
from simulation.views.quality_table import quality_table
from simulation.views.streams import width_of
from simulation.views.tables import MOST_TABLES, percent, tables
from simulation.views.text import GRADED, SHARES, Scale, shown

PICTURE = "learning_curve.png"


class Stored(Protocol):
    """What a report reads of a study."""

    @property
    def folder(self) -> Path: ...

    @property
    def name(self) -> str: ...

    @property
    def status(self) -> str: ...

    @property
    def scenario(self) -> Mapping[str, Any]:
        """The resolved scenario (Any: JSON values)."""
        ...

    @property
    def measures(self) -> Sequence[Measure]:
        """What was measured; the first is the truth."""
        ...

    def question_set(self, name: str) -> Sequence[Question]:
        """The questions of "held_out" or "probe"."""
        ...


def report(
    study: Stored, sums: Iterable[TurnSums], console: Console | None = None, measure: Measure | None = None
) -> Path | None:
    """Print a study's tables and verdict, draw its picture and return its path; None where nothing was evaluated.

    `sums` are of its turns, in their order. It is told by the truth, or by another measure, whose values they hold.
    """
    console = console or Console()
    if not console.is_terminal:
        console.width = width_of(console.file) or 120
    questions = {question.id: question for question in study.question_set("held_out")}
    truth = study.measures[0]
    courses = add_up(sums, truth, questions, measure=measure)
    title = heading(study, courses)
    console.print(Words(title, "bold"))
    if not any(course.measurements for course in courses):
        console.print("no turn is finished yet: run or resume the study, then report again")
        return None
    console.print(tables(courses))
    grouped = by_turn([course for course in courses if course.measurements])
    evaluate = Evaluate.model_validate(study.scenario.get("evaluate", {}))
    quality = quality_table(courses, truth, evaluate)
    for table in (measure_table(grouped, truth, study.measures), quality, mending_table(courses)):
        if table is not None:
            console.print()
            console.print(table)
    for sentence in [
        *verdicts(courses),
        *teacher(Reliability.of(course.reliability for course in courses), truth),
        *warnings(courses),
    ]:
        speak(console, sentence)
    from simulation.views.plots import draw

    path = draw(
        courses, study.folder / PICTURE, title=title, chance=chance(questions) if measure in (None, truth) else None
    )
    speak(console, f"picture: {shown(str(path))}")
    return path


def chance(questions: Mapping[str, Question]) -> float | None:
    """Return the share of right answers that guessing would have, None where that is not known."""
    guesses = [guess(question.form) for question in questions.values()]
    shares = [share for share in guesses if share is not None]
    return sum(shares) / len(shares) if shares and len(shares) == len(guesses) else None


def heading(study: Stored, courses: Sequence[Course]) -> str:
    """Name the study, its policy and trainer, and how far it is."""
    scenario = study.scenario
    played = max((course.last_turn for course in courses), default=0)
    students = "1 student" if len(courses) == 1 else f"{len(courses)} students"
    trainer = scenario["learn"]["trainer"]
    rule = "its own rule" if trainer is None else short_name(trainer["name"])
    sampler = scenario["ask"].get("sampler")
    answers = "" if sampler is None else f"answered by {short_name(sampler['name'])}, "
    how = f"asks by {short_name(scenario['ask']['policy']['name'])}, {answers}learns by {rule}"
    state = "" if study.status == "finished" else f", not finished: {played} of {scenario['turns']}"
    return shown(f"{study.name}: {how}; {students}, {played} turn{'' if played == 1 else 's'}{state}")


def verdicts(courses: Sequence[Course]) -> list[str]:
    """Say in plain words what happened to the mean: of each student where they are few, then of all."""
    sentences: list[str] = []
    measure = courses[0].measure
    if 1 < len(courses) <= MOST_TABLES:
        sentences += [
            f"{shown(course.student)}: {verdict(own_change, measure)}"
            for course in courses
            if (own_change := change([course]))
        ]
    overall = change(courses)
    if overall is not None:
        subject = shown(courses[0].student) if len(courses) == 1 else f"mean of {overall.students} students"
        subject += " (too few to speak of others)" if overall.students == 2 else ""
        sentences.append(f"{subject}: {verdict(overall, measure)}")
    return sentences or ["only one evaluation so far: nothing to compare it with"]


def verdict(change_of_mean: Change, measure: Measure) -> str:
    """Say whether a mean rose or fell, or that it cannot be told."""
    scale, difference = Scale.of(measure), change_of_mean.difference
    means = (
        f"{shown(measure.name)} {scale.number(change_of_mean.first)} → {scale.number(change_of_mean.last)} "
        f"of {change_of_mean.questions} held-out questions"
    )
    interval = f"95 % interval {scale.signed(difference.low)} to {scale.signed(difference.high)}"
    p, p_text = change_of_mean.p, ""
    if p is not None:
        p_text = f"; McNemar's p {'< 0.001' if p < 0.001 else f'= {p:.3f}'}"
    if change_of_mean.tells:
        direction = "better" if difference.value > 0 else "worse"
        return f"{means}: {direction} by {scale.step(abs(difference.value))}, {interval}{p_text}"
    step = scale.signed(difference.value) if scale.graded else f"{scale.signed(difference.value)} points"
    return f"{means}: cannot tell: {step}, {interval}{p_text}"


def teacher(reliability: Reliability, truth: Measure) -> list[str]:
    """Say how far the teacher's verdicts can be trusted, and what they alone would have said of the answers."""
    if not reliability.verdicts:
        return []
    if truth.graded:
        return [graded_teacher(reliability)]
    kappa_text = "undefined" if math.isnan(reliability.kappa) else f"{reliability.kappa:.3f}"
    agreement_text = (
        f"{percent(reliability.agreed / reliability.verdicts)} of {reliability.verdicts} verdicts are the truth"
    )
    interval = SHARES.spread(reliability.agreement)
    sentence = f"teacher: {agreement_text} (95 % interval {interval}), Cohen's kappa {kappa_text}"
    if not reliability.errs(graded=False):
        return [sentence]
    corrected = reliability.correct(reliability.observed)
    corrected_text = "unknown" if math.isnan(corrected) else percent(corrected)
    observed_text = percent(reliability.observed)
    return [
        f"{sentence}; calls {observed_text} of the answers right, which its error rates correct to {corrected_text}"
    ]


def graded_teacher(reliability: Reliability) -> str:
    """Say how far a teacher's scores are from graded truths."""
    sums, count = reliability.scores, reliability.verdicts
    score, truth, distance = (GRADED.number(total / count) for total in (sums.score, sums.truth, sums.distance))
    return (
        f"teacher: {percent(sums.same / count)} of {count} scores are the truth; mean score {score} where the truth is "
        f"{truth}, mean distance {distance}"
    )


def warnings(courses: Sequence[Course]) -> list[str]:
    """Say what a rising mean might hide: an update that makes what it teaches less likely."""
    fell = [
        later.turn
        for course in courses
        for _, later in pairwise(course.measurements)
        if "chosen" in later.logprobs and later.logprobs["chosen"][1] < later.logprobs["chosen"][0]
    ]
    periods = sum(max(0, len(course.measurements) - 1) for course in courses)
    if not fell:
        return []
    return [
        f"in {len(fell)} of {periods} stretches between evaluations the updates made the chosen answers less likely"
    ]
