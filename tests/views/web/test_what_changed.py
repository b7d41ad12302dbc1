"""What a turn's page says changed is what the answers and the saved adapters say: every change, and no other."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simulation.core.calls import Request
from simulation.core.types import Experience, Turn
from simulation.loop.world import HELD_OUT, World
from simulation.play.session import begin
from simulation.scenario.prepare import prepare
from simulation.scenario.scenario import load_scenario
from simulation.scenario.seating import load_world
from simulation.store import Study
from simulation.views.progress import Quiet
from simulation.views.web.catalog import Catalog
from simulation.views.web.changes import MOST_CHANGES
from simulation.views.web.site import Site
from simulation.views.web.wording import before_after, misconception
from tests.support.random_classes import Class, play
from tests.views.web.crawling import PageReader, read

ROOT = Path(__file__).resolve().parents[3]
EXACT = (
    "turns=2", "students.count=2", "students.dtype=float64", "ask.questions=12", "evaluate.every=1",
    "evaluate.questions=90", "threads=1", "teacher.flip=0.3", "learn.trainer.learning_rate=0.003",
)  # fmt: skip


def lessons_of(page: PageReader) -> list[dict[str, str]]:
    """Return the number and the text of each lesson on a page."""
    parts = [part.partition(" ") for part in page.text.split(" Lesson ")[1:]]
    return [{"number": number, "text": text} for number, _, text in parts if number.isdigit()]


def listed_changes(site: Site, path: str) -> list[tuple[str, ...]]:
    """Return the rows of both tables of held-out answers, from all pages of them."""
    rows: list[tuple[str, ...]] = []
    for number in range(1, 100):
        page = read(site, path, changes=str(number))
        rows += [tuple(row) for row in page.rows if len(row) in (5, 6) and row[1].startswith("held")]
        if not any(f"changes={number + 1}" in str(own.get("href")) for _, own in page.tags):
            return rows
    raise AssertionError("the pages do not end")


def moved(
    questions: Mapping[str, Any], before: Mapping[str, tuple[float, str]], after: Mapping[str, tuple[float, str]],
    topics: set[str], once_right: set[str],
) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:  # fmt: skip
    """Return the rows that must be listed, those that turned right and those that turned wrong, by hand."""
    sides: tuple[list[tuple[str, ...]], list[tuple[str, ...]]] = ([], [])
    for name, (was, text) in before.items():
        now, new_text = after[name]
        if was != now and questions[name].category in topics:
            question, worse = questions[name], text if was < now else new_text
            shown = misconception(question.key.reveals[question.form.alternatives.index(worse)])
            row = (question.category or "none", " ".join(question.prompt.split()), text, new_text, shown)
            came_back = "came back" if name in once_right else "the first time"
            sides[now < was].append(row if now < was else (*row, came_back))
    return sides


def answers(turn: Turn) -> dict[str, tuple[float, str]]:
    """Return the truth and the text of each held-out answer at a turn's end."""
    return {result.question_id: (result.truth, result.text) for result in turn.evaluations[HELD_OUT].results}


@pytest.mark.parametrize("seed", [1, 2])
def test_of_known_answers_every_change_is_listed_and_no_other(seed: int, disk: Path) -> None:
    play(Class(seed=seed, held_out=400, turns=4, every=2, students=1), disk / "drawn")
    site, most, returned = Site(Catalog(disk)), 0, 0
    with Study.open(disk / "drawn") as study:
        turns = list(study.turns())
        questions = {question.id: question for question in study.question_set(HELD_OUT)}
    for turn in turns[1:]:
        before, after = (turn.turn - 1) // 2 * 2, (turn.turn + 1) // 2 * 2
        topics = {experience.question.category for experience in turn.experiences}
        once_right = {name for own in turns[:before:2] for name, (truth, _) in answers(own).items() if truth}
        up, down = moved(questions, answers(turns[before]), answers(turns[after]), topics, once_right)
        path = f"drawn/student-0/turn-{turn.turn}.html"
        assert sorted(listed_changes(site, path)) == sorted(up + down)
        text = read(site, path).text
        assert f"{len(up)} held-out answers that turned right" in text
        assert f"{len(down)} held-out answers that turned wrong" in text
        most = max(most, len(up))
        returned += sum(row[-1] == "came back" for row in up)
    assert most > MOST_CHANGES and returned


def test_of_known_updates_every_lesson_has_its_own_before_and_after(disk: Path) -> None:
    play(Class(seed=4, turns=3, students=1), disk / "drawn")
    site, effects = Site(Catalog(disk)), 0
    with Study.open(disk / "drawn") as study:
        turns = list(study.turns(start=1))
    for turn in turns:
        lessons = lessons_of(read(site, f"drawn/student-0/turn-{turn.turn}.html"))
        assert len(lessons) == len(turn.lessons)
        assert turn.update is not None
        by_place = {effect.lesson: effect for effect in turn.update.effects}
        for place, lesson in enumerate(lessons):
            experience, text = turn.lessons[place].item, lesson["text"]
            assert lesson["number"] == str(place + 1) and experience.question.prompt in text
            if place not in by_place:
                assert "was taught" not in text and "would give" not in text
                continue
            effect = by_place[place]
            taught = before_after(effect.taught_before, effect.taught_after)
            rejected = before_after(effect.rejected_before or 0.0, effect.rejected_after or 0.0)
            assert f"was taught {experience.feedback.correction} would give what it was taught {taught}" in text
            assert f"would give what it was to avoid {rejected}" in text
            effects += 1
    assert 5 < effects < sum(len(turn.lessons) for turn in turns)


