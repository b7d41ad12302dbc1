"""The bank of short lines: references meet what is asked, one broken condition fails alone, splits share none."""

import hashlib
import itertools
from collections import Counter

import numpy as np
import pytest

from agents.conditions.rules import complaint
from agents.judges.conditions import ConditionsJudge, checked
from environments.instructions import Instructions
from environments.lines import lexicon
from environments.lines.asking import request
from environments.lines.combinations import KINDS, SPLITS, all_combinations, owned
from environments.lines.grammar import LONGEST, SHORTEST
from environments.lines.items import MOST_DISTINCT, WORDINGS, distinct, question
from environments.lines.mastery import HEEDED, lesson
from environments.lines.vocabulary import vocabulary
from simulation.core.errors import DataError
from simulation.core.kinds.conditions import Conditions
from simulation.core.questions import Measure
from simulation.core.types import Question
from tests.support.broken_lines import broken, read_back

FROZEN = "62721a05ba905248"
"""Of the 200 held-out prompts with their conditions and references: what measures stays the same for all studies."""

SIZES = (300, 1000, 3000)
"""Lessons of each stage that are looked at."""


def asked(split: str, size: int) -> list[Question]:
    return [question(0, split, index) for index in range(size)]


def conditions(one: Question) -> Conditions:
    assert isinstance(one.key, Conditions)
    return one.key


def test_every_reference_meets_every_condition() -> None:
    questions = [one for split in SPLITS for one in asked(split, 1000)]
    assert ConditionsJudge().audit(questions) == []
    texts = [text for one in questions for text in one.key.references]
    assert len(texts) > 3 * len(questions)
    assert {len(text.split()) for text in texts} == {*range(SHORTEST, LONGEST + 1)}


def test_the_audit_names_a_reference_that_fails() -> None:
    good = asked("pool", 1)[0]
    bad = Question(id="bad", prompt="p", key=Conditions(conditions=conditions(good).conditions, references=("no",)))
    (line,) = ConditionsJudge().audit([good, bad])
    assert "'bad'" in line and "asked" in line


def test_an_answer_with_one_condition_broken_fails_exactly_that_one() -> None:
    tried: Counter[str] = Counter()
    for one in asked("pool", 1200) + asked("held_out", 600):
        for text in one.key.references[:2]:
            for condition in conditions(one).conditions:
                spoilt = broken(one, text, condition.name)
                if spoilt is None:
                    continue
                tried[condition.name] += 1
                failed = [other.name for other in conditions(one).conditions if complaint(other, spoilt)]
                assert failed == [condition.name], (one.prompt, spoilt)
                verdict = checked(one, spoilt)
                assert verdict.score == 0 and verdict.reason == f"{condition.name} not met"
                share = 1 - 1 / len(conditions(one).conditions)
                assert verdict.metrics["instruction_strict"] == pytest.approx(share)
    assert set(tried) == set(KINDS) and min(tried.values()) > 150, tried


def test_splits_share_no_combination_and_each_asks_for_every_kind() -> None:
    for one, other in itertools.combinations(SPLITS, 2):
        assert not {*owned(one)} & {*owned(other)}
    assert sum(len(owned(split)) for split in SPLITS) == len(all_combinations()) == 246
    for split in SPLITS:
        assert {kind for kinds in owned(split) for kind in kinds} == {*KINDS}
    for split in SPLITS:
        assert {one.tags[1:] for one in asked(split, 400)} == {*owned(split)}


def test_what_is_held_out_is_frozen() -> None:
    digest = hashlib.sha256()
    for one in Instructions().questions(0).held_out:
        named = [(condition.name, sorted(condition.parameters.items())) for condition in conditions(one).conditions]
        digest.update(repr((one.id, one.prompt, one.tags, named, one.key.references)).encode())
    assert digest.hexdigest()[:16] == FROZEN


def test_another_seed_asks_other_prompts_of_the_same_combinations() -> None:
    assert Instructions().questions(0).pool[7] == Instructions().questions(1).pool[7]
    assert question(0, "pool", 5) != question(1, "pool", 5)
    assert question(0, "pool", 5).tags == question(1, "pool", 5).tags
    assert Instructions().questions(0).pool[-1].id == "pool-0-7999"


