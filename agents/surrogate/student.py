"""One simulated student: its questions go to the surrogate as they are, and its option comes back as an answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from simulation.core.calls import Completion, Request
from simulation.core.seeding import draw_seeds
from simulation.core.templates import lay_out
from simulation.core.types import Answer, Question, Ranking


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedStudent:
    """An `Answerer` that draws its option, each request by its own seed."""

    simulated: ClassVar[bool] = True
    name: str

    def requests(self, questions: Sequence[Question], *, generator: np.random.Generator) -> list[Request]:
        """Turn questions into one request each, for an option drawn by the request's seed."""
        seeds = draw_seeds(generator, len(questions))
        return [
            Request(slot=self.name, prompt=question.prompt, temperature=1.0, seed=seed, question=question)
            for question, seed in zip(questions, seeds, strict=True)
        ]

    def options(self, questions: Sequence[Question]) -> list[Request]:
        """Return one request a question for the probabilities of its form's alternatives."""
        return [
            Request(slot=self.name, prompt=question.prompt, continuations=question.form.alternatives, question=question)
            for question in questions
        ]

    def read(
        self, questions: Sequence[Question], completions: Sequence[Completion], *, model_version: str
    ) -> list[Answer]:
        """Turn completions into answers: the option written, or the likeliest where options were only scored."""
        return [
            self._read(question, completion, model_version)
            for question, completion in zip(questions, completions, strict=True)
        ]

    def _read(self, question: Question, completion: Completion, version: str) -> Answer:
        text, scores, stop = completion.text, completion.continuation_logprobs, completion.stop
        alternatives = question.form.alternatives
        choice, reading = (alternatives.index(text), "drawn by chance") if text in alternatives else (None, "")
        if choice is None and scores and not text:
            choice, reading = int(np.argmax(scores)), "the likeliest option"
        return Answer(
            question_id=question.id,
            prompt=lay_out(question, "plain"),
            text=text if choice is None else alternatives[choice],
            answerer=self.name,
            model_version=version,
            ranking=Ranking(taken=choice, logprobs=scores) if choice is not None or scores else None,
            reading=reading,
            logprob=scores[choice] if choice is not None and scores else None,
            stop="unparsed" if choice is None and not stop.startswith("error") else stop,
        )
