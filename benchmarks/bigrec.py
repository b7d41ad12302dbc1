"""Claim: one title, grounded, has HR@10 of .228; beams under the trie of titles .31 with 20 of them, .32 with 50.

Plays scenarios/bigrec.yaml in several worlds, each with its own people, log and student, and reads the student's lists
in every way. Popularity and company (what was taken after the items of a history) are injected with the strength that
the validation windows hold best, and told on the test windows beside what there is without. About 70 seconds of one
core a world.
"""

import time
from argparse import Namespace
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from agents.models.causal import CausalLearner
from agents.models.grounding import Grounder
from agents.models.nearness import Grounding, chosen_gamma, injected
from agents.reading.titles import written_title
from benchmarks import record
from benchmarks.classroom import Entry, open_classroom
from benchmarks.worlds import means, plain, told
from simulation.core.calls import Request
from simulation.core.catalogue import Catalogue, catalogue
from simulation.core.kinds.next_items import NextItems
from simulation.core.questions import Splits
from simulation.core.types import Question
from simulation.loop.turn import first_look, play_turn

Floats = NDArray[np.float64]
Places = NDArray[np.int64]
CUTOFFS = (1, 10, 20, 50)
STATES: Mapping[str, Grounding] = {
    "grounded: separator, centred": Grounding(),
    "grounded: separator": Grounding(centred=False),
    "grounded: last, centred": Grounding(state="last"),
    "grounded: mean, centred": Grounding(state="mean"),
}
PUBLISHED = "grounded: separator, centred"
WIDTHS = (20, 50)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taught:
    """What a student learned in a world, and what it is measured on."""

    model: CausalLearner
    items: Catalogue
    seconds: float
    """Of one core, for all turns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Windows with what was taken next in each, as places of the catalogue."""

    questions: Sequence[Question]
    histories: Sequence[tuple[int, ...]]
    targets_R: Places

    @classmethod
    def of(cls, questions: Sequence[Question], items: Catalogue) -> "Asked":
        """Read the windows off their questions."""
        forms = [question.form for question in questions]
        histories = [
            tuple(items.places[item] for item in form.history) for form in forms if isinstance(form, NextItems)
        ]
        targets = [items.places[question.key.reference or ""] for question in questions]
        return cls(questions=questions, histories=histories, targets_R=np.array(targets))


def measure(arguments: Namespace, console: Console) -> record.Result:
    """Play every world, and tell the means over them with intervals."""
    worlds = []
    for seed in range(arguments.worlds):
        worlds.append(in_world(seed))
        console.print(f"world {seed}: {worlds[-1]}")
    estimates = means(worlds)
    rows = [[name, told(estimate)] for name, estimate in estimates.items()]
    console.print(record.table(f"Means over {len(worlds)} worlds, 95 % intervals", ("what", "mean"), rows))
    return {"worlds": worlds, "means": plain(estimates)}


def in_world(seed: int) -> dict[str, float]:
    """Return all figures of one world."""
    taught, splits = learned(seed)
    test, valid = Asked.of(splits.held_out, taught.items), Asked.of(splits.probe, taught.items)
    figures = {"learning, CPU seconds": taught.seconds, **searched(taught, test)}
    on_test, on_valid = titles(taught, test), titles(taught, valid)
    for name, settings in STATES.items():
        grounder = Grounder(taught.model._scorer, taught.model._text, 2048, settings, write=lambda _, __: [])
        began = time.process_time()
        grounder.table(taught.items.name, 0)
        milliseconds = 1000 * (time.process_time() - began)
        distances_RI = grounder.distances(taught.items.name, 0, on_test)
        figures |= {f"{name}, HR@{cutoff}": hit_rate(distances_RI, test.targets_R, cutoff) for cutoff in CUTOFFS}
        if name == PUBLISHED:
            figures["grounding table, ms"] = milliseconds
            taken = Asked.of(splits.pool, taught.items)
            on_valid_RI = grounder.distances(taught.items.name, 0, on_valid)
            figures |= injections(taken, valid, on_valid_RI, test, distances_RI)
    return figures


