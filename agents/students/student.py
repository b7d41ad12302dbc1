"""One student: how it is asked and how its answers are read, as pure functions around the model's call."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import AfterValidator

from agents.reading.wording import chosen
from simulation.core.errors import ScenarioError
from simulation.core.seeding import draw_seed
from simulation.core.templates import check_template, lay_out, letter
from simulation.core.types import Answer, Completion, Question, Request

Mode = Literal["choices", "generate"]
Form = Literal["text", "letter"]


def known_template(value: str) -> str:
    """Return a template; raises ValueError, as pydantic wants it, where a field in braces is unknown."""
    try:
        return check_template(value)
    except ScenarioError as error:
        raise ValueError(str(error)) from error  # pydantic adds the place in the file


Template = Annotated[str, AfterValidator(known_template)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Student:
    """An `Answerer`: takes the likeliest option, or writes freely and is read.

    A question without choices is always answered by writing.
    """

    simulated: ClassVar[bool] = False
    name: str
    template: str = "plain"
    mode: Mode = "choices"
    answers: Form = "text"
    """What is scored and learned: an option's text or its letter."""
    max_tokens: int = 32
    temperature: float = 0.0

    def requests(self, questions: Sequence[Question], *, generator: np.random.Generator) -> list[Request]:
        """Turn questions, as shown to the student, into one request each."""
        seeds = [draw_seed(generator) for _ in questions] if self.temperature else [0] * len(questions)
        return [
            self._scored(question)
            if self.mode == "choices" and question.choices
            else Request(
                slot=self.name,
                prompt=lay_out(question, self.template),
                max_tokens=self.max_tokens,
                temperature=self.temperature,
                seed=seed,
            )
            for question, seed in zip(questions, seeds, strict=True)
        ]

    def options(self, questions: Sequence[Question]) -> list[Request]:
        """Return one request a question that scores its choices, whatever way the student answers."""
        return [self._scored(question) for question in questions]

    def read(
        self, questions: Sequence[Question], completions: Sequence[Completion], *, model_version: str
    ) -> list[Answer]:
        """Turn completions into answers; an unreadable one is an answer with `stop="unparsed"`."""
        return [
            self._read_scored(question, completion, model_version)
            if question.choices and self._scored_by(completion)
            else self._read_written(question, completion, model_version)
            for question, completion in zip(questions, completions, strict=True)
        ]

    def _scored_by(self, completion: Completion) -> bool:
        """Whether a completion scores options, or was to do so and failed."""
        return bool(completion.continuation_logprobs) or (self.mode == "choices" and not completion.tokens)

    def _scored(self, question: Question) -> Request:
        return Request(slot=self.name, prompt=lay_out(question, self.template), continuations=self._forms(question))

    def _forms(self, question: Question) -> tuple[str, ...]:
        if self.answers == "letter":
            return tuple(letter(index) for index in range(len(question.choices)))
        return question.choices

    def _read_scored(self, question: Question, completion: Completion, version: str) -> Answer:
        scores = completion.continuation_logprobs
        choice = int(np.argmax(scores)) if scores else None
        return Answer(
            question_id=question.id,
            prompt=lay_out(question, self.template),
            text="" if choice is None else self._forms(question)[choice],
            answerer=self.name,
            model_version=version,
            choice=choice,
            choice_logprobs=scores,
            logprob=None if choice is None else scores[choice],
            stop="stop" if scores else "error: the question is longer than the model can read",
        )

    def _read_written(self, question: Question, completion: Completion, version: str) -> Answer:
        # where an answer continues code, its indentation is part of it
        text = completion.text.rstrip() if question.opening else completion.text.strip()
        choice = chosen(text, question.choices) if question.choices else None
        lost = not text or (choice is None and bool(question.choices))
        failed = completion.stop.startswith("error")
        return Answer(
            question_id=question.id,
            prompt=lay_out(question, self.template),
            text=text,
            answerer=self.name,
            model_version=version,
            choice=choice,
            logprob=completion.logprob,
            tokens=completion.tokens,
            stop="unparsed" if lost and not failed else completion.stop,
        )
