"""Says what a comparison found: tables and verdicts, pictures and a page, made anew from its studies at any time."""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from io import StringIO
from pathlib import Path
from typing import Any

from rich.console import Console

from simulation.core.errors import StoreError
from simulation.core.questions import Measure
from simulation.core.types import Question
from simulation.measures.arrays import Results, read_results
from simulation.measures.findings import Aspect, Findings, find_all
from simulation.measures.frontier import DIFFERENCES
from simulation.play.folders import Comparison
from simulation.store import DATABASE, Study
from simulation.views.comparison_tables import table
from simulation.views.fitting import Words, speak
from simulation.views.frontier_words import frontier_json
from simulation.views.report_sections import heading, sections
from simulation.views.section import Section
from simulation.views.streams import width_of
from simulation.views.text import Scale, clock, shown
from simulation.views.verdict_text import family_warnings, verdict_json

TABLES, VERDICTS, PAGE = "tables.txt", "verdicts.json", "report.html"
WIDTH = 120


def conclude(
    comparison: Comparison, console: Console, measures: Sequence[Measure] = ()
) -> tuple[Results, tuple[Findings, ...]]:
    """Print what a comparison found and write it beside the studies; return it.

    It is told by the measures given, or by the truth alone. `tables.txt` and `verdicts.json` follow from what was
    played and from the measures alone: equal studies give equal bytes.
    """
    results = read_results(comparison.lineup, comparison.studies, measures, DIFFERENCES)
    all_findings = find_all(results, held_out(comparison))
    findings = all_findings[0]
    title, parts = heading(findings, comparison.lineup), sections(all_findings, comparison.lineup)
    if not console.is_terminal:
        console.width = width_of(console.file) or WIDTH
    show(console, title, parts)
    texts = {
        TABLES: plain(title, parts),
        VERDICTS: json.dumps(findings_json(all_findings), indent=1, sort_keys=True) + "\n",
    }
    paths = [write(comparison.folder / name, text.encode("utf-8")) for name, text in texts.items()]
    if findings.values:
        from simulation.views.comparison_pictures import draw_all
        from simulation.views.page import page

        paths += draw_all(all_findings, comparison.folder)
        paths.append(write(comparison.folder / PAGE, page(comparison, findings, title, parts).encode("utf-8")))
    names = ", ".join(path.name for path in paths)
    for sentence in (*seconds(comparison), f"written to {comparison.folder}: {names}"):
        speak(console, shown(sentence))
    return results, all_findings


def held_out(comparison: Comparison) -> Sequence[Question]:
    """Return the held-out questions, which all cohorts share."""
    for index in range(len(comparison.cohorts)):
        folder = comparison.study_folder(index)
        if (folder / DATABASE).is_file():
            with Study.open(folder) as study:
                return study.question_set("held_out")
    return ()


def show(console: Console, title: str, parts: Iterable[Section]) -> None:
    """Print a report."""
    console.print(Words(shown(title), "bold"))
    for part in parts:
        if not part.sentences and not part.sheets:
            continue  # it is a picture alone
        console.print()
        console.print(Words(part.title.upper(), "bold"))
        for sentence in part.sentences:
            console.print(Words(shown(sentence)))
        for sheet in part.sheets:
            console.print()
            console.print(table(sheet))
        if part.notes:
            console.print()
        for note in part.notes:
            console.print(Words(shown(f"note: {note}")))


def plain(title: str, parts: Iterable[Section]) -> str:
    """Return a report as text that depends on nothing else."""
    console = Console(
        file=StringIO(),
        width=WIDTH,
        height=100,
        color_system=None,
        force_terminal=False,
        force_jupyter=False,
        legacy_windows=False,
        emoji=False,
    )
    with console.capture() as captured:
        show(console, title, parts)
    return "".join(f"{line.rstrip()}\n" for line in captured.get().splitlines())


def findings_json(all_findings: Sequence[Findings]) -> dict[str, Any]:
    """Return all numbers that the verdicts rest on, in full precision (Any: JSON values)."""
    findings = all_findings[0]
    return {
        "labels": list(findings.labels),
        "seeds": list(findings.seeds),
        "turns": list(findings.turns),
        "questions": len(findings.questions),
        "missing": sorted([label, seed, reason] for label, seed, reason in findings.results.missing),
        "standings": [row for told in all_findings for row in standings_json(told)],
        "spent": {cost: {label: findings.spent(cost, label) for label in findings.values} for cost in findings.costs},
        "frontiers": [frontier_json(frontier) for frontier in findings.frontiers],
        "measures": [aspect_json(aspect, told.measure) for told in all_findings for aspect in told.aspects],
    }


def standings_json(findings: Findings) -> list[dict[str, Any]]:
    """Return how each label did by one measure (Any: JSON values)."""
    return [
        {
            **asdict(standing),
            "first": standing.first._asdict(),
            "last": standing.last._asdict(),
            "curve": [estimate._asdict() for estimate in standing.curve],
            "name": findings.measure.name,
        }
        for standing in findings.standings
    ]


def aspect_json(aspect: Aspect, measure: Measure) -> dict[str, Any]:
    """Return the verdicts in one aspect of a measure (Any: JSON values)."""
    scale = Scale.of(measure)
    verdicts = [
        {**verdict_json(verdict, aspect.family, scale), "improvement": improvement._asdict()}
        for verdict, improvement in zip(aspect.family.verdicts, aspect.improvements, strict=True)
    ]
    return {
        "measure": aspect.name,
        "name": measure.name,
        "graded": measure.graded,
        "budget": aspect.budget,
        "seeds": aspect.family.seeds,
        "questions": aspect.family.questions,
        "means": {label: estimate._asdict() for label, estimate in aspect.means.items()},
        "verdicts": verdicts,
        "warnings": family_warnings(aspect.family, scale),
    }


def seconds(comparison: Comparison) -> list[str]:
    """Say where the time went; it differs from run to run, so no file holds it."""
    totals: dict[str, float] = {}
    for index in range(len(comparison.cohorts)):
        folder = comparison.study_folder(index)
        if (folder / DATABASE).is_file():
            with Study.open(folder) as study:
                for seconds_by_stage in study.timings.stages().values():
                    for stage, stage_seconds in seconds_by_stage.items():
                        totals[stage] = totals.get(stage, 0.0) + stage_seconds
    if not totals:
        return []
    longest_first = sorted(totals, key=lambda stage: -totals[stage])
    parts = ", ".join(f"{stage} {clock(totals[stage])}" for stage in longest_first)
    return ["", f"time of all cohorts: {clock(math.fsum(totals.values()))} ({parts})"]


def write(path: Path, data: bytes) -> Path:
    """Write a file whole or not at all."""
    part = path.with_name(path.name + ".part")
    try:
        part.write_bytes(data)
        part.replace(path)
    except OSError as error:
        raise StoreError(
            f"{path} cannot be written ({error.strerror}); make room or make the folder writable, then report again"
        ) from error
    return path
