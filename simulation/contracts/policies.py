"""What a policy must hold: at most k distinct candidates, each with finite numbers and a reason."""

import copy
from bisect import bisect_left
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from functools import partial
from math import isclose, isfinite, sqrt
from operator import attrgetter
from typing import Any, Generic, TypeVar

import numpy as np

from simulation.contracts.boundary import breach, calling, listed, shortened
from simulation.contracts.cases import PAST, AskCase, Case, LearnCase, folded, lean
from simulation.contracts.records import fitted
from simulation.contracts.rules import Build, broken, own_randomness
from simulation.core.errors import nearest
from simulation.core.memory import ReplayBuffer
from simulation.core.roles import Context, SelectionPolicy
from simulation.core.types import Experience, Question, Selection

T = TypeVar("T", bound=Question | Experience)
NEEDS = frozenset({"predictions", "probe", "committee", "logprobs"})
"""What a policy may need, see `SelectionPolicy.needs`."""
WHEN = attrgetter("turn", "position")
ROUNDS = 400
FAR = 4.2
"""Standard deviations that a share may be from its propensity."""


def known_needs(name: str, policy: SelectionPolicy[Any], kind: str = "policy") -> frozenset[str]:
    """Return what the loop must compute for a policy (Any: it chooses questions or experiences)."""
    with calling(kind, name):
        needs = policy.needs
    if not isinstance(needs, AbstractSet):
        what = f"has needs {shortened(needs)} of type {type(needs).__name__}"
        raise breach(kind, name, what, "write a frozenset, such as frozenset({'predictions'})")
    for need in needs:
        if need not in NEEDS:
            raise breach(kind, name, f"has the unknown need {need!r}", nearest(str(need), NEEDS))
    return frozenset(needs)


def guarded_picks(
    kind: str, name: str, policy: SelectionPolicy[T], candidates: Sequence[T], k: int, context: Context
) -> tuple[Selection[T], ...]:
    """Let a policy select; return its picks, which are at most k distinct candidates with reasons."""
    with calling(kind, name):
        returned = policy.select(candidates, k, context)
    picks = [*listed(kind, name, returned, "Selection")]
    if len(picks) > k:
        raise breach(kind, name, f"picked {len(picks)} where at most {k} were wanted", "return at most k")
    if not all(map(is_sound_pick, picks)):
        picks = [good_pick(kind, name, pick) for pick in picks]
    places = Places(candidates, context)
    for place, pick in enumerate(picks):
        candidate = places.candidate(pick.item)
        if candidate is None:
            what = f"picked {described(pick.item)}, which is no candidate"
            raise breach(kind, name, what, "pick among the candidates it is given")
        if candidate is not pick.item:
            picks[place] = replace(pick, item=candidate)
    if len({id(pick.item) for pick in picks}) < len(picks):
        names = [pick.item.id for pick in picks]
        twice = next(identity for identity in names if names.count(identity) > 1)
        raise breach(kind, name, f"picked {twice!r} {names.count(twice)} times", "pick distinct candidates")
    return tuple(picks)


class Places(Generic[T]):
    """Finds the candidate that an item is: the same object, or an equal one.

    A long memory is not walked for it, as choosing must not cost more the more there is to remember.
    """

    def __init__(self, candidates: Sequence[T], context: Context) -> None:
        self._candidates = candidates
        self._is_memory = isinstance(candidates, ReplayBuffer)
        near = candidates.since(context.since) if isinstance(candidates, ReplayBuffer) else candidates
        self._near = {id(candidate) for candidate in near}
        self._by_id: dict[str, T] | None = None

    def candidate(self, item: object) -> T | None:
        """Return the candidate, or None where it is none (a question or an experience: whichever candidates are)."""
        if id(item) in self._near:
            return item  # type: ignore[return-value]  # it is one of them
        if not isinstance(item, Question | Experience):
            return None
        candidate = self._remembered(item) if self._is_memory else self._named(item.id)
        return candidate if candidate == item else None

    def _remembered(self, item: Question | Experience) -> T | None:
        """Return what is remembered of the same turn and position; a memory is in their order."""
        if not isinstance(item, Experience):
            return None
        place = bisect_left(self._candidates, WHEN(item), key=WHEN)
        return self._candidates[place] if place < len(self._candidates) else None

    def _named(self, identity: str) -> T | None:
        if self._by_id is None:
            self._by_id = {candidate.id: candidate for candidate in self._candidates}
        return self._by_id.get(identity)


