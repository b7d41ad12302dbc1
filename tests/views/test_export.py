"""What is exported says what the study holds, in formats that their own libraries read."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file

from simulation.core.errors import StoreError
from simulation.core.types import Turn
from simulation.play.runner import play
from simulation.store import Study, canonical
from simulation.views.export import export
from tests.play.test_runner import Ears
from tests.support.scripted import LeastSure, scripted_world, seats, stepper


@pytest.fixture
def study(disk: Path) -> Study:
    world = scripted_world(seats(2), ask=LeastSure(), turns=4)
    made = Study.create(disk / "study", scenario={"name": "a"}, seats=seats(2), fingerprint={"numpy": "2"})
    play(made, world, stepper(world), Ears())
    return made


def test_json_lines_are_the_canonical_bytes(study: Study, disk: Path) -> None:
    paths = export(study, disk / "out", "jsonl")
    assert [path.name for path in paths] == ["turns.jsonl", "study.json"]
    lines = paths[0].read_bytes().splitlines()
    assert lines == [canonical(turn) for turn in study.turns()]
    first = json.loads(lines[2])["experiences"][0]
    assert first["question"]["reference"] == next(study.turns(start=1)).experiences[0].question.reference
    about = json.loads(paths[1].read_text())
    assert (about["trace_hash"], about["bit_reproducible"]) == (study.trace_hash, True)


def test_parquet_tables_hold_every_row_and_every_number(study: Study, disk: Path) -> None:
    tables = {path.stem: pd.read_parquet(path) for path in export(study, disk / "out", "parquet")[:-1]}
    assert set(tables) == {"picks", "answers", "results", "evaluations", "updates"}
    turns = list(study.turns())
    given = [each for turn in turns for each in turn.experiences]
    answers = tables["answers"]
    assert answers["answer"].tolist() == [each.answer.text for each in given]
    assert answers["truth"].tolist() == [each.truth for each in given]
    assert answers["turn"].tolist() == [each.turn for each in given]
    for logprobs, each in zip(answers["choice_logprobs"], given, strict=True):
        assert tuple(logprobs) == each.answer.choice_logprobs
    assert tables["picks"]["score"].tolist() == [pick.score for turn in turns for pick in turn.picks]
    assert len(tables["results"]) == sum(len(each.results) for turn in turns for each in turn.evaluations.values())
    held_out = tables["evaluations"].query("question_set == 'held_out' and student == 'student-1'")
    assert held_out["accuracy"].iloc[-1] == turns[-1].evaluations["held_out"].metrics["accuracy"]
    losses = [json.loads(text)["loss"] for text in tables["updates"]["metrics"]]
    assert losses == [turn.update.metrics["loss"] for turn in turns if turn.update is not None]


def test_text_that_parquet_cannot_hold_is_marked_and_json_lines_keep_it(disk: Path) -> None:
    (turn,) = stepper(scripted_world(seats(1)))(1)
    odd = replace(turn.experiences[0], answer=replace(turn.experiences[0].answer, text="a\ud800\0b"))
    turns: list[Turn] = [Turn(turn=0, student="student-0"), replace(turn, experiences=(odd,), lessons=(), update=None)]
    with Study.create(disk / "s", scenario={}, seats=seats(1), fingerprint={}) as study:
        for each in turns:
            study.append([each], {}, seconds={})
        assert list(study.turns()) == turns
        export(study, disk / "parquet", "parquet")
        export(study, disk / "jsonl", "jsonl")
    assert pd.read_parquet(disk / "parquet" / "answers.parquet")["answer"].tolist() == ["a?\0b"]
    line = (disk / "jsonl" / "turns.jsonl").read_bytes().splitlines()[1]
    assert json.loads(line)["experiences"][0]["answer"]["text"] == "a\ud800\0b"


def test_peft_folders_hold_the_last_adapters_under_a_card_that_says_what_they_are(study: Study, disk: Path) -> None:
    export(study, disk / "out", "peft")
    for number, seat in enumerate(seats(2)):
        folder = disk / "out" / seat.name
        weights = load_file(folder / "adapter_model.safetensors")
        world = scripted_world(seats(2))
        world.model.restore(seat.name, study.adapter(seat.name))
        (tensor,) = weights.values()
        np.testing.assert_array_equal(tensor[0], world.model.adapters_SP[number])
        config = json.loads((folder / "adapter_config.json").read_text())
        assert (config["peft_type"], config["r"], config["base_model_name_or_path"]) == ("LORA", 1, "scripted")
        card = (folder / "README.md").read_text()
        last = study.trace(seat.name).turns[-1].evaluations["held_out"]
        assert f"held-out accuracy {last.metrics['accuracy']:.1%} over {last.questions} questions after turn 4" in card
        assert study.trace_hash in card
        assert "base_model: scripted" in card


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
        Study.create(disk / "s", scenario={}, seats=seats(1), fingerprint={}) as study,
        pytest.raises(StoreError, match="no turn yet"),
    ):
        export(study, disk / "out", "jsonl")
