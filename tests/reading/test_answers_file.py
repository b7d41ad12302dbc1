"""Answers written down with what a reader makes of them, by somebody who did not see the rules."""

import json
from pathlib import Path
from typing import Any

import pytest

from agents.reading.equality import same_written
from agents.reading.marking import marked
from agents.reading.numbers import comma_decimals
from agents.reading.options import read_option, reference_index
from simulation.core.kinds.options import Options
from simulation.core.kinds.reference import Reference
from simulation.core.types import Question

FILE = Path(__file__).with_name("answers.jsonl")


def rows() -> list[dict[str, Any]]:
    if not FILE.is_file():
        pytest.skip(f"{FILE.name} is not there")
    return [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines() if line.strip()]


def faults(row: dict[str, Any]) -> list[str]:
    """What is wrong with the reading of a row; "taken for another" is what may never be."""
    text, expected = row["text"], row["reading"]
    if row["options"] is None:
        right, reading = marked(text, row["reference"])
        as_expected = (
            (reading.claim == "")
            if expected is None
            else bool(reading.claim)
            and same_written(reading.claim, str(expected), comma=comma_decimals(row["reference"]))
        )
        silent = right and not row["right"]
    else:
        question = Question(
            id="q", prompt="", form=Options(choices=tuple(row["options"])), key=Reference(answer=row["reference"])
        )
        reading = read_option(text, question.form.alternatives)
        right = reading.choice is not None and reading.choice == reference_index(question)
        as_expected = reading.choice == expected
        silent = reading.choice not in (None, expected)
    problems = [] if as_expected and right == row["right"] else [f"{text!r}: {reading}, not {expected!r}"]
    return problems + ([f"taken for another: {text!r}: {reading}, not {expected!r}"] if silent else [])


def test_nearly_all_answers_are_read_rightly_and_none_is_taken_for_another() -> None:
    problems = [faults(row) for row in rows()]
    misread = [fault for row_faults in problems for fault in row_faults]
    assert not [fault for fault in misread if fault.startswith("taken for another")]
    assert sum(map(bool, problems)) <= len(problems) // 100, "\n".join(misread)
