"""What a model is scored on, trained on and read by is what its own template makes of a conversation."""

from pathlib import Path
from typing import Any

import pytest

from agents.models import layout
from agents.models.chat import Chat
from agents.models.layout import dated, layout_of, reads_clock
from agents.models.text import Text
from agents.students.language_model import LanguageModelStudents
from simulation.core.errors import DataError, ModelError
from tests.support import tiny_models as tiny
from tests.support.families.families import FAMILIES
from tests.support.families.tokenizers import of_bytes, wrapped

DAY = Chat(date="2026-11-30")
PROMPTS = ("What is 7 plus 12?", "Write a function.\nIt adds.", "3/4 of 12 km:")
ANSWERS = ("19", "75 km", "9", "def add(left, right):\n    return left + right", "5,5,5 of 3/4", "is it?\n\nNo")
CHATTING = [name for name, family in FAMILIES.items() if family.template is not None]


@pytest.fixture(scope="module")
def texts() -> dict[str, Text]:
    return {name: Text(family.tokenizer, name, DAY) for name, family in FAMILIES.items()}


def as_its_template_says(tokenizer: Any, prompt: str, answer: str) -> list[int]:
    turns = [{"role": "user", "content": prompt}, {"role": "assistant", "content": answer}]
    ids: list[int] = tokenizer.apply_chat_template(turns, date_string="30 Nov 2026", return_dict=False)
    return ids


@pytest.mark.parametrize("name", CHATTING)
def test_prompt_and_continuation_are_the_beginning_of_the_conversation(name: str, texts: dict[str, Text]) -> None:
    text, end = texts[name], texts[name].tokenizer.convert_tokens_to_ids(FAMILIES[name].closes)
    for prompt in PROMPTS:
        tree = text.encode(prompt, ANSWERS)
        for answer, branch in zip(ANSWERS, tree.branches, strict=True):
            whole, ids = as_its_template_says(text.tokenizer, prompt, answer), [*tree.prompt, *branch]
            assert ids == whole[: len(ids)] and end == text.end
            assert ids.count(end) == whole.count(end) and ids[-1] == end
            cut = text.encode(prompt, [answer], cut=[0])
            unended = [*cut.prompt, *cut.branches[0]]
            assert answer in text.tokenizer.decode(unended) and end not in cut.branches[0]
            behind = text.tokenizer.decode(unended[-4:], skip_special_tokens=False)
            assert behind.endswith(answer[-2:]) and len(unended) < len(ids)


@pytest.mark.parametrize("name", [*FAMILIES])
def test_what_is_written_behind_a_prompt_is_read_without_what_joins_it(name: str, texts: dict[str, Text]) -> None:
    text = texts[name]
    for prompt in PROMPTS:
        for answer, tokens in zip(ANSWERS, text.continuations(prompt, ANSWERS), strict=True):
            assert tokens[-1] == text.end
            assert text.decode(tokens[:-1], prompt) == answer


def test_a_base_model_reads_the_prompt_as_it_is_behind_one_beginning(texts: dict[str, Text]) -> None:
    text = texts["deepseek_base"]
    tree = text.encode("1+1=", ["2"])
    assert [*tree.prompt, *tree.branches[0][:-1]] == text.tokenizer("1+1= 2")["input_ids"]
    assert tree.prompt.count(text.tokenizer.bos_token_id) == 1 and text.render("1+1=") == "1+1="


def test_a_program_keeps_the_indentation_that_decoding_alone_would_take_off(texts: dict[str, Text]) -> None:
    text = texts["mistral"]
    off = Text(text.tokenizer, "here", Chat(template="off"))
    prompt, program = "def add(left, right):\n", "    return left + right"
    tokens = off.continuations(prompt, [program])[0][:-1]
    assert off.decode(tokens, prompt) == program
    assert text.tokenizer.decode(tokens) == program[1:]


def test_where_tokens_join_prompt_and_answer_the_conversation_decides() -> None:
    ids = wrapped(of_bytes(("<end>", "<turn>")), bos=None, eos="<end>", pad="<end>", template=None, begins=False)
    ids.chat_template = (
        "{% for message in messages %}{{ message['role'] }}:{{ '\n' if message['role'] == 'assistant' }}"
        "{{ message['content'] }}<end>{% endfor %}{% if add_generation_prompt %}assistant:{% endif %}"
    )
    text = Text(ids, "here")
    tree = text.encode("7 plus 12?", ["19", "9"])
    whole = as_its_template_says(ids, "7 plus 12?", "19")
    assert [*tree.prompt, *tree.branches[0]] == whole
    assert tree.prompt != text.encode("7 plus 12?", ()).prompt  # the last token of the question alone is another's
    assert text.decode(text.continuations("7 plus 12?", ["19"])[0][:-1], "7 plus 12?") == "19"


