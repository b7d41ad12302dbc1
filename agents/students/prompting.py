"""Prompts in ordinary words: a question in a layout of its own, behind worked examples, with a wish for its answer."""

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, Field

from agents.students.shots import AN_OPTION, Shot, WrittenShot, drawn_shots, lettered, marked, written_shots
from simulation.core.disclosure import disclosed, folded
from simulation.core.errors import DataError, ScenarioError, nearest
from simulation.core.paths import Located
from simulation.core.registry import nested
from simulation.core.types import Question
from simulation.core.wording import ANSWER, FIELDS, LAYOUT, Teaching, Wording

if TYPE_CHECKING:
    from agents.models.bounded_jinja import BoundedSandbox

FILES = (".jinja", ".j2", ".txt")
MARK = "the question that marks its place"
"""What layouts are tried with."""


def known_layout(text: str) -> str:
    """Refuse what is no Jinja text, or names what there is not; a file is read later."""
    names_of(text)
    return text


def asking_layout(text: str) -> str:
    """Refuse a layout that does not name the question, comments aside; whether it writes it is tried later."""
    if not text.endswith(FILES) and "question" not in names_of(text):
        raise ValueError(f"{text!r:.60} never says {{{{ question }}}}; write it where the question is to stand")
    return text


def names_of(text: str) -> frozenset[str]:
    """Return what a Jinja text names, nothing of a file; raises ValueError."""
    if text.endswith(FILES):
        return frozenset()
    from jinja2 import TemplateSyntaxError, meta

    try:
        names = frozenset(meta.find_undeclared_variables(_jinja().parse(text)))
    except TemplateSyntaxError as error:
        raise ValueError(f"{text!r:.60} is no Jinja text: {error.message} in its line {error.lineno}") from error
    if unknown := sorted(names - {*FIELDS}):
        raise ValueError(f"{text!r:.60} names {unknown[0]!r}; {nearest(unknown[0], FIELDS)}")
    return names


Layout = Annotated[
    str, Field(min_length=1), Located(elsewhere=lambda _: True, endings=FILES), AfterValidator(asking_layout)
]
"""The type of a field that says a layout, or names its file."""


@nested
class Prompt:
    """How questions are put, in ordinary words."""

    layout: Layout | None = None
    """A Jinja text of question, options, lines (the options with letters), shots and answer, or a .jinja file with one;
    null is the environment's."""
    answer: Annotated[str, AfterValidator(known_layout)] | None = None
    """How the answer is to be written; null is the environment's."""
    shots: Annotated[Annotated[int, Field(ge=0, le=50)] | tuple[WrittenShot, ...], Field(examples=[3])] = 0
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
            text = Path(self.layout).read_text(encoding="utf-8-sig")
            return asking_layout(text.removesuffix("\n") + "\n")
        except (OSError, UnicodeDecodeError, ValueError) as error:
            raise DataError(f"prompt.layout {self.layout!r}: {error}; correct the file or its path") from error


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
    text = written_out(prompting, values_of(prompting, question))
    if not question.form.opening:
        return text
    end = question.prompt.rstrip()
    return text + question.prompt[len(end) :] if text.endswith(end) else text


def values_of(prompting: Prompting, question: Question) -> dict[str, Any]:
    """Return what a layout reads of a question (Any: texts, lists and flags)."""
    form = question.form
    shots = [shot for shot in prompting.shots if shot.id != question.id and shot.question != question.prompt]
    return {
        "question": question.prompt,
        "options": form.alternatives,
        "lines": lettered(form.alternatives),
        "letters": prompting.letters,
        "opening": bool(form.opening),
        "shots": shots[: prompting.shown],
    }


def written_out(prompting: Prompting, values: dict[str, Any]) -> str:
    """Return the layout with values in it (Any: whatever a layout reads)."""
    return rendered(prompting.layout, {**values, "answer": rendered(prompting.answer, values)}).strip()


def rendered(template: str, values: dict[str, Any]) -> str:
    """Return what a Jinja text makes of values (Any: whatever a layout reads); raises ScenarioError."""
    from agents.models.bounded_jinja import RAISED

    try:
        return _jinja().lay_out(_compiled(template), values)
    except RAISED as error:
        raise ScenarioError(f"prompt: {template!r:.60} cannot be laid out: {error}; correct it") from error


@lru_cache(maxsize=64)
def _compiled(template: str) -> Any:
    return _jinja().from_string(template)


@lru_cache(maxsize=1)
def _jinja() -> "BoundedSandbox":
    """Return where layouts are read: nothing of Python is in their reach."""
    from agents.models.bounded_jinja import strict

    return strict()


def prompting(prompt: Prompt, teaching: Teaching, *, letters: bool) -> Prompting:
    """Return how a student's questions are put; raises a SimulationError where a layout or an example cannot be."""
    wording = teaching.wording or Wording(layout=LAYOUT, answer=ANSWER)
    way = Prompting(
        layout=prompt.layout_text or wording.layout,
        answer=wording.answer if prompt.answer is None else prompt.answer,
        letters=letters,
        shown=len(prompt.shots) if isinstance(prompt.shots, tuple) else prompt.shots,
        shots=written_shots(prompt.shots)
        if isinstance(prompt.shots, tuple)
        else drawn_shots(prompt.shots, teaching, letters=letters),
    )
    if teaching.pool:
        way.text(teaching.pool[0].shown())
        try_layout(way, teaching, drawn=not isinstance(prompt.shots, tuple))
    return way


def try_layout(way: Prompting, teaching: Teaching, *, drawn: bool) -> None:
    """Refuse a layout that does not write a marked question, or whose own words give away what is measured.

    Examples that were drawn are marked too: they are of the pool.
    """
    values = values_of(way, teaching.pool[0].shown())
    options = (AN_OPTION,) * len(values["options"])
    shots = [marked(shot) for shot in values["shots"]] if drawn else values["shots"]
    text = written_out(
        way, {**values, "question": MARK, "options": options, "lines": lettered(options), "shots": shots}
    )
    if folded(MARK).letters not in folded(text).letters:
        raise ScenarioError(
            f"prompt.layout {way.layout!r:.60} does not write the question that it is given; write {{{{ question }}}} "
            "where it is to stand"
        )
    if given_away := disclosed(text, teaching.measured):
        raise ScenarioError(
            f"prompt: what stands around a question gives away {given_away}, which is measured and must not be shown; "
            "write it otherwise"
        )


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
