"""On a real transformer with LoRA slots, a cohort of students trains as its students would alone."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from simulation.core.calls import Completion, Request
from simulation.core.catalogue import Catalogue
from simulation.core.kinds.next_items import NextItems
from simulation.core.registry import build
from simulation.core.roles import Trainable
from simulation.core.seeding import generator
from simulation.core.types import Experience, Feedback, Outcome, Question, Seat
from tests.support import tiny_models
from tests.support.additions import mark, wrong_additions

pytestmark = pytest.mark.usefixtures("one_thread")
SIZES = {"ann": 3, "ben": 9, "cleo": 5, "dov": 1}
SETTINGS: list[tuple[str, dict[str, Any]]] = [
    ("dpo", {}),
    ("sft", {"batch_size": 3}),
    ("grpo", {"samples": 3, "max_tokens": 4, "beta": 0.1, "batch_size": 2}),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_models.save("llama", tmp_path_factory.mktemp("tiny"))


def learner(folder: Path, slots: Sequence[str], dtype: str, dropout: float = 0.0) -> Trainable:
    seats = [Seat(name=slot, number=list(SIZES).index(slot), seed=3) for slot in slots]
    fields = {"model": str(folder), "dtype": dtype, "lora": {"dropout": dropout}}
    made: Trainable = build("students", "language_model", fields).learner(seats)
    return made


def experiences(slot: str, turn: int) -> list[Experience]:
    stream = generator(8, turn, list(SIZES).index(slot), "experiences")
    return wrong_additions(SIZES[slot], stream, answerer=slot, turn=turn)


def play(
    folder: Path,
    slots: Sequence[str],
    name: str,
    settings: Mapping[str, Any],
    turns: int,
    dtype: str,
    dropout: float = 0.0,
) -> Trainable:
    model = learner(folder, slots, dtype, dropout)
    trainer = build("trainer", name, settings)
    for turn in range(1, turns + 1):
        streams = {slot: generator(8, turn, list(SIZES).index(slot), "train") for slot in slots}
        trainer.update(model, {slot: experiences(slot, turn) for slot in slots}, mark, turn=turn, generators=streams)
    return model


@pytest.mark.parametrize(("name", "settings"), SETTINGS)
@pytest.mark.parametrize(("dtype", "turns", "tolerance"), [("float64", 3, 1e-8), ("float32", 1, 1e-4)])
def test_a_cohort_ends_as_its_students_would_alone(
    folder: Path, name: str, settings: dict[str, Any], dtype: str, turns: int, tolerance: float
) -> None:
    cohort = play(folder, list(SIZES), name, settings, turns, dtype)
    start = learner(folder, list(SIZES), dtype).adapters_SP.detach()
    for row, slot in enumerate(SIZES):
        alone = play(folder, [slot], name, settings, turns, dtype)
        torch.testing.assert_close(cohort.adapters_SP[row], alone.adapters_SP[0], rtol=0, atol=tolerance)
        assert (alone.adapters_SP[0] - start[row]).abs().max() > 1e-4


@pytest.mark.parametrize(("name", "settings"), SETTINGS)
def test_a_cohort_that_drops_features_ends_as_its_students_would_alone(
    folder: Path, name: str, settings: dict[str, Any]
) -> None:
    several = {**settings, "epochs": 2, "tokens_at_once": 200}  # some steps are two passes, of other neighbours
    cohort = play(folder, list(SIZES), name, several, 3, "float64", dropout=0.2)
    for row, slot in enumerate(SIZES):
        alone = play(folder, [slot], name, several, 3, "float64", dropout=0.2)
        torch.testing.assert_close(cohort.adapters_SP[row], alone.adapters_SP[0], rtol=0, atol=1e-8)
        whole = play(folder, [slot], name, several, 3, "float64")
        assert (alone.adapters_SP[0] - whole.adapters_SP[0]).abs().max() > 1e-4


SUMS = Catalogue(
    items=tuple(f"sum {number}" for number in range(24)),
    codes=tuple((str(tens), str(ones)) for tens in range(4) for ones in range(6)),
    titles=tuple(f"number {number}" for number in range(24)),
)


def lists(slot: str) -> list[Experience]:
    """Return lists of four items, of which one is clicked."""
    rows = []
    for place, lesson in enumerate(experiences(slot, 1)):
        texts = [SUMS.texts[(5 * place + 7 * number) % 24] for number in range(4)]
        outcomes = tuple(Outcome(part=text, score=float(text == texts[place % 4]), reason="") for text in texts)
        question = replace(lesson.question, form=NextItems(catalogue=SUMS.name, count=4))
        answer = replace(lesson.answer, text="\n".join(texts))
        feedback = replace(lesson.feedback, outcomes=outcomes)
        rows.append(replace(lesson, question=question, answer=answer, feedback=feedback))
    return rows


def mark_threes(
    slot: str, questions: Sequence[Question], completions: Sequence[Completion], *, seeds: Sequence[int]
) -> list[Feedback]:
    """Reward items with a 3 or a 5."""
    assert slot and len(questions) == len(seeds)
    assert all(completion.text in SUMS.sharing for completion in completions)
    return [Feedback(score=float(bool({"3", "5"} & {*done.text})), judge="key") for done in completions]


@pytest.mark.parametrize(
    "settings",
    [
        {"groups": "beams", "samples": 4, "reward": "both", "beta": 0.1},
        {"groups": "beams", "samples": 3, "beams": 12, "temperature": 2.0, "advantages": "prefix", "redraw": 2},
        {"groups": "answers", "beta": 0.1, "advantages": "prefix"},
    ],
)
def test_groups_of_items_train_a_cohort_as_its_students_alone(folder: Path, settings: dict[str, Any]) -> None:
    def update(slots: Sequence[str]) -> Trainable:
        model = learner(folder, slots, "float64")
        streams = {slot: generator(8, 1, list(SIZES).index(slot), "train") for slot in slots}
        trainer = build("trainer", "grpo", settings)
        trainer.update(model, {slot: lists(slot) for slot in slots}, mark_threes, turn=1, generators=streams)
        return model

    cohort, start = update(list(SIZES)), learner(folder, list(SIZES), "float64").adapters_SP.detach()
    for row, slot in enumerate(SIZES):
        alone = update([slot])
        torch.testing.assert_close(cohort.adapters_SP[row], alone.adapters_SP[0], rtol=0, atol=1e-8)
        assert (alone.adapters_SP[0] - start[row]).abs().max() > 1e-4


@pytest.mark.parametrize("name", ["dpo", "sft"])
def test_an_update_makes_the_correction_likelier_and_is_seen_by_scoring_at_once(folder: Path, name: str) -> None:
    model = learner(folder, ["ben"], "float32")
    batch = experiences("ben", 1)
    requests = [
        Request(slot="ben", prompt=each.answer.prompt, continuations=(str(each.feedback.correction), each.answer.text))
        for each in batch
    ]
    before, version = model.score(requests), model.version("ben")
    streams = {"ben": generator(0, 1, 0, "train")}
    said = build("trainer", name, {"epochs": 8}).update(model, {"ben": batch}, mark, turn=1, generators=streams)["ben"]
    after = model.score(requests)
    assert said.model_version == model.version("ben") != version
    gains = [new[0] - old[0] for new, old in zip(after, before, strict=True)]
    assert sum(gains) / len(gains) > 1
    if name == "dpo":
        raised = said.metrics["chosen_logprob_after"] - said.metrics["chosen_logprob_before"]
        assert raised == pytest.approx(sum(gains) / len(gains), abs=1e-3)
        wider = [new[0] - new[1] > old[0] - old[1] for new, old in zip(after, before, strict=True)]
        assert said.metrics["reward_accuracy"] == sum(wider) / len(wider) > 0.7
