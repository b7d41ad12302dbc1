"""Begins studies and goes on with them: prepares the scenarios, loads the model, opens the store and plays.

A study keeps what it plays: one scenario, or a lineup of several whose students learn side by side.
"""

import platform
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulation import __version__
from simulation.contracts.boundary import calling, named
from simulation.core.distinct import distinct
from simulation.core.model_roles import KeepsReplies, Partial, Tried, lost_paths, taken_paths
from simulation.core.optional_roles import Fingerprinted
from simulation.core.ranks import world_size
from simulation.core.roles import Students
from simulation.play.processes import leading
from simulation.play.runner import Display, models, play
from simulation.play.tracking import Tracked, tracked_by
from simulation.scenario.entries import is_lineup, prepared_scenarios
from simulation.scenario.prepare import Prepared
from simulation.scenario.scenario import relocated
from simulation.scenario.seating import load_world

if TYPE_CHECKING:
    from simulation.loop.world import World
    from simulation.store import Keep, Study


def begin(
    folder: Path,
    resolved: Mapping[str, Any],
    scenarios: Sequence[Prepared],
    watch: Display,
    warn: Callable[[str], None],
    *,
    keep: "Keep",
) -> bool:
    """Play a new study; return whether it is whole, or was stopped (Any: JSON values).

    `warn` hears what makes it slower than it could be.
    """
    from simulation.store import Study  # only now: a wrong scenario is refused before slow imports

    together = leading(scenarios[0].settings.trainer)
    world = load_world(scenarios)
    for line in remarks(world):
        warn(line)
    with (
        Study.create(
            folder,
            scenario=resolved,
            seats=[seat for prepared in scenarios for seat in prepared.seats],
            measures=scenarios[0].measures,
            sets={name: questions for prepared in scenarios for name, questions in prepared.sets.items()},
            fingerprint=fingerprint(scenarios, world),
            keep=keep,
        ) as study,
        together,
    ):
        return play_on(study, world, watch, warn)


def go_on(
    folder: Path, watch: Display, warn: Callable[[str], None], loading: Callable[[str], None] | None = None
) -> bool:
    """Play what is left of a study; return whether it is whole.

    `warn` hears what keeps it from being reproducible, or makes it slower than it could be; `loading` hears the study's
    name before what takes long begins.
    """
    from simulation.store import SCENARIO, Study, refuse_edited

    with Study.open(folder, write=True) as study:
        refuse_edited(study.folder / SCENARIO, study.scenario)
        for line in relocations(study):
            warn(line)
        if loading is not None:
            loading(study.name)
        scenarios = prepared_scenarios(study.scenario, study.folder, study.seats)
        together = leading(scenarios[0].settings.trainer)
        world = load_world(scenarios)  # sets the threads, which the fingerprint tells
        for line in remarks(world):
            warn(line)
        changed = study.resume_on(fingerprint(scenarios, world))
        if changed:
            warn(f"not bit-reproducible from here on: {'; '.join(changed)}")
        with together:
            return play_on(study, world, watch, warn)


def relocations(study: "Study") -> list[str]:
    """Return a line for each file that is read from another place than the study keeps, since it was moved."""
    from simulation.store import differences

    kept = [own["scenario"] for own in study.scenario["entries"]] if is_lineup(study.scenario) else [study.scenario]
    lines = [line for own in kept for line in differences(relocated(own, study.folder), own, "")]
    return [f"moved along with the study: {line}" for line in dict.fromkeys(lines)]


def play_on(study: "Study", world: "World", watch: Display, warn: Callable[[str], None]) -> bool:
    """Play what is left of a study; return whether it is whole."""
    from simulation.loop.scheduler import Classroom

    for model in models(world):
        if isinstance(model, KeepsReplies):
            model.keep_in(study.folder)
    if trackers := tracked_by(study.scenario):
        watch = Tracked(watch, trackers, warn)
    classroom = Classroom(world)
    try:
        play(study, world, classroom.play, watch)
    except KeyboardInterrupt:
        watch.interrupted(study)
        return False
    finally:
        classroom.leave()
    return True


def remarks(world: "World") -> list[str]:
    """Return a line for each model that was seen to take not every fast path, or of which a part is never changed."""
    slow = [
        f"{model.source} is slower than it could be: it was seen not to take {lost}; its answers are the same"
        for model in models(world)
        if isinstance(model, Tried) and (lost := lost_paths(model))
    ]
    return slow + [
        f"{model.source}: {model.left_out}" for model in models(world) if isinstance(model, Partial) and model.left_out
    ]


def fingerprint(scenarios: Sequence[Prepared], world: "World") -> dict[str, str]:
    """Return what bit-identity rests on; the scenarios of a lineup share their students."""
    basis = {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "numpy": version("numpy"),
        "simulation": __version__,
        **fingerprint_of("students", scenarios[0].students),
        **({"processes": str(world_size())} if world_size() > 1 else {}),
    }
    for number, sampler in enumerate(
        distinct(prepared.sampler for prepared in scenarios if prepared.sampler is not None)
    ):
        basis |= {f"sampler{number or ''}_{name}": value for name, value in fingerprint_of("students", sampler).items()}
    for number, model in enumerate(models(world)):
        if isinstance(model, Tried):
            basis[f"sampler{number - 1 or ''}_fast_paths" if number else "fast_paths"] = taken_paths(model)
    for prefix, judges in (
        ("teacher", [prepared.teacher for prepared in scenarios]),
        ("scorer", [one.settings.scorer for one in scenarios if one.settings.scorer is not None]),
    ):
        for number, judge in enumerate(distinct(one for one in judges if isinstance(one, Fingerprinted))):
            fingerprint = fingerprint_of("judge", judge)
            basis |= {f"{prefix}{number or ''}_{name}": value for name, value in fingerprint.items()}
    return basis


def fingerprint_of(kind: str, component: Students | Fingerprinted) -> Mapping[str, str]:
    """Return what a component says that it rests on."""
    with calling(kind, named(component)):
        return component.fingerprint()
