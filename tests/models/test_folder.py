"""Where a model lies is known by its name alone; what is not there is refused with what to do."""

from pathlib import Path

import pytest

from agents.models import folder
from simulation.core.errors import DataError
from tests.support import tiny_models


def test_a_whole_folder_is_accepted_and_resolved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tiny_models.save("llama", tmp_path / "m")
    assert folder.validate(str(place), embedded="student", architectures=("ForCausalLM",)) == str(place)
    monkeypatch.chdir(tmp_path)
    assert folder.validate("./m", embedded="student") == str(place)
    assert Path(folder.resolve("embedded", embedded="student")).parts[-3:] == ("agents", "embedded", "student")
    assert Path(folder.resolve("embedded/teacher", embedded="student")).parts[-2:] == ("embedded", "teacher")


def test_a_shipped_model_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(DataError, match="no model 'embedded/techer' comes with the project; did you mean 'embedded/te"):
        folder.validate("embedded/techer", embedded="student")


@pytest.mark.parametrize("model", ["./nowhere", "/nowhere/at/all", "no such model!", "a/b/c"])
def test_a_path_that_is_not_there_is_refused(model: str) -> None:
    with pytest.raises(DataError, match="no such folder, nor a hub name"):
        folder.validate(model, embedded="student")


def test_the_fingerprint_follows_the_weights(tmp_path: Path) -> None:
    for name in ("config.json", "tokenizer.json", "model.safetensors"):
        (tmp_path / name).write_text("x")
    before = folder.fingerprint(str(tmp_path))
    assert folder.fingerprint(str(tmp_path)) == before
    (tmp_path / "model.safetensors").write_text("y")
    assert folder.fingerprint(str(tmp_path)) != before
    assert folder.fingerprint("owner/name") == "owner/name"
