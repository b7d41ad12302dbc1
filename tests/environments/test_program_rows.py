"""Rows of MBPP and of HumanEval's format become questions; what a prompt shows only measures; bad rows are named."""

import gzip
import json
import sys
import types
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from environments.program_rows import EVALUATE, LEARN, VALIDATE, load_programs, number
from environments.row_files import Rows
from simulation.core.errors import DataError
from simulation.core.kinds.code import Code
from simulation.core.kinds.program_tests import Test, Tests
from simulation.core.types import Question

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "mbpp"
FULL, SANITIZED = DATA / "mbpp.jsonl.gz", DATA / "sanitized-mbpp.json.gz"
real = pytest.mark.skipif(not DATA.is_dir(), reason=f"MBPP is not at {DATA}")
PROMPT = 'from typing import List\n\n\ndef twice(x: int) -> int:\n    """Double.\n    >>> twice( 2 )\n    4\n    """\n'
CHECK = """
METADATA = {'author': 'jt'}


def check(candidate):
    assert True, "good for debugging"
    assert candidate(2) == 4
    assert candidate(3) == 6, "three"
    assert candidate(5) == 10
    assert abs(candidate(0.5) - 1.0) < 1e-6
"""


def mbpp(**changes: object) -> dict[str, Any]:
    return {
        "task_id": 601,
        "text": "Write a function to add one. ",
        "code": "def f(x):\r\n  return x + 1 ",
        "test_list": ["assert f(1) == 2", "assert f(2) == 3", "assert f(3) == 4"],
        "test_setup_code": "",
        "challenge_test_list": [],
    } | changes


def human_eval(**changes: object) -> dict[str, Any]:
    return {
        "task_id": "HumanEval/7",
        "prompt": PROMPT,
        "entry_point": "twice",
        "canonical_solution": "    return 2 * x\n",
        "test": CHECK,
    } | changes


def read(tmp_path: Path, *rows: object) -> Rows:
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return load_programs(path)


def one(tmp_path: Path, row: object) -> Question:
    (question,) = read(tmp_path, row).questions
    return question


def key(question: Question) -> Tests:
    assert isinstance(question.key, Tests)
    return question.key


def codes(question: Question) -> tuple[list[str], list[str]]:
    """The visible tests and the hidden ones."""
    return (
        [test.code for test in key(question).tests if not test.hidden],
        [test.code for test in key(question).tests if test.hidden],
    )


def test_a_row_of_mbpp_shows_its_first_test_which_only_measures(tmp_path: Path) -> None:
    question = one(tmp_path, mbpp())
    assert question == Question(
        id="mbpp-601",
        prompt="Write a function to add one.\nYour program must pass this test, among others:\nassert f(1) == 2",
        form=Code(),
        key=Tests(
            tests=(
                Test(code="assert f(2) == 3"),
                Test(code="assert f(1) == 2", hidden=True),
                Test(code="assert f(3) == 4", hidden=True),
            ),
            reference="def f(x):\n  return x + 1 ",
        ),
        tags=("mbpp",),
    )
    assert number(question) == 601
    assert not isinstance(question.shown().key, Tests)


def test_tests_that_the_published_suite_leaves_out_do_not_count(tmp_path: Path) -> None:
    question = one(tmp_path, mbpp(challenge_test_list=["assert f(-1) == 0"]))
    assert question == one(tmp_path, mbpp())


def test_what_the_prompt_shows_measures_and_teaches_nothing(tmp_path: Path) -> None:
    repeated = mbpp(test_list=["assert f(1) == 2", "assert f( 1 )==2", "assert f(2) == 3", "assert f(2) == 3"])
    assert codes(one(tmp_path, repeated)) == (["assert f(2) == 3"], ["assert f(1) == 2"])
    assert codes(one(tmp_path, human_eval())) == (
        ["assert twice(3) == 6, 'three'", "assert twice(5) == 10"],
        ["assert twice(2) == 4", "assert abs(twice(0.5) - 1.0) < 1e-06"],
    )
    alone = one(tmp_path, mbpp(test_list=["assert f(1) == 2", "assert f( 1 ) == 2"]))
    assert codes(alone) == ([], ["assert f(1) == 2"])
    shown = one(tmp_path, human_eval(test="def check(candidate):\n    assert candidate(2) == 4"))
    assert codes(shown) == ([], ["assert twice(2) == 4"])


