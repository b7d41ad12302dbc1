"""The doctor looks at shipped models and asks whatever rests on the machine, naming none of it."""

import importlib.metadata
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from agents.judges.executor import Executor
from agents.sandbox import SandboxUnavailable
from simulation.core import registry
from simulation.scenario.prepare import prepare
from simulation.scenario.scenario import load_scenario
from simulation.views import doctor

ROOT = Path(__file__).resolve().parents[2]
NEEDED = ("config.json", "tokenizer.json", "model.safetensors")


def test_the_sandbox_has_its_own_section_with_layers_and_levels() -> None:
    found = doctor.diagnoses()["sandbox"]
    assert {"user namespace", "landlock", "seccomp", "level full", "level lock"} <= set(found)
    assert all(value == "works" or value.startswith("missing: ") for value in found.values())
    assert doctor.examine(ROOT)["sandbox"].keys() == found.keys()


def test_a_missing_layer_is_a_complaint(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> dict[str, str]:
        raise SandboxUnavailable("this is no Linux")

    monkeypatch.setattr("agents.judges.executor.probe", fail)
    assert Executor.diagnosis() == {"sandbox": {"layers": "missing: this is no Linux"}}
    assert doctor.complaints(doctor.diagnoses()) == ["sandbox layers: missing: this is no Linux"]


def test_whatever_can_tell_of_the_machine_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    class Telling:
        """Tells of its library."""

        name: ClassVar[str] = "telling"

        @classmethod
        def diagnosis(cls) -> Mapping[str, Mapping[str, str]]:
            return {"telescope": {"lens": "missing: look again"}}

    told = {"telling": registry.Component("trainer", "telling", Telling)}
    monkeypatch.setattr(doctor, "components", lambda kind: told if kind == "trainer" else {})
    assert doctor.diagnoses() == {"telescope": {"lens": "missing: look again"}}
    assert doctor.complaints(doctor.diagnoses()) == ["telescope lens: missing: look again"]


def test_every_folder_of_a_shipped_model_is_looked_at(tmp_path: Path) -> None:
    for name in ("student", "coder", "__pycache__"):
        (tmp_path / name).mkdir()
    for name in NEEDED:
        (tmp_path / "coder" / name).write_bytes(b"0" * 1000)
    (tmp_path / "README.md").write_text("models", encoding="utf-8")
    found = doctor.models(tmp_path)
    assert sorted(found) == ["coder", "student", "teacher"]
    assert found["coder"].endswith("(0.0 MB)")
    assert found["student"].startswith("missing: ") and "model.safetensors" in found["student"]
    assert found["teacher"].startswith("missing: ")
    assert all(state.startswith("missing: ") for state in doctor.models(tmp_path / "nowhere").values())


@pytest.mark.parametrize(
    ("installed", "finding"),
    [
        ("5.24.0", "5.24.0"),
        ("5.24.3", "5.24.3, never tested: 5.24.0 was"),
        ("6.1.0", "6.1.0, never tested and outside <5.25,>=5.23: run `make setup`"),
        (None, "missing: run `make setup`, or `pip install 'transformers<5.25,>=5.23'`"),
    ],
)
def test_a_version_that_was_never_tested_is_told(
    installed: str | None, finding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def version(_name: str) -> str:
        if installed is None:
            raise importlib.metadata.PackageNotFoundError
        return installed

    monkeypatch.setattr(importlib.metadata, "version", version)
    library, tested = Requirement("transformers>=5.23,<5.25"), SpecifierSet("==5.24.0")
    assert doctor.version(library, tested) == finding


def test_every_library_of_the_project_is_pinned_as_tested_within_its_bounds() -> None:
    libraries = doctor.libraries(ROOT)
    assert {"torch", "transformers", "bitsandbytes", "mesa"} <= set(libraries)
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
    pins = {library.name: str(library.specifier).removeprefix("==") for library in doctor.requirements(lines)}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    optional = project["optional-dependencies"]
    bounds = [*project["dependencies"], *optional["develop"], *optional["pages"]]
    folded = {canonicalize_name(name): pin for name, pin in pins.items()}
    assert all(folded[canonicalize_name(library.name)] in library.specifier for library in doctor.requirements(bounds))


def test_the_models_of_a_scenario_are_tried() -> None:
    prepared = prepare(load_scenario(ROOT / "scenarios" / "btp_big_to_small.yaml"))
    taken = "tree scoring, key-value cache, reserved cache, constrained search, chunked head"
    assert doctor.examine(ROOT, {"here.yaml": prepared})["scenario here.yaml"] == {
        "students": taken,
        "ask.sampler": taken,
    }


def test_a_teacher_that_cannot_be_loaded_is_told(tmp_path: Path) -> None:
    main_job = ROOT / "scenarios" / "random_selection.yaml"
    whole = prepare(load_scenario(main_job, ["students=irt_learner"]))
    assert doctor.tried(whole) == {"teacher": "loads and judges"}
    lacking = prepare(load_scenario(main_job, ["students=irt_learner", f"teacher.model={tmp_path}"]))
    assert doctor.tried(lacking)["teacher"].startswith(f"missing: {tmp_path} is empty")
