"""Mistakes inside scenario files and overrides: one line says what, where, which value and what to write instead."""

from pathlib import Path

import pytest

from simulation.commands.main import main

ROOT = Path(__file__).resolve().parents[2]
GOOD = """\
name: tiny
turns: 2
environment: math_word_problems
students: irt_learner
teacher: answer_key
ask: {policy: random, questions: 4}
learn: {policy: mistakes}
evaluate: {every: 2, questions: 20}
"""
IN_FILES = {
    ("ask: {policy: random, questions: 4}", "ask: random"): "x.yaml:6: ask: write a mapping of keys, such as "
    "ask: {policy: random}; got 'random'",
    ("ask: {policy: random, questions: 4}", "ask: rndom"): "such as {policy: random}; got 'rndom'",
    ("learn: {policy: mistakes}", "learn: mistakes"): "x.yaml:7: learn: write a mapping of keys, such as "
    "learn: {policy: mistakes}; got 'mistakes'",
    ("policy: random", "policy: 3"): "x.yaml:6: ask.policy: write a name such as random, or a mapping such as "
    "{name: random} with its parameters; got 3",
    ("policy: random", "policy: [random, bald]"): "one value is taken; to play several, use `compare` with --vary "
    "ask.policy=random,bald",
    ("policy: random", "policy: {flip: 1}"): "ask.policy: the key 'name' is missing; write it, such as name: random",
    ("policy: random", "policy: {name: random, flip: 1}"): "unknown key 'flip'; no keys are known here, so remove it",
    ("policy: random", "policy: 'module:Wrong'"): "no module 'module' lies beside the scenario file or on PYTHONPATH; "
    "put module.py there",
    ("policy: random", "policy: 'own:Wrong'"): "its module has no class 'Wrong'; did you mean 'Wright'? known: Wright",
    ("environment: math_word_problems\n", ""): "the key 'environment' is missing; write it, such as environment: "
    "math_word_problems",
    ("students: irt_learner", "students: {model: embedded, lora: 8}"): "x.yaml:4: students.lora: write a mapping of "
    "keys, such as {rank: 8}; got 8",
    ("name: tiny", "name: ../x"): "x.yaml:1: name: write 1 to 64 letters, digits, dots, hyphens and underscores, a "
    "letter or digit first; got '../x'",
    ("turns: 2", "turns:\t2\n\tseed: 0"): "x.yaml:2: a tab stands where YAML has spaces; indent with spaces",
    ("turns: 2", "questions: 2"): "questions: unknown key 'questions'; it belongs to ask.questions or "
    "evaluate.questions, in a file each key below the one before it",
    ("turns: 2", "trainer: dpo"): "trainer: unknown key 'trainer'; it belongs to learn.trainer, in a file",
    ("turns: 2", "student: 2"): "student: unknown key 'student'; did you mean 'students'?",
    ("turns: 2", "ask.policy: random"): "ask.policy: unknown key 'ask.policy'; it belongs to ask.policy, in a file",
    ("questions: 4", "rate: 4"): "ask.rate: unknown key 'rate'; it belongs to students.rate, in a file",
    ("questions: 4", "questions:4"): "'questions:4'; write a blank after the colon, questions: 4",
    ("policy: random", "policy: mistakes"): "unknown question policy 'mistakes'; it is the name of another kind, "
    "experience policy; known: adarft",
    ("questions: 4}", "questions: 4}}"): "x.yaml:6: a closing bracket too many, }; remove it",
    ("teacher: answer_key", "teacher: {name: noisy, flip: 0,2}"): "x.yaml:5: 2 stands after a comma, as a key does; "
    "write a decimal with a dot",
    ("name: tiny", "```yaml\nname: tiny"): "x.yaml:1: a line of Markdown (`), which is no part of the scenario; remove",
    ("turns: 2", "turns: 2: 3"): "x.yaml:2: a colon where none can stand; put a text with a colon in quotes",
    ("turns: 2", "turns: @2"): "x.yaml:2: no value can begin with '@'; put it in quotes",
    ("turns: 2", "turns: *two"): "x.yaml:2: *two stands for nothing here; put a text that begins with * in quotes",
    ("turns: 2", "turns: * two"): "x.yaml:2: no plain text can begin with * or &; put it in quotes",
    ("turns: 2", "turns: [2"): "x.yaml:2: a list lacks a comma or its closing bracket; write [A, B]",
    ("turns: 2", "turns: 'two"): "x.yaml:2: a quote is opened and not closed; close it",
    ("turns: 2", 'turns: "\\q"'): "x.yaml:2: \\q means nothing in double quotes; use single quotes",
    ("turns: 2", "turns"): "x.yaml:2: a line that is no key with its value; write KEY: VALUE",
    ("turns: 2", "- turns"): "x.yaml:2: the line does not stand under those before it",
    ("turns: 2", "turns: 2\n---"): "x.yaml:3: a second document begins (---)",
    ("evaluate: {every: 2, questions: 20}", "evaluate: {every: 2, questions: 20"): "x.yaml:8: a bracket is opened and "
    "not closed; close it",
}  # fmt: skip
OVERRIDES = {
    "evaluate.temperature=[1,1]": "evaluate: temperature 1 stands more than once; write each once",
    "students={model: embedded, device: gpu}": "students.device: write auto, cpu, mps, cuda, or of several GPUs one "
    "such as cuda:1; got 'gpu'",
    "environment.rows=none.csv": "environment: no file or folder '",
    "environment.rows=''": "environment.rows: is empty; write a path or a name, or remove the key",
    "ask.whole_class=yes": "ask.whole_class: write true or false; got 'yes'",
    "turns=none": "turns: write a whole number from 1 to 1000000; got 'none'",
    "turns=": "turns: write a whole number from 1 to 1000000; got nothing (null)",
    "turns=1e400": "turns: write a whole number from 1 to 1000000; got inf",
    "track=wandb": "track: write a list, each 'tensorboard', 'wandb', 'mlflow' or 'trackio', such as [tensorboard]; "
    "got 'wandb'",
    "keep=all": "keep: write 'newest' or 'evaluated'; got 'all'",
    "evaluate.temperature=hot": "evaluate.temperature: write a number from 0 to 100, or a list of 1 to 20, each a "
    "number from 0 to 100, such as [0.5], or null; got 'hot'",
    "evaluate.temperature=[hot]": "evaluate.temperature.0: write a number from 0 to 100; got 'hot'",
    "compare.seeds=x": "compare.seeds: write a whole number from 1 to 10000, or a list of 1 to 10000",
    "ask.policy=random,category": "ask.policy: there is no question policy 'random,category'; one value is taken; to "
    "play several, use `compare` with --vary ask.policy=random,category",
    "ask.questions=2,3": "ask.questions: write a whole number from 1 to 100000000, or null; got '2,3'; one value is "
    "taken; to play several, use `compare` with --vary ask.questions=2,3",
    "ask.policy=random,": "ask.policy: unknown question policy 'random,'; did you mean 'random'? known: adarft",
    "teacher.flip=0.2": "teacher.flip: unknown key 'flip'; it is a key of noisy, so name that, or remove it",
    "ask_questions=2": "ask_questions: unknown key 'ask_questions'; it belongs to ask.questions, in a file",
    "every=2": "every: unknown key 'every'; it belongs to learn.every or evaluate.every, in a file",
    "students=embedded": "students: unknown students 'embedded'; if it is a model, write {model: embedded}; known: api",
    "students.rate=0,1": "students.rate: write a number from 0 to 10; got '0,1'; write a decimal with a dot, 0.1",
    "turns='3'": "turns: write a whole number from 1 to 1000000; got '3'; write 3 without quotes",
    "ask.policy=[random": "a bracket is opened and not closed; close it",
    "name=\a": "the character '\\x07' cannot stand in YAML; remove it",
    "name=!x y": "the tag '!x' is not allowed; write plain values only",
}