@pytest.mark.parametrize(
    ("example", "call"),
    [
        (">>> twice( 2 )\n    4", "2"), ("twice(2) == 4", "2"), ("For example twice(2) -> 4.", "2"),
        ("`twice (2)` is 4", "2"), ("twice('ab') is 'abab'", '"ab"'), (">>> twice([1, 2])\n    [1, 2]", "[1,2]"),
        ("twice( { 'a': 1 } )", '{"a": 1}'), (">>> twice(-2)\n    -4", "- 2"),
    ],
)  # fmt: skip
def test_an_example_of_a_prompt_however_it_is_written_only_measures(tmp_path: Path, example: str, call: str) -> None:
    prompt = f'def twice(x):\n    """Double.\n    {example}\n    """\n'
    check = f"def check(candidate):\n    assert candidate({call})\n    assert candidate(7)\n    assert candidate(8)"
    visible, hidden = codes(one(tmp_path, human_eval(prompt=prompt, test=check)))
    assert visible == ["assert twice(7)"] and hidden[-1] == "assert twice(8)" and len(hidden) == 2


def test_setup_and_imports_run_before_the_tests(tmp_path: Path) -> None:
    question = one(tmp_path, mbpp(test_setup_code="root = 1", test_imports=["import math", "import re"]))
    assert key(question).setup == "import math\nimport re\nroot = 1"
    assert "root" not in question.prompt


def test_the_sanitized_rows_name_their_text_prompt(tmp_path: Path) -> None:
    row = mbpp(prompt="Add one.", source_file="x.ipynb", test_imports=[])
    del row["text"], row["test_setup_code"], row["challenge_test_list"]
    assert one(tmp_path, row).prompt.startswith("Add one.\n")


def test_a_row_of_human_eval_is_continued(tmp_path: Path) -> None:
    question = one(tmp_path, human_eval())
    assert (question.id, question.tags, question.prompt) == ("humaneval-7", ("humaneval",), PROMPT)
    assert (question.form.opening, key(question).reference, key(question).setup) == (PROMPT, "    return 2 * x", "")
    assert number(question) is None


def test_what_stands_around_a_check_is_its_setup(tmp_path: Path) -> None:
    test = "import math\n\ndef near(a, b): return math.isclose(a, b)\n\ndef check(f):\n    assert near(f(1), 2)\n"
    question = one(tmp_path, human_eval(test=test))
    assert key(question).setup == "import math\n\ndef near(a, b):\n    return math.isclose(a, b)"
    assert codes(question) == (["assert near(twice(1), 2)"], [])


def test_a_check_that_is_more_than_asserts_is_one_hidden_test(tmp_path: Path) -> None:
    test = "def check(candidate):\n    for x in range(9):\n        assert candidate(x) == 2 * x\n"
    question = one(tmp_path, human_eval(test=test))
    assert (codes(question), key(question).setup) == (([], ["check(twice)"]), test)


def test_other_names_than_humanevals_keep_their_own(tmp_path: Path) -> None:
    rows = [human_eval(task_id="Mine/Hard/3"), human_eval(task_id=4), human_eval(task_id="5")]
    questions = read(tmp_path, *rows).questions
    assert [(each.id, each.tags) for each in questions] == [
        ("mine/hard-3", ("mine/hard",)),
        ("humaneval-4", ("humaneval",)),
        ("humaneval-5", ("humaneval",)),
    ]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("half a row", "not a JSON object"),
        ({"question": "?"}, "neither a test_list .* nor an entry_point .* it has question"),
        (mbpp(task_id="one"), "task_id must be a whole number, got 'one'"),
        (mbpp(task_id=True), "task_id must be a whole number"),
        (mbpp(text=None), "text must be a text, got None"),
        (mbpp(text=" "), "text must be a text"),
        (mbpp(text="half \ud800"), "text holds half a surrogate pair"),
        (mbpp(code="def f(x) return"), "code is not Python: .* in line 1"),
        (mbpp(code="\0"), "code is not Python"),
        (mbpp(test_list=[]), "has no tests"),
        (mbpp(test_list="assert f(1) == 2"), "test_list must be a list of texts"),
        (mbpp(test_list=["assert f(1) == 2", 7]), "test_list 2 must be a text, got 7"),
        (mbpp(test_list=["assert f(1) == 2", "assert f(1"]), "test_list 2 is not Python"),
        (mbpp(test_setup_code="def"), "test_setup_code is not Python"),
        (mbpp(test_imports=[1]), "test_imports must be a list of texts"),
        (mbpp(test_imports=["import"]), "test_imports is not Python"),
        (mbpp(test_list=["assert f(1) == 2", "assert f(" + "-" * 999 + "1)"]), "nests too deeply"),
        (mbpp(test_list=["assert f(1) == 2", "assert x" + ".a" * 600]), "nests too deeply|is not Python"),
        (human_eval(task_id=None), "task_id must be a text or a number"),
        (human_eval(entry_point="no name"), "entry_point must be a function's name"),
        (human_eval(entry_point="thrice"), "begins no function 'thrice'"),
        (human_eval(prompt=3), "prompt must be a text"),
        (human_eval(canonical_solution="return"), "prompt with its canonical_solution is not Python: .return. outside"),
        (human_eval(test="assert twice(1) == 2"), "its test defines no function check"),
    ],
)
def test_a_bad_row_is_refused_with_its_place_and_reason(tmp_path: Path, row: object, reason: str) -> None:
    with pytest.raises(DataError, match=f"no programming question could be read.*rows.jsonl:1: .*({reason})"):
        read(tmp_path, row)
    rows = read(tmp_path, mbpp(task_id=1), row, human_eval(task_id=2))
    assert [each.id for each in rows.questions] == ["mbpp-1", "humaneval-2"]
    assert [(each.file, each.line) for each in rows.refused] == [("rows.jsonl", 2)]


