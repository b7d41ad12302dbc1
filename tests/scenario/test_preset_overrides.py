"""What is overridden wins over a preset where the preset's part takes it, and is of the file's own part elsewhere."""

from pathlib import Path

import pytest

from simulation.core.errors import ScenarioError
from simulation.scenario.scenario import load_scenario

SCENARIO = Path(__file__).resolve().parents[2] / "scenarios" / "minionerec.yaml"
CODES = "students.codes={levels: 3, size: 256}"


def test_a_part_that_the_presets_component_lacks_is_of_the_files() -> None:
    assert load_scenario(SCENARIO, [CODES]).students.parameters["codes"] == {"levels": 3, "size": 256}
    counting = load_scenario(SCENARIO, [CODES, "learn.trainer.backend=trl"], "co_occurrence")
    assert counting.students.name == "co_occurrence" and counting.learn.trainer is None
    assert "codes" not in counting.students.parameters


def test_a_part_that_it_has_wins() -> None:
    chosen = load_scenario(SCENARIO, ["learn.trainer.learning_rate=0.5"], "more_grpo").learn.trainer
    assert chosen is not None and (chosen.name, chosen.parameters["learning_rate"]) == ("grpo", 0.5)
    assert load_scenario(SCENARIO, ["turns=2"], "more_sft").turns == 2
    assert load_scenario(SCENARIO, ["students.window=7"], "co_occurrence").students.parameters["window"] == 7


def test_a_part_that_neither_has_is_refused() -> None:
    for preset in (None, "co_occurrence", "more_grpo"):
        with pytest.raises(ScenarioError, match="unknown key 'cods'"):
            load_scenario(SCENARIO, ["students.cods=3"], preset)
