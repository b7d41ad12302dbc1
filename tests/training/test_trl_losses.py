"""Our losses, advantages and gradients are TRL's."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from agents.models.causal import CausalLearner
from simulation.core.registry import build
from tests.support import tiny_models
from tests.support.additions import wrong_additions
from tests.support.trl_losses import GROUP, compare, compare_dpo, compare_grpo, policy
from training.cohort.advantages import group_advantages
from training.cohort.losses import likelihood
from training.lessons import Example, demonstration_examples, pair_examples
from training.trl.borrowed import borrowed
from training.trl.sft import sft_trainer

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_models.save("llama", tmp_path_factory.mktemp("tiny"))


@pytest.mark.parametrize(("beta", "nll_weight"), [(0.1, 0.0), (0.1, 1.0), (0.5, 0.3)])
def test_dpo_loss_and_gradient_equal_trl(folder: Path, beta: float, nll_weight: float) -> None:
    model = tiny_models.learner(folder)
    settings = build("trainer", "dpo", {"beta": beta, "nll_weight": nll_weight, "batch_size": 7})
    compare_dpo(model, settings, pair_examples(model, wrong_additions(7)).examples)


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
        compare(model, lent, likelihood(logprobs, valid.sum(-1)), theirs)


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


def test_group_advantages_are_trls() -> None:
    from trl.trainer.utils import nanstd

    rewards = torch.rand(6, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    rewards[2] = 1.0
    theirs = (rewards - rewards.nanmean(1, keepdim=True)) / (nanstd(rewards, dim=1, keepdim=True) + 1e-4)
    torch.testing.assert_close(group_advantages(rewards, scale=True), theirs, rtol=0, atol=1e-12)
