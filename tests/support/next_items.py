"""Small logs of what was taken next, as questions and experiences of a catalogue."""

from collections.abc import Iterator, Sequence

import numpy as np

from simulation.core.catalogue import Catalogue
from simulation.core.kinds.next_items import NextItems
from simulation.core.types import Answer, Experience, Feedback, Outcome, Question


def small_catalogue(items: int = 12, sharing: int = 2) -> Catalogue:
    """A catalogue of which the last `sharing` items have the identifier of the first ones."""
    numbers = [number if number < items - sharing else number - (items - sharing) for number in range(items)]
    return Catalogue(
        items=tuple(f"item {number}" for number in range(items)),
        codes=tuple((f"<a_{number // 4}>", f"<b_{number % 4}>") for number in numbers),
        titles=tuple(f"a thing of kind {number // 4}, number {number}" for number in range(items)),
        tags=tuple((f"kind {number // 4}",) for number in range(items)),
    )


def next_question(shelf: Catalogue, history: Sequence[int], *, count: int = 3, identity: str = "") -> Question:
    """What comes after a history of places in the catalogue."""
    items = tuple(shelf.items[place] for place in history)
    form = NextItems(catalogue=shelf.name, count=count, history=items)
    return Question(id=identity or f"after {list(history)}", prompt=" ".join(map(shelf.text, items)), form=form)


def logged(
    shelf: Catalogue,
    history: Sequence[int],
    taken: int,
    *,
    position: int = 0,
    said: str = "answer",
) -> Experience:
    """What was taken after a history, told as the right answer, as a correction, or as a click on a slate."""
    text = shelf.texts[taken]
    question = next_question(shelf, history)
    feedback = {
        "answer": Feedback(score=1.0, judge="log"),
        "correction": Feedback(score=0.0, judge="log", correction=text),
        "click": Feedback(
            score=0.5,
            judge="user",
            outcomes=(
                Outcome(part=shelf.texts[0], score=0.0, reason="passed over"),
                Outcome(part=text, score=1.0, reason="clicked"),
            ),
        ),
        "nothing": Feedback(score=0.0, judge="log"),
    }[said]
    answer = Answer(
        question_id=question.id,
        prompt=question.prompt,
        text=text if said == "answer" else "no item",
        answerer="log",
        model_version="0",
    )
    return Experience(
        question=question, answer=answer, feedback=feedback, truth=feedback.score, turn=1, position=position
    )


def random_windows(seed: int, items: int, size: int) -> Iterator[tuple[list[int], int]]:
    """Histories and what was taken after them, drawn at random."""
    generator = np.random.default_rng(seed)
    for _ in range(size):
        yield generator.integers(0, items, size=int(generator.integers(0, 6))).tolist(), int(generator.integers(items))


def logs(shelf: Catalogue, seed: int, size: int = 40) -> list[Experience]:
    """Random experiences of a catalogue, told in all three ways."""
    told = ("answer", "correction", "click")
    windows = random_windows(seed, len(shelf.items), size)
    return [
        logged(shelf, history, taken, position=place, said=told[place % 3])
        for place, (history, taken) in enumerate(windows)
    ]
