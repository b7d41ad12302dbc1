"""What is named in place of a scenario, of questions or of a model is told as what it is, with what to name instead."""

from pathlib import Path

import pytest

from simulation.commands.main import main
from simulation.core.errors import ScenarioError
from simulation.scenario.reading import read_file, read_text, written_out
from simulation.scenario.scenario import load_scenario
from tests.scenario.test_mistakes_in_files import GOOD, ROOT, told

OWN = GOOD.replace("environment: math_word_problems", "environment: {name: questions, rows: ROWS}")
FEW = ["turns=1", "ask.questions=1", "evaluate.questions=1"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a scenario and files that are none."""
    (tmp_path / "tiny.yaml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "README.md").write_text("# A study\n\nIt says: this; and more.\nwords\n", encoding="utf-8")
    (tmp_path / "rows.csv").write_text('question,correct\n"a: b",c\n', encoding="utf-8")
    (tmp_path / "sheet.xlsx").write_bytes(b"PK\x03\x04\xff\xfe")
    (tmp_path / "empty").mkdir()
    return tmp_path


def test_a_folder_is_told_with_a_scenario_in_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = told(folder, capsys)
    assert line == f"{folder}: is a folder; name a scenario file in it, such as {folder / 'tiny.yaml'}"
    assert told(folder / "empty", capsys) == f"{folder / 'empty'}: is a folder; name a scenario file"


@pytest.mark.parametrize("name", ["README.md", "rows.csv", "sheet.xlsx"])
def test_another_kind_of_file_is_no_scenario(name: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = told(folder / name, capsys)
    assert line.startswith(f"{folder / name}: is no scenario, which is a YAML file of keys such as name and turns (")
    assert line.endswith("; name one") and line.count(str(folder)) == 1


def test_a_studys_folder_is_gone_on_with(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(folder / "tiny.yaml"), *FEW, "--out", str(folder / "runs"), "--quiet"]) == 0
    (study,) = (folder / "runs").iterdir()
    capsys.readouterr()
    line = told(study, capsys)
    assert line.startswith(f"{study}: is a study; go on with it by `python -m simulation resume {study}`")
    assert line.endswith(f"or name {study / 'scenario.yaml'} to play its scenario anew")


def test_a_file_that_may_not_be_read_is_named_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", forbidden)
    with pytest.raises(ScenarioError) as caught:
        read_file(folder / "tiny.yaml")
    assert str(caught.value) == f"{folder / 'tiny.yaml'}: cannot be read: Permission denied; correct its permissions"


ROWS = {
    "own.md": (
        "# a",
        "is none of .jsonl, .jsonl.gz, .json, .json.gz, .parquet, .csv, .tsv, .gift, .aiken, .txt",
    ),
    "heads.csv": ("question,correct,option_a\n", "it holds headings and no row below them; write a row for each"),
    "none.jsonl": ("", "holds no rows; write a JSON object for each question"),
    "bad.csv": ("question,correct,option_a\n,a,a\n,a,a\n,a,a\n,a,a\n,a,a\n", "5 rows are refused: bad.csv:2: the "),
}


@pytest.mark.parametrize("name", ROWS)
def test_rows_that_cannot_be_read_are_told(name: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text, what = ROWS[name]
    (folder / name).write_text(text, encoding="utf-8")
    (folder / "own.yaml").write_text(OWN.replace("ROWS", name), encoding="utf-8")
    line = told(folder / "own.yaml", capsys)
    assert what in line and line.startswith(f"{folder / 'own.yaml'}:3: ")
    (folder / "own.yaml").write_text(OWN.replace("ROWS", "rows.csv"), encoding="utf-8")
    override = f"environment.rows={folder / name}"
    assert told(folder / "own.yaml", capsys, override).startswith(f"override {override!r}: environment: ")


def test_of_many_bad_rows_three_are_shown_and_the_others_counted(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "bad.csv").write_text(ROWS["bad.csv"][0], encoding="utf-8")
    (folder / "own.yaml").write_text(OWN.replace("ROWS", "bad.csv"), encoding="utf-8")
    line = told(folder / "own.yaml", capsys)
    assert [f"bad.csv:{number}: " in line for number in range(2, 7)] == [True, True, True, False, False]
    assert line.endswith("; and 2 more")


def test_a_folder_of_tables_is_told_to_name_one_of_them(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "own.yaml").write_text(OWN.replace("ROWS", "."), encoding="utf-8")
    assert told(folder / "own.yaml", capsys).endswith(f"name one of its files, such as {folder / 'rows.csv'}")
    line = told(folder / "tiny.yaml", capsys, f"environment.rows={folder}")
    assert "holds no file that is .jsonl" in line and "None" not in line


@pytest.mark.parametrize(
    ("model", "meant"),
    [("embeded", "embedded"), ("Embedded", "embedded"), ("student", "embedded/student"), ("smolm2", "smollm2"),
     ("embedded/studnt", "embedded/student"), ("embeded/coder", "embedded/coder"), ("embedded/a/b", "embedded")],
)  # fmt: skip
def test_a_misspelled_model_of_the_project_is_guessed_at(
    model: str, meant: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("agents.models.hub.refusal", lambda name: f"there is no {name}")
    line = told(ROOT / "scenarios" / "random_selection.yaml", capsys, f"students.model={model}")
    assert line.startswith(f"override 'students.model={model}': students: ") and f"did you mean {meant!r}?" in line


@pytest.mark.parametrize("content", [b"{broken", b"[]", b"\xff\xfe"])
def test_a_broken_configuration_is_downloaded_again(
    content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario = ROOT / "scenarios" / "random_selection.yaml"
    (tmp_path / "config.json").write_bytes(content)
    line = told(scenario, capsys, f"students.model={tmp_path}")
    assert line.endswith("; download it again") and "name the folder" not in line
    (tmp_path / "config.json").rename(tmp_path / "other.json")
    assert told(scenario, capsys, f"students.model={tmp_path}").endswith("name the folder that holds config.json")


def test_ten_thousand_seeds_may_be_written_and_one_more_is_told(folder: Path) -> None:
    path = folder / "tiny.yaml"
    scenario = load_scenario(path, [f"compare.seeds={[*range(10_000)]}"])
    assert scenario.compare.seeds == [*range(10_000)]
    with pytest.raises(ScenarioError, match=r"write a whole number from 1 to 10000, or a list of 1 to 10000, each"):
        load_scenario(path, [f"compare.seeds={[*range(10_001)]}"])


@pytest.mark.parametrize(
    "seeds",
    ["-1", "[-1]", "[2, 2]", "9" * 20, f"[{'9' * 20}]", f"[{2**63}]", "[3, 0, 3]", "[1.0]", "[true]", "['1']", "0",
     "[]", "[0, -7]", "true", "1e2"],
)  # fmt: skip
def test_seeds_that_are_none_are_refused_in_a_file_and_beside_it(
    seeds: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder / "tiny.yaml"
    line = told(path, capsys, f"compare.seeds={seeds}")
    assert line.startswith(f"override {f'compare.seeds={seeds}'!r}: compare") and "write" in line
    path.write_text(f"{GOOD}compare: {{seeds: {seeds}, vary: {{ask.policy: [random, category]}}}}\n", encoding="utf-8")
    assert told(path, capsys).startswith(f"{path}:9: compare")
    assert main(["compare", str(path), "--quiet", "--out", str(folder / "runs")]) == 2
    assert "Traceback" not in capsys.readouterr().err and not (folder / "runs").exists()


@pytest.mark.parametrize("seed", ["9" * 20, str(2**63), "-1", "true", "'0'", "0.0"])
@pytest.mark.parametrize("key", ["seed", "environment.bank_seed"])
def test_a_seed_that_no_stream_can_begin_with_is_refused(
    key: str, seed: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = told(folder / "tiny.yaml", capsys, f"{key}={seed}")
    assert f"{key}: write a whole number, 0 or more and below 2^63; got {seed}" in line
    assert load_scenario(folder / "tiny.yaml", [f"{key}={2**63 - 1}"])


@pytest.mark.parametrize("link", ["folder", "file"])
def test_a_path_through_a_link_is_kept_as_it_is_written(link: str, folder: Path) -> None:
    (folder / "disk").mkdir()
    (folder / "disk" / "rows.csv").write_text("question,correct\na,b\n", encoding="utf-8")
    (folder / "data").symlink_to(folder / "disk") if link == "folder" else (folder / "data").mkdir()
    if link == "file":
        (folder / "data" / "rows.csv").symlink_to(folder / "disk" / "rows.csv")
    (folder / "empty" / "own.yaml").write_text(OWN.replace("ROWS", "../data/rows.csv"), encoding="utf-8")
    environment = load_scenario(folder / "empty" / "own.yaml").environment
    assert environment.parameters["rows"] == str(folder / "data" / "rows.csv")


def test_a_step_up_behind_a_link_leads_where_it_led(folder: Path) -> None:
    (folder / "disk" / "deep").mkdir(parents=True)
    (folder / "disk" / "rows.csv").write_text("question,correct\na,b\n", encoding="utf-8")
    (folder / "data").symlink_to(folder / "disk" / "deep")
    (folder / "own.yaml").write_text(OWN.replace("ROWS", "data/../rows.csv"), encoding="utf-8")
    rows = Path(load_scenario(folder / "own.yaml").environment.parameters["rows"])
    assert rows.read_text(encoding="utf-8").endswith("a,b\n") and rows.is_absolute()


@pytest.mark.parametrize(
    "value", ["12e-1", "1e3", "0o7", "no", "1_000", "2024-01-01", "1:30", "~", "true", "", 1e-9, 1e22, 3, None, True]
)
def test_what_is_written_out_is_read_back_equal(value: object) -> None:
    read = read_text(written_out({"a": value}), "x").value["a"]
    assert read == value and type(read) is type(value)
