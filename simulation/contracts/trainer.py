"""What a trainer must hold: an update for slots that had lessons, with numbers a trace can keep."""

from collections.abc import Mapping, Sequence
from inspect import signature
from itertools import pairwise
from math import isfinite

import numpy as np

from simulation.contracts.boundary import breach, calling, mapped, shortened
from simulation.contracts.models import CERTAIN
from simulation.contracts.records import fitted
from simulation.contracts.rules import Build, Rule, broken, own_randomness
from simulation.contracts.scripted import ScriptedMark, ScriptedModel, experience, questions, streams
from simulation.core.errors import ContractError, SimulationError
from simulation.core.roles import Learner, SampleJudge, Trainer
from simulation.core.types import Experience, LessonEffect, Update

KIND = "trainer"


def guarded_updates(
    name: str,
    trainer: Trainer,
    model: Learner,
    batches: Mapping[str, Sequence[Experience]],
    mark: SampleJudge,
    *,
    turn: int,
    generators: Mapping[str, np.random.Generator],
) -> dict[str, Update]:
    """Train every slot of `batches`; return good updates by slot.

    An update that tells of a loss which is no number passes: it is for the loop to say that this student diverged.
    """
    with calling(KIND, name):
        returned = trainer.update(model, batches, mark, turn=turn, generators=generators)
    updates = mapped(KIND, name, returned, "an Update by slot")
    if strangers := [slot for slot in updates if slot not in batches]:
        what = f"updated the slot {shortened(strangers[0])}, which had no lessons"
        raise breach(KIND, name, what, f"return slots among {', '.join(map(repr, batches)) or 'none'}")
    return {slot: good_update(name, updates[slot], slot, len(batches[slot])) for slot in updates}


def good_update(name: str, returned: object, slot: str, lessons: int) -> Update:
    """Return an update with its numbers made float and its lists tuples; raises ContractError."""
    of = f"of {slot!r}"
    update = fitted(KIND, name, returned, Update, of, finite=False)
    if min(update.experiences, update.steps) < 0:
        what = f"reports {update.experiences} experiences and {update.steps} steps {of}"
        raise breach(KIND, name, what, "count them from 0")
    if not update.model_version:
        raise breach(KIND, name, f"names no model version {of}", "say model.version(slot), after the update")
    diverged = has_no_loss(update)
    if not diverged:
        for metric, value in update.metrics.items():
            if not isfinite(value):
                what = f"reports the metric {metric!r} {of} as {value}"
                raise breach(KIND, name, what, "a trace holds finite numbers only: leave it out")
    refuse_effects(name, update.effects, of, lessons, diverged=diverged)
    return update


def has_no_loss(update: Update) -> bool:
    """Tell whether an update says that its loss was no number: as it is, or that metrics had to be left out."""
    lost = any(name.startswith("loss") and not isfinite(value) for name, value in update.metrics.items())
    return lost or ("metrics_not_finite" in update.metrics and "loss_last" not in update.metrics)


def refuse_effects(name: str, effects: Sequence[LessonEffect], of: str, lessons: int, *, diverged: bool) -> None:
    """Refuse effects of lessons that there were not, out of their order, or in numbers that no logarithms are."""
    places = [effect.lesson for effect in effects]
    if strangers := [place for place in places if not 0 <= place < lessons]:
        what = f"tells the effect of lesson {strangers[0]} {of}, which had {lessons}"
        raise breach(KIND, name, what, "name a lesson by its place in the batch, from 0")
    if any(first >= second for first, second in pairwise(places)):
        what = f"tells the effects of lessons {shortened(places)} {of}"
        raise breach(KIND, name, what, "tell one of each, in their order")
    for effect in effects:
        logprobs = effect.taught_before, effect.taught_after, effect.rejected_before, effect.rejected_after
        if (effect.rejected_before is None) != (effect.rejected_after is None):
            what = f"tells of lesson {effect.lesson} {of} only one of rejected_before and rejected_after"
            raise breach(KIND, name, what, "tell both or none")
        for logprob in logprobs:
            if logprob is not None and not diverged and not (isfinite(logprob) and logprob <= CERTAIN):
                what = f"tells the effect of lesson {effect.lesson} {of} as the log-probability {logprob!r}"
                raise breach(KIND, name, what, "give sums of log-probabilities, nats, finite and at most 0")


def check_trainer(name: str, build: Build, *, dear: bool = True) -> list[str]:
    """Return what a trainer breaks of its contract, tried on a learner without gradients, which it may refuse."""
    return broken((*RULES, *(DEAR if dear else ())), name, build)


def it_can_be_called_as_the_loop_does(name: str, build: Build) -> None:
    """A trainer has a name, and takes what the loop hands it."""
    trainer: Trainer = build()
    if not isinstance(trainer.name, str) or not trainer.name:
        raise breach(KIND, name, f"has the name {shortened(trainer.name)}", "give it a name that is a text")
    try:
        signature(trainer.update).bind(None, {}, None, turn=1, generators={})
    except TypeError as error:
        what = f"cannot be called as update(model, batches, mark, turn=…, generators=…): {error}"
        raise breach(KIND, name, what, "take these parameters") from error


def it_updates_who_had_lessons(name: str, build: Build) -> None:
    """A trainer updates slots among its batches, each as it would alone, or refuses a learner it cannot change."""
    together, alone = learner(), learner()
    batches = {slot: lessons(slot) for slot in together.slots}
    try:
        with own_randomness(KIND, name):
            updates = updated(name, build(), together, batches)
            if strangers := updated(name, build(), learner(), {}):
                raise breach(KIND, name, f"updated {shortened([*strangers])}, which had no lessons", "return {}")
    except ContractError:
        raise
    except SimulationError:
        return  # it says in words that it cannot change such a learner
    for slot, batch in batches.items():
        single = updated(name, build(), alone, {slot: batch})
        if alone.dump(slot) != together.dump(slot) or single.get(slot) != updates.get(slot):
            what = f"changes {slot!r} otherwise where it is trained alone"
            raise breach(KIND, name, what, "let lessons and generator of a slot alone decide what becomes of it")
        if slot in updates and updates[slot].model_version != together.version(slot):
            what = f"names {updates[slot].model_version!r} as the version of {slot!r}, which is another"
            raise breach(KIND, name, what, "say model.version(slot), after the update")


def learner() -> ScriptedModel:
    """Return two slots that differ."""
    return ScriptedModel({"student-0": b"0", "student-1": b"1"})


def lessons(slot: str) -> list[Experience]:
    """Return some experiences of a slot, right and wrong ones."""
    size = 4 + len(slot) % 3
    return [
        experience(question, position=place, score=float(place % 2)) for place, question in enumerate(questions(size))
    ]


def updated(
    name: str, trainer: Trainer, model: Learner, batches: Mapping[str, Sequence[Experience]]
) -> dict[str, Update]:
    """Let a trainer update a learner."""
    return guarded_updates(name, trainer, model, batches, ScriptedMark(), turn=1, generators=streams(batches))


RULES: tuple[Rule, ...] = (it_can_be_called_as_the_loop_does,)
DEAR: tuple[Rule, ...] = (it_updates_who_had_lessons,)
