"""gem_instructions.yaml: the shipped writer learns few demonstrations by each loss; its samples stay different."""

from pathlib import Path

import pytest

from simulation.commands.main import main
from simulation.scenario.prepare import prepare
from simulation.scenario.scenario import load_scenario
from simulation.store import Study

SCENARIO = Path(__file__).resolve().parents[2] / "scenarios" / "gem_instructions.yaml"
WEIGHTS = SCENARIO.parents[1] / "agents" / "embedded" / "writer"
FEW = ("evaluate.questions=60", "evaluate.samples=4", "evaluate.temperature=[0,1]")


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("loss", ["cross_entropy", "gem_linear"])
def test_a_writer_learns_what_is_demonstrated(loss: str, tmp_path: Path) -> None:
    command = ["run", str(SCENARIO), *FEW, f"learn.trainer.loss={loss}", "--quiet", "--out", str(tmp_path)]
    assert main([*command, *(["learn.trainer.beta=null"] if loss == "cross_entropy" else [])]) == 0
    (folder,) = tmp_path.iterdir()
    with Study.open(folder) as study:
        before, turn = study.turns()
    assert turn.update is not None and turn.update.experiences == 384
    assert turn.update.metrics["logprob_after"] > turn.update.metrics["logprob_before"] + 1
    greedy = [one.evaluations["held_out@0"].metrics["prompt_strict"] for one in (before, turn)]
    assert min(greedy) > 0.6
    assert greedy[1] > turn.evaluations["held_out"].metrics["prompt_strict"]
    texts = [(one.question_id, one.text) for one in turn.evaluations["held_out"].results if one.truth == 1]
    assert len({*texts}) > 0.9 * len(texts)


def test_the_writer_is_small_and_measured_on_what_it_never_saw() -> None:
    assert sum(file.stat().st_size for file in WEIGHTS.iterdir()) < 2_000_000
    (splits,) = prepare(load_scenario(SCENARIO)).splits.values()
    pool, held_out = splits.pool, splits.held_out
    assert not {question.tags for question in pool[:2000]} & {question.tags for question in held_out}
    assert len({question.tags for question in held_out}) == 47
