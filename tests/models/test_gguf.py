"""A GGUF file is read once into an ordinary folder that plays, and one that cannot be read is refused in a sentence."""

import json
from pathlib import Path

import pytest

from agents.models import folder, gguf_folder
from agents.models.gguf_header import ARCHITECTURES
from agents.models.loading import Precision, load_causal
from agents.students.language_model import LanguageModelStudents
from simulation.core.errors import DataError
from tests.support import gguf_files

SMOLLM2 = Path(folder.resolve("smollm2", embedded="student"))
PROMPT = (
    "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n"
    "<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n"
)


def test_a_file_becomes_one_ordinary_folder_with_its_weights_tokenizer_and_template(tmp_path: Path) -> None:
    file = gguf_files.write(tmp_path / "tiny.gguf")
    place = gguf_folder.ordinary_folder(str(file), converted=tmp_path / "converted")
    written = (Path(place) / "model.safetensors").stat().st_mtime_ns
    assert gguf_folder.ordinary_folder(str(file), converted=tmp_path / "converted") == place
    assert (Path(place) / "model.safetensors").stat().st_mtime_ns == written
    assert folder.validate(place, embedded="student", architectures=("ForCausalLM",)) == place
    module, tokenizer = load_causal(place, Precision())
    weights, stored = module.state_dict(), gguf_files.tensors()
    assert (weights["model.layers.1.mlp.up_proj.weight"].numpy() == stored["blk.1.ffn_up.weight"]).all()
    assert (weights["lm_head.weight"].numpy() == stored["token_embd.weight"]).all()
    assert tokenizer.chat_template == gguf_files.TEMPLATE
    assert tokenizer("the é")["input_ids"][0] == gguf_files.TOKENS.index("the")
    assert tokenizer.decode(tokenizer("the é")["input_ids"]) == "the é"
    assert tokenizer.eos_token == "<end>"


def test_a_changed_file_is_another_folder(tmp_path: Path) -> None:
    file = gguf_files.write(tmp_path / "tiny.gguf")
    first = gguf_folder.identity(file)
    file.write_bytes(file.read_bytes() + b"\0")
    assert gguf_folder.identity(file) != first


def test_students_name_a_file_and_are_known_by_its_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gguf_files.write(tmp_path / "tiny.gguf")
    monkeypatch.chdir(tmp_path)
    students = LanguageModelStudents(model="tiny.gguf")
    students.check()
    assert students.elsewhere() == []
    digest = students.fingerprint()["weights"]
    (tmp_path / "other.gguf").write_bytes((tmp_path / "tiny.gguf").read_bytes())
    assert LanguageModelStudents(model="other.gguf").fingerprint()["weights"] == digest


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", r"it begins with b'' in place of b'GGUF'"),
        (b"PK\3\4 a wheel, say", "it begins with b'PK"),
        (b"GGUF\1\0\0\0" + bytes(16), "its version is 1, not 2 or 3"),
        (b"GGUF\3\0\0\0" + bytes(16), "does not say its general.architecture"),
        (b"GGUF\3\0\0\0" + bytes(8) + b"\1" + bytes(7), "no GGUF file that can be read"),
        (b"GGUF\3\0\0\0" + bytes(8) + b"\1" + bytes(7) + b"\xff" * 8, "a text of 18,446,744,073,709,551,615 bytes"),
    ],
)
def test_what_is_no_such_file_is_refused(tmp_path: Path, content: bytes, says: str) -> None:
    file = tmp_path / "broken.gguf"
    file.write_bytes(content)
    with pytest.raises(DataError, match=says) as refusal:
        LanguageModelStudents(model=str(file)).check()
    assert str(file) in str(refusal.value)


def test_an_architecture_that_no_model_is_made_of_is_refused_with_the_nearest(tmp_path: Path) -> None:
    file = gguf_files.write(tmp_path / "t.gguf", "qwen9")
    with pytest.raises(DataError, match=r"architecture 'qwen9', of which no language model can be made; did you mean"):
        folder.validate(str(file), embedded="student", architectures=("ForCausalLM",))
    with pytest.raises(DataError, match=r"nowhere.gguf does not exist; correct the path"):
        folder.validate(str(tmp_path / "nowhere.gguf"), embedded="student")
    with pytest.raises(DataError, match="a model for ForConditionalGeneration is needed"):
        folder.validate(str(file), embedded="teacher", architectures=("ForConditionalGeneration",))


def test_every_architecture_that_passes_is_one_that_transformers_reads() -> None:
    from transformers.modeling_gguf_pytorch_utils import GGUF_SUPPORTED_ARCHITECTURES

    renamed = {"gpt-oss": "gpt_oss", "minimax-m2": "minimax_m2", "qwen2moe": "qwen2_moe", "qwen3moe": "qwen3_moe"}
    others = {"general", "tokenizer", "t5", "umt5"}
    assert {renamed.get(name, name) for name in ARCHITECTURES} == set(GGUF_SUPPORTED_ARCHITECTURES) - others


def test_a_model_that_was_not_fetched_is_refused_with_the_command_that_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder, "PROJECT", Path("/nowhere"))
    says = r"'smollm2' is not here yet \(no folder /nowhere/build/smollm2\); `make setup-smollm2` downloads it once"
    with pytest.raises(DataError, match=says):
        LanguageModelStudents(model="smollm2").check()
    assert LanguageModelStudents(model="smollm2").elsewhere() == [
        "model smollm2, `make setup-smollm2` downloads it once (93 MB)"
    ]


@pytest.mark.skipif(not SMOLLM2.is_dir(), reason="`make setup-smollm2` was not run")
def test_smollm2_is_found_from_any_folder_and_reads_its_own_template(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    LanguageModelStudents(model="smollm2").check()
    assert LanguageModelStudents(model="smollm2").elsewhere() == []
    assert json.loads((SMOLLM2 / "config.json").read_text())["num_hidden_layers"] == 30
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(SMOLLM2)
    turns = [{"role": "user", "content": "hi"}]
    assert tokenizer.apply_chat_template(turns, add_generation_prompt=True, tokenize=False) == PROMPT
    assert tokenizer.convert_ids_to_tokens(tokenizer("in 2024")["input_ids"]) == ["in", "Ġ", "2", "0", "2", "4"]