QUESTIONS = GOOD.replace("environment: math_word_problems", "environment: {name: questions, rows: rows.csv}")
ROWS = "question,option_a,option_b,correct\n" + "".join(f"how many is {number} ?,1,2,a\n" for number in range(8))
JSON = '{"question": "how many is 1 ?", "options": ["1", "2"], "correct": %s}'
IN_ROWS = {
    "semicolons.csv": (
        ROWS.replace(",", ";").replace(";", ",", 3),
        "semicolons.csv:2: it has one cell under 4 named columns; write between cells what stands between those of the",
    ),
    "slip.csv": (
        ROWS.replace("correct", "corect"),
        "slip.csv: no column is named correct; the columns are 'question', ",
    ),
    "slips.csv": (ROWS.replace("correct", "corect"), "; 'corect' may be meant; name one so in the file's first line"),
    "title.csv": (f"My quiz\n{ROWS}", "the columns are 'My quiz'; remove what stands above the line of the columns'"),
    "twice.csv": (ROWS.replace("option_b", "Correct"), "the columns 'Correct' and 'correct' say the same; rename or"),
    "zero.jsonl": (JSON % 0, "b) '2'; correct it, or where options count from 0 add correct_is: index"),
    "nan.jsonl": (JSON % "NaN", "nan.jsonl:1: correct is empty; write the right option's letter, number or text"),
    "list.jsonl": (f"[{JSON % 0},\n{JSON % 1}]", "name a list of objects .json"),
    "single.jsonl": ("{'question': 'how many ?'}", "give a JSON object a line, its texts in double quotes"),
    "dense.gift": (
        "how many ? {=1 ~2}\nhow much ? {=1 ~2}\n",
        "more than one pair of braces; leave a blank line between two questions",
    ),
}


