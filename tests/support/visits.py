"""Recommenders that count or know, and visits of users to whom they recommend."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from agents.judges.clicks import Slate, chances
from agents.judges.recommender_user import RecommenderUser
from environments.recommender_users import Audience, RecommenderUsers
from simulation.core.catalogue import Catalogue, catalogue
from simulation.core.kinds.next_items import NextItems
from simulation.core.kinds.visitor import Visitor
from simulation.core.seeding import draw_seeds, generator
from simulation.core.types import Answer, Experience, Feedback, Question
from tests.support.catalogues import list_of

Recommender = Callable[[Question], Sequence[str]]
"""Returns the texts of a list."""


def most_often(counts_I: NDArray[np.float64]) -> Recommender:
    """Return who recommends the same to everybody."""

    def recommend(question: Question) -> list[str]:
        items, count = form_of(question)
        return [items.texts[place] for place in np.argsort(-counts_I, kind="stable")[:count]]

    return recommend


def counted(pairs_II: NDArray[np.float64], counts_I: NDArray[np.float64]) -> Recommender:
    """Return who recommends what followed the history's items, the newest counting most."""

    def recommend(question: Question) -> list[str]:
        items, count = form_of(question)
        newest_first = [items.places[item] for item in reversed(question.form.history)]  # type: ignore[attr-defined]
        scores_I = 1e-6 * counts_I + sum(pairs_II[place] / age for age, place in enumerate(newest_first, start=1))
        return [items.texts[place] for place in np.argsort(-scores_I, kind="stable")[:count]]

    return recommend


def knowing(question: Question) -> list[str]:
    """Recommend what the user would click most, bored or not, as nobody can who does not know the key."""
    items, count = form_of(question)
    assert isinstance(question.key, Visitor)
    everything = tuple((place,) for place in range(len(items.items)))
    whole = Slate(visitor=question.key, items=items, count=len(everything), texts=items.texts, meanings=everything)
    chance = chances([whole])
    best = np.argsort(-(chance.appeal_AL * chance.fresh_AL)[0], kind="stable")
    return [items.texts[place] for place in best[:count]]


def form_of(question: Question) -> tuple[Catalogue, int]:
    """Return the catalogue of a question and how many items it asks for."""
    assert isinstance(question.form, NextItems)
    return catalogue(question.form.catalogue), question.form.count


def expected(questions: Sequence[Question], recommend: Recommender) -> list[Feedback]:
    """Return what is expected of the lists of a recommender."""
    answers = [list_of(question, recommend(question)) for question in questions]
    return RecommenderUser(expected=True).judge(questions, answers, seeds=[0] * len(answers))


def visited(
    environment: RecommenderUsers, recommend: Recommender, *, seed: int, turns: int
) -> tuple[Audience, list[float]]:
    """Return the users after turns in which all of them visited, and the click rate of each turn."""
    state, rates = environment.begin(generator(seed, 0, 0, "world")), []
    for turn in range(1, turns + 1):
        asked = [*environment.pool(state)]
        answers = [list_of(question, recommend(question)) for question in asked]
        seeds = draw_seeds(generator(seed, turn, 0, "judge"), len(asked))
        verdicts = RecommenderUser().judge(asked, answers, seeds=seeds)
        stream = generator(seed, turn, 0, "world")
        for experience in map(experienced, asked, answers, verdicts):
            state, _ = environment.step(state, experience, stream)
        rates.append(float(np.mean([verdict.score for verdict in verdicts])))
    return state, rates


def experienced(question: Question, answer: Answer, feedback: Feedback) -> Experience:
    """Return an experience of the first turn."""
    return Experience(question=question, answer=answer, feedback=feedback, truth=feedback.score, turn=1, position=0)
