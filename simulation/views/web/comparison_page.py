"""The page of a comparison: who is ahead and how sure that is, the curves, what it cost, and all students."""

import json
from dataclasses import dataclass

from simulation.loop.world import HELD_OUT
from simulation.measures.statistics import Estimate
from simulation.play.folders import Comparison
from simulation.store import Study
from simulation.views.comparison_report import PAGE
from simulation.views.text import Scale
from simulation.views.web import charts
from simulation.views.web.catalog import NotThere, Place, cohorts
from simulation.views.web.found import Found, budget_sentences, found, scale_of, verdict_sentences
from simulation.views.web.links import Links
from simulation.views.web.queries import opened
from simulation.views.web.run_page import columns
from simulation.views.web.sheets import Cell, Row, Sheet, heat, passage, sheet

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
    students = []
    for cohort in cohorts(place):
        with opened(place.folder / cohort) as study:
            students += student_rows(study, f"{place.name}/{cohort}", links)
    hidden = len(students) - MOST_STUDENTS
    note = f"and {hidden} more students" if hidden > 0 else ""
    measures = numbers.get("measures") or [{}]
    return ComparisonView(
        name=place.name,
        sentences=verdict_sentences(numbers),
        warnings=tuple(measures[0].get("warnings", ())),
        report=links.to(f"{place.name}/{PAGE}") if (place.folder / PAGE).is_file() else "",
        finding=finding(numbers),
        curves=curves_sheet(numbers),
        labels=labels_sheet(numbers),
        budget_sentences=budget_sentences(numbers),
        budgets=budgets_sheet(numbers),
        spent=spent_sheet(numbers),
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


def courses(numbers: Found) -> dict[str, dict[int, Estimate]]:
    """Return each label's mean by turn with its interval, by the measure that counts; {} before there is a report."""
    measures = numbers.get("measures")
    if not measures:
        return {}
    return {
        standing["label"]: {
            turn: Estimate(**point) for turn, point in zip(numbers["turns"], standing["curve"], strict=True)
        }
        for standing in numbers["standings"]
        if standing["name"] == measures[0]["name"] and "curve" in standing
    }


def curves_picture(place: Place, palette: str) -> bytes:
    """Return the curves of all labels as SVG; raises NotThere before there is a report."""
    numbers = found(place)
    points = courses(numbers)
    if not points:
        raise NotThere(f"{place.name} is not reported yet")
    aspect = numbers["measures"][0]
    return charts.curves(points, aspect["name"], scale_of(aspect), palette)


def finding(numbers: Found) -> str:
    """Say what the picture shows."""
    points = courses(numbers)
    if not points:
        return ""
    aspect, last = numbers["measures"][0], numbers["turns"][-1]
    ranked = sorted(points, key=lambda label: -points[label][last].value)
    values = ", ".join(f"{label} {scale_of(aspect).number(points[label][last].value)}" for label in ranked[:8])
    more = f" and {len(ranked) - 8} more" if len(ranked) > 8 else ""
    return (
        f"held-out {aspect['name']} over turns, mean of {numbers_of(numbers)}, with 95 % bands over other seeds and "
        f"questions; at turn {last}: {values}{more}"
    )


def numbers_of(numbers: Found) -> str:
    """Say of how many seeds means are."""
    count = len(numbers["seeds"])
    return f"{count} seed{'' if count == 1 else 's'}"


def curves_sheet(numbers: Found) -> Sheet | None:
    """Return the numbers of the curves."""
    points = courses(numbers)
    if not points:
        return None
    aspect, turns = numbers["measures"][0], columns(numbers["turns"])
    scale = scale_of(aspect)
    rows: list[Row] = [
        (Cell(passage(label, 120).text), *(estimated(own[turn], scale) for turn in turns))
        for label, own in points.items()
    ]
    note = (
        f"Means of {numbers_of(numbers)}; in brackets 95 % intervals over other seeds and other questions. The "
        "verdicts compare seed by seed and question by question, so they can tell labels apart whose intervals overlap."
    )
    caption = f"held-out {aspect['name']}{scale.unit} by turn"
    return sheet(caption, ("label", *(f"turn {turn}" for turn in turns)), rows, note=note)


def estimated(estimate: Estimate, scale: Scale) -> Cell:
    """Return a mean with its interval as a cell."""
    return Cell(f"{scale.bare(estimate.value)} ({scale.spread(estimate[1:])})", look=heat(estimate.value))


def labels_sheet(numbers: Found) -> Sheet | None:
    """Return how many held-out answers of each label changed."""
    measures = numbers.get("measures")
    if not measures:
        return None
    scale = scale_of(measures[0])
    rows: list[Row] = [
        (
            Cell(passage(standing["label"], 120).text),
            *(scale.bare(standing[end]["value"]) for end in ("first", "last")),
            scale.signed(standing["last"]["value"] - standing["first"]["value"]),
            f"{standing['rose']:.1f}",
            f"{standing['fell']:.1f}",
        )
        for standing in numbers["standings"]
        if standing["name"] == measures[0]["name"]
    ]
    head = ("label", f"first{scale.unit}", f"last{scale.unit}", f"change{scale.points}", *scale.movement)
    note = (
        f"{scale.movement[0]}, {scale.movement[1]}: held-out answers {' and '.join(scale.movements)}, mean of students."
    )
    return sheet("how each label changed", head, rows, note=note)


def budgets_sheet(numbers: Found) -> Sheet | None:
    """Return each label's mean at equal budgets; None where no budget shows anything new."""
    measures = numbers.get("measures") or []
    aspects = [own for own in measures if own.get("budget") and own["name"] == measures[0]["name"]]
    if not aspects:
        return None
    scale, name = scale_of(aspects[0]), aspects[0]["name"]
    rows: list[Row] = [
        (Cell(passage(label, 120).text), *(estimated(Estimate(**aspect["means"][label]), scale) for aspect in aspects))
        for label in aspects[0]["means"]
    ]
    head = ("label", *(aspect["measure"].removeprefix(f"{name} ") for aspect in aspects))
    note = "The smallest that any student spent in all; between evaluations a straight line; 95 % intervals."
    return sheet(f"held-out {name}{scale.unit} at equal budgets", head, rows, note=note)


def spent_sheet(numbers: Found) -> Sheet | None:
    """Return what each label spent; None before there is a report."""
    spent = numbers.get("spent")
    if not spent:
        return None
    rows: list[Row] = [
        (Cell(passage(label, 120).text), *(f"{spent[cost][label]:,.0f}" for cost in SPENT)) for label in spent["asked"]
    ]
    note = "The last two are questions that only the policy needed."
    return sheet("what was spent to the last turn, mean over seeds", ("label", *SPENT.values()), rows, note=note)