def described(item: object) -> str:
    """Return what a pick picked, in a word."""
    return repr(item.id) if isinstance(item, Question | Experience) else shortened(item)


def is_sound_pick(pick: object) -> bool:
    """Tell by a quick look whether a pick is good."""
    return (
        type(pick) is Selection
        and (pick.score is None or (type(pick.score) is float and isfinite(pick.score)))
        and (pick.propensity is None or (type(pick.propensity) is float and 0.0 <= pick.propensity <= 1.0))
        and type(pick.reason) is str
        and not pick.reason.isspace()
        and pick.reason != ""
    )


def good_pick(kind: str, name: str, returned: object) -> Selection[Any]:
    """Return a pick with its numbers made float (Any: a question or an experience); raises ContractError."""
    item = returned.item if isinstance(returned, Selection) else None
    of = f"of {item.id!r}" if isinstance(item, Question | Experience) else ""
    pick: Selection[Any] = fitted(kind, name, returned, Selection, of)
    if pick.propensity is not None and not 0 <= pick.propensity <= 1:
        raise breach(kind, name, f"gave the propensity {pick.propensity!r} {of}", "a probability lies between 0 and 1")
    if not pick.reason.strip():
        raise breach(kind, name, f"gave no reason for its pick {of}", "say in words why: Selection(…, reason=…)")
    return pick


def check_policy(
    kind: str, name: str, build: Build, asked: Sequence[Question] | None = None, *, dear: bool = True
) -> list[str]:
    """Return what a policy of a registry kind breaks; `dear` counts as well how often it really picks what.

    A question policy is tried on questions like those `asked`, or on scripted ones with options.
    """
    case: Case = AskCase(asked) if kind == "question_policy" else LearnCase()
    return broken([partial(rule, case) for rule in (*RULES, *(DEAR if dear else ()))], name, build)


def selected(case: Case, name: str, policy: Any, size: int, k: int, seed: int = 0) -> list[tuple[object, ...]]:
    """Return a policy's picks in a case as plain values (Any: it chooses either kind)."""
    view = case.context(policy, size, seed)
    return plain(guarded_picks(case.kind, name, policy, case.candidates(size, view), k, view))


def plain(picks: Sequence[Selection[Any]]) -> list[tuple[object, ...]]:
    """Return picks as values that can be compared (Any: of questions or experiences)."""
    return [(pick.item.id, pick.score, pick.propensity, pick.reason) for pick in picks]


def it_picks_distinct_candidates_with_reasons(case: Case, name: str, build: Build) -> None:
    """A policy picks what it may, whatever there is; it changes nothing of it, and draws from its own stream alone."""
    known_needs(name, build(), case.kind)
    for size, k in case.sizes:
        policy = build()
        view = case.context(policy, size)
        candidates = case.candidates(size, view)
        before = copy.deepcopy(([*candidates], [*view.memory], view.evaluations, view.predictions, view.committee))
        with own_randomness(case.kind, name):
            picks = guarded_picks(case.kind, name, policy, candidates, k, view)
        if before != ([*candidates], [*view.memory], view.evaluations, view.predictions, view.committee):
            raise breach(case.kind, name, "changed its candidates or its context", "only read them")
        for pick in picks:
            if "\n" in pick.reason:
                raise breach(case.kind, name, f"gave the reason {shortened(pick.reason)}", "write it in one line")
            if pick.propensity == 0:
                what = f"picked {pick.item.id!r} with propensity 0"
                raise breach(case.kind, name, what, "say how probable the pick was, or None where it is not known")