@pytest.mark.parametrize(
    ("template", "refusal"),
    [
        (
            "{% for message in messages %}{{ message['content'] }}<end>{% endfor %}"
            "{% if add_generation_prompt %}<turn>{% endif %}",
            "the chat template of 'here' asks for an answer with '.*<turn>', but does not write that before an answer",
        ),
        (
            "{% for message in messages %}{{ message['role'] }}:{{ message['content'] }}\n{% endfor %}"
            "{% if add_generation_prompt %}assistant:{% endif %}",
            r"ends an answer with '\\n', in which no token is special",
        ),
        ("{{ raise_exception('Nothing is said') }}", "'here' refuses a conversation: Nothing is said"),
        ("{{ strftime_now(messages[0]['content']) }}", "reads the clock in a way that cannot be fixed"),
        (
            "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}{{ messages }}",
            "'here' refuses a conversation: its loops and ranges take more than 50,000 steps",
        ),
        (
            "{{ messages.index }}",
            "'here' refuses a conversation: line 1 writes the method 'index', which is not called",
        ),
        ("{{ 1 / 0 }}", "'here' refuses a conversation: division by zero"),
        ("{{ '{}'.format() }}", "'here' refuses a conversation: tuple index out of range"),
        ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "'here' refuses a conversation: maximum recursion depth"),
    ],
)
def test_a_template_that_cannot_be_followed_is_refused_by_name(template: str, refusal: str) -> None:
    ids = tiny.tokenizer()
    ids.chat_template = template
    with pytest.raises(ModelError, match=refusal):
        Text(ids, "here", DAY)


def test_a_template_that_prints_the_day_prints_the_one_that_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = FAMILIES["llama"].tokenizer
    assert reads_clock(ids.chat_template) and not reads_clock(FAMILIES["gemma"].template)
    monkeypatch.setattr(layout, "dated", lambda template, *_: template)
    ours_today = layout_of(ids, "here")
    monkeypatch.undo()
    fixed = layout_of(ids, "here", Chat(date="2031-02-03"))
    assert fixed is not None and ours_today is not None
    assert "Today Date: 03 Feb 2031\n" in fixed.question("?") and "2031" not in ours_today.question("?")
    with pytest.raises(ModelError, match=r"'here' prints the day, and none is kept .* set students\.chat\.date"):
        layout_of(ids, "here")


def test_what_is_set_is_what_the_template_says(tmp_path: Path) -> None:
    llama, qwen = FAMILIES["llama"].tokenizer, FAMILIES["qwen3"].tokenizer
    told = Text(llama, "here", Chat(date="2026-11-30", system="Be brief."))
    assert "\n\nBe brief.<|eot_id|><|start_header_id|>user" in told.render("?")
    thinks, does_not = (Text(qwen, "here", Chat(thinking=thinking)) for thinking in (True, False))
    assert thinks.render("?").endswith("assistant\n")
    assert does_not.render("?").endswith("assistant\n<think>\n\n</think>\n\n")
    both = [text.encode("?", ["19"]) for text in (thinks, does_not)]
    assert len({(*tree.prompt, *tree.branches[0]) for tree in both}) == 1
    file = tmp_path / "short.jinja"
    file.write_text("{% for m in messages %}{{ mark }}{{ m.content }}<|im_end|>{% endfor %}")
    own = Text(qwen, "here", Chat(template=str(file), arguments={"mark": "Q:"}))
    assert own.render("?") == "Q:?<|im_end|>"
    off = Text(qwen, "here", Chat(template="off"))
    assert off.render("?") == "?" and off.layout is None


@pytest.mark.parametrize(
    ("name", "chat", "refusal"),
    [
        ("gemma", Chat(system="Be brief."), "refuses a conversation with students.chat.system: System role not supp"),
        ("mistral", Chat(system="Be brief."), "Only user and assistant roles are supported"),
        ("gemma", Chat(thinking=False), "does not know students.chat.thinking"),
        (
            "qwen3",
            Chat(arguments={"enable_thinkin": False}),
            "enable_thinkin; did you mean 'enable_thinking'",
        ),
        ("deepseek_base", Chat(system="Be brief."), "chat.system is for a chat template, and 'here' has none"),
        ("qwen3", Chat(template="off", thinking=True), "chat.thinking is for a chat template, and 'here' uses none"),
        ("qwen3", Chat(template="/nowhere.jinja"), "chat.template: /nowhere.jinja cannot be read"),
    ],
)
def test_what_the_template_takes_no_notice_of_is_refused(name: str, chat: Chat, refusal: str) -> None:
    with pytest.raises(Exception, match=refusal):
        Text(FAMILIES[name].tokenizer, "here", chat)


@pytest.mark.parametrize("name", [*FAMILIES])
def test_a_folder_can_be_tried(name: str, texts: dict[str, Text]) -> None:
    family = FAMILIES[name]
    followed = f"5 conversations are read as its template has them, to {family.closes}"
    assert texts[name].followed_template() == ("" if family.template is None else followed)


def test_a_folder_is_not_held_to_a_template_that_is_not_used(tmp_path: Path) -> None:
    folder = FAMILIES["qwen2"].save(tmp_path / "model")
    (folder / "chat_template.jinja").write_text("{{ nothing(")
    with pytest.raises(DataError, match=r"chat_template\.jinja: the chat template fails"):
        LanguageModelStudents(model=str(folder)).check()
    LanguageModelStudents(model=str(folder), chat=Chat(template="off")).check()


@pytest.mark.parametrize("call", ["{% set f = strftime_now %}{{ f('%H') }}", "{{ (strftime_now)('%H') }}"])
def test_a_clock_under_another_name_is_refused(call: str) -> None:
    with pytest.raises(ModelError, match="reads the clock in a way that cannot be fixed"):
        dated(call, "2031-02-03", "the chat template")


def test_whether_there_is_a_clock_may_be_asked() -> None:
    template = "{% if strftime_now is defined %}{{ strftime_now('%d %b %Y') }}{% endif %}"
    assert dated(template, "2031-02-03", "the chat template").count("03 Feb 2031") == 1
