"""Groups that are drawn: all slots write or search in one call, and judges score what they gave.

Distinct beams are no samples of the policy: likelier answers do not stand in a group more often, so that the gradient
is that of a preference among the candidates, not an unbiased one of the expected reward; nothing corrects for it.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from simulation.core.calls import Completion, Request
from simulation.core.errors import ScenarioError
from simulation.core.kinds.next_items import NextItems
from simulation.core.roles import SampleJudge, Trainable
from simulation.core.seeding import draw_seed
from simulation.core.types import Experience, Question
from training.cohort.advantages import is_flat, rewards
from training.cohort.groups import Group, Grouping, Groups, examples_of, slate
from training.lessons import Examples


def group_examples(
    model: Trainable,
    batches: Mapping[str, Sequence[Experience]],
    mark: SampleJudge,
    grouping: Grouping,
    *,
    generators: Mapping[str, np.random.Generator],
) -> dict[str, Examples]:
    """Return one tree a group: of answers to every slot's questions that are drawn and judged, or of its lists."""
    groups = (
        {slot: slate(experiences) for slot, experiences in batches.items()}
        if grouping.kind == "answers"
        else drawn(model, batches, mark, grouping, generators=generators)
    )
    return {slot: examples_of(model, slot_groups, grouping) for slot, slot_groups in groups.items()}


def drawn(
    model: Trainable,
    batches: Mapping[str, Sequence[Experience]],
    mark: SampleJudge,
    grouping: Grouping,
    *,
    generators: Mapping[str, np.random.Generator],
) -> dict[str, Groups]:
    """Let every slot answer its questions several times, those again whose answers were all worth the same."""
    groups = draw(model, batches, mark, grouping, generators=generators)
    redrawn = dict.fromkeys(batches, 0)
    for _ in range(grouping.redraw):
        flat = {
            slot: [place for place, group in enumerate(row) if group is not None and is_flat(group.rewards)]
            for slot, row in groups.items()
        }
        again = {slot: [batches[slot][place] for place in places] for slot, places in flat.items() if places}
        if not again:
            break
        for slot, row in draw(model, again, mark, grouping, generators=generators).items():
            redrawn[slot] += len(row)
            for place, group in zip(flat[slot], row, strict=True):
                groups[slot][place] = group or groups[slot][place]
    return {
        slot: Groups(
            groups=[group for group in row if group is not None],
            counts={
                "failed": float(sum(group is None for group in row)),
                **({"redrawn": float(redrawn[slot])} if grouping.redraw else {}),
            },
        )
        for slot, row in groups.items()
    }


def draw(
    model: Trainable,
    batches: Mapping[str, Sequence[Experience]],
    mark: SampleJudge,
    grouping: Grouping,
    *,
    generators: Mapping[str, np.random.Generator],
) -> dict[str, list[Group | None]]:
    """Return a group a question, None where it could not be answered, in one call of the model over all slots."""
    requests = [
        request
        for slot, experiences in batches.items()
        for experience in experiences
        for request in asked(slot, experience, grouping, generators[slot])
    ]
    written = iter(model.generate(requests))
    calls = grouping.samples if grouping.kind == "samples" else 1
    return {
        slot: judged(
            slot,
            experiences,
            [members([next(written) for _ in range(calls)], grouping) for _ in experiences],
            mark,
            grouping,
            generators[slot],
        )
        for slot, experiences in batches.items()
    }


def asked(slot: str, experience: Experience, grouping: Grouping, generator: np.random.Generator) -> list[Request]:
    """Return the calls that a group takes: one for each sample, or one search for all its beams."""
    if grouping.kind == "samples":
        return [
            Request(
                slot=slot,
                prompt=experience.answer.prompt,
                max_tokens=grouping.max_tokens,
                temperature=grouping.temperature,
                seed=draw_seed(generator),
            )
            for _ in range(grouping.samples)
        ]
    is_drawn = grouping.beams is not None
    return [
        Request(
            slot=slot,
            prompt=experience.answer.prompt,
            beams=grouping.beams or grouping.samples,
            texts=grouping.samples,
            within=catalogue_of(experience.question),
            temperature=grouping.temperature if is_drawn else 0.0,
            seed=draw_seed(generator) if is_drawn else 0,
        )
    ]


def catalogue_of(question: Question) -> str:
    """Return the catalogue that beams are searched in; raises ScenarioError where a question names none."""
    if isinstance(question.form, NextItems):
        return question.form.catalogue
    raise ScenarioError(
        f"grpo with groups: beams searches the items of a catalogue, and question {question.id!r} names none; use "
        "groups: samples"
    )


def members(completions: Sequence[Completion], grouping: Grouping) -> Sequence[Completion] | None:
    """Return the answers that what a model gave makes a group of; None where it could not answer."""
    if any(map(unable, completions)):
        return None
    if grouping.kind == "samples":
        return completions
    [search] = completions
    return search.beam if len(search.beam) > 1 else None


def unable(completion: Completion) -> bool:
    """Tell whether the model could not answer at all, as when a prompt is too long."""
    return completion.stop.startswith("error")


def judged(
    slot: str,
    experiences: Sequence[Experience],
    answers: Sequence[Sequence[Completion] | None],
    mark: SampleJudge,
    grouping: Grouping,
    generator: np.random.Generator,
) -> list[Group | None]:
    """Have what one slot gave judged, each member by itself, as an answer of its own."""
    able = [(experience, row) for experience, row in zip(experiences, answers, strict=True) if row is not None]
    flat = [answer for _, row in able for answer in row]
    questions = [experience.question for experience, row in able for _ in row]
    verdicts = iter(mark(slot, questions, flat, seeds=[draw_seed(generator) for _ in flat]))
    groups: list[Group | None] = []
    for experience, row in zip(experiences, answers, strict=True):
        if row is None:
            groups.append(None)
            continue
        scores = [next(verdicts).score for _ in row]
        own_rewards = rewards(scores, [completion.logprob for completion in row], reward=grouping.reward)
        groups.append(Group(experience=experience, completions=row, rewards=own_rewards))
    return groups
