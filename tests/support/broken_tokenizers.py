"""Model folders whose tokenizer or chat template is wrong, each with what must be said of it."""

from collections.abc import Mapping

from tests.support.broken_files import Edit, both, put, remove
from tests.support.broken_models import POINTER, template, token, tokenizer

DROPS_ANSWERS = "{% for m in messages if m['role'] == 'user' %}<turn>{{ m['content'] }}<end>{% endfor %}"
UNPROMPTED = "{% for m in messages %}<turn>{{ m['role'] }}\n{{ m['content'] }}<end>\n{% endfor %}"
CONTRADICTING = UNPROMPTED + "{% if add_generation_prompt %}<turn>model\n{% endif %}"

TOKENIZERS: Mapping[str, tuple[Edit, str]] = {
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
}
