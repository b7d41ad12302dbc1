"""A folder of real runs, played once: a class of the embedded student, a comparison, a study of hostile texts."""

from collections.abc import Callable
from pathlib import Path

import pytest

from simulation.views.web.catalog import Catalog
from simulation.views.web.site import Site
from tests.support.comparisons import concluded, planned, play
from tests.support.hostile import hostile_study
from tests.support.read_runs import play_class


@pytest.fixture(scope="session")
def runs(disks: Callable[[], Path]) -> Path:
    """Return the folder."""
    folder = disks() / "runs"
    play_class(folder / "class")
    concluded(play(planned(folder / "compare")))
    hostile_study(folder / "hostile")
    return folder


@pytest.fixture(scope="session")
def site(runs: Path) -> Site:
    """Return the pages of the folder."""
    return Site(Catalog(runs))