def test_a_task_that_stands_twice_is_read_once(tmp_path: Path) -> None:
    rows = read(tmp_path, mbpp(), mbpp(text="other"))
    assert len(rows.questions) == 1
    assert str(rows.refused[0]) == "rows.jsonl:2: repeats the question of rows.jsonl:1"


def test_a_hub_name_is_loaded_through_datasets_with_its_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[object, ...]] = []

    def load_dataset(*names: str, revision: str | None, split: str | None) -> object:
        calls.append((*names, revision, split))
        return {"train": [mbpp()], "test": [mbpp(task_id=11)]}

    monkeypatch.setitem(sys.modules, "datasets", types.SimpleNamespace(load_dataset=load_dataset))
    assert [number(each) for each in load_programs("someone/mbpp:sanitized@main").questions] == [601, 11]
    assert len(load_programs("someone/mbpp").questions) == 2
    assert calls == [("someone/mbpp", "sanitized", "main", None), ("someone/mbpp", None, None)]


@pytest.mark.parametrize("name", ["rows.jsonl.gz", "rows.json", "rows.json.gz"])
def test_every_kind_of_file_is_read(tmp_path: Path, name: str) -> None:
    rows = [mbpp(task_id=each) for each in range(3)]
    text = "\n".join(map(json.dumps, rows)) if "jsonl" in name else json.dumps(rows)
    (tmp_path / name).write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    assert len(load_programs(tmp_path / name).questions) == 3


@real
def test_the_rows_of_mbpp_are_questions_with_all_their_tests() -> None:
    questions, refused = load_programs(FULL)
    assert (len(questions), refused) == (974, ())
    kinds = Counter(tuple(map(len, codes(each))) for each in questions)
    assert kinds == {(1, 2): 969, (1, 1): 4, (0, 1): 1}
    numbers = [number(each) for each in questions]
    assert [sum(each in ids for each in numbers) for ids in (LEARN, VALIDATE, EVALUATE)] == [374, 90, 500]


@real
def test_the_rows_of_sanitized_mbpp_are_questions() -> None:
    questions, refused = load_programs(SANITIZED)
    assert (len(questions), refused) == (427, ())
    assert sum(bool(key(each).setup) for each in questions) == 13


@real
@pytest.mark.parametrize("path", [FULL, SANITIZED])
def test_what_a_prompt_of_mbpp_shows_is_measured_and_not_learned_from(path: Path) -> None:
    for question in load_programs(path).questions:
        shown = question.prompt.rpartition(":\n")[2]
        visible, hidden = codes(question)
        assert shown.startswith("assert") and shown in hidden
        assert not any(code in question.prompt for code in visible)


def test_a_row_that_cannot_be_written_anew_is_refused_by_name(tmp_path: Path) -> None:
    huge = f"0x{'f' * 5000}"
    check = f"def check(candidate):\n    assert candidate(1) == {huge}\n    assert candidate(2) == 3"
    row = {
        "task_id": "t/1",
        "prompt": "def f(x):\n",
        "canonical_solution": "    return x",
        "test": check,
        "entry_point": "f",
    }
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps(row), encoding="utf-8")
    with pytest.raises(DataError, match="cannot be written as Python"):
        load_programs(file)
