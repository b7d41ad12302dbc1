"""Prompts in ordinary words: a question in a layout of its own, behind worked examples, with a wish for its answer."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from simulation.core.errors import DataError, ScenarioError, nearest
from simulation.core.paths import Located
from simulation.core.registry import nested
from simulation.core.seeding import generator
from simulation.core.templates import letter
from simulation.core.types import Question
from simulation.core.wording import ANSWER, FIELDS, LAYOUT, Teaching, Wording

FILES = (".jinja", ".j2", ".txt")
_LOOKED_AT = 50
"""Questions of the pool looked at for each worked example that is wanted."""


def known_layout(text: str) -> str:
    """Refuse what is no Jinja text, names what there is not, or never says the question; a file is read later."""
    if text.endswith(FILES):
        return text
    from jinja2 import TemplateSyntaxError, meta

    try:
        names = meta.find_undeclared_variables(_jinja().parse(text))
    except TemplateSyntaxError as error:
        raise ValueError(f"{text!r:.60} is no Jinja text: {error.message} in its line {error.lineno}") from error
    if unknown := sorted(names - {*FIELDS}):
        raise ValueError(f"{text!r:.60} names {unknown[0]!r}; {nearest(unknown[0], FIELDS)}")
    return text


def asking_layout(text: str) -> str:
    """Refuse a layout that never says the question."""
    if not text.endswith(FILES) and "question" not in text:
        raise ValueError(f"{text!r:.60} never says {{{{ question }}}}; write it where the question is to stand")
    return known_layout(text)


Layout = Annotated[
    str, Field(min_length=1), Located(elsewhere=lambda _: True, endings=FILES), AfterValidator(asking_layout)
]
"""The type of a field that says a layout, or names its file."""


@nested
class WrittenShot:
    """A worked example of one's own."""

    question: Annotated[str, Field(min_length=1)]
    """What was asked."""
    answer: Annotated[str, Field(min_length=1)]
    """How it is answered."""


@nested
class Prompt:
    """How questions are put, in ordinary words."""

    layout: Layout | None = None
    """A Jinja text of question, options, lines (the options with letters), shots and answer, or a .jinja file with one;
    null is the environment's."""
    answer: Annotated[str, AfterValidator(known_layout)] | None = None
    """How the answer is to be written; null is the environment's."""
    shots: Annotated[int, Field(ge=0, le=50)] | tuple[WrittenShot, ...] = 0
    """Worked examples: how many are drawn from the pool by the student's seed, or a list of question and answer."""

    @property
    def is_set(self) -> bool:
        """Whether anything is other than by default."""
        return bool(self.layout or self.shots) or self.answer is not None

    @property
    def layout_text(self) -> str | None:
        """The layout, read from its file where it is one; raises DataError."""
        if self.layout is None or not self.layout.endswith(FILES):
            return self.layout
        try:
            text = Path(self.layout).read_text(encoding="utf-8")
            return asking_layout(text.removesuffix("\n") + "\n")
        except (OSError, UnicodeDecodeError, ValueError) as error:
            raise DataError(f"prompt.layout {self.layout!r}: {error}; correct the file or its path") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """A worked example, as a layout reads it."""

    id: str
    question: str
    answer: str
    options: tuple[str, ...] = ()

    @property
    def lines(self) -> str:
        """The options one a line, with letters."""
        return lettered(self.options)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompting:
    """How one student's questions become prompts."""

    layout: str
    answer: str
    letters: bool
    shown: int = 0
    """How many of the worked examples stand in a prompt."""
    shots: tuple[Shot, ...] = field(default=())
    """One more than are shown where there is one, because none stands before its own question."""

    def text(self, question: Question) -> str:
        """Return a question as a prompt."""
        return laid_out(self, question)


@lru_cache(maxsize=1 << 14)
def laid_out(prompting: Prompting, question: Question) -> str:
    """Return a question as a prompt; where an answer continues code, the prompt ends as the question does."""
    form = question.form
    values: dict[str, Any] = {
        "question": question.prompt,
        "options": form.alternatives,
        "lines": lettered(form.alternatives),
        "letters": prompting.letters,
        "opening": bool(form.opening),
        "shots": [shot for shot in prompting.shots if shot.id != question.id and shot.question != question.prompt][
            : prompting.shown
        ],
    }
    text = rendered(prompting.layout, {**values, "answer": rendered(prompting.answer, values)}).strip()
    if not form.opening:
        return text
    end = question.prompt.rstrip()
    return text + question.prompt[len(end) :] if text.endswith(end) else text


def rendered(template: str, values: dict[str, Any]) -> str:
    """Return what a Jinja text makes of values (Any: whatever a layout reads); raises ScenarioError."""
    from jinja2 import TemplateError

    try:
        text: str = _compiled(template).render(values)
        return text
    except (TemplateError, TypeError, ValueError, LookupError, ArithmeticError, RecursionError) as error:
        raise ScenarioError(f"prompt: {template!r:.60} cannot be laid out: {error}; correct it") from error


