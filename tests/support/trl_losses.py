"""Our loss and gradient of an update beside TRL's, of a policy that has moved away from where it began."""

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from peft import set_peft_model_state_dict
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from agents.models import adapter_file
from agents.models.causal import CausalLearner
from simulation.core.objectives import CROSS_ENTROPY, Objective
from training.cohort.groups import Grouping
from training.cohort.loop import token_advantages
from training.cohort.losses import group_relative, preference
from training.cohort.passes import read
from training.dpo import DPO
from training.grpo import GRPO
from training.lessons import Example
from training.trl.borrowed import Borrowed, borrowed
from training.trl.dpo import dpo_trainer
from training.trl.grpo import Reward, grpo_trainer

TOLERANCE = 1e-5
GROUP = 4
"""Answers of a group."""


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
        ours_S = preference(logprobs, reference[None], valid, valid.sum(-1), beta=beta, nll_weight=nll_weight)
        compare(model, lent, ours_S, theirs)


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
            valid.sum(-1),
            beta=settings.beta,
            epsilon=settings.epsilon,
            normalisation=settings.normalisation,
            max_tokens=settings.max_tokens,
        )
        compare(model, lent, ours_S, theirs)
