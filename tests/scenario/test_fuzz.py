"""No scenario file, however broken, ends in a traceback: it is checked as good, or refused with exit code 2."""

import random
from pathlib import Path

import pytest
import yaml

from simulation.commands.main import main

ROOT = Path(__file__).resolve().parents[2]
SCRIPTED = """\
# A scenario that needs no model.
name: tiny
seed: 3
turns: 4
threads: null
environment: {name: "tests.support.scripted:TinyEnvironment", held: 20}
students: {name: "tests.support.scripted:ScriptedStudents", count: 2}
teacher: tests.support.scripted:ScriptedJudge
ask: {policy: {name: category, source: probe}, questions: 6, candidates: 30}
learn:
  trainer: {name: dpo, beta: 0.1}
  policy: mistakes
  every: 1
  experiences: null
evaluate: {every: 2, questions: 20}
"""
NASTY: list[object] = [
    None, True, "", " ", "no", "~", -1, 0, 10**30, 1.5, -0.0, float("inf"), float("nan"), [], {}, [[]], {"name": None},
    {"name": "random", "name2": 1}, {"name": 3}, [1, 2, 3], "random:random", ":", "os:system", "builtins:dict", "a:b:c",
    "simulation.core.types:Turn", "tests.support.scripted:Nothing",
    "../../etc/passwd", "\u202eevil", "é\u0301", "x" * 5000,
    "2024-13-45", "1e5", "0x", {"a": {"b": {"c": {}}}}, "math_word_problems", "dpo", "%s%n", "{}", "\x85",
]  # fmt: skip
TOKENS = [
    "&a ", "*a", "!!python/object:os.system ", "!!binary ", "{", "}", "[", "]", "\t", "? ", "---\n", "...\n", "- ",
    "%YAML 9.9\n", "<<: *a\n", "|", ">", '"', "'", "\x00", "\x1b[2J", "\u202e", "\ufeff", "\r", ": ", "#", ",", "@",
    "`", "\\x", "9" * 50,
]  # fmt: skip


def mutated_text(stream: random.Random, text: str) -> bytes:
    """Return `text` after a few cuts, swaps and insertions."""
    for _ in range(stream.randint(1, 4)):
        at = stream.randrange(len(text) + 1)
        lines = text.split("\n")
        row = stream.randrange(len(lines))
        match stream.randrange(8):
            case 0:
                text = text[:at] + stream.choice(TOKENS) + text[at:]
            case 1:
                text = text[:at] + text[at + stream.randint(1, 12) :]
            case 2:
                text = "\n".join([*lines[:row], *lines[row + 1 :]])
            case 3:
                text = "\n".join([*lines[: row + 1], *lines[row:]])
            case 4:
                text = "\n".join([*lines[:row], " " * stream.randint(1, 5) + lines[row], *lines[row + 1 :]])
            case 5:
                text = text[:at] + chr(stream.randrange(1, 0x3000)) + text[at + 1 :]
            case 6:
                text = text[: stream.randrange(len(text) // 2, len(text))] if len(text) > 2 else text
            case _:
                stream.shuffle(lines)
                text = "\n".join(lines)
    data = bytearray(text.encode("utf-8", "surrogatepass"))
    if data and stream.random() < 0.15:
        data[stream.randrange(len(data))] = stream.randrange(256)
    return bytes(data)


def mutated_tree(stream: random.Random, text: str) -> bytes:
    """Return a scenario with a few values replaced, removed or renamed."""
    tree = yaml.safe_load(text)
    for _ in range(stream.randint(1, 3)):
        node = tree
        while True:
            inner = [value for value in node.values() if isinstance(value, dict) and value]
            if not inner or stream.random() < 0.4:
                break
            node = stream.choice(inner)
        key = stream.choice(list(node))
        match stream.randrange(4):
            case 0:
                del node[key]
            case 1:
                node[key[:-1] + stream.choice("xyz")] = node.pop(key)
            case _:
                node[key] = stream.choice(NASTY)
        if not tree:
            break
    return yaml.safe_dump(tree, allow_unicode=True).encode("utf-8", "surrogatepass")


def sources() -> list[str]:
    """Return what is broken: all scenarios but the one whose rows `check` would look for on the Hub."""
    paths = [path for path in sorted((ROOT / "scenarios").glob("*.yaml")) if path.stem != "btp_published"]
    return [SCRIPTED, *(path.read_text(encoding="utf-8") for path in paths)]


@pytest.mark.parametrize("seed", range(40))
def test_a_broken_scenario_is_refused_in_lines_never_with_a_traceback(
    seed: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stream = random.Random(seed)
    texts = sources()
    refused = 0
    for number in range(10):
        text = SCRIPTED if number % 2 else stream.choice(texts)
        path = tmp_path / f"{number}.yaml"
        path.write_bytes(mutated_tree(stream, text) if number % 3 == 0 else mutated_text(stream, text))
        code = main(["check", str(path)])
        shown = capsys.readouterr()
        assert code in (0, 2), path.read_bytes()
        lines = shown.err.splitlines()
        assert bool(lines) == (code == 2), (lines, path.read_bytes())
        for line in lines:
            assert line.isprintable() and "Traceback" not in line, (line, path.read_bytes())
            assert line.startswith((str(path), repr(str(path)))), (line, path.read_bytes())
        refused += code == 2
    assert refused >= 5


def test_the_unbroken_texts_are_good(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "good.yaml"
    path.write_text(SCRIPTED, encoding="utf-8")
    assert main(["check", str(path)]) == 0, capsys.readouterr().err


def test_a_folder_a_missing_file_and_a_foreign_name_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in (str(tmp_path), str(tmp_path / "none.yaml"), "a\0b", "\ud800.yaml", "x" * 5000):
        assert main(["check", name]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert line.isprintable()
