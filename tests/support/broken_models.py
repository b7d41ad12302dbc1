"""Ways to break a model folder, each with what must be said of it; `{folder}` stands for its path."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file, save_file

from tests.support.broken_files import Edit, both, put, remove, rename

WEIGHTS, INDEX = "model.safetensors", "model.safetensors.index.json"
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n"
NORM, GATE = "model.layers.1.input_layernorm.weight", "model.layers.0.mlp.gate_proj.weight"
EMBEDDING = "model.embed_tokens.weight"
Header = dict[str, Any]


def change(name: str, **values: object) -> Edit:
    """Set keys of a JSON file; what is set to `...` is removed."""

    def edit(folder: Path) -> None:
        file = folder / name
        content = {**(json.loads(file.read_text()) if file.is_file() else {}), **values}
        file.write_text(json.dumps({key: value for key, value in content.items() if value is not ...}))

    return edit


def config(**values: object) -> Edit:
    return change("config.json", **values)


def weights(alter: Callable[[dict[str, np.ndarray]], object]) -> Edit:
    """Write the tensors anew after an alteration."""

    def edit(folder: Path) -> None:
        stored = load_file(folder / WEIGHTS)
        alter(stored)
        save_file(stored, folder / WEIGHTS)

    return edit


def header(alter: Callable[[Header], object]) -> Edit:
    """Rewrite the header of the weights alone."""

    def edit(folder: Path) -> None:
        whole = (folder / WEIGHTS).read_bytes()
        length = int.from_bytes(whole[:8], "little")
        described = json.loads(whole[8 : 8 + length])
        alter(described)
        text = json.dumps(described).encode()
        (folder / WEIGHTS).write_bytes(len(text).to_bytes(8, "little") + text + whole[8 + length :])

    return edit


def keep(count: int) -> Edit:
    return lambda folder: (folder / WEIGHTS).write_bytes((folder / WEIGHTS).read_bytes()[:count])


def begin(content: bytes) -> Edit:
    return lambda folder: (folder / WEIGHTS).write_bytes(content + (folder / WEIGHTS).read_bytes()[len(content) :])


def split(*, named: Mapping[str, object] | None = None, lost: Sequence[str] = ()) -> Edit:
    """Write the weights as two shards with their index, to which `named` is added; some shards are lost."""

    def edit(folder: Path) -> None:
        stored = load_file(folder / WEIGHTS)
        (folder / WEIGHTS).unlink()
        names = sorted(stored)
        parts = {"one.safetensors": names[::2], "two.safetensors": names[1::2]}
        for part, own in parts.items():
            if part not in lost:
                save_file({name: stored[name] for name in own}, folder / part)
        places: dict[str, object] = {name: part for part, own in parts.items() for name in own}
        (folder / INDEX).write_text(json.dumps({"weight_map": {**places, **(named or {})}}))

    return edit


def token(**values: object) -> Edit:
    return change("tokenizer_config.json", **values)


def template(text: str) -> Edit:
    return put("chat_template.jinja", text)


def poison(name: str, value: float) -> Edit:
    def alter(stored: dict[str, np.ndarray]) -> None:
        stored[name].reshape(-1)[3] = value

    return weights(alter)


def drop(name: str) -> Edit:
    return weights(lambda stored: stored.pop(name))


def reshape(name: str, *shape: int) -> Edit:
    return weights(lambda stored: stored.update({name: np.zeros(shape, np.float32)}))


def emptied(folder: Path) -> None:
    for file in folder.iterdir():
        file.unlink()


def shifted(described: Header) -> None:
    """Let the second tensor begin inside the first."""
    first, second = sorted(
        (name for name in described if name != "__metadata__"), key=lambda name: described[name]["data_offsets"]
    )[:2]
    size = np.diff(described[second]["data_offsets"])[0]
    begins = described[first]["data_offsets"][1] - 4
    described[second]["data_offsets"] = [begins, begins + int(size)]


def tokenizer(alter: Callable[[Any], object]) -> Edit:
    """Change tokenizer.json (Any: JSON)."""

    def edit(folder: Path) -> None:
        file = folder / "tokenizer.json"
        content = json.loads(file.read_text())
        alter(content)
        file.write_text(json.dumps(content))

    return edit


ADAPTER = json.dumps({"base_model_name_or_path": "google/gemma-2b", "peft_type": "LORA"})
DROPS_ANSWERS = "{% for m in messages if m['role'] == 'user' %}<turn>{{ m['content'] }}<end>{% endfor %}"
UNPROMPTED = "{% for m in messages %}<turn>{{ m['role'] }}\n{{ m['content'] }}<end>\n{% endfor %}"
CONTRADICTING = UNPROMPTED + "{% if add_generation_prompt %}<turn>model\n{% endif %}"

BROKEN: Mapping[str, tuple[Edit, str]] = {
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
    "no weights": (remove(WEIGHTS), "lacks model.safetensors; download the folder completely"),
    "pickled weights": (rename(WEIGHTS, "pytorch_model.bin"), "pytorch_model.bin holds pickled weights"),
    "weights by another name": (rename(WEIGHTS, "weights.safetensors"), "call weights.safetensors so"),
    "weights of git-lfs": (put(WEIGHTS, POINTER), "model.safetensors: it is a placeholder of git-lfs"),
    "empty weights": (put(WEIGHTS, ""), "model.safetensors is empty"),
    "weights that are a page": (put(WEIGHTS, "<html>Not Found</html>"), "cut off or no safetensors file"),
    "weights cut off": (keep(-1000), "is cut off: .* would end at byte"),
    "a header cut off": (keep(60), "is cut off"),
    "a header of endless length": (begin(b"\xff" * 8), "is cut off or no safetensors file"),
    "a header that is no JSON": (begin((40).to_bytes(8, "little") + b"?" * 40), "has a broken header"),
    "a header that is a list": (begin((2).to_bytes(8, "little") + b"[]"), "has a header that is no object"),
    "bytes behind the last tensor": (
        lambda folder: (folder / WEIGHTS).write_bytes((folder / WEIGHTS).read_bytes() + b"12345678"),
        "holds 8 bytes behind its last tensor",
    ),
    "tensors that overlap": (header(shifted), "the tensor model.* overlaps the tensor before it"),
    "offsets beyond the file": (
        header(lambda described: described[GATE].update(data_offsets=[10**9, 10**9 + 48 * 32 * 4])),
        "gap before it|cut off",
    ),
    "a shape of other bytes": (
        header(lambda described: described[GATE].update(shape=[48, 31])),
        f"{GATE} has 6,144 by",
    ),
    "a negative shape": (header(lambda described: described[GATE].update(shape=[-48, -32])), f"{GATE} has the shape"),
    "an unknown dtype": (
        header(lambda described: described[GATE].update(dtype="F31")),
        f"{GATE} has the unknown dtype",
    ),
    "integers in place of weights": (
        header(lambda described: described[GATE].update(dtype="I32")),
        f"holds {GATE} as I32, not as one of F64",
    ),
    "a transposed tensor": (reshape(GATE, 32, 48), rf"{GATE} has the shape \[32, 48\].*\[48, 32\]"),
    "a tensor too short": (reshape(NORM, 16), rf"{NORM} has the shape \[16\]"),
    "a tensor missing": (drop(GATE), f"model.safetensors lacks {GATE}, which"),
    "no embedding": (drop(EMBEDDING), f"holds no {EMBEDDING}, the embedding"),
    "no head": (drop("lm_head.weight"), "model.safetensors lacks lm_head.weight"),
    "no last norm": (drop("model.norm.weight"), "model.safetensors lacks model.norm.weight"),
    "no tensor at all": (weights(lambda stored: stored.clear()), "hold no tensor"),
    "names of another wrapping": (
        weights(lambda stored: [stored.update({f"module.{name}": stored.pop(name)}) for name in list(stored)]),
        f"holds no {EMBEDDING}",
    ),
    "an index without a map": (both(remove(WEIGHTS), put(INDEX, "{}")), f"{INDEX} has no weight_map"),
    "an index of absent shards": (split(lost=["two.safetensors"]), f"lacks two.safetensors; {INDEX} says"),
    "an index of too many tensors": (
        split(named={"model.extra": "one.safetensors"}),
        f"one.safetensors lacks the tensor model.extra, which {INDEX}",
    ),
    "an index that leads outside": (
        split(named={"x": "../one.safetensors"}),
        "lies in '../one.safetensors', which is no",
    ),
    "an index of numbers": (split(named={"x": 7}), f"{INDEX} says that x lies in 7"),
    "NaN in a norm": (poison(NORM, np.nan), f"the tensor {NORM} holds NaN"),
    "infinity in the embedding": (poison(EMBEDDING, np.inf), f"the tensor {EMBEDDING} holds NaN or infinite"),
    "no tokenizer": (remove("tokenizer.json"), "holds no tokenizer"),
    "a tokenizer that is no JSON": (put("tokenizer.json", "{"), "tokenizer.json cannot be read as JSON"),
    "a tokenizer of git-lfs": (put("tokenizer.json", POINTER), "tokenizer.json: it is a placeholder"),
    "a tokenizer that is none": (put("tokenizer.json", "{}"), "tokenizer.json is no tokenizer that can be read"),
    "a tokenizer without tokens": (
        tokenizer(lambda content: content.update(added_tokens=[], model={**content["model"], "vocab": {}})),
        "tokenizer.json (has an empty vocabulary|lacks)",
    ),
    "more tokens than the model has": (
        tokenizer(lambda content: content["model"]["vocab"].update({"more": 4000})),
        "numbers its token 'more' 4000, but config.json says vocab_size",
    ),
    "a turn's end that was added without a row": (
        both(
            tokenizer(
                lambda content: content["added_tokens"].append(
                    {**content["added_tokens"][0], "id": len(content["model"]["vocab"]), "content": "<|im_end|>"}
                )
            ),
            template("{% for m in messages %}{{ m['content'] }}<|im_end|>{% endfor %}"),
        ),
        "numbers its token '<.im_end.>'",
    ),
    "settings that are no JSON": (put("tokenizer_config.json", "}"), "tokenizer_config.json cannot be read"),
    "no end": (token(eos_token=None), "tokenizer_config.json names no eos_token, by which a text ends"),
    "no end anywhere": (token(eos_token=..., tokenizer_class="PreTrainedTokenizerFast"), "names no eos_token"),
    "an end that is no token": (token(eos_token="<over>"), "lacks '<over>', which tokenizer_config.json"),
    "a pad that is no token": (token(pad_token={"content": "<void>"}), "lacks '<void>', which.* as pad_token"),
    "a vocabulary without merges": (
        both(remove("tokenizer.json"), put("vocab.json", '{"a": 0}')),
        "holds vocab.json but no merges.txt",
    ),
    "an empty vocabulary": (both(remove("tokenizer.json"), put("tokenizer.model", "")), "tokenizer.model is empty"),
    "a template that does not compile": (
        template("{% for %}"),
        r"chat_template.jinja: the chat template fails, line 1",
    ),
    "a template that raises": (template("{{ raise_exception('no') }}"), r"the chat template fails \(no\)"),
    "a template that calls nothing": (template("{{ messages.first() }}"), "the chat template fails"),
    "a template that reaches out": (template("{{ ''.__class__.__mro__[1].__subclasses__() }}"), "template fails"),
    "a template without answers": (template(DROPS_ANSWERS), "leaves out the answer"),
    "a template without a prompt": (template(UNPROMPTED), "has no generation prompt: it puts '<turn>assistant"),
    "a template of two minds": (template(CONTRADICTING), "is not what it puts before one that is given"),
    "templates without a default": (
        token(chat_template=[{"name": "tools", "template": "x"}]),
        "of the chat templates tools none is the default",
    ),
    "a template that is a number": (token(chat_template=3), "chat_template is a int, not a text"),
    "settings for generation cut off": (put("generation_config.json", "{"), "generation_config.json cannot be read"),
    "settings for generation that are a list": (put("generation_config.json", "[1]"), "holds list, not an object"),
    "an end of generation that is none": (
        change("generation_config.json", eos_token_id=[1, 9999]),
        "generation_config.json: eos_token_id is 9999",
    ),
    "a temperature that is a text": (change("generation_config.json", temperature="hot"), "temperature is 'hot'"),
}
