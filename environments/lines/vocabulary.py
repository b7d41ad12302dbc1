"""Every word that prompts and lines may hold, for the tokenizer of a writer."""

import re
from functools import cache

from environments.lines import lexicon
from environments.lines.grammar import LONGEST, SHORTEST
from environments.lines.items import CASES, TIMES, WORDINGS


@cache
def vocabulary() -> tuple[str, ...]:
    """Return the words in alphabetical order: those of lines in small and capital letters, those of prompts."""
    phrases = " ".join(re.sub(r"{\w+}", "", wording) for wordings in WORDINGS.values() for wording in wordings)
    topics = " ".join(topic.name for topic in lexicon.TOPICS)
    asking = f"write a line {phrases} {topics} {' '.join((*CASES.values(), *TIMES.values()))} answer"
    numbers = [str(count) for count in range(SHORTEST, LONGEST + 1)]
    firsts = [word.capitalize() for word in (*lexicon.DETERMINERS, *lexicon.OPENINGS)]
    lines = [*lexicon.WORDS, *map(str.upper, lexicon.WORDS), *firsts]
    return tuple(sorted({*re.findall(r"\w+", asking), *numbers, *lines}))
