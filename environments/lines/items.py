"""Prompts for lines: each a pure function of (seed, split, index)."""

from collections.abc import Mapping, Sequence
from functools import lru_cache, partial

import numpy as np

from environments.lines.asking import Request, request
from environments.lines.combinations import Kind, owned
from environments.splits import Lazy, first_distinct
from simulation.core.kinds.conditions import Condition, Conditions
from simulation.core.seeding import generator
from simulation.core.types import Question

MOST_DISTINCT = 2000
"""How many distinct prompts a split of evaluation is sure to hold."""
REFERENCES = 4
"""How many lines that meet all conditions are known of each prompt, at most."""
TIMES = {2: "twice", 3: "three times"}
CASES = {"upper": "capital", "lower": "small"}
WORDINGS: Mapping[Kind, tuple[str, str]] = {
    "topic": ("about {topic}", "on {topic}"),
    "words": ("of {count} words", "{count} words long"),
    "contains": ('with the word "{word}"', 'that holds the word "{word}"'),
    "avoids": ('without the word "{word}"', 'that lacks the word "{word}"'),
    "begins": ('that begins with "{word}"', 'whose first word is "{word}"'),
    "ends": ('that ends with "{word}"', 'whose last word is "{word}"'),
    "case": ("in {case} letters", "all letters {case}"),
    "order": ('with first "{first}" and later "{second}"', 'that says "{first}" and only then "{second}"'),
    "repeats": ('with {count} the word "{word}"', 'that says {count} "{word}"'),
}
"""Two ways to ask for each condition, with its parameters; what is asked of a word stands before the word."""


def phrase(condition: Condition, kind: Kind, wording: int) -> str:
    """Return a condition in words."""
    parameters = dict(condition.parameters)
    if kind == "repeats":
        parameters["count"] = TIMES[int(str(parameters["count"]))]
    if kind == "case":
        parameters["case"] = CASES[str(parameters["case"])]
    return WORDINGS[kind][wording].format(**parameters)


def prompt(conditions: Mapping[Kind, Condition], stream: np.random.Generator) -> str:
    """Return conditions as a prompt, each in one of its wordings, in an order that is drawn."""
    phrases = [phrase(condition, kind, int(stream.integers(2))) for kind, condition in conditions.items()]
    return f"write a line {', '.join(phrases[place] for place in stream.permutation(len(phrases)))}"


def references(asked: Request, stream: np.random.Generator) -> tuple[str, ...]:
    """Return different lines that meet everything asked."""
    variants = [asked.variant(stream) for _ in range(REFERENCES - 1)]
    return tuple(dict.fromkeys((asked.write(asked.line), *variants)))


@lru_cache(maxsize=1 << 14)
def question(seed: int, split: str, index: int) -> Question:
    """Return prompt `index` of a split; equal arguments give equal prompts on every machine."""
    combinations = owned(split)
    kinds = combinations[index % len(combinations)]  # in turn, so that few prompts hold all combinations
    stream = generator(seed, index, 0, f"lines {split}")
    asked = request(kinds, stream)
    conditions = {kind: part.condition for kind, part in asked.asked.items()}
    return Question(
        id=f"{split.replace('_', '-')}-{seed}-{index}",
        prompt=prompt(conditions, stream),
        key=Conditions(conditions=tuple(conditions.values()), references=references(asked, stream)),
        tags=(f"{len(kinds)} conditions", *kinds),
    )


def bank(*, seed: int, split: str, size: int) -> Lazy:
    """Return prompts that are made as they are looked at; they may repeat."""
    return Lazy(partial(question, seed, split), size)


def distinct(*, seed: int, split: str, size: int) -> Sequence[Question]:
    """Return prompts of which no two are the same text."""
    prompts = first_distinct(partial(question, seed, split), lambda one: one.prompt, size, most=MOST_DISTINCT)
    return tuple(drawn for _, drawn in prompts)
