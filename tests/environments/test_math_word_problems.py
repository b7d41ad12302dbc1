"""The generated bank: items are pure functions, splits share no numbers, misconceptions are what they say."""

import itertools
import json
import re
from pathlib import Path
from typing import Any

import pytest

from environments.bank.items import CATEGORIES, CELLS, MOST_DISTINCT, Bank, distinct, item, split_of, well_separated
from environments.bank.mastery import CUES, lesson, mastery
from environments.math_word_problems import MathWordProblems
from simulation.core.errors import DataError
from simulation.core.questions import Measure

SKILLS = [skill for skills in CATEGORIES.values() for skill in skills]
MATHQA = Path("../shared/data/mathqa")


def keys(split: str, count: int) -> set[tuple[str, tuple[int, ...]]]:
    return {item(0, split, index).key for index in range(count)}


def test_bank_has_six_categories_of_five_skills_in_three_wordings() -> None:
    assert [len(skills) for skills in CATEGORIES.values()] == [5] * 6
    assert len(CELLS) == 90
    assert len({skill.name for skill in SKILLS}) == 30
    assert len({wording for skill in SKILLS for wording in skill.wordings}) == 90


def test_an_item_is_a_pure_function_of_seed_split_and_index() -> None:
    assert [item(0, "pool", index) for index in (5, 3, 5)] == [item(0, "pool", index) for index in (5, 3, 5)]
    assert item(0, "pool", 5) != item(1, "pool", 5)


def test_splits_share_no_number_tuple_of_a_skill_in_any_order_or_wording() -> None:
    sets = [keys("pool", 4000), keys("probe", 1500), keys("held_out", 1500)]
    for one, other in itertools.combinations(sets, 2):
        assert not one & other


def test_pretraining_shares_no_number_tuple_with_any_evaluation() -> None:
    evaluated = {
        (question.tags[1], question.prompt)
        for split in ("probe", "held_out")
        for question in distinct(seed=0, split=split, size=600)
    }
    taught = {(one.question.tags[1], one.question.prompt) for one in (lesson(i, seed=0, stage=1) for i in range(3000))}
    assert not evaluated & taught


@pytest.mark.parametrize("skill", SKILLS, ids=lambda skill: skill.name)
def test_every_skill_has_enough_distinct_held_out_problems(skill: object) -> None:
    found = set()
    for drawn in itertools.product(*(range(low, high + 1) for low, high in skill.ranges)):  # type: ignore[attr-defined]
        given = skill.stated(*drawn)  # type: ignore[attr-defined]
        values = [procedure.compute(*drawn) for procedure in skill.procedures]  # type: ignore[attr-defined]
        if split_of(skill, given) == "held_out" and well_separated(values):  # type: ignore[arg-type]
            found.add(skill.canonical(given))  # type: ignore[attr-defined]
        if len(found) >= 30:
            return
    pytest.fail(f"only {len(found)} held-out number tuples")


def test_options_are_the_right_value_three_misconceptions_and_a_filler_well_apart() -> None:
    for question in Bank(seed=3, split="pool", size=500):
        assert well_separated([int(choice) for choice in question.form.alternatives])
        assert question.key.reveals.count("right") == question.key.reveals.count("filler") == 1
        assert question.form.alternatives[question.key.reveals.index("right")] == question.key.reference
        assert len(set(question.key.reveals)) == 5


def test_the_right_option_is_at_every_place_equally_often() -> None:
    places = [question.key.reveals.index("right") for question in Bank(seed=0, split="pool", size=5000)]
    counts = [places.count(place) for place in range(5)]
    assert max(abs(count - 1000) for count in counts) < 4 * (5000 * 0.2 * 0.8) ** 0.5


def test_a_commutative_skill_folds_the_order_of_its_numbers() -> None:
    skill = next(skill for skill in SKILLS if skill.commutative)
    assert all(split_of(skill, (a, b)) == split_of(skill, (b, a)) for a in range(3, 20) for b in range(3, 20))


def test_the_questions_are_the_same_object_for_every_seed_and_made_when_first_asked_for() -> None:
    environment = MathWordProblems(held_out_size=5, probe_size=5)
    assert "_splits" not in vars(environment)
    assert environment.questions(0) is environment.questions(7)
    assert environment.measures == (Measure(name="accuracy"),)


