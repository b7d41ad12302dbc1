"""A model that cannot be loaded is refused by looking at its files, with the path and what to do."""

import json
from pathlib import Path

import pytest

from agents.models import folder
from simulation.core.errors import DataError


def made(place: Path, **files: str) -> Path:
    place.mkdir(parents=True, exist_ok=True)
    for name, text in {"config.json": '{"architectures": ["LlamaForCausalLM"]}', **files}.items():
        (place / name.replace("__", ".")).write_text(text)
    return place


def test_a_whole_folder_is_accepted_and_resolved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = made(tmp_path / "m", model__safetensors="x", tokenizer__json="{}")
    assert folder.validate(str(place), embedded="student", architectures=("ForCausalLM",)) == str(place)
    monkeypatch.chdir(tmp_path)
    assert folder.validate("./m", embedded="student") == str(place)
    assert folder.validate("google/gemma-2b-it", embedded="student") == "google/gemma-2b-it"
    assert Path(folder.resolve("embedded", embedded="student")).parts[-3:] == ("agents", "embedded", "student")
    assert Path(folder.resolve("embedded/teacher", embedded="student")).parts[-2:] == ("embedded", "teacher")


def test_a_shipped_model_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(DataError, match="no model 'embedded/techer' comes with the project; did you mean 'embedded/te"):
        folder.validate("embedded/techer", embedded="student")


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"config__json": "{"}, "cannot be read as JSON"),
        ({"config__json": "[]"}, "holds list, not an object"),
        ({}, "lacks model.safetensors; download the folder completely"),
        ({"pytorch_model__bin": "x"}, "pytorch_model.bin holds pickled weights.*save_pretrained"),
        ({"model__safetensors": "x"}, "holds no tokenizer"),
        ({"config__json": '{"architectures": ["T5Model"]}'}, "holds T5Model, but a model for ForCausalLM is needed"),
        ({"model__safetensors__index__json": "{}"}, "has no weight_map"),
        (
            {"model__safetensors__index__json": json.dumps({"weight_map": {"a": "model-2.safetensors"}})},
            "lacks model-2.safetensors",
        ),
    ],
)
def test_a_broken_folder_is_refused(tmp_path: Path, files: dict[str, str], says: str) -> None:
    place = made(tmp_path / "m", **files)
    with pytest.raises(DataError, match=says) as caught:
        folder.validate(str(place), embedded="student", architectures=("ForCausalLM",))
    assert str(place) in str(caught.value)


@pytest.mark.parametrize("model", ["./nowhere", "/nowhere/at/all", "no such model!", "a/b/c"])
def test_a_path_that_is_not_there_is_refused(model: str) -> None:
    with pytest.raises(DataError, match="no such folder, nor a hub name"):
        folder.validate(model, embedded="student")


def test_a_folder_without_config_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"config.json does not exist.*is not a model folder"):
        folder.validate(str(tmp_path), embedded="student")


def test_the_fingerprint_follows_the_weights(tmp_path: Path) -> None:
    place = made(tmp_path / "m", model__safetensors="x", tokenizer__json="{}")
    before = folder.fingerprint(str(place))
    assert folder.fingerprint(str(place)) == before
    (place / "model.safetensors").write_text("y")
    assert folder.fingerprint(str(place)) != before
    assert folder.fingerprint("owner/name") == "owner/name"
