"""How the forms of answers are shown: one that is not named here as prose, and nothing is said of guessing it."""

from collections.abc import Callable, Mapping

from simulation.core.kinds.code import Code
from simulation.core.kinds.kind import Form
from simulation.core.kinds.options import Options

STYLES: Mapping[type[Form], str] = {Code: "code"}
"""How the page sets answers of a form."""
GUESSES: Mapping[type[Form], Callable[[Form], float]] = {Options: lambda form: 1 / len(form.alternatives)}
"""How often one who guesses is right."""


def style(form: Form) -> str:
    """Return how the page sets an answer: "code", or "" for prose."""
    return next((STYLES[kind] for kind in type(form).__mro__ if kind in STYLES), "")


def guess(form: Form) -> float | None:
    """Return how often one who guesses is right, None where that is not known."""
    rule = next((GUESSES[kind] for kind in type(form).__mro__ if kind in GUESSES), None)
    return rule(form) if rule is not None and form.alternatives else None
