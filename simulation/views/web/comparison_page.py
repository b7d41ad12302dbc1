"""The page of a comparison: who is ahead and how sure that is, the curves, what it cost, and all students."""

import json
from dataclasses import dataclass

from simulation.core.errors import SimulationError
from simulation.loop.world import HELD_OUT
from simulation.measures.statistics import Estimate
from simulation.play.folders import Comparison
from simulation.store import Study
from simulation.views.comparison_report import PAGE
from simulation.views.text import Scale
from simulation.views.web import charts
from simulation.views.web.catalog import NotThere, Place, cohorts
from simulation.views.web.found import Found, budget_sentences, found, verdict_sentences
from simulation.views.web.links import Links
from simulation.views.web.queries import opened
from simulation.views.web.run_page import columns
from simulation.views.web.sheets import Cell, Row, Sheet, heat, passage, sheet
from simulation.views.web.wording import many

MOST_STUDENTS = 500
"""Students of a comparison that are listed."""
SPENT = {
    "asked": "questions asked",
    "trained": "trained on",
    "tokens": "tokens trained on",
    "scored": "scored for the policy",
    "measured": "probed for the policy",
}
"""What a label spends, as the report names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonView:
    """All that the page of a comparison shows."""

    name: str
    sentences: tuple[str, ...]
    warnings: tuple[str, ...]
    report: str
    """The address of its report, "" where there is none."""
    finding: str
    """What the picture shows, in words."""
    curves: Sheet | None
    labels: Sheet | None
    budget_sentences: tuple[str, ...]
    budgets: Sheet | None
    spent: Sheet | None
    students: Sheet


def comparison_view(place: Place, links: Links) -> ComparisonView:
    """Return what the page of a comparison shows."""
    comparison, numbers = Comparison.open(place.folder), found(place)
    students, unread = list[tuple[Cell, ...]](), list[str]()
    for cohort in cohorts(place):
        try:
            with opened(place.folder / cohort) as study:
                students += student_rows(study, f"{place.name}/{cohort}", links)
        except SimulationError as error:
            unread.append(f"The students of {cohort} are not shown: {passage(str(error), 400).text}")
    hidden = len(students) - MOST_STUDENTS
    note = f"and {hidden} more students" if hidden > 0 else ""
    return ComparisonView(
        name=place.name,
        sentences=verdict_sentences(numbers),
        warnings=(*unread, *(numbers.measures[0].warnings if numbers and numbers.measures else ())),
        report=links.to(f"{place.name}/{PAGE}") if (place.folder / PAGE).is_file() else "",
        finding=finding(numbers) if numbers else "",
        curves=curves_sheet(numbers) if numbers else None,
        labels=labels_sheet(numbers) if numbers else None,
        budget_sentences=budget_sentences(numbers) if numbers else (),
        budgets=budgets_sheet(numbers) if numbers else None,
        spent=spent_sheet(numbers) if numbers else None,
        students=sheet(
            f"{len(students)} students of {len(comparison.lineup.labels)} labels: last held-out evaluation",
            ("student", "plays", "seed", "evaluated", "value"),
            sorted(students, key=lambda row: (row[1].text, row[2].text, row[0].text))[:MOST_STUDENTS],
            note=note,
        ),
    )


def student_rows(study: Study, base: str, links: Links) -> list[tuple[Cell, ...]]:
    """Return the students of a cohort with their last evaluations."""
    measure = study.measures[0]
    rows: list[tuple[Cell, ...]] = []
    values = {seat: (turn, metrics) for seat, turn, metrics in study.query(LAST_VALUES, HELD_OUT)}
    for seat, own in enumerate(study.seats):
        turn, metrics = values.get(seat, (None, "{}"))
        measured = json.loads(metrics or "{}").get(measure.name)
        number = "" if measured is None else Scale.of(measure).number(measured)
        name = Cell(passage(own.name, 80).text, links.to(f"{base}/student-{seat}/index.html"))
        when = "not evaluated" if turn is None else f"after turn {turn}"
        rows.append((name, Cell(passage(own.label, 120).text), Cell(str(own.seed)), Cell(when), Cell(number)))
    return rows


LAST_VALUES = """
SELECT e.s, max(e.t), e.metrics FROM evaluations e JOIN texts n ON n.id = e.name WHERE n.text = ? GROUP BY e.s
"""


def courses(numbers: Found | None) -> dict[str, dict[int, Estimate]]:
    """Return each label's mean by turn with its interval, by the measure that counts; {} where no report has them."""
    if numbers is None:
        return {}
    return {
        standing.label: {turn: mean.estimate for turn, mean in zip(numbers.turns, standing.curve, strict=True)}
        for standing in numbers.own_standings
        if standing.curve
    }