@lru_cache(maxsize=64)
def _compiled(template: str) -> Any:
    return _jinja().from_string(template)


@lru_cache(maxsize=1)
def _jinja() -> Any:
    """Return where layouts are read (Any: imported late): nothing of Python is in their reach."""
    from jinja2 import StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment

    environment = SandboxedEnvironment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False
    )
    del environment.filters["random"], environment.globals["lipsum"]  # a prompt is a function of scenario and seed
    return environment


def lettered(options: Sequence[str]) -> str:
    """Return options one a line, with letters."""
    return "\n".join(f"{letter(place)}) {option}" for place, option in enumerate(options))


def prompting(prompt: Prompt, teaching: Teaching, *, letters: bool) -> Prompting:
    """Return how a student's questions are put; raises a SimulationError where a layout or an example cannot be."""
    wording = teaching.wording or Wording(layout=LAYOUT, answer=ANSWER)
    way = Prompting(
        layout=prompt.layout_text or wording.layout,
        answer=wording.answer if prompt.answer is None else prompt.answer,
        letters=letters,
        shown=len(prompt.shots) if isinstance(prompt.shots, tuple) else prompt.shots,
        shots=written_shots(prompt.shots, teaching.measured)
        if isinstance(prompt.shots, tuple)
        else drawn_shots(prompt.shots, teaching, letters=letters),
    )
    if teaching.pool:
        way.text(teaching.pool[0].shown())
    return way


def written_shots(shots: Sequence[WrittenShot], measured: Sequence[Question]) -> tuple[Shot, ...]:
    """Return examples of one's own; refuses one that gives a question away which is measured."""
    asked = [(question, folded(question.prompt)) for question in measured] if shots else []
    for place, shot in enumerate(shots):
        text = folded(f"{shot.question} {shot.answer}")
        for question, prompt in asked:
            if prompt and prompt in text:
                raise ScenarioError(
                    f"prompt.shots: example {place + 1} holds the question {question.id!r}, which is measured and must "
                    "not be shown; write another"
                )
    return tuple(Shot(id="", question=shot.question, answer=shot.answer) for shot in shots)


def drawn_shots(count: int, teaching: Teaching, *, letters: bool) -> tuple[Shot, ...]:
    """Draw examples from the pool by the student's seed, one more than are shown where there is one."""
    if not count:
        return ()
    measured = {folded(question.prompt) for question in teaching.measured}
    distinct: dict[str, Shot] = {}
    for question in islice(mixed(teaching, count), _LOOKED_AT * (count + 1)):
        answer = shown_answer(question, letters=letters)
        text = folded(question.prompt)
        if answer is not None and text not in measured and text not in distinct:
            distinct[text] = Shot(
                id=question.id, question=question.prompt, answer=answer, options=question.form.alternatives
            )
        if len(distinct) > count:
            break
    if len(distinct) < count:
        raise ScenarioError(
            f"prompt.shots: {count} worked examples are wanted, and {len(distinct)} of the questions that may be asked "
            "have an answer to show; write fewer, or examples of your own as {question: …, answer: …}"
        )
    return tuple(distinct.values())


def mixed(teaching: Teaching, count: int) -> Iterator[Question]:
    """Yield questions of the pool in an order drawn from the student's seed."""
    stream = generator(teaching.seat.seed, 0, teaching.seat.number, "worked examples")
    size = min(len(teaching.pool), _LOOKED_AT * (count + 1))
    for place in stream.choice(len(teaching.pool), size=size, replace=False).tolist():
        yield teaching.pool[place]


def shown_answer(question: Question, *, letters: bool) -> str | None:
    """Return how a question is rightly answered, None where nobody wrote that down."""
    reference, options = question.key.reference, question.form.alternatives
    if reference is None:
        return None
    names = [letter(place) for place in range(len(options))]
    place = next((column.index(reference) for column in ([*options], names) if reference in column), None)
    if place is None:
        return reference.removeprefix(question.form.opening)
    return names[place] if letters else options[place]


def folded(text: str) -> str:
    """Return a text without what does not tell it from another: letters' size and the width of spaces."""
    return " ".join(text.casefold().split())


def one_way(template: str | None, prompt: Prompt) -> None:
    """Refuse two ways at once to lay a question out; raises ValueError, as pydantic wants it."""
    if template is not None and prompt.is_set:
        raise ValueError("template and prompt both say how a question is laid out; remove one of them")


def manner_of(prompt: Prompt, wording: Wording | None, *, dialect: bool) -> str:
    """Say how questions are put in ordinary words; nothing where they are put in the dialect."""
    if not prompt.is_set and (dialect or wording is None):
        return ""
    layout = "the layout of students.prompt" if prompt.layout else "ordinary words"
    count = len(prompt.shots) if isinstance(prompt.shots, tuple) else prompt.shots
    examples = f", behind {count} worked example{'s' if count > 1 else ''}" if count else ""
    return f"questions are put in {layout}{examples}; students.template: plain puts them in the shipped models' dialect"
