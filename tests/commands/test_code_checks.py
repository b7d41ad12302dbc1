"""Bad code tasks and samplers are refused before anything expensive, with file, line and what to do."""

import json
from pathlib import Path

import pytest

from simulation.commands.main import main
from simulation.core.errors import ScenarioError
from simulation.scenario.prepare import prepare
from simulation.scenario.readiness import check_models
from simulation.scenario.scenario import load_scenario

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.usefixtures("sandboxed")
FEW = ["ask.questions=2", "ask.candidates=2", "evaluate.questions=2"]


def row(number: int, code: str) -> dict[str, object]:
    """A task in MBPP's format."""
    return {
        "task_id": number,
        "text": f"Write a function f{number} that doubles a number.",
        "code": code,
        "test_list": [f"assert f{number}({value}) == {2 * value}" for value in (1, 3, 5)],
        "test_setup_code": "",
        "challenge_test_list": [],
    }


def rows(folder: Path, wrong: int | None = None) -> Path:
    """Tasks to learn from, to probe and to measure on, one of which may have a wrong reference."""
    numbers = [*range(601, 609), *range(511, 515), *range(11, 19)]
    path = folder / "tasks.jsonl"
    text = "".join(
        json.dumps(row(number, f"def f{number}(x):\n    return x {'+' if number == wrong else '*'} 2\n")) + "\n"
        for number in numbers
    )
    path.write_text(text, encoding="utf-8")
    return path


def checked(path: Path, *more: str) -> int:
    """The exit code of `check` on the published study with these rows."""
    overrides = [*FEW, f"environment.rows={path}", "environment.probe_size=2", "students.model=embedded/coder"]
    settings = [word for override in overrides for word in ("--set", override)]
    return main(["check", str(ROOT / "scenarios" / "btp_published.yaml"), *settings, *more])


@pytest.mark.parametrize("number", [603, 12])
def test_a_reference_that_fails_its_own_tests_is_found_by_check(
    number: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert checked(rows(tmp_path)) == 0
    capsys.readouterr()
    assert checked(rows(tmp_path, wrong=number), "--audit") == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert f"question mbpp-{number}" in line or f"'mbpp-{number}'" in line
    assert "environment" in line and "reference" in line


def test_a_sampler_that_tells_no_probabilities_is_refused_where_p2value_needs_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-a-key")
    path = ROOT / "scenarios" / "btp_hybrid.yaml"
    check_models(prepare(load_scenario(path)))
    silent = prepare(load_scenario(path, ["ask.sampler.logprobs=false"]))
    with pytest.raises(ScenarioError, match=r"btp_hybrid.yaml:\d+: learn.policy: p2value .* set logprobs: true there"):
        check_models(silent)
    check_models(prepare(load_scenario(path, ["ask.sampler.logprobs=false", "learn.policy.alpha=0"])))


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("ask.samples=9", "a beam search of width 5 has no 9 texts; raise beams"),
        ("ask.temperature=0.5", "a beam search draws nothing; remove temperature, top_k, top_p and min_p, or beams"),
        ("ask.beams=0", "5 samples would be equal; set temperature above 0, or beams"),
    ],
)
def test_answers_that_cannot_differ_are_refused(override: str, told: str) -> None:
    with pytest.raises(ScenarioError, match=told):
        load_scenario(ROOT / "scenarios" / "btp_local.yaml", [override])


def test_an_exact_judge_runs_programs_where_the_teacher_does() -> None:
    path = ROOT / "scenarios" / "btp_local.yaml"
    prepared = prepare(load_scenario(path, ["teacher={name: executor, level: lock, cpu_seconds: 2}"]))
    shared = prepared.exact_judge.shares()  # type: ignore[attr-defined]  # an executing judge
    assert (shared["level"], shared["cpu_seconds"]) == ("lock", 2)
