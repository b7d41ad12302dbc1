"""Runs that pages are tried with, played small: a class of the embedded student, the embedded coder."""

from pathlib import Path

from simulation.play.session import begin
from simulation.scenario.prepare import prepare
from simulation.scenario.scenario import load_scenario
from simulation.store import Study
from simulation.views.progress import Quiet
from simulation.views.web.report_page import write_report

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
CLASS = (
    "turns=3", "students.count=2", "ask.questions=12", "evaluate.every=2", "evaluate.questions=90", "threads=1",
    "teacher.flip=0.3",
)  # fmt: skip
CODE = (
    "turns=2", "students.count=2", "ask.questions=6", "ask.samples=2", "evaluate.questions=12", "evaluate.samples=2",
    "learn.experiences=12", "threads=1",
)  # fmt: skip


def play_class(folder: Path) -> None:
    """Play a class whose teacher errs."""
    played(folder, "teacher_noise", CLASS)


def play_code(folder: Path) -> None:
    """Play students who write programs, and report them as `run` does."""
    played(folder, "btp_code", CODE)
    with Study.open(folder) as study:
        write_report(study)


def played(folder: Path, scenario: str, overrides: tuple[str, ...]) -> None:
    """Play a scenario of the project as a study in a folder."""
    prepared = prepare(load_scenario(SCENARIOS / f"{scenario}.yaml", overrides))
    begin(folder, prepared.scenario.resolved(), [prepared], Quiet(), lambda _: None, keep="newest")
