"""The command `completion`: what makes a shell complete the commands, their options and the scenarios by name."""

# ruff: noqa: T201  # the command line is what speaks

import argparse
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from shlex import quote

from simulation.commands.grammar import COMMANDS, parser
from simulation.commands.terminal import ROOT

BY_SCENARIO = ("run", "compare", "check", "doctor")
"""Commands after which the names of scenarios stand."""


def completion_command(arguments: Namespace) -> int:
    """Write the script of a shell."""
    words = {name: words_of(name) for name in COMMANDS}
    lines = fish(words) if arguments.shell == "fish" else bash(words, zsh=arguments.shell == "zsh")
    for line in lines:
        print(line)
    return 0


def words_of(command: str) -> list[str]:
    """Return what may stand after a command: its options, what can be chosen, scenarios by name."""
    words = []
    for action in parser().of_command(command)._actions:
        if action.help != argparse.SUPPRESS:
            words += [*action.option_strings, *(str(choice) for choice in action.choices or ())]
    if command in BY_SCENARIO:
        words += [path.stem for path in sorted((ROOT / "scenarios").glob("*.yaml"))]
    return words


def bash(words: Mapping[str, Sequence[str]], *, zsh: bool) -> Iterator[str]:
    """Yield the script for bash, which zsh reads too."""
    if zsh:
        yield "autoload -U +X compinit && compinit; autoload -U +X bashcompinit && bashcompinit"
    yield "_simulation() {"
    yield "  local word=${COMP_WORDS[COMP_CWORD]} known"
    yield "  if [ $COMP_CWORD -eq 1 ]; then"
    yield f"    known={quote(' '.join([*words, '--help', '--version']))}"
    yield "  else case ${COMP_WORDS[1]} in"
    for command, choices in words.items():
        yield f"    {command}) known={quote(' '.join(choices))} ;;"
    yield "  esac; fi"
    yield '  COMPREPLY=($(compgen -W "$known" -- "$word"))'
    yield "}"
    yield "complete -o default -F _simulation simulation"


def fish(words: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield the script for fish."""
    yield f"complete -c simulation -n __fish_use_subcommand -a {quote(' '.join(words))}"
    for command, choices in words.items():
        seen = f"complete -c simulation -n '__fish_seen_subcommand_from {command}'"
        if plain := [word for word in choices if not word.startswith("-")]:
            yield f"{seen} -a {quote(' '.join(plain))}"
        for option in choices:
            if option.startswith("--"):
                yield f"{seen} -l {option.removeprefix('--')}"
