"""What a scenario may write of a slot; and what LoRA slots are stored as does not change."""

from typing import Any

import pytest
import torch
from pydantic import ValidationError

from simulation.core.registry import build
from simulation.core.types import Seat

DUMPS: list[tuple[dict[str, Any], str]] = [
    ({"model": "embedded"}, "a82c344a24f40ab9fbf2edd88a1e068948594bb7c8e66db61d2d4a7434799fa6"),
    (
        {"model": "embedded/coder_small", "dtype": "float64", "lora": {"rank": 4, "targets": ("q_proj", "down_proj")}},
        "86b1a33b1740edf3037563d1112cfa54e610bf54a264571466bf3077324f5308",
    ),
]


@pytest.mark.parametrize(("fields", "version"), DUMPS)
def test_a_lora_slot_is_stored_byte_for_byte_as_before_there_were_others(fields: dict[str, Any], version: str) -> None:
    pair = [Seat(name="a", number=0, seed=5), Seat(name="b", number=1, seed=5)]
    model = build("students", "language_model", fields).learner(pair)
    with torch.no_grad():
        model.adapters_SP.mul_(1.5).add_(0.25)
    assert model.version("b") == version


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"slot": "rows"}, "lora_and_rows"),
        ({"slot": "every_weight", "quantization": "nf4"}, "quantized weights are not trained"),
        ({"start": "drawn"}, "start: drawn needs slot: every_weight, not lora"),
        ({"rows": "<x>"}, "rows are trained by slot: lora_and_rows, not lora"),
        ({"slot": "lora_and_rows", "rows": "<[a-z_"}, "is no regular expression"),
        ({"codes": {"levels": 3, "size": 8}}, "write slot: lora_and_rows"),
        ({"slot": "lora_and_rows", "codes": {"levels": 27, "size": 8}}, "less than or equal to 26"),
        (
            {"slot": "lora_and_rows", "rows": "<[ab]_.*>", "codes": {"levels": 3, "size": 2}},
            "code <c_0> is not matched",
        ),
    ],
)
def test_a_slot_that_makes_no_sense_is_refused(fields: dict[str, object], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        build("students", "language_model", fields)


def test_codes_that_the_tokenizer_has_are_not_added_again() -> None:
    fields = {"model": "embedded/recommender", "slot": "lora_and_rows", "codes": {"levels": 3, "size": 65}}
    model = build("students", "language_model", fields).learner([Seat(name="a", number=0, seed=0)])
    base = build("students", "language_model", {"model": "embedded/recommender"}).learner(
        [Seat(name="a", number=0, seed=0)]
    )
    assert len(model.tokenizer) == len(base.tokenizer) + 3
    assert model.tokenizer("<a_64> <c_64>")["input_ids"] == [len(base.tokenizer), len(base.tokenizer) + 2]
    assert len(model.adapters.tokens) == 4 * 64 + 3
