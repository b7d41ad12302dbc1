"""Rows of a reader's own, few of each format, for the commands and scenarios that the documents show."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from tests.documents.pages import ROOT
from tests.support import published_rows


def rows(folder: Path) -> Path:
    """Write a few rows as MathQA's and MBPP's files hold them, those of recommenders, and a tiny model."""
    (folder / "mathqa").mkdir(parents=True)
    published_rows.minionerec(folder / "parts")
    shutil.copy(ROOT / "scenarios" / "own_questions.csv", folder)
    published_rows.amazon(folder / "games")
    published_rows.movielens(folder / "films")
    published_rows.model("qwen2", folder / "qwen2", chat=True)
    for split in ("dev", "challenge_test"):
        problems = [
            {
                "Problem": f"what is {number} plus {len(split)} ?",
                "Rationale": "",
                "options": f"a ) {number} , b ) {number + len(split)} , c ) {number + 31} , d ) {number + 32} , e ) 0",
                "correct": "b",
                "category": "general",
            }
            for number in range(40, 640)
        ]
        write_lines(folder / "mathqa" / f"{split}.jsonl", problems)
    tasks = [
        {
            "task_id": number,
            "text": f"Write a function add_{number} that adds {number}.",
            "code": f"def add_{number}(x):\n    return x + {number}",
            "test_setup_code": "",
            "test_list": [f"assert add_{number}({x}) == {x + number}" for x in range(3)],
            "challenge_test_list": [],
        }
        for number in (*range(11, 31), *range(511, 521), *range(601, 901))
    ]
    write_lines(folder / "mbpp.jsonl", tasks)
    return folder


def write_lines(path: Path, values: Sequence[object]) -> None:
    path.write_text("".join(f"{json.dumps(value)}\n" for value in values), encoding="utf-8")


def workbook(path: Path) -> None:
    """Write questions under the headings that docs/own_questions.md maps."""
    from openpyxl import Workbook  # type: ignore[import-untyped]

    book = Workbook()
    sheet = book.active
    sheet.append(["Frage", "A", "B", "C", "Loesung", "Thema", "Fehler B"])
    for number in range(40):
        sheet.append([f"What is {number} plus 3?", number + 3, number + 4, number - 3, "A", "sums", "counts one more"])
    book.save(path)
