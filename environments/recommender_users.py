"""Users of the embedded shop who react to what they are shown, and change by it: a recommender's world that moves."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from environments.list_measures import list_measures
from environments.lists.writing import MadeOf
from environments.recommendation import Recommendation
from environments.shop.items import Wares, shop_items
from environments.splits import Lazy
from environments.visits.questions import liking, prompt, visit
from environments.visits.users import User, generation, moved
from simulation.core.catalogue import Catalogue
from simulation.core.errors import DataError
from simulation.core.kinds.visitor import Visitor
from simulation.core.questions import Measure, Splits
from simulation.core.registry import environment
from simulation.core.seeding import Seed, draw_seed, generator
from simulation.core.types import Experience, Question, Transition

UNSEEN, PROBED = 0, 1
"""Generations of users who only measure; they are drawn from the world's own seed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """The world of one student: who sits where now, and the seed from which newcomers are drawn."""

    seed: int
    users: tuple[User, ...]


@environment("recommender_users")
class RecommenderUsers:
    """Users of the embedded shop: each turn shows lists to those who visit, and what they click becomes their history.

    A question is a user's history. What a user clicks is taken and joins it; what was shown bores; tastes drift. After
    some visits a user leaves and another one comes. Measured are users whom no student meets: the clicks that are
    expected of them, without noise, and whether the list has what they would take next unasked.
    """

    world_seed: Seed = 0
    """Another seed draws other items to be popular and to go together, and other users who measure."""
    users: Annotated[int, Field(ge=1, le=10_000)] = 128
    """How many users there are at a time; as many questions can be asked each turn."""
    stay: Annotated[int, Field(ge=1, le=1_000_000)] = 40
    """After so many visits a user leaves, and a newcomer takes the seat."""
    count: Annotated[int, Field(ge=1, le=50)] = 8
    """How many items a list shows."""
    ranked: Annotated[int, Field(ge=1, le=600)] = 50
    """How many items a ranking holds where it is measured; what is shown of it is the beginning."""
    made_of: MadeOf = "text and behaviour"
    """What identifiers are made of, as in the environment recommendation."""
    levels: Annotated[int, Field(ge=1, le=26)] = 3
    """How many codes an identifier has."""
    codes: Annotated[int, Field(ge=2, le=1000)] = 64
    """How many different codes a level has."""
    held_out_size: Annotated[int, Field(ge=1, le=10_000)] = 600
    """How many users measure."""
    probe_size: Annotated[int, Field(ge=0, le=10_000)] = 100
    """How many users policies may measure the student on."""

    exact_judge: ClassVar[dict[str, object]] = {"name": "recommender_user", "expected": True}

    @property
    def measures(self) -> tuple[Measure, ...]:
        """The clicks that are expected of a list, by place shown; then hit rates of what is taken next unasked."""
        items = self.catalogue
        lists = list_measures(depth=items.depth, shared=len(items.sharing) < len(items.items))
        return (Measure(name="clicks", graded=True), *lists)

    @cached_property
    def _wares(self) -> Wares:
        return shop_items(self.world_seed)

    @cached_property
    def catalogue(self) -> Catalogue:
        """The catalogue whose items are shown, that of the environment recommendation with the same parameters."""
        source = Recommendation(world_seed=self.world_seed, made_of=self.made_of, levels=self.levels, codes=self.codes)
        return source.catalogue

    def questions(self, seed: int) -> Splits:
        """Return users at their first visit; those who measure are the same for every seed."""
        return Splits(
            pool=tuple(self.pool(self.begin(generator(seed, 0, 0, "world")))),
            held_out=self._measuring("unseen user", UNSEEN, self.held_out_size),
            probe=self._measuring("probed user", PROBED, self.probe_size),
        )

    def _measuring(self, noun: str, number: int, size: int) -> tuple[Question, ...]:
        users = generation(self.world_seed, self.world_seed, number, size)
        return tuple(
            visit(user, self._wares, self.catalogue, self.count, f"{noun} {place}", ranked=self.ranked)
            for place, user in enumerate(users)
        )

    def begin(self, generator: np.random.Generator) -> Audience:
        """Return the first users of a student."""
        seed = draw_seed(generator)
        return Audience(seed=seed, users=generation(self.world_seed, seed, 0, self.users))

    def pool(self, state: Audience) -> Sequence[Question]:
        """Return what may be asked now: a question a user."""
        return Lazy(lambda seat: self._visit(state.users[seat]), len(state.users))

    def _visit(self, user: User) -> Question:
        name = f"user {user.number} visit {user.visits}"
        return visit(user, self._wares, self.catalogue, self.count, name)

    def step(
        self, state: Audience, experience: Experience, generator: np.random.Generator
    ) -> tuple[Audience, Transition]:
        """Return the users after one of them was shown a list; draws the same whatever was shown."""
        thresholds = generator.random(self.count).tolist()
        visitor = experience.question.key
        if not isinstance(visitor, Visitor):
            raise DataError(f"question {experience.question.id!r} is no visit, so no user can react to its answer")
        seat = visitor.user % self.users
        user = state.users[seat]
        drifted_tastes = moved(user.tastes, generator)
        shown, clicked = reaction(user, self.catalogue, experience, thresholds)
        after = user.after_visit(shown, clicked, drifted_tastes)
        leaves = after.visits >= self.stay
        if leaves:
            after = generation(self.world_seed, state.seed, user.number // self.users + 1, self.users)[seat]
        if user.number != visitor.user:
            after, leaves = user, True  # who was asked left at an earlier answer to the same question
        users = (*state.users[:seat], after, *state.users[seat + 1 :])
        return Audience(seed=state.seed, users=users), Transition(
            observation=experience.question.prompt,
            action=experience.answer.text,
            reward=experience.feedback.score,
            next_observation=prompt(after, self.catalogue),
            terminated=leaves,
            truncated=False,
        )


def reaction(
    user: User, catalogue: Catalogue, experience: Experience, thresholds: Sequence[float]
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the items that an answer showed and those of them that were clicked, as the feedback says of each text.

    A score between 0 and 1 is the chance of a click. Of items that share a text, the user sees the one liked best.
    """
    scores = {outcome.part: outcome.score for outcome in experience.feedback.outcomes}
    lines = [line for line in map(str.strip, experience.answer.text.splitlines()) if line]
    shown: dict[int, bool] = {}
    for text, threshold in zip(lines, thresholds, strict=False):
        if places := catalogue.sharing.get(text):
            place = places[0] if len(places) == 1 else max(places, key=partial(liking, user, catalogue))
            shown.setdefault(place, scores.get(text, 0.0) > threshold)
    return tuple(shown), tuple(place for place, is_clicked in shown.items() if is_clicked)
