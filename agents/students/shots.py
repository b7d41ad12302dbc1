"""Worked examples that stand before a question: drawn from the pool by the student's seed, or one's own."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Annotated

from pydantic import Field

from simulation.core.disclosure import folded
from simulation.core.errors import ScenarioError
from simulation.core.registry import nested
from simulation.core.seeding import generator
from simulation.core.templates import letter
from simulation.core.types import Question
from simulation.core.wording import Teaching

_LOOKED_AT = 50
"""Questions of the pool looked at for each worked example that is wanted."""
AN_OPTION = "an option"


@nested
class WrittenShot:
    """A worked example of one's own."""

    question: Annotated[str, Field(min_length=1, examples=["What is 1 + 1?"])]
    """What was asked."""
    answer: Annotated[str, Field(min_length=1, examples=["2"])]
    """How it is answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """A worked example, as a layout reads it."""

    id: str
    question: str
    answer: str
    options: tuple[str, ...] = ()

    @property
    def lines(self) -> str:
        """The options one a line, with letters."""
        return lettered(self.options)


def lettered(options: Sequence[str]) -> str:
    """Return options one a line, with letters."""
    return "\n".join(f"{letter(place)}) {option}" for place, option in enumerate(options))


def marked(shot: Shot) -> Shot:
    """Return a worked example that says nothing."""
    options = (AN_OPTION,) * len(shot.options)
    return Shot(id=shot.id, question="a worked example", answer="its answer", options=options)


def written_shots(shots: Sequence[WrittenShot]) -> tuple[Shot, ...]:
    """Return examples of one's own."""
    return tuple(Shot(id="", question=shot.question, answer=shot.answer) for shot in shots)


def drawn_shots(count: int, teaching: Teaching, *, letters: bool) -> tuple[Shot, ...]:
    """Draw examples from the pool by the student's seed, one more than are shown where there is one."""
    if not count:
        return ()
    measured = {folded(question.prompt).signs for question in teaching.measured}
    distinct: dict[str, Shot] = {}
    for question in islice(mixed(teaching, count), _LOOKED_AT * (count + 1)):
        answer = shown_answer(question, letters=letters)
        text = folded(question.prompt).signs
        if answer is not None and text not in measured and text not in distinct:
            distinct[text] = Shot(
                id=question.id, question=question.prompt, answer=answer, options=question.form.alternatives
            )
        if len(distinct) > count:
            break
    if len(distinct) < count:
        raise ScenarioError(
            f"prompt.shots: {count} worked examples are wanted, and {len(distinct)} of the questions that may be asked "
            "have an answer to show; write fewer, or examples of your own as {question: …, answer: …}"
        )
    return tuple(distinct.values())


def mixed(teaching: Teaching, count: int) -> Iterator[Question]:
    """Yield questions of the pool in an order drawn from the student's seed."""
    stream = generator(teaching.seat.seed, 0, teaching.seat.number, "worked examples")
    size = min(len(teaching.pool), _LOOKED_AT * (count + 1))
    for place in stream.choice(len(teaching.pool), size=size, replace=False).tolist():
        yield teaching.pool[place]


def shown_answer(question: Question, *, letters: bool) -> str | None:
    """Return how a question is rightly answered, None where nobody wrote that down."""
    reference, options = question.key.reference, question.form.alternatives
    if reference is None:
        return None
    names = [letter(place) for place in range(len(options))]
    place = next((column.index(reference) for column in ([*options], names) if reference in column), None)
    if place is None:
        return reference.removeprefix(question.form.opening)
    return names[place] if letters else options[place]
