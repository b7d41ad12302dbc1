"""The bank of programming tasks: references pass, tests catch bugs, splits share no composition, prompts differ."""

import itertools
import json
import random
from pathlib import Path

import pytest

from environments.code_tasks import CodeTasks
from environments.tasks.checks import HIDDEN, VISIBLE, checks, load
from environments.tasks.composition import CATEGORIES, SHAPES, SKILLS, SPLITS, compositions, group, owned
from environments.tasks.items import EVERY, MOST_DISTINCT, SEEN, UNSEEN, distinct, task
from environments.tasks.mastery import lesson, mastery
from environments.tasks.programs import RIGHT, program, single_bugs, styles
from simulation.core.errors import DataError
from simulation.core.kinds.code import Code
from simulation.core.kinds.program_tests import Test
from simulation.core.questions import Measure

SAMPLE = random.Random(0).sample(compositions(), 250)
MBPP = Path("../shared/data/mbpp")


def passes(text: str, tests: tuple[Test, ...]) -> bool:
    space = {"f": load(text)}
    try:
        for test in tests:
            exec(test.code, space)
    except Exception:  # noqa: BLE001  # a wrong program may raise anything
        return False
    return True


def test_the_bank_has_54_skills_of_two_or_three_bugs_in_three_wordings() -> None:
    assert len(SKILLS) == len({skill.name for skill in SKILLS}) == 54
    assert all(len(skill.bugs) in (2, 3) and len(set(skill.wordings)) == 3 for skill in SKILLS)
    assert all(skill.right not in [bug.code for bug in skill.bugs] for skill in SKILLS)
    assert len({each.name for each in compositions()}) == len(compositions()) > 3300


def test_every_right_program_passes_all_its_tests_in_every_style() -> None:
    for composition in SAMPLE:
        tests = checks(composition, 0)
        assert sum(test.hidden for test in tests) == HIDDEN and sum(not test.hidden for test in tests) == VISIBLE
        assert len({test.code for test in tests}) == len(tests)
        for style in styles(composition):
            assert passes(program(composition, style), tests)


def test_the_tests_catch_95_percent_of_the_programs_with_one_bug_and_the_visible_ones_fewer() -> None:
    caught = [
        [passes(program(composition, style, bugs), some) for some in (tests, tests[:VISIBLE])]
        for composition in SAMPLE
        for tests in [checks(composition, 0)]
        for style in styles(composition)
        for bugs in single_bugs(composition)
    ]
    missed, missed_by_visible = (sum(column) / len(caught) for column in zip(*caught, strict=True))
    assert missed < 0.05
    assert 0.08 < missed_by_visible < 0.2


def test_a_program_has_two_to_six_lines_and_bugs_change_it() -> None:
    for composition in SAMPLE:
        for style in styles(composition):
            right = program(composition, style, RIGHT)
            assert 2 <= right.count("\n") + 1 <= 6
            assert all(program(composition, style, bugs) != right for bugs in single_bugs(composition))


def test_splits_share_no_composition_and_hold_every_category_and_shape() -> None:
    for one, other in itertools.combinations(SPLITS, 2):
        assert not {each.name for each in owned(one)} & {each.name for each in owned(other)}
    for split, category, shape in itertools.product(SPLITS, CATEGORIES, SHAPES):
        assert len(group(split, category, shape)) > 10


def test_a_task_is_a_pure_function_of_seed_split_and_index() -> None:
    assert task(0, "pool", 5, SEEN) == task(0, "pool", 5, SEEN)
    assert task(0, "pool", 5, SEEN) != task(1, "pool", 5, SEEN)
    assert CodeTasks().questions(0).pool[7] == CodeTasks().questions(1).pool[7]
    assert CodeTasks().questions(0).pool[-1].id == "pool-0-7999"


def test_the_truth_is_pass_at_1_of_a_program_that_is_written_anew() -> None:
    assert CodeTasks().measures[0] == Measure(name="pass@1")
    assert CodeTasks().questions(0).pool[0].form == Code()


def test_a_prompt_names_the_function_and_says_which_composition_is_meant() -> None:
    meant: dict[str, str] = {}
    for index in range(4000):
        drawn = task(0, "pool", index, EVERY)
        assert drawn.prompt.startswith("write f(")
        assert meant.setdefault(drawn.prompt, drawn.composition.name) == drawn.composition.name


