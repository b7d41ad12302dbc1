"""A recommender that learns a record from nothing: the shop's student, twice as wide, taught by the loop's own trainer.

Its base has the shape of the shipped recommender and a token for each code of the record; every weight is drawn. It
learns windows of what each user took, every place of them (`prompts: true`). Shape and recipe were chosen on the last
item of each chain, left out of the lessons.
"""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.recommendation_records import SHOWN, Record, lesson
from simulation.core.catalogue import Catalogue
from simulation.core.errors import DataError
from simulation.core.kinds.next_items import NextItems
from simulation.core.registry import build
from simulation.core.seeding import generator
from simulation.core.types import Answer, Experience, Seat
from training.making.recommender import RecommenderRecipe, build_model, spell

SHAPE = RecommenderRecipe(levels=3, codes=256, width=128, feed_forward=256)
RECIPE = {"learning_rate": 4e-3, "warmup": 20, "decay": "cosine", "batch_size": 32, "epochs": 8}
WINDOW, STEP = SHOWN, 7
"""The items of a window, and by how many a user's next window begins later."""


def from_scratch(
    played: Record,
    seed: int,
    *,
    shape: RecommenderRecipe = SHAPE,
    **recipe: object,
) -> list[Answer]:
    """Draw a student, let it learn the lessons in one update, and search the likeliest texts of every test."""
    check_codes(played.items, shape)
    seat = Seat(name="from scratch", number=0, seed=seed)
    with TemporaryDirectory() as folder:
        write_base(shape, Path(folder))
        parameters = {"model": folder, "slot": "every_weight", "start": "drawn", "template": "{prompt}"}
        students: Any = build("students", "language_model", parameters)  # Any: it is seated without a scenario
        model, student = students.learner([seat]), students.answerer(seat)
    taught = [learned(played.items, place, names) for place, names in enumerate(windows(played.lessons))]
    # Any: a trainer wants a judge of what it samples, and imitation samples nothing
    trainer: Any = build("trainer", "sft", {"imitate": "both", "prompts": True, "effects": False, **RECIPE, **recipe})
    trainer.update(model, {seat.name: taught}, None, turn=1, generators={seat.name: generator(seed, 1, 0, "train")})
    shown = [question.shown() for question in played.tests]
    requests = student.requests(shown, generator=generator(seed, 1, 0, "exam"))
    answers: list[Answer] = student.read(shown, model.generate(requests), model_version=model.version(seat.name))
    return answers


def check_codes(items: Catalogue, shape: RecommenderRecipe) -> None:
    """Refuse a catalogue with codes that the student has no tokens for."""
    tokens = {f"<{chr(ord('a') + level)}_{code}>" for level in range(shape.levels) for code in range(shape.codes)}
    for item, codes in zip(items.items, items.codes, strict=True):
        if strange := [code for code in codes if code not in tokens]:
            raise DataError(
                f"the student has no token for the code {strange[0]!r} of item {item!r}; "
                f"give its shape more than {shape.levels} levels of {shape.codes} codes"
            )


def write_base(shape: RecommenderRecipe, folder: Path) -> None:
    """Write a model folder of a shape, whose weights no drawn student uses."""
    tokenizer = spell(shape)
    build_model(shape, tokenizer).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def windows(lessons: Sequence[Experience]) -> list[tuple[str, ...]]:
    """Return what each user took in windows that hold every adjacent pair; lessons of a user follow one another."""
    chains: list[list[str]] = []
    before: tuple[str, ...] = ()
    for experience in lessons:
        form, taken = experience.question.form, experience.question.key.reference
        assert isinstance(form, NextItems) and taken is not None
        if before and form.history == before[-SHOWN:]:
            chains[-1].append(taken)
        else:
            chains.append([*form.history, taken])
        before = (*form.history, taken)
    return [
        tuple(chain[first : first + WINDOW])
        for chain in chains
        for first in range(0, max(1, len(chain) - WINDOW + STEP), STEP)
    ]


def learned(items: Catalogue, place: int, names: Sequence[str]) -> Experience:
    """Return a window as the lesson of its last item, after the others."""
    *history, taken = (items.places[name] for name in names)
    return lesson(items, place, history, taken)
