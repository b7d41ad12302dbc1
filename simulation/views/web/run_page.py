"""The pages of a study and of a student: the curve, mastery by category, what came of answers, the teacher's report."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from simulation.measures.reliability import Reliability
from simulation.measures.summary import Course, by_turn
from simulation.measures.tallies import added
from simulation.scenario.entries import is_lineup
from simulation.views.report import chance, heading, teacher, verdicts, warnings
from simulation.views.tables import sampled
from simulation.views.text import GRADED, Scale
from simulation.views.web.again_sheet import again_sheet
from simulation.views.web.charts import curve_points
from simulation.views.web.class_table import class_sheet
from simulation.views.web.failed import failed
from simulation.views.web.forgetting import forgotten_sheet
from simulation.views.web.page_request import PageRequest
from simulation.views.web.queries import Filter, count, turn_rows
from simulation.views.web.sheets import Cell, Paging, Row, Sheet, heat, passage, sheet
from simulation.views.web.wording import misconception, percents

MOST_COLUMNS = 12
"""Evaluations side by side in a table; of more an even sample."""
MOST_REASONS = 15
HEAT_NOTE = "Each cell holds the share of right answers in per cent; the darker, the higher."


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView:
    """All that the page of a study or of one of its students shows."""

    title: str
    sentences: tuple[str, ...]
    notes: tuple[str, ...]
    finding: str
    """What the picture shows, in words."""
    curve: Sheet | None
    categories: Sheet | None
    reasons: Sheet | None
    forgotten: Sheet | None
    teacher: Sheet | None
    teacher_sentences: tuple[str, ...]
    again: Sheet | None
    """What was answered again with the teacher's words."""
    students: Sheet | None
    students_paging: Paging | None
    turns: Sheet | None
    turns_paging: Paging | None


def run_view(request: PageRequest, seat: int | None = None) -> RunView:
    """Return what the page of a study shows, or of one student of it."""
    study = request.study
    all_courses = request.summaries.courses(study)
    courses = all_courses if seat is None else [all_courses[seat]]
    mixed = seat is None and is_lineup(study.scenario)  # a mean over what is compared would say nothing
    measured = [] if mixed else [course for course in courses if course.measurements]
    reliability = Reliability.of([] if mixed else [course.reliability for course in courses])
    only = 0 if seat is None and len(courses) == 1 else seat
    path = f"{request.base}/index.html" if seat is None else request.student_path(seat)
    students_paging = request.paging(len(courses), path, "students") if len(courses) > 1 else None
    turns_paging = request.paging(max(0, study.last_turn), path, "turns") if only is not None else None
    return RunView(
        title=title(request, all_courses, seat),
        sentences=sentences(request, measured, mixed=mixed),
        notes=(*failed(request, seat), *warnings(measured)),
        finding=finding(measured),
        curve=curve_sheet(measured) if measured else None,
        categories=categories_sheet(request, measured, seat) if measured else None,
        reasons=reasons_sheet(request, measured, only) if measured else None,
        forgotten=forgotten_sheet(request, only) if measured and only is not None else None,
        teacher=teacher_sheet(request, reliability, only),
        teacher_sentences=tuple(teacher(reliability, study.measures[0])),
        again=again_sheet([] if mixed else courses),
        students=class_sheet(request, courses, students_paging) if students_paging else None,
        students_paging=students_paging,
        turns=turns_sheet(request, only, turns_paging) if only is not None and turns_paging else None,
        turns_paging=turns_paging,
    )


def sentences(request: PageRequest, measured: Sequence[Course], *, mixed: bool) -> tuple[str, ...]:
    """Say what the evaluations found; nothing where students of several labels are `mixed`."""
    if not measured:
        return () if mixed else ("No evaluation is on record yet.",)
    return tuple(request.once("verdicts", measured, lambda: verdicts(measured)))


def title(request: PageRequest, courses: Sequence[Course], seat: int | None) -> str:
    """Name what a page is about."""
    study = request.study
    if seat is not None:
        label = study.seats[seat].label
        return f"{study.seats[seat].name}{f', {label}' if label else ''}, in {request.base}"
    return f"{request.base}: a part of a comparison" if is_lineup(study.scenario) else heading(study, courses)


def columns(turns: Sequence[int]) -> list[int]:
    """Return the turns to show side by side: all, or the first, the last and an even sample between."""
    last = len(turns) - 1
    if len(turns) <= MOST_COLUMNS:
        return list(turns)
    return [turns[place] for place in sorted({round(step * last / (MOST_COLUMNS - 1)) for step in range(MOST_COLUMNS)})]


