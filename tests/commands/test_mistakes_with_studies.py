"""Mistakes with what was played: nothing of it is written into, passed over or told in part without a word."""

import re
import shutil
from pathlib import Path

import pytest

import simulation
from simulation.commands.main import main
from tests.support.scripted_scenario import GOOD

BESIDE = re.compile(r"lies in \S+, which holds what was played; name a folder outside of it")


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a study and a comparison of two cohorts in `runs`."""
    folder = tmp_path_factory.mktemp("played")
    scenario = folder / "tiny.yaml"
    scenario.write_text(GOOD.replace("turns: 4", "turns: 2"), encoding="utf-8")
    vary = ["--vary", "students.seconds=0,0.001", "--seeds", "1", "--workers", "1"]
    assert main(["run", str(scenario), "--quiet", "--out", str(folder / "runs")]) == 0
    (folder / "runs").rename(folder / "one")
    assert main(["compare", str(scenario), "--quiet", "--out", str(folder / "runs"), *vary]) == 0
    (comparison,) = (folder / "runs").iterdir()
    comparison.rename(folder / "runs/compared")
    next((folder / "one").iterdir()).rename(folder / "runs/study")
    return folder


@pytest.fixture(autouse=True)
def beside(played: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work beside a copy of it."""
    shutil.copytree(played, tmp_path / "work")
    monkeypatch.chdir(tmp_path / "work")


def files() -> list[Path]:
    """Return all that lies here."""
    return sorted(Path().rglob("*"))


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("export study --to runs/study/x", BESIDE.pattern),
        ("export study --to runs/study", BESIDE.pattern),
        ("export compared --to runs/compared/x", BESIDE.pattern),
        ("view --bundle runs/study/x", BESIDE.pattern),
        ("run tiny.yaml --out runs/study", BESIDE.pattern),
        ("compare tiny.yaml --vary ask.policy=random,category --out runs/compared", BESIDE.pattern),
        ("export study --to tiny.yaml", "tiny.yaml is a file, not a folder; name a new folder"),
        ("view --bundle tiny.yaml", "tiny.yaml is a file, not a folder; name a new folder"),
        ("export study --to /proc/x", "/proc/x cannot be made .*; name a folder where you may write"),
        ("view --bundle /proc/x", "/proc/x cannot be made .*; name a folder where you may write"),
        ("view study --bundle new --turns 2,7", "--turns 7: no study here has such a turn; the last is 2"),
        ("resume study --workers 2", "--workers 2: runs/study is one study, .*; leave it out"),
        ("view --host nowhere.invalid", "nowhere.invalid:0 cannot be served .* that is no address of this machine"),
        ("resume study turns=5", "a study goes on as it was begun, .* or `run runs/study/scenario.yaml turns=5` plays"),
        (
            "resume compared turns=5",
            "so no key of it is set now; leave it out, or compare its scenarios anew",
        ),
        ("resume nowhere turns=5", "so no key of it is set now; leave it out$"),
        ("report study turns=5", "'turns=5' sets a key of a scenario, which `run` and .* do; leave it out"),
        (
            "report study --measure accuracy,accuracy",
            "accuracy,accuracy: accuracy stands twice; write it once",
        ),
        ("report compared --measure accuracy,accuracy", "accuracy stands twice; write it once"),
        ("power --pilot runs/compared --measure accuracy,accuracy", "accuracy stands twice; write it once"),
        ("view study --bundle new --turns 1,2,1", "--turns 1,2,1: 1 stands twice; write it once"),
        ("compare tiny.yaml --vary students.seconds=0,1,0", "--vary '0,1,0' has 0 twice; write each value once"),
        ("studies remove study runs/study --yes", "runs/study is named twice; name it once"),
        ("resume compared --workers 1 --workers 2", "--workers: is written twice, last with .*; keep one of them"),
        ("report compared --measure ,", "--measure ',' names none; write NAME,NAME or leave it out"),
        ("resume runs/study/study.db", "is a file of a study; name its folder, runs/study"),
        ("report runs/compared/report.html", "is a file of a study; name its folder, runs/compared"),
        ("view runs/study/study.db", "is a file; name a folder of studies, or that of one, such as runs/study"),
        ("run runs/study/study.db", "runs/study: is a study; go on with it by `"),
        ("run study", "runs/study: is a study; go on with it by `"),
        ("studies remove one --yes", "one is no study or comparison below runs"),
        ("studies remove runs/compared/cohort-0 --yes", "a part of the comparison runs/compared; name that"),
        ("studies remove cohort-0 --out runs/compared --yes", "--out runs/compared is itself a comparison"),
    ],
)
def test_what_would_write_into_or_beside_what_was_played_is_refused(
    line: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = files()
    try:
        code: object = main(line.split())
    except SystemExit as ended:
        code = ended.code
    lines = capsys.readouterr().err.splitlines()
    (told,) = [text for text in lines if not text.endswith("…") and not text.startswith(("usage:", " "))]
    assert code == 2 and re.search(says, told), told
    assert files() == before


@pytest.mark.parametrize("line", ["resume compared --json --json", "resume study --quiet --quiet"])
def test_a_switch_that_stands_twice_does_what_it_does_once(line: str) -> None:
    assert main(line.split()) == 0


def test_what_may_be_set_is_no_word_too_many_beside_an_unknown_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["run", "tiny.yaml", "--bogus", "turns=5"])
    assert "turns=5" not in capsys.readouterr().err


