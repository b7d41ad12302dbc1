"""A shop of eight items whose identifiers are letters, and a bigram learner that finds items of it by their odds."""

from collections.abc import Sequence

import numpy as np

from simulation.core.calls import Completion, Request
from simulation.core.catalogue import Catalogue, catalogue
from simulation.core.kinds.next_items import NextItems
from simulation.core.kinds.taken import Taken
from simulation.core.types import Answer, Experience, Feedback, Outcome, Question, Ranking
from tests.support.bigram import WORDS, BigramLearner

CODES = tuple((first, second) for first in "abc" for second in "def")[:8]
SHOP = Catalogue(
    items=tuple(f"item {place}" for place in range(len(CODES))),
    codes=CODES,
    titles=tuple(f"the {first} that is {second}" for first, second in CODES),
)


class Searcher(BigramLearner):
    """Answers requests for beams within a catalogue by weighing every item, and notes what it was asked."""

    def __init__(self, slots: Sequence[str]) -> None:
        super().__init__(slots)
        self.requests: list[Request] = []

    def generate(self, requests: Sequence[Request]) -> list[Completion]:
        self.requests += requests
        return [self._find(request) if request.within else self._write(request) for request in requests]

    def _find(self, request: Request) -> Completion:
        if len(request.prompt) > self.longest:
            return Completion(stop="error: the prompt is too long")
        texts = tuple(catalogue(request.within).sharing)
        [logprobs] = self.score([Request(slot=request.slot, prompt=request.prompt, continuations=texts)])
        order = np.argsort(-np.asarray(logprobs), kind="stable")[: request.beams]
        if request.temperature:
            noise = np.random.default_rng(request.seed).gumbel(size=len(order))
            order = order[np.argsort(-(np.asarray(logprobs)[order] / request.temperature + noise))]
        beam = tuple(Completion(text=texts[place], tokens=3, logprob=logprobs[place]) for place in order)
        return Completion(text=beam[0].text, tokens=3, logprob=beam[0].logprob, beam=beam[: request.texts])


def wanted(place: int, prompt: str, *, count: int = 4) -> Question:
    """Return a question whose next item is the one at a place of the shop."""
    return Question(
        id=f"{prompt}/{place}",
        prompt=prompt,
        form=NextItems(catalogue=SHOP.name, count=count),
        key=Taken(item=SHOP.items[place]),
    )


def shown(question: Question, texts: Sequence[str], scores: Sequence[float]) -> Experience:
    """Return the experience of a list that was shown, with what came of each item."""
    outcomes = tuple(
        Outcome(part=text, score=score, reason="clicked" if score else "passed over")
        for text, score in zip(texts, scores, strict=True)
    )
    mean = float(np.mean(scores)) if outcomes else 0.0
    return Experience(
        question=question,
        answer=Answer(
            question_id=question.id,
            prompt=question.prompt,
            text="\n".join(texts),
            answerer="one",
            model_version="",
            ranking=Ranking(alternatives=tuple(texts)) if texts else None,
        ),
        feedback=Feedback(score=mean, judge="scripted", outcomes=outcomes),
        truth=mean,
        turn=1,
        position=0,
    )


def visits(seed: int, count: int, *, size: int = 4) -> list[Experience]:
    """Return lists that were shown to users, of which some items were clicked."""
    stream = np.random.default_rng(seed)
    experiences = []
    for _ in range(count):
        prompt = "".join(stream.choice(list(WORDS[1:]), size=int(stream.integers(1, 5))))
        texts = [SHOP.texts[place] for place in stream.permutation(len(CODES))[:size]]
        scores = [float(clicked) for clicked in stream.integers(0, 2, size=size)]
        experiences.append(shown(wanted(int(stream.integers(len(CODES))), prompt), texts, scores))
    return experiences


def hits(
    slot: str, questions: Sequence[Question], completions: Sequence[Completion], *, seeds: Sequence[int]
) -> list[Feedback]:
    """Reward the item that was taken next."""
    assert slot and len(questions) == len(completions) == len(seeds)
    return [
        Feedback(score=float(completion.text == SHOP.text(str(question.key.reference))), judge="scripted")
        for question, completion in zip(questions, completions, strict=True)
    ]
