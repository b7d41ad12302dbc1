"""Prompts for sentences: each a pure function of (seed, split, index)."""

from collections.abc import Sequence
from functools import lru_cache, partial

from environments.lines.items import MOST_DISTINCT
from environments.sentences.kinds import KINDS, pairs
from environments.sentences.topics import TOPICS
from environments.splits import Lazy, first_distinct
from simulation.core.kinds.conditions import Condition, Conditions
from simulation.core.seeding import generator
from simulation.core.types import Question


@lru_cache(maxsize=1 << 14)
def question(seed: int, split: str, index: int) -> Question:
    """Return prompt `index` of a split; equal arguments give equal prompts on every machine."""
    topics, combinations = TOPICS[split], pairs(split)
    names = combinations[index % len(combinations)]  # in turn, so that few prompts hold all pairs
    stream = generator(seed, index, 0, f"sentences {split}")
    topic = topics[int(stream.integers(len(topics)))]
    conditions = {name: KINDS[name].draw(stream) for name in names}
    wishes = [
        KINDS[name].wordings[int(stream.integers(2))].format(**condition.parameters)
        for name, condition in conditions.items()
    ]
    about = Condition(name="topic", parameters={"topic": topic.name, "words": topic.words})
    return Question(
        id=f"{split.replace('_', '-')}-sentence-{seed}-{index}",
        prompt=" ".join((f"Write one sentence about {topic.name}.", *(wishes[i] for i in stream.permutation(2)))),
        key=Conditions(conditions=(about, *conditions.values())),
        tags=("2 conditions", *names),
    )


def bank(*, seed: int, split: str, size: int) -> Lazy:
    """Return prompts that are made as they are looked at; they may repeat."""
    return Lazy(partial(question, seed, split), size)


def distinct(*, seed: int, split: str, size: int) -> Sequence[Question]:
    """Return prompts of which no two are the same text."""
    prompts = first_distinct(partial(question, seed, split), lambda one: one.prompt, size, most=MOST_DISTINCT)
    return tuple(drawn for _, drawn in prompts)
