"""A copy beside a study counts as edited where somebody changed it, not where earlier versions left out quotes."""

from pathlib import Path

import pytest
import yaml

from simulation.scenario.reading import read_text, written_out
from simulation.store.edited import edit

KEPT = {
    "name": "12e-1",
    "codes": ["0o17", "1.5e3", "-.5", "1_000", "yes", "null", "2026-01-01", "0x1F", "1:30", "="],
    "rate": 1e-05,
    "large": 1e16,
    "seed": 3,
    "none": None,
    "unique": True,
}


@pytest.mark.parametrize("write", [yaml.safe_dump, written_out])
def test_a_copy_is_read_back_as_earlier_versions_and_this_one_wrote_it(write: object, tmp_path: Path) -> None:
    copy = tmp_path / "scenario.yaml"
    copy.write_text(write(KEPT), encoding="utf-8")  # type: ignore[operator]  # either writes any JSON
    assert edit(copy, KEPT) == ""


def test_earlier_versions_wrote_such_texts_without_quotes() -> None:
    text = yaml.safe_dump({"name": "12e-1"})
    assert text == "name: 12e-1\n" and read_text(text, "a file of the user's").value == {"name": 1.2}


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("name: 12e-1", "name: 13e-1", "name is '13e-1', the study has '12e-1'"),
        ("name: 12e-1", "name: 1.2", "name is 1.2, the study has '12e-1'"),
        ("seed: 3", "seed: 4", "seed is 4, the study has 3"),
        ("seed: 3", "seed: '3'", "seed is '3', the study has 3"),
    ],
)
def test_what_was_changed_by_hand_is_told(old: str, new: str, says: str, tmp_path: Path) -> None:
    copy = tmp_path / "scenario.yaml"
    text = yaml.safe_dump(KEPT)
    assert old in text
    copy.write_text(text.replace(old, new), encoding="utf-8")
    assert edit(copy, KEPT) == f"{copy} was edited: {says}"
