"""Says what a stored study found: tables, a sentence in plain words and a picture; needs the store alone, no model."""

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

from rich.console import Console
from rich.text import Text

from simulation.core.types import Question, Turn
from simulation.measures.reliability import Reliability
from simulation.measures.summary import Change, Course, by_turn, change, summarise
from simulation.views.program_tables import programs_table
from simulation.views.tables import MOST_TABLES, percent, spread, tables
from simulation.views.text import shown

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

    def question_set(self, name: str) -> Sequence[Question]:
        """The questions of "held_out" or "probe"."""
        ...

    def turns(self) -> Iterator[Turn]: ...


def report(study: Stored, console: Console | None = None) -> Path | None:
    """Print a study's tables and verdict, draw its picture and return its path; None where nothing was evaluated."""
    console = console or Console()
    if not console.is_terminal:
        console.width = 120
    questions = {question.id: question for question in study.question_set("held_out")}
    courses = summarise(study.turns(), questions)
    title = heading(study, courses)
    console.print(Text(title, style="bold"))
    if not any(course.measurements for course in courses):
        console.print("no turn is finished yet: run or resume the study, then report again")
        return None
    console.print(tables(courses))
    programs = programs_table(by_turn([course for course in courses if course.measurements]))
    if programs is not None:
        console.print()
        console.print(programs)
    for sentence in [
        *verdicts(courses),
        *teacher(Reliability.of(course.reliability for course in courses)),
        *warnings(courses),
    ]:
        console.print(Text(sentence), soft_wrap=True)
    from simulation.views.plots import draw

    path = draw(courses, study.folder / PICTURE, title=title, chance=chance(questions))
    console.print(Text(f"picture: {shown(str(path))}"), soft_wrap=True)
    return path


def chance(questions: Mapping[str, Question]) -> float | None:
    """Return the accuracy of guessing, None where a question has no choices."""
    sizes = [len(question.choices) for question in questions.values()]
    return sum(1 / size for size in sizes) / len(sizes) if sizes and all(sizes) else None


def heading(study: Stored, courses: Sequence[Course]) -> str:
    """Name the study, its policy and trainer, and how far it is."""
    scenario = study.scenario
    played = max((course.last_turn for course in courses), default=0)
    students = "1 student" if len(courses) == 1 else f"{len(courses)} students"
    how = f"asks by {scenario['ask']['policy']['name']}, learns by {scenario['learn']['trainer']['name']}"
    state = "" if study.status == "finished" else f", not finished: {played} of {scenario['turns']}"
    return shown(f"{study.name}: {how}; {students}, {played} turns{state}")


def verdicts(courses: Sequence[Course]) -> list[str]:
    """Say in plain words what happened to the accuracy: of each student where they are few, then of all."""
    sentences: list[str] = []
    if 1 < len(courses) <= MOST_TABLES:
        sentences += [
            f"{shown(course.student)}: {verdict(own_change)}" for course in courses if (own_change := change([course]))
        ]
    overall = change(courses)
    if overall is not None:
        subject = shown(courses[0].student) if len(courses) == 1 else f"mean of {overall.students} students"
        subject += " (too few to speak of others)" if overall.students == 2 else ""
        sentences.append(f"{subject}: {verdict(overall)}")
    return sentences or ["only one evaluation so far: nothing to compare it with"]


def verdict(accuracy_change: Change) -> str:
    """Say whether an accuracy rose or fell, or that it cannot be told."""
    accuracies = (
        f"{percent(accuracy_change.first)} → {percent(accuracy_change.last)} "
        f"of {accuracy_change.questions} held-out questions"
    )
    low, high = 100 * accuracy_change.difference.low, 100 * accuracy_change.difference.high
    points = 100 * accuracy_change.difference.value
    p_text = (
        ""
        if accuracy_change.p is None
        else f"; McNemar's p {'< 0.001' if accuracy_change.p < 0.001 else f'= {accuracy_change.p:.3f}'}"
    )
    if accuracy_change.tells:
        direction = "better" if points > 0 else "worse"
        return f"{accuracies}: {direction} by {abs(points):.1f} points, 95 % interval {low:+.1f} to {high:+.1f}{p_text}"
    return f"{accuracies}: cannot tell: {points:+.1f} points, 95 % interval {low:+.1f} to {high:+.1f}{p_text}"


def teacher(reliability: Reliability) -> list[str]:
    """Say how far the teacher's verdicts can be trusted, and what they alone would have said of the answers."""
    if not reliability.verdicts:
        return []
    kappa_text = "undefined" if math.isnan(reliability.kappa) else f"{reliability.kappa:.3f}"
    agreement_text = (
        f"{percent(reliability.agreed / reliability.verdicts)} of {reliability.verdicts} verdicts are the truth"
    )
    sentence = f"teacher: {agreement_text} (95 % interval {spread(reliability.agreement)}), Cohen's kappa {kappa_text}"
    if reliability.agreed == reliability.verdicts:
        return [sentence]
    corrected = reliability.correct(reliability.observed)
    corrected_text = "unknown" if math.isnan(corrected) else percent(corrected)
    observed_text = percent(reliability.observed)
    return [
        f"{sentence}; calls {observed_text} of the answers right, which its error rates correct to {corrected_text}"
    ]


def warnings(courses: Sequence[Course]) -> list[str]:
    """Say what a rising accuracy might hide: an update that makes what it teaches less likely."""
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
