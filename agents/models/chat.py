"""How students' questions are laid out for a model: by its own chat template, by a file's, or not at all."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from agents.models import folder
from simulation.core.errors import DataError
from simulation.core.paths import Located
from simulation.core.registry import nested

AUTO, OFF = "auto", "off"
TemplateName = Annotated[str, Field(min_length=1), Located(elsewhere=lambda name: name in (AUTO, OFF))]
"""The type of a field that names a template's file, or "auto" or "off"."""


def day(text: str) -> str:
    """Refuse what is no day as ISO 8601 writes it."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise ValueError(f"{text!r} is no day; write it as 2026-01-31") from error


Day = Annotated[str, AfterValidator(day)]
"""The type of a field that names a day."""


@nested
class Chat:
    """How a conversation is laid out."""

    template: TemplateName = AUTO
    """"auto" is the model's own template where it has one, "off" none: prompts as they are; else a Jinja file."""
    system: str | None = None
    """What the template says before every question, in its own place for it."""
    thinking: bool | None = None
    """Whether a model is to think before it answers, given as `enable_thinking`; null leaves the template's default."""
    arguments: Mapping[str, Any] = Field(default_factory=dict, examples=[{"enable_thinking": False}])
    """Further values that the template takes, by their names."""
    date: Day | None = None
    """The day that a template prints which reads the clock; null is the day on which a study begins, kept with it."""

    @property
    def file(self) -> Path | None:
        """The template's file, where one is named."""
        return None if self.template in (AUTO, OFF) else Path(self.template)

    @property
    def values(self) -> dict[str, Any]:
        """What the template is given besides the conversation (Any: JSON values)."""
        thinking = {} if self.thinking is None else {"enable_thinking": self.thinking}
        return {**self.arguments, **thinking}


CLOCK = "strftime_now"
"""What templates call to print the day."""
PLAIN = Chat()
"""Nothing is set."""


def fixed(chat: Chat, source: str) -> Chat:
    """Return the settings with today's date, where the template of a model prints the day and none is set."""
    if chat.date is not None or chat.template == OFF or CLOCK not in (template_text(chat, source) or ""):
        return chat
    return replace(chat, date=date.today().isoformat())


def template_text(chat: Chat, source: str) -> str | None:
    """Return the text of the template that is used, as files have it; of a model on the Hub, as its tokenizer has it.

    A folder may hold several, which all stand in the text.
    """
    if chat.file is not None:
        try:
            return chat.file.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(f"students.chat.template: {chat.file} cannot be read: {error}; correct the path") from error
    if chat.template == OFF:
        return None
    if Path(source).is_dir():
        return folder.chat_template(source)
    from agents.models.gguf_folder import ordinary_folder
    from agents.models.loading import load_tokenizer

    if folder.is_gguf(source):
        return folder.chat_template(ordinary_folder(source))
    templates = load_tokenizer(source).chat_template
    return templates if isinstance(templates, str | None) else json.dumps(templates)


def fingerprint(chat: Chat, source: str) -> dict[str, str]:
    """Return what conversations rest on besides the weights: the hash of the template and the day that it prints."""
    text = template_text(chat, source)
    day_kept = {} if chat.date is None else {"chat_date": chat.date}
    return {} if text is None else {"chat_template": hashlib.sha256(text.encode()).hexdigest(), **day_kept}
