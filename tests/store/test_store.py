"""A study is one folder: read while it is written, written by one process, and no larger than it should be."""

import os
import sqlite3
from pathlib import Path

import pytest

from simulation.core.errors import StoreError, StudyBusy
from simulation.core.kinds.options import Options
from simulation.core.kinds.reference import Reference
from simulation.core.questions import Measure
from simulation.core.types import Question, Seat, Turn
from simulation.store import Study, new_folder, study_folders
from simulation.store.schema import DATABASE
from tests.support.scripted import scripted_world, seats, stepper
from tests.support.studies import FINGERPRINT, MEASURES, filled, make


def test_pages_start_where_asked(disk: Path) -> None:
    study, played = filled(disk / "s", 3)
    with study:
        assert list(study.turns("student-1", start=1, stop=3)) == played[3:6:2]
        assert list(study.turns(start=3, stop=99)) == played[6:]
        assert study.trace("student-0").turns == tuple(played[::2])
        with pytest.raises(StoreError, match="student-0, student-1"):
            study.trace("nobody")


def test_a_reader_sees_each_commit_while_the_writer_writes(disk: Path) -> None:
    world = scripted_world(seats(2), turns=3)
    step, study = stepper(world), make(disk / "s")
    with Study.open(disk / "s") as reader:
        for number in range(4):
            assert reader.last_turn == number - 1
            assert len(list(reader.turns())) == 2 * number
            both = step(number)
            study.append(both, {turn.student: world.model.dump(turn.student) for turn in both}, seconds={})
            reader.verify()
        assert reader.trace_hash == study.trace_hash
        assert reader.adapter("student-0") == world.model.dump("student-0")
    study.close()


def test_a_study_is_read_with_its_name_seats_scenario_and_times(disk: Path) -> None:
    study, _ = filled(disk / "a-study", 2)
    study.finish()
    study.close()
    with Study.open(disk / "a-study") as study:
        assert (study.name, study.status, study.last_turn) == ("a-study", "finished", 2)
        assert study.seats == seats(2)
        assert study.scenario == {"name": "a", "seed": 0}
        assert study.timings.stages() == {number: {"play": 0.5} for number in range(3)}
    assert (disk / "a-study" / "scenario.yaml").read_text() == "name: a\nseed: 0\n"
    assert study_folders(disk) == [disk / "a-study"]


def test_the_trace_hash_covers_scenario_seats_measures_and_adapters_but_not_times(disk: Path) -> None:
    turns = [Turn(turn=0, student="a")]

    def trace_hash(
        name: str,
        *,
        seed: int = 0,
        scenario: str = "x",
        blob: bytes = b"1",
        seconds: float = 0,
        measures: tuple[Measure, ...] = MEASURES,
    ) -> str:
        seat = Seat(name="a", number=0, seed=seed)
        with Study.create(
            disk / name, scenario={"name": scenario}, seats=[seat], measures=measures, fingerprint={"at": name}
        ) as study:
            study.append(turns, {"a": blob}, seconds={"play": seconds})
            return study.trace_hash

    same = trace_hash("1")
    assert trace_hash("2", seconds=5) == same
    graded = trace_hash("6", measures=(Measure(name="accuracy", graded=True),))
    assert len({same, trace_hash("3", seed=1), trace_hash("4", scenario="y"), trace_hash("5", blob=b"2"), graded}) == 5


def test_only_the_newest_adapters_stay(disk: Path) -> None:
    study, _ = filled(disk / "s", 4)
    with study:
        assert len(list((disk / "s" / "blobs").iterdir())) == 2
        assert study.adapter("student-0") == study.adapter("student-0", 4)
        with pytest.raises(StoreError, match="after turn 1 was not kept"):
            study.adapter("student-0", 1)


def test_adapters_of_evaluated_turns_stay_where_asked_also_after_a_crash(disk: Path) -> None:
    study, _ = filled(disk / "s", 5, keep="evaluated")
    blobs = disk / "s" / "blobs"
    kept = {path.name for path in blobs.iterdir()}
    assert len(kept) == 2 * 4  # turns 0, 2, 4, and 5 as the last
    study.close()
    (blobs / f"{'0' * 64}.safetensors").write_bytes(b"never committed")
    (blobs / ".half.1").write_bytes(b"never renamed")
    with Study.open(disk / "s", write=True) as study:
        assert {path.name for path in blobs.iterdir()} == kept
        assert study.adapter("student-1", 2) != study.adapter("student-1", 4)
        study.verify()


def test_a_turn_without_a_new_adapter_keeps_the_one_before(disk: Path) -> None:
    with make(disk / "s", 1) as study:
        study.append([Turn(turn=0, student="student-0")], {"student-0": b"first"}, seconds={})
        study.append([Turn(turn=1, student="student-0")], {}, seconds={})
        assert study.adapter("student-0") == b"first"
        study.append([Turn(turn=2, student="student-0")], {"student-0": b"first"}, seconds={})
        study.append([Turn(turn=3, student="student-0")], {"student-0": b"second"}, seconds={})
        assert study.adapter("student-0") == b"second"
        study.verify()


