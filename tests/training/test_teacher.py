"""The teacher's rows are fair, its tokenizer says where a digit stands, and the shipped weights are as good as said."""

import re
from pathlib import Path
from typing import Any

import pytest
import torch

from simulation.core.teacher_prompt import teacher_prompt
from training.making.teacher_rows import PHRASINGS, Row, plain, rows, split_of
from training.making.teacher_tokenizer import train_tokenizer
from training.making.teacher_training import (
    TeacherRecipe,
    all_figures,
    build_model,
    card,
    main,
    measure,
    train,
    wilson,
)

pytestmark = pytest.mark.usefixtures("one_thread")
SHIPPED = Path(__file__).parents[2] / "agents" / "embedded" / "teacher"


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return train_tokenizer(seed=0, vocabulary=TeacherRecipe().vocabulary)


def tokens(tokenizer: Any, gold: str, answer: str) -> list[str]:
    found: list[str] = tokenizer.convert_ids_to_tokens(tokenizer(teacher_prompt(gold, answer))["input_ids"])
    return found


def test_half_of_the_rows_are_right_and_many_wrong_ones_are_one_edit_away() -> None:
    made = list(rows(0, "train", 2000))
    assert sum(row.correct for row in made) == 1000
    assert 500 < sum(row.near_miss for row in made) < 700
    assert made == list(rows(0, "train", 2000)) != list(rows(1, "train", 2000))


def test_a_row_is_right_exactly_when_its_answer_holds_the_gold_number() -> None:
    for row in rows(3, "test", 3000):
        said = re.findall(r"-?[0-9][0-9,]*(?:[./][0-9]+)?", row.answer)
        assert row.correct == ([plain(number) for number in said] == [plain(row.reference)]), row


def test_gold_numbers_of_the_two_splits_never_meet() -> None:
    train_golds, test_golds = ({plain(row.reference) for row in rows(0, split, 4000)} for split in ("train", "test"))
    assert not train_golds & test_golds
    assert split_of("1,234") == split_of("1234")


def test_a_digit_has_another_token_at_another_place_and_the_same_one_in_gold_and_answer(tokenizer: Any) -> None:
    found = tokens(tokenizer, "77777", "77777")
    gold, answer = found[1:6], found[7:12]
    assert gold == answer and len(set(gold)) == 5
    point, slash = tokens(tokenizer, "7.77", "7/77")[1:5], tokens(tokenizer, "7.77", "7/77")[6:10]
    assert len({*point, *slash}) == 7


def test_thousands_separators_are_dropped_and_broken_numbers_are_not_joined(tokenizer: Any) -> None:
    assert tokens(tokenizer, "1,234", "1,234 km") == tokens(tokenizer, "1234", "1234 km")
    assert tokens(tokenizer, "12", "1 2") != tokens(tokenizer, "12", "12")
    assert tokens(tokenizer, "1,23", "1") != tokens(tokenizer, "123", "1")


def test_the_same_seed_and_steps_give_the_same_weights_and_other_seeds_do_not(tokenizer: Any) -> None:
    def weights(seed: int) -> list[torch.Tensor]:
        recipe = TeacherRecipe(seed=seed, steps=2, batch_size=4)
        model = build_model(recipe, tokenizer)
        train(recipe, model, tokenizer)
        return list(model.state_dict().values())

    first, again, other = weights(0), weights(0), weights(1)
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(first, other, strict=True))


def figures(said: str) -> str:
    """Return the line of figures."""
    return next((line for line in said.splitlines() if line.startswith("{")), "")


def test_the_command_writes_a_model_folder_that_it_can_measure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["--steps", "3", "--rows", "64", "--out", str(tmp_path / "teacher")])
    first = figures(capsys.readouterr().err)
    main(["--evaluate", str(tmp_path / "teacher"), "--rows", "64"])
    assert figures(capsys.readouterr().err) == first != ""
    readme = (tmp_path / "teacher" / "README.md").read_text(encoding="utf-8")
    assert "--seed 0 --steps 3 " in readme and '"batch_size": 64' in readme


def test_wilson_interval_of_the_published_teacher() -> None:
    low, high = wilson(109, 110)
    assert (round(low, 3), round(high, 3)) == (0.950, 0.998)


def test_figures_count_both_kinds_of_error() -> None:
    class Yes:
        """Finds every answer correct."""

        def __call__(self, *, labels: torch.Tensor, **_: Any) -> Any:
            logits = torch.zeros(*labels.shape, 400)
            logits[..., 5] = 1.0
            return type("Out", (), {"logits": logits})

    class Words:
        """One token a word: 5 is "Correct"."""

        def __call__(self, texts: Any, **_: Any) -> dict[str, torch.Tensor]:
            if isinstance(texts, str):
                return {"input_ids": torch.tensor([[5 if texts == "Correct" else 6]])}
            shape = (len(texts), 1)
            return {"input_ids": torch.zeros(shape).long(), "attention_mask": torch.ones(shape).long()}

    some = [
        Row(reference="1", answer="1", correct=True, near_miss=False),
        Row(reference="1", answer="2", correct=False, near_miss=True),
        Row(reference="1", answer="9", correct=False, near_miss=False),
    ]
    found = measure(Yes(), Words(), some)
    assert found["accuracy"] == pytest.approx(1 / 3)
    assert (found["false_correct"], found["false_correct_of_near_misses"], found["false_wrong"]) == (1, 1, 0)
    assert all_figures(Yes(), Words(), some, some[:2])["option_accuracy"] == 0.5
    assert "33.33%" in card(TeacherRecipe(), all_figures(Yes(), Words(), some, some[:2]), 1)


@pytest.mark.skipif(not SHIPPED.is_dir(), reason="the teacher's weights are not in this checkout")
def test_the_shipped_teacher_is_as_good_as_its_card_says() -> None:
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

    model = AutoModelForSeq2SeqLM.from_pretrained(SHIPPED).eval()
    found = measure(model, AutoTokenizer.from_pretrained(SHIPPED), list(rows(7, "test", 1000)))
    assert found["accuracy"] >= 0.985
    assert max(found["false_correct"], found["false_wrong"]) <= 0.025


def test_there_are_ten_phrasings() -> None:
    assert len(set(PHRASINGS)) == 10
