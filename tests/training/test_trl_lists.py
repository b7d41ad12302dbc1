"""What is learned from lists of items and from beams has TRL's losses and gradients."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agents.models.causal import CausalLearner
from simulation.core.calls import Completion, Request
from simulation.core.catalogue import Catalogue
from simulation.core.kinds.next_items import NextItems
from simulation.core.registry import build
from simulation.core.types import Feedback, Outcome, Question
from tests.support import tiny_models
from tests.support.additions import wrong_additions
from tests.support.trl_losses import GROUP, compare_dpo, compare_grpo
from training.cohort.sampling import group_examples
from training.grpo import GRPO
from training.lessons import Example, pair_examples

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_models.save("llama", tmp_path_factory.mktemp("tiny"))


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
