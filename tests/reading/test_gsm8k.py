"""Readings of GSM8K's references and of claims that differ from them, beside what math-verify says of the same."""

import gzip
import json
import logging
import os
import random
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from agents.reading.marking import marked, reference_claim

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "gsm8k" / "test.jsonl.gz"
SAME = (
    "{}", "The answer is {}.", "#### {}", "\\boxed{{{}}}", "**{}**", "${}$", "{}.0", "{} km", "${}",
    "\\frac{{{}}}{{1}}", "\\text{{{}}}", "+{}", "x = {}",
)  # fmt: skip
OTHER = ("The answer is {}.", "#### {}", "\\boxed{{{}}}", "{}", "${}$", "{} km")


@cache
def references() -> tuple[str, ...]:
    path = (
        DATA if DATA.is_file() else Path(os.environ.get("SHARED_DATA", "/work/shared/data"), "gsm8k", "test.jsonl.gz")
    )
    if not path.is_file():
        pytest.skip(f"{path} is not there")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return tuple(json.loads(line)["answer"] for line in file)


def other_numbers(gold: str, draw: random.Random) -> Iterator[str]:
    """Claims that are other numbers: a digit or the sign changed, decimals, a comma elsewhere, a digit raised."""
    digits = gold.replace(",", "").lstrip("-")
    place = draw.randrange(len(digits))
    yield digits[:place] + str((int(digits[place]) + draw.randint(1, 9)) % 10) + digits[place + 1 :]
    yield digits if gold.startswith("-") else f"-{digits}"
    yield f"{digits}.5"
    yield f"{digits}%"
    yield f"{digits}:30"
    yield f"{digits}/7"
    yield f"{digits} million"
    if digits != "1":
        yield digits + "\u00b3"
    yield f"{digits}-{digits}1"
    yield f"\\frac{{{digits}}}{{2}}"
    yield f"{digits},5"
    yield f"{digits}\\pi"
    if len(digits) > 1:
        yield f"{digits[:-1]},{digits[-1]}"
        yield f"{digits[:-1]}.{digits[-1]}"
        yield f"{digits[0]} {digits[1:]}1"


def test_every_reference_is_right_in_every_form() -> None:
    draw = random.Random(0)
    wrong = []
    for reference in references():
        gold = reference_claim(reference)
        for form in (SAME[0], SAME[1], draw.choice(SAME)):
            if gold.startswith("-") and form == "+{}":
                continue
            right, reading = marked(form.format(gold), reference)
            if not right:
                wrong.append((form.format(gold), gold, reading))
    assert not wrong, wrong[:5]


def test_the_worked_answer_itself_is_right() -> None:
    wrong = [
        (reference, reading)
        for reference in references()
        for right, reading in [marked(reference, reference)]
        if not right
    ]
    assert not wrong, wrong[:3]


def claims() -> Iterator[tuple[str, str]]:
    draw = random.Random(1)
    for reference in references()[::4]:
        gold = reference_claim(reference)
        if gold.strip("-0,.") == "":
            continue
        for number in other_numbers(gold, draw):
            yield draw.choice(OTHER).format(number), gold


def test_no_changed_claim_is_right() -> None:
    changed = list(claims())
    assert len(changed) > 1000
    wrong = [(text, gold, reading) for text, gold in changed for right, reading in [marked(text, gold)] if right]
    assert not wrong, wrong[:5]


def disagreements() -> Iterator[str]:
    """Lines on which the two differ, for a reader; math-verify takes a claim by its own rules."""
    from math_verify import parse, verify  # type: ignore[import-untyped]

    logging.getLogger("math_verify").setLevel(logging.ERROR)
    draw = random.Random(2)
    same = [(draw.choice(SAME).format(reference_claim(row)), reference_claim(row)) for row in references()[::4]]
    for expected, pairs in ((True, same), (False, list(claims()))):
        for text, gold in pairs:
            theirs = verify(parse(gold, parsing_timeout=None), parse(text, parsing_timeout=None), timeout_seconds=None)
            ours, reading = marked(text, gold)
            if ours is not bool(theirs):
                yield f"{text!r} for {gold!r}: ours {ours} ({reading.how}), math-verify {theirs}, equal {expected}"


def test_where_the_two_differ_ours_is_the_reader_s(tmp_path: Path) -> None:
    lines = list(disagreements())
    (Path(os.environ.get("READING_REPORT", tmp_path)) / "disagreements.txt").write_text(
        "\n".join(lines), encoding="utf-8"
    )
    assert not [line for line in lines if "ours True" in line and line.endswith("equal False")]
    assert not [line for line in lines if "ours False" in line and line.endswith("equal True")]
