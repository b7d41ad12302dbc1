"""Rows of IFEval's format become questions with conditions, prompts for stories some without; bad rows are named."""

import json
from pathlib import Path
from typing import Any

import pytest

from agents.judges.conditions import checked
from environments.instructions import Instructions
from environments.lines.published import PUBLISHED, load_prompts
from environments.row_files import Rows
from simulation.core.errors import DataError
from simulation.core.kinds.conditions import Condition, Conditions


def row(**changes: object) -> dict[str, Any]:
    return {
        "key": 1000,
        "prompt": "Write about the sea in less than 20 words, without commas.",
        "instruction_id_list": ["length_constraints:number_words", "punctuation:no_comma"],
        "kwargs": [{"num_words": 20, "relation": "less than"}, {}],
    } | changes


def written(tmp_path: Path, *rows: object, name: str = "rows.jsonl") -> Path:
    path = tmp_path / name
    lines = [one if isinstance(one, str) else json.dumps(one) for one in rows]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def read(tmp_path: Path, *rows: object, name: str = "rows.jsonl") -> Rows:
    return load_prompts(str(written(tmp_path, *rows, name=name)))


def refusal(tmp_path: Path, **changes: object) -> str:
    _, (refused,) = read(tmp_path, row(key=1), row(**changes))
    return str(refused)


def test_a_row_becomes_a_question_with_its_conditions(tmp_path: Path) -> None:
    ((question,), refused) = read(tmp_path, row())
    assert not refused
    assert question.id == "ifeval-1000" and question.prompt == row()["prompt"]
    assert question.tags == ("2 conditions", "length_constraints:number_words", "punctuation:no_comma")
    assert question.key == Conditions(
        conditions=(
            Condition(name="length_constraints:number_words", parameters={"num_words": 20, "relation": "less than"}),
            Condition(name="punctuation:no_comma"),
        )
    )
    assert checked(question, "The sea is wide").score == 1
    verdict = checked(question, "The sea, the ship")
    assert (verdict.score, verdict.metrics["instruction_strict"]) == (0, 0.5)


EXAMPLES = {"count": 2, "text": "sea", "texts": ["sea", "ship"], "relation": "at least"}


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_published_condition_is_read_and_can_be_checked(name: str, tmp_path: Path) -> None:
    """On the Hub every row carries every parameter, those of other conditions as null."""
    others = {key: None for kinds in PUBLISHED.values() for key in kinds}
    values = others | {key: EXAMPLES[kind] for key, kind in PUBLISHED[name].items()}
    ((question,), refused) = read(tmp_path, row(instruction_id_list=[name], kwargs=[values]))
    assert not refused and question.tags == ("1 condition", name)
    assert checked(question, "the sea").reason in ("met", f"{name} not met")


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        (
            {"instruction_id_list": ["punctuation:no_commas", "punctuation:no_comma"]},
            "no condition is called 'punctuation:no_commas'; did you mean 'punctuation:no_comma'?",
        ),
        (
            {"instruction_id_list": ["language:response_language"], "kwargs": [{"language": "hi"}]},
            "no rule checks 'language:response_language', because telling languages apart takes a model; leave the",
        ),
        ({"instruction_id_list": []}, "instruction_id_list must be a list of conditions, got []"),
        ({"instruction_id_list": "punctuation:no_comma"}, "instruction_id_list must be a list of conditions, got 'pun"),
        ({"instruction_id_list": [3, None]}, "no condition is called 3; known: "),
        ({"kwargs": [{}]}, "kwargs must be a list of 2, one for each condition, got [{}]"),
        ({"kwargs": None}, "kwargs must be a list of 2, one for each condition, got None"),
        ({"kwargs": [3, {}]}, "the parameters of 'length_constraints:number_words' must be a JSON object, got 3"),
        (
            {"kwargs": [{"num_words": "20", "relation": "less than"}, {}]},
            "num_words of length_constraints:number_words must be a whole number, 0 or more, got '20'",
        ),
        (
            {"kwargs": [{"num_words": True, "relation": "less than"}, {}]},
            "num_words of length_constraints:number_words must be a whole number, 0 or more, got True",
        ),
        (
            {"kwargs": [{"num_words": 2.5, "relation": "less than"}, {}]},
            "num_words of length_constraints:number_words must be a whole number, 0 or more, got 2.5",
        ),
        (
            {"kwargs": [{"num_words": 20, "relation": "at most"}, {}]},
            "relation of length_constraints:number_words must be 'at least' or 'less than', got 'at most'",
        ),
        (
            {"kwargs": [{"num_words": 20}, {}]},
            "relation of length_constraints:number_words must be 'at least' or 'less than', got None",
        ),
        (
            {"kwargs": [{"number": 20, "relation": "less than"}, {}]},
            "'length_constraints:number_words' takes no 'number'; did you mean 'num_words'?",
        ),
        (
            {"instruction_id_list": ["keywords:existence"], "kwargs": [{"keywords": ["sea", ""]}]},
            "keywords of keywords:existence must be a list of texts, got ['sea', '']",
        ),
        ({"prompt": " "}, "prompt must be a text, got ' '"),
        ({"prompt": None}, "prompt must be a text, got None"),
        ({"key": None}, "key must be a text or a number, got None"),
        ({"key": 1}, "repeats the question of rows.jsonl:1"),
    ],
    ids=range(19),
)
def test_a_row_that_is_no_question_is_refused_by_file_and_row(
    changes: dict[str, object], complaint: str, tmp_path: Path
) -> None:
    assert refusal(tmp_path, **changes).startswith(f"rows.jsonl:2: {complaint}")


