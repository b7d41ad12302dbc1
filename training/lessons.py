"""What experiences become for a trainer: preference pairs and demonstrations, in words and as trees of tokens.

Where an answer is a list, no list is learned as one text: a lesson teaches or rejects one item of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from simulation.core.kinds.items import Items
from simulation.core.kinds.next_items import NextItems
from simulation.core.packing import Tree
from simulation.core.roles import Trainable
from simulation.core.types import Experience

Imitated = Literal["corrections", "both", "answers"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A prompt with the answers to learn from, and the advantages of each answer where the loss wants them."""

    tree: Tree
    advantages: tuple[tuple[float, ...], ...] = ()
    """Of each branch one number for all its tokens, or one a token."""
    lesson: int | None = None
    """The place, among the lessons, of the one whose text the first branch teaches and a second one rejects."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Examples:
    """What one slot trains on."""

    examples: Sequence[Example]
    counts: Mapping[str, float]
    """What is reported of how they were made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A preference: of two answers to a prompt, the first is the better."""

    prompt: str
    chosen: str
    rejected: str
    lesson: int
    """The place of the experience it was made of."""
    cut: bool = False
    """Whether the rejected answer was cut off, so that it has no end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demonstration:
    """An answer to imitate."""

    prompt: str
    answer: str
    lesson: int
    """The place of the experience it was made of."""
    cut: bool = False
    """Whether it was cut off, so that it has no end."""


def failed(experience: Experience) -> bool:
    """Tell whether the model could not answer at all, as when a prompt is too long: there is nothing to learn on."""
    return experience.answer.stop.startswith("error")


def items_of(experience: Experience) -> tuple[str, ...] | None:
    """Return the items that an answer lists, different ones, best first; None where its question wants no list."""
    form, answer = experience.question.form, experience.answer
    if not isinstance(form, Items | NextItems):
        return None
    ranked = () if answer.ranking is None else answer.ranking.alternatives
    items = ranked or [line for line in map(str.strip, answer.text.splitlines()) if line]
    return tuple(dict.fromkeys(items[: form.count]))


def rejected_text(experience: Experience, correction: str) -> str | None:
    """Return what the student should rather not have answered: of a list its first item that is wrong; None if none."""
    texts = items_of(experience) or (experience.answer.text,)
    return next((text for text in texts if text != correction), None)


def right_text(experience: Experience) -> str | None:
    """Return what is right of an answer that was judged right; None where a list does not say which item it is.

    Of a list that is the correction, else the first item whose outcome is right, else its only item.
    """
    items, feedback = items_of(experience), experience.feedback
    if items is None:
        return experience.answer.text
    if feedback.correction is not None:
        return feedback.correction
    right_parts = {outcome.part for outcome in feedback.outcomes if outcome.score >= 1}
    return next((item for item in items if item in right_parts), items[0] if len(items) == 1 else None)


def given_text(experience: Experience) -> str:
    """Return what the student answered, right or wrong: of a list its first item."""
    return (items_of(experience) or (experience.answer.text,))[0]


def is_cut(experience: Experience, text: str) -> bool:
    """Tell whether a text is all of an answer that was cut off at its longest length, whether it was parsed or not."""
    return experience.answer.stop in ("length", "unparsed at length") and text == experience.answer.text


def pairs(experiences: Sequence[Experience]) -> tuple[list[Pair], dict[str, float]]:
    """Return a pair for each wrong answer with a correction, and counts of what made none and why.

    The student learns from its judge: "wrong" is a feedback score below 1, whatever the truth.
    """
    preferences = []
    counts = {"right": 0.0, "failed": 0.0, "without_correction": 0.0, "same_as_correction": 0.0}
    for place, experience in enumerate(experiences):
        correction = experience.feedback.correction
        if experience.feedback.score >= 1:
            counts["right"] += 1
        elif failed(experience):
            counts["failed"] += 1
        elif correction is None:
            counts["without_correction"] += 1
        elif (rejected := rejected_text(experience, correction)) is None:
            counts["same_as_correction"] += 1
        else:
            cut = is_cut(experience, rejected)
            prompt = experience.answer.prompt
            preferences.append(Pair(prompt=prompt, chosen=correction, rejected=rejected, lesson=place, cut=cut))
    return preferences, {"pairs": float(len(preferences)), **counts}


def demonstrations(
    experiences: Sequence[Experience], *, imitate: Imitated
) -> tuple[list[Demonstration], dict[str, float]]:
    """Return the correction of each wrong answer, with "both" also each right answer, or all answers; and counts."""
    imitated = []
    counts = {"right": 0.0, "failed": 0.0, "without_correction": 0.0}
    for place, experience in enumerate(experiences):
        right = experience.feedback.score >= 1
        judged = right_text(experience) if right else experience.feedback.correction
        text = given_text(experience) if imitate == "answers" else judged
        if right:
            counts["right"] += 1
        if right and imitate == "corrections":
            continue
        if failed(experience):
            counts["failed"] += 1
        elif text is None:
            counts["without_correction"] += 1
        else:
            is_given = imitate == "answers" or right
            imitated.append(
                Demonstration(
                    prompt=experience.answer.prompt,
                    answer=text,
                    lesson=place,
                    cut=is_given and is_cut(experience, text),
                )
            )
    return imitated, {"demonstrations": float(len(imitated)), **counts}


def pair_examples(model: Trainable, experiences: Sequence[Experience]) -> Examples:
    """Return one tree a pair, the chosen answer first, so that the prompt is computed once."""
    preferences, counts = pairs(experiences)
    examples = [
        Example(
            tree=model.encode(pair.prompt, (pair.chosen, pair.rejected), cut=(1,) if pair.cut else ()),
            lesson=pair.lesson,
        )
        for pair in preferences
    ]
    return Examples(examples=examples, counts=counts)


def demonstration_examples(
    model: Trainable, experiences: Sequence[Experience], *, imitate: Imitated, prompts: bool = False
) -> Examples:
    """Return one tree a demonstration, with one branch; `prompts` are part of it but for their first token."""
    imitated, counts = demonstrations(experiences, imitate=imitate)
    trees = [model.encode(one.prompt, (one.answer,), cut=(0,) if one.cut else ()) for one in imitated]
    if prompts:
        trees = [Tree(prompt=tree.prompt[:1], branches=((*tree.prompt[1:], *tree.branches[0]),)) for tree in trees]
    examples = [Example(tree=tree, lesson=one.lesson) for tree, one in zip(trees, imitated, strict=True)]
    return Examples(examples=examples, counts=counts)
