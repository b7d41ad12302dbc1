"""Text becomes the same tokens whether a prompt is scored, written on or trained on."""

import pytest

from agents.models import text
from agents.models.text import Text
from simulation.core.errors import ModelError
from tests.support import tiny_models as tiny


def test_a_continuation_follows_its_prompt_after_one_space() -> None:
    made = Text(tiny.tokenizer(), "here")
    tree = made.encode("1+1=", ["12", ""])
    ids = tiny.tokenizer()
    assert list(tree.prompt) == ids("1+1=")["input_ids"]
    assert list(tree.branches[0]) == [*ids(" 12")["input_ids"], ids.eos_token_id]
    assert tree.branches[1] == (ids.eos_token_id,)
    assert [*tree.prompt, *tree.branches[0][:-1]] == ids("1+1= 12")["input_ids"]
    assert list(made.encode("1+1=\n", ["12"]).branches[0][:-1]) == ids("12")["input_ids"]


def test_decoding_undoes_encoding() -> None:
    made = Text(tiny.tokenizer(), "here")
    for prompt in ("1+1=", "1+1=\n"):
        for said in ("12", "7 km", "so: 3/4"):
            assert made.decode(made.encode(prompt, [said]).branches[0][:-1], prompt) == said


def test_a_chat_model_is_asked_in_its_template_and_ends_its_turn() -> None:
    ids = tiny.tokenizer(chat=True)
    made = Text(ids, "here")
    assert made.render("hi") == "<bos><turn>user\nhi<end>\n<turn>model\n"
    tree = made.encode("hi", ["12"])
    assert tree.branches[0][-1] == ids.convert_tokens_to_ids("<end>")
    assert list(tree.prompt) == ids(made.render("hi"), add_special_tokens=False)["input_ids"]
    assert made.decode(tree.branches[0][:-1], "hi") == "12"


def test_a_tokenizer_that_merges_across_the_seam_is_encoded_whole() -> None:
    made = Text(tiny.tokenizer(), "here")
    made._apart = False
    assert made.encode("1+1=", ["12"]) == Text(tiny.tokenizer(), "here").encode("1+1=", ["12"])


def test_the_cache_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "KEPT_TREES", 3)
    made = Text(tiny.tokenizer(), "here")
    first = made.encode("0", ["1"])
    assert made.encode("0", ["1"]) is first
    for number in range(1, 6):
        made.encode(str(number), ["1"])
    assert len(made._trees) == 3
    again = made.encode("0", ["1"])
    assert again == first and again is not first


def test_a_tokenizer_without_an_end_is_refused() -> None:
    ids = tiny.tokenizer()
    ids.eos_token = None
    with pytest.raises(ModelError, match=r"'here' has no end-of-text token"):
        Text(ids, "here")
