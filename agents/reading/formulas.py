"""LaTeX that is more than a number, compared by `math-verify`, which is asked only what it can answer at once."""

import logging
import re
from functools import lru_cache

LONGEST_FORMULA = 120
"""Characters of the longest formula that is compared by value; a longer one may take very long."""
MOST_RAISED = 1000
"""The most that all exponents of one formula may multiply to."""
_COMMAND = re.compile(r"\\([A-Za-z]+|.)")
_USUAL = (
    "sqrt frac dfrac tfrac cfrac pi cdot times div left right ln log sin cos tan theta alpha text circ ( ) [ ] , ; !"
)
_COMMANDS = frozenset(_USUAL.split())
_EXPONENT = re.compile(
    r"\^\s?(?:(?P<plain>[\dA-Za-z])(?!\d)|\{\s?(?P<inner>-?\d{1,3}|[A-Za-z]|-?\d{1,2}/\d{1,2})\s?\}|\\circ)"
)


def is_formula(text: str) -> bool:
    """Say whether a folded text holds LaTeX commands that say more than a number."""
    return "\\" in text and re.search(r"\\[A-Za-z]", text) is not None


def harmless(formula: str) -> bool:
    """Say whether a formula is short, of a few usual commands, and without powers that grow beyond measure."""
    if len(formula) > LONGEST_FORMULA or re.search(r"\d{16}|\*\*|!|[A-Za-z]{12}", formula):
        return False
    if not {command[1] for command in _COMMAND.finditer(formula)} <= _COMMANDS:
        return False
    exponents = list(_EXPONENT.finditer(formula))
    if len(exponents) != formula.count("^"):
        return False
    product = 1
    for exponent in exponents:
        digits = (exponent["plain"] or exponent["inner"] or "1").lstrip("-")
        product *= max(1, int(digits)) if digits.isdecimal() else 1
    return product <= MOST_RAISED


@lru_cache(maxsize=1 << 12)
def equal_formulas(claim: str, reference: str) -> bool:
    """Say whether two folded texts are the same formula by value; False where that cannot be said at once."""
    if not (is_formula(claim) or is_formula(reference)) or not (harmless(claim) and harmless(reference)):
        return False
    try:
        # imported here because SymPy takes most of a second, and few texts need it
        from math_verify import (  # type: ignore[import-untyped]
            LatexExtractionConfig,
            parse,
            verify,
        )

        # it warns each process once that its alarm is off, which would need the main thread
        logging.getLogger("math_verify").setLevel(logging.ERROR)
        first, second = (
            parse(
                f"${text.strip().strip('$')}$",
                [LatexExtractionConfig()],
                fallback_mode="no_fallback",
                parsing_timeout=None,  # no alarm
            )
            for text in (reference, claim)
        )
        return bool(first and second and verify(first, second, float_rounding=12, timeout_seconds=None))
    except Exception:  # noqa: BLE001  # what SymPy cannot read may raise anything
        return False