def finding(courses: Sequence[Course]) -> str:
    """Say what the learning curve shows."""
    points = curve_points(courses) if courses else {}
    if not points:
        return "no evaluation is on record yet"
    measure = courses[0].measure
    scale = Scale.of(measure)
    first_turn, last_turn = min(points), max(points)
    first, last = points[first_turn], points[last_turn]
    return (
        f"held-out {measure.name} over turns: {scale.number(first[0])} at turn {first_turn}, "
        f"{scale.number(last[0])} at turn {last_turn}; every value stands in the table below"
    )


def curve_sheet(courses: Sequence[Course]) -> Sheet:
    """Return the numbers of the learning curve and what happened between its points."""
    measure, grouped = courses[0].measure, by_turn(courses)
    scale, points = Scale.of(measure), curve_points(courses)
    turns = list(grouped)
    rows: list[Row] = []
    for place in sampled(len(turns)):
        turn, measurements = turns[place], grouped[turns[place]]
        value, interval = points[turn]
        rose, fell = (
            [number for number in side if number is not None]
            for side in zip(*[(m.rose, m.fell) for m in measurements], strict=True)
        )
        rows.append(
            (
                turn,
                scale.bare(value),
                scale.spread(interval),
                mean_text([measurement.trained for measurement in measurements]),
                mean_text(rose),
                mean_text(fell),
            )
        )
    over = (
        "questions (Wilson)"
        if len(courses) == 1 and not measure.graded
        else "questions"
        if len(courses) == 1
        else "students (t)"
    )
    note = f"95 % interval over {over}; trained, {scale.movement[0]}, {scale.movement[1]}: since the evaluation before"
    note += "" if len(courses) == 1 else ", mean of the students"
    names = ("turn", f"{measure.name}{scale.unit}", "95 % interval", "trained", *scale.movement)
    return sheet("held-out evaluations", names, rows, words=0, note=note)


def mean_text(values: Sequence[float]) -> str:
    """Return the mean of counts: whole for one, with a decimal for several; "" for none."""
    if not values:
        return ""
    return str(values[0]) if len(values) == 1 else f"{sum(values) / len(values):.1f}"


def categories_sheet(request: PageRequest, courses: Sequence[Course], seat: int | None) -> Sheet | None:
    """Return the mean by category and turn, all students together, with how it changed."""
    grouped, graded = by_turn(courses), courses[0].measure.graded
    if not grouped:
        return None
    turns = columns(list(grouped))
    sums = request.once(
        "categories", courses, lambda: {turn: added(own.categories for own in grouped[turn]) for turn in turns}
    )
    names = sorted(sums[turns[-1]], key=lambda name: (-sums[turns[-1]][name].questions, name))
    if len(names) < 2:
        return None
    scale = Scale.of(courses[0].measure)
    rows: list[Row] = []
    for name in names:
        values = [sums[turn][name].mean if name in sums[turn] else None for turn in turns]
        cells = [Cell("") if value is None else Cell(scale.bare(value), look=heat(value)) for value in values]
        first, last = values[0], values[-1]
        change = "" if first is None or last is None else scale.signed(last - first)
        query = {"category": name, "seat": "" if seat is None else seat}
        href = request.links.to(f"{request.base}/answers.html", query) if not request.links.bundled else ""
        questions = sums[turns[-1]][name].questions // len(courses)
        rows.append((Cell(passage(name, 80).text or "none", href), questions, *cells, Cell(change)))
    head = ("category", "questions", *(f"turn {turn}" for turn in turns), f"change{scale.points}")
    note = "" if graded else HEAT_NOTE
    return sheet(f"held-out {courses[0].measure.name} by category and turn", head, rows, note=note)


