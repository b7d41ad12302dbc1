"""The demonstrator answers with the reference, whatever is asked for, and students learn from it as from themselves."""

from pathlib import Path

import numpy as np
import pytest

from agents.judges.answer_key import AnswerKey
from agents.judges.conditions import ConditionsJudge
from agents.judges.next_item import NextItemJudge
from agents.reading.programs import program_in
from agents.students.demonstrator import DemonstratorStudents
from simulation.commands.main import main
from simulation.contracts.scripted import bought, coming, of_every_form
from simulation.core.errors import DataError
from simulation.core.kinds.code import Code
from simulation.core.kinds.conditions import Conditions
from simulation.core.kinds.program_tests import Test, Tests
from simulation.core.kinds.taken import Chances
from simulation.core.kinds.visitor import Visitor
from simulation.core.types import Answer, Question, Seat
from simulation.store import Study

SEAT = Seat(name="ada", number=0, seed=0)
ROOT = Path(__file__).resolve().parents[2]


def answers(asked: list[Question], *, choose: bool = False, seed: int = 0) -> list[Answer]:
    students = DemonstratorStudents(choose=choose)
    answerer, model = students.answerer(SEAT), students.learner([SEAT])
    completions = model.generate(answerer.requests(asked, generator=np.random.default_rng(seed)))
    return answerer.read(asked, completions, model_version=model.version("ada"))


@pytest.mark.parametrize(
    ("form", "judge"),
    [
        ("options", AnswerKey()),
        ("free text", AnswerKey()),
        ("next items", NextItemJudge()),
        ("conditions", ConditionsJudge()),
    ],
)
def test_what_it_answers_is_right(form: str, judge: AnswerKey | NextItemJudge | ConditionsJudge) -> None:
    asked = of_every_form()[form]
    given = answers(asked)
    assert [one.stop for one in given] == ["stop"] * len(asked)
    assert [one.score for one in judge.judge(asked, given, seeds=[0] * len(asked))] == [1.0] * len(asked)


def test_a_program_is_the_reference_and_one_that_continues_its_prompt_begins_behind_it() -> None:
    (whole,) = answers(of_every_form(1)["programs"])
    assert whole.text == "def f(x):\n    return x + 1"
    opening = "def f(x):\n"
    continued = Question(
        id="c",
        prompt=opening,
        form=Code(opening=opening),
        key=Tests(tests=(Test(code="assert f(1) == 2"),), reference=f"{opening}    return x + 1"),
        tags=("program",),
    )
    (answer,) = answers([continued])
    assert answer.text == "    return x + 1"
    assert program_in(continued, answer.text) == f"{opening}    return x + 1"


def test_the_first_reference_demonstrates_or_one_that_the_students_own_stream_draws() -> None:
    lines = tuple(f"line {place}" for place in range(4))
    asked = [Question(id=f"q{n}", prompt="p", key=Conditions(references=lines), tags=("x",)) for n in range(40)]
    assert {one.text for one in answers(asked)} == {"line 0"}
    drawn = [one.text for one in answers(asked, choose=True)]
    assert {*drawn} == {*lines}
    assert drawn == [one.text for one in answers(asked, choose=True)]
    assert drawn != [one.text for one in answers(asked, choose=True, seed=1)]


@pytest.mark.parametrize(
    "asked",
    [
        bought("c", Chances(chances=(0.5, 0.0, 0.25, 1.0))),
        coming("c", Visitor(user=0, mood=0.0)),
        Question(id="c", prompt="Write a poem.", key=Conditions(), tags=("no conditions",)),
    ],
    ids=["chances", "a visitor", "a prompt"],
)
def test_where_there_is_no_reference_it_refuses(asked: Question) -> None:
    with pytest.raises(
        DataError, match=r"the demonstrator has no reference for the question 'c'; name it as ask\.sampler"
    ):
        answers([asked])
    with pytest.raises(DataError, match="the question it was asked"):
        DemonstratorStudents().learner([SEAT]).generate(
            DemonstratorStudents().answerer(SEAT).options(of_every_form(1)["options"])
        )


def test_it_weighs_nothing() -> None:
    model, answerer = DemonstratorStudents().learner([SEAT]), DemonstratorStudents().answerer(SEAT)
    assert model.score([]) == []
    with pytest.raises(DataError, match="gives no log-probabilities; choose a policy that needs no predictions"):
        model.score(answerer.options(of_every_form(1)["options"]))


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("environment", ["math_word_problems", "instructions"])
def test_a_student_learns_from_demonstrations_as_if_it_had_answered(environment: str, tmp_path: Path) -> None:
    teacher = {"math_word_problems": "answer_key", "instructions": "conditions"}[environment]
    scenario = tmp_path / "scenario.yaml"
    scenario.write_text(
        f"""name: shown
turns: 1
environment: {environment}
students: {{model: embedded, mode: generate, max_tokens: 4}}
teacher: {teacher}
ask: {{policy: random, questions: 12, candidates: 50, sampler: {{name: demonstrator, choose: true}}}}
learn: {{trainer: {{name: sft, imitate: answers, epochs: 1}}, policy: passes}}
evaluate: {{questions: 2}}
""",
        encoding="utf-8",
    )
    assert main(["run", str(scenario), "--quiet", "--out", str(tmp_path / "runs")]) == 0
    (folder,) = (tmp_path / "runs").iterdir()
    with Study.open(folder) as study:
        _, turn = study.turns()
    assert turn.update is not None and turn.update.experiences == 12
    for experience in turn.experiences:
        assert experience.truth == 1.0 and experience.answer.text in experience.question.key.references
        assert experience.answer.prompt.endswith("answer:")  # the student's own layout, which training continues
