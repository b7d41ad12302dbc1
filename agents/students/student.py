"""One student: how it is asked and how its answers are read, as pure functions around the model's call.

What can be answered word for word (options, items) is scored by what the model gives it, or read from what it writes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import AfterValidator

from agents.reading.lists import named_items
from agents.reading.reading import Reading
from agents.reading.thoughts import behind_thoughts
from agents.students.prompting import Prompting
from simulation.core.calls import Completion, Request
from simulation.core.errors import ScenarioError
from simulation.core.kinds.code import Code
from simulation.core.kinds.items import Items
from simulation.core.kinds.next_items import NextItems
from simulation.core.seeding import draw_seed
from simulation.core.templates import check_template, lay_out, letter
from simulation.core.types import Answer, Question, Ranking

Mode = Literal["choices", "generate"]
Spelling = Literal["text", "letter"]


def known_template(value: str) -> str:
    """Return a template; raises ValueError, as pydantic wants it, where a field in braces is unknown."""
    try:
        return check_template(value)
    except ScenarioError as error:
        raise ValueError(str(error)) from error  # pydantic adds the place in the file


Template = Annotated[str, AfterValidator(known_template)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Student:
    """An `Answerer`: takes the likeliest option or lists the likeliest items, or writes freely and is read.

    A question without alternatives is always answered by writing.
    """

    simulated: ClassVar[bool] = False
    name: str
    template: str = "plain"
    mode: Mode = "choices"
    answers: Spelling = "text"
    """What is scored, learned and looked for first: an option's text or its letter; items are always spelled out."""
    max_tokens: int = 32
    temperature: float = 0.0
    beams: int = 50
    """The width of the search for items of a catalogue, where it is not to answer more; a ranking holds no more."""
    prompting: Prompting | None = None
    """How questions are put in place of the template."""

    def laid_out(self, question: Question) -> str:
        """Return the text that the model is given of a question."""
        return lay_out(question, self.template) if self.prompting is None else self.prompting.text(question)

    def requests(self, questions: Sequence[Question], *, generator: np.random.Generator) -> list[Request]:
        """Turn questions, as shown to the student, into one request each."""
        seeds = [draw_seed(generator) for _ in questions] if self.temperature else [0] * len(questions)
        return [
            self._scored(question)
            if self.mode == "choices" and question.form.alternatives
            else self._written(question, seed)
            for question, seed in zip(questions, seeds, strict=True)
        ]

    def options(self, questions: Sequence[Question]) -> list[Request]:
        """Return one request a question that scores its form's alternatives, whatever way the student answers."""
        return [self._scored(question) for question in questions]

    def read(
        self, questions: Sequence[Question], completions: Sequence[Completion], *, model_version: str
    ) -> list[Answer]:
        """Turn completions into answers; an unreadable one is an answer with `stop="unparsed"`."""
        return [
            self._read_scored(question, completion, model_version)
            if question.form.alternatives and self._scored_by(completion)
            else self._read_items(question, question.form, completion, model_version)
            if isinstance(question.form, NextItems)
            else self._read_written(question, completion, model_version)
            for question, completion in zip(questions, completions, strict=True)
        ]

    def _scored_by(self, completion: Completion) -> bool:
        """Whether a completion scores alternatives, or was to do so and failed."""
        return bool(completion.continuation_logprobs) or (self.mode == "choices" and not completion.tokens)

    def _written(self, question: Question, seed: int) -> Request:
        request = Request(
            slot=self.name,
            prompt=self.laid_out(question),
            max_tokens=self.max_tokens,
            temperature=self.temperature,
            seed=seed,
        )
        if not isinstance(question.form, NextItems):
            return request
        texts, within = max(question.form.count, question.form.ranked), question.form.catalogue
        if self.mode == "generate":
            return replace(request, within=within, texts=texts)
        # what is ranked behind the answer is measured alone, and not worth a wider search
        beams = max(self.beams, question.form.count)
        return replace(request, within=within, beams=beams, texts=min(texts, beams))

    def _scored(self, question: Question) -> Request:
        return Request(slot=self.name, prompt=self.laid_out(question), continuations=self._spelled(question))

    def _spelled(self, question: Question) -> tuple[str, ...]:
        alternatives = question.form.alternatives
        if self.answers == "letter" and not isinstance(question.form, Items):
            return tuple(letter(index) for index in range(len(alternatives)))
        return alternatives

    def _read_scored(self, question: Question, completion: Completion, version: str) -> Answer:
        scores = completion.continuation_logprobs
        text, ranking, reading = self._preferred(question, scores) if scores else ("", None, "")
        return Answer(
            question_id=question.id,
            prompt=self.laid_out(question),
            text=text,
            answerer=self.name,
            model_version=version,
            ranking=ranking,
            reading=reading,
            logprob=None if ranking is None or ranking.taken is None else scores[ranking.taken],
            stop="stop" if scores else "error: the question is longer than the model can read",
        )

    def _preferred(self, question: Question, scores: tuple[float, ...]) -> tuple[str, Ranking, str]:
        """Return the answer that scores make, what it weighed, and how it was read off them."""
        if isinstance(question.form, Items):
            return *listed(question.form, scores), "the likeliest items, best first"
        likeliest = int(np.argmax(scores))
        reading = "the likeliest option" if len(scores) > 1 else "the only option"
        return self._spelled(question)[likeliest], Ranking(taken=likeliest, logprobs=scores), reading

    def _read_items(self, question: Question, form: NextItems, completion: Completion, version: str) -> Answer:
        """Read what was found of a catalogue; a text that was written freely stands for the items nearest to it."""
        alone = (completion,) if completion.text.strip() else ()
        items = completion.beam or alone
        texts = [item.text.strip() for item in items]
        logprobs = tuple(item.logprob for item in items if item.logprob is not None)
        return Answer(
            question_id=question.id,
            prompt=self.laid_out(question),
            text="\n".join(texts[: form.count]),
            answerer=self.name,
            model_version=version,
            ranking=Ranking(alternatives=tuple(texts), logprobs=logprobs if len(logprobs) == len(texts) else ())
            if texts
            else None,
            reading=read_off(completion),
            logprob=completion.logprob,
            tokens=completion.tokens,
            stop=completion.stop if texts or completion.stop.startswith("error") else "unparsed",
        )

    def _read_written(self, question: Question, completion: Completion, version: str) -> Answer:
        written, thoughts = completion.text, 0
        if not question.form.alternatives:  # among alternatives the rules read what was thought as such
            written, thoughts = behind_thoughts(written)
        # where an answer continues code, its indentation is part of it
        text = written.rstrip() if question.form.opening else written.strip()
        ranking, reading = named(question, text, self.answers)
        lost = not text or (ranking is None and bool(question.form.alternatives))
        failed = completion.stop.startswith("error")
        return Answer(
            question_id=question.id,
            prompt=self.laid_out(question),
            text=text,
            answerer=self.name,
            model_version=version,
            ranking=ranking,
            reading=behind(reading, thoughts),
            logprob=completion.logprob,
            tokens=completion.tokens,
            stop=unread(completion) if lost and not failed else completion.stop,
        )


