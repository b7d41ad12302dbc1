"""Who takes part in a comparison: labelled scenarios, each over the same seeds, read from files and what varies.

A student is seated as "<label>-<seed>" with number 0 and that seed, so that students of one seed meet the same
candidates and begin with the same adapter whatever their scenario: common random numbers, and what differs between them
is the scenario alone. A class of several is seated as "<label>-<seed>-<number>".
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from simulation.contracts.boundary import named
from simulation.contracts.students import guarded_count
from simulation.core.errors import ScenarioError
from simulation.core.roles import Students
from simulation.core.types import Seat
from simulation.scenario.keys import MOST_SEEDS
from simulation.scenario.prepare import Prepared, make, prepare
from simulation.scenario.readiness import check_models
from simulation.scenario.scenario import Scenario, load_scenario, restore_scenario
from simulation.scenario.setting import key_path, refuse_twice
from simulation.scenario.settling import settled
from simulation.scenario.varying import listed, names, refuse_shared, variants

SEEDS = re.compile(r"\s*[0-9]{1,19}\s*(,\s*[0-9]{1,19}\s*)*", re.ASCII)
"""How seeds are written on the command line: digits alone, no more of them than a seed can have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A scenario that takes part under a label."""

    label: str
    scenario: Scenario

    def seats(self, seeds: Sequence[int]) -> tuple[Seat, ...]:
        """Return a seat for each student of each seed."""
        students: Students = make(self.scenario.students, "students")
        count = guarded_count(named(students), students)
        return tuple(
            Seat(name=self.name(seed, number, count), number=number, seed=seed, label=self.label)
            for seed in seeds
            for number in range(count)
        )

    def name(self, seed: int, number: int, count: int) -> str:
        """Return the name of a student."""
        return f"{self.label}-{seed}" if count == 1 else f"{self.label}-{seed}-{number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineup:
    """The entries of a comparison and their seeds."""

    entries: tuple[Entry, ...]
    seeds: tuple[int, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """The names under which scenarios are compared."""
        return tuple(entry.label for entry in self.entries)

    @property
    def turns(self) -> int:
        """How many turns each student plays."""
        return self.entries[0].scenario.turns

    @property
    def seats(self) -> tuple[Seat, ...]:
        """All students, in the order of the entries and their seeds."""
        return tuple(seat for entry in self.entries for seat in entry.seats(self.seeds))

    def only(self, labels: Sequence[str], seeds: Sequence[int]) -> "Lineup":
        """Return a part of the comparison."""
        return Lineup(entries=tuple(entry for entry in self.entries if entry.label in labels), seeds=tuple(seeds))

    def prepared(self) -> tuple[Prepared, ...]:
        """Prepare every entry for its students of all seeds."""
        return tuple(prepare(entry.scenario, entry.seats(self.seeds)) for entry in self.entries)

    def settled(self) -> "Lineup":
        """Return the lineup with what the beginning of a study decides, the same for all entries."""
        scenarios = settled([entry.scenario for entry in self.entries])
        entries = (
            Entry(label=entry.label, scenario=scenario) for entry, scenario in zip(self.entries, scenarios, strict=True)
        )
        return Lineup(entries=tuple(entries), seeds=self.seeds)

    def resolved(self) -> dict[str, Any]:
        """Return plain JSON values from which `restore` makes an equal lineup."""
        return self._listed([entry.scenario.resolved() for entry in self.entries])

    def recorded(self) -> dict[str, Any]:
        """Return the same with the places of files as they were first written down, wherever they are now."""
        return self._listed([entry.scenario.recorded() for entry in self.entries])

    def _listed(self, scenarios: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        entries = [
            {"label": entry.label, "scenario": scenario}
            for entry, scenario in zip(self.entries, scenarios, strict=True)
        ]
        return {"name": "comparison", "entries": entries, "seeds": list(self.seeds)}


def is_lineup(resolved: Mapping[str, Any]) -> bool:
    """Tell whether what a study keeps is a lineup, not a scenario (Any: JSON values)."""
    return "entries" in resolved


def restore(resolved: Mapping[str, Any], folder: Path) -> Lineup:
    """Return the lineup that a study or a comparison keeps in a folder."""
    return Lineup(
        entries=tuple(
            Entry(label=entry["label"], scenario=restore_scenario(entry["scenario"], folder))
            for entry in resolved["entries"]
        ),
        seeds=tuple(resolved["seeds"]),
    )


def prepared_scenarios(resolved: Mapping[str, Any], folder: Path, seats: Sequence[Seat]) -> tuple[Prepared, ...]:
    """Prepare what a study keeps in a folder, a scenario or a lineup, with the study's own seats."""
    if is_lineup(resolved):
        return restore(resolved, folder).prepared()
    return (prepare(restore_scenario(resolved, folder), seats),)


