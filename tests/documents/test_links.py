"""What the documents point at is there: links, headings, and every path written as code."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.remote.budget import FILE as BUDGET
from agents.remote.ledger import FILE as REPLIES
from simulation.commands.main import main
from simulation.play.tracking import FOLDER, NOTES
from simulation.store import DATABASE
from tests.documents.pages import LINK, PAGES, ROOT, anchors, prose, spans
from tests.support.scripted_scenario import GOOD

PATH = re.compile(
    r"[\w.*-]+/(?:[\w.*-]+/?)*|[\w-]+\.(?:py|md|ya?ml|json|txt|png|html|db|db-\w+|jsonl|parquet|lock|toml)"
)
"""A code span that is a path: with a slash, or with the ending of a file."""
ROOTS = (ROOT, ROOT / "scenarios", ROOT / "agents")
"""From where paths are written: the project, and the folders that scenarios and models are named in."""
OF_SOME = {BUDGET, REPLIES, f"{FOLDER}/", NOTES}
NOT_HERE = {"policies/asking/least_asked.py", "my_module.py", "runs/", "runs/STUDY", "runs/COMPARISON"} | OF_SOME
"""What a reader makes, and what only students behind an API and studies with trackers leave."""
pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


@pages
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in LINK.findall(prose(page)):
        if "://" in link:
            continue
        target, _, anchor = link.partition("#")
        path = (page.parent / target).resolve() if target else page
        assert path.is_relative_to(ROOT) and path.exists(), link
        assert not anchor or anchor in anchors(path), link


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Return the names of what a study, a comparison and exports consist of, as paths within them."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "tiny.yaml").write_text(GOOD, encoding="utf-8")
    shows = [str(folder / "tiny.yaml"), "turns=1", "--out", str(folder / "runs"), "--quiet"]
    assert main(["run", *shows]) == 0
    assert main(["compare", *shows, "--vary", "ask.policy=random,round_robin", "--seeds", "2", "--workers", "2"]) == 0
    study = next((folder / "runs").glob("tiny-*"))
    for form in ("jsonl", "parquet"):
        assert main(["export", str(study), "--to", str(folder / form), "--format", form]) == 0
    tops = [study, *(folder / "runs").glob("compare-*"), folder / "jsonl", folder / "parquet"]
    paths = [(path.relative_to(top), path.is_dir()) for top in tops for path in top.rglob("*")]
    return {f"{path}/" if is_folder else str(path) for path, is_folder in paths} | {
        f"{DATABASE}-{it}" for it in ("wal", "shm")
    }


def paths_in(page: Path) -> Iterator[str]:
    """Yield the paths that a page writes as code, but for the environment's, which lies where it was set up."""
    yield from (span for span in spans(page) if PATH.fullmatch(span) and not span.startswith(".venv/"))


@pages
def test_every_path_written_as_code_is_there(page: Path, made: set[str]) -> None:
    lacking = [
        path
        for path in paths_in(page)
        if path not in NOT_HERE | made and not any(next(root.glob(path), None) for root in (page.parent, *ROOTS))
    ]
    assert not lacking


def test_paths_are_found_at_all() -> None:
    assert {"policies/asking/least_asked.py", "benchmarks/results/", "study.db"} <= {
        path for page in PAGES for path in paths_in(page)
    }
