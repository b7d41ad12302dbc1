"""What `check` has to say of questions, `run` says in the same words."""

from pathlib import Path

import pytest

from simulation.commands.main import main
from simulation.commands.study import MOST_NOTICES, noticed

SIMULATED = ["students=irt_learner", "learn.trainer=null", "teacher=answer_key", "turns=1"]


def notices(told: str) -> list[str]:
    return [line for line in told.splitlines() if line.startswith("notice: ")]


def test_run_tells_a_misspelled_column_and_refused_rows_as_check_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = tmp_path / "own.csv"
    lines = [f"q{number}?,{number},{number + 1},{number + 2},a" for number in range(9)]
    rows.write_text("\n".join(("question,option_a,option_b,optoin_c,correct", *lines, "x,1,2,3,z")), encoding="utf-8")
    words = ["own_questions", f"environment.rows={rows}", *SIMULATED]
    assert main(["check", *words]) == 0
    checked = notices(capsys.readouterr().out)
    assert main(["run", *words, "--quiet", "--out", str(tmp_path / "runs")]) == 0
    assert notices(capsys.readouterr().err) == checked
    assert checked[0] == "notice: own.csv: the column 'optoin_c' is not read; if it is meant as option_c, call it so"
    assert len(checked) == 3 and "own.csv:11: correct 'z' names none" in checked[2]


def test_of_many_notices_the_first_are_said_and_where_the_others_stand() -> None:
    many = [f"row {number}" for number in range(9)]
    assert noticed(many[:MOST_NOTICES], "x") == many[:MOST_NOTICES] and noticed([], "x") == []
    *first, last = noticed(many, "x")
    assert first == many[: MOST_NOTICES - 1] and last.startswith(f"row {MOST_NOTICES - 1} ({9 - MOST_NOTICES} more: `")
    assert last.endswith(" check x`)")
