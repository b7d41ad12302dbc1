"""A benchmark of data from elsewhere says in one line what it needs, where it was looked for and what to give."""

import runpy
import sys

import pytest

from benchmarks import record


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("executor --mbpp", "argument --mbpp: /nowhere is not there; give the path of a folder with mbpp.jsonl.gz"),
        ("judges --mbpp", "argument --mbpp: /nowhere is not there; give the path of a folder with mbpp.jsonl.gz"),
        ("published_table", "argument table: /nowhere is not there; give the path of student_sim_trace.json"),
        ("rejudged", "argument table: /nowhere is not there; give the path of bigrec_results_table.json"),
        ("recommendation_data --movielens /nowhere --office", "nothing was measured; give the folder of"),
    ],
)
def test_data_that_are_not_there_are_asked_for(
    name: str, words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module, *options = name.split()
    monkeypatch.setattr(sys, "argv", [module, *options, "/nowhere"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(record.ROOT / "benchmarks" / f"{module}.py"), run_name="__main__")
    assert ended.value.code not in (0, None)
    assert words in f"{capsys.readouterr().err}{ended.value}"
