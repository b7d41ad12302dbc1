"""Options get the same log-probabilities in one tree as alone, on every architecture and in every batch."""

from dataclasses import replace
from typing import Any

import pytest
import torch

from agents.models.causal import CausalLearner
from agents.models.lean import LeanBody
from simulation.core.calls import Request
from simulation.core.errors import ModelError
from simulation.core.packing import Tree, pack, size
from tests.support.learners import OPTIONS, learner, questions


def alone(model: CausalLearner, request: Request) -> list[float]:
    """Score each option with the module itself: no packing, no padding, no batch."""
    tree = model.encode(request.prompt, request.continuations)
    found = []
    for branch in tree.branches:
        tokens = torch.tensor([[*tree.prompt, *branch]])
        row = model.slots.index(request.slot)
        with torch.no_grad(), model.adapters.seated([row], rows=1, columns=tokens.shape[1]):
            logprobs = model.module(input_ids=tokens, use_cache=False).logits.double().log_softmax(-1)[0]
        start = len(tree.prompt)
        found.append(sum(float(logprobs[start + at - 1, token]) for at, token in enumerate(branch)))
    return found


@pytest.mark.parametrize(
    ("kind", "tree"), [("llama", True), ("gpt2", True), ("mistral", True), ("bloom", False), ("mamba", False)]
)
def test_scores_are_those_of_each_option_alone(kind: str, tree: bool) -> None:
    model = learner(kind)
    assert model.abilities.tree is tree
    requests = questions(model.slots)
    # bloom's distances and mamba's states are float32 whatever the dtype
    close = {"bloom": 1e-5, "mamba": 1e-4}.get(kind, 1e-9)
    for request, found in zip(requests, model.score(requests), strict=True):
        assert found == pytest.approx(alone(model, request), abs=close)


def test_a_tree_longer_than_a_sliding_window_is_scored_branch_by_branch() -> None:
    model = learner("mistral")
    long = Request(slot="student-0", prompt="0123456789" * 4, continuations=OPTIONS)
    assert model.abilities.window == 24
    assert model.score([long])[0] == pytest.approx(alone(model, long), abs=1e-9)
    unbounded = replace(model._scorer, abilities=replace(model.abilities, window=None))
    tree = model.encode(long.prompt, long.continuations)
    wrong = unbounded.logprobs([0], [[tree]])[0].sum(-1)[0, 0].tolist()
    assert wrong != pytest.approx(alone(model, long), abs=1e-3)


def test_branches_of_many_slots_come_padded_and_differentiable() -> None:
    model = learner()
    trees = [[model.encode("2 + 2", ["4", "five"])], [model.encode("3", ["1"]), model.encode("7 x 7", ["49", "1"])]]
    logprobs_SBKT, valid_SBKT = model.branch_logprobs(["student-2", "student-0"], trees)
    assert valid_SBKT[0, 0].any() and not valid_SBKT[0, 1].any() and not valid_SBKT[1, 0, 1].any()
    assert bool((logprobs_SBKT[~valid_SBKT] == 0).all()) and bool((logprobs_SBKT[valid_SBKT] < 0).all())
    assert int(valid_SBKT.sum()) == sum(len(branch) for row in trees for tree in row for branch in tree.branches)
    logprobs_SBKT.sum().backward()
    gradient_SP = model.adapters_SP.grad
    assert gradient_SP is not None
    assert [bool(row.abs().sum() > 0) for row in gradient_SP] == [True, False, True]


def test_a_cohort_scores_as_each_student_alone() -> None:
    together = learner(count=4)
    requests = questions(together.slots, 23)
    found = together.score(requests)
    for slot in together.slots:
        mine = [request for request in requests if request.slot == slot]
        expected = [scores for request, scores in zip(requests, found, strict=True) if request.slot == slot]
        for one, other in zip(together.score(mine), expected, strict=True):
            assert one == pytest.approx(other, abs=1e-10)


@pytest.mark.parametrize("budget", [16, 150, 100_000])
def test_the_batch_size_does_not_change_scores(budget: int) -> None:
    reference = learner()
    small = learner(batch_tokens=budget)
    requests = questions(reference.slots, 17)
    for one, other in zip(small.score(requests), reference.score(requests), strict=True):
        assert one == pytest.approx(other, abs=1e-10)


def test_a_question_longer_than_the_model_is_left_without_scores() -> None:
    model = learner("gpt2")
    short = Request(slot="student-0", prompt="1 + 1", continuations=("2",))
    long = Request(slot="student-0", prompt="1" * 127, continuations=("2", "33"))
    (none, some) = model.score([long, short])
    assert none == () and len(some) == 1


