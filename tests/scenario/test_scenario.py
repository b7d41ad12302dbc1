"""A scenario is read as untrusted text, and whatever is wrong with it is said with file, line and remedy."""

import json
import time
from pathlib import Path

import pytest

from simulation.core.errors import ScenarioError
from simulation.core.registry import PACKAGES, components
from simulation.scenario.reading import LARGEST_BYTES, read_text
from simulation.scenario.scenario import Scenario, load_scenario, restore_scenario
from simulation.scenario.schema import scenario_schema
from tests.support.scripted_scenario import GOOD

ROOT = Path(__file__).resolve().parents[2]


def written(folder: Path, text: str | bytes, name: str = "x.yaml") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def refusals(folder: Path, text: str | bytes, *overrides: str) -> list[str]:
    """Return the lines of the error that a scenario raises, without the folder."""
    with pytest.raises(ScenarioError) as caught:
        load_scenario(written(folder, text), overrides)
    return str(caught.value).replace(f"{folder}/", "").splitlines()


def test_a_good_scenario_keeps_what_is_written(tmp_path: Path) -> None:
    scenario = load_scenario(written(tmp_path, GOOD))
    assert (scenario.name, scenario.seed, scenario.turns) == ("tiny", 3, 4)
    assert scenario.ask.policy.name == "random" and scenario.learn.policy.name == "mistakes"
    assert scenario.learn.trainer is not None and scenario.learn.trainer.parameters == {"learning_rate": 0.1}


def test_students_without_a_name_are_the_language_model(tmp_path: Path) -> None:
    del tmp_path
    value = Scenario.model_validate(
        {"name": "a", "environment": "e", "students": {"model": "m"}, "teacher": "t", "ask": {"policy": "p"},
         "learn": {"trainer": "d"}}
    )  # fmt: skip
    assert value.students.name == "language_model" and value.students.parameters == {"model": "m"}


def test_an_unknown_key_is_refused_with_file_line_and_the_nearest(tmp_path: Path) -> None:
    (line,) = refusals(tmp_path, GOOD.replace("ask: {policy: random,", "ask: {policy: random, polcy: 3,"))
    known = "attempts, beams, candidates, min_p, policy, questions, sampler, samples, temperature, top_k, top_p"
    known += ", whole_class"
    assert line == f"x.yaml:10: ask.polcy: unknown key 'polcy'; did you mean 'policy'? known: {known}"


def test_an_unknown_name_is_refused_with_the_nearest(tmp_path: Path) -> None:
    (line,) = refusals(tmp_path, GOOD.replace("policy: mistakes", "policy: mistake"))
    assert line.startswith("x.yaml:13: learn.policy: unknown experience policy 'mistake'; did you mean 'mistakes'?")


def test_a_parameter_of_a_component_is_refused_at_its_line(tmp_path: Path) -> None:
    (line,) = refusals(tmp_path, GOOD.replace("  count: 2", "  cuont: 2"))
    assert line.startswith("x.yaml:8: students.cuont: unknown key 'cuont'; did you mean 'count'?")
    (line,) = refusals(tmp_path, GOOD.replace("  count: 2", "  count: 0"))
    assert line.startswith("x.yaml:8: students.count: ") and line.endswith("got 0")


def test_every_error_is_listed_one_a_line(tmp_path: Path) -> None:
    text = GOOD.replace("turns: 4", "turns: 0").replace("held: 20", "hold: 20").replace("every: 2", "every: often")
    lines = refusals(tmp_path, text, "seed=-1")
    assert [line.split(": ")[0] for line in lines] == ["override 'seed=-1'", "x.yaml:4", "x.yaml:14", "x.yaml:5"]


def test_a_missing_section_says_where_it_belongs(tmp_path: Path) -> None:
    (line,) = refusals(tmp_path, GOOD.replace("teacher: tests.support.scripted:ScriptedJudge\n", ""))
    assert line == "x.yaml:2: the key 'teacher' is missing; write it, such as teacher: answer_key"
    (line,) = refusals(tmp_path, GOOD.replace("policy: random, ", ""))
    assert line == "x.yaml:10: ask: the key 'policy' is missing; write it, such as policy: random"


def test_more_questions_than_candidates_is_refused(tmp_path: Path) -> None:
    (line,) = refusals(tmp_path, GOOD, "ask.questions=31")
    assert line == "override 'ask.questions=31': ask.questions: 31 is more than ask.candidates=30; raise ask.candidates"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "x.yaml:1: a scenario is a mapping"),
        ("- 1\n- 2\n", "x.yaml:1: a scenario is a mapping"),
        ("a: 1\n\nb: {c: 1\n", "x.yaml:3: "),
        ("a: 1\nb: 2\na: 3\n", "x.yaml:3: the key 'a' is written twice, first at x.yaml:1"),
        ("a: 1\n1: 2\n", "x.yaml:2: the key 1 is not a text"),
        ("a: !!python/object/apply:os.system ['true']\n", "x.yaml:1: the tag"),
        ("a: &a [*a]\n", "x.yaml:1: more than"),
        ("a: &a {x: 1}\nb: {<<: *a}\n", "x.yaml:2: merge keys"),
        ("a: 1\n--- \nb: 2\n", "x.yaml:2: "),
        ("a: \x00\n", "x.yaml:1: the character '\\x00'"),
        ('a: "\\ud800"\n', "x.yaml:1: "),
        ('a: "\\0"\n', "x.yaml:1: '\\x00' holds a control character"),
        ("a: " + "[" * 5000 + "\n", "x.yaml:1: nested deeper"),
        ("a: !!int many\n", "x.yaml:1: 'many' cannot be read as int"),
        ("a: " + "9" * 5000 + "\n", "x.yaml:1: "),
        (b"a: 1\nb: \xff\n", "x.yaml:2: byte 0xff is not UTF-8"),
        ("#" * (LARGEST_BYTES + 1), "x.yaml: "),
    ],
)
def test_hostile_yaml_is_refused_in_one_line(tmp_path: Path, text: str | bytes, expected: str) -> None:
    (line,) = refusals(tmp_path, text)
    assert line.startswith(expected), line