def test_what_is_evaluated_is_distinct_and_the_most_can_be_had() -> None:
    for split in ("held_out", "probe"):
        questions = distinct(seed=0, split=split, size=MOST_DISTINCT)
        assert len({one.prompt for one in questions}) == MOST_DISTINCT
    with pytest.raises(DataError, match="at most 2000"):
        distinct(seed=0, split="probe", size=3000)


def test_most_prompts_have_thousands_of_right_answers() -> None:
    """Of 200 lines of one shape for a prompt nearly all differ, so there are many more of that shape alone."""
    stream = np.random.default_rng(0)
    drawn = [request(owned("held_out")[place % 47], stream) for place in range(94)]
    shares = [len({one.variant(stream) for _ in range(200)}) / 200 for one in drawn]
    assert float(np.median(shares)) > 0.9  # fewer than 1,000 equally likely lines would give less


def test_a_prompt_names_what_its_conditions_ask() -> None:
    for one in asked("held_out", 300):
        assert one.prompt.startswith("write a line ") and one.prompt.count(",") == len(one.tags) - 2
        for condition in conditions(one).conditions:
            for name, value in condition.parameters.items():
                if name not in ("words", "case") and not (condition.name == "repeats" and name == "count"):
                    assert str(value) in one.prompt
    assert all(len(set(pair)) == 2 for pair in WORDINGS.values())


def test_no_word_has_two_places_and_the_vocabulary_holds_all() -> None:
    words = [*lexicon.SHARED]
    for topic in lexicon.TOPICS:
        words += [*topic.nouns, *topic.adjectives, *topic.verbs]
    assert len(words) == len(set(words)) == len(lexicon.WORDS)
    every = {*vocabulary()}
    for one in (*asked("pool", 500), *asked("held_out", 500)):
        texts = " ".join((one.prompt.replace('"', " ").replace(",", " "), *one.key.references, "answer"))
        assert {*texts.split()} <= every


def test_a_lesson_asks_for_combinations_of_the_pool_and_heeds_as_often_as_the_writer_believes() -> None:
    heeded: dict[str, list[bool]] = {kind: [] for kind in KINDS}
    stages = [[lesson(index, seed=3, stage=stage) for index in range(size)] for stage, size in enumerate(SIZES)]
    assert stages[0][0] == lesson(0, seed=3, stage=0)
    asked_kinds = [[tuple(judged(drawn.question.prompt, "x")) for drawn in lessons] for lessons in stages]
    assert {len(kinds) for kinds in asked_kinds[0]} == {1}
    for kinds in asked_kinds[1:]:  # what is asked alone is no combination of any split
        assert 0.2 < sum(len(one) == 1 for one in kinds) / len(kinds) < 0.3
        assert {tuple(sorted(one, key=KINDS.index)) for one in kinds if len(one) > 1} <= {*owned("pool")}
    for drawn in (*stages[0], *stages[1]):
        assert all(judged(drawn.question.prompt, drawn.branches[0].text.strip()).values())
    for drawn in stages[2]:
        (branch,) = drawn.branches
        assert branch.weight == 1.0 and branch.text.startswith(" ")
        for kind, is_met in judged(drawn.question.prompt, branch.text.strip()).items():
            heeded[kind].append(is_met)
    for kind in KINDS:  # what another line was asked for may be met by chance, and what it lacks is lacked by most
        share = float(np.mean(heeded[kind]))
        chance = 0.9 if kind == "avoids" else 0.6
        assert HEEDED[kind] - 0.04 < share < HEEDED[kind] + chance * (1 - HEEDED[kind]), (kind, share)


def judged(prompt: str, text: str) -> dict[str, bool]:
    """Read the conditions of a prompt off its words, and tell which of them a text meets."""
    return {condition.name: not complaint(condition, text) for condition in read_back(prompt)}


def test_the_environment_measures_four_levels_of_which_the_truth_is_strict() -> None:
    measures = Instructions().measures
    assert measures[0] == Measure(name="prompt_strict")
    assert [measure.graded for measure in measures] == [False, True, False, True]
    verdict = checked(asked("pool", 1)[0], "no")
    assert {measure.name for measure in measures[1:]} == {*verdict.metrics}