def test_bfloat16_scores_are_near_and_leave_the_base_exact() -> None:
    exact = learner(dtype=torch.float32)
    fast = learner(dtype=torch.float32, score_dtype="bfloat16")
    requests = questions(exact.slots)
    pairs = list(zip(exact.score(requests), fast.score(requests), strict=True))
    assert any(one != other for one, other in pairs)
    for one, other in pairs:
        assert other == pytest.approx(one, rel=0.1, abs=1.0)
    trees = [[exact.encode("1 + 1", ["2"])]]
    assert torch.equal(exact.branch_logprobs(["student-1"], trees)[0], fast.branch_logprobs(["student-1"], trees)[0])


def test_fast_scores_follow_a_changed_adapter() -> None:
    fast = learner(dtype=torch.float32, score_dtype="bfloat16")
    requests = questions(fast.slots)
    before = fast.score(requests)
    with torch.no_grad():
        fast.adapters_SP[1] += 0.5
    for request, one, other in zip(requests, before, fast.score(requests), strict=True):
        assert (one == other) is (request.slot != "student-1")


def test_an_unknown_slot_is_refused_by_name() -> None:
    with pytest.raises(ModelError, match=r"'studnt-0'.*did you mean 'student-0'"):
        learner().score([Request(slot="studnt-0", prompt="x", continuations=("y",))])


def test_prompts_without_tokens_are_scored_from_the_end_token() -> None:
    model = learner()
    assert model.encode("", ["12"]) == Tree(prompt=(1,), branches=model.encode("", ["12"]).branches)
    assert len(model.score([Request(slot="student-0", prompt="", continuations=("12",))])[0]) == 1


def test_what_untrained_slots_are_asked_alike_is_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    model = learner(count=3)
    with torch.no_grad():
        model.adapters_SP.zero_()
        model.adapters_SP[2] += 0.1
    computed: list[int] = []
    scorer = model._scorer
    logprobs = type(scorer).logprobs

    def counted(self: object, rows: object, trees_SB: list[list[Tree]]) -> object:
        computed.append(sum(map(len, trees_SB)))
        return logprobs(self, rows, trees_SB)  # type: ignore[arg-type]  # whatever the scorer passes on

    monkeypatch.setattr(type(scorer), "logprobs", counted)
    requests = [Request(slot=slot, prompt=f"{n} + 1", continuations=OPTIONS) for slot in model.slots for n in range(5)]
    found = model.score(requests)
    assert sum(computed) == 10
    assert found[:5] == found[5:10] != found[10:]
    for request, scores in zip(requests, found, strict=True):
        assert scores == pytest.approx(alone(model, request), abs=1e-10)


@pytest.mark.parametrize(("count", "lean"), [(1, True), (3, True), (17, False)])
def test_a_small_model_scores_by_fewer_operations_what_it_scores_itself(
    count: int, lean: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = learner(count=count, dtype=torch.float32, batch_tokens=100_000)
    assert model.abilities.lean
    read: list[int] = []
    append = LeanBody.append

    def counted(self: LeanBody, tokens_RL: torch.Tensor, *rest: Any) -> None:
        read.append(tokens_RL.shape[0])
        append(self, tokens_RL, *rest)

    monkeypatch.setattr(LeanBody, "append", counted)
    requests = questions(model.slots, 40)
    scores = model.score(requests)
    assert bool(read) is lean, "of very many slots no second weights are held"
    for request, own in zip(requests, scores, strict=True):
        assert own == pytest.approx(alone(model, request), abs=1e-4)
    with torch.no_grad():
        model.adapters_SP[0] += 0.5
    changed = [request for request in requests if request.slot == "student-0"]
    for request, own in zip(changed, model.score(changed), strict=True):
        assert own == pytest.approx(alone(model, request), abs=2e-4)


def test_what_branches_share_is_read_once_and_their_last_tokens_not_at_all() -> None:
    tree = Tree(prompt=(1, 2, 3), branches=((5, 6, 9), (5, 7, 9), (5,)))
    packed = pack([tree], pad=0)
    assert packed.tokens_RL.tolist() == [[0, 0, 1, 2, 3, 5, 6, 7]] and size(tree) == 6
    assert packed.predictors_RKT[packed.valid_RKT].tolist() == [4, 5, 6, 4, 5, 7, 4]
    assert packed.targets_RKT[packed.valid_RKT].tolist() == [5, 6, 9, 5, 7, 9, 5]
    assert packed.mask_RLL[0, 7].tolist() == [False, False, True, True, True, True, False, True]
    assert [size(Tree(prompt=(1,), branches=branches)) for branches in (((5,),), ((5, 6), (5, 6)), ((5,), (6,)))] == [
        1, 2, 1,
    ]  # fmt: skip
