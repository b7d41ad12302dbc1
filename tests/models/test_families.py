"""The tensors that a family is held to are those that the library builds for it, with its defaults."""

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import (
    CONFIG_MAPPING,
    AutoModelForCausalLM,
    AutoModelForSeq2SeqLM,
    Gemma3Config,
    Gemma3ForConditionalGeneration,
)

from agents.models.files.configuration import Configuration
from agents.models.files.families import FAMILIES
from agents.models.files.headers import StoredTensor
from agents.models.files.library import classes
from agents.models.files.tensors import check_tensors, layout
from agents.students.language_model import LanguageModelStudents
from simulation.core.errors import DataError
from tests.support import tiny_models

SMALL = {"hidden_size": 24, "intermediate_size": 20, "num_hidden_layers": 2, "num_attention_heads": 4, "vocab_size": 30}
PAIRED = {**SMALL, "num_key_value_heads": 2, "pad_token_id": 0}
GPT2 = {"n_embd": 24, "n_layer": 2, "n_head": 4, "n_positions": 10, "vocab_size": 30}
T5 = {"d_model": 24, "d_ff": 20, "d_kv": 5, "num_layers": 2, "num_heads": 3, "vocab_size": 30}
SIZES: list[tuple[str, dict[str, Any]]] = [
    *((kind, PAIRED) for kind in ("llama", "granite", "mistral", "qwen2", "phi3")),
    *((kind, {**PAIRED, "head_dim": 10}) for kind in ("llama", "qwen3", "gemma", "gemma2", "gemma3_text")),
    ("llama", {**PAIRED, "attention_bias": True, "mlp_bias": True, "tie_word_embeddings": True}),
    ("gpt2", GPT2),
    ("gpt2", {**GPT2, "n_inner": 7}),
    ("t5", T5),
    ("t5", {**T5, "feed_forward_proj": "gated-gelu", "num_decoder_layers": 1}),
]
TIED = ("encoder.embed_tokens.weight", "decoder.embed_tokens.weight")


@pytest.mark.parametrize(("kind", "settings"), SIZES)
def test_a_family_has_the_tensors_that_the_library_builds(kind: str, settings: dict[str, Any]) -> None:
    config = CONFIG_MAPPING[kind](**settings)
    auto: Any = AutoModelForSeq2SeqLM if kind == "t5" else AutoModelForCausalLM
    with torch.device("meta"):
        module = auto.from_config(config)
    built = {name: tuple(tensor.shape) for name, tensor in module.state_dict().items() if name not in TIED}
    family = FAMILIES[kind]
    known = {**family.defaults, **settings}
    expected = {family.prefixes[0] + name: shape for name, shape, _ in layout(known, family)}
    head = built.pop("lm_head.weight")
    assert expected == built
    assert head == expected[family.prefixes[0] + family.embedding]
    stored = {
        name: StoredTensor(file=Path("weights"), dtype="F32", shape=shape, begin=0, end=0)
        for name, shape in {**built, "lm_head.weight": head}.items()
    }
    described = Configuration(file=Path("config.json"), settings=known, family=family, quantized=False)
    check_tensors(stored, described, "ForCausalLM")


@pytest.mark.parametrize("kind", FAMILIES)
def test_a_familys_defaults_are_the_librarys(kind: str) -> None:
    config = CONFIG_MAPPING[kind]()
    derived = {"num_key_value_heads", "num_decoder_layers", "n_inner"}
    for key, value in FAMILIES[kind].defaults.items():
        if value is not None or key not in derived:
            assert getattr(config, key) == value, key
    assert not any(getattr(config, key, False) for key in ("attention_bias", "mlp_bias")), "biases are asked for"


def test_every_family_is_one_that_the_library_loads() -> None:
    assert set(FAMILIES) - {"t5"} <= set(classes("ForCausalLM"))
    assert "t5" in classes("ForConditionalGeneration") and "llama" in classes("ForSequenceClassification")


def test_a_gemma_3_that_sees_is_good_and_held_to_its_text_part(tmp_path: Path) -> None:
    text = {**PAIRED, "head_dim": 8, "vocab_size": len(tiny_models.PIECES)}
    vision = {"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2}
    sees = {**vision, "image_size": 8, "patch_size": 4}
    config = Gemma3Config(text_config=text, vision_config=sees, mm_tokens_per_image=4)
    Gemma3ForConditionalGeneration(config).save_pretrained(tmp_path)
    tiny_models.tokenizer(chat=True).save_pretrained(tmp_path)
    students = LanguageModelStudents(model=str(tmp_path))
    students.check()
    config_file = tmp_path / "config.json"
    config_file.write_text(config_file.read_text().replace('"intermediate_size": 20', '"intermediate_size": 22'))
    with pytest.raises(DataError, match=r"language_model.*has the shape.*intermediate_size: 22"):
        students.check()
