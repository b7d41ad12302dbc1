"""Simulated students learn, are misled and forget as the formulas say, each exactly as it would alone."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agents.students.irt_learner import IrtLearners
from agents.students.own_rule import OwnRule
from agents.surrogate.learner import SurrogateLearner
from agents.surrogate.skills import rounds
from simulation.core.calls import Request
from simulation.core.errors import DataError, ModelError, StoreError
from simulation.core.questions import Measure
from simulation.core.types import Experience, Feedback, Question, Seat, Turn, Update
from simulation.loop.world import World
from simulation.play.runner import play
from simulation.replay.replay import replay
from simulation.scenario.scenario import load_scenario
from simulation.scenario.seating import build_world
from simulation.store import Study, canonical
from simulation.views.export import export
from tests.play.test_runner import Ears, stopping_at
from tests.support.contexts import experience, question
from tests.support.scripted import ScriptedLearner, stepper
from tests.surrogate.test_irt_learner import SAME, scored, seats

ROOT = Path(__file__).resolve().parents[2]
ACCURACY = (Measure(name="accuracy"),)
SETTINGS: Mapping[str, Any] = {"rate": 0.5, "misled": 0.7, "forgetting": 0.1, "discrimination": 1.3, "ability": -0.4}
DEFAULT = ("ask.questions=40", "ask.candidates=80", "evaluate.every=20")
SMALL = ("environment.held_out_size=60", "evaluate.questions=60", "ask.questions=10", "ask.candidates=20")


def model(**changes: Any) -> SurrogateLearner:
    return IrtLearners(**{**SAME, **SETTINGS, **changes}).learner(seats(1))


def ability(found: SurrogateLearner, skill: str = "general", slot: str = "s0") -> float:
    """The ability that the probability of a question without guess and slip tells."""
    (row,) = found.score([scored(question(f"probe {skill}", skill), slot)])
    right = np.exp(row[0])
    solved = (right - 0.08) / (1 - 0.08 - 0.04)
    return float(np.log(solved / (1 - solved)) / 1.3)


def lesson(correction: str | None, *, score: float = 0.0, choice: int = 1, skill: str = "general") -> Experience:
    """A lesson on a question whose right option is "1"."""
    given = experience(question(f"q {skill}", skill), score=score, choice=choice)
    return replace(given, feedback=Feedback(score=score, judge="key", correction=correction))


def teach(found: SurrogateLearner, turn: int, *lessons: Experience, slot: str = "s0") -> Update:
    def unasked(*_: Any, **__: Any) -> list[Feedback]:
        raise AssertionError("the rule samples nothing")

    return OwnRule("irt_learner").update(found, {slot: lessons}, unasked, turn=turn, generators={})[slot]


def step(level: float, direction: float = 1.0) -> float:
    """The ability after one lesson."""
    solved = 1 / (1 + np.exp(-1.3 * level))
    return float(level + 0.5 * direction * 4 * solved * (1 - solved))


def test_lessons_on_a_skill_raise_it_one_after_the_other_and_no_other() -> None:
    found = model()
    update = teach(found, 1, *[lesson("1")] * 3)
    assert ability(found) == pytest.approx(list(accumulate([-0.4, 0, 0, 0], lambda level, _: step(level)))[-1])
    assert ability(found, "physics") == pytest.approx(-0.4)
    assert (update.trainer, update.experiences, update.steps) == ("irt_learner", 3, 3)
    assert update.metrics["chosen_logprob_after"] > update.metrics["chosen_logprob_before"]
    assert update.model_version == found.version("s0")


def test_a_lesson_at_the_students_level_does_most() -> None:
    gains = [ability(learner) - level for level in (-3.0, -1.0, 0.0, 1.0, 3.0) for learner in [taught(level)]]
    assert gains[2] == pytest.approx(0.5)
    assert max(gains) == gains[2]
    assert gains[:2] == pytest.approx(gains[:2:-1])
    assert gains[0] < gains[1] < gains[2]


def taught(level: float) -> SurrogateLearner:
    found = model(ability=level)
    teach(found, 1, lesson("1"))
    return found


def test_a_wrong_correction_lowers_the_ability_as_far_as_it_misleads() -> None:
    found = model()
    update = teach(found, 1, lesson("2"))
    assert ability(found) == pytest.approx(step(-0.4, -0.7))
    assert update.metrics["misleading"] == 1.0


def test_an_update_tells_what_each_lesson_did_to_what_it_taught() -> None:
    found = model(rate=0.3)
    lessons = [lesson("1"), lesson("1", skill="physics"), lesson("2", skill="gain")]
    requests = [scored(each.question) for each in lessons]
    options = (0, 0, 1)
    before = [row[option] for row, option in zip(found.score(requests), options, strict=True)]
    update = teach(found, 1, *lessons)
    after = [row[option] for row, option in zip(found.score(requests), options, strict=True)]
    assert [effect.lesson for effect in update.effects] == [0, 1, 2]
    assert [effect.taught_before for effect in update.effects] == pytest.approx(before)
    assert [effect.taught_after for effect in update.effects] == pytest.approx(after)
    assert all(effect.taught_after > effect.taught_before for effect in update.effects)
    assert all(effect.rejected_before is effect.rejected_after is None for effect in update.effects)
    assert update.metrics["chosen_logprob_before"] == pytest.approx(np.mean(before))


def test_the_rule_teaches_nobody_but_simulated_students() -> None:
    with pytest.raises(ModelError, match="teaches its own students, and scripted is none of them; name a trainer"):
        OwnRule("irt_learner").update(ScriptedLearner(seats(1)), {}, lambda *_, **__: [], turn=1, generators={})


@pytest.mark.parametrize(
    ("score", "choice", "true"), [(0.0, 1, True), (1.0, 0, True), (1.0, 1, False), (0.0, 0, False)]
)
def test_a_verdict_without_correction_teaches_what_it_says_of_the_answer(score: float, choice: int, true: bool) -> None:
    found = model()
    teach(found, 1, lesson(None, score=score, choice=choice))
    assert ability(found) == pytest.approx(step(-0.4, 1.0 if true else -0.7))


def test_what_had_no_lesson_is_forgotten_turn_by_turn_and_what_had_one_is_not() -> None:
    found = model()
    teach(found, 1, lesson("1"), lesson("1", skill="physics"))
    gain = step(-0.4) + 0.4
    teach(found, 2, lesson("1"))
    assert ability(found, "physics") == pytest.approx(-0.4 + 0.9 * gain)
    assert ability(found) == pytest.approx(step(step(-0.4)))
    # four turns pass, in the last of which general has a lesson: three without
    before = ability(found) + 0.4
    teach(found, 6, lesson("1"))
    assert ability(found) == pytest.approx(step(-0.4 + 0.9**3 * before))
    assert ability(found, "physics") == pytest.approx(-0.4 + 0.9**5 * gain)


def test_without_a_rate_nothing_is_learned_and_without_forgetting_nothing_is_lost() -> None:
    still = model(rate=0.0)
    teach(still, 1, lesson("1"))
    assert ability(still) == pytest.approx(-0.4)
    kept = model(forgetting=0.0)
    teach(kept, 1, lesson("1"))
    teach(kept, 50, lesson("1", skill="physics"))
    assert ability(kept) == pytest.approx(step(-0.4))


def test_rounds_take_the_first_of_each_group_then_the_second() -> None:
    found = rounds(np.array([3, 1, 3, 3, 1, 7]))
    assert [each.tolist() for each in found] == [[1, 0, 5], [4, 2], [3]]
    assert rounds(np.array([], dtype=np.int64)) == []


def test_what_is_dumped_comes_back_exactly_and_another_seats_gains_can_be_taken() -> None:
    first = IrtLearners(**SETTINGS).learner(seats(2))
    teach(first, 3, lesson("1"), lesson("2", skill="physics"))
    second = IrtLearners(**SETTINGS).learner(seats(2))
    second.score([scored(question("x", "other"))])  # skills are met in another order
    assert second.version("s0") != first.version("s0")
    second.restore("s0", first.dump("s0"))
    assert second.version("s0") == first.version("s0")
    again = [teach(each, 5, lesson("1"), lesson("1", skill="other")) for each in (first, second)]
    assert again[0] == again[1]
    assert first.dump("s0") == second.dump("s0")
    assert first.version("s0") != first.version("s1")


def test_damage_is_told() -> None:
    first, second = model(), model()
    teach(first, 1, lesson("1"))
    second.restore("s0", first.dump("s0"))
    assert ability(second) == ability(first)
    for data in (b"", first.dump("s0")[:-3], b"\x00" * 64):
        with pytest.raises(DataError, match="hold no abilities"):
            second.restore("s0", data)


def world(seated: Sequence[Seat], *overrides: str) -> World:
    return build_world(load_scenario(ROOT / "scenarios" / "surrogate.yaml", [*SMALL, *overrides]), seated)


def turns(played: World) -> list[tuple[Turn, ...]]:
    next_turn = stepper(played)
    return [next_turn(number) for number in range(played.turns + 1)]


@pytest.mark.parametrize("policy", ["random", "log_probability_category", "oracle"])
def test_students_together_do_exactly_what_each_does_alone(policy: str) -> None:
    seated = [Seat(name=f"s{index}", number=index % 2, seed=index // 2) for index in range(5)]
    options = [f"ask.policy={policy}", "turns=5"]
    together = turns(world(seated, *options))
    for index, seat in enumerate(seated):
        alone = turns(world([seat], *options))
        assert [canonical(each[index]) for each in together] == [canonical(each[0]) for each in alone]


def test_a_stopped_study_ends_as_one_never_stopped_and_replays(disk: Path) -> None:
    def begun(name: str) -> Study:
        return Study.create(
            disk / name, scenario={"name": "a"}, seats=tuple(seats(2)), measures=ACCURACY, fingerprint={}
        )

    options = ["turns=6", "learn.every=2", "ask.policy=log_probability"]
    with begun("whole") as whole:
        single = world(seats(2), *options)
        play(whole, single, stepper(single), Ears())
        expected = whole.trace_hash
        assert replay(whole, world(seats(2), *options)).trace_hash == expected
    begun("stopped").close()
    for number in (2, 3, 5):
        with Study.open(disk / "stopped", write=True) as study, pytest.raises(InterruptedError):
            again = world(seats(2), *options)
            play(study, again, stopping_at(number, again), Ears())
    with Study.open(disk / "stopped", write=True) as study:
        last = world(seats(2), *options)
        play(study, last, stepper(last), Ears())
        assert study.trace_hash == expected
        with pytest.raises(StoreError, match="a simulated student or one that counts has no PEFT adapter"):
            export(study, disk / "peft", "peft")
        export(study, disk / "jsonl", "jsonl")


def accuracy(found: Sequence[tuple[Turn, ...]], turn: int) -> float:
    return float(np.mean([each.evaluations["held_out"].metrics["accuracy"] for each in found[turn]]))


def test_students_learn_from_their_mistakes() -> None:
    found = turns(world([Seat(name=f"s{seed}", number=0, seed=seed) for seed in range(20)], *DEFAULT))
    before, after = accuracy(found, 0), accuracy(found, 20)
    assert 0.33 < before < 0.43
    assert 0.65 < after < 0.8


class Misleading:
    """A teacher that calls everything wrong and corrects to a wrong option."""

    name = "misleading"

    def judge(self, questions: Sequence[Question], answers: Sequence[Any], *, seeds: Sequence[int]) -> list[Feedback]:
        del answers, seeds
        return [
            Feedback(
                score=0.0,
                judge="misleading",
                correction=next(choice for choice in each.form.alternatives if choice != each.key.reference),
            )
            for each in questions
        ]


def test_students_unlearn_with_a_misleading_teacher() -> None:
    played = world([Seat(name=f"s{seed}", number=0, seed=seed) for seed in range(20)], "turns=6")
    for student in played.students:
        student.settings = replace(student.settings, judge=Misleading())
    found = turns(played)
    assert accuracy(found, 6) < accuracy(found, 0) - 0.05


def test_a_request_for_a_seat_that_is_not_there_is_refused() -> None:
    with pytest.raises(KeyError):
        model().score([Request(slot="nobody", prompt="?", question=question("q"))])
