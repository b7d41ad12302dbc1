"""The doctor looks at shipped models and asks whatever rests on the machine, naming none of it."""

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import pytest

from agents.executor import Executor
from agents.sandbox import SandboxUnavailable
from simulation import doctor
from simulation.core import registry

ROOT = Path(__file__).resolve().parents[1]
NEEDED = ("config.json", "tokenizer.json", "model.safetensors")


def test_the_sandbox_has_its_own_section_with_layers_and_levels() -> None:
    found = doctor.diagnoses()["sandbox"]
    assert {"user namespace", "landlock", "seccomp", "level full", "level lock"} <= set(found)
    assert all(value == "works" or value.startswith("missing: ") for value in found.values())
    assert doctor.examine(ROOT)["sandbox"].keys() == found.keys()


def test_a_missing_layer_is_a_complaint(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> dict[str, str]:
        raise SandboxUnavailable("this is no Linux")

    monkeypatch.setattr("agents.executor.probe", fail)
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
