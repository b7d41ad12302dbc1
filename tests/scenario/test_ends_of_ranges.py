"""Every number of every component has a range, shown in the schema, and plays three turns at both ends of it."""

import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from simulation.core.errors import ModelError
from simulation.core.types import Seat
from simulation.loop.scheduler import Classroom
from simulation.scenario.document import Document
from simulation.scenario.prepare import prepare
from simulation.scenario.scenario import checked
from simulation.scenario.schema import scenario_schema
from simulation.scenario.seating import load_world
from simulation.store.canonical import dump
from tests.support import tiny_models
from tests.support.fault_server import FaultServer
from tests.support.own_questions import as_table, planned
from tests.support.ranges import End, ends

pytestmark = pytest.mark.usefixtures("one_thread")
TURNS = 3
BESIDE: dict[tuple[str, str], dict[str, Any]] = {
    ("balanced_filter", "low"): {"high": 1},
    ("balanced_filter", "high"): {"low": 0},
    ("bkt", "guess"): {"slip": 1e-6},
    ("bkt", "slip"): {"guess": 1e-6},
    ("grpo", "baseline"): {"advantages": "none"},
    ("grpo", "beams"): {"groups": "beams"},
    ("sft", "beta"): {"loss": "gem_linear"},
    ("peers", "seats"): {"graph": "complete"},
    ("peers", "neighbours"): {"seats": 1000},
    ("recommendation", "levels"): {"codes": 1000},
    ("recommendation", "codes"): {"levels": 26},
    ("recommender_users", "levels"): {"codes": 1000},
    ("recommender_users", "codes"): {"levels": 26},
    ("api", "budget.money"): {"prices": {"input": 1e-3}},
    ("language_model", "count"): {"lora": {"rank": 1}},
    ("language_model", "codes.levels"): {"slot": "lora_and_rows"},
    ("language_model", "codes.size"): {"slot": "lora_and_rows"},
}
"""Parameters without which another makes no sense, or is refused beside a default."""
SIMULATED = {"math_word_problems", "recommendation", "recommender_users"}
"""Environments whose questions the surrogates answer."""
TEACHERS = {
    "code_tasks": "all_tests", "instructions": "conditions", "recommendation": "next_item",
    "recommender_users": "recommender_user",
}  # fmt: skip
COUNTING = ("co_occurrence", "last_item", "popularity", "sasrec", "transition_graph")


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Write tiny models, a record of films, a table of questions, rows of verdicts; serve a tiny API."""
    folder = tmp_path_factory.mktemp("ends")
    tiny_models.save("llama", folder / "tiny")
    tiny_models.save("t5", folder / "t5")
    tiny_models.save_reward(folder / "reward")
    (folder / "own.csv").write_text(as_table(planned(100, seed=3), ";"), encoding="utf-8")
    (folder / "popularity.json").write_text(json.dumps({f"{film}": film for film in range(80)}), encoding="utf-8")
    verdicts = [{"reference": f"{row}", "answer": f"{row + row % 2}", "correct": row % 2 == 0} for row in range(10)]
    (folder / "verdicts.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in verdicts), encoding="utf-8")
    write_films(folder / "films", 80)
    write_films(folder / "many", 1040)
    with pytest.MonkeyPatch.context() as patch, FaultServer() as server:
        patch.setenv("ENDS_KEY", "x")
        patch.setitem(PLACES, "server", server.url)
        patch.setitem(PLACES, "folder", str(folder))
        yield folder


PLACES: dict[str, str] = {}


def write_films(folder: Path, count: int) -> None:
    """Write a record in which eight users take every film in turn, each beginning at another."""
    folder.mkdir()
    stream = random.Random(0)
    order = stream.sample(range(count), count)
    taken = [(user, order[(131 * user + place) % count], place) for user in range(8) for place in range(131)]
    rows = "".join(f"{user}::{film}::4::{1000 * place + user}\n" for user, film, place in taken)
    (folder / "ratings.dat").write_text(rows, encoding="utf-8")
    titles = "".join(f"{film}::Film {film} of {film * 7 % 13} (1990)::Comedy\n" for film in range(count))
    (folder / "movies.dat").write_text(titles, encoding="utf-8")


def writer() -> dict[str, Any]:
    return {"name": "language_model", "model": f"{PLACES['folder']}/tiny", "mode": "generate", "max_tokens": 4}


def films() -> dict[str, Any]:
    rows = f"{PLACES['folder']}/films"
    return {"name": "recommendation", "rows": rows, "probe_size": 8, "held_out_size": 8}


def document(end: End, number: int = 0) -> dict[str, Any]:
    """A small scenario in which a component plays at an end."""
    part: dict[str, Any] = {"name": end.name, **BESIDE.get((end.name, end.key), {}), **end.written}
    scenario: dict[str, Any] = {
        "name": f"end-{number}",
        "turns": TURNS,
        "environment": {"name": "math_word_problems", "pool_size": 200, "held_out_size": 8, "probe_size": 8},
        "students": "irt_learner",
        "teacher": "answer_key",
        "ask": {"policy": "random", "questions": 1, "candidates": 1},
        "learn": {},
        "evaluate": {"every": TURNS, "questions": 1},
    }
    SETTINGS[end.kind](scenario, part, end)
    return scenario


def ask(scenario: dict[str, Any], part: dict[str, Any], _end: End) -> None:
    scenario["ask"] = {"policy": part, "questions": 4, "candidates": 12}


def learn(scenario: dict[str, Any], part: dict[str, Any], _end: End) -> None:
    scenario["ask"] |= {"questions": 4, "candidates": 12}
    scenario["learn"] = {"policy": part}


def train(scenario: dict[str, Any], part: dict[str, Any], end: End) -> None:
    few = {"max_tokens": 2, "samples": 2} if end.name == "grpo" else {}
    scenario["students"] = {"name": "language_model", "model": writer()["model"]}
    scenario["learn"] = {"trainer": {**few, **part}}
    if end.key == "beams":
        scenario |= {"environment": "recommendation", "teacher": "next_item"}


def environment(scenario: dict[str, Any], part: dict[str, Any], end: End) -> None:
    rows: dict[str, Any] = {"rows": f"{PLACES['folder']}/own.csv"} if end.name == "questions" else {}
    if (end.name, end.key) in (("recommendation", "history"), ("recommendation", "shortest_history")):
        rows = {**films(), "history": 100}  # the shop has no windows so long, and none so short that are new
    if end.name == "recommendation" and end.key in ("count", "ranked"):
        rows = {**films(), "rows": f"{PLACES['folder']}/many"}  # the shop has 600 items
    scenario |= {"environment": {**rows, **part}, "teacher": TEACHERS.get(end.name, "answer_key")}
    if end.name.startswith("recommend"):
        scenario |= {"students": "popularity", "learn": {"trainer": "none"}}
    elif end.name not in SIMULATED:
        scenario |= {"students": writer(), "learn": {"trainer": "none"}}


def students(scenario: dict[str, Any], part: dict[str, Any], end: End) -> None:
    frozen = {"learn": {"trainer": "none"}}
    scenario["students"] = part
    if end.name in COUNTING:
        scenario |= {**frozen, "environment": films(), "teacher": "next_item"}
    elif end.name == "api":
        there = {"provider": "custom", "base_url": PLACES["server"], "model": "small", "key_variable": "ENDS_KEY"}
        part |= {**there, "cache": False}
        scenario |= frozen
    elif end.name == "language_model":
        part["model"] = f"{PLACES['folder']}/tiny"
        scenario["learn"] = {"trainer": "none" if end.key == "count" else "sft"}
        if end.key.startswith("grounding"):
            part |= {"mode": "generate", "max_tokens": 4, **frozen_titles(end)}
            scenario |= {**frozen, "environment": {**films(), "wants": "titles"}, "teacher": "next_item"}


def frozen_titles(end: End) -> dict[str, Any]:
    return {"grounding": {"popularity": f"{PLACES['folder']}/popularity.json", **end.written["grounding"]}}


def judge(scenario: dict[str, Any], part: dict[str, Any], end: End) -> None:
    scenario["teacher"] = part
    if end.name in ("executor", "all_tests", "reward_model"):
        bank = "instructions" if end.name == "reward_model" else "code_tasks"
        scenario |= {"environment": {"name": bank, "pool_size": 20}, "students": writer(), "learn": {"trainer": "none"}}
    if "train" in part:
        part["train"] = {**part["train"], "rows": f"{PLACES['folder']}/verdicts.jsonl"}
    if end.name in ("classifier", "reward_model"):
        part["model"] = f"{PLACES['folder']}/{'t5' if end.name == 'classifier' else 'reward'}"
    if end.name in ("title_similarity", "reference_free"):
        scenario |= {"environment": films(), "students": "popularity", "learn": {"trainer": "none"}}


SETTINGS = {
    "question_policy": ask, "experience_policy": learn, "trainer": train, "environment": environment,
    "students": students, "judge": judge,
}  # fmt: skip


def play(documents: Sequence[dict[str, Any]], *, alone: bool) -> None:
    """Play scenarios to their end side by side; what they record has to be what a study can hold."""
    all_prepared = [
        prepare(
            checked(Document("scenario", written)),
            None if alone else [Seat(name=written["name"], number=0, seed=0, label=written["name"])],
        )
        for written in documents
    ]
    classroom = Classroom(load_world(all_prepared))
    try:
        for number in range(TURNS + 1):
            for turn in classroom.play(number):
                dump(turn)
    finally:
        classroom.leave()


def test_every_number_has_a_range_that_the_schema_shows() -> None:
    assert not [str(end) for end in ends() if end.value is None], "give it a range in which it cannot crash: Field(ge=)"
    assert len(ends()) > 450
    shown = json.dumps(scenario_schema())
    assert shown.count('"maximum"') > 150 and shown.count('"minimum"') > 150


def test_policies_and_trainers_play_at_their_ends() -> None:
    """They sit side by side: one world each, because nobody's turn depends on a neighbour."""
    policies = ends("question_policy", "experience_policy")
    play([document(end, number) for number, end in enumerate(policies)], alone=False)
    trainers = [end for end in ends("trainer") if end.key != "beams"]
    play([document(end, number) for number, end in enumerate(trainers)], alone=False)
    play([document(end, number) for number, end in enumerate(ends("trainer")) if end.key == "beams"], alone=False)


@pytest.mark.parametrize("end", ends("environment", "students", "judge"), ids=str)
def test_environments_students_and_judges_play_at_their_ends(end: End, request: pytest.FixtureRequest) -> None:
    if end.name in ("executor", "all_tests") or (end.kind, end.name) == ("environment", "code_tasks"):
        request.getfixturevalue("sandboxed")
    if end.key.startswith("budget.") and end.value is not None and end.value <= 1:
        with pytest.raises(ModelError, match="the budget of 1"):  # which is what it is for
            play([document(end)], alone=True)
    else:
        play([document(end)], alone=True)
