"""Whatever is written for a key: a value that may stand there plays, any other is refused in lines that name it.

What may stand where is said here once more by hand, so that nothing is accepted because the program says so.
"""

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from simulation.core.errors import ScenarioError
from simulation.loop.scheduler import Classroom
from simulation.scenario.readiness import check_here
from simulation.scenario.scenario import load_scenario
from simulation.scenario.seating import load_world
from simulation.store.canonical import dump

pytestmark = pytest.mark.usefixtures("one_thread")
Allowed = Callable[[Any], bool]
PLAIN: dict[str, Any] = {
    "name": "mutated",
    "seed": 1,
    "turns": 2,
    "environment": {"name": "math_word_problems", "pool_size": 60, "probe_size": 4, "held_out_size": 8},
    "students": {"name": "irt_learner", "count": 2},
    "teacher": {"name": "noisy", "flip": 0.1},
    "ask": {"policy": {"name": "exp3s", "eta": 0.01}, "questions": 2, "candidates": 8},
    "learn": {"policy": {"name": "per", "alpha": 0.5}, "every": 1},
    "evaluate": {"every": 2, "questions": 4},
}


def whole(low: int, high: int) -> Allowed:
    return lambda value: type(value) is int and low <= value <= high


def real(low: float, high: float) -> Allowed:
    return lambda value: type(value) in (int, float) and low <= value <= high


def one_of(*values: str) -> Allowed:
    return lambda value: type(value) is str and value in values


def switch(value: Any) -> bool:
    return type(value) is bool


def perhaps(allowed: Allowed) -> Allowed:
    return lambda value: value is None or allowed(value)


def seeds(value: Any) -> bool:
    several = isinstance(value, list) and 0 < len(value) <= 10_000
    seed = whole(0, 2**63 - 1)
    return whole(1, 10_000)(value) or (several and all(map(seed, value)) and len({*value}) == len(value))


ALLOWED: dict[str, Allowed] = {
    "seed": whole(0, 2**63 - 1),
    "turns": whole(1, 1_000_000),
    "threads": perhaps(whole(1, 1024)),
    "keep": one_of("newest", "evaluated"),
    "environment.bank_seed": whole(0, 2**63 - 1),
    "environment.pool_size": whole(1, 1_000_000),
    "environment.held_out_size": whole(1, 3000),
    "students.count": whole(1, 1000),
    "students.ability": real(-20, 20),
    "students.rate": real(0, 10),
    "students.guess": real(0, 0.9),
    "teacher.flip": real(0, 1),
    "ask.questions": perhaps(whole(1, 8)),
    "ask.candidates": perhaps(whole(2, 60)),
    "ask.whole_class": switch,
    "ask.samples": whole(1, 1000),
    "ask.top_k": whole(0, 100_000_000),
    "ask.top_p": real(1e-300, 1),
    "ask.policy.eta": real(1e-300, 1),
    "ask.policy.epsilon": real(0.001, 1),
    "ask.policy.history": whole(2, 1_000_000),
    "ask.policy.by": one_of("category", "skill"),
    "learn.every": whole(1, 100_000_000),
    "learn.experiences": perhaps(whole(1, 100_000_000)),
    "learn.capacity": perhaps(whole(1, 100_000_000)),
    "learn.unique": switch,
    "learn.policy.alpha": real(0, 10),
    "learn.policy.epsilon": real(1e-9, 1),
    "learn.policy.window": whole(1, 1_000_000),
    "evaluate.every": whole(1, 100_000_000),
    "evaluate.questions": perhaps(whole(1, 8)),
    "compare.seeds": seeds,
}
VALUES: list[Any] = [
    True, False, None, "5", "1_000", "yes", "true", "1e-3", "", "x" * 300, "category", "newest",
    0, 1, 2, -1, 3.0, 0.5, 1e-3, -0.25, 1e300, -1e300, 10**20, -(10**20), 10**400, [], [1], [1, 1], [-1], [True],
    ["2"], {}, {"a": 1}, {"name": "x"},
]  # fmt: skip


def mutations(seed: int) -> Iterator[tuple[str, Any, bool]]:
    """Yield a key, a value for it, and whether it is written in the file or as an override."""
    stream = random.Random(seed)
    for key in ALLOWED:
        drawn = [stream.randint(-3, 9), stream.uniform(-1, 2), str(stream.randint(0, 99))]
        for value in (*VALUES, *drawn):
            yield key, value, stream.random() < 0.5


def written(folder: Path, key: str, value: Any, in_file: bool) -> tuple[Path, list[str]]:
    """Write a scenario with a mutation; return its file and the overrides."""
    tree = json.loads(json.dumps(PLAIN))
    *above, last = key.split(".")
    group = tree
    for name in above:
        group = group.setdefault(name, {})
    if in_file:
        group[last] = value
    path = folder / "mutated.yaml"
    path.write_text(json.dumps(tree, indent=1), encoding="utf-8")  # which is YAML
    return path, [] if in_file else [f"{key}={json.dumps(value)}"]


IN_YAML = {"None": "nothing (null)", "{'a': 1}": "{a: 1}", "{'name': 'x'}": "{name: 'x'}"}


def in_words(value: Any) -> list[str]:
    """Return how a value may be told: as Python or YAML writes it, or by a part of it that is wrong."""
    texts = [repr(value), str(value), json.dumps(value), IN_YAML.get(repr(value), repr(value))]
    parts = value if isinstance(value, list) else []
    return [text[:30] for text in [*texts, *map(repr, parts)]]


def played(path: Path, overrides: list[str]) -> None:
    """Read a scenario as `check` does, then play its first turn."""
    scenario = load_scenario(path, overrides)
    prepared = check_here(scenario, ())
    assert prepared is not None
    classroom = Classroom(load_world([prepared]))
    try:
        for number in (0, 1):
            for turn in classroom.play(number):
                dump(turn)
    finally:
        classroom.leave()


def test_no_mutation_is_wrongly_accepted_and_none_ends_in_a_traceback(tmp_path: Path) -> None:
    accepted = refused = 0
    wrong: list[str] = []
    for key, value, in_file in mutations(seed=7):
        path, overrides = written(tmp_path, key, value, in_file)
        case = f"{key}={value!r:.40} ({'file' if in_file else 'override'})"
        try:
            played(path, overrides)
        except ScenarioError as error:
            refused += 1
            said = str(error)
            if ALLOWED[key](value):
                continue  # beside what else is written it asks for more than there is, and the complaint is of that
            if "is a number of 401 digits" in said:
                continue  # which is told of its line, before it is a value of anything
            if any(len(line) > 1000 for line in said.splitlines()) or key.split(".")[-1] not in said:
                wrong.append(f"{case}: refused without a word of it: {said:.200}")
            elif in_file and not any(text in said for text in in_words(value)):
                wrong.append(f"{case}: refused without its value: {said:.200}")
        except Exception as error:  # noqa: BLE001  # which is what must not happen
            wrong.append(f"{case}: {type(error).__name__}: {error!s:.200}")
        else:
            accepted += 1
            if not ALLOWED[key](value):
                wrong.append(f"{case}: accepted")
    assert not wrong, "\n".join(wrong)
    assert accepted + refused >= 1000 and accepted > 90
