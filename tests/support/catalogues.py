"""Small catalogues, and questions and answers about them."""

from collections.abc import Sequence

from simulation.core.catalogue import Catalogue
from simulation.core.kinds.next_items import NextItems
from simulation.core.kinds.taken import Taken
from simulation.core.types import Answer, Question, Ranking


def coded(codes: Sequence[tuple[str, ...]]) -> Catalogue:
    """Return a catalogue of items with these codes."""
    names = tuple(f"item-{place}" for place in range(len(codes)))
    return Catalogue(items=names, codes=tuple(codes), titles=tuple(f"the title of {name}" for name in names))


def grid(size: int = 4, depth: int = 2) -> Catalogue:
    """Return a catalogue that has every identifier of `depth` codes, each one of `size`."""
    rows: list[tuple[str, ...]] = [()]
    for level in range(depth):
        rows = [(*row, f"<{chr(97 + level)}_{code}>") for row in rows for code in range(size)]
    return coded(rows)


def next_of(items: Catalogue, taken: int, *, name: str = "q", count: int = 50, history: Sequence[int] = ()) -> Question:
    """Return a question for what comes next, of which the item at a place was taken."""
    past = tuple(items.items[place] for place in history)
    return Question(
        id=name,
        prompt=" ".join(items.text(item) for item in past),
        form=NextItems(catalogue=items.name, count=count, history=past),
        key=Taken(item=items.items[taken]),
    )


def list_of(question: Question, texts: Sequence[str]) -> Answer:
    """Return an answer that lists these texts."""
    return Answer(
        question_id=question.id,
        prompt=question.prompt,
        text="\n".join(texts),
        answerer="s",
        model_version="v",
        ranking=Ranking(alternatives=tuple(texts)) if texts else None,
        stop="stop" if texts else "unparsed",
    )
