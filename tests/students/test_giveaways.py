"""No words that a student reads give a measured question away: layouts, system texts, templates, files."""

from collections.abc import Callable
from pathlib import Path

import pytest

from agents.students.prompting import Prompt, prompting
from simulation.core.errors import ScenarioError
from simulation.scenario.giveaways import giveaways
from simulation.scenario.prepare import prepare
from simulation.scenario.scenario import load_scenario
from tests.support.asked_students import SCENARIO, asked, staged, teaching

HELD_OUT = prepare(load_scenario(SCENARIO, [])).held_out[0]


@pytest.mark.parametrize(
    ("words", "place"),
    [
        ("prompt={shots: [{question: 'TEXT', answer: '1'}]}", "prompt.shots.0.question"),
        ("prompt={layout: 'TEXT: {{ question }}'}", "prompt.layout"),
        ("prompt={layout: '{# TEXT #}{{ question }}'}", "prompt.layout"),
        ("prompt={answer: 'TEXT'}", "prompt.answer"),
        ("chat={system: 'TEXT'}", "chat.system"),
        ("chat={arguments: {hint: [TEXT]}}", "chat.arguments.hint.0"),
        ("template='TEXT {prompt}'", "template"),
    ],
)
@pytest.mark.parametrize("spelled", [str, str.upper, lambda text: text.replace(" .", "!").replace(" ", "")])
def test_words_that_give_a_measured_question_away_are_refused_at_their_line(
    words: str, place: str, spelled: Callable[[str], str]
) -> None:
    says = rf"students\.{place}: gives away the question '{HELD_OUT.id}', which is measured"
    with pytest.raises(ScenarioError, match=says):
        staged(f"students.{words}".replace("TEXT", spelled(HELD_OUT.prompt)))


def test_who_answers_in_a_student_s_place_is_given_no_measured_question_either() -> None:
    sampler = f"ask.sampler={{name: api, system: '{HELD_OUT.prompt}'}}"
    ready = prepare(load_scenario(SCENARIO, [sampler, "teacher=answer_key"]))
    assert [line.partition(": gives")[0].rpartition(": ")[2] for line in giveaways(ready.scenario, ready.measured)] == [
        "ask.sampler.system"
    ]


def test_a_layout_s_file_gives_no_measured_question_away(tmp_path: Path) -> None:
    file = tmp_path / "mine.jinja"
    file.write_text(f"{HELD_OUT.prompt}\n{{{{ question }}}}\n", encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"students.prompt.layout: \S+mine.jinja gives away the question"):
        staged(f"students.prompt.layout={file}")


def test_a_layout_that_puts_a_measured_question_together_is_refused_too() -> None:
    layout = "{% for word in ['+ 3?', '3', 'is', 'What'] | reverse %}{{ word }} {% endfor %}{{ question }}"
    with pytest.raises(ScenarioError, match=r"what stands around a question gives away the question 'held-3'"):
        prompting(Prompt(layout=layout), teaching(measured=(asked(3, measured=True),)), letters=False)


def test_an_ordinary_layout_may_share_words_with_measured_questions() -> None:
    word = HELD_OUT.prompt.split()[1]
    _, student = staged(f"students.prompt={{layout: 'Think of a {word}. {{{{ question }}}}', shots: 3}}")
    assert student.laid_out(asked(4)).endswith("What is 4 + 4?")
