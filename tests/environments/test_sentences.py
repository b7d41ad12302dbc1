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
ABOUT = "Write one sentence about {}. "


def right_answer(asked: Question) -> str:
    """Write a sentence that meets whatever is asked, of five words where it may not be longer."""
    by_kind = dict(zip(asked.tags[1:], asked.key.conditions[1:], strict=True))  # type: ignore[attr-defined]
    words = {kind: str(one.parameters["word"]) for kind, one in by_kind.items() if "word" in one.parameters}
    both = by_kind["both"].parameters["keywords"] if "both" in by_kind else ()
    filling = ["so", "they", "say"] * 5 if "long" in by_kind else []
    topic = asked.key.conditions[0].parameters["words"][0]  # type: ignore[attr-defined]
    inner = [words.get("begins", ""), topic, *both, words.get("contains", ""), *filling, words.get("ends", "")]
    return " ".join(filter(None, inner)) + ("?" if "question" in by_kind else "!" if "exclamation" in by_kind else ".")


def wrong_answer(asked: Question) -> str:
    """Write something about nothing that was asked, and in no way that was."""
    return "Not the a is and other thing" + (" that we all ever knew of" if "short" in asked.tags else "")


@pytest.mark.parametrize("split", SPLITS)
def test_every_prompt_can_be_met_and_what_ignores_it_meets_nothing(split: str) -> None:
    for index in range(300):
        asked = question(0, split, index)
        assert checked(asked, right_answer(asked)).score == 1, (asked.prompt, right_answer(asked))
        assert not any(outcome.score for outcome in checked(asked, wrong_answer(asked)).outcomes), asked.prompt


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
    assert hashlib.sha256(prompts.encode()).hexdigest()[:12] == "e27dfca07fb7"
    first = 'Write one sentence about a library. End with a question mark. Begin with the word "Today".'
    assert question(0, "held_out", 0).prompt == first


def test_as_many_distinct_prompts_as_are_promised_can_be_had() -> None:
    for split in ("probe", "held_out"):
        assert len({asked.prompt for asked in distinct(seed=3, split=split, size=MOST_DISTINCT)}) == MOST_DISTINCT
