"""`check` of components of one's own, and of the components that a scenario names."""

from pathlib import Path

import pytest

from simulation.commands.main import main
from tests.contracts.defects import GOOD, IMPORTS
from tests.contracts.test_defects import scenario


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a module of good components, in which the program is started."""
    monkeypatch.chdir(tmp_path)
    for kind, text in GOOD.items():
        (tmp_path / f"my_{kind}.py").write_text(IMPORTS + text, encoding="utf-8")
    return tmp_path


def written(folder: Path, body: str) -> None:
    (folder / "mine.py").write_text(IMPORTS + body, encoding="utf-8")


@pytest.mark.parametrize("kind", GOOD)
def test_a_component_is_known_by_its_members(kind: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert folder.is_dir()
    assert main(["check", f"my_{kind}:Good"]) == 0, capsys.readouterr().err
    article = "" if kind == "students" else "a "
    assert capsys.readouterr().out == f"my_{kind}:Good: {article}good {kind.replace('_', ' ')}\n"


def test_several_are_checked_and_every_complaint_is_shown(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written(folder, GOOD["judge"] + "\n\nclass Bad(Good):\n    def mark(self, *parts): return 3\n")
    assert main(["check", "my_trainer:Good", "mine:Bad", "mine.py:Good"]) == 2
    told = capsys.readouterr()
    assert told.out.splitlines() == ["my_trainer:Good: a good trainer", "mine.py:Good: a good judge"]
    assert told.err == "judge 'mine:Bad' gave 3 of type int for question 'q0'; give a Feedback\n"


def test_parameters_are_given_by_set(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written(folder, GOOD["judge"] + "\n\nclass Bad(Good):\n    limit: float\n    names: tuple[str, ...] = ()\n")
    assert main(["check", "mine:Bad"]) == 2
    expected = "judge 'mine:Bad': the parameter limit: has no default; write limit=VALUE\n"
    assert capsys.readouterr().err == expected
    assert main(["check", "mine:Bad", "--set", "limit=high"]) == 2
    assert "the parameter limit: write a number; got 'high'" in capsys.readouterr().err
    assert main(["check", "mine:Bad", "--set", "limit=0.5", "--set", "names=[a, b]"]) == 0


def test_what_may_be_two_things_needs_a_kind(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written(folder, "class Any:\n    needs = frozenset()\n    def select(self, candidates, k, context): return []\n")
    assert main(["check", "mine:Any"]) == 2
    assert capsys.readouterr().err == "'mine:Any' may be question_policy or experience_policy; say which by --kind\n"
    assert main(["check", "mine:Any", "--kind", "experience_policy"]) == 0


def test_what_is_nothing_is_told_what_it_lacks(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written(folder, "def answer(): ...\n\nclass Empty:\n    def questions(self, seed): ...\n    measures = ()\n")
    assert main(["check", "mine:Empty"]) == 2
    told = capsys.readouterr().err
    assert told == (
        "'mine:Empty' is no component: it has the members of no role; for environment it lacks exact_judge\n"
    )
    assert main(["check", "mine:answer"]) == 2
    assert "is not a class but function" in capsys.readouterr().err
    assert main(["check", "mine:Missing"]) == 2
    assert "its module has no class 'Missing'; " in capsys.readouterr().err
    assert main(["check", "nowhere:Missing"]) == 2
    assert "no module 'nowhere'" in capsys.readouterr().err


def test_what_raises_when_it_is_built_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    body = "\n\nclass Bad(Good):\n    def __post_init__(self): raise RuntimeError('not today')\n"
    written(folder, GOOD["judge"] + body)
    assert main(["check", "mine:Bad"]) == 2
    told = capsys.readouterr().err
    assert told.startswith("judge 'mine:Bad' raised RuntimeError: not today (mine.py:") and told.count("\n") == 1


def test_a_registered_one_is_checked_by_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "answer_key", "noisy", "--kind", "judge"]) == 0
    assert capsys.readouterr().out == "answer_key: a good judge\nnoisy: a good judge\n"
    assert main(["check", "answer_keyy", "--kind", "judge"]) == 2
    assert "did you mean 'answer_key'" in capsys.readouterr().err


def test_a_scenarios_components_are_held_to_their_roles(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    body = "\n\nclass Bad(Good):\n    def mark(self, question, answer, score): return Feedback(score=2, judge='bad')\n"
    written(folder, GOOD["judge"] + body)
    path = folder / "tiny.yaml"
    path.write_text(scenario(judge='"mine:Bad"', question_policy="my_question_policy:Good"), encoding="utf-8")
    assert main(["check", "tiny.yaml"]) == 2
    told = capsys.readouterr().err
    assert told.startswith("tiny.yaml:6: teacher: judge 'mine:Bad' gave the score 2.0 for question 'pool-0-0'")
    assert told.count("\n") == 1
    assert main(["check", "tiny.yaml", "--set", 'teacher="mine:Good"']) == 0, capsys.readouterr().err


MADE = {
    "Bad.__init__": "class Bad(Good):\n    def __init__(self, limit=3):\n        self.limit = limit",
    "Bad.__new__": "class Bad(Good):\n    def __new__(cls, limit=3):\n        return object.__new__(cls)",
    "Limited.__init__": "class Limited:\n    def __init__(self, limit=3):\n        self.limit = limit\n\n"
    "class Bad(Limited, Good): ...",
    "Deep.__init__": "class Deep(Good):\n    limit: int = 3\n    def __init__(self):\n        self.seen = []\n\n"
    "class Between(Deep): ...\n\nclass Bad(Between): ...",
    "Kept.__init__": "@dataclass\nclass Kept(Good):\n    limit: int = 3\n    def __init__(self, limit=3):\n"
    "        self.limit = limit\n\nclass Bad(Kept): ...",
    "Bare.__init__": "@dataclass(init=False)\nclass Bare(Good):\n    limit: int = 3\n"
    "    def __init__(self, limit=3):\n        self.limit = limit\n\nclass Bad(Bare):\n    more: int = 1",
    "Late.__init__": "class Late(Good): ...\n\ndef __init__(self, limit=3):\n    self.limit = limit\n\n"
    "Late.__init__ = __init__\n\nclass Bad(Late): ...",
}  # fmt: skip


@pytest.mark.parametrize("maker", MADE)
def test_a_class_that_is_made_by_a_method_of_its_own_is_refused_and_told_what_to_write(
    maker: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written(folder, f"from dataclasses import dataclass\n\n{GOOD['question_policy']}\n\n{MADE[maker]}\n")
    (folder / "tiny.yaml").write_text(scenario(question_policy='"mine:Bad"'), encoding="utf-8")
    for words in (["check", "mine:Bad"], ["run", "tiny.yaml", "--quiet"]):
        assert main(words) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert f"'mine:Bad' is made by {maker}, but its typed fields, its parameters in YAML, make it" in line
        assert "write fields, and what follows from them in properties" in line


ITS_WAY = "which makes objects in its own way; write a plain class"
LOOSE = "is a dataclass whose fields may change; write @dataclass(frozen=True), or leave the decorator out"
ODD = {
    "class Bad(NamedTuple):\n    limit: int = 3": f"extends tuple, {ITS_WAY}",
    "class Bad(Enum):\n    FIRST = 1": f"extends Enum, {ITS_WAY}",
    "class Bad(Struct):\n    limit: int = 3": f"extends Struct, {ITS_WAY}",
    "class Bad(BaseModel):\n    limit: int = 3": f"extends BaseModel, {ITS_WAY}",
    "class Bad(ABC):\n    @abstractmethod\n    def more(self): ...": "is abstract, because it has no more; write what",
    "@dataclass\nclass Bad:\n    limit: int = 3": LOOSE,
    "@dataclass(slots=True)\nclass Bad:\n    limit: int": LOOSE,
    "@dataclass\nclass Loose: ...\n\nclass Bad(Loose):\n    limit: int = 3": LOOSE,
    'class Bad:\n    limit: "Nowhere" = 3': "cannot be read from YAML: name 'Nowhere' is not defined; import it in its",
    "class Bad:\n    limit: list = []": "raised ValueError: mutable default <class 'list'> for field limit is not all",
    "class Bad(BaseModel):\n    limit = 3": "its module raises PydanticUserError: A non-annotated attribute was detect",
    "assert 0, 'two\\nlines'\nclass Bad:\n    limit: int": "its module raises AssertionError: two lines; correct it",
}  # fmt: skip


HEADS = """\
from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar, NamedTuple

