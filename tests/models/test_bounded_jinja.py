"""A Jinja text counts, writes and grows within bounds, and writes nothing that is no text."""

from pathlib import Path

import pytest
from jinja2 import TemplateRuntimeError

from agents.models.bounded_jinja import strict
from agents.models.chat import Chat
from agents.students.language_model import LanguageModelStudents
from agents.students.prompting import Prompt, prompting
from simulation.core.errors import DataError, ScenarioError
from simulation.core.types import Question, Seat
from simulation.core.wording import Teaching

ENDLESS = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"


def laid_out(text: str) -> str:
    environment = strict()
    return environment.lay_out(environment.from_string(text), {"question": "what is it"})


@pytest.mark.parametrize(
    "text",
    [
        ENDLESS,
        "{% for a in question * 500 %}{% for b in question * 500 %}{% endfor %}{% endfor %}",
        "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(60) }}",
        "{% for a in range(9999) %}{% set b = range(9999) | sum %}{% endfor %}",
    ],
)
def test_loops_take_so_many_steps(text: str) -> None:
    with pytest.raises(TemplateRuntimeError, match="its loops and ranges take more than 50,000 steps"):
        laid_out(text)


@pytest.mark.parametrize(
    "text",
    [
        "{% for a in range(20000) %}" + "much is written " * 9 + "{% endfor %}",
        "{{ question * 99999999 }}",
        "{{ 2 ** 9999999 }}",
        "{{ question.center(999999999) }}",
        "{{ question | center(999999999) }}",
        "{{ '%999999999d' % 1 }}",
        "{{ '%999999999d' | format(1) }}",
        "{% set n = namespace(x=question) %}{% for i in range(60) %}{% set n.x = n.x ~ n.x %}{% endfor %}{{ n.x }}",
        "{% set n = namespace(x=question) %}{% for i in range(60) %}{% set n.x = n.x + n.x %}{% endfor %}{{ n.x }}",
    ],
)
def test_what_is_written_and_held_is_so_long(text: str) -> None:
    with pytest.raises(TemplateRuntimeError, match=r"more than 1,000,000|asks for too wide a text"):
        laid_out(text)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("{{ question.upper }}", "line 1 writes the method 'upper', which is not called"),
        ("\n{% set n = namespace() %}{{ n }}", "line 2 writes an object of the kind Namespace"),
        ("{{ question | map('upper') }}", "an object of the kind generator"),
        ("{{ [question.upper] }}", "a list that holds the method 'upper'"),
        ("{{ question.upper ~ '!' }}", "line 1 makes a text of the method 'upper'"),
        ("{{ question.upper | string }}", "makes a text of the method 'upper'"),
        ("{% for a in question %}{{ loop }}{% endfor %}", "an object of the kind LoopContext"),
        ("{{ range }}", "the method '_range'"),
    ],
)
def test_nothing_is_written_that_is_no_text(text: str, named: str) -> None:
    with pytest.raises(TemplateRuntimeError) as refusal:
        laid_out(text)
    assert named in str(refusal.value)


def test_ordinary_texts_are_written_as_ever() -> None:
    text = (
        "{{ question ~ ' ' ~ 3 ~ [1, 'a'] }}{% for o in 'ab' recursive %}{{ loop.index }}{{ o }}{{ loop.length }}"
        "{% endfor %}{{ none }}{{ range(3) | list }}{% filter upper %}a{{ question }}{% endfilter %}{{ 'x' * 3 }}"
    )
    assert laid_out(text) == "what is it 3[1, 'a']1a22b2None[0, 1, 2]AWHAT IS ITxxx"


def test_a_layout_beyond_the_bounds_is_refused_in_one_line() -> None:
    pool = [Question(id="q", prompt="What?")]
    teaching = Teaching(seat=Seat(name="s", number=0, seed=0), wording=None, pool=pool, measured=())
    with pytest.raises(ScenarioError, match=r"^prompt: .* cannot be laid out: its loops .* steps; correct it$"):
        prompting(Prompt(layout=ENDLESS + "{{ question }}"), teaching, letters=False)


def test_a_chat_template_s_file_is_looked_at_before_a_model_is_loaded(tmp_path: Path) -> None:
    file = tmp_path / "endless.jinja"
    file.write_text(ENDLESS + "{{ messages[0].content }}", encoding="utf-8")
    with pytest.raises(DataError, match=r"endless.jinja: the chat template fails \(its loops and ranges take"):
        LanguageModelStudents(chat=Chat(template=str(file))).check()