def read_lineup(
    files: Sequence[Path],
    vary: Sequence[str],
    overrides: Sequence[str],
    seeds: Sequence[int] | None = None,
    preset: str | None = None,
    *,
    staged: bool = True,
) -> Lineup:
    """Read scenario files, each in every combination of what varies; what cannot be compared is refused.

    Unless `staged`, nothing is looked at but what is written.
    Without `vary` or `seeds` it is the (first) file that says what varies and over which seeds.
    """
    refuse_lost(overrides, vary, seeds)
    entries: list[Entry] = []
    for path in files:
        base = load_scenario(path, overrides, preset)
        own = base.compare
        if not vary:
            refuse_varied(base, path, overrides if staged else ())
        seeds = read_seeds(own.seeds) if seeds is None else seeds
        variations = [list(variants(text)) for text in vary] or [list(listed(*pair)) for pair in own.vary.items()]
        for chosen in product(*variations):
            varied = [text for written, _ in chosen for text in written]
            try:
                if vary:
                    scenario = load_scenario(path, [*overrides, *varied], preset)
                else:
                    scenario = load_scenario(path, overrides, preset, own=varied)
            except ScenarioError as error:
                raise error if vary else base.blamed("compare.vary", error) from error
            parts = [label for _, label in chosen]
            if len(files) > 1 or not parts:
                parts.insert(0, scenario.name)
            entries.append(Entry(label="+".join(parts), scenario=scenario))
    lineup = Lineup(entries=tuple(entries), seeds=tuple(seeds or ()))
    if staged:
        check(lineup)
    return lineup


def refuse_varied(scenario: Scenario, path: Path, overrides: Sequence[str]) -> None:
    """Refuse what a file cannot vary, and overrides that what it varies would take the place of."""
    for key in scenario.compare.vary:
        refuse_shared(scenario.complaint("compare.vary", key), key)
    of_file = [(key_path(name), f"compare.vary of {path}") for key in scenario.compare.vary for name in names(key)]
    refuse_twice([*((key_path(text), text) for text in overrides), *of_file])


def refuse_lost(overrides: Sequence[str], vary: Sequence[str], seeds: Sequence[int] | None) -> None:
    """Refuse overrides that what varies, or the seeds, would take the place of."""
    of_options = [(key_path(name), f"--vary {text}") for text in vary for name in names(text.partition("=")[0])]
    of_options += [(("compare", "vary"), f"--vary {text}") for text in vary[:1]]
    of_options += [(("compare", "seeds"), "--seeds")] if seeds is not None else []
    refuse_twice([*((key_path(text), text) for text in overrides), *of_options])
    for text in overrides:
        if key_path(text) == ("seed",):
            raise ScenarioError(f"{text!r:.80}: a comparison plays each scenario over seeds; name them by --seeds")


def read_seeds(written: str | int | Sequence[int]) -> tuple[int, ...]:
    """Return the seeds that are written: "8" or 8 is 0 to 7, "3,5,9" or [3, 5, 9] is these."""
    numbers: int | Sequence[int] = 0
    if not isinstance(written, str):
        numbers = written
    elif SEEDS.fullmatch(written):
        which = [int(part) for part in written.split(",")]
        numbers = which[0] if len(which) == 1 else which
    seeds = tuple(range(min(numbers, MOST_SEEDS + 1))) if isinstance(numbers, int) else tuple(numbers)
    if not seeds or len(seeds) > MOST_SEEDS or min(seeds) < 0 or max(seeds) >= 2**63 or len(set(seeds)) < len(seeds):
        raise ScenarioError(
            f"seeds {written!r:.80}: write 1 to {MOST_SEEDS} different seeds of 0 and above, such as 8 (which is 0 to "
            "7) or 3,5,9"
        )
    return seeds


def check(lineup: Lineup) -> None:
    """Refuse what cannot be compared, before anything is spent."""
    labels = lineup.labels
    twice = sorted({label for label in labels if labels.count(label) > 1})
    if twice:
        raise ScenarioError(
            f"{', '.join(twice)}: two entries of the comparison have this label; give the scenarios different names, "
            "or vary what differs"
        )
    if len(labels) < 2:
        raise ScenarioError(
            f"a comparison needs two entries or more, got {', '.join(labels) or 'none'}; name another scenario, or use "
            "--vary ask.policy=random,category"
        )
    first = lineup.entries[0]
    for entry in lineup.entries[1:]:
        for key, ours, theirs in (
            ("turns", entry.scenario.turns, first.scenario.turns),
            ("evaluate.every", entry.scenario.evaluate.every, first.scenario.evaluate.every),
        ):
            if ours != theirs:
                raise ScenarioError(
                    f"{key} is {theirs} in {first.label}, but {ours} in {entry.label}; add the override {key}={theirs} "
                    "so that they are measured at the same turns"
                )
    prepare(first.scenario, first.seats(lineup.seeds))  # refuses held-out questions that depend on the seed
    scenarios = Lineup(entries=lineup.entries, seeds=lineup.seeds[:1]).prepared()
    for entry, prepared in zip(lineup.entries, scenarios, strict=True):
        check_models(prepared)
        if tuple(prepared.held_out) != tuple(scenarios[0].held_out):
            raise ScenarioError(
                f"{entry.label} and {first.label} are not measured on the same held-out questions, so they cannot be "
                "paired; give them the same environment and evaluate.questions"
            )
