"""How an answer is worded: its plain words, and a correction in the form in which its student answers."""

import unicodedata

from agents.reading.folding import folded
from simulation.core.templates import letter
from simulation.core.types import Question


def plain(text: str) -> str:
    """Return `text` without differences of case, spacing, Unicode form and closing punctuation.

    A superscript stays apart from the digits, which Unicode's compatible form makes of it.
    """
    if not text.isascii():
        text = unicodedata.normalize("NFKC", folded(text))
    return " ".join(text.casefold().split()).rstrip(" .;")


def worded_like(text: str, choice: int | None, question: Question, index: int) -> str:
    """Return a choice as who answered `text` would write it: a letter where it answers by letters, else the text."""
    by_letter = choice is not None and plain(text).strip("()[].: ") == letter(choice)
    return letter(index) if by_letter else question.form.alternatives[index]
