"""Groups of beams and of lists that were shown: who is in them, what members are worth, what is not done twice."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from simulation.core.calls import Completion, Request
from simulation.core.errors import ScenarioError
from simulation.core.registry import build
from simulation.core.seeding import generator
from simulation.core.types import Experience, Feedback, Question, Update
from tests.support.bigram import experience
from tests.support.shelf import SHOP, Searcher, hits, shown, visits, wanted

pytestmark = pytest.mark.usefixtures("one_thread")
NAMES = ("ann", "ben", "cleo", "dov")
SIZES = dict(zip(NAMES, (3, 9, 1, 6), strict=True))
KINDS: list[dict[str, Any]] = [
    {"groups": "beams", "samples": 4},
    {"groups": "beams", "samples": 3, "beams": 8, "reward": "both", "beta": 0.1},
    {"groups": "beams", "samples": 3, "beams": 8, "temperature": 2.0, "redraw": 2, "advantages": "prefix"},
    {"groups": "answers", "beta": 0.1, "batch_size": 4},
    {"groups": "answers", "advantages": "prefix", "scale_rewards": False},
    {"groups": "answers", "advantages": "none", "baseline": 0.25, "epochs": 1},
    {"samples": 4, "max_tokens": 3, "redraw": 1, "reward": "rank"},
]


class NothingSampled(Searcher):
    """Refuses to write anything."""

    def generate(self, requests: Sequence[Request]) -> list[Completion]:
        raise AssertionError(f"a list that was shown is its own group, but {len(requests)} texts were asked for")


def nothing_judged(
    slot: str, questions: Sequence[Question], completions: Sequence[Completion], *, seeds: Sequence[int]
) -> list[Feedback]:
    raise AssertionError(f"judged again for {slot}: {questions}, {completions}, {seeds}")


def updated(model: Searcher, batch: Sequence[Experience], mark: Any = hits, **settings: Any) -> Update:
    streams = {"one": np.random.default_rng(0)}
    update: Update = build("trainer", "grpo", settings).update(model, {"one": batch}, mark, turn=1, generators=streams)[
        "one"
    ]
    return update


def row_after(batch: Sequence[Experience], **settings: Any) -> torch.Tensor:
    model = Searcher(["one"])
    updated(model, batch, **settings)
    return model.row("one")


def test_a_group_of_beams_is_one_search_for_different_items_each_judged_alone() -> None:
    model = Searcher(["one"])
    judged: list[tuple[Question, Completion]] = []

    def mark(slot: str, questions: Sequence[Question], completions: Sequence[Completion], *, seeds: Any) -> Any:
        judged.extend(zip(questions, completions, strict=True))
        return hits(slot, questions, completions, seeds=seeds)

    batch = visits(1, 3)
    update = updated(model, batch, mark, groups="beams", samples=4)
    asked = [(request.prompt, request.beams, request.texts, request.within) for request in model.requests]
    assert asked == [(one.answer.prompt, 4, 4, SHOP.name) for one in batch]
    assert all(request.temperature == 0 for request in model.requests)
    assert [question.id for question, _ in judged] == [one.question.id for one in batch for _ in range(4)]
    for first in range(0, 12, 4):
        texts = [completion.text for _, completion in judged[first : first + 4]]
        assert len({*texts}) == 4 and {*texts} <= {*SHOP.texts}
    assert (update.metrics["samples"], update.experiences) == (12, 3)


def test_drawn_beams_are_of_wider_searches_and_differ_from_turn_to_turn() -> None:
    model = Searcher(["one"])
    updated(model, visits(1, 3), groups="beams", samples=2, beams=7, temperature=1.5)
    assert {(request.beams, request.texts, request.temperature) for request in model.requests} == {(7, 2, 1.5)}
    assert len({request.seed for request in model.requests}) == 3


def test_a_list_that_was_shown_is_its_own_group_and_its_outcomes_are_the_rewards() -> None:
    question = wanted(0, "ab")
    batch = [shown(question, ["ad", "bd", "cd"], [1.0, 0.0, 0.25])]
    model = NothingSampled(["one"])
    update = updated(model, batch, nothing_judged, groups="answers", scale_rewards=False)
    assert update.metrics["items"] == 3 and update.metrics["reward"] == pytest.approx(1.25 / 3)
    assert update.steps == 2 and update.effects == ()
    # by hand: the loss is minus the mean over items of (reward less mean) times the mean log-probability of its tokens
    before = Searcher(["one"])
    logprobs, _ = before.branch_logprobs(["one"], [[before.encode("ab", ("ad", "bd", "cd"))]])
    rewards_K = torch.tensor([1.0, 0.0, 0.25], dtype=torch.float64)
    loss = -((rewards_K - rewards_K.mean()) * logprobs[0, 0].mean(-1)).mean()
    [gradient] = torch.autograd.grad(loss, before.adapters_SP)
    settings = {"groups": "answers", "scale_rewards": False, "epochs": 1}
    single = updated(NothingSampled(["one"]), batch, nothing_judged, **settings)
    assert single.metrics["gradient_norm"] == pytest.approx(float(gradient.norm()), rel=1e-9)


def test_items_of_which_nothing_came_are_no_members_and_lists_without_outcomes_are_counted() -> None:
    full = shown(wanted(0, "ab"), ["ad", "bd", "cd"], [1.0, 0.0, 0.0])
    part = replace(full, feedback=replace(full.feedback, outcomes=full.feedback.outcomes[:2]))
    alone = replace(full, feedback=replace(full.feedback, outcomes=full.feedback.outcomes[:1]))
    other = shown(wanted(0, "ab"), ["ad", "bd"], [1.0, 0.0])
    other = replace(other, answer=replace(other.answer, text="ce\ncf", ranking=None))
    lost = replace(full, answer=replace(full.answer, stop="error: the prompt is too long"))
    text = experience("ab", "c", score=0.0, correction=None)
    update = updated(NothingSampled(["one"]), [full, part, alone, other, lost, text], nothing_judged, groups="answers")
    counted = [update.metrics[name] for name in ("items", "without_outcomes", "failed")]
    assert (update.experiences, counted) == (2, [5, 3, 1])


def test_only_the_items_that_are_the_answer_are_members() -> None:
    texts = list(SHOP.texts[:6])
    batch = [shown(wanted(0, "ab", count=4), texts, [1.0, 0, 0, 0, 1.0, 1.0])]
    update = updated(NothingSampled(["one"]), batch, nothing_judged, groups="answers")
    assert (update.metrics["items"], update.metrics["reward"]) == (4, 0.25)


def test_nothing_answered_is_no_update() -> None:
    update = updated(NothingSampled(["one"]), [shown(wanted(0, "ab"), [], [])], nothing_judged, groups="answers")
    assert (update.steps, update.experiences, update.metrics["without_outcomes"]) == (0, 0, 1)


def test_groups_without_signal_are_counted_and_change_nothing() -> None:
    batch = [shown(wanted(0, "ab"), ["ad", "bd"], [0.5, 0.5])]
    model = NothingSampled(["one"])
    before = model.row("one")
    update = updated(model, batch, nothing_judged, groups="answers")
    assert update.metrics["groups_without_signal"] == 1
    assert torch.equal(model.row("one"), before)


def test_groups_without_signal_are_drawn_again_until_they_have_one() -> None:
    batch = [replace(one, question=wanted(0, one.answer.prompt)) for one in visits(2, 6)]
    settings = {"groups": "beams", "samples": 2, "beams": 8, "temperature": 3.0}
    once = updated(Searcher(["one"]), batch, **settings)
    often = updated(Searcher(["one"]), batch, **settings, redraw=40)
    assert once.metrics["groups_without_signal"] > 0 and "redrawn" not in once.metrics
    assert often.metrics["groups_without_signal"] == 0 and often.metrics["redrawn"] > 0
    never = updated(Searcher(["one"]), batch, indifferent, **settings, redraw=3)
    assert (never.metrics["redrawn"], never.metrics["groups_without_signal"]) == (18, 6)


def indifferent(
    slot: str, questions: Sequence[Question], completions: Sequence[Completion], *, seeds: Any
) -> list[Feedback]:
    """Give everything the same score."""
    return [replace(verdict, score=0.3) for verdict in hits(slot, questions, completions, seeds=seeds)]


def starts(
    slot: str, questions: Sequence[Question], completions: Sequence[Completion], *, seeds: Any
) -> list[Feedback]:
    """Reward what starts with an a or b."""
    verdicts = hits(slot, questions, completions, seeds=seeds)
    pairs = zip(verdicts, completions, strict=True)
    return [replace(verdict, score=float(done.text[:1] in ("a", "b"))) for verdict, done in pairs]


def play(slots: Sequence[str], settings: Mapping[str, Any]) -> tuple[Searcher, dict[str, Update]]:
    model = Searcher(slots)
    updates: dict[str, Update] = {}
    for turn in range(2):
        batches = {slot: visits(10 * turn + NAMES.index(slot), SIZES[slot]) for slot in slots}
        streams = {slot: generator(5, turn, NAMES.index(slot), "train") for slot in slots}
        updates = build("trainer", "grpo", settings).update(model, batches, starts, turn=turn, generators=streams)
    return model, updates


@pytest.mark.parametrize("settings", KINDS)
def test_every_slot_of_a_cohort_ends_as_it_would_alone(settings: dict[str, Any]) -> None:
    cohort, together = play(NAMES, settings)
    moved = 0
    for slot in NAMES:
        alone, updates = play([slot], settings)
        torch.testing.assert_close(cohort.row(slot), alone.row(slot), rtol=0, atol=1e-8)
        assert together[slot].metrics == pytest.approx(updates[slot].metrics, abs=1e-8)
        assert together[slot].effects == ()
        moved += not torch.equal(alone.row(slot), Searcher([slot]).row(slot))
    assert moved >= 3


@pytest.mark.parametrize("kind", ["beams", "answers"])
def test_the_divergence_holds_a_student_back(kind: str) -> None:
    model = {beta: Searcher(["one"]) for beta in (0.0, 5.0)}
    settings = {"groups": kind, "samples": 4, "learning_rate": 0.05, "epochs": 6}
    said = {beta: updated(searcher, visits(3, 8), beta=beta, **settings) for beta, searcher in model.items()}
    assert said[5.0].metrics["kl"] < 0.7 * said[0.0].metrics["kl"]


def test_clicked_items_become_likelier() -> None:
    batch = [shown(wanted(0, "ab"), ["ad", "bd", "cd", "ae"], [0.0, 1.0, 0.0, 0.0])]
    model = Searcher(["one"])
    request = Request(slot="one", prompt="ab", continuations=("ad", "bd", "cd", "ae"))
    [before] = model.score([request])
    for kind in ({"advantages": "group"}, {"advantages": "prefix"}, {"advantages": "none", "baseline": 0.2}):
        model = Searcher(["one"])
        updated(model, batch, groups="answers", learning_rate=0.05, epochs=4, **kind)
        [after] = model.score([request])
        gains = [new - old for new, old in zip(after, before, strict=True)]
        assert max(range(4), key=lambda place: gains[place]) == 1 and gains[1] > 0.1


def test_reinforce_is_a_step_by_the_reward_itself() -> None:
    batch = [shown(wanted(0, "ab"), ["ad", "bd"], [0.5, 0.5])]
    assert not torch.equal(row_after(batch, groups="answers", advantages="none"), Searcher(["one"]).row("one"))
    still = row_after(batch, groups="answers", advantages="none", baseline=0.5)
    assert torch.equal(still, Searcher(["one"]).row("one"))


def test_beams_need_a_catalogue() -> None:
    with pytest.raises(ScenarioError, match="question 'ab' names none; use groups: samples"):
        updated(Searcher(["one"]), [experience("ab", "c", score=0.0, correction=None)], groups="beams")


def test_a_question_whose_search_fails_is_left_out_and_counted() -> None:
    model = Searcher(["one"])
    model.longest = 2
    batch = [
        replace(one, answer=replace(one.answer, prompt=prompt))
        for one, prompt in zip(visits(1, 2), ("ab", "abc"), strict=True)
    ]
    update = updated(model, batch, groups="beams", samples=3)
    assert (update.metrics["failed"], update.metrics["samples"]) == (1, 3)


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"groups": "beams", "samples": 8, "beams": 4}, "4 beams hold no 8 samples"),
        ({"beams": 8}, "not of samples"),
        ({"groups": "answers", "redraw": 1}, "these are not drawn"),
        ({"groups": "beams", "redraw": 1}, "these are not drawn"),
        ({"baseline": 0.5}, "set advantages to none"),
        ({"backend": "trl", "groups": "beams"}, "backend trl has no groups: beams"),
        ({"backend": "trl", "reward": "rank", "redraw": 2}, "reward: rank, redraw: 2"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(settings: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        build("trainer", "grpo", settings)
