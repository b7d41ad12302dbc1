"""What is shown while a study plays: JSON lines by contract, plain lines, and a display that no text can hijack."""

import io
import json
import sys
from pathlib import Path

import pytest
from rich.console import Console

from simulation.core.questions import Measure
from simulation.core.types import Evaluation, Result, Turn, Update
from simulation.loop.world import Respondent
from simulation.views.boards import PlainBoard
from simulation.views.json_lines import JsonLines
from simulation.views.progress import LiveDisplay, Pace, PlainLines, Quiet, interval
from simulation.views.text import GRADED, SHARES, clock, moves, shown, sparkline
from tests.support.comparisons import planned
from tests.support.scripted import scripted_world, seats, stepper


class Playing:
    """What a display reads of a study."""

    folder = Path("runs/tiny-\x1b[2J\u202e")
    trace_hash = "ab" * 32

    def __init__(self) -> None:
        self.scenario: dict[str, object] = {"name": "tiny"}


def play(watch: Quiet, *, first: int = 0, count: int = 2, turns: int = 4) -> None:
    world = scripted_world(seats(count), turns=turns)
    step = stepper(world)
    for number in range(first):
        step(number)
    watch.started(Playing(), world, first)
    for number in range(first, turns + 1):
        watch.turn(step(number), 0.25)
    watch.finished(Playing())


def events(*, first: int = 0) -> list[dict[str, object]]:
    stream = io.StringIO()
    play(JsonLines(stream), first=first)
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_json_lines_keep_the_contract() -> None:
    found = events()
    assert found[0] == {
        "event": "started", "study": str(Playing.folder), "scenario": "tiny",
        "students": ["student-0", "student-1"], "turns": 4, "first_turn": 0,
    }  # fmt: skip
    assert found[-1] == {"event": "finished", "study": str(Playing.folder), "trace_hash": "ab" * 32}
    turns = [event for event in found if event["event"] == "turn"]
    assert [(event["turn"], event["student"]) for event in turns] == [
        (number, f"student-{student}") for number in range(5) for student in range(2)
    ]
    assert all(
        set(event)
        == {"event", "turn", "student", "asked", "score", "trained", "steps", "again", "mended", "spoiled", "seconds"}
        | {"metrics"}
        for event in turns
    )
    evaluations = [event for event in found if event["event"] == "evaluation"]
    assert [event["turn"] for event in evaluations] == [0, 0, 2, 2, 4, 4]
    said = {"event", "turn", "student", "measure", "value", "questions"}
    assert all(said <= set(event) for event in evaluations)
    measured = [float(str(event[name])) for event in evaluations for name in set(event) - said]
    assert measured and all(0 <= value <= 1 for value in measured)
    assert all(event["measure"] == "accuracy" and event["value"] == event["accuracy"] for event in evaluations)
    assert all(event["questions"] == 30 for event in evaluations)


def test_a_resumed_study_says_where_it_goes_on() -> None:
    found = events(first=3)
    assert found[0]["first_turn"] == 3 and found[1]["turn"] == 3


def test_json_lines_are_ascii_and_hold_no_nan() -> None:
    stream = io.StringIO()
    watch = JsonLines(stream)
    watch.started(Playing(), scripted_world(seats(1)), 0)
    update = Update(trainer="t", experiences=1, steps=1, model_version="", metrics={"loss": float("nan"), "beta": 0.5})
    watch.turn((Turn(turn=1, student="student-0", update=update),), 0.1)
    text = stream.getvalue()
    assert text.isascii() and "NaN" not in text and "\x1b" not in text
    assert json.loads(text.splitlines()[1])["metrics"] == {"loss": None, "beta": 0.5}


def test_what_a_users_own_class_prints_does_not_reach_the_json_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with JsonLines(sys.stdout) as watch:
        print("from a policy")
        play(watch)
    shown = capsys.readouterr()
    assert shown.err == "from a policy\n"
    assert all(json.loads(line)["event"] for line in shown.out.splitlines())


def test_an_interrupted_study_ends_with_its_last_turn() -> None:
    stream = io.StringIO()
    watch = JsonLines(stream)
    watch.started(Playing(), scripted_world(seats(1)), 5)
    watch.interrupted(Playing())
    assert json.loads(stream.getvalue().splitlines()[-1]) == {
        "event": "interrupted", "study": str(Playing.folder), "turn": 4
    }  # fmt: skip


def test_plain_lines_say_what_every_student_did() -> None:
    stream = io.StringIO()
    play(PlainLines(stream))
    lines = stream.getvalue().splitlines()
    assert len(lines) == 1 + 5 * 2
    assert lines[1].startswith("turn 0/4  student-0  before learning  held-out accuracy ")
    assert "asked 5, " in lines[3] and "scripted: " in lines[3] and "held-out" not in lines[3]
    assert all(line.isprintable() for line in lines)


