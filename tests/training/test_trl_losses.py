"""Our losses, advantages and gradients are TRL's."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from peft import set_peft_model_state_dict
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from agents.models import adapter_file
from agents.models.causal import CausalLearner
from simulation.core.calls import Completion, Request
from simulation.core.catalogue import Catalogue
from simulation.core.kinds.next_items import NextItems
from simulation.core.objectives import CROSS_ENTROPY, Objective
from simulation.core.registry import build
from simulation.core.types import Feedback, Outcome, Question
from tests.support import tiny_models
from tests.support.additions import wrong_additions
from training.cohort.advantages import group_advantages
from training.cohort.groups import Grouping
from training.cohort.loop import token_advantages
from training.cohort.losses import group_relative, likelihood, preference
from training.cohort.passes import read
from training.cohort.sampling import group_examples
from training.dpo import DPO
from training.grpo import GRPO
from training.lessons import Example, demonstration_examples, pair_examples
from training.trl.borrowed import Borrowed, borrowed
from training.trl.dpo import dpo_trainer
from training.trl.grpo import Reward, grpo_trainer
from training.trl.sft import sft_trainer

pytestmark = pytest.mark.usefixtures("one_thread")
TOLERANCE = 1e-5


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_models.save("llama", tmp_path_factory.mktemp("tiny"))


def policy(
    model: CausalLearner, examples: Sequence[Example], objective: Objective = CROSS_ENTROPY
) -> tuple[Tensor, Tensor]:
    """Return the only slot's log-probabilities and which of them are real, without the rows that a model may add."""
    logprobs_SBKT, valid_SBKT = model.branch_logprobs(["one"], [[example.tree for example in examples]], objective)
    return logprobs_SBKT[:, : len(examples)], valid_SBKT[:, : len(examples)]


def put(model: CausalLearner, lent: Borrowed, row_P: Tensor) -> None:
    """Give the learner's only slot and the borrowed adapter the same weights."""
    with torch.no_grad():
        model.adapters_SP[0] = row_P
    set_peft_model_state_dict(lent.peft_model, adapter_file.tensors(model.adapters, 0), adapter_name="default")


def their_gradient(model: CausalLearner, lent: Borrowed) -> Tensor:
    named = dict(lent.peft_model.named_parameters())
    names = [name.replace(".weight", ".default.weight") for name in adapter_file.tensors(model.adapters, 0)]
    return torch.cat([named[name].grad.reshape(-1) for name in names])


def other_row(model: CausalLearner, seed: int) -> Tensor:
    row_P = model.adapters_SP.detach()[0]
    return row_P + 0.02 * torch.randn(row_P.shape, generator=torch.Generator().manual_seed(seed))


