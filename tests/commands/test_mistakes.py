"""Mistakes that a new user makes on purpose: each is answered by what was wrong and what to do."""

from pathlib import Path

import pytest

from simulation.commands.main import main
from tests.support.scripted_scenario import GOOD

S = "scenarios/random_selection.yaml"
MISTAKES = {
    "fly": "unknown command 'fly'; known: check, compare",
    "rnu x": "did you mean 'run'?",
    "studeis": "did you mean 'studies'?",
    "RUN x": "did you mean 'run'?",
    "random_selection.yaml": "to play a scenario: python -m simulation run random_selection.yaml",
    "run": "required: SCENARIO; `python -m simulation run --help` shows",
    "run random_selecton": "did you mean 'random_selection'?",
    "run scenarios/random_selecton.yaml": f"did you mean '{S}'?",
    "run RANDOM_SELECTION": "did you mean 'random_selection'?",
    "run SCENARIOS/random_selection.yaml": "did you mean 'random_selection'?",
    "run zzzz": "`python -m simulation list` shows the scenarios",
    "run tests/naïve.yaml": "no such file; `python -m simulation list` shows the scenarios",
    "run learnability": "it names a component (question policy), not a scenario",
    "run turns=2": "run names no scenario, only turns=2",
    f"run {S} surrogate": "'surrogate': `run` plays one scenario, here scenarios/random_selection.yaml; write",
    f"run {S} --seed 3": "unknown option '--seed'; a key of the scenario is set without dashes: seed=3",
    f"run {S} --ask.questions=3": "a key of the scenario is set without dashes: ask.questions=3",
    f"run {S} --set turns=3": "unknown option '--set'; a key of the scenario is set without it: turns=3",
    f"compare {S} --set": "a key of the scenario is set without it: KEY=VALUE",
    f"run {S} --turns x": "argument --turns: 'x' is not what it takes: write a whole number, 1 to 1000000",
    f"run {S} --turns 1_0": "write a whole number, 1 to 1000000",
    f"run {S} --out": "argument --out: no value follows; write --out FOLDER",
    f"run {S} --out /proc/self/status": "cannot be made (Not a directory); choose another place with --out",
    f"run {S} seed=0x{'f' * 5000}": "is a number of 5002 digits; write a smaller one",
    f"run {S} ask.policy.name=random ask.policy=category": "in part by 'ask.policy.name=random', of which one would be",
    f"run {S} ask.policy=category ask.policy.source=evaluation": "write ask.policy.name=category in place of the first",
    f"run {S} turn=3": "did you mean 'turns'?",
    f"run {S} turns": "write KEY=VALUE",
    f"run {S} turns=abc": "write a whole number from 1 to 1000000; got 'abc'",
    f"run {S} ask.polcy=random": "did you mean 'policy'?",
    f"run {S} ask.policy=rndom": "did you mean 'random'?",
    f"run {S} learn.policy.alpha=1 learn={{}}": "learn is set as a whole by 'learn={}' and in part by 'learn.policy.a",
    f"run {S} --turn 3": "did you mean '--turns'?",
    f"run {S} --jsn": "did you mean '--json'?",
    f"run {S} --json --quiet": "not allowed with argument --json",
    f"run {S} --preset fast": "no preset 'fast'",
    f"run {'x' * 300}": "give a shorter path",
    "resume": "`python -m simulation resume --help` shows",
    "resume runs/none": "name a folder that `run` made",
    f"resume {S}": "name a folder that `run` made",
    "report none": "name a folder that `run` made",
    f"resume {S} --workers 0": "argument --workers: '0' is not what it takes: write a whole number, 1 to 1024",
    "export none": "`python -m simulation export --help` shows",
    "export none --to x --format csv": "known: jsonl, parquet, peft",
    "compare turns=2": "write a scenario first",
    f"compare {S} --vary ask.policy": "write KEY=VALUE,VALUE",
    f"compare {S} --vary": "argument --vary: no value follows; write --vary KEY=VALUE,VALUE",
    f"compare {S} --vary ask.policy=random ask.policy=category": "ask.policy is set twice, by 'ask.policy=category'",
    f"compare {S} --vary turns=1,2": "turns cannot vary, because all that is compared is measured at the same turns",
    f"compare {S} --vary ask.policy=random,category seed=3 --seeds 1,2": "name them by --seeds",
    f"compare {S} --seed 3": "did you mean '--seeds'?",
    f"compare {S} --workers 0": "write a whole number, 1 to 1024",
    f"compare {S} --workers -1": "write a whole number, 1 to 1024",
    f"compare {S} --seeds x": "different seeds of 0 and above, such as 8",
    f"compare {S} --seeds 0": "write 1 to 10000",
    f"compare {S}": "use --vary",
    "check random_selecton": "did you mean 'random_selection'?",
    "check turns=2": "write a scenario first",
    "check mod:Nope": "put mod.py there",
    f"check {S} --kind judge": "is a scenario, of which there are no kinds; leave it out",
    f"check {S} --environment shop": "is a scenario, which names its own; leave it out",
    "check learnability --kind": "no value follows; write --kind environment|students|",
    f"check {S} --kind policy": "did you mean 'question_policy'?",
    "power --points 0": "above 0 and at most 100",
    "power --pilot none": "give a folder that `compare` wrote",
    "power --seeds 1.5": "argument --seeds: '1.5' is not what it takes: write a whole number, 1 to 100000",
    "power --points nan": "write a number, above 0 and at most 100",
    "view --port 99999": "write a whole number, 0 to 65535",
    "view --bundle": "argument --bundle: no value follows; write --bundle DIR",
    "view --bundle new --port 80": "--host and --port say where pages are served, --bundle writes them",
    "studies --yes": "--yes means nothing to `studies list`; leave it out",
    "studies remove x --json": "--json means nothing to `studies remove`; leave it out",
    "check round_robin --audit": "--audit is for scenarios, round_robin is a component; leave it out",
    f"run {S} --turns 1 --turns 2": "argument --turns: is written twice, last with ['2']; keep one of them",
    f"run {S} track=[wandb,wandb]": "track: wandb stands more than once; write it once",
    f"compare {S} --seeds 1 --seeds=2": "argument --seeds: is written twice",
    "list --schema README.md": "is there and does not end in .json",
    "list --schema x.json --markdown scenario": "not allowed with argument --schema",
    "view none": "name the folder that holds your studies",
    "studies remove": "`python -m simulation studies` shows",
    "studies remove nope": "`studies` shows those there are",
    "studies delete": "known: list, remove",
    "studies --out none": "name the one that holds your studies by --out",
    "completion csh": "did you mean 'zsh'?",
    f"compare {S} --vary ask.policy=random, category": "a value is missing after the last comma; write the values",
    f"compare {S} --vary ask.policy random,category": "write KEY=VALUE,VALUE, for example ask.policy=random,category",
    f"compare {S} --vary name=a,b": "a name changes nothing that is played; vary another key",
    "run scenarios/own_questions.csv": "run own_questions environment.rows=PATH`); name one",
    "run https://example.com/x.yaml": "it is an address, of which nothing is fetched; download the file and name it",
    "check own_questions students.model=https://huggingface.co/google/gemma-2b-it": "mean 'google/gemma-2b-it'?",
    "check own_questions students.model=google/gemma-2b-it/tree/main": "did you mean 'google/gemma-2b-it'?",
    "run own_questions students.device=cuda:99": "device: cuda:99 is not here, where PyTorch",
    "-v": "unknown option '-v'; did you mean '--version'?",
    "--verison": "did you mean '--version'?",
    "--json": "unknown option '--json'; it belongs to `run` and `resume` and `compare` and",
    "help": "'help' is no command but an option: python -m simulation --help",
    f"run {S} --vary ask.policy=random,category": "unknown option '--vary'; it belongs to `compare`; known: --help",
    f"run {S} --workers 2": "unknown option '--workers'; it belongs to `resume` and `compare`; known: --help",
    "resume x --turns 5": "it belongs to `run` and `view`; known: --help, --json, --measure, --quiet, --workers, -h",
    "power --points 0,5": "write a number, above 0 and at most 100, with a dot before its decimals",
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


@pytest.mark.parametrize(
    "words",
    [
        *(["run", "surrogate", option, ""] for option in ("--out", "--preset", "--turns", "--threads")),
        *(["compare", "surrogate", option, " "] for option in ("--vary", "--seeds", "--measure", "--workers", "--out")),
        ["report", ""], ["report", "x", "--measure", ""], ["export", "x", "--to", ""], ["view", ""],
        ["export", "x", "--to", "y", "--base-id", ""], ["view", "--host", ""], ["view", "--bundle="],
        ["studies", "--out", ""], ["check", "surrogate", "--set", ""], ["list", "--schema", ""],
        ["power", "--pilot", ""],
    ],
)  # fmt: skip
def test_an_empty_word_is_refused_wherever_it_stands(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2 and "is empty; write " in capsys.readouterr().err.splitlines()[-1]


def test_a_component_is_checked_by_its_name_and_overrides_stand_before_a_scenario_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "round_robin"]) == 0
    assert capsys.readouterr().out == "round_robin: a good question policy\n"
    (tmp_path / "tiny.yaml").write_text(GOOD, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert main(["run", "turns=1", "tiny.yaml", "--quiet", "learn.every=2"]) == 0
    shown = capsys.readouterr()
    assert shown.err.startswith(
        "notice: override 'learn.every=2': learn.every: 2 is beyond turns=1, so that no student"
    )
    (study,) = Path("runs").iterdir()
    assert main(["replay", study.name]) == 0 and " 2 turns of 2 student(s) " in capsys.readouterr().out
    assert main(["report", f"{study.name}x"]) == 2 and f"did you mean '{study}'?" in capsys.readouterr().err
    monkeypatch.chdir(study)
    assert main(["report", study.name]) == 2 and "there is no runs/ here" in capsys.readouterr().err


@pytest.mark.parametrize(
    "line",
    [
        "run surrogate OVERRIDE", "run OVERRIDE surrogate", "run surrogate --quiet OVERRIDE",
        "check surrogate OVERRIDE",
        "check OVERRIDE surrogate", "check surrogate --set OVERRIDE", "doctor surrogate OVERRIDE",
        "compare surrogate OVERRIDE --vary ask.policy=random,category",
        "compare OVERRIDE surrogate --vary ask.policy=random,category --seeds 1",
    ],
)  # fmt: skip
def test_an_override_is_written_alike_for_every_command(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(line.replace("OVERRIDE", "ask.questions=0").split()) == 2
    told = capsys.readouterr().err.splitlines()[-1]
    assert told.startswith("override 'ask.questions=0': ask.questions: write a whole number from 1 to")


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


@pytest.mark.parametrize("seeds", ["9" * 20, "-1", "1_0", "2,2", "3,-3", "٣"])
def test_odd_seeds_are_refused_in_one_line(seeds: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "surrogate", "--vary", "ask.policy=random,category", f"--seeds={seeds}"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"seeds {seeds!r}: write 1 to 10000 different seeds")


FEW = ["run", "surrogate", "turns=1", "ask.questions=1", "evaluate.questions=1", "--quiet"]
NAMING = (
    ["resume", "NAME"], ["replay", "NAME"], ["report", "NAME"], ["export", "NAME", "--to", "to"], ["view", "NAME"],
    ["studies", "--out", "NAME"], ["studies", "remove", "NAME"], ["power", "--pilot", "NAME"], ["run", "NAME"],
    ["check", "NAME"], [*FEW, "--out", "NAME"], ["list", "--schema", "NAME.json"], ["view", "--bundle", "NAME"],
    ["check", "own_questions", "environment.rows=NAME"], ["check", "surrogate", "students.model=./NAME"],
    ["compare", "surrogate", "--vary", "ask.policy=random,category", "--seeds", "1", "--out", "NAME"],
)  # fmt: skip


def short_line(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """See that a command is refused in few words."""
    assert main(words) == 2, words[:2]
    told = capsys.readouterr().err
    assert "Traceback" not in told and len(told) < 800, told[:2000]


@pytest.mark.parametrize("name", ["x" * 300, "\u00fc" * 128, "\u5b66" * 90, f"{'y' * 260}.yaml", f"a/{'z' * 256}/b"])
@pytest.mark.parametrize("words", NAMING, ids=" ".join)
def test_a_name_that_no_file_can_have_is_told_in_a_short_line(
    words: list[str], name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    short_line([word.replace("NAME", name) for word in words], capsys)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    "override",
    [
        "turns=LONG", "turns='LONG'", "ask.policy=LONG", "LONG=1", "ask.LONG=1", "environment.rows=LONG", "name=LONG",
        "ask={policy: random, LONG: 1}", "students=[LONG, LONG]", "teacher={name: noisy, flip: LONG}",
        "ask.policy=m:LONG", "turns=[LONG", "students.model=LONG", "seed=0xLONG", "keep=LONG", "LONG",
    ],
)  # fmt: skip
@pytest.mark.parametrize("character", ["9", "\u00e4"])
def test_a_long_override_is_told_in_a_short_line(
    override: str, character: str, capsys: pytest.CaptureFixture[str]
) -> None:
    short_line(["check", "surrogate", override.replace("LONG", character * 70_000)], capsys)
