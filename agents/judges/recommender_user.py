"""The judge who uses what is recommended: a simulated user who looks at a list, clicks, and says why.

What makes a user click stands in `agents/judges/clicks.py`; who the user is, in the question's key.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from agents.judges.clicks import Chances, Floats, Slate, chances, meanings, uniform
from agents.judges.next_item import listed, told
from simulation.core.catalogue import catalogue
from simulation.core.errors import DataError
from simulation.core.kinds.next_items import NextItems
from simulation.core.kinds.visitor import Visitor
from simulation.core.registry import judge
from simulation.core.types import Answer, Feedback, Outcome, Question

CLICKED, UNSEEN, BORED, DISLIKED, TWICE, NO_ITEM = REASONS = (
    "clicked",
    "not looked at",
    "bored",
    "not to taste",
    "shown twice",
    "no item",
)

NOTHING = Outcome(part="list", score=0.0, reason="empty list")


@judge("recommender_user")
class RecommenderUser:
    """A user who looks at the list from the top and clicks by taste, by what goes with the last item, or by curiosity.

    The score is the share of the places asked for that are clicked: nobody clicks an empty place, a text that is no
    item, or an item that stands above already. Items that were shown of late bore.
    """

    expected: bool = False
    """Whether scores are the chances of a click instead of clicks that are drawn: they measure without noise."""

    def judge(
        self, questions: Sequence[Question], answers: Sequence[Answer], *, seeds: Sequence[int]
    ) -> list[Feedback]:
        """Let each user look at its list; clicks are drawn from the answer's own seed."""
        slates = [slate(question, answer) for question, answer in zip(questions, answers, strict=True)]
        groups: dict[tuple[str, int], list[int]] = {}
        for row, one in enumerate(slates):
            groups.setdefault((one.items.name, one.count), []).append(row)
        verdicts: dict[int, Feedback] = {}
        for rows in groups.values():
            group = [slates[row] for row in rows]
            chance = chances(group)
            scores_AL, reasons_AL = (
                expectations(chance) if self.expected else drawn(chance, [seeds[row] for row in rows])
            )
            stars_A = 1 + 4 * (chance.appeal_AL * chance.fresh_AL).mean(1)
            looks = zip(rows, group, scores_AL.tolist(), reasons_AL.tolist(), stars_A.tolist(), strict=True)
            for row, one, scores, reasons, stars in looks:
                verdicts[row] = self._verdict(one, answers[row], scores, reasons, stars)
        return [verdicts[row] for row in range(len(answers))]

    def _verdict(
        self, slate: Slate, answer: Answer, scores: Sequence[float], reasons: Sequence[int], stars: float
    ) -> Feedback:
        """Return what came of a list; scores and reasons are those of all places asked for."""
        words = [
            REASONS[reason] if places else TWICE if text in slate.items.sharing else NO_ITEM
            for text, places, reason in zip(slate.texts, slate.meanings, reasons[: len(slate.texts)], strict=True)
        ]
        parts = zip(slate.texts, scores[: len(words)], words, strict=True)
        metrics = {} if self.expected else {"rating": round(stars, 2)}
        if self.expected and slate.visitor.item:
            metrics = told(slate.items, slate.items.text(slate.visitor.item), listed(answer))
        return Feedback(
            score=sum(scores) / slate.count,
            judge="recommender_user",
            explanation=self._explained(slate, sum(scores), words, stars),
            metrics=metrics,
            outcomes=tuple([Outcome(part=text, score=score, reason=word) for text, score, word in parts]) or (NOTHING,),
        )

    def _explained(self, slate: Slate, clicks: float, words: Sequence[str], stars: float) -> str:
        """Say in plain words what was clicked and why the rest was not."""
        if self.expected:
            said = f"{clicks:.1f} clicks expected of {slate.count}"
        else:
            taken = [
                slate.items.titles[places[0]]
                for places, word in zip(slate.meanings, words, strict=True)
                if word == CLICKED
            ]
            said = f"clicked {clicks:.0f} of {slate.count}{': ' if taken else ''}{', '.join(taken)}"
        others = [f"{words.count(word)} {word}" for word in REASONS[1:] if word in words]
        if missing := slate.count - len(words):
            others.append(f"{missing} missing")
        return "; ".join((said, *others, f"{stars:.1f} of 5 stars"))


def slate(question: Question, answer: Answer) -> Slate:
    """Return an answer's list as the user of its question meets it."""
    form, visitor = question.form, question.key
    if not isinstance(form, NextItems) or not isinstance(visitor, Visitor):
        raise DataError(
            f"question {question.id!r} is of form {type(form).__name__} and key {type(visitor).__name__}, but "
            "recommender_user looks at lists of a catalogue as a Visitor; use another judge, or the environment "
            "recommender_users"
        )
    items = catalogue(form.catalogue)
    texts = tuple([line for line in map(str.strip, answer.text.splitlines()) if line][: form.count])
    return Slate(visitor=visitor, items=items, count=form.count, texts=texts, meanings=meanings(items, texts))


def drawn(chance: Chances, seeds: Sequence[int]) -> tuple[Floats, NDArray[np.int64]]:
    """Draw what comes of each place, from each list's own seed: 1 for a click, and the number of the reason."""
    count = chance.appeal_AL.shape[1]
    looks_AL, likings_AL = np.split(uniform(seeds, 2 * count), 2, axis=1)
    looked_AL = looks_AL < chance.looked_AL
    appeals_AL = likings_AL < chance.appeal_AL
    clicked_AL = looked_AL & (likings_AL < chance.appeal_AL * chance.fresh_AL)
    reasons_AL = np.select(
        [clicked_AL, ~looked_AL, appeals_AL],
        [REASONS.index(CLICKED), REASONS.index(UNSEEN), REASONS.index(BORED)],
        REASONS.index(DISLIKED),
    )
    return clicked_AL.astype(np.float64), reasons_AL


def expectations(chance: Chances) -> tuple[Floats, NDArray[np.int64]]:
    """Return the chance of a click at each place, and the number of what likeliest comes of it."""
    appeal_AL, left_AL = chance.looked_AL * chance.appeal_AL, chance.clicked_AL()
    likely_ALR = np.stack([left_AL, 1 - chance.looked_AL, appeal_AL - left_AL, chance.looked_AL - appeal_AL], axis=-1)
    return left_AL, likely_ALR.argmax(-1)
