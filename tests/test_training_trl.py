"""Our losses, gradients and updates are TRL's; its trainers stand behind the same role and leave nothing behind."""

import random
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from peft import set_peft_model_state_dict
from torch import Tensor

from agents.models import adapter_file
from agents.models.causal import CausalLearner, Settings
from agents.models.loading import Precision
from simulation.core.packing import Tree, pack
from simulation.core.registry import build
from simulation.core.types import Answer, Completion, Experience, Feedback, Question, Seat
from tests import tiny_models
from training.backends.borrowed import Borrowed, borrowed
from training.backends.trl_dpo import dpo_trainer
from training.backends.trl_grpo import batch_size, grpo_trainer
from training.backends.trl_sft import sft_trainer
from training.cohort.dpo import pair_material
from training.cohort.loop import Example, read
from training.cohort.losses import group_advantages, group_relative, likelihood, preference
from training.cohort.sft import demonstration_material

TOLERANCE = 1e-5


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_models.save("llama", tmp_path_factory.mktemp("tiny"))


def learner(folder: Path, *, slots: Sequence[str] = ("one",), dtype: str = "float32") -> CausalLearner:
    seats = [Seat(name=slot, number=number, seed=3) for number, slot in enumerate(slots)]
    made = CausalLearner.from_source(str(folder), seats, Settings(precision=Precision(dtype=dtype)))
    with torch.no_grad():
        made.adapters_SP.normal_(std=0.05, generator=torch.Generator().manual_seed(0))
    return made


def experiences(count: int, seed: int = 0) -> list[Experience]:
    stream = np.random.default_rng(seed)
    found = []
    for index in range(count):
        first, second = (int(number) for number in stream.integers(3, 99, size=2))
        prompt = f"what is {first} plus {second} ?" + " now" * int(stream.integers(3))
        found.append(
            Experience(
                question=Question(id=str(index), prompt=prompt, reference=str(first + second)),
                answer=Answer(
                    question_id=str(index), prompt=prompt, text=str(first * second), answerer="one", model_version=""
                ),
                feedback=Feedback(score=0.0, judge="key", correction=str(first + second)),
                truth=0.0,
                turn=1,
                position=index,
            )
        )
    return found


def mark(
    slot: str, questions: Sequence[Question], completions: Sequence[Completion], *, seeds: Sequence[int]
) -> list[Feedback]:
    assert slot and len(questions) == len(seeds)
    return [Feedback(score=float(len(done.text) % 2), judge="key") for done in completions]


def policy(model: CausalLearner, examples: Sequence[Example]) -> tuple[Tensor, Tensor]:
    """Return the only slot's log-probabilities and which of them are real, without the rows that a model may add."""
    logprobs_SBKT, valid_SBKT = model.branch_logprobs(["one"], [[example.tree for example in examples]])
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
    model = learner(folder)
    settings = build("trainer", "dpo", {"beta": beta, "nll_weight": nll_weight, "batch_size": 7})
    examples = pair_material(model, experiences(7)).examples
    reference = read(model, {"one": examples}, settings)["one"].logprobs_NKT
    with borrowed(model, "one", np.random.default_rng(0)) as lent:
        trainer = dpo_trainer(settings, lent, examples, model.tokenizer)
        put(model, lent, other_row(model, 1))
        batch = next(iter(trainer.get_train_dataloader()))
        theirs = trainer.compute_loss(lent.peft_model, batch)
        logprobs, valid = policy(model, examples)
        ours_S = preference(logprobs, reference[None], valid, beta=beta, nll_weight=nll_weight)
        compare(model, lent, ours_S, theirs)


def test_sft_loss_and_gradient_equal_trl(folder: Path) -> None:
    model = learner(folder)
    settings = build("trainer", "sft", {"batch_size": 7})
    examples = demonstration_material(settings, model, experiences(7)).examples
    with borrowed(model, "one", np.random.default_rng(0)) as lent:
        trainer = sft_trainer(settings, lent, examples, model.tokenizer)
        batch = next(iter(trainer.get_train_dataloader()))
        theirs = trainer.compute_loss(lent.peft_model, batch)
        logprobs, valid = policy(model, examples)
        compare(model, lent, likelihood(logprobs, valid), theirs)


GROUP = 4


