"""The command line: verbs that work end to end, machines get JSON lines alone, users get one line an error."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from simulation._siblings import check_siblings
from simulation.commands.grammar import parse
from simulation.commands.main import main
from simulation.core.errors import SimulationError
from simulation.store import Study
from tests.support.scripted_scenario import GOOD

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.yaml"
    path.write_text(GOOD, encoding="utf-8")
    return path


def simulate(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "simulation", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)


def one_study(folder: Path) -> Path:
    (study,) = folder.iterdir()
    return study


def processor_seconds(command: Sequence[str]) -> float:
    """Return the least CPU time of a command over five runs: what a busy machine does not change much."""
    spent = []
    for _ in range(5):
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        usage = os.wait4(process.pid, 0)[2]
        process.returncode = 0
        spent.append(usage.ru_utime + usage.ru_stime)
    return min(spent)


@pytest.mark.skipif(sys.platform == "win32", reason="os.wait4")
@pytest.mark.parametrize("words", [["--help"], ["view", "--help"]], ids=["all", "view"])
def test_help_is_quick_and_loads_no_library_for_numbers(words: list[str]) -> None:
    assert "usage: python -m simulation" in simulate(*words).stdout
    assert processor_seconds([sys.executable, "-m", "simulation", *words]) < 0.1
    code = "import sys; from simulation.commands.main import main; main(sys.argv[1:])"
    loaded = subprocess.run([sys.executable, "-X", "importtime", "-c", code, *words], cwd=ROOT, capture_output=True)
    assert b"argparse" in loaded.stderr and b"numpy" not in loaded.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="os.wait4")
def test_a_wrong_scenario_is_refused_before_torch_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    text = (ROOT / "scenarios/random_selection.yaml").read_text(encoding="utf-8")
    path.write_text(text.replace("policy: random", "policy: rndom"), encoding="utf-8")
    code = (
        "import sys; from simulation.commands.main import main; code = main(['run', sys.argv[1]]); "
        "assert not {'torch', 'transformers', 'mesa'} & set(sys.modules); sys.exit(code)"
    )
    command = [sys.executable, "-c", code, str(path)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 2 and "did you mean 'random'?" in ended.stderr, ended.stderr
    assert "Traceback" not in ended.stderr
    assert processor_seconds(command) < 2.0


@pytest.mark.parametrize(
    "line",
    [
        "run s.yaml a.b=1 c=2",
        "run s.yaml a.b=1 --out o c=2",
        "run s.yaml --out o a.b=1 c=2",
        "run --out o s.yaml a.b=1 c=2",
    ],
)
def test_overrides_may_stand_anywhere_after_the_scenario(line: str) -> None:
    parsed = parse(line.split())
    assert (parsed.scenario, parsed.overrides) == ("s.yaml", ["a.b=1", "c=2"])


@pytest.mark.parametrize(
    "line", ["run s.yaml --jsn", "check s.yaml --fast", "resume a b", "run", "fly", "export s --to"]
)
def test_a_wrong_command_line_exits_with_2(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(line.split())
    assert caught.value.code == 2 and "usage:" in capsys.readouterr().err


def test_run_as_json_writes_the_contract_and_nothing_else_on_stdout(scenario: Path, tmp_path: Path) -> None:
    ended = simulate("run", scenario, "--out", tmp_path / "runs", "--json")
    assert ended.returncode == 0, ended.stderr
    events = [json.loads(line) for line in ended.stdout.splitlines()]
    study = one_study(tmp_path / "runs")
    assert events[0]["event"] == "started" and events[0]["students"] == ["student-0", "student-1"]
    assert [event["turn"] for event in events if event["event"] == "evaluation"] == [0, 0, 2, 2, 4, 4]
    assert events[-1] == {"event": "finished", "study": str(study), "trace_hash": events[-1]["trace_hash"]}
    assert len(events[-1]["trace_hash"]) == 64
    assert "Traceback" not in ended.stderr


def test_run_shows_progress_a_report_and_what_can_be_done_next(
    scenario: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", str(scenario), "--out", str(tmp_path / "runs"), "turns=2"]) == 0
    shown = capsys.readouterr().out
    study = one_study(tmp_path / "runs")
    assert study.name.startswith("tiny-") and (study / "learning_curve.png").stat().st_size > 1000
    assert "turn 2/2  student-1" in shown and "learning_curve.png" in shown and "replay" in shown


def test_every_run_is_a_study_of_its_own_and_the_same_seed_gives_the_same_trace(
    scenario: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hashes = set()
    for _ in range(2):
        assert main(["run", str(scenario), "--out", str(tmp_path / "runs"), "--json", "--turns", "2"]) == 0
        hashes.add(json.loads(capsys.readouterr().out.splitlines()[-1])["trace_hash"])
    assert len(hashes) == 1 and len(list((tmp_path / "runs").iterdir())) == 2


def test_quiet_run_then_report_replay_and_export(
    scenario: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", str(scenario), "--out", str(tmp_path / "runs"), "--quiet"]) == 0
    assert "turn 1/4" not in capsys.readouterr().out
    study = str(one_study(tmp_path / "runs"))
    assert main(["report", study]) == 0
    assert main(["replay", study]) == 0
    for form in ("jsonl", "parquet", "peft"):
        assert main(["export", study, "--to", str(tmp_path / form), "--format", form]) == 0, capsys.readouterr().err
        assert any((tmp_path / form).iterdir())


@pytest.mark.parametrize(("keep", "kept"), [([], {4}), (["keep=evaluated"], {0, 2, 4})])
def test_the_adapters_that_stay_are_those_that_the_scenario_keeps(
    scenario: Path, tmp_path: Path, keep: list[str], kept: set[int]
) -> None:
    assert main(["run", str(scenario), "--out", str(tmp_path / "runs"), "--quiet", *keep]) == 0
    with Study.open(one_study(tmp_path / "runs")) as study:
        blobs = {path.stem for path in (study.folder / "blobs").iterdir()}
        changed = {turn: {digest.hex() for digest in study.adapter_hashes(turn) if digest} for turn in range(5)}
    assert {turn for turn, digests in changed.items() if digests <= blobs} == kept


def test_a_study_that_goes_on_with_other_teacher_weights_is_warned_of(
    scenario: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    teacher = tmp_path / "teacher"
    shutil.copytree(ROOT / "agents/embedded/teacher", teacher)
    named = ["teacher.name=classifier", f"teacher.model={teacher}"]
    assert main(["run", str(scenario), "--out", str(tmp_path / "runs"), "--quiet", "turns=1", *named]) == 0
    assert main(["resume", str(one_study(tmp_path / "runs")), "--quiet"]) == 0
    assert "teacher_weights" not in capsys.readouterr().err
    (teacher / "config.json").write_text((teacher / "config.json").read_text() + "\n")
    assert main(["resume", str(one_study(tmp_path / "runs")), "--quiet"]) == 0
    assert "not bit-reproducible from here on: teacher_weights: " in capsys.readouterr().err


def test_the_resume_of_a_finished_study_changes_nothing(
    scenario: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", str(scenario), "--out", str(tmp_path / "runs"), "--json"]) == 0
    before = capsys.readouterr().out.splitlines()[-1]
    assert main(["resume", str(one_study(tmp_path / "runs")), "--json"]) == 0
    after = capsys.readouterr().out.splitlines()
    assert after[-1] == before and not [line for line in after if '"turn"' in line and '"event": "turn"' in line]


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT to a process")
def test_control_c_exits_with_130_and_the_resumed_trace_equals_the_uninterrupted_one(
    scenario: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paced = ["run", str(scenario), "--json", "turns=8", "students.seconds=0.1", "--out"]
    assert main([*paced, str(tmp_path / "whole")]) == 0
    whole = capsys.readouterr().out.splitlines()[-1]
    command = [sys.executable, "-m", "simulation", *paced, str(tmp_path / "runs")]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        if '"event": "turn", "turn": 3' in line:
            break
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    study = one_study(tmp_path / "runs")
    assert f"resume {study}" in err and "Traceback" not in err
    assert json.loads(out.splitlines()[-1])["event"] == "interrupted"
    assert main(["resume", str(study), "--json"]) == 0
    resumed = capsys.readouterr().out.splitlines()[-1]
    assert json.loads(resumed)["trace_hash"] == json.loads(whole)["trace_hash"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("run none.yaml", "none.yaml: no such file"),
        ("run scenarios/random_selecton.yaml", "did you mean 'scenarios/random_selection.yaml'?"),
        ("resume runs/none", "runs/none is no study"),
        ("report .", ". is no study"),
        ("replay /etc/passwd", "is no study"),
        ("export runs/none --to x", "runs/none is no study"),
    ],
)
def test_an_error_of_the_user_is_one_line_and_exit_code_2(
    line: str, expected: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    assert main(line.split()) == 2
    (told,) = capsys.readouterr().err.splitlines()
    assert expected in told


def test_check_names_every_wrong_file(scenario: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(GOOD.replace("turns: 4", "turn: 4"), encoding="utf-8")
    assert main(["check", str(scenario), str(wrong)]) == 2
    shown = capsys.readouterr()
    assert shown.out.startswith(f"{scenario}: good; 2 student(s), 4 turns of 6 questions")
    assert f"{wrong}:4: turn: unknown key 'turn'; did you mean 'turns'?" in shown.err
    assert main(["check", str(scenario), "--set", "students.count=5"]) == 0
    assert "good; 5 student(s)" in capsys.readouterr().out


def test_list_names_every_component_and_scenario(capsys: pytest.CaptureFixture[str]) -> None:
    from simulation.core.registry import PACKAGES, components

    assert main(["list"]) == 0
    shown = capsys.readouterr().out
    for kind in PACKAGES:
        for name, component in components(kind).items():
            assert component.description, f"{kind} {name} has no docstring"
            assert f"  {name} " in shown and component.description in shown
    for path in (ROOT / "scenarios").glob("*.yaml"):
        assert path.name in shown


def test_list_writes_the_schema(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "deep" / "scenario.schema.json"
    assert main(["list", "--schema", str(target)]) == 0
    assert capsys.readouterr().out == f"written to {target}\n"
    written = json.loads(target.read_text(encoding="utf-8"))
    assert main(["list", "--schema"]) == 0
    assert json.loads(capsys.readouterr().out) == written


def test_the_doctor_examines_the_machine_and_tries_the_shipped_models() -> None:
    ended = simulate("doctor", "--json")
    found = json.loads(ended.stdout)
    assert found["python"]["version"] and found["sqlite"]["version"] and found["libraries"]["pydantic"]
    taken = "tree scoring, key-value cache, reserved cache, constrained search, chunked head"
    assert found["fast paths"]["embedded/student"] == taken
    assert ended.returncode == (1 if found["missing"] else 0)


def test_a_reader_that_leaves_early_is_no_error(scenario: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "simulation", "list", "--schema"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    told = process.stderr.read()
    process.wait(timeout=60)
    process.stderr.close()
    assert b"Traceback" not in told and scenario.exists()


def test_foreign_packages_of_our_names_are_refused_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "agents").mkdir()
    (tmp_path / "agents" / "__init__.py").write_text("", encoding="utf-8")
    code = (
        f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(ROOT)!r}]; "
        "from simulation.commands.main import main; sys.exit(main(['list']))"
    )
    ended = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert ended.returncode == 2
    (line,) = ended.stderr.splitlines()
    assert f"'agents' is found at {tmp_path / 'agents'}" in line and f"run `python -m simulation` from {ROOT}" in line
    with pytest.raises(SimulationError, match="'agents' is found at"):
        check_siblings(tmp_path)
