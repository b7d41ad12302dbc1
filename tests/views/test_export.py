"""What is exported says what the study holds, in formats that their own libraries read."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load, load_file

from simulation.commands.main import main
from simulation.core.errors import StoreError
from simulation.core.kinds.kind import Form, Key
from simulation.core.peft_folder import CONFIG, WEIGHTS, peft_config
from simulation.core.types import Answer, LessonEffect, Question, Ranking, Turn
from simulation.play.runner import play
from simulation.store import Study, canonical
from simulation.views.export import as_peft, export
from tests.play.test_runner import Ears
from tests.support.learners import learner
from tests.support.scripted import LeastSure, ScriptedLearner, scripted_world, seats, stepper
from tests.support.studies import experience, make


class Pairs(Form, frozen=True, kw_only=True, tag="pairs for a test"):
    """One of all pairs of a left and a right text is the answer."""

    left: tuple[str, ...]
    right: tuple[str, ...]

    @property
    def alternatives(self) -> tuple[str, ...]:
        return tuple(f"{left} {right}" for left in self.left for right in self.right)


class Both(Key, frozen=True, kw_only=True, tag="both for a test"):
    """The pair that is right."""

    answer: str

    @property
    def reference(self) -> str:
        return self.answer

    @property
    def reveals(self) -> tuple[str, ...]:
        return ("half of it", "filler", "half of it", "right")


@pytest.fixture
def study(disk: Path) -> Study:
    world = scripted_world(seats(2), ask=LeastSure(), turns=4)
    made = make(disk / "study", sets={"held_out": world.held_out, "probe": world.probe[:3]})
    play(made, world, stepper(world), Ears())
    return made


def test_json_lines_are_the_canonical_bytes(study: Study, disk: Path) -> None:
    paths = export(study, disk / "out", "jsonl")
    assert [path.name for path in paths] == ["turns.jsonl", "questions.jsonl", "study.json"]
    lines = paths[0].read_bytes().splitlines()
    assert lines == [canonical(turn) for turn in study.turns()]
    first = json.loads(lines[2])["experiences"][0]
    assert first["question"]["key"]["answer"] == next(study.turns(start=1)).experiences[0].question.key.reference
    sheets = [json.loads(line) for line in paths[1].read_bytes().splitlines()]
    assert [sheet["question"]["id"] for sheet in sheets if sheet["question_set"] == "held_out"] == [
        question.id for question in study.question_set("held_out")
    ]
    assert [sheet["question_set"] for sheet in sheets].count("probe") == 3
    about = json.loads(paths[2].read_text())
    assert (about["trace_hash"], about["bit_reproducible"]) == (study.trace_hash, True)
    assert about["measures"] == [{"name": "accuracy", "graded": False, "formula": None}]


def test_parquet_tables_hold_every_row_and_every_number(study: Study, disk: Path) -> None:
    tables = {path.stem: pd.read_parquet(path) for path in export(study, disk / "out", "parquet")[:-1]}
    assert set(tables) == {"picks", "answers", "attempts", "results", "evaluations", "updates", "lessons", "questions"}
    turns = list(study.turns())
    given = [each for turn in turns for each in turn.experiences]
    answers = tables["answers"]
    assert answers["answer"].tolist() == [each.answer.text for each in given]
    assert answers["truth"].tolist() == [each.truth for each in given]
    assert answers["turn"].tolist() == [each.turn for each in given]
    assert answers["taken"].tolist() == [each.answer.choice for each in given]
    assert answers["reveals"].tolist() == [each.question.key.reveals[each.answer.choice or 0] for each in given]
    assert answers["reason"].tolist() == [each.feedback.reason for each in given]
    assert [json.loads(text) for text in answers["outcomes"]] == [
        [asdict(outcome) for outcome in each.feedback.outcomes] for each in given
    ]
    for logprobs, alternatives, each in zip(answers["logprobs"], answers["alternatives"], given, strict=True):
        assert each.answer.ranking is not None
        assert tuple(logprobs) == each.answer.ranking.logprobs
        assert tuple(alternatives) == each.question.form.alternatives
    assert tables["picks"]["score"].tolist() == [pick.score for turn in turns for pick in turn.picks]
    assert len(tables["results"]) == sum(len(each.results) for turn in turns for each in turn.evaluations.values())
    results = [result for turn in turns for each in turn.evaluations.values() for result in each.results]
    for logprobs, result in zip(tables["results"]["logprobs"], results, strict=True):
        assert result.ranking is not None
        assert tuple(logprobs) == result.ranking.logprobs
    last = tables["evaluations"].query("question_set == 'held_out' and student == 'student-1' and turn == 4")
    assert dict(zip(last["measure"], last["value"], strict=True)) == turns[-1].evaluations["held_out"].metrics
    losses = [json.loads(text)["loss"] for text in tables["updates"]["metrics"]]
    assert losses == [turn.update.metrics["loss"] for turn in turns if turn.update is not None]
    learned = [(turn.turn, lesson) for turn in turns for lesson in turn.lessons]
    lessons = tables["lessons"]
    assert lessons["question"].tolist() == [lesson.item.question.id for _, lesson in learned]
    assert lessons["from_turn"].tolist() == [lesson.item.turn for _, lesson in learned]
    questions = tables["questions"].query("question_set == 'held_out'")
    put = study.question_set("held_out")
    assert questions["prompt"].tolist() == [question.prompt for question in put]
    assert [tuple(texts) for texts in questions["alternatives"]] == [question.form.alternatives for question in put]
    assert [json.loads(text)["reveals"] for text in questions["key_fields"]] == [
        [*question.key.reveals] for question in put
    ]


def test_what_an_update_did_stands_beside_each_lesson_it_tells_of(disk: Path) -> None:
    turns = [turn for (turn,) in map(stepper(scripted_world(seats(1))), range(2))]
    update = turns[1].update
    assert update is not None and len(turns[1].lessons) > 1
    effect = LessonEffect(lesson=1, taught_before=-2.5, taught_after=-1.0)
    with make(disk / "s", 1) as study:
        study.append([turns[0]], {}, seconds={})
        study.append([replace(turns[1], update=replace(update, effects=(effect,)))], {}, seconds={})
        export(study, disk / "out", "parquet")
    lessons = pd.read_parquet(disk / "out" / "lessons.parquet")
    assert lessons["taught_after"].iloc[1] == -1.0
    assert lessons["taught_after"].isna().tolist() == [position != 1 for position in range(len(lessons))]
    assert lessons["rejected_before"].isna().all()


def test_a_kind_of_ones_own_is_exported_by_what_all_kinds_have(disk: Path) -> None:
    question = Question(id="q", prompt="Which?", form=Pairs(left=("a", "b"), right=("1", "2")), key=Both(answer="b 2"))
    answer = Answer(
        question_id="q", prompt="Which?", text="a 1", answerer="a", model_version="v", ranking=Ranking(taken=0)
    )
    turn = Turn(turn=0, student="student-0", experiences=(experience(question=question, answer=answer),))
    with make(disk / "s", 1, sets={"held_out": [question]}) as study:
        study.append([turn], {}, seconds={})
    with Study.open(disk / "s") as study:
        assert [*study.turns()] == [turn]
        assert study.question_set("held_out") == (question,)
        assert study.query("SELECT form, reference, reveals FROM answered") == [
            ("pairs for a test", "b 2", "half of it")
        ]
        export(study, disk / "out", "parquet")
        export(study, disk / "jsonl", "jsonl")
    answers = pd.read_parquet(disk / "out" / "answers.parquet")
    assert answers["alternatives"].iloc[0].tolist() == ["a 1", "a 2", "b 1", "b 2"]
    assert answers["reveals"].tolist() == ["half of it"]
    (record,) = pd.read_parquet(disk / "out" / "questions.parquet").to_dict("records")
    assert (record["form"], record["key"], record["reference"]) == ("pairs for a test", "both for a test", "b 2")
    assert json.loads(record["form_fields"]) == {"kind": "pairs for a test", "left": ["a", "b"], "right": ["1", "2"]}


def test_text_that_parquet_cannot_hold_is_marked_and_json_lines_keep_it(disk: Path) -> None:
    (turn,) = stepper(scripted_world(seats(1)))(1)
    odd = replace(turn.experiences[0], answer=replace(turn.experiences[0].answer, text="a\ud800\0b"))
    turns: list[Turn] = [Turn(turn=0, student="student-0"), replace(turn, experiences=(odd,), lessons=(), update=None)]
    with make(disk / "s", 1) as study:
        for each in turns:
            study.append([each], {}, seconds={})
        assert list(study.turns()) == turns
        export(study, disk / "parquet", "parquet")
        export(study, disk / "jsonl", "jsonl")
    assert pd.read_parquet(disk / "parquet" / "answers.parquet")["answer"].tolist() == ["a?\0b"]
    line = (disk / "jsonl" / "turns.jsonl").read_bytes().splitlines()[1]
    assert json.loads(line)["experiences"][0]["answer"]["text"] == {
        "utf-8": "a\ud800\0b".encode("utf-8", "surrogatepass").hex()
    }


def test_peft_folders_hold_the_last_adapters_under_a_card_that_says_what_they_are(study: Study, disk: Path) -> None:
    export(study, disk / "out", "peft")
    for number, seat in enumerate(seats(2)):
        folder = disk / "out" / seat.name
        weights = load_file(folder / "adapter_model.safetensors")
        world = scripted_world(seats(2))
        world.model.restore(seat.name, study.adapter(seat.name))
        (tensor,) = weights.values()
        assert isinstance(world.model, ScriptedLearner)
        np.testing.assert_array_equal(tensor[0], world.model.adapters_SP[number])
        config = json.loads((folder / "adapter_config.json").read_text())
        assert (config["peft_type"], config["r"], config["base_model_name_or_path"]) == ("LORA", 1, "scripted")
        card = (folder / "README.md").read_text()
        last = study.trace(seat.name).turns[-1].evaluations["held_out"]
        assert f"held-out accuracy {last.metrics['accuracy']:.1%} over {last.questions} questions after turn 4" in card
        assert study.trace_hash in card
        assert "base_model: scripted" in card


def test_an_adapter_names_its_base_as_it_is_asked_to_and_no_place_of_this_machine(disk: Path) -> None:
    here, rows = str(disk / "models" / "base"), str(disk / "rows.csv")
    world = scripted_world(seats(1))
    scenario = {"name": "s", "students": {"model": here}, "environment": {"rows": [rows]}}
    with make(disk / "s", 1, scenario=scenario, fingerprint={"weights": "0" * 64}) as study:
        study.set_base(here)
        study.append(stepper(world)(0), {"student-0": world.model.dump("student-0")}, seconds={})
        export(study, disk / "out", "peft", "owner/name")
        with pytest.raises(StoreError, match=r"base id 'owner/name' is how adapters name.*jsonl has none"):
            export(study, disk / "jsonl", "jsonl", "owner/name")
    folder = disk / "out" / "student-0"
    assert json.loads((folder / CONFIG).read_text())["base_model_name_or_path"] == "owner/name"
    card = (folder / "README.md").read_text()
    assert "base_model: owner/name" in card and "0" * 64 in card and "rows.csv" in card
    assert str(disk) not in card + (folder / CONFIG).read_text()


HERE, ROWS = "/home/me/models/base", "/home/me/data/rows.csv"


@pytest.mark.parametrize(
    "scenario",
    [
        {"students": {"model": HERE, "chat": {"template": "/home/me/chat.jinja"}}},
        {"environment": {"name": "questions", "rows": ROWS}},
        {"environment": {"rows": [ROWS, ROWS]}, "teacher": {"train": {"rows": ROWS}}},
        {"ask": {"policy": {"name": "/home/me/mine.py:Mine"}, "sampler": {"model": HERE}}},
        {"teacher": {"name": "noisy", "judged_by": {"name": "reward_model", "model": HERE}}},
        {"students": {"prompt": {"layout": "/home/me/layout.jinja", "shots": [{"question": "?", "answer": "4"}]}}},
    ],
)
@pytest.mark.parametrize("base_id", ["owner/name", "name"])
def test_no_file_of_an_adapter_names_a_place_of_this_machine(
    scenario: dict[str, object], base_id: str, disk: Path
) -> None:
    world = scripted_world(seats(1))
    with make(disk / "s", 1, scenario={"name": "s", **scenario}, fingerprint={"weights": "0" * 64}) as study:
        study.set_base(HERE)
        study.append(stepper(world)(0), {"student-0": world.model.dump("student-0")}, seconds={})
        paths = export(study, disk / "out", "peft", base_id)
    for path in paths:
        assert b"/home/me" not in path.read_bytes()
    assert base_id in (disk / "out" / "student-0" / CONFIG).read_text()


@pytest.mark.parametrize(
    ("base", "more", "warned"),
    [(HERE, [], True), (HERE, ["--base-id", "a/b"], False), ("google/gemma-2b-it", [], False), ("C:base", [], False)],
)
def test_who_exports_an_adapter_is_told_that_its_base_is_a_place(
    base: str, more: list[str], warned: bool, disk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world = scripted_world(seats(1))
    with make(disk / "s", 1) as study:
        study.set_base(base)
        study.append(stepper(world)(0), {"student-0": world.model.dump("student-0")}, seconds={})
    assert main(["export", str(disk / "s"), "--to", str(disk / "out"), "--format", "peft", *more]) == 0
    told = capsys.readouterr().err
    assert (f"warning: the adapters name their base by its place on this machine, {HERE}; " in told) == warned
    assert ("--base-id" in told) == warned


def test_trained_rows_are_exported_beside_the_adapter_as_the_student_saves_them(disk: Path) -> None:
    student = learner(count=1, slot="lora_and_rows", rows="[a-c]")
    description, weights = as_peft(student.dump("student-0"), "student-0")
    student.save("student-0", disk / "saved")
    assert json.loads((disk / "saved" / CONFIG).read_text()) == peft_config("llama", description)
    assert description["trainable_token_indices"]
    exported, saved = load(weights), load_file(disk / "saved" / WEIGHTS)
    assert exported.keys() == saved.keys() and any("trainable_tokens" in name for name in exported)
    for name, tensor in saved.items():
        np.testing.assert_array_equal(exported[name], tensor)


def test_of_every_weight_peft_has_no_form_and_that_is_said(disk: Path) -> None:
    student = learner(count=1, slot="every_weight")
    world = scripted_world(seats(1))
    with make(disk / "s", 1) as study:
        study.append(stepper(world)(0), {"student-0": student.dump("student-0")}, seconds={})
        with pytest.raises(StoreError, match="holds every weight of its model, of which PEFT has no form; export it"):
            export(study, disk / "out", "peft")
    assert not (disk / "out").exists()


def test_of_a_student_that_learns_nothing_there_is_no_adapter(disk: Path) -> None:
    with make(disk / "s", 1) as study:
        study.append(stepper(scripted_world(seats(1)))(0), {"student-0": b""}, seconds={})
        with pytest.raises(StoreError, match="'student-0' learns nothing, so there is no adapter of it"):
            export(study, disk / "out", "peft")


def test_nothing_is_overwritten_and_an_unknown_format_is_refused(study: Study, disk: Path) -> None:
    (disk / "full").mkdir()
    (disk / "full" / "mine").write_text("keep me")
    with pytest.raises(StoreError, match="not empty"):
        export(study, disk / "full", "jsonl")
    with pytest.raises(StoreError, match="did you mean 'parquet'"):
        export(study, disk / "out", "parqet")
    assert not (disk / "out").exists()


def test_a_study_without_a_turn_has_nothing_to_export(disk: Path) -> None:
    with (
        make(disk / "s", 1) as study,
        pytest.raises(StoreError, match="no turn yet"),
    ):
        export(study, disk / "out", "jsonl")
