"""What the report of a comparison found, read from its file: numbers, and the sentences that say them."""

import json
from typing import Any

from simulation.core.errors import StoreError
from simulation.core.questions import Measure
from simulation.views.comparison_report import VERDICTS
from simulation.views.text import Scale
from simulation.views.web.catalog import Place
from simulation.views.web.wording import listed

MOST_SENTENCES = 30
Found = dict[str, Any]
"""The JSON of a report (Any: JSON values)."""


def found(place: Place) -> Found:
    """Return what a comparison's report found, {} before there is one; raises StoreError."""
    path = place.folder / VERDICTS
    if not path.is_file():
        return {}
    try:
        numbers: Found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StoreError(f"{path} cannot be read ({error}); report the comparison again") from error
    return numbers


def scale_of(aspect: Found) -> Scale:
    """Return how the numbers of an aspect are printed."""
    return Scale.of(Measure(name=aspect["name"], graded=aspect.get("graded", False)))


def verdict_sentences(numbers: Found) -> tuple[str, ...]:
    """Say which label is ahead and which are told apart, by the measure that counts."""
    if not numbers.get("measures"):
        return ()
    aspect = numbers["measures"][0]
    means = aspect["means"]
    leader = max(means, key=lambda label: means[label]["value"])
    rivals = [
        verdict["b"] if verdict["a"] == leader else verdict["a"]
        for verdict in aspect["verdicts"]
        if leader in (verdict["a"], verdict["b"]) and not verdict["tells"]
    ]
    sure = f"cannot be told from {listed(rivals)}" if rivals else "is told apart from every other"
    lead = (
        f"{leader} has the highest {aspect['measure']}, {scale_of(aspect).number(means[leader]['value'])}, and {sure}."
    )
    return (lead, *(verdict["text"] for verdict in aspect["verdicts"][:MOST_SENTENCES]))


def budget_sentences(numbers: Found) -> tuple[str, ...]:
    """Say of each equal budget which labels are told apart at it; budgets that all spent alike are left out."""
    sentences = []
    for aspect in numbers.get("measures", ()):
        if aspect["name"] == numbers["measures"][0]["name"] and aspect.get("budget"):
            told = [verdict["text"] for verdict in aspect["verdicts"] if verdict["tells"]][:MOST_SENTENCES]
            sentences.append(f"{aspect['measure']}: {'; '.join(told) if told else 'no label is told from another'}.")
    return tuple(sentences)
