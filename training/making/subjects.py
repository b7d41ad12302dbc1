"""What there is to learn from scratch, and what differs by it: spelling, budget, examination and model card."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from simulation.core.corpus import Lesson
from simulation.core.roles import Environment
from training.making import examinations
from training.making.encoding import Encoder
from training.making.tokenizers import NUMBERS, PROGRAMS, Spelling


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A kind of lessons."""

    spelling: Spelling
    spells_answers: bool
    """Whether the tokenizer learns from the continuations of lessons too."""
    defaults: Mapping[str, Any]
    """What a recipe is unless it says otherwise (Any: its fields are of many types)."""
    examine: Callable[[Any, Encoder, Environment], dict[str, float]]
    """Measures the student (Any: the model) on what is held out."""
    about: str
    """The model card's beginning: a format string over `parameters`."""
    figures: str
    """A format string over what `examine` returns."""
    limits: str

    def texts(self, lesson: Lesson, prompt: str) -> Iterable[str]:
        """Yield what the tokenizer learns from a lesson."""
        yield prompt
        if self.spells_answers:
            yield from (branch.text for branch in lesson.branches)


OPTIONS = Subject(
    spelling=NUMBERS,
    spells_answers=False,
    defaults={},
    examine=examinations.options,
    about="""# A student that can be taught

A {parameters:,}-parameter Llama pretrained from scratch on generated word problems. It holds the right procedure of
every skill and habitually uses a misconception in most of them, so corrections teach it quickly.""",
    figures="""On {questions} held-out problems whose numbers occur in no training split: {right:.1%} right,
{filler:.1%} fillers, the rest misconceptions. Told by a cue token to use the right procedure:
{cued:.1%}.""",
    limits="It knows the thirty skills of one generated bank in English wordings of that bank, and nothing else. "
    "Its confidence\nbefore learning is high by design.",
)

WRITING = Subject(
    spelling=PROGRAMS,
    spells_answers=True,
    defaults={"tokens": 8_000_000, "first_stage": 0.0, "vocabulary": 700},
    examine=examinations.programs,
    about="""# A coder that can be taught

A {parameters:,}-parameter Llama pretrained from scratch on short Python functions, most of them with bugs. It knows the
right piece of code of every skill and habitually writes a wrong one in many, so it learns quickly from those of its
own programs that pass their tests.""",
    figures="On {questions} held-out tasks, whose compositions of skills it has never seen, {greedy:.1%} of what it "
    "writes passes all tests\nwhen it decodes greedily, {sampled:.1%} when it samples at temperature 1 (five times a "
    "task).",
    limits="""It knows the 54 skills of one generated bank in English wordings of that bank, and no other Python.""",
)


def subject(lesson: Lesson) -> Subject:
    """Return the kind of a lesson: to choose among options, or to write."""
    return OPTIONS if lesson.question.form.alternatives else WRITING
