"""A comparison on disk: who takes part, how it is divided into cohorts, and each cohort's study.

runs/<name>-<short id>/
    comparison.yaml   the lineup with every scenario resolved, the cohorts and their threads; durable before all else
    cohort-0/ …       a study each, like any other: its students play together on one base model
    tables.txt, verdicts.json, report.html, *.png   what came out; made anew from the studies whenever it is asked for
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ValidationError

from simulation.core.errors import ScenarioError, StoreError, StudyNotBegun
from simulation.core.faults import faults
from simulation.scenario.entries import Entry, Lineup, restore
from simulation.scenario.reading import read_text, written_out
from simulation.store import DATABASE, Study, differences, sync_folder, write_durably

DOCUMENT = "comparison.yaml"
RESTORE = "undo the edit or restore it from a copy; a comparison cannot go on or be told without it"
REMEDY = "a comparison plays what it began with, so undo the edit to go on; to play it as edited, compare again"
MOST_NAMED = 5
"""Cohorts that a sentence names."""
MOST_STUDENTS = 256
"""In one cohort unless asked otherwise: beyond this a larger batch gains nothing and holds more in memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort:
    """A part of a comparison that plays as one study."""

    labels: tuple[str, ...]
    seeds: tuple[int, ...]


class KeptEntry(BaseModel):
    """A scenario as the document holds it."""

    label: str
    scenario: dict[str, Any]  # checked where it is restored


class KeptCohort(BaseModel):
    """A cohort as the document holds it."""

    entries: list[str]
    seeds: list[int]


class Kept(BaseModel):
    """What the document of a comparison holds."""

    entries: list[KeptEntry]
    seeds: list[int]
    cohorts: list[KeptCohort]
    threads: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A comparison and the folder that holds it."""

    folder: Path
    lineup: Lineup
    cohorts: tuple[Cohort, ...]
    threads: int | None
    """CPU threads of each cohort; None leaves the scenario's."""

    @classmethod
    def create(cls, folder: Path, lineup: Lineup, cohorts: Sequence[Cohort], threads: int | None) -> Self:
        """Write the comparison down; what it will play is then decided."""
        comparison = cls(folder=folder, lineup=lineup, cohorts=tuple(cohorts), threads=threads)
        document = {
            **lineup.resolved(),
            "cohorts": [{"entries": list(cohort.labels), "seeds": list(cohort.seeds)} for cohort in comparison.cohorts],
            "threads": threads,
        }
        try:
            folder.mkdir(parents=True)
            text = written_out(document)
            write_durably(folder / DOCUMENT, text.encode("utf-8"))
            sync_folder(folder.parent)
        except OSError as error:
            raise StoreError(
                f"{folder} cannot be written ({error.strerror}); choose another place with --out"
            ) from error
        return comparison

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Read a comparison back."""
        path = folder / DOCUMENT
        document = kept_in(path)
        try:
            lineup = restore(document.model_dump(), folder)
        except ScenarioError as error:
            raise StoreError(f"{path} was edited: {' '.join(str(error).split()):.300}; {RESTORE}") from error
        for index, cohort in enumerate(document.cohorts):
            if not ({*cohort.entries} <= {*lineup.labels} and {*cohort.seeds} <= {*lineup.seeds}):
                what = f"cohorts.{index} plays entries or seeds that the comparison has not"
                raise StoreError(f"{path} was edited: {what}; {RESTORE}")
        cohorts = tuple(Cohort(labels=tuple(cohort.entries), seeds=tuple(cohort.seeds)) for cohort in document.cohorts)
        return cls(folder=folder, lineup=lineup, cohorts=cohorts, threads=document.threads)

    def study_folder(self, index: int) -> Path:
        """Return the folder of a cohort's study."""
        return self.folder / f"cohort-{index}"

    def part(self, index: int) -> Lineup:
        """Return what a cohort plays."""
        cohort = self.cohorts[index]
        return self.lineup.only(cohort.labels, cohort.seeds)

    @property
    def studies(self) -> list[tuple[Lineup, Path]]:
        """What each cohort plays, and the folder of its study."""
        return [(self.part(index), self.study_folder(index)) for index in range(len(self.cohorts))]

    @property
    def lacking(self) -> tuple[int, ...]:
        """The cohorts of which no study is there: never begun, or lost."""
        return tuple(index for index in range(len(self.cohorts)) if not was_begun(self.study_folder(index)))

    @property
    def gaps(self) -> str:
        """A sentence that says which cohorts are not there, empty where all are."""
        names = [f"cohort-{index}" for index in self.lacking]
        if not names:
            return ""
        more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
        what = f"{self.folder}: {', '.join(names[:MOST_NAMED])}{more} of {len(self.cohorts)} cohorts not there"
        return f"{what}, never begun or lost, so what follows is without them; put them back, or resume the comparison"

    def begun(self, index: int) -> bool:
        """Tell whether a cohort's study exists; what an interrupted beginning left is cleared away."""
        folder = self.study_folder(index)
        if was_begun(folder):
            return True
        if folder.exists():
            shutil.rmtree(folder)
        return False

    def refuse_edited(self) -> None:
        """Refuse a document that says other than what its cohorts were begun with; nothing is changed."""
        for index in sorted({*range(len(self.cohorts))} - {*self.lacking}):
            with Study.open(self.study_folder(index)) as study:
                played = restore(study.scenario, self.folder).resolved()
            lines = list(differences(self.part(index).resolved(), played, ""))
            if lines:
                raise StoreError(f"{self.folder / DOCUMENT} was edited, of cohort-{index} {lines[0]}; {REMEDY}")

    def finished(self, index: int) -> bool:
        """Tell whether a cohort has played all its turns."""
        if not (self.study_folder(index) / DATABASE).is_file():
            return False
        with Study.open(self.study_folder(index)) as study:
            return study.status == "finished"


