"""MathQA rows become questions, and every row that does not is named with file, line and reason."""

import gzip
import json
import re
import sys
import types
from pathlib import Path
from typing import Any

import pytest

from environments.mathqa import load_rows, parse_options
from simulation.core.errors import DataError

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "mathqa"
real = pytest.mark.skipif(not DATA.is_dir(), reason=f"the MathQA sample is not at {DATA}")


def row(**changes: object) -> dict[str, Any]:
    return {
        "Problem": "what is 2 + 2 ?",
        "Rationale": "it 鈥\ufffd s four \x92",
        "options": "a ) 1 , b ) 2 , c ) 3 , d ) 4 , e ) 5",
        "correct": "d",
        "category": "general",
    } | changes


def bare(text: str) -> str:
    """Drop spaces and what writing a list as text adds."""
    return re.sub(r"[\s'\"\[\]]", "", text)


def write(path: Path, rows: list[Any]) -> Path:
    text = "\n".join(json.dumps(each) for each in rows)
    if path.name.endswith(".gz"):
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text, encoding="utf-8")
    return path


@real
def test_every_row_of_the_real_sample_is_a_question() -> None:
    questions, refused = load_rows(DATA)
    assert (len(questions), refused) == (5079, ())
    assert len({question.id for question in questions}) == 5079
    for question in questions:
        assert question.form.alternatives.count(question.key.reference or "") == 1
        assert all(
            choice and not choice.startswith(("a )", "b )", "c )", "d )", "e )"))
            for choice in question.form.alternatives
        )


@real
def test_splits_of_the_real_sample_have_the_published_category_counts() -> None:
    dev = load_rows(DATA, "dev").questions
    counts = {name: sum(question.category == name for question in dev) for name in {q.category for q in dev}}
    assert counts == {"general": 2006, "physics": 1056, "gain": 743, "geometry": 308, "other": 288, "probability": 74}
    assert len(load_rows(DATA, "challenge_test").questions) == 604


@real
def test_options_of_the_real_sample_rejoin_to_their_string() -> None:
    with gzip.open(DATA / "dev.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    as_lists = sum(each["options"].startswith("[") for each in rows)
    changed = 0
    for each in rows:
        texts = parse_options(each["options"])
        joined = ",".join(f"{letter}){text}" for letter, text in zip("abcde", texts, strict=True))
        changed += bare(joined) != bare(each["options"])
    assert (as_lists, changed) == (115, 66)  # the second are those that repeat their letters


@pytest.mark.parametrize(
    ("options", "texts"),
    [
        ("a ) 38 , b ) 40 , c ) 41 , d ) 42 , e ) 43", ["38", "40", "41", "42", "43"]),
        ("a ) a ) 3 , b ) 2 , c ) c ) 5 , d ) d ) 21 , e ) d ) 28", ["3", "2", "5", "21", "28"]),
        ("a ) a ) 10,700 , b ) b ) 16,000 , c ) 1 , d ) 2 , e ) 3", ["10,700", "16,000", "1", "2", "3"]),
        ("['a ) 1 o', 'b ) b ) 2', 'c ) 3', 'd ) 4', 'e ) 5']", ["1 o", "2", "3", "4", "5"]),
        (["1", "2", "3", "4", "5"], ["1", "2", "3", "4", "5"]),
        ("a ) ( a + b ) , b ) ( b - a ) , c ) b , d ) 4 b , e ) 5", ["( a + b )", "( b - a )", "b", "4 b", "5"]),
        ("a)1,b)2,c)3,d)4,e)5", ["1", "2", "3", "4", "5"]),
    ],
)
def test_options_are_read_from_left_to_right(options: object, texts: list[str]) -> None:
    assert parse_options(options) == texts


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"options": "a ) 1 , b ) 2 , d ) 4 , e ) 5"}, "option c is missing"),
        ({"options": "a ) 1 , b ) , c ) 3 , d ) 4 , e ) 5"}, "option b is empty"),
        ({"options": "['a ) 1', "}, "cannot be read as one"),
        ({"options": None}, "must be a text or five texts"),
        ({"options": ["1", "2"]}, "must be a text or five texts"),
        ({"correct": "f"}, "a letter from a to e"),
        ({"correct": "ab"}, "a letter from a to e"),
        ({"correct": ""}, "a letter from a to e"),
        ({"Problem": "  "}, "Problem must be a text"),
        ({"category": 3}, "category must be a text"),
        ({"Problem": "half \ud800"}, "surrogate"),
    ],
)
def test_a_row_that_is_no_question_is_named_with_its_line(
    tmp_path: Path, changes: dict[str, object], reason: str
) -> None:
    path = write(tmp_path / "train.jsonl", [row(), row(**changes), row(Problem="what is 1 + 3 ?")])
    questions, refused = load_rows(path)
    assert len(questions) == 2
    assert [(each.file, each.line) for each in refused] == [("train.jsonl", 2)]
    assert reason in refused[0].reason


