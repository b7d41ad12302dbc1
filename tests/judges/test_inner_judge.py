"""A judge in a judge is written as any component, refused like one, and stands in the record with every default."""

from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

from simulation.core.errors import ScenarioError
from simulation.core.registry import build
from simulation.scenario.scenario import load_scenario, restore_scenario
from simulation.scenario.schema import scenario_schema
from tests.support.scripted_scenario import GOOD

WRAPPERS = pytest.mark.parametrize("name", ["noisy", "peers"])


@WRAPPERS
def test_a_bare_name_is_its_mapping(name: str) -> None:
    bare = build("judge", name, {"judged_by": "classifier"})
    assert bare == build("judge", name, {"judged_by": {"name": "classifier", "correction": "answer_key"}})
    assert hash(bare) == hash(build("judge", name, {"judged_by": "classifier"}))
    assert bare != build("judge", name, {"judged_by": {"name": "classifier", "correction": "own"}})
    assert bare != build("judge", name, {})


@WRAPPERS
@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("clasifier", "classifier"),
        ({"name": "classifier", "correction": "mine"}, "correction"),
        ({"name": "answer_key", "strict": True}, "strict"),
        ({"correction": "own"}, "write a judge's name"),
        (3, "write a judge's name"),
    ],
)
def test_what_is_wrong_with_it_is_said(name: str, written: object, says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        build("judge", name, {"judged_by": written})


@WRAPPERS
def test_it_is_dumped_whole_and_read_back(name: str) -> None:
    made = build("judge", name, {"judged_by": {"name": "noisy", "judged_by": "classifier", "flip": 0.5}})
    plain = TypeAdapter(type(made)).dump_python(made, mode="json")
    assert plain["judged_by"]["judged_by"]["correction"] == "answer_key"
    assert build("judge", name, plain) == made


def test_a_scenario_names_the_line_and_keeps_what_it_resolved(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    inner = "{name: noisy, judged_by: tests.support.scripted:ScriptedJudge, flip: 0.3}"
    path.write_text(GOOD.replace("tests.support.scripted:ScriptedJudge", inner), encoding="utf-8")
    scenario = load_scenario(path)
    resolved = scenario.resolved()
    assert resolved["teacher"]["judged_by"]["name"] == "tests.support.scripted:ScriptedJudge"
    assert restore_scenario(resolved, Path("x")).resolved() == resolved
    with pytest.raises(ScenarioError, match=r"x.yaml:\d+: teacher.judged_by: unknown judge 'answerkey'"):
        path.write_text(GOOD.replace("tests.support.scripted:ScriptedJudge", "{name: noisy, judged_by: answerkey}"))
        load_scenario(path)


def test_an_editor_is_offered_every_judge_inside_a_judge() -> None:
    judges = scenario_schema()["$defs"]["judge"]["oneOf"]
    noisy = next(each for each in judges if each.get("title") == "noisy")
    assert noisy["properties"]["judged_by"]["$ref"] == "#/$defs/judge"