def kept_in(path: Path) -> Kept:
    """Return what the document of a comparison holds."""
    try:
        return Kept.model_validate(read_text(path.read_text(encoding="utf-8-sig"), DOCUMENT, bounded=False).value)
    except OSError as error:
        raise StoreError(f"{path} cannot be read ({error.strerror}); get the right to") from error
    except ValidationError as error:
        raise StoreError(f"{path} was edited: {lacks(error)}; {RESTORE}") from error
    except (ScenarioError, RecursionError, ValueError) as error:
        raise StoreError(
            f"{path} is not what a comparison wrote ({' '.join(str(error).split()):.200}); {RESTORE}"
        ) from error


def lacks(error: ValidationError) -> str:
    """Return what a document lacks or has otherwise."""
    clauses = []
    for fault in faults(error, Kept)[:MOST_NAMED]:
        key = ".".join(filter(None, (*fault.path, fault.lacking))) or "the document"
        clauses.append(f"{key} is missing" if fault.lacking else f"{key}: {fault.what}")
    return "; ".join(clauses)


def was_begun(folder: Path) -> bool:
    """Tell whether a folder holds a study, not only what an interrupted beginning left."""
    if not (folder / DATABASE).is_file():
        return False
    try:
        Study.open(folder).close()
    except StudyNotBegun:
        return False
    return True


def is_comparison(folder: Path) -> bool:
    """Tell whether a folder holds a comparison rather than one study."""
    return can_be_read(folder / DOCUMENT)


def refuse_inside(folder: Path) -> None:
    """Refuse to write into a study or a comparison, or anywhere below one."""
    for place in (folder.resolve(), *folder.resolve().parents):
        if is_comparison(place) or can_be_read(place / DATABASE):
            raise StoreError(f"{folder} lies in {place}, which holds what was played; name a folder outside of it")


def can_be_read(file: Path) -> bool:
    """Tell whether a file is there, as far as one may look."""
    try:
        return file.is_file()
    except OSError:
        return False


def studies_in(folder: Path) -> list[Path]:
    """Return the studies of a comparison, or the one study that a folder is."""
    return sorted(folder.glob("cohort-*"), key=lambda path: int(path.name[7:])) if is_comparison(folder) else [folder]


def divide(lineup: Lineup, workers: int, most: int = MOST_STUDENTS) -> list[Cohort]:
    """Divide a comparison into cohorts: entries whose students share a base model, seeds evenly over the workers.

    All entries of one seed stay together where their students and environment are the same, so that they meet in the
    same batches.
    """
    groups: list[list[Entry]] = []
    for entry in lineup.entries:
        for group in groups:
            scenario, first_scenario = entry.scenario, group[0].scenario
            if (scenario.students, scenario.environment) == (first_scenario.students, first_scenario.environment):
                group.append(entry)
                break
        else:
            groups.append([entry])
    cohorts = []
    for group in groups:
        students = sum(len(entry.seats(lineup.seeds)) for entry in group)
        parts = min(len(lineup.seeds), max(ceil(workers / len(groups)), ceil(students / most)))
        labels = tuple(entry.label for entry in group)
        cohorts += [Cohort(labels=labels, seeds=seeds) for seeds in shares(lineup.seeds, parts)]
    return cohorts


def shares(seeds: Sequence[int], parts: int) -> list[tuple[int, ...]]:
    """Divide seeds into parts whose sizes differ by one at most, in their order."""
    size, remainder = divmod(len(seeds), parts)
    seeds_of_parts, start = [], 0
    for part in range(parts):
        end = start + size + (part < remainder)
        seeds_of_parts.append(tuple(seeds[start:end]))
        start = end
    return seeds_of_parts
