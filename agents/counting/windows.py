"""What an experience says was taken, and what before it, as places among the texts of its catalogue."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulation.core.catalogue import Catalogue, catalogue
from simulation.core.errors import DataError, ModelError
from simulation.core.kinds.next_items import NextItems
from simulation.core.types import Experience, LessonEffect, Question, Update


@dataclass(frozen=True, eq=False)
class Texts:
    """The V different texts of a catalogue; items that share one are one text."""

    texts: tuple[str, ...]
    place: dict[str, int]
    """The place of each text."""
    place_of_item: dict[str, int]
    """The place of the text of each item, by the item's name."""
    order_V: NDArray[np.float64]
    """In [0, 1), from each text alone: a fixed random order for equals."""

    def place_of(self, text: str) -> int:
        """Return the place of a text; raises ModelError where it names no item."""
        if text not in self.place:
            raise ModelError(f"the text {text!r} names no item of the catalogue; score texts of its items alone")
        return self.place[text]


class Window(NamedTuple):
    """What was taken, and what had been taken before it: places among a catalogue's texts."""

    lesson: int
    """Its place among the lessons; one that shows several texts may teach several."""
    history: tuple[int, ...]
    """Oldest first."""
    taken: int


@cache
def texts_of(name: str) -> Texts:
    """Return the texts of a catalogue by its name, which says what it holds."""
    items: Catalogue = catalogue(name)
    texts = tuple(items.sharing)
    place = {text: number for number, text in enumerate(texts)}
    place_of_item = {item: place[text] for item, text in zip(items.items, items.texts, strict=True)}
    return Texts(texts, place, place_of_item, np.array([position(text) for text in texts]))


def position(text: str) -> float:
    """Return a number in [0, 1) that depends on a text alone."""
    return int.from_bytes(blake2b(text.encode(), digest_size=6).digest(), "little") * 2.0**-48


def form_of(question: Question | None, source: str) -> NextItems:
    """Return what a question asks for; raises ModelError where that is not the next items of a catalogue."""
    if question is not None and isinstance(question.form, NextItems):
        return question.form
    asked = "a prompt without its question" if question is None else f"question {question.id!r}"
    raise ModelError(
        f"{source} lists the next items of a catalogue, and {asked} asks for none; take an environment whose questions "
        "have the form next_items, or students that are a language_model"
    )


def history_of(form: NextItems, texts: Texts) -> tuple[int, ...]:
    """Return the places of a history's texts, oldest first."""
    try:
        return tuple([texts.place_of_item[item] for item in form.history])
    except KeyError as error:
        raise DataError(
            f"a history holds the item {error.args[0]!r}, which the catalogue {form.catalogue!r} does not; name items "
            "of the catalogue that the question names"
        ) from error


def taken_in(experience: Experience, texts: Texts) -> list[int]:
    """Return the places of what was taken, as the feedback tells it.

    That is the correction, else every text shown that had full marks of its own (a click), else the answer where it is
    one text and was right. None where the feedback tells of none.
    """
    answer, feedback = experience.answer, experience.feedback
    if feedback.correction is not None and feedback.correction in texts.place:
        return [texts.place[feedback.correction]]
    clicked = [outcome.part for outcome in feedback.outcomes if outcome.score >= 1 and outcome.part in texts.place]
    if clicked or feedback.score < 1:
        return [texts.place[part] for part in clicked]
    return [texts.place[answer.text]] if answer.text in texts.place else []


def windows(lessons: Sequence[Experience], source: str) -> dict[str, list[Window]]:
    """Return what lessons teach, by the catalogue that they are about; none of them is without a window."""
    by_catalogue: dict[str, list[Window]] = {}
    for number, lesson in enumerate(lessons):
        form = form_of(lesson.question, source)
        texts = texts_of(form.catalogue)
        history = history_of(form, texts)
        for place in taken_in(lesson, texts):
            by_catalogue.setdefault(form.catalogue, []).append(Window(number, history, place))
    return by_catalogue


def lesson_update(
    trainer: str,
    version: str,
    *,
    lessons: int,
    steps: int,
    before: Sequence[tuple[int, float]],
    after: Sequence[tuple[int, float]],
    metrics: Mapping[str, float] | None = None,
) -> Update:
    """Return an update by the log-probabilities, nats, of what each window taught, each with its lesson's place.

    Of a lesson that taught several texts the effect is told of the first.
    """
    windows_taught = {lesson: (old, new) for (lesson, old), (_, new) in zip(before[::-1], after[::-1], strict=True)}
    metrics = {
        **(metrics or {}),
        "windows": float(len(before)),
        "lessons_that_taught_nothing": float(lessons - len(windows_taught)),
    }
    if before:
        metrics["chosen_logprob_before"] = float(np.mean([logprob for _, logprob in before]))
        metrics["chosen_logprob_after"] = float(np.mean([logprob for _, logprob in after]))
    effects = tuple(
        LessonEffect(lesson=lesson, taught_before=old, taught_after=new)
        for lesson, (old, new) in sorted(windows_taught.items())
    )
    return Update(
        trainer=trainer, experiences=lessons, steps=steps, model_version=version, metrics=metrics, effects=effects
    )