def test_a_line_that_is_not_json_is_named(tmp_path: Path) -> None:
    path = tmp_path / "train.jsonl"
    path.write_text(json.dumps(row()) + '\n\n{"Problem": \n[1]\n' + "9" * 5000 + "\n", encoding="utf-8")
    questions, refused = load_rows(path)
    assert len(questions) == 1
    assert [each.line for each in refused] == [3, 4, 5]


def test_a_repeated_question_is_named_with_its_first_place(tmp_path: Path) -> None:
    write(tmp_path / "dev.jsonl", [row()])
    write(tmp_path / "test.jsonl.gz", [row(Rationale="another")])
    questions, refused = load_rows(tmp_path)
    assert len(questions) == 1
    assert [str(each) for each in refused] == ["test.jsonl.gz:1: repeats the question of dev.jsonl:1"]


def test_equal_options_are_one_choice(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", [row(options="a ) 4 , b ) 2 , c ) 2 , d ) 4 , e ) 5", correct="D")])
    question = load_rows(path).questions[0]
    assert question.form.alternatives == ("4", "2", "5")
    assert question.key.reference == "4"


def test_the_same_content_has_the_same_id_in_every_format(tmp_path: Path) -> None:
    import pyarrow  # type: ignore[import-untyped]
    import pyarrow.parquet  # type: ignore[import-untyped]

    rows = [row(), row(Problem="what is 3 + 1 ?")]
    write(tmp_path / "a.jsonl", rows)
    write(tmp_path / "b.jsonl.gz", rows)
    (tmp_path / "c.json").write_text(json.dumps(rows), encoding="utf-8")
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "d-00000-of-00001.parquet")
    loaded = [load_rows(tmp_path, split) for split in "abcd"]
    assert all(each == loaded[0] for each in loaded)
    assert len(loaded[0].questions) == 2


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", b"", "holds no rows"),
        ("a.json", b"", "is not JSON"),
        ("a.json", b"{}", "give a JSON list"),
        ("a.json", b"[]", "holds no rows"),
        ("a.json", b"[" * 100_000, "is not JSON"),
        ("a.jsonl", bytes(range(256)), "is not UTF-8"),
        ("a.jsonl.gz", b"plain", "not a whole gzip file"),
        ("a.jsonl.gz", gzip.compress(b"x" * 9999, mtime=0)[:-9], "not a whole gzip file"),
        ("a.parquet", b"PAR1 no", "is not a Parquet file"),
        ("a.csv", b"Problem,options", "is none of"),
        ("a.jsonl", b'{"asked": "x", "answer": "y"}', "lacks the column Problem, options, correct, category"),
    ],
)
def test_a_file_of_something_else_is_refused_with_what_to_do(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        load_rows(path)


def test_a_missing_path_or_split_says_what_there_is(tmp_path: Path) -> None:
    write(tmp_path / "dev.jsonl", [row()])
    with pytest.raises(DataError, match=r"no file of split 'train'.*dev\.jsonl"):
        load_rows(tmp_path, "train")
    with pytest.raises(DataError, match="no file or folder"):
        load_rows(tmp_path / "nothing")


def test_a_hub_name_is_loaded_through_datasets(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[object, ...]] = []

    def load_dataset(name: str, *, revision: str | None, split: str | None) -> object:
        calls.append((name, revision, split))
        if name == "someone/gone":
            raise ConnectionError("no route")
        return {"train": [row()], "test": [row(), row(Problem="p")]} if split is None else [row()]

    monkeypatch.setitem(sys.modules, "datasets", types.SimpleNamespace(load_dataset=load_dataset))
    monkeypatch.setattr("environments.hub.unreachable", lambda _: "")
    questions, refused = load_rows("someone/math_qa@refs/convert/parquet")
    assert len(questions) == 2
    assert refused[0].file == "someone/math_qa@refs/convert/parquet/test"
    assert len(load_rows("someone/math_qa", "train").questions) == 1
    assert calls == [("someone/math_qa", "refs/convert/parquet", None), ("someone/math_qa", None, "train")]
    with pytest.raises(DataError, match=r"someone/gone.*no route.*refs/convert/parquet"):
        load_rows("someone/gone")
