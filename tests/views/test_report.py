"""A report's numbers are those of the turns, its sentences say no more than the data does, and it prints safely."""

import subprocess
import sys
import tracemalloc
from dataclasses import replace
from io import StringIO
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from simulation.core.types import Seat
from simulation.measures.change_of_mean import change
from simulation.measures.statistics import mean_interval
from simulation.measures.summary import summarise
from simulation.measures.tallies import ReasonTally
from simulation.store import Study
from simulation.store.turn_sums import TurnSums
from simulation.views.report import report
from simulation.views.tables import course_table, sampled
from tests.support.contexts import experience, question
from tests.support.courses import ACCURACY, HELD_OUT, KnownStudy, held_out, turns
from tests.support.scripted import scripted_world, stepper

QUESTIONS = {each.id: each for each in HELD_OUT}


def said(study: KnownStudy, width: int = 140) -> str:
    console = Console(file=StringIO(), width=width, force_terminal=True, color_system=None)
    report(study, map(TurnSums.of, study.turns()), console)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_a_course_counts_what_happened_between_evaluations() -> None:
    course = summarise(turns(5), ACCURACY, QUESTIONS)[0]
    assert [each.turn for each in course.measurements] == [0, 2, 4, 5]
    assert [(each.asked, each.credit, each.trained) for each in course.measurements] == [
        (0, 0, 0),
        (8, 4, 4),
        (8, 4, 4),
        (4, 2, 2),
    ]
    assert course.measurements[1].logprobs == {"chosen": (-3.0, -2.0), "rejected": (-1.0, -4.0)}
    assert course.reliability.matrix.tolist() == [[5, 5], [0, 10]]


def test_corrected_and_forgotten_are_the_answers_that_changed() -> None:
    played = turns(4)
    course = summarise(played, ACCURACY, QUESTIONS)[0]
    truths = [
        {result.question_id: result.truth for result in turn.evaluations["held_out"].results}
        for turn in played
        if turn.evaluations
    ]
    for (before, after), each in zip(pairwise(truths), course.measurements[1:], strict=True):
        assert each.rose == sum(after[name] > before[name] for name in before)
        assert each.fell == sum(after[name] < before[name] for name in before)
        assert each.fell  # the truths do move both ways
    assert course.measurements[0].rose is None


def test_evaluations_on_other_questions_are_not_paired() -> None:
    first, last = held_out(0, 0.3), held_out(1, 0.9)
    renamed = replace(last, results=tuple(replace(each, question_id=f"x{each.question_id}") for each in last.results))
    played = [
        replace(turns(0)[0], turn=turn, evaluations={"held_out": each}) for turn, each in enumerate((first, renamed))
    ]
    course = summarise(played, ACCURACY)[0]
    assert course.measurements[1].fell is None
    assert change([course]) is None


def test_categories_and_reasons_add_up_to_the_answers() -> None:
    course = summarise(turns(2), ACCURACY, QUESTIONS)[0]
    last = course.measurements[-1]
    assert {name: own.questions for name, own in last.categories.items()} == {"gain": 20, "other": 20, "physics": 20}
    assert sum(own.total for own in last.categories.values()) == pytest.approx(0.8 * 60)
    assert last.reasons["right"] == ReasonTally(48, 48.0)
    assert sum(tally.answers for tally in last.reasons.values()) == 60


def test_students_are_told_apart_whatever_the_order_of_their_turns() -> None:
    ada, bob = turns(4, "ada", 0), turns(4, "bob", 1)
    interleaved = [turn for pair in zip(ada, bob, strict=True) for turn in pair]
    assert (
        summarise(interleaved, ACCURACY, QUESTIONS)[1].measurements
        == summarise([*ada, *bob], ACCURACY, QUESTIONS)[1].measurements
    )


def test_a_clear_rise_is_called_better_and_a_small_one_is_not() -> None:
    better = change(summarise(turns(4, first=0.3, last=0.8), ACCURACY))
    assert better is not None
    assert better.tells
    assert better.difference.value == pytest.approx(0.5)
    assert better.difference.low > 0.3
    same = change(summarise(turns(4, first=0.5, last=0.52), ACCURACY))
    assert same is not None
    assert not same.tells