def test_a_billion_laughs_end_at_once(tmp_path: Path) -> None:
    rows = ["a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    start = time.process_time()
    (line,) = refusals(tmp_path, "\n".join(rows))
    assert "aliases are expanded" in line and time.process_time() - start < 1.0


@pytest.mark.parametrize(
    ("text", "value"),
    [("no", "no"), ("1e-3", 1e-3), ("2024-01-01", "2024-01-01"), ("1:30", "1:30"), ("~", None), ("true", True),
     ("0x10", 16), ("-7", -7), (".5", 0.5), ("1_000", "1_000"), ("'5'", "5"), ("", None)],
)  # fmt: skip
def test_scalars_follow_the_core_schema(text: str, value: object) -> None:
    read = read_text(f"a: {text}\n", "x").value["a"]
    assert read == value and type(read) is type(value)


def test_aliases_within_bounds_are_read() -> None:
    assert read_text("a: &a {x: 1}\nb: *a\n", "x").value == {"a": {"x": 1}, "b": {"x": 1}}


def test_overrides_win_and_reach_into_bare_names(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD)
    overrides = ["ask.questions=9", "teacher.error_rate=0.25", "students.count=1", "learn.experiences=null"]
    scenario = load_scenario(path, overrides)
    assert scenario.ask.questions == 9 and scenario.students.parameters == {"count": 1}
    assert scenario.teacher.name == "tests.support.scripted:ScriptedJudge" and scenario.teacher.parameters == {
        "error_rate": 0.25
    }
    assert load_scenario(path, ["ask.policy=round_robin"]).ask.policy.name == "round_robin"
    swapped = load_scenario(path, ["environment={name: 'tests.support.scripted:TinyEnvironment', numbers: 20}"])
    assert swapped.environment.parameters == {"numbers": 20}


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("ask.polcy=3", "override 'ask.polcy=3': ask.polcy: unknown key 'polcy'; did you mean 'policy'?"),
        ("turns", "override 'turns': write KEY=VALUE"),
        ("=3", "override '=3': write KEY=VALUE"),
        ("ask..x=3", "override 'ask..x=3': write KEY=VALUE"),
        ("turns.x=3", "override 'turns.x=3': turns is 4 and has no keys"),
        ("turns=[", "override 'turns=[': a bracket"),
        ("turns=none", "override 'turns=none': turns: "),
        ("ask.policy=rndom", "override 'ask.policy=rndom': ask.policy: unknown question policy 'rndom'; did you mean"),
        ("learn.trainer.learning_rate=1e999", "override 'learn.trainer.learning_rate=1e999': learn.trainer.learning"),
    ],
)  # fmt: skip
def test_a_wrong_override_is_named(tmp_path: Path, override: str, expected: str) -> None:
    assert refusals(tmp_path, GOOD, override)[0].startswith(expected)


def test_the_resolved_scenario_spells_out_defaults_and_reads_back_equal(tmp_path: Path) -> None:
    resolved = load_scenario(written(tmp_path, GOOD)).resolved()
    assert resolved["teacher"] == {"name": "tests.support.scripted:ScriptedJudge", "error_rate": 0.1}
    assert resolved["students"]["mode"] == "choices" and resolved["ask"]["candidates"] == 30
    again = restore_scenario(json.loads(json.dumps(resolved, allow_nan=False)), Path("a study"))
    assert again.resolved() == resolved


def test_a_study_from_before_a_key_has_its_default(tmp_path: Path) -> None:
    resolved = load_scenario(written(tmp_path, GOOD), ["keep=evaluated"]).resolved()
    assert resolved.pop("keep") == "evaluated"
    assert restore_scenario(resolved, Path("a study")).keep == "newest"


def test_a_damaged_stored_scenario_is_refused_by_the_studys_name(tmp_path: Path) -> None:
    resolved = load_scenario(written(tmp_path, GOOD)).resolved()
    resolved["turns"] = 0
    with pytest.raises(ScenarioError, match=r"^runs/tiny-1: turns: "):
        restore_scenario(resolved, Path("runs/tiny-1"))


def test_the_schema_offers_every_component_by_name_and_with_parameters() -> None:
    schema = scenario_schema()
    json.dumps(schema, allow_nan=False)
    for kind in PACKAGES:
        names, _, _, *objects = schema["$defs"][kind]["oneOf"]
        assert names["enum"] == list(components(kind)) == [each["title"] for each in objects]
    assert schema["properties"]["teacher"]["$ref"] == "#/$defs/judge"
    assert "x-component" not in json.dumps(schema)