def groups(model: CausalLearner, count: int) -> list[Example]:
    """Return groups of answers of different lengths with the advantages of random rewards."""
    stream = np.random.default_rng(1)
    rewards_BK = torch.tensor(stream.integers(0, 2, size=(count, GROUP)), dtype=torch.float64)
    found = []
    for each, advantages in zip(experiences(count), group_advantages(rewards_BK, scale=True).tolist(), strict=True):
        texts = [str(int(stream.integers(10 ** int(stream.integers(1, 5))))) for _ in range(GROUP)]
        found.append(Example(tree=model.encode(each.answer.prompt, texts), advantages=tuple(advantages)))
    return found


def trl_inputs(examples: Sequence[Example], sampled_BKT: Tensor, reference_BKT: Tensor, pad: int) -> dict[str, Tensor]:
    """Lay groups out as TRL does: prompts padded on the left, answers on the right, a row an answer."""
    lone = [Tree(prompt=each.tree.prompt, branches=(branch,)) for each in examples for branch in each.tree.branches]
    packed = pack(lone, pad=pad)
    tokens = torch.from_numpy(packed.tokens_RL)
    widths = torch.tensor([len(tree.prompt) for tree in lone])
    valid = torch.from_numpy(packed.valid_RKT)[:, 0]
    return {
        "prompt_ids": tokens[:, : packed.start],
        "prompt_mask": (torch.arange(packed.start) >= packed.start - widths[:, None]).long(),
        "completion_ids": tokens[:, packed.start : packed.start + valid.shape[1]],
        "completion_mask": valid.long(),
        "advantages": torch.tensor([value for each in examples for value in each.advantages]),
        "old_per_token_logps": sampled_BKT.flatten(0, 1),
        "ref_per_token_logps": reference_BKT.flatten(0, 1),
        "num_items_in_batch": valid.sum(),
    }


@pytest.mark.parametrize("normalisation", ["grpo", "dapo", "dr_grpo"])
@pytest.mark.parametrize("beta", [0.0, 0.2])
def test_grpo_loss_and_gradient_equal_trl(folder: Path, normalisation: str, beta: float) -> None:
    model = learner(folder)
    settings = build(
        "trainer",
        "grpo",
        {"beta": beta, "normalisation": normalisation, "samples": GROUP, "batch_size": 5, "epsilon": 0.1},
    )
    examples = groups(model, 5)
    reference = policy(model, examples)[0].detach()
    with borrowed(model, "one", np.random.default_rng(0)) as lent:
        prompts = [f"prompt {index}" for index in range(5)]
        trainer = grpo_trainer(settings, lent, prompts, lambda **_: [], model.tokenizer, 5)
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
        advantages = torch.tensor([[example.advantages for example in examples]], dtype=logprobs.dtype)
        ours_S = group_relative(
            logprobs,
            sampled,
            reference,
            valid,
            advantages,
            beta=beta,
            epsilon=settings.epsilon,
            normalisation=settings.normalisation,
            max_tokens=settings.max_tokens,
        )
        compare(model, lent, ours_S, theirs)


