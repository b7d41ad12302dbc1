"""The commands that look without playing: `check`, `list`, `doctor`."""

# ruff: noqa: T201  # the command line is what speaks

import json
from argparse import Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from simulation.commands.terminal import ROOT, divided, once, scenario_file
from simulation.core.errors import USER_ERROR, ScenarioError, SimulationError, StoreError
from simulation.views.streams import say, say_error

if TYPE_CHECKING:
    from simulation.scenario.prepare import Prepared
    from simulation.scenario.scenario import Scenario

AUDITED = 40
"""Questions of a set whose references `check` judges, unless it is told to judge all."""


def check_command(arguments: Namespace) -> int:
    """Check scenarios without loading a model, or components of one's own; every complaint of each is shown."""
    from simulation.commands.contract import check_component, is_component

    wrong = False
    names, bare_overrides = divided(arguments.scenario)
    overrides = once([*arguments.set, *bare_overrides])
    if not names:
        raise ScenarioError(f"check names nothing to check, only {overrides[0]:.80}; write a scenario first")
    for name in names:
        try:
            if is_component(name, arguments.kind):
                for option in ("audit", "offline"):
                    if getattr(arguments, option):
                        raise ScenarioError(f"--{option} is for scenarios, {name:.80} is a component; leave it out")
                lines = [check_component(name, arguments.kind, overrides, arguments.environment)]
            elif arguments.environment is not None:
                what = f"--environment {arguments.environment:.80}: {name:.80} is a scenario, which names its own"
                raise ScenarioError(f"{what}; leave it out, or write {name:.80} environment=NAME")
            else:
                path = scenario_file(Path(name))
                lines = check_file(path, overrides, whole_audit=arguments.audit, offline=arguments.offline)
                lines += resolved_lines(path, overrides) if len(names) == 1 else []
        except SimulationError as error:
            wrong = True
            say_error(error)
            continue
        for line in lines:
            say(line)
    return USER_ERROR if wrong else 0


def check_file(path: Path, overrides: Sequence[str], *, whole_audit: bool, offline: bool) -> list[str]:
    """Return what is to be said of a good scenario; raises where it is not good."""
    from simulation.scenario.readiness import check_here, elsewhere
    from simulation.scenario.scenario import load_scenario

    scenario = load_scenario(path, overrides)
    lying = elsewhere(scenario)
    prepared = check_here(scenario, lying if offline else ())
    check_variants(path, overrides, scenario, offline=offline)
    notices = []
    if prepared is None:
        finding = "good, as far as it lies here"
    else:
        audit(prepared, whole_audit)
        hold(prepared)
        sentences = [*prepared.notices, *prepared.ways]
        notices = [*description(prepared), *(f"notice: {notice}" for notice in sentences)]
        finding = (
            f"good; {len(prepared.seats)} student(s), {scenario.turns} turns of {prepared.settings.questions} "
            f"questions from {len(prepared.pool)}, measured on {len(prepared.held_out)}"
        )
    unseen = [f"{key} ({', '.join(names)})" for key, names in lying.items()]
    return [*notices, f"{path}: {finding}" + (f"; not looked at: {'; '.join(unseen)}" if unseen else "")]


def resolved_lines(path: Path, overrides: Sequence[str]) -> list[str]:
    """Return a scenario with every default written out, as a study keeps it."""
    from simulation.scenario.reading import written_out
    from simulation.scenario.scenario import load_scenario

    text = written_out(load_scenario(path, overrides).resolved())
    return ["with every default written out:", *(f"  {line}" for line in text.splitlines())]


def description(prepared: "Prepared") -> list[str]:
    """Return what the environment has to say of its questions."""
    from simulation.contracts.boundary import calling, named
    from simulation.core.optional_roles import Described

    environment = prepared.environment
    if not isinstance(environment, Described):
        return []
    with calling("environment", named(environment)):
        return [*environment.described()]


