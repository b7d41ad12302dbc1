"""What a text says is decided by rules that can be written down."""

import pytest

from agents.wording import chosen, same


@pytest.mark.parametrize(
    ("text", "choices", "option"),
    [
        ("b", "1|2|3", 1),
        ("(C).", "1|2|3", 2),
        ("a) 15", "12|15", 0),
        ("Answer: b because", "12|15", 1),
        ("I choose option d", "1|2|3|4", 3),
        ("the answer is 12.5 km", "12|12.5 km|2", 1),
        ("15, or maybe 12", "12|15", 1),
        ("it is 120", "12|20", None),
        ("3.12", "12|3", None),
        ("1,250", "250|1,250", 1),
        ("the answer is a dog", "cat|dog", 1),
        ("a dog", "cat|dog", 1),
        ("b", "a|b|c", 1),
        ("e)", "1|2", None),
        ("no idea", "1|2", None),
        ("", "1|2", None),
        ("x = 7", "7|x", 1),
        ("Seven Apples", "seven|seven apples", 1),
        ("half of it", "if|f", None),
    ],
)
def test_the_leftmost_option_is_taken(text: str, choices: str, option: int | None) -> None:
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
        ("12", "12 km", False),
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
