"""Students who count rank as a count by hand does, learn only from feedback, and are each as they would be alone."""

import math
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from agents.counting.windows import position
from simulation.core.calls import Request
from simulation.core.catalogue import Catalogue
from simulation.core.errors import DataError, ModelError
from simulation.core.kinds.next_items import NextItems
from simulation.core.optional_roles import SelfTaught
from simulation.core.registry import build
from simulation.core.types import Answer, Question, Seat
from tests.support.contexts import question
from tests.support.next_items import logged, logs, next_question, random_windows, small_catalogue

NAMES = ("popularity", "last_item", "co_occurrence", "transition_graph")
ROOT = Path(__file__).resolve().parents[2]
SHELF = small_catalogue()


def seats(count: int) -> list[Seat]:
    return [Seat(name=f"s{number}", number=number, seed=number) for number in range(count)]


def taught(name: str, experiences: Sequence[Any], count: int = 1, **parameters: object) -> tuple[Any, Any]:
    """A learner whose every seat has learned the same experiences, and the students (Any: no role has both)."""
    students: Any = build("students", name, parameters)
    model = students.learner(seats(count))
    batches = {seat.name: experiences for seat in seats(count)}
    students.trainer().update(model, batches, no_mark, turn=1, generators={})
    return students, model


def no_mark(*_: object, **__: object) -> list[Any]:
    raise AssertionError("nothing is sampled")


def answered(students: Any, model: Any, asked: Sequence[Question], seat: Seat | None = None) -> list[Answer]:
    student = students.answerer(seat or seats(1)[0])
    shown = [one.shown() for one in asked]
    requests = student.requests(shown, generator=np.random.default_rng(0))
    return list(student.read(shown, model.generate(requests), model_version=model.version("s0")))


def by_hand(name: str, shelf: Catalogue, learned: Sequence[tuple[list[int], int]], history: list[int]) -> list[str]:
    """The ranking by loops over windows: what was counted, then how often taken, then the text's fixed place."""
    often: Counter[str] = Counter(shelf.texts[taken] for _, taken in learned)
    score: dict[str, float] = dict.fromkeys(shelf.texts, 0.0)
    newest = [shelf.texts[place] for place in reversed(history)][:10]
    for k, text in enumerate(newest, start=1):
        if name == "last_item":
            score[text] += 2.0**-k
        for other in shelf.sharing if name == "transition_graph" else ():
            score[other] += 2.0 * likeness_by_hand(shelf, text, other) / k
        for before, taken in learned if name in ("co_occurrence", "transition_graph") else ():
            after = shelf.texts[taken]
            for d, earlier in enumerate([shelf.texts[place] for place in reversed(before)][:3], start=1):
                score[after] += (earlier == text) / d / k
                score[earlier] += 0.5 * (after == text) / d / k
    return sorted(score, key=lambda text: (round(score[text], 9), often[text], position(text)), reverse=True)


def likeness_by_hand(shelf: Catalogue, first: str, second: str) -> float:
    """The cosine of the words and tags of two texts, each weighing how rare it is among all."""
    if first == second:
        return 0.0
    known = {
        text: {
            *(word for place in places for word in re.sub(r"[^a-z0-9]", " ", shelf.titles[place]).split()),
            *((tag,) for place in places for tag in shelf.tags[place]),
        }
        for text, places in shelf.sharing.items()
    }

    def product(one: str, other: str) -> float:
        shared = known[one] & known[other]
        rarities = [math.log(len(known) / sum(word in of_text for of_text in known.values())) for word in shared]
        return sum(rarity**2 for rarity in rarities)

    return product(first, second) / math.sqrt(product(first, first) * product(second, second))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", NAMES)
def test_rankings_are_those_of_a_count_by_hand(name: str, seed: int) -> None:
    learned = list(random_windows(seed, len(SHELF.items), 40))
    students, model = taught(name, logs(SHELF, seed))
    histories = [history for history, _ in random_windows(seed + 10, len(SHELF.items), 30)]
    answers = answered(students, model, [next_question(SHELF, history) for history in histories])
    for history, answer in zip(histories, answers, strict=True):
        expected = by_hand(name, SHELF, learned, history)
        assert answer.ranking is not None
        assert list(answer.ranking.alternatives) == expected
        assert answer.text.split("\n") == expected[:3]
        assert np.exp(answer.ranking.logprobs).sum() == pytest.approx(1.0)
        assert list(answer.ranking.logprobs) == sorted(answer.ranking.logprobs, reverse=True)


