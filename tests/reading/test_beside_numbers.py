"""What stands beside a number belongs to it: signs of every kind, functions, shares and parts."""

import pytest

from agents.reading.marking import marked
from agents.reading.options import read_option

MINUSES = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u207b\u02d7\u05be\u2796\u2e3a\ufe58\ufe63\uff0d"
"""Hyphens, dashes and minuses of many scripts."""


@pytest.mark.parametrize("minus", MINUSES, ids=lambda minus: f"{ord(minus):04x}")
@pytest.mark.parametrize("form", ["{}5", "x = {}5", "The answer is {}5.", "#### {}5", "**{}5**", "{}5 km"])
def test_whatever_minus_stands_before_a_number_makes_another_of_it(minus: str, form: str) -> None:
    text = form.format(minus)
    assert marked(text, "5")[0] is False and marked(text, "-5")[0] is True
    assert read_option(text, ("5", "-5")).choice == 1


@pytest.mark.parametrize(
    "text",
    [
        "\u00b15", "\u22135", "-(5)", "\u221a5", "sqrt(5)", "log 5", "The answer is ln(5)", "half of 5", "a third of 5",
        "twice 5", "The answer is double 5", "the square root of 5", "5 and a half", "5 and a quarter", "5\u2030",
        "5\u2031", "5 per mille", "5 \u00d7 2", "5/2", "5:2", "5^2", "5\u00b2", "5e2", "5 hundred", "5 dozen",
    ],
)  # fmt: skip
def test_what_stands_beside_a_number_makes_another_of_it(text: str) -> None:
    assert marked(text, "5")[0] is False, marked(text, "5")
    assert read_option(text, ("5", "7")).choice is None


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("5 and a half", "5.5"), ("2 and a quarter hours", "2.25"), ("-1 and a third", "-4/3"), ("5\u2031", "0.0005"),
        ("5 \u2030", "0.005"), ("half of 10 is 5", "5"), ("Twice 5 is 10", "10"), ("the square root of 25 is 5", "5"),
        ("Half of them, so 5", "5"), ("a quarter of 20 = 5", "5"), ("A - 5", "5"), ("log 100 = 2", "2"),
    ],
)  # fmt: skip
def test_what_they_come_to_is_read(text: str, reference: str) -> None:
    assert marked(text, reference)[0] is True, marked(text, reference)
