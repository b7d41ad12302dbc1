"""Model folders with a wrong config.json or settings for generation, each with what must be said; `{folder}` is it."""

import json
from collections.abc import Mapping

from tests.support.broken_files import Edit, both, put, remove, rename
from tests.support.broken_models import POINTER, WEIGHTS, change, config, emptied

ADAPTER = json.dumps({"base_model_name_or_path": "google/gemma-2b", "peft_type": "LORA"})

CONFIGURATIONS: Mapping[str, tuple[Edit, str]] = {
    "nothing in it": (emptied, "{folder} is empty; download the model there"),
    "no config.json": (remove("config.json"), "{folder}/config.json does not exist.*not a model folder"),
    "a model one folder deeper": (
        both(lambda folder: (folder / "deep").mkdir(), rename("config.json", "deep/config.json")),
        "such as {folder}/deep",
    ),
    "an adapter": (both(emptied, put("adapter_config.json", ADAPTER)), "adapter of the base 'google/gemma-2b'; name"),
    "a GGUF file alone": (both(emptied, put("tiny.gguf", "GGUF")), "name its file: {folder}/tiny.gguf"),
    "GGUF weights": (rename(WEIGHTS, "tiny.gguf"), "lacks model.safetensors; name its file: {folder}/tiny.gguf"),
    "an activation that is none": (
        config(hidden_act="swoosh"),
        "config.json: hidden_act is 'swoosh', which transformers",
    ),
    "an activation that is no name": (config(hidden_act=3), "config.json: hidden_act is 3, which transformers"),
    "positions that are none": (
        config(rope_scaling={"rope_type": "warp", "factor": 2.0}),
        "config.json: rope_scaling.rope_type is 'warp', which transformers",
    ),
    "positions of a layer that are none": (
        config(rope_parameters={"full_attention": {"rope_type": "yarm", "factor": 2.0}}),
        "rope_parameters.rope_type is 'yarm'.* did you mean 'yarn'",
    ),
    "layers of no kind": (config(layer_types=["full_attention", "some"]), "config.json: layer_types is 'some', which"),
    "kinds of too many layers": (
        config(layer_types=["full_attention"] * 5),
        "layer_types lists 5 layers, but num_hidden_layers is 2",
    ),
    "a temperature below 0": (
        change("generation_config.json", temperature=-1),
        "generation_config.json: temperature is -1, but must be at least 0; correct it",
    ),
    "a top_p above 1": (
        change("generation_config.json", top_p=2),
        "generation_config.json: top_p is 2, but must be from 0 to 1",
    ),
    "a temperature that is none": (change("generation_config.json", temperature=float("nan")), "temperature is nan"),
    "an end below 0": (change("generation_config.json", eos_token_id=[1, -5]), "eos_token_id is -5, not the number"),
    "an end beyond the vocabulary, of what is generated": (
        change("generation_config.json", eos_token_id=[1, 999999]),
        "generation_config.json: eos_token_id is 999999, but the vocabulary has",
    ),
    "config that is no JSON": (put("config.json", "{"), "config.json cannot be read as JSON"),
    "config that is no UTF-8": (put("config.json", b"\xff\xfe{}"), "config.json cannot be read as JSON"),
    "config that is a list": (put("config.json", "[]"), "config.json holds list, not an object"),
    "config of git-lfs": (put("config.json", POINTER), "config.json: it is a placeholder of git-lfs"),
    "no model_type": (config(model_type=...), "config.json names no model_type"),
    "model_type that is no text": (config(model_type=7), r"names no model_type \(7\)"),
    "unknown model_type": (config(model_type="lama"), "model_type is 'lama'.*did you mean 'llama'"),
    "code of its own": (
        config(model_type="own", auto_map={"AutoConfig": "own.py"}),
        r"model_type is 'own'.*\(auto_map\) is not run",
    ),
    "another purpose": (config(architectures=["T5Model"]), "holds T5Model, but a model for ForCausalLM"),
    "a purpose that the type lacks": (config(model_type="vit"), "model_type is 'vit', of which"),
    "a size that is a text": (config(hidden_size="32"), "config.json: hidden_size is '32', not a positive whole"),
    "a size of zero": (config(num_hidden_layers=0), "num_hidden_layers is 0, not a positive"),
    "a negative size": (config(intermediate_size=-48), "intermediate_size is -48, not a positive"),
    "a size that is a truth": (config(num_attention_heads=True), "num_attention_heads is True, not"),
    "a size with a fraction": (config(vocab_size=1.5), "vocab_size is 1.5, not a positive whole"),
    "an epsilon that is a text": (config(rms_norm_eps="small"), "rms_norm_eps is 'small', not a positive number"),
    "numbers of an unknown kind": (config(dtype="float99"), "dtype is 'float99'; write one of"),
    "a width that heads do not share": (
        config(head_dim=..., num_attention_heads=5, num_key_value_heads=5),
        "hidden_size 32 is no multiple of num_attention_heads 5",
    ),
    "heads that share no keys": (config(num_key_value_heads=3), "heads 4 is no multiple of num_key_value_heads 3"),
    "an end beyond the vocabulary": (config(eos_token_id=5000), "config.json: eos_token_id is 5000, but"),
    "an end that is a text": (config(eos_token_id="<eos>"), "eos_token_id is '<eos>', not the number"),
    "more tokens in config": (config(vocab_size=400), r"embed_tokens.weight has the shape.*\[400, 32\]"),
    "fewer tokens in config": (config(vocab_size=100), r"embed_tokens.weight has the shape.*\[100, 32\]"),
    "another width in config": (config(hidden_size=64, head_dim=8), r"has the shape.*hidden_size: 64"),
    "fewer heads in config": (
        config(num_attention_heads=2),
        r"o_proj.weight has .*num_attention_heads: 2",
    ),
    "more layers in config": (config(num_hidden_layers=3), "lacks model.layers.2.*config.json calls for"),
    "fewer layers in config": (config(num_hidden_layers=1), "holds model.layers.1.*says num_hidden_layers: 1"),
    "a default that the weights deny": (config(intermediate_size=...), "intermediate_size: 11008"),
    "biases that are not there": (config(attention_bias=True), "lacks model.layers.0.self_attn.q_proj.bias"),
    "settings for generation cut off": (put("generation_config.json", "{"), "generation_config.json cannot be read"),
    "settings for generation that are a list": (put("generation_config.json", "[1]"), "holds list, not an object"),
    "an end of generation that is none": (
        change("generation_config.json", eos_token_id=[1, 9999]),
        "generation_config.json: eos_token_id is 9999",
    ),
    "a temperature that is a text": (change("generation_config.json", temperature="hot"), "temperature is 'hot'"),
}
