"""JSON that people bring: a key that an object writes twice is refused with its line, whoever reads it."""

import json
from pathlib import Path

import pytest

from agents.judges import teacher_rows
from agents.judges.reward_files import read_vectors
from agents.models.nearness import numbers_by_item
from environments.logs import amazon
from environments.logs.files import Odd
from environments.questions import OwnQuestions
from environments.script_rows import decoded as decoded_column
from simulation.core.brought_json import WrittenTwice, decoded, elements
from simulation.core.catalogue import Catalogue
from simulation.core.errors import DataError

TWICE = "the key 'b' is written twice; keep one of them"
ITEMS = Catalogue(items=("a", "b"), codes=(("1",), ("2",)), titles=("one", "two"))


@pytest.mark.parametrize("text", ['{"b": 1, "b": 2}', '{"a": {"b": 1, "b": 1}}', '[1, {"c": [{"b": 1, "b": 2}]}]'])
def test_a_key_that_is_written_twice_is_refused_however_deep(text: str) -> None:
    with pytest.raises(WrittenTwice, match=TWICE):
        decoded(text)


@pytest.mark.parametrize("value", [[], [1], [{}, {"a": [1, {"b": None}]}, "x, y]", -1.5, []]])
def test_a_list_is_read_value_by_value(value: list[object]) -> None:
    for text in (json.dumps(value), json.dumps(value, indent=1), f" {json.dumps(value)} "):
        assert decoded(text) == value == list(elements(text))


def test_of_a_list_only_the_wrong_value_is_refused() -> None:
    first, second, third = elements('[{"a": 1},\n {"b": 1, "b": 2},\n {"a": 3}]')
    assert (first, str(second), third) == ({"a": 1}, TWICE, {"a": 3})


@pytest.mark.parametrize("ending", ["json", "jsonl"])
def test_a_row_with_a_key_twice_is_refused_by_its_line_and_the_others_are_read(ending: str, tmp_path: Path) -> None:
    rows = [f'{{"question": "{name}", "options": ["p", "q"], "correct": "p"}}' for name in "abcd"]
    rows[2] = rows[2].replace("}", ', "correct": "q"}')
    text = f"[{', '.join(rows)}]" if ending == "json" else "\n".join(rows)
    path = tmp_path / f"own.{ending}"
    path.write_text(text, encoding="utf-8")
    notices = OwnQuestions(rows=str(path)).questions(0).notices
    assert notices[1] == f"own.{ending}:3: the key 'correct' is written twice; keep one of them"
    path.write_text(f"[{rows[2]}]" if ending == "json" else rows[2], encoding="utf-8")
    with pytest.raises(DataError, match=f"own.{ending}:1: the key 'correct' is written twice; keep one of them$"):
        OwnQuestions(rows=str(path)).questions(0)


def test_rows_of_a_teacher_and_numbers_of_items_name_the_line(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_text('{"answer": "1", "reference": "1", "correct": true, "correct": false}', encoding="utf-8")
    with pytest.raises(DataError, match=r"x.json:1: the key 'correct' is written twice"):
        teacher_rows.read_rows(file)
    file.write_text('{"a": [1],\n "b": [2],\n "b": [3]}', encoding="utf-8")
    with pytest.raises(DataError, match=rf"x.json:3: {TWICE}"):
        read_vectors(file, ITEMS)
    file.write_text('{"a": 1, "b": 2,\n "b" : 3}', encoding="utf-8")
    with pytest.raises(DataError, match=rf"x.json:2: {TWICE}"):
        numbers_by_item(file, ITEMS)


def test_a_column_of_json_names_itself() -> None:
    with pytest.raises(DataError, match=f"input_output: {TWICE}"):
        decoded_column({"input_output": '{"b": [], "b": []}'}, "input_output")


def test_a_line_of_a_dump_with_a_key_twice_is_odd(tmp_path: Path) -> None:
    file = tmp_path / "meta_X.json"
    file.write_text('{"asin": "1", "title": "t, \\"asin\\""}\n{"asin": "1", "asin": "2"}\n', encoding="utf-8")
    first, second = amazon._objects(file, amazon.Metadata)
    assert isinstance(first, tuple) and isinstance(second, Odd)
    assert str(second).endswith("meta_X.json:2: a key that is written twice (asin); keep one of them")
