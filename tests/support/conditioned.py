"""A question under every condition that a rule checks."""

from environments.lines.published import PUBLISHED
from simulation.core.kinds.conditions import Condition, Conditions, Parameter
from simulation.core.types import Question

EXAMPLES: dict[str, Parameter] = {"count": 2, "text": "sea", "texts": ("sea", "ship"), "relation": "at least"}
"""A parameter of each kind that IFEval has."""
OWN: dict[str, dict[str, Parameter]] = {
    "topic": {"topic": "the sea", "words": ("wave", "gull")},
    "words": {"count": 7},
    "contains": {"word": "gull"},
    "avoids": {"word": "the"},
    "begins": {"word": "now"},
    "ends": {"word": "shore"},
    "case": {"case": "lower"},
    "order": {"first": "gull", "second": "shore"},
    "repeats": {"word": "rain", "count": 2},
}
"""The conditions of short lines."""


def under_every_rule() -> Question:
    """Return a question that no text can meet."""
    published = {
        name: {parameter: EXAMPLES[kind] for parameter, kind in kinds.items()} for name, kinds in PUBLISHED.items()
    }
    conditions = [Condition(name=name, parameters=values) for name, values in (OWN | published).items()]
    return Question(id="every", prompt="p", key=Conditions(conditions=tuple(conditions)), tags=("lines",))
