"""Which title a text names."""

import pytest

from agents.reading.titles import written_title


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Myst", "Myst"),
        ('"Myst"', "Myst"),
        (' "Myst", because it is calm', "Myst"),
        ("Myst\nIt is calm.", "Myst"),
        ('The 12" single', 'The 12" single'),
        ('"Myst', '"Myst'),
        ("\n\n", ""),
        ("", ""),
        ('""', '""'),
    ],
)
def test_a_title_stands_in_quotes_or_is_the_first_line(text: str, title: str) -> None:
    assert written_title(text) == title