def test_a_handful_of_questions_never_tells() -> None:
    """Five answers that all went right are no proof, though a bootstrap of them has no spread."""

    def short(turn: int, truth: float) -> object:
        results = tuple(replace(each, truth=truth) for each in held_out(0, 0.5).results[:5])
        evaluation = replace(held_out(0, 0.5), questions=5, metrics={"accuracy": truth}, results=results)
        return replace(turns(0)[0], turn=turn, evaluations={"held_out": evaluation})

    found = change(summarise([short(0, 0.0), short(1, 1.0)], ACCURACY))  # type: ignore[list-item]
    assert found is not None
    assert found.difference.tells
    assert not found.tells


@pytest.mark.parametrize("students", [1, 2, 4])
@pytest.mark.parametrize("graded", [False, True])
def test_answers_of_which_none_changed_leave_room_for_others_that_would(students: int, graded: bool) -> None:
    played = [turn for number in range(students) for turn in turns(0, f"s{number}")]
    again = [replace(turn, turn=2) for turn in played]
    unchanged = change(summarise([*played, *again], replace(ACCURACY, graded=graded)))
    assert unchanged is not None
    assert unchanged.difference.value == 0.0
    assert unchanged.difference.low == pytest.approx(-(1.96**2) / (60 + 1.96**2), abs=1e-4)
    assert unchanged.difference.high == -unchanged.difference.low
    assert not unchanged.tells


def test_a_study_without_any_effect_is_rarely_called_one() -> None:
    """Over many studies whose truths are coin flips, at most about 5 % of the verdicts name a direction."""
    told = 0
    for seed in range(200):
        generator = np.random.default_rng(seed)
        played = []
        for turn in range(2):
            truths = generator.random(60) < 0.5
            results = tuple(
                replace(each, truth=float(truth)) for each, truth in zip(held_out(0, 0.5).results, truths, strict=True)
            )
            evaluation = replace(held_out(0, 0.5), metrics={"accuracy": float(truths.mean())}, results=results)
            played.append(replace(turns(0)[0], turn=turn, evaluations={"held_out": evaluation}))
        found = change(summarise(played, ACCURACY))
        told += found is not None and found.tells
    assert told <= 16


def test_the_report_says_what_happened_in_plain_words(tmp_path: Path) -> None:
    text = said(KnownStudy(tmp_path, turns(4)))
    assert "known: asks by random, learns by dpo; 1 student, 4 turns" in text
    assert "ada: accuracy 30.0 % → 80.0 % of 60 held-out questions: better by 50.0 points, 95 % interval" in text
    assert "teacher: 75.0 % of 16 verdicts are the truth" in text
    assert "-3.0→-2.0" in text
    assert "slip 1" in text
    assert (tmp_path / "learning_curve.png").read_bytes().startswith(b"\x89PNG")
    assert "cannot tell" in said(KnownStudy(tmp_path, turns(4, first=0.5, last=0.52)))


def test_an_update_that_makes_its_lesson_less_likely_is_told(tmp_path: Path) -> None:
    assert "less likely" not in said(KnownStudy(tmp_path, turns(4)))
    played = [
        replace(
            turn, update=replace(turn.update, metrics={"chosen_logprob_before": -1.0, "chosen_logprob_after": -2.0})
        )
        if turn.update
        else turn
        for turn in turns(4)
    ]
    assert "in 2 of 2 stretches between evaluations the updates made the chosen answers less likely" in said(
        KnownStudy(tmp_path, played)
    )


@pytest.mark.parametrize("students", [3, 30])
def test_many_students_are_summed_up(tmp_path: Path, students: int) -> None:
    played = [turn for number in range(students) for turn in turns(4, f"s{number}", number)]
    text = said(KnownStudy(tmp_path, played))
    assert f"mean of {students} students: accuracy 30.0 % → 80.0 %" in text
    assert ("means over students" in text) == (students > 3)
    assert ("and 10 more students" in text) == (students == 30)


def test_unfinished_studies_are_reported_as_far_as_they_are(tmp_path: Path) -> None:
    assert "no turn is finished yet" in said(KnownStudy(tmp_path, [], status="running"))
    assert not list(tmp_path.iterdir())
    text = said(KnownStudy(tmp_path, turns(3)[:2], status="running"))
    assert "not finished: 1 of 4" in text
    assert "only one evaluation so far" in text