def learned(seed: int) -> tuple[Taught, Splits]:
    """Play the scenario in a world to its end."""
    began = time.process_time()
    entry = Entry(label="bigrec", scenario="bigrec", overrides=(f"seed={seed}", f"environment.world_seed={seed}"))
    world = open_classroom([entry], [seed], ["evaluate.every=1000"])
    first_look(world)
    for number in range(1, world.turns + 1):
        play_turn(world, number)
    splits = world.environment.questions(seed)
    form = splits.held_out[0].form
    assert isinstance(form, NextItems) and isinstance(world.model, CausalLearner)
    items = catalogue(form.catalogue)
    return Taught(model=world.model, items=items, seconds=time.process_time() - began), splits


def searched(taught: Taught, test: Asked) -> dict[str, float]:
    """Return what beams under the trie of titles find, and what 50 of them cost."""
    figures = {}
    for width in WIDTHS:
        asked = [request(taught, question, beams=width, texts=width) for question in test.questions]
        taught.model.generate(asked[:1])  # makes the trie
        began = time.process_time()
        completions = taught.model.generate(asked)
        figures[f"beams of {width}, ms a user"] = 1000 * (time.process_time() - began) / len(asked)
        texts = [[item.text for item in completion.beam] for completion in completions]
        names = [taught.items.texts[place] for place in test.targets_R]
        for cutoff in (cutoff for cutoff in CUTOFFS if cutoff <= width):
            hits = [name in listed[:cutoff] for name, listed in zip(names, texts, strict=True)]
            figures[f"beams of {width}, HR@{cutoff}"] = float(np.mean(hits))
    return figures


def titles(taught: Taught, windows: Asked) -> list[str]:
    """Return the title that the student writes for each window."""
    asked = [request(taught, question, max_tokens=8) for question in windows.questions]
    return [written_title(completion.text) for completion in taught.model.generate(asked)]


def request(taught: Taught, question: Question, **fields: int) -> Request:
    """Return what a question asks of the student; with beams within the catalogue, else freely."""
    within = taught.items.name if "beams" in fields else ""
    return Request(slot=taught.model.slots[0], prompt=question.prompt, within=within, **fields)  # type: ignore[arg-type]


def hit_rate(distances_RI: Floats, targets_R: Places, cutoff: int) -> float:
    """Return how often what was taken is among the nearest; ties go to the lower place."""
    nearest_RK = np.argsort(distances_RI, axis=1, kind="stable")[:, :cutoff]
    return float((nearest_RK == targets_R[:, None]).any(1).mean())


def injections(taken: Asked, valid: Asked, on_valid_RI: Floats, test: Asked, on_test_RI: Floats) -> dict[str, float]:
    """Return the hit rates with popularity and with company injected, as strong as validation holds best."""
    size = on_test_RI.shape[1]
    popularity_I = np.bincount(taken.targets_R, minlength=size).astype(float)
    follows_II = company(taken, size)
    kinds = {
        "popularity": (popularity_I, popularity_I),
        "company": (companions(follows_II, valid), companions(follows_II, test)),
    }
    figures = {}
    for (name, (valid_scores, test_scores)), cutoff in product(kinds.items(), CUTOFFS):
        measure_it = partial(hit_rate, targets_R=valid.targets_R, cutoff=cutoff)
        gamma, _ = chosen_gamma(on_valid_RI, valid_scores, measure_it)
        injected_RI = injected(on_test_RI, test_scores, gamma)
        figures[f"{name} injected, gamma for HR@{cutoff}"] = gamma
        figures[f"{name} injected, HR@{cutoff}"] = hit_rate(injected_RI, test.targets_R, cutoff)
    return figures


def company(taken: Asked, size: int) -> Floats:
    """Count what was taken up to three places after each item, 1 / distance each."""
    follows_II = np.zeros((size, size))
    for history, target in zip(taken.histories, taken.targets_R, strict=True):
        for distance, item in enumerate(history[:-4:-1], start=1):
            follows_II[item, target] += 1 / distance
    return follows_II


def companions(follows_II: Floats, windows: Asked) -> Floats:
    """Return the score of every item after each history, in which an item counts 1 / its age."""
    return np.array(
        [
            sum(follows_II[item] / age for age, item in enumerate(reversed(history), start=1))
            for history in windows.histories
        ]
    )


if __name__ == "__main__":
    parser = record.options(__doc__)
    parser.add_argument("--worlds", type=int, default=5)
    record.run("bigrec", parser, measure)
