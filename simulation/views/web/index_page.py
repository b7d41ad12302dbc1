"""The start page, which lists studies and comparisons."""

from dataclasses import dataclass

from simulation.core.errors import SimulationError
from simulation.core.registry import short_name
from simulation.play.folders import Comparison
from simulation.views.text import Scale
from simulation.views.web.catalog import Catalog, Place
from simulation.views.web.found import found, verdict_sentences
from simulation.views.web.links import Links
from simulation.views.web.queries import latest_values, opened
from simulation.views.web.sheets import Cell, Paging, Sheet, passage, sheet

INDEX = "index.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexView:
    """All that the start page shows."""

    folder: str
    studies: Sheet
    paging: Paging


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
    sentences = verdict_sentences(found(place))
    remark = sentences[0] if sentences else "not reported yet"
    seeds = ", ".join(map(str, lineup.seeds[:8])) + (" …" if len(lineup.seeds) > 8 else "")
    return [state, "a comparison", policies, seeds, str(len(lineup.seats)), str(lineup.turns), "", remark]