def it_depends_on_its_context_alone(case: Case, name: str, build: Build) -> None:
    """The same generator gives the same picks: of a new policy, of other objects that are equal, in a tuple."""
    size, k = case.sizes[0]
    policy = build()
    first = selected(case, name, policy, size, k, seed=5)
    selected(case, name, policy, size, k, seed=6)
    view = case.context(policy, size, seed=5)
    others = case.copied(case.candidates(size, view))
    changed = replace(view, memory=others) if isinstance(others, ReplayBuffer) else view
    for again, where in (
        (selected(case, name, policy, size, k, seed=5), "after other calls"),
        (selected(case, name, build(), size, k, seed=5), "where it is built anew"),
        (plain(guarded_picks(case.kind, name, policy, others, k, changed)), "of equal candidates"),
    ):
        if again != first:
            names, before = (shortened([row[0] for row in rows]) for rows in (again, first))
            what = f"picks {names} {where}, and {before} before" if names != before else f"tells otherwise {where}"
            raise breach(case.kind, name, what, "let candidates, context and its generator alone decide")


def it_reads_only_what_it_needs(case: Case, name: str, build: Build) -> None:
    """What a policy does not name among its needs is not there in a study, and so changes nothing."""
    size, k = case.sizes[0]
    policy = build()
    view = case.context(policy, size, seed=5)
    bare = lean(policy, view)
    candidates = case.candidates(size, view)
    full = plain(guarded_picks(case.kind, name, policy, candidates, k, view))
    if plain(guarded_picks(case.kind, name, policy, candidates, k, bare)) != full:
        raise breach(case.kind, name, "reads what it does not name", f"say so in needs: of {', '.join(sorted(NEEDS))}")


def it_begins_without_a_past(case: Case, name: str, build: Build) -> None:
    """In the first turn nothing was asked, and nothing may have been measured."""
    policy = build()
    size, k = case.sizes[0]
    view = lean(policy, case.context(policy, size))
    view = replace(view, turn=1, since=1, memory=ReplayBuffer(), evaluations={}, state=folded(policy, 0))
    guarded_picks(case.kind, name, policy, case.candidates(size, view), k, view)


def it_only_reads_its_state(case: Case, name: str, build: Build) -> None:
    """The state of an observing policy is a fold over turns: choosing does not change it, and stored turns give it."""
    policy = build()
    size, k = case.sizes[0]
    view = case.context(policy, size, seed=5)
    if view.state is None:
        return
    candidates = case.candidates(size, view)
    views = [replace(view, generator=np.random.default_rng(5)) for _ in range(3)]
    views[2] = replace(views[2], state=folded(build(), PAST if case.kind == "question_policy" else size))
    first, again, refolded = (plain(guarded_picks(case.kind, name, policy, candidates, k, one)) for one in views)
    if first != again:
        raise breach(case.kind, name, "changes its state when it selects", "change it in observe alone")
    if first != refolded:
        raise breach(case.kind, name, "makes another state of the same turns", "let begin and observe decide alone")


def its_propensities_are_true(case: Case, name: str, build: Build) -> None:
    """A propensity is how often an item is picked in this context, over all random streams."""
    policy = build()
    size, k = (15, 5) if case.kind == "question_policy" else (8, 4)
    view = case.context(policy, size)
    candidates = case.candidates(size, view)
    counts: dict[str, int] = {}
    propensities: dict[str, float] = {}
    for seed in range(ROUNDS):
        view.generator.bit_generator.state = np.random.PCG64(seed).state
        for pick in guarded_picks(case.kind, name, policy, candidates, k, view):
            if pick.propensity is None:
                continue
            identity = pick.item.id
            counts[identity] = counts.get(identity, 0) + 1
            if not isclose(propensities.setdefault(identity, pick.propensity), pick.propensity, rel_tol=1e-6):
                what = (
                    f"gives {identity!r} the propensity {pick.propensity}, and {propensities[identity]} by other draws"
                )
                raise breach(case.kind, name, what, "a propensity is of the item in its context, not of the draw")
    for identity, propensity in propensities.items():
        spread = sqrt(max(propensity * (1 - propensity), 0.0) / ROUNDS)
        share = counts[identity] / ROUNDS
        if abs(share - propensity) > FAR * spread + 1e-9:
            what = f"gives {identity!r} the propensity {propensity:.3f}, but picks it {share:.3f} of the times"
            raise breach(case.kind, name, what, "say the true probability, or None where it is not known")


RULES = (
    it_picks_distinct_candidates_with_reasons,
    it_depends_on_its_context_alone,
    it_reads_only_what_it_needs,
    it_begins_without_a_past,
    it_only_reads_its_state,
)
DEAR = (its_propensities_are_true,)
