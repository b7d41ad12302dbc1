"""A model's chat template: what it makes of a question, and of a question with its answer.

What it writes between the prompt for an answer and the answer, and from there to the end of the turn, belongs to the
answer as the model knows it, whether that is scored, trained or read.
"""

import re
from datetime import datetime
from typing import Any

from agents.models.bounded_jinja import RAISED
from agents.models.chat import AUTO, OFF, PLAIN, Chat, template_text
from agents.models.files.conversation import in_bounds
from simulation.core.errors import ModelError, nearest

CLOCK = re.compile(r"\bstrftime_now\s*\(\s*(?P<quote>['\"])(?P<format>.*?)(?P=quote)\s*\)")
"""A call that prints today's date."""
_CALL = re.compile(r"\bstrftime_now\b(?!\s+is\s+(?:not\s+)?defined)")
PROBE, ANSWER = "What is asked?", "ANSWER"
"""A conversation that templates are tried with."""


class Layout:
    """Lays conversations out."""

    def __init__(self, tokenizer: Any, source: str, template: str, chat: Chat) -> None:
        """Take a tokenizer (Any: untyped library) and the text of a template."""
        self.name = f"the chat template of {source!r}" if chat.file is None else f"the chat template {chat.file}"
        self._tokenizer = tokenizer
        self._asked = ("", "")
        self._values = chat.values
        self._system = [] if chat.system is None else [{"role": "system", "content": chat.system}]
        self._template = dated(template, chat.date, self.name)
        self._is_tried = False
        self._refuse_unheeded(template, chat)
        opening, conversation = self.question(PROBE), self.conversation(PROBE, ANSWER)
        self._is_tried = True
        self.lead, _, self.tail = conversation[len(opening) :].rpartition(ANSWER)
        """What stands before an answer, and behind it."""

    def question(self, prompt: str) -> str:
        """Return the text behind which an answer to a prompt is written."""
        if self._asked[0] != prompt or not self._asked[1]:  # it is asked for each of a prompt's answers
            turns = [{"role": "user", "content": prompt}]
            self._asked = (prompt, self._rendered(turns, add_generation_prompt=True))
        return self._asked[1]

    def conversation(self, prompt: str, answer: str) -> str:
        """Return the text of a prompt and its answer; it begins with that of the question."""
        turns = [{"role": "user", "content": prompt}, {"role": "assistant", "content": answer}]
        text, opening = self._rendered(turns, add_generation_prompt=False), self.question(prompt)
        if not text.startswith(opening):
            raise ModelError(
                f"{self.name} asks for an answer with {opening[-40:]!r}, but does not write that before an answer "
                f"(it writes {text[: len(opening) + 20][-60:]!r}); name another in students.chat.template, or off"
            )
        return text

    def ids(self, prompt: str, answer: str) -> list[int]:
        """Return the token ids of a conversation as the library itself makes them."""
        turns = [*self._system, {"role": "user", "content": prompt}, {"role": "assistant", "content": answer}]
        ids: list[int] = self._tokenizer.apply_chat_template(
            turns, chat_template=self._template, tokenize=True, return_dict=False, **self._values
        )
        return ids

    def unfinished(self, prompt: str, answer: str) -> str:
        """Return the text of a prompt and of an answer that goes on."""
        text = self.conversation(prompt, answer)
        if not text.endswith(self.tail):
            raise ModelError(
                f"{self.name} does not end every answer with {self.tail!r}; name another in students.chat.template"
            )
        return text[: len(text) - len(self.tail)]

    def _rendered(self, turns: list[dict[str, str]], *, add_generation_prompt: bool) -> str:
        messages = [*self._system, *turns]
        given = {"messages": messages, "add_generation_prompt": add_generation_prompt, **self._values}
        try:
            if not self._is_tried:  # the library keeps to no bounds
                in_bounds(self._template, {**self._tokenizer.special_tokens_map, **given})
            text: str = self._tokenizer.apply_chat_template(
                messages,
                chat_template=self._template,
                add_generation_prompt=add_generation_prompt,
                tokenize=False,
                **self._values,
            )
        except RAISED as error:
            raise ModelError(
                f"{self.name} refuses a conversation{' with students.chat.system' if self._system else ''}: {error}; "
                "change students.chat"
            ) from error
        return text

    def _refuse_unheeded(self, template: str, chat: Chat) -> None:
        """Refuse what the template takes no notice of."""
        words = sorted(set(re.findall(r"[A-Za-z_]\w*", template)))
        for name in self._values:
            if name not in words:
                field = "thinking" if name == "enable_thinking" and chat.thinking is not None else f"arguments.{name}"
                raise ModelError(f"{self.name} does not know students.chat.{field}; {nearest(name, words)}")
        if chat.system is not None and chat.system.strip() not in self.question(PROBE):
            raise ModelError(f"{self.name} has no place for students.chat.system; put it into the questions' template")


def layout_of(tokenizer: Any, source: str, chat: Chat = PLAIN) -> Layout | None:
    """Return how a model's conversations are laid out, None where prompts are used as they are."""
    template = template_of(tokenizer, source, chat)
    if template is not None:
        return Layout(tokenizer, source, template, chat)
    if unused := [name for name in ("system", "thinking", "arguments") if getattr(chat, name) != getattr(PLAIN, name)]:
        has = "uses none" if chat.template == OFF else "has none"
        raise ModelError(
            f"students.chat.{unused[0]} is for a chat template, and {source!r} {has}; name a file in "
            f"students.chat.template, or leave {unused[0]} out"
        )
    return None


def template_of(tokenizer: Any, source: str, chat: Chat) -> str | None:
    """Return the text of the template, None where there is none or it is switched off."""
    if chat.file is not None:
        return template_text(chat, source)
    if chat.template != AUTO or not tokenizer.chat_template:
        return None
    try:
        template: str = tokenizer.get_chat_template()
    except ValueError as error:
        raise ModelError(
            f"{source!r} has several chat templates and none of them is the default; name a file in "
            "students.chat.template"
        ) from error
    return template


def reads_clock(template: str | None) -> bool:
    """Tell whether what a template makes of a conversation depends on the day."""
    return template is not None and _CALL.search(template) is not None


def dated(template: str, date: str | None, name: str, field: str = "students.chat.date") -> str:
    """Return a template that prints a day, set in a field, wherever it would read the clock."""
    if not reads_clock(template):
        return template
    if date is None:
        raise ModelError(f"{name} prints the day, and none is kept with the study; set {field}, such as 2026-01-31")
    today = datetime.fromisoformat(date)
    fixed = CLOCK.sub(lambda call: call["quote"] + today.strftime(call["format"]) + call["quote"], template)
    if reads_clock(fixed):
        raise ModelError(
            f"{name} reads the clock in a way that cannot be fixed (strftime_now of no text); write a template that "
            "does not, and name it in students.chat.template"
        )
    return fixed
