"""A student that lists what comes next of a catalogue: questions go out as they are, and lists come back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from simulation.core.calls import Completion, Request
from simulation.core.catalogue import catalogue
from simulation.core.kinds.next_items import NextItems
from simulation.core.templates import lay_out
from simulation.core.types import Answer, Question, Ranking


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingStudent:
    """An `Answerer` of questions for the next items; what computes for it refuses every other question."""

    simulated: ClassVar[bool] = False
    name: str
    texts: int = 50
    """How many texts a ranking holds, where the catalogue has so many and the answer needs no more."""

    def requests(self, questions: Sequence[Question], *, generator: np.random.Generator) -> list[Request]:
        """Return one request a question; nothing is drawn."""
        del generator
        return [self._request(question) for question in questions]

    def options(self, questions: Sequence[Question]) -> list[Request]:
        """Return one request a question that scores its form's alternatives."""
        return [
            Request(slot=self.name, prompt=question.prompt, continuations=question.form.alternatives, question=question)
            for question in questions
        ]

    def _request(self, question: Question) -> Request:
        form, width, within = question.form, 0, ""
        if isinstance(form, NextItems):
            within = form.catalogue
            width = min(max(self.texts, form.count), len(catalogue(within).sharing))
        return Request(
            slot=self.name,
            prompt=question.prompt,
            beams=width,
            texts=max(1, width),
            within=within,
            question=question,
        )

    def read(
        self, questions: Sequence[Question], completions: Sequence[Completion], *, model_version: str
    ) -> list[Answer]:
        """Turn completions into answers: the first texts of a list, one text, or the likeliest of what was scored."""
        return [
            self._read(question, completion, model_version)
            for question, completion in zip(questions, completions, strict=True)
        ]

    def _read(self, question: Question, completion: Completion, version: str) -> Answer:
        form, stop = question.form, completion.stop
        if isinstance(form, NextItems):
            text, ranking, reading = next_items(form, completion)
        else:
            text, ranking, reading = likeliest(form.alternatives, completion)
        return Answer(
            question_id=question.id,
            prompt=lay_out(question, "plain"),
            text=text,
            answerer=self.name,
            model_version=version,
            ranking=ranking,
            reading=reading,
            logprob=completion.logprob,
            stop=stop if reading or stop.startswith("error") else "unparsed",
        )


def next_items(form: NextItems, completion: Completion) -> tuple[str, Ranking | None, str]:
    """Return the list that a completion is, what it ranks, and how it was read; a text alone ranks nothing."""
    if completion.beam:
        texts = tuple(one.text for one in completion.beam)
        logprobs = tuple(one.logprob for one in completion.beam if one.logprob is not None)
        ranking = Ranking(alternatives=texts, logprobs=logprobs if len(logprobs) == len(texts) else ())
        return "\n".join(texts[: form.count]), ranking, "the likeliest items, best first"
    is_item = completion.text in catalogue(form.catalogue).sharing
    return completion.text, None, "an item" if is_item else ""


def likeliest(alternatives: tuple[str, ...], completion: Completion) -> tuple[str, Ranking | None, str]:
    """Return the alternative that was written, or else the likeliest of those scored."""
    text, scores = completion.text, completion.continuation_logprobs
    if text in alternatives:
        return text, Ranking(taken=alternatives.index(text), logprobs=scores), "an alternative"
    if scores and not text:
        place = int(np.argmax(scores))
        return alternatives[place], Ranking(taken=place, logprobs=scores), "the likeliest alternative"
    return text, None, ""
