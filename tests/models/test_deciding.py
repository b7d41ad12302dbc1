"""A dtype that is left open is bfloat16 where the hardware has it and answers survive it; a study keeps it."""

from typing import Any

import pytest
import torch

from agents.models import deciding
from agents.models.deciding import agree, decided, hardware
from agents.models.loading import Precision
from agents.students.language_model import LanguageModelStudents
from simulation.core.types import Seat
from tests.support.families.families import FAMILIES

CPU = Precision(device="cpu")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(FAMILIES["qwen2"].save(tmp_path_factory.mktemp("qwen2")))


def on(monkeypatch: pytest.MonkeyPatch, **has: bool) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: has)


def test_hardware_decides_before_any_trial(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    on(monkeypatch, avx512_bf16=True)
    assert hardware(torch.device("cpu")) == "avx512_bf16" and decided(folder, CPU) == "bfloat16"
    on(monkeypatch, amx_bf16=True, avx512_bf16=True)
    assert hardware(torch.device("cpu")) == "amx_bf16"
    on(monkeypatch, avx512=True)
    monkeypatch.setattr(deciding, "read", None)
    assert hardware(torch.device("cpu")) == "" == hardware(torch.device("mps")) and decided(folder, CPU) == "float32"


@pytest.mark.parametrize(
    ("short", "agreed"),
    [
        ([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1]], True),
        ([[0.67, 0.22, 0.11], [0.1, 0.8, 0.1]], True),
        ([[0.2, 0.7, 0.1], [0.1, 0.8, 0.1]], False),
        ([[0.5, 0.4, 0.1], [0.2, 0.6, 0.2]], False),
        ([[float("nan")] * 3, [0.1, 0.8, 0.1]], False),
    ],
)
def test_answers_agree_where_the_likeliest_are_as_likely(short: list[list[float]], agreed: bool) -> None:
    exact = torch.tensor([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1]]).log()
    assert agree(exact, torch.tensor(short).log()) is agreed


def test_a_model_that_bfloat16_changes_computes_in_float32(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    on(monkeypatch, avx512_bf16=True)
    logprobs: Any = {"float32": torch.tensor([[0.9, 0.1]]).log(), "bfloat16": torch.tensor([[0.1, 0.9]]).log()}
    monkeypatch.setattr(deciding, "read", lambda _, precision: logprobs[precision.dtype])
    assert decided(folder, CPU) == "float32"


def test_students_keep_what_was_decided(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    on(monkeypatch, avx512_bf16=True)
    settled = LanguageModelStudents(model=folder, dtype="auto", device="cpu").settled()
    assert settled.dtype == "bfloat16" and settled.settled() == settled
    assert settled.fingerprint()["bfloat16"] == "avx512_bf16"
    seat = Seat(name="one", number=0, seed=0)
    learner = LanguageModelStudents(model=folder, dtype="auto", device="cpu").learner([seat])
    dtypes = {weights.dtype for weights in learner.module.parameters()}
    assert dtypes == {torch.bfloat16} and learner.adapters_SP.dtype == torch.float32
    on(monkeypatch)
    assert settled.settled().dtype == "bfloat16" and settled.fingerprint()["bfloat16"] == "emulated"
    assert LanguageModelStudents(model=folder, dtype="auto", device="cpu").settled().dtype == "float32"


@pytest.mark.parametrize("settings", [{"model": "embedded"}, {"slot": "every_weight"}])
def test_shipped_models_and_weights_that_learn_keep_float32(
    settings: dict[str, Any], folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    on(monkeypatch, avx512_bf16=True)
    assert LanguageModelStudents(**{"model": folder, **settings}, dtype="auto").settled().dtype == "float32"


def test_a_quantized_model_is_tried_quantized(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    on(monkeypatch, avx512_bf16=True)
    asked: list[Precision] = []
    true_read = deciding.read

    def recorded(source: str, precision: Precision) -> torch.Tensor:
        asked.append(precision)
        return true_read(source, precision)

    monkeypatch.setattr(deciding, "read", recorded)
    LanguageModelStudents(model=folder, dtype="auto", quantization="nf4", device="cpu").settled()
    assert [(own.dtype, own.quantization) for own in asked] == [("float32", "nf4"), ("bfloat16", "nf4")]
