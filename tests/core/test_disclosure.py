"""Words give a measured question away however they are spelled, and ordinary words give none away."""

import pytest

from simulation.core.disclosure import disclosed
from simulation.core.kinds.reference import Reference
from simulation.core.types import Question

LONG = "Tom has 3 apples and buys 4 more at the market; how many has he now, in all?"
REASON = "He'll have seven apples in all, because three and four are seven."


def measured(prompt: str, answer: str = "7") -> tuple[Question, ...]:
    return (Question(id="held", prompt=prompt, key=Reference(answer=answer)),)


@pytest.mark.parametrize(
    ("words", "prompt"),
    [
        ("Think: what is  3 + 3? 6", "What is 3 + 3?"),
        ("whatis3+3", "What is 3 + 3?"),
        ("WHAT\u2014IS: \uff13 \uff0b \uff13", "What is 3 + 3?"),
        ("W\u200bhat is 3 + 3", "What is 3 + 3?"),
        ("compute 12+5 now", "12 + 5 ="),
        ("Paris!", "Paris?"),
        ("so: tom has 3 apples and buys 4 more -- at the market. HOW many has he NOW (in all)", LONG),
        ("{{ 'Tom has 3 apples and buys' ~ ' 4 more at the market; how many has he now, in all?' }}", LONG),
        ("\u4eca\u5929\u5929\u6c14\u600e\u4e48\u6837\u5462", "\u4eca\u5929\u5929\u6c14\u600e\u4e48\u6837?"),
        ("STRASSE UND MEER", "Stra\u00dfe und Meer?"),
    ],
)
def test_a_question_is_found_however_it_is_spelled(words: str, prompt: str) -> None:
    assert disclosed(words, measured(prompt)) == "the question 'held'"


@pytest.mark.parametrize(
    ("words", "prompt"),
    [
        ("What is 3 - 3?", "What is 3 + 3?"),
        ("What is 3 + 35?", "What is 3 + 3?"),
        ("compute 112+5 now", "12 + 5 ="),
        ("Say it as Paris would.", "Paris?"),
        ("Answer the question about apples: {{ question }}", LONG),
        ("one of 3 or 4", "3 + 4"),
        ("", "What is 3 + 3?"),
        ("Answer!", "?"),
    ],
)
def test_ordinary_words_give_nothing_away(words: str, prompt: str) -> None:
    assert disclosed(words, measured(prompt)) == ""


def test_a_long_answer_gives_its_question_away_and_a_short_or_common_one_does_not() -> None:
    words = "think: he will... no, HE\u2019LL have seven apples in all because three and four are seven"
    assert disclosed(words, measured("Why?", REASON)) == "the answer to the question 'held'"
    assert disclosed("seven", measured("Why?", "seven")) == ""
    twice = (*measured("Why?", REASON), Question(id="other", prompt="How?", key=Reference(answer=REASON)))
    assert disclosed(words, twice) == ""
