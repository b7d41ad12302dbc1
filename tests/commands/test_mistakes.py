"""Mistakes that a new user makes on purpose: each is answered by what was wrong and what to do."""

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
    f"compare {S} --seeds x": "write how many, such as 8",
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