def test_two_writers_are_refused_in_one_process_and_the_lock_goes_with_close(disk: Path) -> None:
    study, _ = filled(disk / "s", 1)
    with pytest.raises(StudyBusy, match=rf"process {os.getpid()}; .*kill"):
        Study.open(disk / "s", write=True)
    study.close()
    Study.open(disk / "s", write=True).close()


def test_a_folder_in_the_way_a_missing_study_and_a_half_made_one_are_refused(disk: Path) -> None:
    make(disk / "s").close()
    with pytest.raises(StoreError, match="already there"):
        make(disk / "s")
    with pytest.raises(StoreError, match="is no study"):
        Study.open(disk / "t")
    (disk / "half").mkdir()
    sqlite3.connect(disk / "half" / DATABASE).close()
    with pytest.raises(StoreError, match="making was interrupted"):
        Study.open(disk / "half")


@pytest.mark.parametrize(
    ("version", "complaint"),
    [
        (
            4,
            r"format 4, which version 0\.1\.0 of this program wrote and reads.*with the program that began it",
        ),
        (99, r"format 99, which a later version of this program wrote.*with the program that began it"),
    ],
)
def test_a_study_of_another_format_is_refused(version: int, complaint: str, disk: Path) -> None:
    make(disk / "s").close()
    with sqlite3.connect(disk / "s" / DATABASE) as connection:
        connection.execute("UPDATE study SET version = ?", (version,))
    connection.close()
    with pytest.raises(StoreError, match=complaint):
        Study.open(disk / "s")


def test_a_study_goes_on_under_another_fingerprint_only_marked(disk: Path) -> None:
    study, _ = filled(disk / "s", 1)
    with study:
        assert study.resume_on(FINGERPRINT) == ()
        changed = study.resume_on({"numpy": "2", "threads": "1"})
        assert changed == ("numpy: 1 → 2", "threads: absent → 1")
        assert study.reproducible, "nothing was played under it yet"
        study.append([Turn(turn=2, student=seat.name) for seat in study.seats], {}, seconds={})
        assert not study.reproducible
        assert study.fingerprint == {"numpy": "2", "threads": "1"}
        study.verify()


def test_new_folders_are_readable_and_never_shared(disk: Path) -> None:
    made = set()
    for _ in range(20):
        folder = new_folder(disk, "../Random Selection é!")
        folder.mkdir()
        made.add(folder)
        assert folder.parent == disk
        assert folder.name.startswith("random-selection-")
    assert len(made) == 20


def test_views_answer_questions_by_hand(disk: Path) -> None:
    study, played = filled(disk / "s", 3)
    with study:
        wrong = study.query("SELECT count(*) FROM answered WHERE truth = 0 AND reveals LIKE '% instead of %'")[0][0]
        given = [each for turn in played for each in turn.experiences]
        assert wrong == sum(
            "instead of" in each.question.key.reveals[each.answer.choice or 0] for each in given if not each.truth
        )
        columns = "question, prompt, model_input, category, form, reference, answer, reading, taken, reason, truth"
        assert study.query(f"SELECT {columns} FROM answered ORDER BY turn, student, position") == [
            (
                each.question.id,
                each.answer.prompt,
                each.answer.model_input,
                each.question.category,
                "options",
                each.question.key.reference,
                each.answer.text,
                each.answer.reading,
                each.answer.choice,
                each.feedback.reason,
                each.truth,
            )
            for each in given
        ]
        measured = study.query("SELECT measure, value FROM evaluated WHERE turn = 2 AND student = 'student-1'")
        assert ("accuracy", played[5].evaluations["held_out"].metrics["accuracy"]) in measured
        assert study.query("SELECT count(*) FROM picked") == [(len(given),)]
        assert study.query("SELECT count(*) FROM updated")[0][0] == sum(turn.update is not None for turn in played)


def test_the_questions_of_evaluations_are_kept_and_are_part_of_the_trace_hash(disk: Path) -> None:
    form, key = Options(choices=("1", "2")), Reference(answer="1")
    questions = [Question(id=f"q{n}", prompt=f"{n} ?", form=form, key=key) for n in range(3)]
    seat = Seat(name="a", number=0, seed=0)
    hashes = []
    for name, put in (("one", questions), ("two", questions[::-1]), ("three", questions)):
        with Study.create(
            disk / name, scenario={}, seats=[seat], measures=MEASURES, fingerprint={}, sets={"held_out": put}
        ):
            pass
        with Study.open(disk / name) as study:
            assert study.question_set("held_out") == tuple(put)
            assert study.question_set("probe") == ()
            assert study.measures == MEASURES
            hashes.append(study.trace_hash)
    assert hashes[0] == hashes[2] != hashes[1]
