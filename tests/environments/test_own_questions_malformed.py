"""What cannot be a question is named by file and line, with what to do, and the rest of its file is read."""

import datetime
import zipfile
from pathlib import Path
from typing import Any

import pytest

from environments.questions import OwnQuestions
from simulation.core.errors import DataError

HEAD = "question,option_a,option_b,option_c,correct,misconception_a,misconception_b,misconception_c"
GOOD = ("1+1?,2,3,,a,,counts on,", "2+2?,5,4,,b,,,", "3+3?,6,7,8,a,,adds one,")
LINE = len(GOOD) + 2
"""Where the bad row of a table stands."""


def refused(path: Path, **parameters: Any) -> str:
    """Return what is said of the only row that is refused, beside three good ones."""
    splits = OwnQuestions(rows=str(path), **parameters).questions(0)
    assert len(splits.pool) + len(splits.probe) + len(splits.held_out) == 3
    heading, line = splits.notices
    assert heading.endswith("read 3 questions, refused 1 rows")
    return line


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("x?,1,2,,,,,", "correct is empty; write the right option's letter, number or text"),
        ("x?,1,2,,d,,,", "correct 'd' names none of the options: a) '1', b) '2'; correct it"),
        ("x?,1,2,,c,,,", "correct 'c' names none"),
        ("x?,1,2,,0,,,", "correct '0' names none"),
        ("x?,1,2,,7,,,", "correct '7' names none"),
        ("x?,1,2,,a and b,,,", "correct 'a and b' names none"),
        ("x?,1,2,,ab,,,", "correct 'ab' names none"),
        ("x?,1,1,,a,,,", "options a and b are equal, '1' and '1'; change one of them"),
        ("x?,Paris,paris ,,a,,,", "options a and b are equal, 'Paris' and 'paris '"),
        ("x?,0.5,1,1/2,a,,,", "options a and c are equal, '0.5' and '1/2'"),
        ("x?,,,,,,,", "it has neither options nor a right answer; write the answer into correct"),
        (",1,2,,a,,,", "the question is empty; write what is asked, or remove the row"),
        ("   ,1,2,,a,,,", "the question is empty"),
        ("x?,1,,,a,,,", "it has 1 option(s); give 2 to 10, or none and the answer in correct"),
        ("x?,1,,2,a,,,", "option_b is empty, but option_c is not; fill it, or move up the rest"),
        ("x?,,1,2,b,,,", "option_a is empty, but option_c is not"),
        ("x?,1,2,,a,wrong turn,,", "a misconception is written beside the right option a: 'wrong turn'; remove it"),
        ("x?,1,2,,a,,,why", "misconception_c is filled, but there is no such option; remove it, or add the option"),
        ("x?,1,2,,a,,,,more", "it has 9 cells under 8 named columns; put a text that holds the separator into double"),
        ("1+1?,2,3,,a,,,", "repeats the question of own.csv:2"),
        ("1+1 ?,3,2,,b,,,".replace(" ?", "?"), "repeats the question of own.csv:2"),
        ('"x?,1,2,,a,,,', "the line cannot be told apart into cells (unexpected end of data); close each quote"),
        ('"x" y?,1,2,,a,,,', "the line cannot be told apart into cells (',' expected after '\"')"),
        ('"x?\n\n,1,2,,a,,,', "lines 5 to 7 cannot be told apart into cells"),
    ],
)
def test_a_bad_row_of_a_table(row: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text("\n".join((HEAD, *GOOD, row)), encoding="utf-8")
    assert refused(path).startswith(f"own.csv:{LINE}: {message}")


def test_a_table_of_eleven_options(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    head = ",".join(("question", *(f"option_{number}" for number in range(1, 12)), "correct"))
    good = [f"{name},1,2,3,4,5,6,7,8,9,10,,{place}" for place, name in enumerate("xyz", start=1)]
    path.write_text("\n".join((head, *good, "w,1,2,3,4,5,6,7,8,9,10,11,1")), encoding="utf-8")
    assert refused(path) == "own.csv:5: it has 11 option(s); give 2 to 10, or none and the answer in correct"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("[1]", "not a JSON object but [1]"),
        ("{broken", "not a JSON object but '{broken'"),
        ('{"question": "x", "options": {"a": 1}, "correct": "a"}', "options must be a list of texts"),
        ('{"question": "x", "options": [["p"], "q"], "correct": "a"}', "options must hold texts"),
        ('{"question": ["x"], "options": ["p", "q"], "correct": "a"}', "question must be a text or a number"),
        ('{"question": "x", "options": ["p"], "correct": "a"}', "it has 1 option(s)"),
        ('{"question": "x", "options": ["p", " "], "correct": "a"}', "option b is empty"),
        ('{"question": "x", "options": ["p", "q"]}', "correct is empty"),
        ('{"question": "\\ud800", "options": ["p", "q"], "correct": "a"}', "holds half a surrogate pair"),
        ('{"question": "x", "options": ["p", "q"], "correct": "a", "misconceptions": ["m"]}', "misconceptions holds 1"),
        ('{"question": "x", "answer": "6 #### "}', "it has neither"),
        ('{"question": "x", "correct": "6 #### "}', "nothing stands behind #### in correct"),
    ],
)
def test_a_bad_row_of_json_lines(row: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "own.jsonl"
    good = [f'{{"question": "{name}", "options": ["p", "q"], "correct": "p"}}' for name in "abc"]
    path.write_text("\n".join((*good, row)), encoding="utf-8")
    assert refused(path).startswith(f"own.jsonl:4: {message}")


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ("Write an essay. {}", "it is an essay, {}; read are one option right of several, true or false"),
        ("Match. {=a -> 1 =b -> 2 =c -> 3}", "it asks to match pairs (->)"),
        ("Read this first.", "it has no answers in braces, as a description has none"),
        ("x {~a ~b}", "it has no right option; put = before one of them, ~ before the others"),
        ("x {=a =b ~c}", "2 of its 3 options are right"),
        ("x {~%50%a ~%50%b ~c}", "'a', 'b' gives a part of the points, but an answer is right or wrong"),
        ("x {=%50%a =b}", "'a' gives a part of the points"),
        ("x {=a ~a}", "options a and b are equal"),
        ("x {=a}{=b}", "it has more than one pair of braces"),
        ("x {=a ~b", "its { is never closed, and a blank line ends a question"),
        ("x {a ~b}", "its answers cannot be told apart: 'a ~b'; write = or ~ before each"),
        ("x {#three}", "'three' is no number; write {#3.14}, {#3.14:0.01} or {#3.1..3.2}"),
        ("x {#=1 =2}", "it has several numbers"),
        ("x {=}", "a right answer is empty"),
        ("{=a ~b}", "the question is empty"),
        ("[html]<p>x<img src='y'></p> {=a ~b}", "it holds a picture or the like (<img>)"),
        ("x {=a ~}", "option b is empty"),
        ("x {" + "=a" + "".join(f" ~{number}" for number in range(10)) + "}", "it has 11 option(s)"),
    ],
)
def test_a_bad_question_of_gift(block: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "own.gift"
    path.write_text("\n\n".join(("p {=1 ~2}", "q {T}", "// a remark\n\n" + block, "r {=1}")), encoding="utf-8")
    assert refused(path).startswith(f"own.gift:7: {message}")


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ("x\nA. 1\nB. 2", "it has no line ANSWER: before a blank one"),
        ("x\nA. 1\nB. 2\nANSWER: C", "correct 'C' names none of the options"),
        ("x\nA. 1\nB. 2\nANSWER:", "correct is empty"),
        ("x\nA. 1\nC. 2\nANSWER: A", "its options are called A, C; call them A, B, C"),
        ("x\nA. 1\nANSWER: A", "it has 1 option(s)"),
        ("x\nA. 1\nB. 1\nANSWER: A", "options a and b are equal"),
        ("x\nANSWER: A", "it has no options such as 'A. text'"),
        ("x\nA. 1\nand on\nB. 2\nANSWER: A", "line 13 ('and on') is neither an option"),
    ],
)
def test_a_bad_question_of_aiken(block: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "own.aiken"
    good = [f"{name}\nA) 1\nB) 2\nANSWER: B" for name in "pqr"]
    path.write_text("\n\n".join((good[0], good[1], block, good[2])), encoding="utf-8")
    assert refused(path).startswith(f"own.aiken:11: {message}")


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (datetime.date(2026, 2, 1), "cell B5 is a date or a time (2026-02-01"),
        ("#DIV/0!", "cell B5 holds the error #DIV/0!; mend its formula, or write the text"),
        (4, "options a and b are equal"),
        (None, "option_a is empty, but option_b is not"),
        ("=1+1", "cell B5 is a formula whose value is not stored; open the workbook in a spreadsheet program and save"),
    ],
)
def test_a_bad_row_of_a_workbook_is_named_by_sheet_and_row(cell: object, message: str, tmp_path: Path) -> None:
    import openpyxl  # type: ignore[import-untyped]

    book = openpyxl.Workbook()
    book.active.title = "Klasse 7"
    rows = [("question", "option_a", "option_b", "correct"), ("p", 1, 2, "a"), ("q", 0.5, 2, 0.5), ("r", 1, 2, 1.0)]
    for row in (*rows, ("s", cell, 4, "b")):
        book.active.append(row)
    book.save(tmp_path / "own.xlsx")
    assert refused(tmp_path / "own.xlsx").startswith(f"own.xlsx, sheet 'Klasse 7':5: {message}")


