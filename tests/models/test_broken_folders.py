"""Broken model folders are refused by their files, with the file and its key or tensor; whole ones are not."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.models.files import model_folder
from agents.students.language_model import LanguageModelStudents
from simulation.commands.main import main
from simulation.core.errors import DataError
from tests.support import broken_models, tiny_models
from tests.support.broken_models import BROKEN

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    yield tiny_models.save("llama", tmp_path_factory.mktemp("models") / "whole")


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    return shutil.copytree(whole, tmp_path / "model")


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_folder_is_refused_with_the_place(kind: str, folder: Path) -> None:
    edit, says = BROKEN[kind]
    edit(folder)
    with pytest.raises(DataError, match=says.replace("{folder}", re.escape(str(folder)))) as refusal:
        LanguageModelStudents(model=str(folder)).check()
    assert str(folder) in str(refusal.value) and "\n" not in str(refusal.value)


@pytest.mark.parametrize("kind", ["llama", "mistral", "gpt2", "bloom", "mamba"])
def test_a_whole_folder_is_good(kind: str, tmp_path: Path) -> None:
    LanguageModelStudents(model=str(tiny_models.save(kind, tmp_path))).check()


def test_shards_and_weights_without_their_prefix_are_good(folder: Path) -> None:
    broken_models.weights(
        lambda stored: [stored.update({name.removeprefix("model."): stored.pop(name)}) for name in list(stored)]
    )(folder)
    LanguageModelStudents(model=str(folder)).check()
    broken_models.split()(folder)
    LanguageModelStudents(model=str(folder)).check()


def test_templates_of_several_shapes_are_good(folder: Path) -> None:
    """Those without a header before an answer need no generation prompt; one may open thoughts in an answer."""
    for text in (
        tiny_models.CHAT,
        "{% for m in messages %}{{ '[INST] ' if m['role'] == 'user' else '[/INST] ' }}{{ m['content'] }}{% endfor %}"
        "{{ '[/INST]' if messages | length == 1 }}",
        "{% for m in messages %}<turn>{{ m['role'] }}\n{{ '<think>\n\n</think>' if m['role'] == 'assistant' }}"
        "{{ m['content'] }}<end>\n{% endfor %}{% if add_generation_prompt %}<turn>assistant\n{% endif %}",
        "{%- for m in messages %}<turn>{{ m['role'] + '\n' }}{%- generation -%}{{ m['content'] }}<end>{%endgeneration%}"
        "{%- endfor %}{% if add_generation_prompt %}<turn>assistant\n{% endif %}",
    ):
        broken_models.template(text)(folder)
        LanguageModelStudents(model=str(folder)).check()


def test_a_folder_that_changed_is_looked_at_again(folder: Path) -> None:
    students = LanguageModelStudents(model=str(folder))
    students.check()
    broken_models.poison(broken_models.NORM, float("nan"))(folder)
    with pytest.raises(DataError, match="holds NaN"):
        students.check()


def test_check_refuses_in_one_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken_models.config(num_hidden_layers=3)(folder)
    scenario = str(ROOT / "scenarios" / "random_selection.yaml")
    assert main(["check", scenario, "--set", f"students.model={folder}"]) == 2
    said = capsys.readouterr().err
    assert "students" in said and "model.layers.2" in said and len(said.strip().splitlines()) == 1
    assert json.loads((folder / "config.json").read_text())["num_hidden_layers"] == 3


def test_a_file_that_may_not_be_read_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(folder / "tokenizer.model"))

    monkeypatch.setattr(model_folder, "check_tokenizer", forbidden)
    with pytest.raises(DataError, match=r"tokenizer.model cannot be read: Permission denied; correct its permissions"):
        LanguageModelStudents(model=str(folder)).check()


def test_a_file_in_place_of_a_folder_is_refused(folder: Path) -> None:
    with pytest.raises(DataError, match=r"config.json is a file.*name the folder"):
        LanguageModelStudents(model=str(folder / "config.json")).check()