def unread(completion: Completion) -> str:
    """Return the stop of an answer off which nothing could be read."""
    return "unparsed at length" if completion.stop == "length" else "unparsed"


def read_off(completion: Completion) -> str:
    """Say how the items of a catalogue were read off what a model gave."""
    if not completion.beam:
        return "the text as it stands"
    if completion.text == completion.beam[0].text:
        return "the items found, best first"
    return f"the items nearest to {completion.text!r}"[:200]


def listed(form: Items, scores: Sequence[float]) -> tuple[str, Ranking]:
    """Return the answer that a list's scores make, its items one a line, and the ranking of all items; best first."""
    # stable, so that of equals the first laid out is the better
    order = np.argsort(-np.asarray(scores), kind="stable").tolist()
    best_first = tuple(form.items[place] for place in order)
    ranking = Ranking(alternatives=best_first, logprobs=tuple(scores[place] for place in order))
    return "\n".join(best_first[: form.count]), ranking


def named(question: Question, text: str, first: Spelling) -> tuple[Ranking | None, str]:
    """Return what a text takes of its question's alternatives, None where it names none, and how it was read."""
    form = question.form
    if isinstance(form, Items):
        items = named_items(text, form.items)
        return (Ranking(alternatives=items), "the items named, in their order") if items else (None, "no item named")
    if isinstance(form, Code):
        return None, "the program as it stands"
    from agents.reading.claims import read_claim  # the rules take long to compile
    from agents.reading.options import read_option

    if not form.alternatives:
        return None, claimed(read_claim(text))
    reading = read_option(text, form.alternatives, first=first)
    return None if reading.choice is None else Ranking(taken=reading.choice), claimed(reading)


def claimed(reading: Reading) -> str:
    """Say how a text was read, and how much of it was thought."""
    return behind(reading.how, reading.thoughts)


def behind(how: str, thoughts: int) -> str:
    """Say how a text was read, behind so many characters of thought."""
    return f"{how}, behind {thoughts:,} characters of thought" if thoughts else how