from msgspec import Struct
from pydantic import BaseModel


"""
MEMBERS = "\n    {needs} = frozenset()\n\n    def select(self, candidates, k, context):\n        return []\n"


@pytest.mark.parametrize("body", ODD)
def test_a_class_that_no_fields_make_is_refused_with_what_to_write(
    body: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    needs = "needs: ClassVar[frozenset]" if "BaseModel" in body else "needs"
    written(folder, HEADS + body + MEMBERS.format(needs=needs))
    (folder / "tiny.yaml").write_text(scenario(question_policy='"mine:Bad"'), encoding="utf-8")
    for words in (["check", "mine:Bad", "--kind", "question_policy"], ["run", "tiny.yaml", "--quiet"]):
        assert main(words) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert ("mine:Bad" in line or "mine.py:Bad" in line) and ODD[body] in line, line


FIELDS = {
    "a field": "class Mine(Good):\n    limit: int = 3",
    "a dataclass": "@dataclass(frozen=True)\nclass Mine(Good):\n    limit: int = 3",
    "what follows from a field": "class Mine(Good):\n    limit: int = 3\n    def __post_init__(self):\n"
    "        assert self.limit == 3",
    "a mixin": "@dataclass(frozen=True)\nclass Limited:\n    limit: int = 3\n\nclass Mine(Limited, Good): ...",
    "the role as base": "from simulation.core.roles import SelectionPolicy\n\n"
    "class Mine(Good, SelectionPolicy[Question]):\n    limit: int = 3",
    "one of the project as base": "from policies.asking.random import Random\n\n"
    "class Mine(Random):\n    limit: int = 3",
}


@pytest.mark.parametrize("way", FIELDS)
def test_a_class_with_fields_is_made_from_them_whatever_it_extends(
    way: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written(folder, f"from dataclasses import dataclass\n\n{GOOD['question_policy']}\n\n{FIELDS[way]}\n")
    assert main(["check", "mine:Mine", "--kind", "question_policy", "--set", "limit=3"]) == 0, capsys.readouterr().err