@pytest.mark.parametrize("name", NAMES)
def test_each_of_many_students_is_as_it_would_be_alone(name: str) -> None:
    students: Any = build("students", name, {})
    lessons = {seat.name: logs(SHELF, seat.seed, 20 + seat.seed) for seat in seats(3)}
    asked = [next_question(SHELF, history) for history, _ in random_windows(5, len(SHELF.items), 9)]
    together = students.learner(seats(3))
    updates = students.trainer().update(together, lessons, no_mark, turn=1, generators={})
    for seat in seats(3):
        alone = students.learner([seat])
        update = students.trainer().update(alone, {seat.name: lessons[seat.name]}, no_mark, turn=1, generators={})
        assert update == {seat.name: updates[seat.name]}
        assert alone.dump(seat.name) == together.dump(seat.name)
        requests = students.answerer(seat).requests(asked, generator=np.random.default_rng(0))
        assert alone.generate(requests) == together.generate(requests)
    assert len({together.version(seat.name) for seat in seats(3)}) == 3


@pytest.mark.parametrize("name", NAMES)
def test_counts_do_not_depend_on_how_lessons_were_divided_and_survive_a_restart(name: str) -> None:
    lessons = logs(SHELF, 1)
    students, at_once = taught(name, lessons)
    model = students.learner(seats(2))
    for first in range(0, len(lessons), 7):
        students.trainer().update(model, {"s1": lessons[first : first + 7]}, no_mark, turn=1, generators={})
    assert model.dump("s1") == at_once.dump("s0")
    assert model.dump("s0") != at_once.dump("s0")
    model.restore("s0", model.dump("s1"))
    assert model.version("s0") == model.version("s1")
    other = students.learner(seats(1))
    other.restore("s0", model.dump("s0"))
    asked = [next_question(SHELF, [3, 1])]
    assert answered(students, other, asked) == answered(students, at_once, asked)


def test_effects_are_the_log_probabilities_of_what_was_taught_before_and_after() -> None:
    lessons = [*logs(SHELF, 2, 15), logged(SHELF, [1], 2, said="nothing")]
    students: Any = build("students", "co_occurrence", {})
    model = students.learner(seats(1))
    asked = [
        Request(slot="s0", prompt="", continuations=(SHELF.texts[taken],), question=next_question(SHELF, history))
        for history, taken in random_windows(2, len(SHELF.items), 15)
    ]
    before = model.score(asked)
    update = students.trainer().update(model, {"s0": lessons}, no_mark, turn=1, generators={})["s0"]
    assert [effect.lesson for effect in update.effects] == list(range(15)), "the last lesson taught nothing"
    assert update.metrics["windows"] == 15
    assert [effect.taught_before for effect in update.effects] == pytest.approx([row[0] for row in before])
    assert [effect.taught_after for effect in update.effects] == pytest.approx([row[0] for row in model.score(asked)])
    assert update.metrics["chosen_logprob_after"] > update.metrics["chosen_logprob_before"]


@pytest.mark.parametrize("name", ["popularity", "co_occurrence", "transition_graph"])
def test_where_nothing_is_taken_twice_the_history_stands_last(name: str) -> None:
    lessons = logs(SHELF, 3, 30)
    students: Any = build("students", name, {"repeats": False})
    model = students.learner(seats(1))
    asked = [lesson.question for lesson in lessons]
    before = model.score([
        Request(slot="s0", prompt="", continuations=tuple(SHELF.sharing), question=one) for one in asked
    ])  # fmt: skip
    update = students.trainer().update(model, {"s0": lessons}, no_mark, turn=1, generators={})["s0"]
    _, usual = taught(name, lessons)
    after = model.score([
        Request(slot="s0", prompt="", continuations=tuple(SHELF.sharing), question=one) for one in asked
    ])  # fmt: skip
    texts = list(SHELF.sharing)
    for place, (lesson, answer) in enumerate(zip(lessons, answered(students, model, asked), strict=True)):
        wanted = lesson.feedback.correction or next(
            (one.part for one in lesson.feedback.outcomes if one.score == 1), lesson.answer.text
        )
        effect = update.effects[place]
        assert effect.taught_before == pytest.approx(before[place][texts.index(wanted)])
        assert effect.taught_after == pytest.approx(after[place][texts.index(wanted)])
        assert isinstance(lesson.question.form, NextItems)
        seen = {SHELF.text(item) for item in lesson.question.form.history}
        assert answer.ranking is not None
        ranked = answer.ranking.alternatives
        assert set(ranked[len(ranked) - len(seen) :]) == seen
        (with_all,) = answered(students, usual, [lesson.question])
        assert with_all.ranking is not None
        assert [text for text in with_all.ranking.alternatives if text not in seen] == list(
            ranked[: len(ranked) - len(seen)]
        )


