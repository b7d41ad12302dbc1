"""TRL's trainers stand behind the same role, end in the same adapter and leave nothing behind."""

import random
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from agents.models.causal import CausalLearner
from simulation.core.errors import ModelError
from simulation.core.registry import build
from simulation.core.types import Seat
from tests.support import tiny_models
from tests.support.additions import mark, wrong_additions
from training.dpo import DPO
from training.lessons import pair_examples
from training.trl.borrowed import borrowed, drop_no_more
from training.trl.dpo import dpo_trainer
from training.trl.grpo import batch_size

pytestmark = pytest.mark.usefixtures("one_thread")
TOLERANCE = 1e-5


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_models.save("llama", tmp_path_factory.mktemp("tiny"))


@pytest.mark.parametrize("name", ["dpo", "sft"])
@pytest.mark.parametrize(
    ("epochs", "more"),
    [(1, {}), (3, {"weight_decay": 0.1}), (4, {"warmup": 1, "decay": "cosine", "weight_decay": 0.1})],
)
def test_an_update_by_either_backend_ends_in_the_same_adapter(
    folder: Path, name: str, epochs: int, more: dict[str, Any]
) -> None:
    rows = {}
    for backend in ("cohort", "trl"):
        model = tiny_models.learner(folder, dtype="float64")
        before = model.adapters_SP.detach()[0].clone()
        settings = {"batch_size": 6, "epochs": epochs, "clip": 0.5, "backend": backend, **more}
        trainer = build("trainer", name, settings)
        streams = {"one": np.random.default_rng(0)}
        update = trainer.update(model, {"one": wrong_additions(6)}, mark, turn=1, generators=streams)["one"]
        rows[backend] = model.adapters_SP.detach()[0].clone()
        assert update.steps == epochs
        assert update.model_version == model.version("one")
        assert (rows[backend] - before).abs().max() > 0.9e-3 * (epochs - 2 * ("warmup" in more))
    # in float64: AdamW divides a gradient by its own size, which leaves of a tiny float32 one nothing but its rounding
    torch.testing.assert_close(rows["cohort"], rows["trl"], rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("name", ["dpo", "sft"])
def test_trl_trains_each_slot_alone_by_its_own_stream_and_reports_the_same_metrics(folder: Path, name: str) -> None:
    def play(slots: Sequence[str], backend: str) -> tuple[CausalLearner, dict[str, Any]]:
        model = tiny_models.learner(folder, slots=("one", "two"))
        batches = {slot: wrong_additions(5, ord(slot[0])) for slot in slots}
        streams = {slot: np.random.default_rng(ord(slot[0])) for slot in slots}
        trainer = build("trainer", name, {"backend": backend, "batch_size": 2})
        return model, trainer.update(model, batches, mark, turn=1, generators=streams)

    both, updates = play(("one", "two"), "trl")
    alone, _ = play(("two",), "trl")
    torch.testing.assert_close(both.adapters_SP[1], alone.adapters_SP[1], rtol=0, atol=0)
    untouched = tiny_models.learner(folder, slots=("one", "two"))
    assert torch.equal(alone.adapters_SP[0], untouched.adapters_SP[0])
    _, ours = play(("one", "two"), "cohort")
    shared = {"tokens", "left_out_steps", "loss_first", "loss_last", "gradient_norm"}
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
    model = tiny_models.learner(folder)
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
            build("trainer", name, settings)
            .update(model, {"one": wrong_additions(5)}, mark, turn=1, generators=streams)
            .values()
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
    assert [batch_size(questions, 8, 4) for questions in (40, 21, 22, 5, 1)] == [8, 7, 7, 5, 1]
    assert [batch_size(questions, 1, 4) for questions in (1, 3)] == [1, 1]
    assert all(questions % batch_size(questions, 8, 4) <= 4 for questions in range(1, 200))


def test_grpo_by_trl_is_repeatable_and_counts_what_it_cannot_batch(folder: Path) -> None:
    rows, found = [], []
    for _ in range(2):
        model = tiny_models.learner(folder)
        settings = {"backend": "trl", "samples": 4, "max_tokens": 3, "batch_size": 6, "beta": 0.1, "epochs": 2}
        streams = {"one": np.random.default_rng(4)}
        trainer = build("trainer", "grpo", settings)
        found.append(trainer.update(model, {"one": wrong_additions(11)}, mark, turn=1, generators=streams)["one"])
        rows.append(model.adapters_SP.detach()[0].clone())
    assert torch.equal(rows[0], rows[1])
    assert found[0] == found[1]
    assert found[0].metrics["questions_left_over"] == 1
    assert found[0].metrics["samples"] == 40
    assert found[0].steps == 4
    assert not torch.equal(rows[0], tiny_models.learner(folder).adapters_SP.detach()[0])


@pytest.mark.parametrize("slot", ["lora_and_rows", "every_weight"])
@pytest.mark.parametrize("name", ["dpo", "sft", "grpo"])
def test_a_slot_that_is_more_than_an_adapter_is_refused_in_words(folder: Path, name: str, slot: str) -> None:
    rows = {"rows": "[a-c]"} if slot == "lora_and_rows" else {}
    students = build("students", "language_model", {"model": str(folder), "slot": slot, **rows})
    model = students.learner([Seat(name="one", number=0, seed=0)])
    before = model.dump("one")
    trainer = build("trainer", name, {"backend": "trl"})
    streams = {"one": np.random.default_rng(0)}
    with pytest.raises(ModelError, match=r"'one' may change more than a LoRA adapter .* write backend: cohort"):
        trainer.update(model, {"one": wrong_additions(2)}, mark, turn=1, generators=streams)
    assert model.dump("one") == before


def dropping_learner(folder: Path) -> CausalLearner:
    students = build("students", "language_model", {"model": str(folder), "lora": {"dropout": 0.3}, "dtype": "float64"})
    model: CausalLearner = students.learner([Seat(name="one", number=0, seed=3)])
    with torch.no_grad():
        model.adapters_SP.normal_(std=0.05, generator=torch.Generator().manual_seed(0))
    return model


@pytest.mark.parametrize("name", ["dpo", "sft"])
def test_trl_drops_what_the_adapter_reads_by_the_students_own_seed(folder: Path, name: str) -> None:
    trainer = build("trainer", name, {"backend": "trl", "batch_size": 2, "learning_rate": 1e-2})
    rows = []
    whole = tiny_models.learner(folder, dtype="float64")
    for model in (dropping_learner(folder), dropping_learner(folder), whole):
        streams = {"one": np.random.default_rng(4)}
        trainer.update(model, {"one": wrong_additions(4)}, mark, turn=1, generators=streams)
        rows.append(model.adapters_SP.detach()[0].clone())
    assert torch.equal(rows[0], rows[1])
    assert not torch.allclose(rows[0], rows[2], rtol=0, atol=1e-3)


def test_of_the_reference_trl_drops_nothing(folder: Path) -> None:
    model = dropping_learner(folder)
    examples = pair_examples(model, wrong_additions(3)).examples
    with borrowed(model, "one", np.random.default_rng(0)) as lent:
        trainer = dpo_trainer(lent, recipe=DPO(), examples=examples, tokenizer=model.tokenizer, beta=0.1, nll_weight=0)
        assert trainer.model is not None
        drop_no_more(trainer.model)
        shares = {
            name.rsplit(".", 1)[-1]: layer.p
            for name, layer in trainer.model.named_modules()
            if isinstance(layer, torch.nn.Dropout)
        }
    assert shares == {"default": 0.3, "ref": 0.0}


def test_grpo_by_trl_would_drop_of_what_is_sampled_and_is_refused(folder: Path) -> None:
    trainer = build("trainer", "grpo", {"backend": "trl", "samples": 2, "max_tokens": 2})
    streams = {"one": np.random.default_rng(0)}
    with pytest.raises(ModelError, match=r"lora.dropout: 0.3 would be applied by TRL's GRPO .* write backend: cohort"):
        trainer.update(dropping_learner(folder), {"one": wrong_additions(2)}, mark, turn=1, generators=streams)
