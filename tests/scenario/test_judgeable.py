"""What the judges of a scenario could not judge is refused by name before a question is put."""

from pathlib import Path
from typing import ClassVar

import pytest

from simulation.core.errors import ScenarioError
from simulation.core.kinds.program_tests import Test, Tests
from simulation.core.questions import Measure, Splits
from simulation.core.registry import parameters
from simulation.core.types import Question
from simulation.scenario.prepare import prepare
from simulation.scenario.scenario import load_scenario
from tests.support.scripted_scenario import GOOD

SEEN, UNSEEN = Test(code="assert f(1)"), Test(code="assert f(2)", hidden=True)


def task(name: str, *tests: Test) -> Question:
    return Question(id=name, prompt=name, key=Tests(tests=tests) if tests else Question(id="", prompt="").key)


@parameters
class Tasks:
    """Tasks of which some cannot be judged."""

    odd: int = 0
    bare: bool = False

    measures: ClassVar[tuple[Measure, ...]] = (Measure(name="accuracy"),)

    exact_judge: ClassVar[str] = "all_tests"

    def questions(self, seed: int) -> Splits:
        del seed
        pool = (task("good", SEEN, UNSEEN), *(task(f"odd {number}", UNSEEN) for number in range(self.odd)))
        return Splits(pool=pool, held_out=(task("held") if self.bare else task("held", UNSEEN),))


def prepared(folder: Path, *overrides: str) -> None:
    path = folder / "x.yaml"
    path.write_text(GOOD.replace('tests.support.scripted:TinyEnvironment", held: 20', f'{__name__}:Tasks"'), "utf-8")
    prepare(load_scenario(path, ["ask.questions=1", "ask.candidates=1", "evaluate.questions=1", *overrides]))


def test_tasks_that_a_judge_could_not_judge_are_named(tmp_path: Path) -> None:
    prepared(tmp_path, "teacher=executor")
    prepared(tmp_path, "teacher=all_tests", "environment.odd=7")
    with pytest.raises(ScenarioError) as refusal:
        prepared(tmp_path, "teacher=executor", "environment.odd=7")
    first, *_, fifth, last = str(refusal.value).splitlines()
    assert (
        first.startswith("override 'teacher=executor': teacher:") and "question 'odd 0' has hidden tests only" in first
    )
    assert "'odd 4'" in fifth and last == "2 more questions like these"
    with pytest.raises(ScenarioError, match=r"environment.*question 'held' has no tests.*give it tests"):
        prepared(tmp_path, "teacher=all_tests", "environment.bare=true")
