"""The judge of recommendations that knows the log: where in a list the item stands that was really taken next."""

from collections.abc import Iterable, Sequence
from functools import lru_cache

from simulation.core.catalogue import Catalogue, catalogue
from simulation.core.errors import DataError
from simulation.core.kinds.next_items import NextItems
from simulation.core.kinds.taken import Taken
from simulation.core.registry import judge
from simulation.core.types import Answer, Feedback, Outcome, Question

CUTOFF = 10
"""The score is whether the item is among so many."""


@judge("next_item")
class NextItemJudge:
    """Looks the item up that was taken next: the score is 1 where it is among the first ten, divided among sharers."""

    def judge(
        self, questions: Sequence[Question], answers: Sequence[Answer], *, seeds: Sequence[int]
    ) -> list[Feedback]:
        """Evaluate each answer; exact, so the seeds are not used."""
        del seeds
        return [looked_up(question, listed(answer)) for question, answer in zip(questions, answers, strict=True)]


def listed(answer: Answer) -> tuple[str, ...]:
    """Return the texts of an answer's list, best first: those it ranked, or its lines."""
    if answer.ranking is not None and answer.ranking.alternatives:
        return answer.ranking.alternatives
    return tuple(line for line in map(str.strip, answer.text.splitlines()) if line)


@lru_cache(maxsize=1 << 15)
def looked_up(question: Question, texts: tuple[str, ...]) -> Feedback:
    """Return what the log says of a list."""
    if not isinstance(question.form, NextItems) or not isinstance(question.key, Taken):
        raise DataError(
            f"question {question.id!r} asks for no next item of a catalogue, so next_item cannot judge it; use "
            "another judge, or an environment such as recommendation"
        )
    items = catalogue(question.form.catalogue)
    wanted = items.text(question.key.item)
    numbers = told(items, wanted, texts)
    rank, sharers = int(numbers["rank"]), int(numbers["sharers"])
    score = 1.0 / sharers if 0 < rank <= CUTOFF else 0.0
    title = items.titles[items.places[question.key.item]]
    place = f"stands at {rank} of {len(texts)}" if rank else f"is not among the {len(texts)}"
    shared = f"; {sharers} items share {wanted}, so a hit counts 1/{sharers}" if sharers > 1 else ""
    reason = "taken" if score else "too far down" if rank else "not listed"
    return Feedback(
        score=score,
        judge="next_item",
        explanation=f"What was taken next, {title}, {place}{shared}.",
        correction=wanted,
        metrics=numbers,
        outcomes=(Outcome(part="list", score=score, reason=reason if texts else "empty list"),),
    )


def told(items: Catalogue, wanted: str, texts: Sequence[str]) -> dict[str, float]:
    """Return the few numbers of a list from which its measures follow; ranks count from 1, and 0 is nowhere.

    "rank" is that of the wanted text, "prefix_l" the first at which all codes up to level l agree, "level_l" the first
    at which the code of level l does; "sharers" are the items that the wanted text means, "no_item" the share of texts
    that mean none.
    """
    numbers = {
        "rank": float(first(text == wanted for text in texts)),
        "sharers": float(len(items.sharing[wanted])),
        "no_item": sum(text not in items.sharing for text in texts) / max(1, len(texts)),
    }
    own = items.codes[items.sharing[wanted][0]]
    codes = [items.codes[items.sharing[text][0]] if text in items.sharing else () for text in texts]
    for level in range(1, items.depth):
        numbers[f"prefix_{level}"] = float(first(row[:level] == own[:level] for row in codes))
    for level in range(2, items.depth + 1):
        numbers[f"level_{level}"] = float(first(row[level - 1 : level] == own[level - 1 : level] for row in codes))
    return numbers


def first(agreeing: Iterable[bool]) -> int:
    """Return the place, counted from 1, of the first that agrees; 0 where none does."""
    return next((rank for rank, agrees in enumerate(agreeing, start=1) if agrees), 0)
