"""What the guards make right, what they let pass as it is, and whom they name."""

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simulation.contracts.boundary import calling, named
from simulation.contracts.environment import guarded_splits
from simulation.contracts.judge import guarded_feedback
from simulation.contracts.models import guarded_scores
from simulation.contracts.policies import guarded_picks
from simulation.contracts.questions import LookedAt
from simulation.contracts.records import fitted
from simulation.contracts.rules import own_randomness
from simulation.contracts.scripted import ScriptedMark, ScriptedModel, answer, experience, questions, streams
from simulation.contracts.students import guarded_answers
from simulation.contracts.trainer import guarded_updates
from simulation.core.calls import Completion, Request
from simulation.core.errors import ContractError, DataError
from simulation.core.kinds.options import Options
from simulation.core.kinds.taken import Chances
from simulation.core.memory import ReplayBuffer
from simulation.core.questions import Measure, Splits
from simulation.core.registry import find
from simulation.core.roles import Context
from simulation.core.types import Answer, Feedback, Outcome, Question, Ranking, Selection, Update


@dataclass
class Says:
    """A judge, students or a policy that return what they are told to (Any: right or wrong)."""

    value: Any
    name: str = "ada"
    needs = frozenset[str]()
    simulated = False
    measures = (Measure(name="accuracy"),)
    exact_judge = "answer_key"

    def say(self, *_: Any, **__: Any) -> Any:
        return self.value

    judge = select = read = questions = score = update = say


def feedback(value: object, count: int = 1) -> list[Feedback]:
    asked = questions(count)
    answers = [answer(one, "1") for one in asked]
    says: Any = Says(value)
    return guarded_feedback("my:Judge", says, asked, answers, seeds=[0] * count)


def test_numbers_become_floats_and_lists_tuples() -> None:
    one: Any = np.float32(1)
    right: Any = np.True_
    metrics: Any = {"sure": 1, np.str_("n"): np.int64(2)}
    outcomes: Any = [Outcome(part="answer", score=one, reason="right")]
    said = Feedback(score=right, judge="j", metrics=metrics, outcomes=outcomes)
    (verdict,) = feedback([said])
    assert (type(verdict.score), verdict.score) == (float, 1.0)
    assert {key: type(value) for key, value in verdict.metrics.items()} == {"sure": float, "n": float}
    assert all(type(key) is str for key in verdict.metrics)
    assert type(verdict.outcomes) is tuple and type(verdict.outcomes[0].score) is float


def test_what_is_right_comes_back_as_the_same_object() -> None:
    verdicts = [Feedback(score=1.0, judge="j", metrics={"sure": 0.5}) for _ in range(3)]
    returned = feedback(verdicts, 3)
    assert returned is verdicts
    record = answer(questions(1)[0], "1")
    assert fitted("students", "my:Kids", record, Answer) is record


def test_a_tuple_of_verdicts_and_a_generator_are_taken() -> None:
    verdict = Feedback(score=1.0, judge="j")
    assert feedback((verdict,)) == feedback(iter([verdict])) == [verdict]


def test_a_truth_between_0_and_1_needs_a_graded_measure() -> None:
    says: Any = Says([Feedback(score=0.3, judge="j")])
    (asked,) = questions(1)
    common: dict[str, Any] = {"questions": [asked], "answers": [answer(asked, "1")], "seeds": [0]}
    assert guarded_feedback("exact", says, **common)[0].score == 0.3
    with pytest.raises(ContractError, match=r"'q0' as 0.3, where it is 0 or 1; let the environment .*graded=True"):
        guarded_feedback("exact", says, **common, measures=[Measure(name="accuracy")])


def test_an_answer_of_numpys_numbers_is_made_right() -> None:
    (asked,) = questions(1)
    taken: Any = np.argmax([0.0, 1.0])
    logprobs: Any = np.log([0.2, 0.3, 0.5])
    says: Any = Says([replace(answer(asked, "1"), ranking=Ranking(taken=taken, logprobs=logprobs), tokens=taken)])
    (read,) = guarded_answers("my:Kids", says, [asked], [Completion()], model_version="0")
    assert read.ranking is not None
    assert (type(read.ranking.taken), type(read.tokens)) == (int, int)
    assert {*map(type, read.ranking.logprobs)} == {float} and len(read.ranking.logprobs) == 3


def test_a_row_of_scores_may_be_empty_but_not_short() -> None:
    requests = [Request(slot="ada", prompt="?", continuations=("a", "b"))] * 2
    says: Any = Says([(), (-1, np.float32(-2))])
    assert guarded_scores("my:Model", says, requests) == [(), (-1.0, -2.0)]
    says = Says([(-1.0,), (-1.0, -2.0)])
    with pytest.raises(ContractError, match="gave 1 log-probabilities for 2 continuations"):
        guarded_scores("my:Model", says, requests)


def splits(**changes: Any) -> Splits:
    asked = questions(40)
    good = Splits(pool=tuple(asked[:30]), held_out=tuple(asked[30:]))
    says: Any = Says(replace(good, **changes))
    return guarded_splits("my:World", says, 0)


def test_questions_lists_are_made_tuples() -> None:
    options: Any = ["1", "2", "3"]
    pool = [replace(one, form=Options(choices=options), tags=options) for one in questions(30)]
    read = splits(pool=pool, notices=["a row was refused"])
    assert type(read.pool) is tuple and type(read.notices) is tuple
    assert read.pool[0].form.alternatives == ("1", "2", "3") and type(read.pool[0].tags) is tuple
    assert hash(read.pool[0].form)


def test_a_form_from_outside_is_read_by_its_own_fields() -> None:
    chances: Any = [1, 0]
    question = Question(id="q", prompt="?", key=Chances(chances=chances))
    assert fitted("environment", "my:World", question, Question).key == Chances(chances=(1.0, 0.0))


