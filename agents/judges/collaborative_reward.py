"""The judge of recommendations by what others took: how often a log has each item of a list after the user's history.

In place of the collaborative reward of Kong et al. (2025), "MiniOneRec", arXiv 2510.24431, the logit that SASRec gives
an item. Changed: the score of y after a history x_1, x_2, … (newest first) is Σ_k C[x_k, y] / k over its last ten,
where C[x, y] is Σ_d n_d(x, y) / d over distances up to three, n_d being how often the log has y d places after x; and
it is divided by the largest score of any item, so that it lies in [0, 1].
"""

import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from agents.judges.list_scores import items_asked, mean_over, shown, text_taken, verdict
from agents.judges.reward_files import read_histories
from simulation.core.catalogue import catalogue
from simulation.core.errors import DataError
from simulation.core.kinds.next_items import NextItems
from simulation.core.paths import FilePath
from simulation.core.registry import judge
from simulation.core.types import Answer, Feedback, Question

DISTANCE, LAST = 3, 10
"""How many places apart pairs are counted, and how many items of a history have a part."""
Following = dict[str, dict[str, float]]
"""By item, what came after it and how often, far pairs divided by how far."""


@judge("collaborative_reward")
class CollaborativeReward:
    """Scores each item of a list by how often others took it after what the user took, from 0 to 1 for the likeliest.

    It needs `log`.
    """

    log: FilePath | None = None
    """What users took, a JSON list of item names a line, oldest first; leave out what is held out."""

    def check(self) -> None:
        """Refuse a log that is not there or cannot be read; raises DataError."""
        if self.log is None:
            raise DataError("collaborative_reward counts a log of what users took; set its log to a file of it")
        read_histories(self.log)

    def fingerprint(self) -> Mapping[str, str]:
        """Return the hash of the log."""
        self.check()
        return {} if self.log is None else {"log": hashlib.sha256(self.log.read_bytes()).hexdigest()}

    def judge(
        self, questions: Sequence[Question], answers: Sequence[Answer], *, seeds: Sequence[int]
    ) -> list[Feedback]:
        """Evaluate each answer; nothing is drawn, so the seeds are not used."""
        del seeds
        return [self._verdict(question, answer) for question, answer in zip(questions, answers, strict=True)]

    def _verdict(self, question: Question, answer: Answer) -> Feedback:
        items = items_asked(question, "collaborative_reward")
        if self.log is None:
            raise DataError("collaborative_reward counts a log of what users took; set its log to a file of it")
        history = question.form.history if isinstance(question.form, NextItems) else ()
        shares = after(self.log, items.name, history[-LAST:])

        def likelihood(text: str) -> float:
            return mean_over(items, text, lambda place: shares.get(items.items[place], 0.0))

        return verdict("collaborative_reward", shown(question, answer), likelihood, text_taken(question, items))


@lru_cache(maxsize=4)
def following(log: Path) -> Following:
    """Count what came after each item of a log."""
    counts: Following = {}
    for history in read_histories(log):
        for place, item in enumerate(history):
            for distance, earlier in enumerate(reversed(history[max(0, place - DISTANCE) : place]), start=1):
                row = counts.setdefault(earlier, {})
                row[item] = row.get(item, 0.0) + 1 / distance
    return counts


@lru_cache(maxsize=8)
def require_known(log: Path, name: str) -> None:
    """Refuse a log that tells of no item of a catalogue: every list would be worth nothing; raises DataError."""
    counts, places = following(log), catalogue(name).places
    if not any(later in places for row in counts.values() for later in row):
        first = next(iter(read_histories(log)))[:3]
        raise DataError(
            f"{log} says of no item of the catalogue what it came after; it names items such as "
            f"{', '.join(map(repr, first))}, the catalogue {', '.join(map(repr, list(places)[:3]))}: write the "
            "names of the catalogue's items, of users who took two or more"
        )


@lru_cache(maxsize=1 << 12)
def after(log: Path, name: str, history: tuple[str, ...]) -> dict[str, float]:
    """Return the score of every item of a catalogue that was ever taken after those of a history, the largest 1."""
    counts, places = following(log), catalogue(name).places
    require_known(log, name)
    scores: dict[str, float] = {}
    for age, item in enumerate(reversed(history), start=1):
        for later, count in counts.get(item, {}).items():
            if later in places:
                scores[later] = scores.get(later, 0.0) + count / age
    highest = max(scores.values(), default=1.0)
    return {item: score / highest for item, score in scores.items()}
