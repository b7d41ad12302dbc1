"""Whether a text's claim is the reference: by words, by value and unit, or by formula."""

import re
from fractions import Fraction
from functools import lru_cache

from agents.reading.claims import read_claim
from agents.reading.equality import same, short
from agents.reading.numbers import quantity
from agents.reading.reading import Reading
from agents.reading.wording import plain
from simulation.core.kinds.accepted import Accepted
from simulation.core.kinds.kind import Key

_LONGEST_CACHED = 4096


def marked_by_any(text: str, key: Key) -> tuple[bool, Reading]:
    """Say whether a text is one of the right answers or as near to a number as the key admits, and how it was read."""
    verdicts = [marked(text, reference) for reference in key.references or ("",)]
    is_right, reading = next((verdict for verdict in verdicts if verdict[0]), verdicts[0])
    if is_right or not isinstance(key, Accepted) or not key.tolerance:
        return is_right, reading
    claim = quantity(short(reading.claim)) if reading.claim else None
    numbers = [quantity(short(answer)) for answer in key.answers]
    is_near = claim is not None and any(
        within(claim.value, number.value, key.tolerance) for number in numbers if number is not None
    )
    return is_near, reading


def within(value: Fraction | None, number: Fraction | None, tolerance: float) -> bool:
    """Say whether a value is so near to a number; the ends count."""
    return value is not None and number is not None and abs(value - number) <= Fraction(str(tolerance))


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