def reasons_sheet(request: PageRequest, courses: Sequence[Course], seat: int | None) -> Sheet | None:
    """Return how often each misconception, or another reason of a wrong answer, was seen at the evaluations."""
    grouped = by_turn(courses)
    if not grouped:
        return None
    turns = columns(list(grouped))
    tallies = request.once(
        "reasons", courses, lambda: {turn: added(own.reasons for own in grouped[turn]) for turn in turns}
    )
    counts = Counter[str]()
    for tally in tallies.values():
        counts.update({name: own.answers for name, own in tally.items() if misconception(name)})
    always_right = set(counts)
    for tally in tallies.values():
        always_right -= {name for name, own in tally.items() if own.truth < own.answers}
    counts = Counter({name: number for name, number in counts.items() if name not in always_right})
    names = sorted(counts, key=lambda name: (-counts[name], name))
    if not names:
        return None
    totals = [sum(measurement.questions for measurement in grouped[turn]) for turn in turns]
    rows: list[Row] = []
    for name in names[:MOST_REASONS]:
        numbers = [tallies[turn][name].answers if name in tallies[turn] else 0 for turn in turns]
        query = {"reveals": name, "seat": "" if seat is None else seat}
        met = count(request.study, Filter(reveals=name, seat=seat))
        href = request.links.to(f"{request.base}/answers.html", query) if met else ""
        cells = [f"{number} ({percents(number / total)})" for number, total in zip(numbers, totals, strict=True)]
        rows.append((Cell(passage(name, 120).text, href), *cells))
    hidden = len(names) - len(rows)
    note = "How many held-out answers showed it; a link leads to the turns in which it was met."
    note += f" {hidden} rarer ones are left out." if hidden > 0 else ""
    return sheet(
        "commonest misconceptions and other reasons", ("reason", *(f"turn {turn}" for turn in turns)), rows, note=note
    )


def teacher_sheet(request: PageRequest, reliability: Reliability, seat: int | None) -> Sheet | None:
    """Return how the teacher's verdicts compare with the truth by category, those it erred most in first."""
    if not reliability.verdicts:
        return None
    if request.study.measures[0].graded:
        sums, verdict_count = reliability.scores, reliability.verdicts
        means = [GRADED.number(total / verdict_count) for total in (sums.score, sums.truth, sums.distance)]
        names = ("answers", "mean score", "mean truth", "mean distance", "score is the truth")
        values = [str(verdict_count), *means, percents(sums.same / verdict_count)]
        return sheet("the teacher beside the truth", names, [tuple(values)], words=0)
    rows: list[Row] = []
    for name in sorted(reliability.categories, key=lambda name: (-errors(reliability.only(name)), name)):
        rows.append(teacher_row(request, name, reliability.only(name), seat))
    if len(rows) > 1:
        rows.insert(0, teacher_row(request, None, reliability, seat))
    head = ("category", "answers", "wrong, called wrong", "wrong, called right", "right, called wrong",
            "right, called right", "teacher erred")  # fmt: skip
    return sheet("the teacher beside the truth", head, rows, note="The link leads to the answers it erred about.")


def teacher_row(request: PageRequest, name: str | None, own: Reliability, seat: int | None) -> tuple[Cell, ...]:
    """Return one category's verdicts, or those of all."""
    (true_wrong, false_right), (false_wrong, true_right) = own.matrix.tolist()
    query = {"teacher": "wrong", "category": name or "", "seat": "" if seat is None else seat}
    href = request.links.to(f"{request.base}/answers.html", query) if errors(own) else ""
    title = "all" if name is None else passage(name, 80).text or "none"
    numbers = (own.verdicts, true_wrong, false_right, false_wrong, true_right)
    return (Cell(title), *(Cell(str(number)) for number in numbers), Cell(str(errors(own)), href))


def errors(reliability: Reliability) -> int:
    """Return how many verdicts were not the truth."""
    return reliability.verdicts - reliability.agreed


def turns_sheet(request: PageRequest, seat: int, paging: Paging) -> Sheet | None:
    """Return a student's turns with a link to each; turn 0, which asks nothing, is left out."""
    rows: list[Row] = []
    graded = request.study.measures[0].graded
    for row in turn_rows(request.study, request.sums, seat, paging.start + 1, paging.stop):
        href = request.links.to(request.turn_path(seat, row.turn))
        shares = [f"{value:.2f}" if graded else f"{value:.0f}" for value in (row.right, row.called_right)]
        wrong = Cell(str(row.misjudged), look="bad" if row.misjudged else "")
        rows.append(
            (
                Cell(f"turn {row.turn}", href),
                row.asked,
                *shares,
                wrong,
                row.trained,
                Cell(passage(row.failure, 80).text, look="word"),
            )
        )
    if not rows:
        return None
    binary = ("right", "called right", "teacher erred")
    judged = ("sum of truths", "sum of scores", "score not the truth") if graded else binary
    return sheet("turn by turn", ("turn", "asked", *judged, "trained on", "failure"), rows)


def guessing(request: PageRequest) -> float | None:
    """Return what guessing would have on the held-out questions."""
    return chance({question.id: question for question in request.study.question_set("held_out")})
