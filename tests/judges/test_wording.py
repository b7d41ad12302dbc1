"""What a text says is decided by rules that can be written down."""

import pytest

from agents.reading.equality import same
from agents.reading.numbers import LONGEST_NUMBER
from agents.reading.options import chosen


@pytest.mark.parametrize(
    ("text", "choices", "option"),
    [
        ("b", "1|2|3", 1),
        ("(C).", "1|2|3", 2),
        ("a) 15", "12|15", None),
        ("a) 12", "12|15", 0),
        ("Answer: b because", "12|15", 1),
        ("I choose option d", "1|2|3|4", 3),
        ("the answer is 12.5 km", "12|12.5 km|2", 1),
        ("15, or maybe 12", "12|15", None),
        ("it is 120", "12|20", None),
        ("3.12", "12|3", None),
        ("1,250", "250|1,250", 1),
        ("the answer is a dog", "cat|dog", 1),
        ("a dog", "cat|dog", 1),
        ("b", "a|b|c", 1),
        ("e)", "1|2", None),
        ("no idea", "1|2", None),
        ("", "1|2", None),
        ("x = 7", "7|x", 0),
        ("Seven Apples", "seven|seven apples", 1),
        ("half of it", "if|f", None),
    ],
)
def test_the_option_that_a_text_comes_to_is_taken(text: str, choices: str, option: int | None) -> None:
    assert chosen(text, choices.split("|")) == option


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ("12.0", "12", True),
        ("1,000", "1000", True),
        ("3/4", "0.75", True),
        ("12 km", "12.0  KM", True),
        ("$12", "$ 12.00", True),
        ("Yes.", "yes", True),
        ("-3", "3", False),
        ("12 km", "12 m", False),
        ("12", "12 km", True),
        ("12", "12 13", False),
        ("1e999999999", "1e999999998", False),
        ("3/0", "3/0 ", True),
        ("3/0", "3", False),
        ("", "0", False),
    ],
)
def test_answers_are_equal_as_words_or_as_numbers_with_units(one: str, other: str, equal: bool) -> None:
    assert same(one, other) is equal
    assert same(other, one) is equal


NINES = "9" * 5000


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (NINES, f"{NINES}.0", True),
        (NINES, "9," * 4999 + "9", False),
        ("9" * 4998, "999" + ",999" * 1665, True),
        (NINES, f"{NINES[1:]}8", False),
        (NINES, "9", False),
        (f"-{NINES} km", f"{NINES} km", False),
        (f"${NINES}", f"$ {NINES}.00", True),
        (f"0.{NINES}", f".{NINES}", True),
        (f"1/{NINES}", f"2/1{NINES[1:]}8", True),
        (f"1/{NINES}", f"1/{NINES[1:]}8", False),
        (f"1/{'0' * 5000}", "1", False),
        ("\u0663" * 5000, "3" * 5000, True),
        ("\u00b2" * 5000, f"{'2' * 5000}.0", False),
        (f"1e{NINES}", "1e999", False),
    ],
)
def test_numbers_of_many_digits_are_equal_as_others_are(one: str, other: str, equal: bool) -> None:
    assert same(one, other) is equal
    assert same(other, one) is equal


@pytest.mark.parametrize(("count", "as_number"), [(LONGEST_NUMBER - 1, True), (LONGEST_NUMBER + 1, False)])
def test_the_longest_numbers_are_compared_as_texts(count: int, as_number: bool) -> None:
    digits = "1" * count
    assert same(f"{digits} KM", f"{digits}  km.")
    assert same(digits, f"+{digits}") is as_number
    assert same(f"7/{digits}", f"7.0/{digits}") is as_number