def test_only_studies_of_the_folder_that_is_meant_are_removed(capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree("runs/study", "elsewhere/study")
    assert main(["studies", "remove", "elsewhere/study", "--yes"]) == 2
    assert "lies in elsewhere, not in runs; if it is meant, say --out elsewhere" in capsys.readouterr().err
    assert main(["studies", "remove", "elsewhere/study", "--out", "elsewhere", "--yes"]) == 0
    assert not Path("elsewhere/study").exists()


@pytest.mark.parametrize("command", ["report", "replay", "export"])
def test_an_edited_copy_of_a_scenario_is_told_by_whoever_reads_the_study(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = Path("runs/study/scenario.yaml")
    more = ["--to", "new"] if command == "export" else []
    assert main([command, "study", *more]) == 0 and "warning" not in capsys.readouterr().err
    copy.write_text(copy.read_text().replace("turns: 2", "turns: 3"))
    assert main([command, "study", *(["--to", "newer"] if more else [])]) == 0
    (warning,) = capsys.readouterr().err.splitlines()
    assert warning.startswith(f"warning: {copy} was edited: turns is 3, the study has 2; the study is told as it was")


@pytest.mark.parametrize("command", ["report", "replay", "resume"])
@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("\nseeds:", "\nseedz:", "was edited: seeds is missing; undo the edit"),
        ("    turns: 2", "    turns: two", "turns: write a whole number from 1 to 1000000; got 'two'; undo the edit"),
        ("\nthreads: ", "\nthreads: many", "was edited: threads: write a whole number, or null; got 'many"),
        (
            "  - students.seconds",
            "  - held",
            "was edited: cohorts.0 plays entries or seeds that the comparison has not",
        ),
        (
            "    turns: 2",
            "    turns: 3",
            "was edited, of cohort-0 entries.0.scenario.turns is 3, the study has 2; a comp",
        ),
        ("name: comparison", "name: {", "is not what a comparison wrote"),
    ],
)
def test_an_edited_comparison_is_answered_in_words(
    command: str, old: str, new: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    document = Path("runs/compared/comparison.yaml")
    text = document.read_text()
    assert old in text
    document.write_text(text.replace(old, new, 1))
    assert main([command, "compared"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert says in line and line.startswith("runs/compared/comparison.yaml ")


def test_a_comparison_that_lost_a_cohort_is_told_with_a_warning(capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree("runs/compared/cohort-1")
    for words in (["report"], ["replay"], ["export", "--to", "new"]):
        assert main([words[0], "compared", *words[1:]]) == 0
        (warning,) = capsys.readouterr().err.splitlines()
        assert warning.startswith("warning: runs/compared: cohort-1 of 2 cohorts not there, never begun or lost")
    with pytest.warns(UserWarning, match="cohort-1 of 2 cohorts not there"):
        simulation.open_study("runs/compared")


def test_a_study_that_lost_its_blobs_is_restored_or_played_anew(capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree("runs/study/blobs")
    assert main(["resume", "study"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("runs/study/blobs is not there any more; restore the study's folder from a copy, or run its")


def test_a_schema_that_is_written_is_said_to_be(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--schema", "deep/schema.json"]) == 0
    assert capsys.readouterr().out == "written to deep/schema.json\n" and Path("deep/schema.json").is_file()


@pytest.mark.parametrize("words", [["report", "study"], ["report", "compared"], ["studies"], ["power"], ["list"]])
def test_columns_that_are_asked_for_hold_where_there_is_no_terminal(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    assert main(words) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines and all(len(line) <= 40 or len(line.split()) == 1 for line in lines), max(lines, key=len)


def test_pages_that_are_files_have_no_width(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["list", "--markdown", "scenario"]) == 0
    page = capsys.readouterr().out
    monkeypatch.setenv("COLUMNS", "40")
    assert main(["list", "--markdown", "scenario"]) == 0 and capsys.readouterr().out == page