def told(path: Path, capsys: pytest.CaptureFixture[str], *overrides: str) -> str:
    """The line that `check` says of a mistake."""
    code = main(["check", str(path), *overrides])
    (line,) = capsys.readouterr().err.splitlines() or [""]
    assert code == 2, line
    assert len(line) < 700 and "unicode string" not in line and "input should" not in line.lower(), line
    return line


@pytest.mark.parametrize("change", IN_FILES, ids=lambda change: change[1])
def test_a_mistake_in_a_file_is_told_with_its_line(
    change: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "own.py").write_text("class Wright: ...\n", encoding="utf-8")
    path = tmp_path / "x.yaml"
    assert change[0] in GOOD
    path.write_text(GOOD.replace(*change), encoding="utf-8")
    line = told(path, capsys)
    assert line.startswith(f"{path}:") and IN_FILES[change] in line, line


@pytest.mark.parametrize("override", OVERRIDES)
def test_a_mistake_in_an_override_is_told_with_its_words(
    override: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(GOOD, encoding="utf-8")
    line = told(path, capsys, override)
    assert line.startswith(f"override {override!r}: {OVERRIDES[override]}"), line


@pytest.mark.parametrize("name", IN_ROWS)
def test_a_mistake_in_rows_is_told_with_their_file(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(QUESTIONS.replace("rows.csv", name), encoding="utf-8")
    (tmp_path / name).write_text(IN_ROWS[name][0], encoding="utf-8")
    line = told(path, capsys)
    assert IN_ROWS[name][1] in line and line.startswith(f"{path}:3: environment: "), line


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ("ROWS.csv", "did you mean 'rows.csv'?"),
        ("rows.cvs", "did you mean 'rows.csv'?"),
        ("zzzz.csv", "correct the path"),
        ("https://example.com/rows.csv", "is an address, of which nothing is fetched; download the file and name it"),
        ("https://example.com/rows", "is an address, of which nothing is fetched; download the file and name it"),
    ],
)
def test_rows_that_are_not_there_are_told_with_what_may_be_meant(
    rows: str, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(QUESTIONS.replace("rows.csv", f"./{rows}" if ":" not in rows else rows), encoding="utf-8")
    (tmp_path / "rows.csv").write_text(ROWS, encoding="utf-8")
    assert says in told(path, capsys)