def test_a_formula_without_a_value_counts_where_its_column_is_read_and_one_that_gives_nothing_is_empty(
    tmp_path: Path,
) -> None:
    import openpyxl

    book, path = openpyxl.Workbook(), tmp_path / "own.xlsx"
    book.active.append(("question", "option_a", "option_b", "correct", "notes", "category"))
    for row in (("p", 1, 2, "a", "=B2", "x"), ("q", 0.5, 2, 0.5, "#DIV/0!", "=1"), ("r", 1, 2, 1.0, None, "x")):
        book.active.append(row)
    book.save(path)
    with pytest.raises(DataError, match=r"holds 2 question.*:3: cell F3 is a formula whose value is not stored"):
        OwnQuestions(rows=str(path)).questions(0)
    with zipfile.ZipFile(path) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"]
    parts["xl/worksheets/sheet1.xml"] = sheet.replace(b'<c r="F3">', b'<c r="F3" t="str">')
    assert parts["xl/worksheets/sheet1.xml"] != sheet
    with zipfile.ZipFile(path, "w") as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    assert len(OwnQuestions(rows=str(path)).questions(0).notices) == 0
    book.active["A1"] = "=1"
    book.save(path)
    with pytest.raises(DataError, match=r"sheet 'Sheet':1: cell A1 is a formula whose value is not stored"):
        OwnQuestions(rows=str(path)).questions(0)


