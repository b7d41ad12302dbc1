"""What judges say who score each item of a list by itself: the list's score is the mean over its items."""

from collections.abc import Callable, Sequence

from agents.judges.next_item import listed
from simulation.core.catalogue import Catalogue, catalogue
from simulation.core.errors import DataError
from simulation.core.kinds.next_items import NextItems
from simulation.core.types import Answer, Feedback, Outcome, Question


def items_asked(question: Question, judge: str) -> Catalogue:
    """Return the catalogue of which a question wants a list; raises DataError where it wants something else."""
    if not isinstance(question.form, NextItems):
        raise DataError(
            f"question {question.id!r} asks for no items of a catalogue, so {judge} cannot judge it; use another "
            "teacher, or an environment such as recommendation"
        )
    return catalogue(question.form.catalogue)


def place_taken(question: Question, items: Catalogue, judge: str) -> int:
    """Return the place of the item that was taken next; raises DataError where the question has none."""
    if question.key.reference not in items.places:
        raise DataError(
            f"question {question.id!r} has no item of its catalogue that was taken next, so {judge} cannot judge it; "
            "use another judge, such as reference_free"
        )
    return items.places[question.key.reference]


def text_taken(question: Question, items: Catalogue) -> str | None:
    """Return what an answer writes for the item that was taken next, where anybody knows it."""
    place = items.places.get(question.key.reference or "")
    return None if place is None else items.texts[place]


def shown(question: Question, answer: Answer) -> tuple[str, ...]:
    """Return the texts of an answer's list that its question wants, best first."""
    return listed(answer)[: question.form.count] if isinstance(question.form, NextItems) else ()


def verdict(judge: str, texts: Sequence[str], score: Callable[[str], float], correction: str | None) -> Feedback:
    """Return what each text is worth, and their mean; an empty list is worth nothing."""
    if not texts:
        nothing = Outcome(part="list", score=0.0, reason="empty list")
        return Feedback(
            score=0.0, judge=judge, explanation="An empty list.", correction=correction, outcomes=(nothing,)
        )
    outcomes = tuple([Outcome(part=text, score=value, reason=word(value)) for text in texts for value in [score(text)]])
    mean = sum(outcome.score for outcome in outcomes) / len(outcomes)
    best = max(outcomes, key=lambda outcome: outcome.score)
    explanation = f"The best of {len(texts)} is {best.part}, worth {best.score:.2f}."
    return Feedback(score=mean, judge=judge, explanation=explanation, correction=correction, outcomes=outcomes)


def word(score: float) -> str:
    """Say in a word what a score means."""
    return "right" if score >= 1 else "alike" if score > 0 else "unlike"


def mean_over(items: Catalogue, text: str, score: Callable[[int], float]) -> float:
    """Return the mean score of the items that a text means, within [0, 1]; 0 where it means none."""
    places = items.sharing.get(text, ())
    return min(1.0, max(0.0, sum(map(score, places)) / len(places))) if places else 0.0
