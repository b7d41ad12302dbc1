"""Questions are put in ordinary words to models that read no dialect; worked examples give nothing away."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from agents.models import folder
from agents.students.api import ApiStudents
from agents.students.language_model import LanguageModelStudents
from agents.students.prompting import Prompt, Prompting, prompting
from agents.students.shots import WrittenShot, drawn_shots, shown_answer
from agents.students.student import Student
from environments.code_tasks import WORDING
from simulation.core.errors import ScenarioError, SimulationError
from simulation.core.kinds.code import Code
from simulation.core.kinds.conditions import Conditions
from simulation.core.kinds.options import Options
from simulation.core.kinds.reference import Reference
from simulation.core.types import Question
from simulation.core.wording import Teaching, Wording
from simulation.scenario.prepare import prepare
from simulation.scenario.readiness import check_models
from simulation.scenario.scenario import load_scenario
from tests.support import tiny_models
from tests.support.asked_students import SCENARIO, SEAT, asked, staged, teaching

EMPTY = Conditions()


def test_a_question_stands_with_its_options_and_how_it_is_answered() -> None:
    text = prompting(Prompt(), teaching(Wording()), letters=False).text(asked(4))
    assert text == "What is 4 + 4?\na) 4\nb) 8\nAnswer with the text of the right option and nothing else."
    lettered = prompting(Prompt(), teaching(Wording()), letters=True).text(asked(4))
    assert lettered.endswith("Answer with the letter of the right option and nothing else.")
    free = Question(id="free", prompt="What is 4 + 4?")
    assert prompting(Prompt(), teaching(Wording()), letters=False).text(free).endswith("behind the word Answer.")


def test_a_layout_and_a_wish_of_ones_own_take_the_place_of_the_environment_s() -> None:
    layout = "Q: {{ question }} ({{ options|join(' or ') }}?) {{ answer }}"
    prompt = Prompt(layout=layout, answer="Say it in one word.")
    text = prompting(prompt, teaching(Wording()), letters=False).text(asked(4))
    assert text == "Q: What is 4 + 4? (4 or 8?) Say it in one word."


def test_a_layout_may_be_a_file(tmp_path: Path) -> None:
    (tmp_path / "mine.jinja").write_text("Now {{ question }}\n", encoding="utf-8")
    prompt = Prompt(layout=str(tmp_path / "mine.jinja"))
    assert prompting(prompt, teaching(), letters=False).text(asked(4)) == "Now What is 4 + 4?"
    with pytest.raises(SimulationError, match="correct the file or its path"):
        prompting(Prompt(layout=str(tmp_path / "none.jinja")), teaching(), letters=False)


def test_worked_examples_are_drawn_by_the_seed_and_none_stands_before_its_own_question() -> None:
    way = prompting(Prompt(shots=3), teaching(Wording()), letters=False)
    again = prompting(Prompt(shots=3), teaching(Wording()), letters=False)
    assert way == again and len(way.shots) == 4
    for number in range(9):
        text = way.text(asked(number))
        assert text.count("Answer: ") == 3
        assert text.count(f"What is {number} + {number}?") == 1
    example = way.shots[0]
    number = int(example.options[0])
    assert f"What is {number} + {number}?\na) {number}\nb) {2 * number}\nAnswer: {2 * number}\n\n" in way.text(
        asked(99)
    )


def test_an_example_is_answered_by_its_letter_where_letters_are_asked_for() -> None:
    assert "Answer: b\n" in prompting(Prompt(shots=1), teaching(Wording()), letters=True).text(asked(99))


def test_a_reference_that_is_a_letter_is_shown_as_options_are_answered() -> None:
    lettered = Question(id="l", prompt="?", form=Options(choices=("no", "yes")), key=Reference(answer="b"))
    assert [shown_answer(lettered, letters=letters) for letters in (False, True)] == ["yes", "b"]
    opening = "def half(x):\n"
    begun = Question(
        id="c", prompt=opening, form=Code(opening=opening), key=Reference(answer=f"{opening}    return x / 2")
    )
    assert shown_answer(begun, letters=False) == "    return x / 2"


def test_what_is_measured_is_never_drawn_as_an_example() -> None:
    held_out = tuple(asked(number, measured=True) for number in range(7))
    shots = drawn_shots(2, teaching(measured=held_out), letters=False)
    assert {shot.id for shot in shots} == {"pool-7", "pool-8"}
    with pytest.raises(ScenarioError, match="3 worked examples are wanted, and 2 of the questions that may be asked"):
        drawn_shots(3, teaching(measured=held_out), letters=False)


def test_an_example_of_ones_own_that_gives_a_measured_question_away_is_refused() -> None:
    mine = WrittenShot(question="Think: what is  3 + 3?", answer="6")
    held_out = (asked(3, measured=True),)
    with pytest.raises(ScenarioError, match=r"gives away the question 'held-3', which is measured.*write it otherwise"):
        prompting(Prompt(shots=(mine,)), teaching(measured=held_out), letters=False)
    way = prompting(Prompt(shots=(mine,)), teaching(Wording()), letters=False)
    assert way.text(asked(4)).startswith("Think: what is  3 + 3?\nAnswer: 6\n\nWhat is 4 + 4?")


def test_questions_without_an_answer_can_be_no_examples() -> None:
    unknown = [Question(id=str(number), prompt=str(number), key=EMPTY) for number in range(9)]
    with pytest.raises(ScenarioError, match="1 worked examples are wanted, and 0 of the"):
        drawn_shots(1, Teaching(seat=SEAT, wording=None, pool=unknown, measured=()), letters=False)


def test_code_that_is_continued_stands_last_and_other_tasks_are_told() -> None:
    opening = 'def half(x):\n    """Halve."""\n'
    begun = Question(id="c", prompt=opening, form=Code(opening=opening))
    way = Prompting(layout=WORDING.layout, answer=WORDING.answer, letters=False)
    assert way.text(begun) == opening
    told = way.text(Question(id="d", prompt="Halve x.", form=Code()))
    assert told.startswith("Task: Halve x.\nWrite the Python program")


@pytest.mark.parametrize(
    ("prompt", "says"),
    [
        ({"layout": "{{ question "}, "is no Jinja text"),
        ({"layout": "{{ question }} {{ optoins }}"}, "names 'optoins'; did you mean 'options'"),
        ({"layout": "Answer!"}, "never says {{ question }}"),
        ({"layout": "{# question #}Answer!"}, "never says {{ question }}"),
        ({"answer": "{{ x }}"}, "names 'x'"),
        ({"shots": 51}, "less than or equal to 50"),
        ({"shots": -1}, "greater than or equal to 0"),
        ({"shots": [{"question": "q"}]}, "answer"),
        ({"shot": 1}, "shot"),
    ],
)
def test_what_cannot_be_laid_out_is_refused_where_it_is_written(prompt: Mapping[str, Any], says: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        Prompt(**prompt)
    assert says in str(refusal.value)


def test_a_layout_that_fails_on_a_question_is_refused_before_anything_is_asked() -> None:
    with pytest.raises(ScenarioError, match=r"cannot be laid out: .*correct it"):
        prompting(Prompt(layout="{{ question }} {{ options[7] + 1 }}"), teaching(), letters=False)


def test_a_layout_reaches_nothing_of_python() -> None:
    with pytest.raises(ScenarioError, match="cannot be laid out"):
        prompting(Prompt(layout="{{ question.__class__.__mro__ }}"), teaching(), letters=False)


def test_a_template_and_a_prompt_are_one_too_many() -> None:
    with pytest.raises(ValueError, match="template and prompt both say how a question is laid out; remove one"):
        LanguageModelStudents(template="plain", prompt=Prompt(shots=1))


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that says nothing of a dialect."""
    place = tiny_models.save("llama", tmp_path_factory.mktemp("stranger"))
    settings = json.loads((place / "tokenizer_config.json").read_text())
    settings.pop("dialect", None)
    (place / "tokenizer_config.json").write_text(json.dumps(settings))
    return place


