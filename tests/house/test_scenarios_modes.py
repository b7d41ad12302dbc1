"""The modes of BTP play as they are written, those of an API against a real server of the shipped coder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from simulation.commands.main import main
from simulation.store import Study
from tests.support.served import needs_serving, sampling_copy, serving

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.usefixtures("sandboxed")
FEW = ["ask.questions=4", "ask.candidates=4", "ask.samples=2", "evaluate.questions=3", "turns=1", "threads=1"]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Students that are the shipped coder behind a server; it tells no log-probabilities."""
    model = sampling_copy(ROOT / "agents" / "embedded" / "coder", tmp_path_factory.mktemp("model") / "coder")
    with serving(model, tmp_path_factory.mktemp("hub")) as url:
        place = f"base_url: '{url}', model: '{model}', endpoint: completions, template: plain"
        yield f"{{name: api, provider: custom, {place}, max_tokens: 64}}"


def played(folder: Path, name: str, *overrides: str) -> Study:
    """Play a scenario file and return its study."""
    command = ["run", str(ROOT / "scenarios" / f"{name}.yaml"), *FEW, *overrides, "--quiet", "--out", str(folder)]
    assert main(command) == 0
    (study,) = folder.iterdir()
    return Study.open(study)


@pytest.mark.parametrize("name", ["btp_local", "btp_code", "btp_baseline", "btp_big_to_small"])
def test_a_local_mode_plays(name: str, tmp_path: Path) -> None:
    with played(tmp_path, name) as study:
        _, turn = study.turns()
        assert len(turn.experiences) == 8
        assert all(each.feedback.reason and each.answer.logprob is not None for each in turn.experiences)
        assert "pass@1" in turn.evaluations["held_out"].metrics
        assert (turn.update is None) == (name in ("btp_local", "btp_baseline") or not turn.lessons)


@needs_serving
@pytest.mark.parametrize("name", ["btp_openai", "btp_deepseek"])
def test_a_model_behind_an_api_is_asked_and_measured(name: str, served: str, tmp_path: Path) -> None:
    with played(tmp_path, name, f"students={served}", "learn.policy=passes") as study:
        first, turn = study.turns()
        assert all(each.answer.text.startswith("def f(") for each in turn.experiences)
        assert turn.update is None and first.model_version == turn.model_version
        assert "pass@1" in turn.evaluations["held_out"].metrics


@needs_serving
def test_a_local_student_learns_from_a_model_behind_an_api(served: str, tmp_path: Path) -> None:
    learn = "learn.policy={name: uniform_replay}"
    with played(tmp_path, "btp_hybrid", f"ask.sampler={served}", learn) as study:
        first, turn = study.turns()
        versions = {each.answer.model_version for each in turn.experiences}
        assert len(versions) == 1 and versions != {first.model_version}
        assert turn.update is not None and turn.update.experiences > 0
        assert turn.model_version != first.model_version
