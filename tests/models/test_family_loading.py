"""Checkpoints of the families load, score, write and learn in every precision, as transformers and PEFT have them."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM

from agents.models.causal import CausalLearner
from agents.models.chat import Chat
from agents.models.learner_settings import LearnerSettings
from agents.models.loading import Precision
from simulation.core.calls import Request
from simulation.core.packing import Tree
from simulation.core.registry import build
from tests.support.bigram import experience
from tests.support.families.families import FAMILIES
from tests.support.learners import move, seats
from training.trl.borrowed import quiet

PRECISIONS = {
    "float32": Precision(dtype="float32"),
    "bfloat16": Precision(dtype="bfloat16"),
    "nf4": Precision(dtype="float32", quantization="nf4"),
}
PROMPTS = ("What is 7 plus 12?", "3/4 of 12 km:", "b")
OPTIONS = ("19", "75 km", "a rather long answer")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("families")
    for name, family in FAMILIES.items():
        family.save(place / name)
    return place


def learner(folder: Path, precision: Precision) -> CausalLearner:
    settings = LearnerSettings(rank=2, precision=precision, chat=Chat(date="2026-11-30"))
    model = CausalLearner.from_source(str(folder), seats(2), settings)
    move(model)
    return model


def asked(slot: str = "student-0") -> list[Request]:
    return [Request(slot=slot, prompt=prompt, continuations=OPTIONS) for prompt in PROMPTS]


def by_peft(model: CausalLearner, trees: Sequence[Tree], place: Path) -> list[tuple[float, ...]]:
    """Return the log-probabilities of branches, each alone behind its prompt, by transformers and PEFT alone."""
    model.save("student-0", place)
    with quiet():
        base = AutoModelForCausalLM.from_pretrained(model.source, dtype=torch.float32)
        adapted: Any = PeftModel.from_pretrained(base, str(place)).eval()
    rows = []
    with torch.no_grad():
        for tree in trees:
            sums = []
            for branch in tree.branches:
                logits = adapted(input_ids=torch.tensor([[*tree.prompt, *branch]])).logits[0].log_softmax(-1)
                places = range(len(tree.prompt) - 1, len(tree.prompt) + len(branch) - 1)
                sums.append(float(sum(logits[at, token] for at, token in zip(places, branch, strict=True))))
            rows.append(tuple(sums))
    return rows


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_scores_writes_and_learns(name: str, precision: str, folders: Path, tmp_path: Path) -> None:
    model = learner(folders / name, PRECISIONS[precision])
    together = model.score(asked())
    near = 1e-4 if precision == "float32" else 0.3
    for request, row in zip(asked(), together, strict=True):
        assert model.score([request])[0] == pytest.approx(row, abs=near)
    if precision == "float32":
        trees = [model.encode(request.prompt, request.continuations) for request in asked()]
        for row, expected in zip(together, by_peft(model, trees, tmp_path), strict=True):
            assert row == pytest.approx(expected, rel=1e-5, abs=1e-5)
    writing = [replace(request, continuations=(), max_tokens=6) for request in asked()]
    written = model.generate(writing)
    assert all(completion.tokens and completion.ids for completion in written)
    if precision == "float32":
        assert [model.generate([request])[0].ids for request in writing] == [each.ids for each in written]
    lessons = [experience(prompt, "75 km", score=0.0, correction="19") for prompt in PROMPTS]
    streams = {"student-0": np.random.default_rng(0)}
    trainer = build("trainer", "sft", {"epochs": 6, "learning_rate": 0.01, "batch_size": 3})
    update = trainer.update(model, {"student-0": lessons}, None, turn=1, generators=streams)["student-0"]
    assert update.steps == 6 and update.metrics["loss_last"] < 0.7 * update.metrics["loss_first"]