def test_the_most_distinct_problems_can_be_had() -> None:
    for split in ("held_out", "probe"):
        questions = distinct(seed=0, split=split, size=MOST_DISTINCT)
        assert len({question.id for question in questions}) == MOST_DISTINCT


def test_asking_for_more_distinct_problems_than_exist_is_refused() -> None:
    with pytest.raises(DataError, match="at most 3000"):
        distinct(seed=0, split="held_out", size=60_000)


def test_lessons_weigh_plain_answers_by_mastery_and_teach_every_procedure_under_its_cue() -> None:
    one = lesson(7, seed=2, stage=1)
    right = mastery(2)[one.question.tags[1], int(one.question.tags[2][-1])]
    plain = [branch for branch in one.branches if not branch.cue]
    assert plain[0].text == f" {one.question.key.reference}" and plain[0].weight == right
    assert sum(branch.weight for branch in plain) == pytest.approx(1.0)
    assert [branch.cue for branch in one.branches if branch.cue] == list(CUES)
    softer = [branch for branch in lesson(7, seed=2, stage=0).branches if not branch.cue]
    assert softer[0].weight == pytest.approx((1 + right) / 2)


def test_a_single_file_of_rows_is_split_by_content_not_by_place(tmp_path: Path) -> None:
    rows = [
        {"Problem": f"what is {n} plus 1 ?", "options": f"a ) {n} , b ) {n + 1} , c ) 0 , d ) 1 , e ) 2",
         "correct": "b", "category": "general"}
        for n in range(100, 200)
    ]  # fmt: skip
    (tmp_path / "one.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    (tmp_path / "two.jsonl").write_text("\n".join(json.dumps(row) for row in reversed(rows)))
    one, two = (
        MathWordProblems(rows=str(tmp_path / name), probe_size=20).questions(0) for name in ("one.jsonl", "two.jsonl")
    )
    assert len(one.held_out) == 15 and len(one.probe) == 20 and len(one.pool) == 65
    assert list(one.held_out) == list(two.held_out)


@pytest.mark.skipif(not MATHQA.is_dir(), reason="the MathQA sample is not beside the project")
def test_all_mathqa_rows_load_or_are_named() -> None:
    splits = MathWordProblems(rows=str(MATHQA)).questions(0)
    read = len(splits.pool) + len(splits.probe) + len(splits.held_out)
    refused = max(0, len(splits.notices) - 1)
    assert read + refused == 5079


def test_named_skills_are_all_that_is_asked_and_keep_their_splits() -> None:
    chosen = ("what remains", "sum of ages")
    splits = MathWordProblems(skills=chosen, pool_size=300, probe_size=50, held_out_size=100).questions(0)
    by_split = {name: list(getattr(splits, name)) for name in ("pool", "probe", "held_out")}
    assert all({question.tags[1] for question in asked} == set(chosen) for asked in by_split.values())
    whole = MathWordProblems().questions(0)
    kept = {(q.tags[1], q.prompt) for q in whole.held_out}
    assert not kept & {(q.tags[1], q.prompt) for q in by_split["pool"]}
    assert not {q.id for q in whole.held_out} & {q.id for q in by_split["held_out"]}
    prerequisites = MathWordProblems(skills=("two legs", "distance travelled")).prerequisites()
    assert prerequisites == {"two legs": ("distance travelled",), "distance travelled": ()}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"skills": ("what remain",)}, "the bank has no 'what remain'; did you mean 'what remains'?"),
        ({"skills": ("coins", "coins")}, "'coins' is named twice"),
        ({"skills": ("coins",), "rows": "rows.jsonl"}, "skills are of the bank, and rows stand in its place"),
    ],
)
def test_skills_that_cannot_be_are_refused(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        MathWordProblems(**fields)


def test_few_skills_that_have_too_few_problems_say_so() -> None:
    with pytest.raises(DataError, match="give 30 distinct problems of the probe split, fewer than the 300"):
        MathWordProblems(skills=("equal groups",)).questions(0)
