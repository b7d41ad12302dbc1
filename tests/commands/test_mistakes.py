"""Mistakes that a new user makes on purpose: each is answered by what was wrong and what to do."""

from pathlib import Path

import pytest

from simulation.commands.main import main

S = "scenarios/random_selection.yaml"
MISTAKES = {
    "fly": "unknown command 'fly'; known: check, compare",
    "rnu x": "did you mean 'run'?",
    "studeis": "did you mean 'studies'?",
    "random_selection.yaml": "to play a scenario: python -m simulation run random_selection.yaml",
    "run": "`python -m simulation run --help` shows",
    "run random_selecton": "did you mean 'random_selection'?",
    "run scenarios/random_selecton.yaml": f"did you mean '{S}'?",
    "run zzzz": "`python -m simulation list` shows the scenarios",
    f"run {S} turn=3": "did you mean 'turns'?",
    f"run {S} turns": "write KEY=VALUE",
    f"run {S} turns=abc": "valid integer",
    f"run {S} ask.polcy=random": "did you mean 'policy'?",
    f"run {S} ask.policy=rndom": "did you mean 'random'?",
    f"run {S} --turn 3": "did you mean '--turns'?",
    f"run {S} --jsn": "did you mean '--json'?",
    f"run {S} --json --quiet": "not allowed with argument --json",
    f"run {S} --preset fast": "no preset 'fast'",
    f"run {'x' * 300}": "give a shorter path",
    "resume": "`python -m simulation resume --help` shows",
    "resume runs/none": "name a folder that `run` made",
    f"resume {S}": "name a folder that `run` made",
    "report none": "name a folder that `run` made",
    "export none": "`python -m simulation export --help` shows",
    "export none --to x --format csv": "known: jsonl, parquet, peft",
    "compare turns=2": "write a scenario first",
    f"compare {S} --vary ask.policy": "write KEY=VALUE,VALUE",
    f"compare {S} --seeds x": "different seeds of 0 and above, such as 8",
    f"compare {S} --seeds 0": "write 1 to 10000",
    f"compare {S}": "use --vary",
    "check random_selecton": "did you mean 'random_selection'?",
    "check turns=2": "write a scenario first",
    "check mod:Nope": "write module:Class",
    f"check {S} --kind policy": "did you mean 'question_policy'?",
    "power --points 0": "above 0 and at most 100",
    "power --pilot none": "give a folder that `compare` wrote",
    "view none": "name the folder that holds your studies",
    "studies remove": "`python -m simulation studies` shows",
    "studies remove nope": "`studies` shows those there are",
    "studies delete": "known: list, remove",
    "studies --out none": "name the one that holds your studies by --out",
    "completion csh": "did you mean 'zsh'?",
}


@pytest.mark.parametrize("line", MISTAKES)
def test_a_mistake_is_answered_by_what_to_do(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        code: object = main(line.split())
    except SystemExit as ended:
        code = ended.code
    told = capsys.readouterr().err
    assert code == 2 and MISTAKES[line] in told.splitlines()[-1], told


def test_a_bare_command_is_helped_and_the_version_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0 and "usage: python -m simulation" in capsys.readouterr().out
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0 and capsys.readouterr().out.startswith("simulation 0.")


@pytest.mark.parametrize("words", [["turns=abc", "turns=1"], ["turns=2", "ask.questions=3", " turns =3"]])
def test_a_key_that_is_set_twice_is_refused_and_both_are_named(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    for command in (["check", "surrogate"], ["run", "surrogate"], ["compare", "surrogate"]):
        assert main([*command, *words]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith("turns is set twice, by ") and repr(words[0]) in line and repr(words[-1]) in line
    assert main(["run", "surrogate", "turns=2", "--turns", "3"]) == 2
    assert "by 'turns=2' and by 'turns=3'" in capsys.readouterr().err


@pytest.mark.parametrize("seeds", ["9" * 20, "-1", "1_0", "2,2", "3,-3", "٣", ""])
def test_odd_seeds_are_refused_in_one_line(seeds: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "surrogate", "--vary", "ask.policy=random,category", f"--seeds={seeds}"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"seeds {seeds!r}: write 1 to 10000 different seeds")


def test_long_names_and_long_overrides_are_told_in_a_short_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    long = "x" * 300
    few = ["run", "surrogate", "turns=1", "ask.questions=1", "evaluate.questions=1", "--quiet"]
    for words in (
        ["resume", long], ["replay", long], ["report", long], ["export", long, "--to", str(tmp_path / "to")],
        ["studies", "--out", long], ["view", long], ["power", "--pilot", long], [*few, "--out", str(tmp_path / long)],
        ["check", "surrogate", f"turns={'9' * 70_000}"], ["check", "own_questions", f"environment.rows={long}"],
    ):  # fmt: skip
        assert main(words) == 2, words[:2]
        shown = capsys.readouterr().err
        assert "Traceback" not in shown and len(shown) < 700, words[:2]
