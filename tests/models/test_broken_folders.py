"""Broken model folders are refused by their files, with the file and its key or tensor; whole ones are not."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from agents.models.files import model_folder, numbers
from agents.models.files.configuration import configuration
from agents.students.language_model import LanguageModelStudents
from simulation.commands.main import main
from simulation.core.errors import DataError
from simulation.core.types import Seat
from tests.support import broken_models, tiny_models
from tests.support.broken_configurations import CONFIGURATIONS
from tests.support.broken_tokenizers import TOKENIZERS
from tests.support.broken_weights import STORED

ROOT = Path(__file__).resolve().parents[2]
BROKEN = {**CONFIGURATIONS, **STORED, **TOKENIZERS}


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


def test_what_the_library_reads_is_good(folder: Path) -> None:
    """A part that is null is as good as absent; positions and layers have older names; a greedy model draws by 0."""
    broken_models.config(
        text_config=None,
        hidden_act="gelu_pytorch_tanh",
        rope_scaling={"type": "yarn", "factor": 2.0},
        layer_types=["attention", "full_attention"],
    )(folder)
    broken_models.change("generation_config.json", temperature=0, top_p=1.0, top_k=-1)(folder)
    LanguageModelStudents(model=str(folder)).check()


def test_a_size_for_each_layer_is_read_where_a_family_may_have_one(tmp_path: Path) -> None:
    for sizes, says in (
        ([48, 64], ""),
        ([48], "intermediate_size lists 1 layers"),
        ([48, 0], "holds 0, not a positive"),
    ):
        folder = tmp_path / str(len(says))
        folder.mkdir()
        layers = {"num_hidden_layers": 2, "intermediate_size": sizes, "vocab_size": 9}
        described = {"model_type": "gemma3n", "text_config": {"model_type": "gemma3n_text", **layers}}
        (folder / "config.json").write_text(json.dumps(described))
        if says:
            with pytest.raises(DataError, match=says):
                configuration(folder, ("ForCausalLM",))
        else:
            assert configuration(folder, ("ForCausalLM",)).settings["intermediate_size"] == sizes


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


def test_of_large_weights_blocks_are_looked_at_that_lie_evenly_over_each_tensor(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(numbers, "MOST_BYTES", 1024)
    monkeypatch.setattr(numbers, "BLOCK_BYTES", 64)
    students = LanguageModelStudents(model=str(folder))
    students.check()

    def poison_the_second_half(stored: dict[str, np.ndarray]) -> None:
        numbers_of_gate = stored[broken_models.GATE].reshape(-1)
        numbers_of_gate[numbers_of_gate.size // 2 :] = np.nan

    broken_models.weights(poison_the_second_half)(folder)
    with pytest.raises(DataError, match=rf"the tensor {broken_models.GATE} holds NaN"):
        students.check()


@pytest.mark.parametrize(("value", "place"), [(np.nan, 500), (-np.inf, 501)])
def test_a_number_between_the_blocks_is_found_when_the_model_is_loaded(
    value: float, place: int, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(numbers, "MOST_BYTES", 1024)
    monkeypatch.setattr(numbers, "BLOCK_BYTES", 64)

    def poison_one(stored: dict[str, np.ndarray]) -> None:
        stored[broken_models.GATE].reshape(-1)[place] = value

    broken_models.weights(poison_one)(folder)
    students = LanguageModelStudents(model=str(folder))
    students.check()
    says = rf"{folder}/model.safetensors: the tensor {broken_models.GATE} holds NaN or infinite numbers; replace it"
    with pytest.raises(DataError, match=says):
        students.learner([Seat(name="one", number=0, seed=0)])


def test_a_number_that_is_too_large_for_the_dtype_says_which_to_take(folder: Path) -> None:
    broken_models.poison(broken_models.GATE, 1e30)(folder)
    students = LanguageModelStudents(model=str(folder), dtype="float16")
    with pytest.raises(DataError, match=r"NaN or infinite numbers in float16, .*write dtype: bfloat16 or float32"):
        students.learner([Seat(name="one", number=0, seed=0)])


@pytest.mark.parametrize(
    ("size", "share"), [(10_000_004, 1.0), (10_000_004, 0.05), (70_000, 0.001), (12, 0.5), (0, 0.5)]
)
def test_the_first_and_last_bytes_of_a_tensor_are_looked_at_and_none_beyond_it(size: int, share: float) -> None:
    places = [*numbers.blocks(size, share)]
    assert all(begin % 4 == 0 and begin + length <= size for begin, length in places)
    assert not size or (places[0][0] == 0 and sum(places[-1]) == size)
    assert sum(length for _, length in places) <= max(size * share, 2 * numbers.BLOCK_BYTES) + 1


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