def compare(model: CausalLearner, lent: Borrowed, ours_S: Tensor, theirs: Tensor) -> None:
    """Require equal losses, and equal gradients for the adapter."""
    assert float(ours_S[0]) == pytest.approx(float(theirs), abs=TOLERANCE)
    model.adapters_SP.grad = None
    ours_S.sum().backward()
    theirs.backward()
    gradient_P = their_gradient(model, lent)
    assert gradient_P.norm() > 0.01
    assert model.adapters_SP.grad is not None
    torch.testing.assert_close(model.adapters_SP.grad[0], gradient_P, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize(("beta", "nll_weight"), [(0.1, 0.0), (0.1, 1.0), (0.5, 0.3)])
def test_dpo_loss_and_gradient_equal_trl(folder: Path, beta: float, nll_weight: float) -> None:
    model = tiny_models.learner(folder)
    settings = build("trainer", "dpo", {"beta": beta, "nll_weight": nll_weight, "batch_size": 7})
    compare_dpo(model, settings, pair_examples(model, wrong_additions(7)).examples)


def compare_dpo(model: CausalLearner, settings: DPO, examples: Sequence[Example]) -> None:
    """Require TRL's loss and gradient of pairs, with a policy that has moved away from the reference."""
    beta, nll_weight = settings.beta, settings.nll_weight
    reference = read(model, {"one": examples}, settings)["one"].logprobs_NKT
    with borrowed(model, "one", np.random.default_rng(0)) as lent:
        trainer = dpo_trainer(
            lent, recipe=settings, examples=examples, tokenizer=model.tokenizer, beta=beta, nll_weight=nll_weight
        )
        put(model, lent, other_row(model, 1))
        batch = next(iter(trainer.get_train_dataloader()))
        theirs = trainer.compute_loss(lent.peft_model, batch)
        logprobs, valid = policy(model, examples)
        ours_S = preference(logprobs, reference[None], valid, beta=beta, nll_weight=nll_weight)
        compare(model, lent, ours_S, theirs)


@pytest.mark.parametrize(
    "loss", [{}, {"loss": "gem_linear"}, {"loss": "gem_linear", "beta": 0.4}, {"loss": "gem_logsigmoid"}]
)
def test_sft_loss_and_gradient_equal_trl(folder: Path, loss: dict[str, Any]) -> None:
    model = tiny_models.learner(folder)
    settings = build("trainer", "sft", {"batch_size": 7, **loss})
    examples = demonstration_examples(model, wrong_additions(7), imitate="corrections").examples
    with borrowed(model, "one", np.random.default_rng(0)) as lent:
        trainer = sft_trainer(
            lent,
            recipe=settings,
            examples=examples,
            tokenizer=model.tokenizer,
            target_logprobs=model.target_logprobs,
        )
        batch = next(iter(trainer.get_train_dataloader()))
        theirs = trainer.compute_loss(lent.peft_model, batch)
        logprobs, valid = policy(model, examples, settings.objective)
        compare(model, lent, likelihood(logprobs, valid), theirs)


GROUP = 4


def groups(model: CausalLearner, count: int) -> list[Example]:
    """Return groups of answers of different lengths with the advantages of random rewards."""
    stream = np.random.default_rng(1)
    rewards_BK = torch.tensor(stream.integers(0, 2, size=(count, GROUP)), dtype=torch.float64)
    found = []
    for each, advantages in zip(wrong_additions(count), group_advantages(rewards_BK, scale=True).tolist(), strict=True):
        texts = [str(int(stream.integers(10 ** int(stream.integers(1, 5))))) for _ in range(GROUP)]
        found.append(
            Example(tree=model.encode(each.answer.prompt, texts), advantages=tuple((value,) for value in advantages))
        )
    return found


def trl_inputs(examples: Sequence[Example], sampled_BKT: Tensor, reference_BKT: Tensor, pad: int) -> dict[str, Tensor]:
    """Lay groups out as TRL does: prompts padded on the left, answers on the right, a row an answer."""
    lone = [(each.tree.prompt, branch) for each in examples for branch in each.tree.branches]
    prompts = pad_sequence([torch.tensor(prompt) for prompt, _ in lone], True, pad, "left")
    answers = pad_sequence([torch.tensor(branch) for _, branch in lone], True, pad)
    valid = torch.arange(answers.shape[1]) < torch.tensor([len(branch) for _, branch in lone])[:, None]
    widths = torch.tensor([len(prompt) for prompt, _ in lone])
    return {
        "prompt_ids": prompts,
        "prompt_mask": (torch.arange(prompts.shape[1]) >= prompts.shape[1] - widths[:, None]).long(),
        "completion_ids": answers,
        "completion_mask": valid.long(),
        "advantages": trl_advantages(examples, answers.shape[1]),
        "old_per_token_logps": sampled_BKT.flatten(0, 1),
        "ref_per_token_logps": reference_BKT.flatten(0, 1),
        "num_items_in_batch": valid.sum(),
    }


def trl_advantages(examples: Sequence[Example], tokens: int) -> Tensor:
    """Return advantages as TRL takes them: one an answer, or one a token for trainers that have such."""
    rows = [values for example in examples for values in example.advantages]
    if {*map(len, rows)} == {1}:
        return torch.tensor([value for [value] in rows])
    return torch.tensor([[*values, *[0.0] * (tokens - len(values))] for values in rows])


def compare_grpo(model: CausalLearner, settings: GRPO, examples: Sequence[Example]) -> None:
    """Require TRL's loss and gradient of groups, with a policy that has moved since they were made."""
    reference = policy(model, examples)[0].detach()
    with borrowed(model, "one", np.random.default_rng(0)) as lent:
        prompts = [f"prompt {index}" for index in range(5)]
        grouping = Grouping(samples=GROUP, max_tokens=settings.max_tokens, scale_rewards=True)
        weights = {"beta": settings.beta, "epsilon": settings.epsilon, "loss_type": settings.normalisation}
        ids = {prompt: model.encode(prompt, ()).prompt for prompt in prompts}
        trainer = grpo_trainer(
            lent,
            recipe=settings,
            prompts=prompts,
            prompt_ids=ids,
            reward=Reward(None),
            tokenizer=model.tokenizer,
            questions=5,
            grouping=grouping,
            weights=weights,
        )
        trainer.current_gradient_accumulation_steps = 1
        lent.peft_model.train()
        put(model, lent, other_row(model, 1))
        sampled = policy(model, examples)[0].detach()
        put(model, lent, other_row(model, 2))
        theirs = trainer.compute_loss(
            lent.peft_model, trl_inputs(examples, sampled[0], reference[0], model.tokenizer.pad_token_id)
        )
        logprobs, valid = policy(model, examples)
        moved = (logprobs - sampled).detach()[valid].exp()
        assert (moved < 0.9).any() and (moved > 1.1).any(), "the clip must be at work"
        ours_S = group_relative(
            logprobs,
            sampled,
            reference,
            valid,
            token_advantages([examples], logprobs),
            beta=settings.beta,
            epsilon=settings.epsilon,
            normalisation=settings.normalisation,
            max_tokens=settings.max_tokens,
        )
        compare(model, lent, ours_S, theirs)


@pytest.mark.parametrize("normalisation", ["grpo", "dapo", "dr_grpo"])
@pytest.mark.parametrize("beta", [0.0, 0.2])
def test_grpo_loss_and_gradient_equal_trl(folder: Path, normalisation: str, beta: float) -> None:
    model = tiny_models.learner(folder)
    settings = build(
        "trainer",
        "grpo",
        {"beta": beta, "normalisation": normalisation, "samples": GROUP, "batch_size": 5, "epsilon": 0.1},
    )
    compare_grpo(model, settings, groups(model, 5))


SUMS = Catalogue(
    items=tuple(f"sum {number}" for number in range(24)),
    codes=tuple((str(tens), str(ones)) for tens in range(4) for ones in range(6)),
    titles=tuple(f"number {number}" for number in range(24)),
)


class Weighing:
    """The tiny student, which finds items of a catalogue by scoring every one of them."""

    def __init__(self, model: CausalLearner) -> None:
        self._model = model
        self.encode = model.encode

    def generate(self, requests: Sequence[Request]) -> list[Completion]:
        texts = tuple(SUMS.sharing)
        scored = [Request(slot="one", prompt=request.prompt, continuations=texts) for request in requests]
        return [
            self._best(request.texts, row) for request, row in zip(requests, self._model.score(scored), strict=True)
        ]

    def _best(self, count: int, logprobs: Sequence[float]) -> Completion:
        order = np.argsort(-np.asarray(logprobs))[:count]
        return Completion(beam=tuple(Completion(text=SUMS.texts[place], logprob=logprobs[place]) for place in order))


def mark_some(slot: str, questions: Sequence[Question], completions: Sequence[Completion], **_: Any) -> list[Feedback]:
    """Score every third item of a group, and another one differently."""
    assert slot and len(questions) == len(completions)
    return [Feedback(score=(0.0, 0.25, 1.0)[place % 3], judge="scripted") for place, _ in enumerate(completions)]


def listed_groups(model: CausalLearner, settings: GRPO) -> Sequence[Example]:
    """Return groups of beams, or lists that were shown, all of one size."""
    batch = []
    for place, lesson in enumerate(wrong_additions(5)):
        items = [SUMS.texts[(5 * place + 7 * number) % 24] for number in range(GROUP)]
        outcomes = [Outcome(part=text, score=number % 3 / 2, reason="") for number, text in enumerate(items)]
        question = replace(lesson.question, form=NextItems(catalogue=SUMS.name, count=GROUP))
        answer = replace(lesson.answer, text="\n".join(items))
        feedback = replace(lesson.feedback, outcomes=tuple(outcomes))
        batch.append(replace(lesson, question=question, answer=answer, feedback=feedback))
    streams = {"one": np.random.default_rng(0)}
    weighing: Any = Weighing(model)  # no more of a model is used here
    made = group_examples(weighing, {"one": batch}, mark_some, settings.grouping(), generators=streams)
    return made["one"].examples


@pytest.mark.parametrize(
    ("comparison", "beta", "normalisation"), [("group", 0.1, "grpo"), ("prefix", 0.1, "dapo"), ("none", 0.0, "grpo")]
)
@pytest.mark.parametrize(("kind", "reward"), [("beams", "both"), ("answers", "score")])
def test_grpo_on_beams_and_lists_equals_trl(
    folder: Path, kind: str, reward: str, comparison: str, beta: float, normalisation: str
) -> None:
    model = tiny_models.learner(folder)
    named = {"groups": kind, "reward": reward, "advantages": comparison, "beta": beta, "normalisation": normalisation}
    settings = build("trainer", "grpo", {**named, "samples": GROUP, "batch_size": 5, "epsilon": 0.1})
    examples = listed_groups(model, settings)
    assert all(len({*example.tree.branches}) == GROUP for example in examples)
    compare_grpo(model, settings, examples)


def test_dpo_on_lists_equals_trl(folder: Path) -> None:
    lessons = [
        replace(
            lesson,
            question=replace(lesson.question, form=NextItems(catalogue=SUMS.name)),
            answer=replace(lesson.answer, text=f"{lesson.feedback.correction}\n{place % 6}1\n00"),
        )
        for place, lesson in enumerate(wrong_additions(7))
    ]
    model = tiny_models.learner(folder)
    examples = pair_examples(model, lessons).examples
    rejected = [model.encode(lesson.answer.prompt, (f"{place % 6}1",)) for place, lesson in enumerate(lessons)]
    assert [example.tree.branches[1] for example in examples] == [tree.branches[0] for tree in rejected]
    compare_dpo(model, build("trainer", "dpo", {"batch_size": 7}), examples)


def test_group_advantages_are_trls() -> None:
    from trl.trainer.utils import nanstd

    rewards = torch.rand(6, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    rewards[2] = 1.0
    theirs = (rewards - rewards.nanmean(1, keepdim=True)) / (nanstd(rewards, dim=1, keepdim=True) + 1e-4)
    torch.testing.assert_close(group_advantages(rewards, scale=True), theirs, rtol=0, atol=1e-12)
