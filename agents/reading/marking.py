"""Whether a text's claim is the reference: by words, by value and unit, or by formula."""

import re
from functools import lru_cache

from agents.reading.claims import read_claim
from agents.reading.equality import same
from agents.reading.reading import Reading
from agents.reading.wording import plain

_LONGEST_CACHED = 4096


def marked(text: str, reference: str) -> tuple[bool, Reading]:
    """Say whether a text answers a question without options rightly, and how it was read."""
    return _marked(text, reference) if len(text) > _LONGEST_CACHED else _marked_again(text, reference)


def _marked(text: str, reference: str) -> tuple[bool, Reading]:
    """Mark a text by its final claim."""
    gold = reference_claim(reference)
    if text == gold or plain(text) == plain(gold) != "":
        return True, Reading(claim=text.strip(), how="the reference word for word")
    reading = read_claim(text, gold)
    return reading.claim != "" and same(reading.claim, gold), reading


_marked_again = lru_cache(maxsize=1 << 14)(_marked)


def reference_claim(reference: str) -> str:
    """Return what a reference comes to: what stands behind "####" where it works the answer out, else all of it."""
    return re.sub(r"^\s+|\s+$", "", reference.rpartition("####")[2]) if "####" in reference else reference