def check_variants(path: Path, overrides: Sequence[str], scenario: "Scenario", *, offline: bool) -> None:
    """Refuse presets and comparisons of a file that could not be played; `offline` as far as they lie here."""
    from simulation.scenario.entries import check, read_lineup
    from simulation.scenario.readiness import check_here, elsewhere
    from simulation.scenario.scenario import load_scenario

    for preset in scenario.presets:
        try:
            variant = load_scenario(path, overrides, preset)
            check_here(variant, elsewhere(variant) if offline else ())
        except ScenarioError as error:
            raise scenario.blamed(f"presets.{preset}", error) from error
    if not scenario.compare.vary:
        return
    try:
        lineup = read_lineup([path], [], overrides, staged=False)
        lying = [elsewhere(entry.scenario) if offline else {} for entry in lineup.entries]
        if not any(lying):
            check(lineup)
        else:
            for entry, unseen in zip(lineup.entries, lying, strict=True):
                check_here(entry.scenario, unseen)
    except ScenarioError as error:
        raise error if str(error).startswith(str(path)) else scenario.blamed("compare", error) from error


def audit(prepared: "Prepared", whole: bool) -> None:
    """Refuse questions whose own reference fails; of many a sample spread over them, or all."""
    from simulation.core.optional_roles import Auditing

    judge, wrong = prepared.exact_judge, []
    if isinstance(judge, Auditing):
        for path, questions in (("pool", prepared.pool), ("held-out", prepared.held_out)):
            step = 1 if whole else max(1, len(questions) // AUDITED)
            lines = judge.audit([questions[place] for place in range(0, len(questions), step)])
            wrong += [prepared.scenario.complaint("environment", f"{path} question {line}") for line in lines]
    if wrong:
        raise ScenarioError("\n".join(wrong))


def hold(prepared: "Prepared") -> None:
    """Refuse components that do not keep to their roles."""
    from simulation.commands.contract import scenario_complaints

    if complaints := [*scenario_complaints(prepared)]:
        raise ScenarioError("\n".join(complaints))


def list_command(arguments: Namespace) -> int:
    """List components and scenarios, or write the scenario schema."""
    if arguments.schema is not None:
        from simulation.scenario.schema import scenario_schema

        text = json.dumps(scenario_schema(), indent=2)
        if arguments.schema == "-":
            print(text)
        else:
            write_schema(Path(arguments.schema), text)
        return 0
    for line in listed(arguments.markdown):
        if arguments.markdown is None:
            say(line)
        else:
            print(line)  # a page is a file, whatever the width
    return 0


def write_schema(path: Path, text: str) -> None:
    """Write the schema into a file and say so; what is no schema is not overwritten."""
    if path.is_file() and path.suffix != ".json":
        raise StoreError(f"{path} is there and does not end in .json, so it is no schema; name another file")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n", encoding="utf-8")
    except OSError as error:
        raise StoreError(f"{path} cannot be written ({error.strerror}); name another file") from error
    say(f"written to {path}")


def listed(page: str | None) -> Iterator[str]:
    """Return the lines of the list, or of one of the pages that are made of it."""
    from simulation.views.listing import plain
    from simulation.views.reference_pages import components_page, scenario_page

    if page is None:
        return plain(ROOT / "scenarios")
    return components_page(ROOT / "scenarios") if page == "components" else scenario_page()


def doctor_command(arguments: Namespace) -> int:
    """Say what this machine has and lacks; exit code 1 where something is missing."""
    from simulation.scenario.prepare import prepare
    from simulation.scenario.scenario import load_scenario
    from simulation.views.doctor import complaints, examine

    names, overrides = divided(arguments.scenario)
    if overrides and not names:
        raise ScenarioError(f"doctor names no scenario, only {overrides[0]:.80}; write a scenario first")
    overrides = once(overrides)
    say("looking at the machine and trying the models …", aside=True)
    findings = examine(ROOT, {name: prepare(load_scenario(scenario_file(Path(name)), overrides)) for name in names})
    lacking = complaints(findings)
    if arguments.json:
        print(json.dumps({**findings, "missing": lacking}))
    else:
        width = max(len(name) for values in findings.values() for name in values)
        for section, values in findings.items():
            say(section)
            for name, value in values.items():
                say(f"  {name:{width}} {value}")
        say(f"{len(lacking)} thing(s) missing" if lacking else "nothing is missing")
    return 1 if lacking else 0