def test_items_that_share_a_text_are_one_and_two_catalogues_are_counted_apart() -> None:
    titles = Catalogue(SHELF.items, tuple((title,) for title in SHELF.titles), SHELF.titles)
    students, model = taught("co_occurrence", [logged(SHELF, [0], 5)] * 3)
    (by_other,) = answered(students, model, [next_question(SHELF, [10])])
    assert SHELF.texts[10] == SHELF.texts[0]
    assert by_other.text.split("\n")[0] == SHELF.texts[5]
    (untaught,) = answered(students, model, [next_question(titles, [0])])
    assert untaught.ranking is not None
    assert len(set(untaught.ranking.logprobs)) == len(titles.sharing) == 12


def test_a_temperature_draws_different_texts_by_the_requests_own_seed() -> None:
    students, model = taught("popularity", logs(SHELF, 4, 60))
    (base,) = students.answerer(seats(1)[0]).requests([next_question(SHELF, [])], generator=np.random.default_rng(0))

    def draw(seed: int) -> list[str]:
        request = Request(slot="s0", prompt="", beams=base.beams, texts=4, temperature=1.0, seed=seed,
                          within=base.within, question=base.question)  # fmt: skip
        return [one.text for one in model.generate([request])[0].beam]

    assert draw(7) == draw(7)
    assert all(len(set(draw(seed))) == 4 for seed in range(20))
    (row,) = model.score([Request(slot="s0", prompt="", continuations=tuple(SHELF.sharing), question=base.question)])
    first = Counter(draw(seed)[0] for seed in range(2000))
    for text, chance in zip(SHELF.sharing, np.exp(row), strict=True):
        assert first[text] / 2000 == pytest.approx(chance, abs=4 * np.sqrt(chance / 2000) + 1e-3)


@pytest.mark.parametrize("name", NAMES)
def test_what_asks_for_no_next_items_is_refused_in_words(name: str) -> None:
    students: Any = build("students", name, {})
    model = students.learner(seats(1))
    with pytest.raises(ModelError, match=rf"{name} lists the next items of a catalogue, and question 'q1' asks for"):
        answered(students, model, [question("q1")])
    with pytest.raises(ModelError, match="a prompt without its question"):
        model.generate([Request(slot="s0", prompt="?")])
    with pytest.raises(ModelError, match="'<z>' names no item of the catalogue"):
        model.score([Request(slot="s0", prompt="", continuations=("<z>",), question=next_question(SHELF, [1]))])
    stranger = msgspec.structs.replace(next_question(SHELF, [9]).form, catalogue=small_catalogue(5, 0).name)
    with pytest.raises(DataError, match="a history holds the item 'item 9', which the catalogue"):
        answered(students, model, [Question(id="x", prompt="", form=stranger)])
    with pytest.raises(DataError, match=f"hold no counts of {name}"):
        model.restore("s0", b"nothing")


@pytest.mark.parametrize("name", NAMES)
def test_their_rule_is_theirs_alone(name: str) -> None:
    students: Any = build("students", name, {})
    assert isinstance(students, SelfTaught)
    other: Any = build("students", "popularity" if name != "popularity" else "last_item", {})
    with pytest.raises(ModelError, match=f"the rule of {name} teaches its own students"):
        students.trainer().update(other.learner(seats(1)), {"s0": []}, no_mark, turn=1, generators={})


def test_thirty_thousand_windows_are_learned_in_seconds_of_one_core() -> None:
    shelf = small_catalogue(3459, 15)
    lessons = logs(shelf, 1, 30_000)
    students: Any = build("students", "co_occurrence", {})
    model = students.learner(seats(1))
    began = time.process_time()
    students.trainer().update(model, {"s0": lessons}, no_mark, turn=1, generators={})
    learned = time.process_time()
    answered(students, model, [one.question for one in lessons[:4866]])
    assert learned - began < 3.0  # about 0.5 s
    assert time.process_time() - learned < 6.0  # about 1.5 s


def test_a_registry_import_loads_nothing_heavy() -> None:
    heavy = "('torch', 'scipy', 'safetensors')"
    code = f"import sys, agents.students.counting; print([name for name in {heavy} if name in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
