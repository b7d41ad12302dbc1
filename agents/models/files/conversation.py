"""The chat template of a folder: it compiles, lays a conversation out, and prompts for the answer that follows.

It is rendered as transformers renders it, in a sandbox that reaches nothing outside the template, and in bounds.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from jinja2 import TemplateError
from jinja2.ext import Extension, loopcontrols
from jinja2.nodes import Node
from jinja2.parser import Parser

from agents.models.bounded_jinja import RAISED, FrozenSandbox
from agents.models.files.json_object import read_if_there
from agents.models.files.tokens import CONFIG, SPECIAL, TEMPLATE
from simulation.core.errors import DataError

_QUESTION, _ANSWER = "a question", "an answer to it"
_REMEDY = "correct it, or name another in students.chat.template"
_DAY = datetime(2026, 1, 1, tzinfo=UTC)


class Written(Extension):
    """The tag around what an assistant wrote, for training; the text is as without it."""

    tags: set[str] = {"generation"}  # noqa: RUF012  # as jinja2 has it

    def parse(self, parser: Parser) -> list[Node]:
        """Return what stands in the tag."""
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


def check_template(folder: Path, *, answers: bool) -> None:
    """Refuse a chat template by which no answer could be read, or asked for and learnt where a model `answers`."""
    file, template = _template(folder, _settings(folder).get("chat_template"))
    if template is not None:
        _check_text(file, template, _special(folder), answers=answers)


def check_named(file: Path, folder: Path, values: Mapping[str, Any]) -> None:
    """Refuse a file's template likewise, for the model of a folder (Any: the values that the template is given)."""
    try:
        template = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{file} cannot be read: {error}; correct students.chat.template") from error
    _check_text(file, template, {**_special(folder), **values}, answers=True)


def _check_text(file: Path, template: str, special: dict[str, object], *, answers: bool) -> None:
    user = {"role": "user", "content": _QUESTION}
    asked = _rendered(file, template, special, [user], prompts=True)
    unprompted = _rendered(file, template, special, [user], prompts=False)
    whole = _rendered(file, template, special, [user, {"role": "assistant", "content": _ANSWER}], prompts=False)
    if _QUESTION not in asked or _ANSWER not in whole:
        lost = "the question" if _QUESTION not in asked else "the answer"
        raise DataError(f"{file}: the chat template leaves out {lost} of a conversation; {_REMEDY}")
    if not answers:
        return
    if not whole.startswith(asked):
        raise DataError(
            f"{file}: what the chat template puts before an answer that is wanted ({asked[-40:]!r}) is not what it "
            f"puts before one that is given, so answers could not be learnt; {_REMEDY}"
        )
    gap = whole[len(asked) :].partition(_ANSWER)[0]
    if asked == unprompted and any(character.isalpha() for character in gap):
        raise DataError(
            f"{file}: the chat template has no generation prompt: it puts {gap!r} before an answer, but not where one "
            "is wanted; add {% if add_generation_prompt %} with that text"
        )


def _template(folder: Path, stored: object) -> tuple[Path, str | None]:
    """Return the chat template and the file that it lies in; of several by name the default one."""
    file = folder / TEMPLATE
    if file.is_file():
        try:
            return file, file.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise DataError(f"{file} is no text in UTF-8 ({error}); download it again") from error
    if isinstance(stored, list):
        named = {entry.get("name"): entry.get("template") for entry in stored if isinstance(entry, dict)}
        if "default" not in named:
            raise DataError(
                f"{folder / CONFIG}: of the chat templates {', '.join(map(str, named)) or 'in its list'} none is the "
                f"default; {_REMEDY}"
            )
        stored = named["default"]
    if stored is not None and not isinstance(stored, str):
        raise DataError(f"{folder / CONFIG}: chat_template is a {type(stored).__name__}, not a text; correct it")
    return folder / CONFIG, stored or None


def _settings(folder: Path) -> dict[str, object]:
    return {**read_if_there(folder / SPECIAL), **read_if_there(folder / CONFIG)}


def _special(folder: Path) -> dict[str, object]:
    return {key: _content(value) for key, value in _settings(folder).items() if key.endswith("_token")}


def _content(token: object) -> object:
    return token.get("content") if isinstance(token, dict) else token


def _rendered(
    file: Path, template: str, special: dict[str, object], turns: list[dict[str, str]], *, prompts: bool
) -> str:
    """Return a conversation as the template lays it out."""
    try:
        return in_bounds(template, {"messages": turns, "add_generation_prompt": prompts, **special})
    except RAISED as error:
        line = f", line {number}" if (number := getattr(error, "lineno", None)) else ""
        raise DataError(f"{file}: the chat template fails{line} ({error}); {_REMEDY}") from error


def in_bounds(template: str, values: Mapping[str, Any]) -> str:
    """Return what transformers makes of a template (Any: whatever one reads); raises one of `RAISED` beyond bounds."""
    environment = FrozenSandbox(trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols, Written])
    environment.filters["tojson"] = _to_json
    environment.globals["raise_exception"] = _refuse
    environment.globals["strftime_now"] = _DAY.strftime
    return environment.lay_out(environment.from_string(template), {"tools": None, "documents": None, **values})


def _refuse(message: str) -> NoReturn:
    raise TemplateError(message)


def _to_json(value: Any, **settings: Any) -> str:
    """Write a value as transformers does (Any: whatever a template hands over)."""
    return json.dumps(value, ensure_ascii=settings.pop("ensure_ascii", False), **settings)