HEADER = "question,option_a,option_b,correct\n"


@pytest.mark.parametrize(
    ("name", "content", "parameters", "message"),
    [
        ("own.csv", b"", {}, "own.csv: it is empty; write a first line with the names of the columns"),
        ("own.csv", b",,,\n", {}, "no column is named question and none correct"),
        (
            "own.csv",
            b"1+1?,2,3,a\n",
            {},
            r"named question and none correct; the columns are '1\+1\?', '2', '3', 'a'; .*first line",
        ),
        ("own.csv", b"question,a,b,richtig\nx,1,2,a", {}, "no column is named correct; .*columns: .correct: NAME"),
        ("own.csv", b"question,a,a,correct\n", {}, "own.csv:1: two columns are named 'a'; rename one of them"),
        ("own.csv", HEADER.encode(), {}, "no question could be read from .*: it holds headings and no row"),
        ("own.csv", HEADER.encode() + b"x,1,2,\n", {}, "1 row is refused: own.csv:2: correct is empty"),
        ("own.csv", HEADER.encode() + b"x,1,2,a\ny,1,2,z\n", {}, "holds 1 question.*refused: own.csv:3: correct 'z'"),
        ("own.csv", HEADER.encode() + "é,1,2,a\n".encode("cp1252"), {}, "own.csv:2: is not UTF-8 .*CSV UTF-8"),
        ("own.gift", "p {=é ~b}\n".encode("latin-1"), {}, "own.gift:1: is not UTF-8"),
        ("own.csv", b"\xff\xfea", {}, "own.csv:1: is not whole UTF-16"),
        ("own.csv", HEADER.encode() + b"x\0,1,2,a\n", {}, r"own.csv:2: a character of no text \(NUL\)"),
        ("own.csv", HEADER.encode(), {"columns": {"question": "Frage"}}, "there is no column 'Frage' for question"),
        ("own.csv", HEADER.encode(), {"columns": {"qestion": "x"}}, "'qestion' is nothing that a column can say; did"),
        ("own.csv", HEADER.encode(), {"columns": {"correct": ["a"]}}, "columns: correct is .*; name one column"),
        ("own.gift", b"p {=1 ~2}", {"columns": {"question": "x"}}, "own.gift: is GIFT, which has no columns"),
        ("own.xlsx", b"PK no workbook", {}, "is no whole workbook; save it anew as .xlsx, or as CSV UTF-8"),
        ("own.xls", b"\xd0\xcf", {}, "own.xls: .xls is not read; save it as .xlsx or as CSV UTF-8"),
        ("own.txt", b"hello\n", {}, "own.txt: is neither GIFT, with answers in braces, nor Aiken"),
        ("own.jsonl", b"1\n2\n", {}, "own.jsonl:1: not a JSON object but 1; give a JSON object a line"),
    ],
)
def test_a_file_that_gives_no_questions(
    name: str, content: bytes, parameters: dict[str, Any], message: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=message):
        OwnQuestions(rows=str(tmp_path / name), **parameters).questions(0)


def test_a_file_that_is_not_there_and_no_file_at_all() -> None:
    with pytest.raises(DataError, match=r"no file or folder '/nowhere/own.csv' \(looked in .*\); correct the path"):
        OwnQuestions(rows="/nowhere/own.csv").questions(0)
    with pytest.raises(DataError, match=r"no file is named; write environment: \{name: questions, rows: FILE\}"):
        OwnQuestions().questions(0)
