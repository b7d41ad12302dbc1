"""IFEval's conditions on words, letters, lengths and case (Zhou et al. 2023, arXiv 2311.07911, table 4).

Three differ from the published program, which needs models: sentences end at a sign before a space, words in capitals
are those between spaces, and case alone counts where it also asks that the language be English. A keyword is a text
here, no regular expression.
"""

import re
from collections import Counter
from collections.abc import Sequence

from agents.conditions.wording import Relation, miscounted, occurrences, sentences, shortened, words


def existence(text: str, *, keywords: Sequence[str]) -> str:
    """Ask for keywords, also within words."""
    missing = [keyword for keyword in keywords if not occurrences(keyword, text)]
    return f"asked {', '.join(map(repr, missing))}, which do not occur" if missing else ""


def frequency(text: str, *, keyword: str, frequency: int, relation: Relation) -> str:
    """Ask how often a keyword occurs, also within words."""
    return miscounted(f"of {keyword!r}", occurrences(keyword, text), frequency, relation)


def forbidden_words(text: str, *, forbidden_words: Sequence[str]) -> str:
    """Ask that words do not occur as whole words."""
    present = [word for word in forbidden_words if re.search(rf"\b{re.escape(word)}\b", text, flags=re.IGNORECASE)]
    return f"asked no {', '.join(map(repr, present))}, which occur" if present else ""


def letter_frequency(text: str, *, letter: str, let_frequency: int, let_relation: Relation) -> str:
    """Ask how often a letter occurs, in either size."""
    return miscounted(f"of the letter {letter!r}", Counter(text.lower())[letter.lower()], let_frequency, let_relation)


def number_sentences(text: str, *, num_sentences: int, relation: Relation) -> str:
    """Ask for a number of sentences."""
    return miscounted("sentences", len(sentences(text)), num_sentences, relation)


def number_words(text: str, *, num_words: int, relation: Relation) -> str:
    """Ask for a number of words, which are runs of letters, digits and underscores."""
    return miscounted("words", len(re.findall(r"\w+", text)), num_words, relation)


def number_paragraphs(text: str, *, num_paragraphs: int) -> str:
    """Ask for paragraphs divided by three asterisks, none of them empty."""
    parts = [part.strip() for part in re.split(r"\s?\*\*\*\s?", text)]
    if not all(parts[1:-1]):
        return f"asked {num_paragraphs} paragraphs divided by ***, got an empty one"
    return miscounted("paragraphs divided by ***", sum(map(bool, parts)), num_paragraphs, "exactly")


def nth_paragraph_first_word(text: str, *, num_paragraphs: int, nth_paragraph: int, first_word: str) -> str:
    """Ask for paragraphs divided by empty lines, and how one of them begins."""
    parts = [part.strip() for part in text.split("\n\n")]
    count = sum(map(bool, parts))
    complaint = miscounted("paragraphs divided by two line ends", count, num_paragraphs, "exactly")
    if complaint:
        return complaint
    paragraph = parts[nth_paragraph - 1] if nth_paragraph <= count else ""
    word = re.split(r"[.,?!'\"]", paragraph.split()[0].lstrip("'").lstrip('"'))[0] if paragraph else ""
    is_met = word.lower() == first_word.lower()
    return "" if is_met else f"asked paragraph {nth_paragraph} to begin with {first_word!r}, got {word!r}"


def capital_word_frequency(text: str, *, capital_frequency: int, capital_relation: Relation) -> str:
    """Ask how many words are in capitals."""
    count = sum(word.isupper() for word in words(text))
    return miscounted("words in capitals", count, capital_frequency, capital_relation)


def english_capital(text: str) -> str:
    """Ask for capital letters throughout."""
    return "" if text.isupper() else f"asked capital letters throughout, got {shortened(text)}"


def english_lowercase(text: str) -> str:
    """Ask for small letters throughout."""
    return "" if text.islower() else f"asked small letters throughout, got {shortened(text)}"


def no_comma(text: str) -> str:
    """Ask for a text without commas."""
    return f"asked no comma, got {text.count(',')}" if "," in text else ""