def test_good_splits_are_kept() -> None:
    asked = questions(40)
    good = Splits(pool=tuple(asked[:30]), held_out=tuple(asked[30:]))
    says: Any = Says(good)
    read = guarded_splits("my:World", says, 0)
    assert read.pool is good.pool and read.held_out is good.held_out


@dataclass
class Counted(Sequence[Question]):
    """A pool that counts how many of its questions were made."""

    size: int
    leaks_at: int | None = None
    made: int = 0

    def __getitem__(self, place: Any) -> Any:
        self.made += 1
        return replace(questions(1)[0], id="q31" if place == self.leaks_at else f"pool {place}")

    def __len__(self) -> int:
        return self.size


def test_a_large_pool_is_looked_at_when_it_is_drawn_from() -> None:
    pool = Counted(1_000_000)
    view = splits(pool=pool).pool
    assert pool.made < 200 and len(view) == 1_000_000
    assert [one.id for one in view[7:9]] == ["pool 7", "pool 8"]
    assert isinstance(view, LookedAt)


@pytest.mark.parametrize("size", [900, 60_000])
def test_a_leak_is_refused_before_it_is_asked(size: int) -> None:
    with pytest.raises(ContractError, match="'q31' both in its pool and among those that measure"):
        splits(pool=Counted(size, leaks_at=77)).pool[77]


def test_a_leak_into_a_large_pool_in_memory_is_refused_at_once() -> None:
    asked = questions(1)[0]
    pool = [replace(asked, id=f"pool {place}") for place in range(100_001)]
    assert len(splits(pool=pool).pool) == 100_001
    with pytest.raises(ContractError, match="'q31' both in its pool"):
        splits(pool=[*pool, replace(asked, id="q31")])


def context(memory: ReplayBuffer | None = None, since: int = 1) -> Context:
    generator = np.random.default_rng(0)
    held = ReplayBuffer() if memory is None else memory
    return Context(turn=3, memory=held, since=since, evaluations={}, predictions={}, tags={}, generator=generator)


def test_a_pick_that_is_an_equal_object_stands_for_the_candidate() -> None:
    candidates = questions(5)
    says: Any = Says([Selection(item=replace(candidates[2]), score=1, propensity=np.float64(1), reason="third")])
    (pick,) = guarded_picks("question_policy", "my:Policy", says, candidates, 2, context())
    assert pick.item is candidates[2]
    assert (type(pick.score), type(pick.propensity)) == (float, float)


def test_early_experiences_are_found_in_a_memory() -> None:
    memory = ReplayBuffer(capacity=50)
    for turn in range(1, 41):
        memory.extend(experience(one, turn=turn, position=place) for place, one in enumerate(questions(2)))
    for place in (0, 1, 20, 49):
        says: Any = Says([Selection(item=memory[place], reason="early")])
        view = context(memory, since=40)
        (pick,) = guarded_picks("experience_policy", "my:Policy", says, memory, 3, view)
        assert pick.item is memory[place]
    forgotten: Any = Says([Selection(item=experience(questions(1)[0], turn=2), reason="early")])
    with pytest.raises(ContractError, match="picked '2/0', which is no candidate"):
        guarded_picks("experience_policy", "my:Policy", forgotten, memory, 3, context(memory))


@pytest.mark.parametrize("metrics", [{"loss_last": math.nan, "gain": math.inf}, {"metrics_not_finite": 2.0}])
def test_a_training_that_diverged_is_left_to_the_loop(metrics: dict[str, float]) -> None:
    update = Update(trainer="t", experiences=1, steps=1, model_version="1", metrics=metrics)
    says: Any = Says({"student-0": update})
    batches = {"student-0": [experience(questions(1)[0])]}
    model = ScriptedModel({"student-0": b""})
    mark, generators = ScriptedMark(), streams(batches)
    assert guarded_updates("t", says, model, batches, mark, turn=1, generators=generators) == {"student-0": update}


def raising(error: BaseException) -> Callable[[], None]:
    def call() -> None:
        with calling("question_policy", "my:Policy"):
            raise error

    return call


def test_who_raises_is_named_with_the_place() -> None:
    with pytest.raises(ContractError) as raised:
        raising(KeyError("a\nb"))()
    text = str(raised.value)
    assert text.startswith("question policy 'my:Policy' raised KeyError: 'a\\nb' (test_guards.py:")
    assert text.endswith(", in call)") and isinstance(raised.value.__cause__, KeyError)


def test_errors_of_the_users_making_and_a_stop_pass() -> None:
    with pytest.raises(DataError, match="row 3"):
        raising(DataError("row 3"))()
    with pytest.raises(KeyboardInterrupt):
        raising(KeyboardInterrupt())()


def test_a_component_is_called_what_a_scenario_calls_it(tmp_path: Path) -> None:
    assert named(find("judge", "answer_key")()) == "answer_key"
    assert named(ScriptedModel()) == "simulation.contracts.scripted:ScriptedModel"
    path = tmp_path / "my_module.py"
    path.write_text("class Mine:\n    def judge(self): ...\n\nclass Other: ...\n", encoding="utf-8")
    mine = find("judge", f"{path}:Mine")
    assert named(mine()) == "my_module:Mine"
    other = __import__("sys").modules[mine.__module__].Other
    assert named(other()) == "my_module:Other"


def test_shared_random_numbers_are_watched() -> None:
    with own_randomness("judge", "fine"):
        np.random.default_rng(0).random()
    for draw in (random.random, np.random.rand, lambda: random.seed(3), lambda: np.random.seed(3)):
        with pytest.raises(ContractError, match="of the whole process"), own_randomness("judge", "my:Judge"):
            draw()