def test_the_wordings_of_unseen_are_never_asked_and_those_of_seen_are() -> None:
    def phrases(index: int) -> set[str]:
        return {skill.wordings[index] for skill in SKILLS}

    seen, unseen = (CodeTasks(held_out_wordings=name).questions(0) for name in ("seen", "unseen"))
    asked = " ".join(question.prompt for question in seen.pool[:500])
    assert not any(phrase in asked for phrase in phrases(UNSEEN[0]) - {"all of xs", "all of ws"})
    assert [each.prompt for each in seen.pool[:50]] == [each.prompt for each in unseen.pool[:50]]
    assert not {each.prompt for each in unseen.held_out} & {each.prompt for each in seen.held_out}


def test_what_is_evaluated_is_distinct_and_the_most_can_be_had() -> None:
    for split in ("held_out", "probe"):
        found = distinct(seed=0, split=split, size=MOST_DISTINCT)
        assert len({question.tags for question in found}) == MOST_DISTINCT
    with pytest.raises(DataError, match="at most 200"):
        distinct(seed=0, split="probe", size=1000)


def test_a_lesson_is_right_as_often_as_the_coder_believes() -> None:
    lessons = [lesson(index, seed=3, stage=1) for index in range(6000)]
    drawn = [task(3, "pool", -(index + 1) % 2**31, EVERY) for index in range(6000)]
    cell = ("list", 0)
    texts = [one.branches[0].text for one, made in zip(lessons, drawn, strict=True) if cell in made.cells]
    right = sum("in xs:" in text or "in xs)" in text or "in xs]" in text or "in xs " in text for text in texts)
    assert right / len(texts) == pytest.approx(mastery(3)[cell], abs=0.12)
    assert all(one.question.prompt == made.prompt for one, made in zip(lessons, drawn, strict=True))


def test_half_of_the_beliefs_of_every_coder_are_strong() -> None:
    for seed in range(3):
        beliefs = mastery(seed)
        assert len(beliefs) == 3 * 54
        assert sum(right > 0.8 for right in beliefs.values()) / len(beliefs) == pytest.approx(0.5, abs=0.02)


def rows(count: int) -> str:
    return "\n".join(
        json.dumps({
            "task_id": f"HumanEval/{number}", "entry_point": "add",
            "prompt": f'def add(x):\n    """Add {number} to x."""\n',
            "canonical_solution": f"    return x + {number}\n",
            "test": "def check(candidate):\n"
            + "".join(f"    assert candidate({each}) == {each + number}\n" for each in (1, 2)),
        })
        for number in range(count)
    )  # fmt: skip


def test_rows_that_name_no_split_are_split_by_content_and_can_be_evaluated_on_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text(rows(60))
    (tmp_path / "few.jsonl").write_text(rows(10))
    whole = CodeTasks(rows=str(tmp_path / "rows.jsonl"), probe_size=20).questions(0)
    assert (len(whole.pool), len(whole.probe), len(whole.held_out)) == (31, 20, 9)
    few = str(tmp_path / "few.jsonl")
    apart = CodeTasks(rows=str(tmp_path / "rows.jsonl"), held_out_rows=few, probe_size=20).questions(0)
    assert (len(apart.pool), len(apart.held_out)) == (30, 10)
    bank = CodeTasks(held_out_rows=few).questions(0)
    assert (len(bank.pool), len(bank.probe), len(bank.held_out)) == (8000, 100, 10)
    shared = CodeTasks(rows=str(tmp_path / "rows.jsonl")).questions(0)
    assert (len(shared.pool), len(shared.probe), len(shared.held_out)) == (41, 10, 9)


@pytest.mark.skipif(not MBPP.is_dir(), reason="MBPP is not beside the project")
def test_mbpp_keeps_its_own_split() -> None:
    splits = CodeTasks(rows=str(MBPP / "mbpp.jsonl.gz")).questions(0)
    assert (len(splits.pool), len(splits.probe)) == (374, 90)
    assert (len(splits.held_out), splits.notices) == (500, ())