def test_a_row_that_is_cut_short_is_no_prompt(tmp_path: Path) -> None:
    _, (refused,) = read(tmp_path, row(), '{"key": 7, "prompt": "Write')
    assert str(refused).startswith("rows.jsonl:2: begins as JSON does and is none: ")


def test_rows_of_which_none_can_be_read_are_refused_with_the_first(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no text question could be read .*rows\.jsonl:1: neither a JSON object nor"):
        read(tmp_path, "[1, 2]")
    with pytest.raises(DataError, match=r"no file or folder 'nowhere\.jsonl'"):
        load_prompts("nowhere.jsonl")


def test_prompts_without_conditions_are_lines_of_a_text_or_rows(tmp_path: Path) -> None:
    lines, refused = read(
        tmp_path, "Write a poem on rain.", "", "Tell a story. ", "Write a poem on rain.", name="p.txt"
    )
    assert [question.prompt for question in lines] == ["Write a poem on rain.", "Tell a story."]
    assert [str(line) for line in refused] == ["p.txt:4: repeats a question above it"]
    rows, _ = read(tmp_path, {"prompt": "Write a poem on rain."}, "Tell a story.")
    assert rows == lines
    assert all(question.key == Conditions() and question.tags == ("no conditions",) for question in rows)
    assert [checked(rows[0], text).score for text in ("Rain falls.", " ")] == [1, 0]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [(b"", "holds no prompts"), (b"\xff", "is not UTF-8 text"), (None, "cannot be read: No such file")],
)
def test_a_text_that_holds_no_prompts_is_refused(content: bytes | None, complaint: str, tmp_path: Path) -> None:
    path = tmp_path / "p.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=complaint):
        load_prompts(str(path))


def test_rows_are_split_by_their_content_or_measure_beside_the_bank(tmp_path: Path) -> None:
    path = written(
        tmp_path, *[row(key=number, prompt=f"Write about {number} seas.") for number in range(40)], row(key="")
    )
    splits = Instructions(rows=str(path), probe_size=5).questions(0)
    assert [len(part) for part in (splits.pool, splits.probe, splits.held_out)] == [29, 5, 6]
    ids = {question.id for part in (splits.pool, splits.probe, splits.held_out) for question in part}
    assert len(ids) == 40
    assert splits.notices[0].endswith("read 40 questions, refused 1 rows") and "rows.jsonl:41" in splits.notices[1]
    beside = Instructions(held_out_rows=str(path)).questions(0)
    assert len(beside.held_out) == 40 and len(beside.pool) == 8000 and "rows.jsonl:41" in beside.notices[1]
    both = Instructions(rows=str(path), held_out_rows=str(path), probe_size=0 + 1)
    with pytest.raises(DataError, match=r"nothing may be asked, because all of its 40 question\(s\) are held out"):
        both.questions(0)


def test_rows_on_the_hub_are_named_and_local_ones_are_not() -> None:
    assert Instructions(rows="google/IFEval").elsewhere() == ["rows google/IFEval on the Hub"]
    assert Instructions(rows="prompts.txt", held_out_rows="./rows.jsonl").elsewhere() == []
