"""The bank of sentences asks in ordinary words, keeps what is measured apart, and every prompt can be met."""

import hashlib
from itertools import combinations

import pytest

from agents.judges.conditions import checked
from environments.instructions import Instructions
from environments.lines.items import MOST_DISTINCT
from environments.sentences.items import distinct, question
from environments.sentences.kinds import CONTRARY, KINDS, pairs
from environments.sentences.topics import TOPICS
from simulation.core.types import Question

SPLITS = ("pool", "probe", "held_out")
ABOUT = "Write one short sentence about {}. "


def right_answer(asked: Question) -> str:
    """Write a sentence, of five words at most, that meets whatever is asked."""
    by_kind = dict(zip(asked.tags[1:], asked.key.conditions[1:], strict=True))  # type: ignore[attr-defined]
    words = {
        kind: str(condition.parameters["word"]) for kind, condition in by_kind.items() if "word" in condition.parameters
    }
    topic = asked.key.conditions[0].parameters["words"][0]  # type: ignore[attr-defined]
    inner = [words.get("begins", "My"), topic, words.get("contains", ""), words.get("ends", "stays")]
    sign = "?" if "question" in by_kind else "!" if "exclamation" in by_kind else "."
    text = " ".join(filter(None, inner)) + sign
    text = text.upper() if "capitals" in by_kind else text.lower() if "lowercase" in by_kind else text
    return f'"{text}"' if "quoted" in by_kind else text


def wrong_answer() -> str:
    """Write a sentence about nothing that was asked, and in no way that was."""
    return "Such Sentences meet nothing of what was ever asked of anybody:"


@pytest.mark.parametrize("split", SPLITS)
def test_every_prompt_can_be_met_and_what_ignores_it_meets_nothing(split: str) -> None:
    for index in range(300):
        asked = question(0, split, index)
        assert checked(asked, right_answer(asked)).score == 1, (asked.prompt, right_answer(asked))
        assert not any(outcome.score for outcome in checked(asked, wrong_answer()).outcomes), asked.prompt


def test_what_is_measured_is_asked_nowhere_else_neither_its_topics_nor_its_pairs() -> None:
    possible = [pair for pair in combinations(KINDS, 2) if set(pair) not in CONTRARY]
    assert sorted(pair for split in SPLITS for pair in pairs(split)) == sorted(possible)
    assert {split: len(pairs(split)) for split in SPLITS} == {"pool": 21, "probe": 4, "held_out": 9}
    held_out_kinds = [kind for pair in pairs("held_out") for kind in pair]
    assert {kind: held_out_kinds.count(kind) for kind in KINDS} == dict.fromkeys(KINDS, 2)
    names = [topic.name for split in SPLITS for topic in TOPICS[split]]
    assert len(set(names)) == len(names) == 44
    assert len(TOPICS["held_out"]) == 10


def test_prompts_of_one_split_hold_its_topics_and_pairs_alone() -> None:
    splits = Instructions(bank="sentences", pool_size=400).questions(0)
    for name in SPLITS:
        opening = tuple(ABOUT.format(topic.name) for topic in TOPICS[name])
        for asked in getattr(splits, name):
            assert asked.prompt.startswith(opening)
            assert asked.tags[1:] in pairs(name)
    assert (len(splits.pool), len(splits.probe), len(splits.held_out)) == (400, 100, 200)


def test_what_is_held_out_is_frozen() -> None:
    prompts = "\n".join(asked.prompt for asked in distinct(seed=0, split="held_out", size=200))
    assert hashlib.sha256(prompts.encode()).hexdigest()[:12] == "ddeed30e2ab5"
    assert (
        question(0, "held_out", 0).prompt
        == "Write one short sentence about a library. Use only lowercase letters. Write it as a question."
    )


def test_as_many_distinct_prompts_as_are_promised_can_be_had() -> None:
    for split in ("probe", "held_out"):
        assert len({asked.prompt for asked in distinct(seed=3, split=split, size=MOST_DISTINCT)}) == MOST_DISTINCT
