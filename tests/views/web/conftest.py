"""A folder of real runs, played once: a class of the embedded student, a comparison, a study of hostile texts."""

from collections.abc import Callable
from pathlib import Path

import pytest

from simulation.play.session import begin
from simulation.scenario.prepare import prepare
from simulation.scenario.scenario import load_scenario
from simulation.views.progress import Quiet
from simulation.views.web.catalog import Catalog
from simulation.views.web.site import Site
from tests.support.comparisons import concluded, planned, play
from tests.support.hostile import hostile_study

ROOT = Path(__file__).resolve().parents[3]
SMALL = (
    "turns=3", "students.count=2", "ask.questions=12", "evaluate.every=2", "evaluate.questions=90", "threads=1",
    "teacher.flip=0.3",
)  # fmt: skip


@pytest.fixture(scope="session")
def runs(disks: Callable[[], Path]) -> Path:
    """Return the folder."""
    folder = disks() / "runs"
    prepared = prepare(load_scenario(ROOT / "scenarios" / "teacher_noise.yaml", SMALL))
    begin(folder / "class", prepared.scenario.resolved(), [prepared], Quiet(), lambda _: None, keep="newest")
    concluded(play(planned(folder / "compare")))
    hostile_study(folder / "hostile")
    return folder


@pytest.fixture(scope="session")
def site(runs: Path) -> Site:
    """Return the pages of the folder."""
    return Site(Catalog(runs))
