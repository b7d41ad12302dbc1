"""How a text is cut into words, sentences and paragraphs, and how a count is compared, for every rule alike."""

import re
from typing import Literal

Relation = Literal["exactly", "at least", "less than"]
_EDGES = re.compile(r"^[^\w]+|[^\w]+$")
_SENTENCE = re.compile(r"[^.!?\s][^.!?]*(?:[.!?](?!\s|$)[^.!?]*)*[.!?]*")


def words(text: str) -> list[str]:
    """Return the words of a text as they stand between spaces, without the signs around them."""
    return [word for word in (_EDGES.sub("", piece) for piece in text.split()) if word]


def folded_words(text: str) -> list[str]:
    """Return the words of a text in small letters."""
    return [word.casefold() for word in words(text)]


def sentences(text: str) -> list[str]:
    """Return the sentences of a text: what ends in a full stop, an exclamation or question mark before a space."""
    return [sentence for sentence in map(str.strip, _SENTENCE.findall(text)) if re.search(r"\w", sentence)]


def occurrences(phrase: str, text: str) -> int:
    """Return how often a phrase stands in a text, in letters of any size, also within words."""
    return len(re.findall(re.escape(phrase), text, flags=re.IGNORECASE))


def miscounted(noun: str, count: int, asked: int, relation: Relation) -> str:
    """Say how a count differs from what was asked; nothing where it does not."""
    is_met = {"exactly": count == asked, "at least": count >= asked, "less than": count < asked}[relation]
    phrase = f"{asked}" if relation == "exactly" else f"{relation} {asked}"
    return "" if is_met else f"asked {phrase} {noun}, got {count}"


def shortened(text: str, most: int = 60) -> str:
    """Return a text in quotes as a sentence shows it."""
    return repr(text) if len(text) <= most else repr(text[: most - 3] + "...")