def test_the_model_decides_between_dialect_and_ordinary_words(stranger: Path) -> None:
    manner, student = staged("students.model=embedded")
    assert manner == "" and student.prompting is None
    manner, student = staged(f"students.model={stranger}")
    assert manner.startswith("questions are put in ordinary words; students.template: plain")
    (request,) = student.requests([asked(4).shown()], generator=np.random.default_rng(0))
    assert request.prompt.endswith("Answer with the text of the right option and nothing else.")
    manner, student = staged(f"students={{model: '{stranger}', template: plain}}")
    assert manner == "" and student.laid_out(asked(4)) == "What is 4 + 4? a) 4 b) 8 answer:"


def test_the_bank_s_signs_stand_as_in_prose(stranger: Path) -> None:
    _, student = staged(f"students.model={stranger}")
    apart = Question(id="x", prompt="tom has 3 , buys 4 . how many ?")
    assert student.laid_out(apart).startswith("tom has 3, buys 4. how many?\n")


def test_a_model_behind_an_api_is_asked_in_ordinary_words_unless_a_template_is_named() -> None:
    behind = ApiStudents(prompt=Prompt(shots=1))
    student = behind.instructed(behind.answerer(SEAT), teaching(Wording()))
    assert isinstance(student, Student)
    (request,) = student.requests([asked(99).shown()], generator=np.random.default_rng(0))
    assert request.prompt.count("Answer: ") == 1
    assert request.prompt.endswith("Answer with the text of the right option and nothing else.")
    plain = ApiStudents(template="plain")
    assert plain.instructed(plain.answerer(SEAT), teaching(Wording())) == plain.answerer(SEAT)
    with pytest.raises(ValueError, match="template and prompt both say"):
        ApiStudents(template="plain", prompt=Prompt(shots=1))


def test_a_shipped_model_can_be_shown_examples_too() -> None:
    manner, student = staged("students={model: embedded, prompt: {shots: 2}}")
    assert "behind 2 worked examples" in manner
    assert student.prompting is not None and len(student.prompting.shots) == 3


def test_every_shipped_student_says_that_it_reads_the_dialect() -> None:
    for model in folder.embedded("ForCausalLM"):
        assert folder.speaks_dialect(model, embedded="student"), model
    assert not folder.speaks_dialect("google/gemma-2b-it", embedded="student")


@pytest.mark.parametrize(
    "layout",
    [
        "{{ question[:0] }}",
        "{% if letters %}{{ question }}{% endif %}",
        "{% set asked = question %}What is asked?",
        "{{ question | length }}",
    ],
)
def test_a_layout_that_does_not_write_the_question_is_refused(layout: str) -> None:
    with pytest.raises(ScenarioError, match="does not write the question"):
        prompting(Prompt(layout=layout), teaching(), letters=False)
    assert prompting(Prompt(layout="{{ question | upper }}"), teaching(), letters=False).text(asked(4)).isupper()


@pytest.mark.parametrize("layout", ["{{ question }} {{ options|random }}", "{{ question }} {{ lipsum() }}"])
def test_a_layout_has_nothing_that_differs_from_run_to_run(layout: str) -> None:
    with pytest.raises((ScenarioError, SimulationError, ValidationError), match=r"random|lipsum"):
        check_models(prepare(load_scenario(SCENARIO, [f"students.prompt.layout={json.dumps(layout)}"])))
