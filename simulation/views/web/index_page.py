"""The start page, which lists studies and comparisons, and the page of a comparison."""

import json
from dataclasses import dataclass
from typing import Any

from simulation.core.errors import SimulationError, StoreError
from simulation.core.registry import short_name
from simulation.loop.world import HELD_OUT
from simulation.play.folders import Comparison
from simulation.store import Study
from simulation.views.comparison_report import PAGE, VERDICTS
from simulation.views.text import Scale
from simulation.views.web.catalog import Catalog, Place, cohorts
from simulation.views.web.links import Links
from simulation.views.web.queries import latest_values, opened
from simulation.views.web.sheets import Cell, Paging, Row, Sheet, heat, passage, sheet
from simulation.views.web.wording import listed

INDEX = "index.html"
MOST_STUDENTS = 500
"""Students of a comparison that are listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexView:
    """All that the start page shows."""

    folder: str
    studies: Sheet
    paging: Paging


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonView:
    """All that the page of a comparison shows."""

    name: str
    sentences: tuple[str, ...]
    warnings: tuple[str, ...]
    report: str
    """The address of its report, "" where there is none."""
    labels: Sheet | None
    students: Sheet


def index_view(catalog: Catalog, links: Links, page: int) -> IndexView:
    """Return what the start page shows: what cannot be opened stands in its place with the reason."""
    places = catalog.places()
    paging = Paging(page, len(places))
    previous = links.to(INDEX, {"page": "" if page == 2 else page - 1}) if page > 1 else ""
    following = links.to(INDEX, {"page": page + 1}) if page < paging.pages else ""
    rows = [place_row(place, links) for place in places[paging.start : paging.stop]]
    head = ("name", "state", "scenario", "asks by", "seed", "students", "turns", "now", "remark")
    return IndexView(
        folder=passage(str(catalog.folder), 300).text,
        studies=sheet("studies and comparisons", head, rows),
        paging=Paging(page, len(places), previous=previous, following=following),
    )


def place_row(place: Place, links: Links) -> tuple[Cell, ...]:
    """Return a study or a comparison as a row."""
    href = links.to(f"{place.name}/{INDEX}")
    try:
        cells = comparison_cells(place) if place.kind == "comparison" else study_cells(place)
    except (SimulationError, KeyError, TypeError, ValueError) as error:
        reason = str(error) if isinstance(error, SimulationError) else f"its scenario cannot be read ({error})"
        cells = ["cannot be read", "", "", "", "", "", "", passage(reason, 400).text]
    looks = ("word", "word", "word", "", "", "", "", "word")
    return (Cell(place.name, href), *(Cell(text, look=look) for text, look in zip(cells, looks, strict=True)))


def study_cells(place: Place) -> list[str]:
    """Return what the start page says of a study."""
    with opened(place.folder) as study:
        turn, value = latest_values(study)
        measure, scenario = study.measures[0], study.scenario
        now = (
            f"{measure.name} {Scale.of(measure).number(value)} at turn {turn}" if value is not None else "not evaluated"
        )
        return [
            study.status,
            str(scenario["name"]),
            short_name(str(scenario["ask"]["policy"]["name"])),
            str(scenario["seed"]),
            str(len(study.seats)),
            f"{max(0, study.last_turn)} of {scenario['turns']}",
            now,
            "" if study.last_turn >= 0 else "no turn is committed yet",
        ]


def comparison_cells(place: Place) -> list[str]:
    """Return what the start page says of a comparison."""
    comparison = Comparison.open(place.folder)
    lineup, parts = comparison.lineup, len(comparison.cohorts)
    finished = sum(comparison.finished(index) for index in range(parts))
    state = "finished" if finished == parts else f"{finished} of {parts} parts finished"
    policies = passage(", ".join(lineup.labels), 200).text
    sentences = verdict_sentences(findings(place))
    remark = sentences[0] if sentences else "not reported yet"
    seeds = ", ".join(map(str, lineup.seeds[:8])) + (" …" if len(lineup.seeds) > 8 else "")
    return [state, "a comparison", policies, seeds, str(len(lineup.seats)), str(lineup.turns), "", remark]


def comparison_view(place: Place, links: Links) -> ComparisonView:
    """Return what the page of a comparison shows."""
    comparison, found_json = Comparison.open(place.folder), findings(place)
    students = []
    for cohort in cohorts(place):
        with opened(place.folder / cohort) as study:
            students += student_rows(study, f"{place.name}/{cohort}", links)
    hidden = len(students) - MOST_STUDENTS
    note = f"and {hidden} more students" if hidden > 0 else ""
    measures = found_json.get("measures") or [{}]
    return ComparisonView(
        name=place.name,
        sentences=verdict_sentences(found_json),
        warnings=tuple(measures[0].get("warnings", ())),
        report=links.to(f"{place.name}/{PAGE}") if (place.folder / PAGE).is_file() else "",
        labels=labels_sheet(found_json),
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
        name = Cell(passage(own.name, 80).text, links.to(f"{base}/student-{seat}/{INDEX}"))
        when = "not evaluated" if turn is None else f"after turn {turn}"
        rows.append((name, Cell(passage(own.label, 120).text), Cell(str(own.seed)), Cell(when), Cell(number)))
    return rows


LAST_VALUES = """
SELECT e.s, max(e.t), e.metrics FROM evaluations e JOIN texts n ON n.id = e.name WHERE n.text = ? GROUP BY e.s
"""


def findings(place: Place) -> dict[str, Any]:
    """Return what a comparison's report found, {} before there is one (Any: JSON values); raises StoreError."""
    path = place.folder / VERDICTS
    if not path.is_file():
        return {}
    try:
        numbers: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StoreError(f"{path} cannot be read ({error}); report the comparison again") from error
    return numbers


def verdict_sentences(found_json: dict[str, Any]) -> tuple[str, ...]:
    """Say which label is ahead and which are told apart, by the measure that counts."""
    measures = found_json.get("measures")
    if not measures:
        return ()
    means = measures[0]["means"]
    leader = max(means, key=lambda label: means[label]["value"])
    verdicts = measures[0]["verdicts"]
    rivals = [
        verdict["b"] if verdict["a"] == leader else verdict["a"]
        for verdict in verdicts
        if leader in (verdict["a"], verdict["b"]) and not verdict["tells"]
    ]
    sure = f"cannot be told from {listed(rivals)}" if rivals else "is told apart from every other"
    lead = f"{leader} has the highest {measures[0]['measure']}, {means[leader]['value']:.3f} of 1, and {sure}."
    return (lead, *(verdict["text"] for verdict in verdicts[:30]))


def labels_sheet(found_json: dict[str, Any]) -> Sheet | None:
    """Return how each label did."""
    rows: list[Row] = [
        (
            Cell(passage(standing["label"], 120).text),
            *(Cell(f"{standing[end]['value']:.3f}", look=heat(standing[end]["value"])) for end in ("first", "last")),
            f"{standing['last']['low']:.3f} to {standing['last']['high']:.3f}",
            f"{standing['rose']:.1f}",
            f"{standing['fell']:.1f}",
        )
        for standing in found_json.get("standings", ())
    ]
    head = ("label", "first", "last", "95 % interval", "rose", "fell")
    note = "Means over seeds of the share that is right; rose, fell: held-out answers from first to last evaluation."
    return sheet("how each label did", head, rows, note=note) if rows else None
