"""A benchmark of data from elsewhere says in one line what it needs, where it was looked for and what to give."""

import runpy
import sys
from pathlib import Path

import pytest

from benchmarks import record


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (
            "executor --mbpp /nowhere",
            "argument --mbpp: /nowhere is not there; give the path of a folder with mbpp",
        ),
        (
            "judges --mbpp /nowhere",
            "argument --mbpp: /nowhere is not there; give the path of a folder with mbpp",
        ),
        ("published_table /nowhere", "argument table: /nowhere is not there; give the path of student_sim_trace.json"),
        ("rejudged /nowhere", "argument table: /nowhere is not there; give the path of bigrec_results_table.json"),
        ("recommendation_data --movielens /nowhere --office /nowhere", "nothing was measured; give the folder of"),
        (
            "executor --mbpp EMPTY",
            "EMPTY lacks mbpp.jsonl.gz and sanitized-mbpp.json.gz; give the path of a folder",
        ),
        ("judges --mbpp HALF", "HALF lacks sanitized-mbpp.json.gz; give the path of a folder with mbpp.jsonl.gz"),
        ("executor --mbpp TEXT", "TEXT lacks mbpp.jsonl.gz and sanitized-mbpp.json.gz; give the path of a folder"),
        ("published_table EMPTY", "argument table: EMPTY is no file; give the path of student_sim_trace.json"),
        ("rejudged HALF", "argument table: HALF is no file; give the path of bigrec_results_table.json"),
        ("rejudged TEXT", "rejudged: what it was given cannot be read: TEXT is not"),
        ("published_table TEXT", "published_table: what it was given cannot be read: TEXT is not the published"),
        ("recommendation_data --office /nowhere --movielens EMPTY", "cannot be read: 'EMPTY' holds no record that"),
    ],
)
def test_data_that_are_not_there_are_asked_for(
    name: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in ("EMPTY", "HALF"):
        (tmp_path / folder).mkdir()
    (tmp_path / "HALF" / "mbpp.jsonl.gz").touch()
    (tmp_path / "TEXT").write_text("words", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    module, *options = name.split()
    monkeypatch.setattr(sys, "argv", [module, *options])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(record.ROOT / "benchmarks" / f"{module}.py"), run_name="__main__")
    assert ended.value.code not in (0, None)
    assert words in f"{capsys.readouterr().err}{ended.value}"
