"""Judges of titles that were written: how like they are to the one taken next, or how well they suit a history.

The two rewards of the study of BIGRec with GRPO (Bao et al. 2023, arXiv 2308.08434, is the method it continues).
Changed: titles are compared by their words, each weighed by how rare it is, as `semantic_reward` does, and not by a
language model's last state, under which all titles are alike; and a reward is scaled to between 0 and 1, which leaves
its order, and but for rounding the advantages of a group, as they are. The reference-free reward is neither normalised
over a batch nor are its weights moved, so that an answer is worth the same whatever is judged beside it.
"""

from collections.abc import Sequence
from math import exp, log
from typing import Annotated

from pydantic import Field, model_validator

from agents.judges.list_scores import items_asked, place_taken, shown, text_taken, verdict
from agents.judges.semantic_reward import Words, cosine, rarity, title_words, weighed
from agents.reading.titles import written_title
from simulation.core.catalogue import Catalogue
from simulation.core.kinds.next_items import NextItems
from simulation.core.registry import judge
from simulation.core.types import Answer, Feedback, Question

RECENCY = 0.9
"""What an item of a history counts beside the one after it."""
IRRELEVANT, IRRELEVANCE = 0.3, 0.5
"""Below this relevance so much is taken off."""
FAMILIAR, FAMILIARITY = 0.2, 0.25
"""Below this novelty so much is taken off."""
Weight = Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]


@judge("title_similarity")
class TitleSimilarity:
    """Scores a title by its likeness to the one taken next, (cosine + 1) / 2, less where it was taken before."""

    repeat_penalty: Weight = 1.0
    """What is taken off a title that the history has; 0 is likeness alone. What is left is scaled to between 0 and 1.
    """

    def judge(
        self, questions: Sequence[Question], answers: Sequence[Answer], *, seeds: Sequence[int]
    ) -> list[Feedback]:
        """Evaluate each answer; nothing is drawn, so the seeds are not used."""
        del seeds
        return [self._verdict(question, answer) for question, answer in zip(questions, answers, strict=True)]

    def _verdict(self, question: Question, answer: Answer) -> Feedback:
        items = items_asked(question, "title_similarity")
        place = place_taken(question, items, "title_similarity")
        words_taken, history = title_words(items.name)[place], history_titles(question, items)

        def worth(text: str) -> float:
            title = meant(items, text)
            repeated = self.repeat_penalty * (title in history)
            likeness = 1.0 if title == items.titles[place] else cosine(weighed(title, rarity(items.name)), words_taken)
            return ((min(1.0, likeness) + 1) / 2 - repeated + self.repeat_penalty) / (1 + self.repeat_penalty)

        return verdict("title_similarity", shown(question, answer), worth, items.texts[place])


@judge("reference_free")
class ReferenceFree:
    """Scores a title by how it suits the history, without knowing what was taken next.

    It is worth relevance, added diversity and novelty, less where it was taken before, is irrelevant or too familiar;
    the sum is cut off at plus and minus `limit` and scaled to between 0 and 1.
    """

    relevance: Weight = 2.0
    """The weight of being like the history, of which what was taken last counts most."""
    diversity: Weight = 1.0
    """The weight of making the history more various."""
    novelty: Weight = 0.8
    """The weight of being unlike some of it."""
    limit: Annotated[float, Field(ge=1e-6, le=1e6, allow_inf_nan=False)] = 5.0
    """Beyond this no reward is told from another."""

    @model_validator(mode="after")
    def _consistent(self) -> "ReferenceFree":
        if not (self.relevance or self.diversity or self.novelty):
            raise ValueError("relevance, diversity and novelty all weigh nothing; give one of them a weight")
        return self

    def judge(
        self, questions: Sequence[Question], answers: Sequence[Answer], *, seeds: Sequence[int]
    ) -> list[Feedback]:
        """Evaluate each answer; nothing is drawn, so the seeds are not used."""
        del seeds
        return [self._verdict(question, answer) for question, answer in zip(questions, answers, strict=True)]

    def _verdict(self, question: Question, answer: Answer) -> Feedback:
        items = items_asked(question, "reference_free")
        titles = history_titles(question, items)
        history = [weighed(title, rarity(items.name)) for title in titles]

        def worth(text: str) -> float:
            title = meant(items, text)
            reward = self.reward(weighed(title, rarity(items.name)), history, titles.count(title))
            return (max(-self.limit, min(self.limit, reward)) + self.limit) / (2 * self.limit)

        return verdict("reference_free", shown(question, answer), worth, text_taken(question, items))

    def reward(self, title: Words, history: Sequence[Words], repeats: int) -> float:
        """Return what a title is worth behind a history, oldest first, that has it `repeats` times."""
        relevant, new = relevance(title, history), novelty(title, history)
        value = self.relevance * relevant + self.diversity * diversity(title, history) + self.novelty * new
        value -= 2 * (1 + log(1 + repeats)) if repeats else 0.0
        return value - IRRELEVANCE * (relevant < IRRELEVANT) - FAMILIARITY * (new < FAMILIAR)


def relevance(title: Words, history: Sequence[Words]) -> float:
    """Return σ(10 (c - .5)), c the mean cosine with a history in which each item counts .9 of the one after it."""
    weights = [RECENCY**age for age in range(len(history))]
    likeness = sum(weight * cosine(title, own) for weight, own in zip(weights, reversed(history), strict=True))
    return 1 / (1 + exp(-10 * (likeness / (sum(weights) or 1.0) - 0.5)))


def diversity(title: Words, history: Sequence[Words]) -> float:
    """Return ln(1 + 10 Δ) / 2, Δ ≥ 0 by how much the mean dissimilarity of pairs grows with the title."""
    return log(1 + 10 * max(0.0, dissimilarity([*history, title]) - dissimilarity(history))) / 2


def dissimilarity(titles: Sequence[Words]) -> float:
    """Return the mean over pairs of 1 - cosine; 0 where there is no pair."""
    pairs = [1 - cosine(one, other) for place, one in enumerate(titles) for other in titles[:place]]
    return sum(pairs) / len(pairs) if pairs else 0.0


def novelty(title: Words, history: Sequence[Words]) -> float:
    """Return 1 - the least cosine with a history; half of it below .3, 1.2 times it above .7."""
    new = 1 - min((cosine(title, own) for own in history), default=0.0)
    return new * (0.5 if new < 0.3 else 1.2 if new > 0.7 else 1.0)


def history_titles(question: Question, items: Catalogue) -> tuple[str, ...]:
    """Return the titles of what was taken before, oldest first."""
    history = question.form.history if isinstance(question.form, NextItems) else ()
    return tuple(items.titles[items.places[item]] for item in history)


def meant(items: Catalogue, text: str) -> str:
    """Return the title of the item that a text writes, or what it names as one."""
    places = items.sharing.get(text) or items.sharing.get(written_title(text))
    return items.titles[places[0]] if places else written_title(text)