def test_group_advantages_are_trls() -> None:
    from trl.trainer.utils import nanstd

    rewards = torch.rand(6, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    rewards[2] = 1.0
    theirs = (rewards - rewards.nanmean(1, keepdim=True)) / (nanstd(rewards, dim=1, keepdim=True) + 1e-4)
    torch.testing.assert_close(group_advantages(rewards, scale=True), theirs, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", ["dpo", "sft"])
@pytest.mark.parametrize(("epochs", "decay"), [(1, 0.0), (3, 0.1)])
def test_an_update_by_either_backend_ends_in_the_same_adapter(
    folder: Path, name: str, epochs: int, decay: float
) -> None:
    rows = {}
    for backend in ("cohort", "trl"):
        model = learner(folder, dtype="float64")
        before = model.adapters_SP.detach()[0].clone()
        settings = {"batch_size": 6, "epochs": epochs, "clip": 0.5, "weight_decay": decay, "backend": backend}
        trainer = build("trainer", name, settings)
        streams = {"one": np.random.default_rng(0)}
        update = trainer.update(model, {"one": experiences(6)}, mark, generators=streams)["one"]
        rows[backend] = model.adapters_SP.detach()[0].clone()
        assert update.steps == epochs
        assert update.model_version == model.version("one")
        assert (rows[backend] - before).abs().max() > 0.9e-3 * epochs
    # in float64: AdamW divides a gradient by its own size, which leaves of a tiny float32 one nothing but its rounding
    torch.testing.assert_close(rows["cohort"], rows["trl"], rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("name", ["dpo", "sft"])
def test_trl_trains_each_slot_alone_by_its_own_stream_and_reports_the_same_metrics(folder: Path, name: str) -> None:
    def play(slots: Sequence[str], backend: str) -> tuple[CausalLearner, dict[str, Any]]:
        model = learner(folder, slots=("one", "two"))
        batches = {slot: experiences(5, seed=len(slot + "x") + ord(slot[0])) for slot in slots}
        streams = {slot: np.random.default_rng(ord(slot[0])) for slot in slots}
        trainer = build("trainer", name, {"backend": backend, "batch_size": 2})
        return model, trainer.update(model, batches, mark, generators=streams)

    both, updates = play(("one", "two"), "trl")
    alone, _ = play(("two",), "trl")
    torch.testing.assert_close(both.adapters_SP[1], alone.adapters_SP[1], rtol=0, atol=0)
    untouched = learner(folder, slots=("one", "two"))
    assert torch.equal(alone.adapters_SP[0], untouched.adapters_SP[0])
    _, ours = play(("one", "two"), "cohort")
    shared = {"left_out_steps", "loss_first", "loss_last", "gradient_norm"}
    assert set(updates["one"].metrics) == set(ours["one"].metrics) - shared
    assert updates["one"].steps == ours["one"].steps == 6
    raised = [
        said["chosen_logprob_after"] - said["chosen_logprob_before"]
        if name == "dpo"
        else said["logprob_after"] - said["logprob_before"]
        for said in (updates["one"].metrics, ours["one"].metrics)
    ]
    assert min(raised) > 0


@pytest.mark.parametrize("name", ["dpo", "sft", "grpo"])
def test_trl_leaves_no_file_no_seed_no_output_and_no_warning(
    folder: Path, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    settings = {"backend": "trl", **({"samples": 4, "max_tokens": 3, "batch_size": 2} if name == "grpo" else {})}
    model = learner(folder)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    monkeypatch.chdir(tmp_path)
    states = random.getstate(), np.random.get_state(legacy=False)["state"]["key"].tolist(), torch.get_rng_state()
    capfd.readouterr()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        streams = {"one": np.random.default_rng(0)}
        [update] = (
            build("trainer", name, settings).update(model, {"one": experiences(5)}, mark, generators=streams).values()
        )
    said = capfd.readouterr()
    assert (said.out, said.err) == ("", "")
    assert not list(temporary.iterdir())
    assert list(tmp_path.iterdir()) == [temporary]
    assert random.getstate() == states[0]
    assert np.random.get_state(legacy=False)["state"]["key"].tolist() == states[1]
    assert torch.equal(torch.get_rng_state(), states[2])
    assert update.steps > 0


def test_trl_gets_batches_that_leave_few_questions_over() -> None:
    assert [batch_size(questions, 8) for questions in (40, 21, 22, 5, 1)] == [8, 7, 7, 5, 1]
    assert [batch_size(questions, 1) for questions in (1, 3)] == [1, 1]
    assert all(questions % batch_size(questions, 8) <= 4 for questions in range(1, 200))


def test_grpo_by_trl_is_repeatable_and_counts_what_it_cannot_batch(folder: Path) -> None:
    rows, found = [], []
    for _ in range(2):
        model = learner(folder)
        settings = {"backend": "trl", "samples": 4, "max_tokens": 3, "batch_size": 6, "beta": 0.1, "epochs": 2}
        streams = {"one": np.random.default_rng(4)}
        trainer = build("trainer", "grpo", settings)
        found.append(trainer.update(model, {"one": experiences(11)}, mark, generators=streams)["one"])
        rows.append(model.adapters_SP.detach()[0].clone())
    assert torch.equal(rows[0], rows[1])
    assert found[0] == found[1]
    assert found[0].metrics["questions_left_over"] == 1
    assert found[0].metrics["samples"] == 40
    assert found[0].steps == 4
    assert not torch.equal(rows[0], learner(folder).adapters_SP.detach()[0])