def curves_picture(place: Place, palette: str) -> bytes:
    """Return the curves of all labels as SVG; raises NotThere before there is a report."""
    numbers = found(place)
    points = courses(numbers)
    if numbers is None or not points:
        raise NotThere(f"{place.name} is not reported yet")
    return charts.curves(points, numbers.measures[0].name, numbers.measures[0].scale, palette)


def finding(numbers: Found) -> str:
    """Say what the picture shows."""
    points = courses(numbers)
    if not points:
        return ""
    way, last = numbers.measures[0], numbers.turns[-1]
    ranked = sorted(points, key=lambda label: -points[label][last].value)
    values = ", ".join(f"{label} {way.scale.number(points[label][last].value)}" for label in ranked[:8])
    more = f" and {len(ranked) - 8} more" if len(ranked) > 8 else ""
    return (
        f"held-out {way.name} over turns, mean of {many(len(numbers.seeds), 'seed')}, with 95 % bands over other seeds "
        f"and questions; at turn {last}: {values}{more}"
    )


def curves_sheet(numbers: Found) -> Sheet | None:
    """Return the numbers of the curves."""
    points = courses(numbers)
    if not points:
        return None
    way, turns = numbers.measures[0], columns(numbers.turns)
    rows: list[Row] = [
        (Cell(passage(label, 120).text), *(estimated(own[turn], way.scale) for turn in turns))
        for label, own in points.items()
    ]
    note = (
        f"Means of {many(len(numbers.seeds), 'seed')}; in brackets 95 % intervals over other seeds and questions. "
        "The verdicts compare seed by seed and question by question, so they can tell apart what overlaps here."
    )
    caption = f"held-out {way.name}{way.scale.unit} by turn"
    return sheet(caption, ("label", *(f"turn {turn}" for turn in turns)), rows, note=note)


def estimated(estimate: Estimate, scale: Scale) -> Cell:
    """Return a mean with its interval as a cell."""
    return Cell(f"{scale.bare(estimate.value)} ({scale.spread(estimate[1:])})", look=heat(estimate.value))


def labels_sheet(numbers: Found) -> Sheet | None:
    """Return how many held-out answers of each label changed."""
    if not numbers.own_standings:
        return None
    scale = numbers.measures[0].scale
    rows: list[Row] = [
        (
            Cell(passage(standing.label, 120).text),
            scale.bare(standing.first.value),
            scale.bare(standing.last.value),
            scale.signed(standing.last.value - standing.first.value),
            f"{standing.rose:.1f}",
            f"{standing.fell:.1f}",
        )
        for standing in numbers.own_standings
    ]
    rising, falling = scale.movement
    head = ("label", f"first{scale.unit}", f"last{scale.unit}", f"change{scale.points}", rising, falling)
    note = f"{rising}, {falling}: held-out answers {' and '.join(scale.movements)}, mean of the students."
    return sheet("how each label changed", head, rows, note=note)


def budgets_sheet(numbers: Found) -> Sheet | None:
    """Return each label's mean at equal budgets; None where no budget shows anything new."""
    if not numbers.budgets:
        return None
    scale, name = numbers.measures[0].scale, numbers.measures[0].name
    rows: list[Row] = [
        (Cell(passage(label, 120).text), *(estimated(way.means[label].estimate, scale) for way in numbers.budgets))
        for label in numbers.budgets[0].means
    ]
    head = ("label", *(way.measure.removeprefix(f"{name} ") for way in numbers.budgets))
    note = "The smallest that any student spent in all; between evaluations a straight line; 95 % intervals."
    return sheet(f"held-out {name}{scale.unit} at equal budgets", head, rows, note=note)


def spent_sheet(numbers: Found) -> Sheet | None:
    """Return what each label spent; None where none came to the end."""
    costs = [cost for cost in SPENT if cost in numbers.spent]
    rows: list[Row] = [
        (Cell(passage(label, 120).text), *(f"{numbers.spent[cost][label]:,.0f}" for cost in costs))
        for label in numbers.spent.get("asked", ())
    ]
    note = "Scored and probed: questions that only the policy needed."
    caption = "what was spent to the last turn, mean over seeds"
    return sheet(caption, ("label", *(SPENT[cost] for cost in costs)), rows, note=note) if rows else None