def test_plain_lines_say_whose_answers_are_right_where_a_sampler_answers() -> None:
    stream = io.StringIO()
    world = scripted_world(seats(2), turns=1)
    first, second = world.students
    second.sampler = Respondent(answerer=first.answerer, model=world.model)
    step = stepper(world)
    watch = PlainLines(stream)
    watch.started(Playing(), world, 0)
    for number in range(2):
        watch.turn(step(number), 0.25)
    lines = stream.getvalue().splitlines()
    assert "asked 5, answered by its sampler, " in lines[4] and "sampler" not in lines[3]


@pytest.mark.parametrize("count", [1, 3, 40])
def test_the_live_display_shows_turn_accuracy_interval_and_update(count: int) -> None:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=140, height=40, color_system=None)
    with LiveDisplay(console) as watch:
        play(watch, count=count)
        console.print(watch.render())
    text = stream.getvalue()
    assert "turn 4/4" in text and "student-0" in text and "scripted: " in text and " to " in text
    assert "\\x1b[2J\\u202e" in text and "\u202e" not in text
    assert ("28 more students" in text) == (count == 40)


def test_the_display_is_left_when_the_study_fails() -> None:
    console = Console(file=io.StringIO(), force_terminal=True)
    watch = LiveDisplay(console)
    with pytest.raises(ValueError, match="boom"), watch:
        raise ValueError("boom")
    assert not watch.live.is_started


def test_time_left_ignores_the_first_look() -> None:
    pace = Pace(turns=10)
    pace.take(0, 100.0)
    assert pace.left == ""
    pace.take(1, 2.0)
    pace.take(2, 4.0)
    assert pace.left == "0:24 left"


def test_text_for_people_is_inert_and_short() -> None:
    assert shown("a\x1b[31m\u202e\u200b\n\ud800é") == "a\\x1b[31m\\u202e\\u200b\\n\\ud800é"
    assert sparkline([0.0, 0.5, 1.0, 2.0]) == "▁▅██"
    assert (clock(5), clock(3671)) == ("0:05", "1:01:11")
    told = moves({"loss_first": 0.51234, "loss_last": 0.25, "chosen_logprob_before": -2.0, "failed": 2.0})
    assert told == "loss 0.51→0.25, 2 answers failed"
    assert moves({"loss_first": -3e-9, "loss_last": -0.004}) == "loss 0.00→0.00"
    share = Evaluation(questions=600, metrics={"accuracy": 0.5})
    assert interval(share, Measure(name="accuracy")) == "50.0 % (46.0 to 54.0)"


def test_a_graded_truth_is_a_number_with_the_spread_of_its_questions() -> None:
    results = tuple(Result(question_id=str(place // 2), text="", truth=0.4 + 0.1 * (place % 4)) for place in range(40))
    evaluation = Evaluation(questions=20, metrics={"ndcg@10": 0.55}, results=results)
    said = interval(evaluation, Measure(name="ndcg@10", graded=True))
    assert said.startswith("0.550 (0.5") and said.endswith(")") and "%" not in said


def test_how_numbers_are_printed_is_said_in_one_place() -> None:
    assert (SHARES.number(0.688), SHARES.signed(-0.0304), SHARES.step(0.03)) == ("68.8 %", "-3.0", "3.0 points")
    assert (GRADED.number(0.688), GRADED.signed(0.0304), GRADED.step(0.03)) == ("0.688", "+0.030", "0.030")
    assert (SHARES.signed(-0.0001), GRADED.signed(-0.0001)) == ("+0.0", "+0.000")
    assert (SHARES.goal(0.03), GRADED.goal(0.03)) == ("3 points", "0.03")
    assert (SHARES.dashed((0.649, 0.724)), GRADED.spread((0.1, 0.25))) == ("64.9–72.4", "0.100 to 0.250")


def test_a_line_of_a_comparison_names_the_labels_of_its_cohort_alone(tmp_path: Path) -> None:
    comparison = planned(tmp_path / "compare", 1, vary=["students.seconds=0,0.001"], overrides=["turns=2"])
    assert len(comparison.cohorts) > 1
    stream = io.StringIO()
    board = PlainBoard(comparison, stream)
    for cohort, seats_of_cohort in enumerate(board.members):
        for seat in seats_of_cohort:
            board.hear(cohort, {"event": "evaluation", "turn": 2, "student": seat.name, "value": 0.5})
    _, *lines = stream.getvalue().splitlines()
    assert len(lines) == len(board.members)
    for line, seats_of_cohort in zip(lines, board.members, strict=True):
        assert line.count("50.0 %") == len({seat.label for seat in seats_of_cohort})
        assert "nan" not in line
