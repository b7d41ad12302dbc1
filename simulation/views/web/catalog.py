"""Which studies and comparisons lie in a folder, by names that lead nowhere else."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from simulation.core.errors import StoreError
from simulation.play.folders import DOCUMENT, is_comparison, studies_in
from simulation.store import DATABASE

NAME = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}"
COHORT = r"cohort-[0-9]{1,4}"


class NotThere(Exception):
    """An address leads to nothing; the message is for the reader."""


@dataclass(frozen=True, slots=True)
class Place:
    """A study or a comparison in a folder."""

    name: str
    folder: Path
    kind: Literal["study", "comparison"]


class Catalog:
    """The studies and comparisons right below a folder, or the one that the folder is."""

    def __init__(self, folder: Path) -> None:
        """Take a folder of studies, a study or a comparison; raises StoreError where it is none of them."""
        if folder.is_file():
            raise StoreError(f"{folder} is a file; name a folder of studies, or that of one, such as {folder.parent}")
        if not folder.is_dir():
            raise StoreError(f"{folder} is not there; name the folder that holds your studies, such as runs")
        self.folder = folder.resolve()
        self.single = kind_of(self.folder) is not None
        if self.single and not re.fullmatch(NAME, self.folder.name):
            raise StoreError(
                f"the folder's name {self.folder.name!r} cannot stand in an address; "
                "rename it to letters, digits, dots, dashes and underscores"
            )
        if not self.single and not self.places():
            raise StoreError(
                f"{folder} holds no study and no comparison; "
                "play one: python -m simulation run scenarios/random_selection.yaml"
            )

    def places(self) -> list[Place]:
        """Return all of them by name."""
        folders = [self.folder] if self.single else sorted(self.folder.iterdir())
        kinds = [(folder, kind_of(folder)) for folder in folders if re.fullmatch(NAME, folder.name)]
        return [Place(folder.name, folder, kind) for folder, kind in kinds if kind is not None and self._within(folder)]

    def place(self, name: str) -> Place:
        """Return the one of this name; raises NotThere."""
        if not re.fullmatch(NAME, name):
            raise NotThere("no study has such a name")
        folder = self.folder if self.single and name == self.folder.name else self.folder / name
        if (self.single and folder != self.folder) or not self._within(folder):
            raise NotThere(f"no study or comparison is called {name}")
        kind = kind_of(folder)
        if kind is None:
            raise NotThere(f"no study or comparison is called {name}")
        return Place(name, folder, kind)

    def study(self, name: str, cohort: str = "") -> Path:
        """Return the folder of a study, or of a comparison's cohort; raises NotThere."""
        place = self.place(name)
        if not cohort:
            if place.kind == "comparison":
                raise NotThere(f"{name} is a comparison; open one of its students")
            return place.folder
        folder = place.folder / cohort
        inside = re.fullmatch(COHORT, cohort) and folder.resolve().is_relative_to(place.folder.resolve())
        if place.kind != "comparison" or not inside or not (folder / DATABASE).is_file():
            raise NotThere(f"{name} has no study {cohort}")
        return folder

    def _within(self, folder: Path) -> bool:
        """Tell whether a folder really lies here, wherever links lead."""
        return folder.resolve().is_relative_to(self.folder)


def kind_of(folder: Path) -> Literal["study", "comparison"] | None:
    """Tell what a folder is."""
    if (folder / DOCUMENT).is_file() and is_comparison(folder):
        return "comparison"
    return "study" if (folder / DATABASE).is_file() else None


def cohorts(place: Place) -> list[str]:
    """Return the names of a comparison's cohorts that have begun."""
    return [path.name for path in studies_in(place.folder) if (path / DATABASE).is_file()]