@pytest.mark.parametrize("bad", ["\x1b[31mred \u202egnp.exe \r\nline $x_{1}$ \ud800", "[bold red]x[/]"])
def test_names_cannot_move_the_cursor_turn_the_text_or_style_it(tmp_path: Path, bad: str) -> None:
    study = KnownStudy(tmp_path, turns(4, student=bad), name=bad)
    text = said(study, width=200)
    assert not {"\x1b", "\u202e", "\r", "\ud800"} & set(text)
    if bad.startswith("["):
        assert "[bold red]x[/]: accuracy 30.0 %" in text


def test_a_narrow_terminal_keeps_every_number() -> None:
    table = course_table(summarise(turns(4), ACCURACY)[0])
    console = Console(file=StringIO(), width=80, color_system=None)
    console.print(table)
    assert isinstance(console.file, StringIO)
    text = console.file.getvalue()
    assert "…" not in text
    assert all(number in text for number in ("30.0 (19.9–42.5)", "80.0 (68.2–88.2)", "4/8", "-3.0→-2.0", "rejected"))
    assert max(map(len, text.splitlines())) <= 80


def test_long_tables_show_an_even_sample_with_both_ends() -> None:
    assert sampled(24) == list(range(24))
    shown = sampled(1000)
    assert (shown[0], shown[-1], len(shown)) == (0, 999, 24)


def test_memory_does_not_grow_with_the_number_of_answers() -> None:
    def peak(count: int) -> int:
        evaluation = held_out(0, 0.5)
        asked = tuple(experience(question(f"q{index}"), position=index) for index in range(40))
        template = replace(turns(0)[0], experiences=asked, evaluations={})
        stream = (
            replace(template, turn=turn, evaluations={"held_out": evaluation} if turn in (0, count) else {})
            for turn in range(count + 1)
        )
        tracemalloc.start()
        summarise(stream, ACCURACY, QUESTIONS)
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return top

    peak(10)
    assert peak(1000) < peak(100) + 20_000


def test_a_stored_study_is_reported_without_torch(tmp_path: Path) -> None:
    seats = [Seat(name=f"student-{number}", number=number, seed=0) for number in range(2)]
    world = scripted_world(seats, turns=4)
    study = Study.create(
        tmp_path / "study",
        scenario=KnownStudy(tmp_path, []).scenario,
        seats=seats,
        fingerprint={},
        measures=world.measures,
        sets={"held_out": world.held_out},
    )
    step = stepper(world)
    for number in range(5):
        study.append(step(number), {seat.name: world.model.dump(seat.name) for seat in seats}, seconds={})
    study.finish()
    study.close()
    program = (
        "import sys\n"
        "class Refuse:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name in ('torch', 'transformers', 'mesa', 'peft'):\n"
        "            raise ImportError(name)\n"
        "sys.meta_path.insert(0, Refuse())\n"
        "from pathlib import Path; from simulation.views.report import report\n"
        "from simulation.store import Study, StudySums\n"
        "study = Study.open(Path(sys.argv[1])); print(report(study, StudySums(study)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "study")],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).resolve().parents[2],
    )
    assert done.returncode == 0, done.stderr
    assert "mean of 2 students" in done.stdout
    assert "instead of" in done.stdout
    assert (tmp_path / "study" / "learning_curve.png").is_file()


@pytest.mark.parametrize("students", [2, 3, 8])
def test_the_interval_over_students_is_no_narrower_than_what_few_students_tell(students: int) -> None:
    rises = [0.1, 0.5, 0.3, 0.2, 0.4, 0.3, 0.25, 0.35][:students]
    played = [
        turn for number, rise in enumerate(rises) for turn in turns(2, f"s{number}", number, first=0.3, last=0.3 + rise)
    ]
    found = change(summarise(played, ACCURACY))
    assert found is not None
    over_students = mean_interval([round(60 * (0.3 + rise)) / 60 - 0.3 for rise in rises])
    assert found.difference.value == pytest.approx(over_students.value)
    if students == 2:
        assert found.difference.tells
    else:
        assert found.difference.low <= over_students.low + 1e-12
        assert found.difference.high >= over_students.high - 1e-12
