"""How far a reader walks: few files carry an adapter from trainer to blob, and no run reads what made the weights."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from simulation.play import session
from simulation.scenario.prepare import prepare
from simulation.scenario.scenario import load_scenario
from simulation.store.adapters import Adapters
from simulation.views.progress import Quiet
from training.dpo import DPO

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def watched(files: set[str]) -> Iterator[None]:
    """Note which of our files execute inside."""

    def note(frame: FrameType, event: str, _argument: object) -> None:
        file = Path(frame.f_code.co_filename)
        if event == "call" and frame.f_code.co_name != "<module>" and file.is_relative_to(ROOT):
            files.add(str(file.relative_to(ROOT)))

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield
    finally:
        sys.setprofile(before)


def test_an_adapter_goes_from_trainer_to_blob_through_at_most_eighteen_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files: set[str] = set()

    def noted(method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*positional: Any, **named: Any) -> Any:
            with watched(files):
                return method(*positional, **named)

        return call

    monkeypatch.setattr(DPO, "update", noted(DPO.update))
    monkeypatch.setattr(Adapters, "put", noted(Adapters.put))
    overrides = ["turns=1", "evaluate.questions=10", "evaluate.every=9", "teacher=answer_key"]
    scenario = prepare(load_scenario(ROOT / "scenarios" / "random_selection.yaml", overrides))
    assert session.begin(tmp_path / "study", {}, [scenario], Quiet(), print, keep="newest")
    carriers = {file for file in files if not file.startswith((".venv", "build", "tests"))}
    carriers |= {"simulation/play/runner.py", "simulation/store/study.py"}  # hand it on from trainer to store
    assert {"training/dpo.py", "agents/models/lora.py", "simulation/store/adapters.py"} <= carriers
    # a slot's layout is a file of its own, as a slot may hold more than an adapter's factors; so are the objectives of
    # tokens, which need the whole vocabulary where the losses of texts see its targets alone, and what the cohort reads
    # without gradients
    assert len(carriers) <= 18, "\n".join(sorted(carriers))


def test_no_run_imports_what_made_the_shipped_weights(tmp_path: Path) -> None:
    run = (
        "main(['run', 'scenarios/random_selection.yaml', 'turns=1', 'evaluate.questions=20', '--quiet', '--out', out])"
    )
    code = (
        f"import sys; out = {str(tmp_path)!r}; from simulation.commands.main import main; {run}; "
        "sys.exit(any(name.startswith('training.making') for name in sys.modules))"
    )
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize("hook", ["build_wheel", "build_sdist", "build_editable", "get_requires_for_build_wheel"])
def test_a_wheel_is_refused_in_words(hook: str) -> None:
    folder = ROOT / "simulation" / "commands"
    code = f"import sys; sys.path.insert(0, {str(folder)!r}); import no_wheel; no_wheel.{hook}('somewhere')"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ended.returncode == 1
    assert "is an application with an environment of its own" in ended.stderr and "make setup" in ended.stderr
    assert "Traceback" not in ended.stderr
