"""Reads the words of a command line, and says of a wrong one what is wrong with it and which may be meant."""

import argparse
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn

from simulation.core.errors import nearest
from simulation.views.text import shown

SET = "--set"
"""What sets a key of a component for `check`; a scenario's are set without it."""
DOT = ", with a dot before its decimals"
SURELY = 0.8
"""How alike two options are of which one is a slip of the other."""


class Parser(argparse.ArgumentParser):
    """A parser that says of a wrong word which one may be meant."""

    def __init__(self, *, prog: str | None = None, **settings: Any) -> None:
        """Take what argparse takes (Any: each setting has its type); options are written whole."""
        super().__init__(prog=prog, allow_abbrev=False, **settings)
        self.commands: dict[str, Parser] = {}
        self.written: set[str] = set()

    def of_command(self, name: str) -> "Parser":
        """Return the parser of a command."""
        return self.commands[name]

    def error(self, message: str) -> NoReturn:
        """End with the words for what is wrong, in which nothing can move the cursor."""
        hint = f"; `{self.prog} --help` shows what they are" if " are required: " in message else ""
        super().error(shown(f"{message}{hint}"))

    def _check_value(self, action: argparse.Action, value: object) -> None:
        """Refuse a word that is none of the choices, which argparse lists and this also guesses at."""
        if action.choices is None or value in action.choices:
            return
        if action.dest == "command":
            message = f"unknown command {value!r:.80}; {nearest(str(value), self.commands)}"
            if f"--{value}" in self.options:
                message = f"{value!r} is no command but an option: {self.prog} --{value}"
            if str(value).endswith((".yaml", ".yml")):
                message = f"{value!r:.80} is no command; to play a scenario: {self.prog} run {value}"
        else:
            message = f"unknown {value!r:.80}; {nearest(str(value), map(str, action.choices))}"
        raise argparse.ArgumentError(action if action.option_strings else None, message)

    def _get_values(self, action: argparse.Action, arg_strings: list[str]) -> Any:
        """Refuse an option that is written twice, of which argparse takes the last (Any: each has its type)."""
        if action.option_strings and type(action) is argparse._StoreAction:
            if action.dest in self.written:
                raise argparse.ArgumentError(
                    action, f"is written twice, last with {arg_strings!r:.80}; keep one of them"
                )
            self.written.add(action.dest)
        return super()._get_values(action, arg_strings)

    def _get_value(self, action: argparse.Action, arg_string: str) -> Any:
        """Refuse an empty word, as a variable of the shell that is not set leaves one (Any: each has its type)."""
        if action.nargs != argparse.PARSER and not arg_string.strip():
            remedy = ", or leave it out" if action.option_strings and not action.required else ""
            raise argparse.ArgumentError(action, f"is empty; write {usage(action)}{remedy}")
        return super()._get_value(action, arg_string)

    def _match_argument(self, action: argparse.Action, arg_strings_pattern: str) -> int:
        """Refuse an option without its value, in words that show one."""
        try:
            return super()._match_argument(action, arg_strings_pattern)
        except argparse.ArgumentError as error:
            if not action.option_strings:
                raise
            raise argparse.ArgumentError(action, f"no value follows; write {usage(action)}") from error

    def strangers(
        self,
        words: Sequence[str],
        keys: Callable[[], Mapping[str, Any]],
        commands: Mapping[str, "Parser"],
        setting: Callable[[str], str],
    ) -> Iterator[str]:
        """Yield what is to be said of words that no option or place takes.

        `keys` returns those of a scenario, `setting` what is said of a word KEY=VALUE, nothing where it may stand.
        """
        waiting = [*words]
        while waiting:
            word = waiting.pop(0)
            if not word.startswith("-"):
                if sentence := setting(word) if "=" in word else f"{word!r:.80} is one word too many":
                    yield sentence
                continue
            name, equals, value = word.partition("=")
            follows = bool(waiting) and not waiting[0].startswith("-")
            if not equals and follows and (name == SET or "=" not in waiting[0]):
                value = waiting.pop(0)
            yield f"unknown option {name!r:.80}; {self.meant(name, value, keys, commands)}"

    @property
    def options(self) -> list[str]:
        """The options that are told, not those that only this program's own processes write."""
        public = [action for action in self._actions if action.help != argparse.SUPPRESS]
        return [option for action in public for option in action.option_strings]

    def meant(
        self, name: str, value: str, keys: Callable[[], Mapping[str, Any]], commands: Mapping[str, "Parser"]
    ) -> str:
        """Return which option, or key of a scenario, may be meant by an unknown one (Any: what a key holds)."""
        if name == SET:
            return f"a key of the scenario is set without it: {value or 'KEY=VALUE'}"
        options = self.options
        dotted = name.lstrip("-").replace("-", "_")
        if not get_close_matches(name.lower(), options, cutoff=SURELY) and dotted.partition(".")[0] in keys():
            return f"a key of the scenario is set without dashes: {dotted}={value or 'VALUE'}"
        if elsewhere := [command for command, parser in commands.items() if name in parser.options]:
            owners = " and ".join(f"`{command}`" for command in elsewhere)
            return f"it belongs to {owners}; known: {', '.join(sorted(options))}"
        return nearest(name, options)


def usage(action: argparse.Action) -> str:
    """Return how an option or a place is written."""
    value = action.metavar or "|".join(map(str, action.choices or ())) or action.dest.upper()
    return f"{action.option_strings[-1]} {value}" if action.option_strings else str(value)


def study(word: str) -> Path:
    """Return the folder that a word names: a path, or where none is so called a name below runs/."""
    below = os.path.join("runs", word)  # noqa: PTH118  # `exists` of os.path raises nothing, whatever the word is
    return Path(below if not os.path.exists(word) and os.path.isdir(below) else word)  # noqa: PTH110, PTH112


def whole(low: int, high: int) -> Callable[[str], int]:
    """Return what reads a whole number in a range, written in digits."""

    def read(word: str) -> int:
        if not re.fullmatch(r"[+-]?[0-9]{1,18}", word, re.ASCII) or not low <= int(word) <= high:
            raise argparse.ArgumentTypeError(
                f"{word!r:.80} is not what it takes: write a whole number, {low} to {high}"
            )
        return int(word)

    return read


def number(low: float, high: float, *, above: bool = False) -> Callable[[str], float]:
    """Return what reads a number in a range, of which `above` leaves the lower end out."""
    span = f"above {low:g} and at most {high:g}" if above else f"{low:g} to {high:g}"

    def read(word: str) -> float:
        written = re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", word, re.ASCII)
        if not written or not low <= float(word) <= high or (above and float(word) == low):
            raise argparse.ArgumentTypeError(
                f"{word!r:.80} is not what it takes: write a number, {span}{DOT * (',' in word)}"
            )
        return float(word)

    return read
