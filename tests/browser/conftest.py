"""Real runs, a study that goes on and one of hostile texts, served as a user serves them and read in a browser."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from simulation.store import Study
from tests.support.browsers import Served, served
from tests.support.comparisons import concluded, planned, play
from tests.support.hostile import hostile_study
from tests.support.read_runs import play_class, play_code
from tests.support.studies import filled

SCENARIO = {"name": "going", "seed": 0, "turns": 4, "ask": {"policy": {"name": "random"}}, "learn": {"trainer": None}}


@pytest.fixture(scope="session")
def reading(disks: Callable[[], Path]) -> Iterator[Served]:
    """Return the server and the browser."""
    folder = disks() / "runs"
    play_class(folder / "class")
    play_code(folder / "code")
    hostile_study(folder / "hostile")
    concluded(play(planned(folder / "compare")))
    with served(folder) as reader:
        yield reader


@pytest.fixture
def going(reading: Served, disk: Path) -> Iterator[Callable[[], None]]:
    """Return what commits the next turn of `going`, a study of which turn 0 and 1 are committed."""
    source, played = filled(disk / "source", turns=4)
    source.close()
    with Study.create(
        reading.folder / "going", scenario=SCENARIO, seats=source.seats, measures=source.measures,
        fingerprint={"numpy": "1"},
    ) as study:  # fmt: skip

        def commit() -> None:
            number = study.last_turn + 1
            study.append(played[2 * number : 2 * number + 2], {}, seconds={"play": 0.1})
            if number == 4:
                study.finish()

        commit()
        commit()
        yield commit
    shutil.rmtree(reading.folder / "going")