@pytest.fixture(scope="module")
def learned(disks: Callable[[], Path], one_thread: None) -> Path:  # noqa: ARG001
    """A class of the embedded student in float64 that keeps its adapters; return the folder of its study."""
    prepared = prepare(load_scenario(ROOT / "scenarios" / "teacher_noise.yaml", EXACT))
    folder = disks() / "learned"
    begin(folder, prepared.scenario.resolved(), [prepared], Quiet(), lambda _: None, keep="evaluated")
    return folder


@pytest.fixture(scope="module")
def world(one_thread: None) -> World:  # noqa: ARG001
    """The students as they begin, into which saved adapters are put."""
    return load_world([prepare(load_scenario(ROOT / "scenarios" / "teacher_noise.yaml", EXACT))])


def scored(world: World, study: Study, student: str, turn: int, asked: Sequence[Request]) -> list[tuple[float, ...]]:
    """Return the log-probabilities of continuations of prompts under the adapter saved after a turn."""
    world.model.restore(student, study.adapter(student, turn))
    return list(world.model.score(asked))


def pairs(turn: Turn) -> list[tuple[int, Experience]]:
    """Return the lessons with an answer to avoid, with their places."""
    return [
        (place, lesson.item)
        for place, lesson in enumerate(turn.lessons)
        if lesson.item.feedback.score < 1 and lesson.item.feedback.correction != lesson.item.answer.text
    ]


@pytest.mark.parametrize("student", ["student-0", "student-1"])
def test_before_and_after_are_what_the_saved_adapters_say(learned: Path, world: World, student: str) -> None:
    site, shown = Site(Catalog(learned)), 0
    with Study.open(learned) as study:
        for turn in study.turns(student, start=2):
            taught = [
                Request(
                    slot=student,
                    prompt=item.answer.prompt,
                    continuations=(str(item.feedback.correction), item.answer.text),
                )
                for _, item in pairs(turn)
            ]
            before, after = (scored(world, study, student, turn.turn - back, taught) for back in (1, 0))
            assert turn.update is not None
            effects = {effect.lesson: effect for effect in turn.update.effects}
            assert sorted(effects) == [place for place, _ in pairs(turn)]
            lessons = lessons_of(read(site, f"learned/{student}/turn-{turn.turn}.html"))
            for (place, item), was, now in zip(pairs(turn), before, after, strict=True):
                effect = effects[place]
                recorded = (effect.taught_before, effect.taught_after, effect.rejected_before, effect.rejected_after)
                assert recorded == pytest.approx((was[0], now[0], was[1], now[1]), abs=1e-6, rel=0)
                said = [before_after(was[side], now[side]) for side in (0, 1)]
                assert (
                    f"would give what it was taught {said[0]} would give what it was to avoid {said[1]}"
                    in (lessons[place]["text"])
                )
                assert item.question.prompt.split()[0] in lessons[place]["text"]
                shown += abs(now[0] - was[0]) > 0.01
    assert shown > 3


@pytest.mark.parametrize("student", ["student-0", "student-1"])
def test_held_out_answers_that_changed_are_those_of_the_saved_adapters(
    learned: Path, world: World, student: str
) -> None:
    site = Site(Catalog(learned))
    with Study.open(learned) as study:
        questions = {question.id: question for question in study.question_set(HELD_OUT)}
        turns = {turn.turn: turn for turn in study.turns(student)}
        answerer = next(own.answerer for own in world.students if own.seat.name == student)
        asked = answerer.requests(list(questions.values()), generator=np.random.default_rng(0))
        by_turn = {}
        for number in (1, 2):
            taken = [row.index(max(row)) for row in scored(world, study, student, number, asked)]
            by_turn[number] = {
                name: (float(put.form.alternatives[choice] == put.key.reference), put.form.alternatives[choice])
                for (name, put), choice in zip(questions.items(), taken, strict=True)
            }
    topics = {experience.question.category for experience in turns[2].experiences}
    once_right = {name for name, (truth, _) in answers(turns[0]).items() if truth}
    up, down = moved(questions, by_turn[1], by_turn[2], topics, once_right)
    path = f"learned/{student}/turn-2.html"
    own = [row for row in map(tuple, read(site, path).rows) if len(row) in (5, 6) and row[0] in topics]
    assert sorted(own) == sorted(up + down)
    assert f"{len(up)} turned right and {len(down)} turned wrong; in all others" in read(site, path).text
    assert own
