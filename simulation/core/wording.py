"""How an environment's questions are put to models that read ordinary words, beside the dialect of the shipped ones."""

from collections.abc import Sequence
from dataclasses import dataclass

from simulation.core.types import Question, Seat

FIELDS = ("question", "options", "lines", "letters", "opening", "shots", "answer")
"""What a layout may name: the question's text, its options as they are and one a line with letters, whether the letter
is to be answered, whether an answer continues the question's text, worked examples, and how the answer is written."""
LAYOUT = """\
{% for shot in shots %}
{{ shot.question }}
{% if shot.lines %}
{{ shot.lines }}
{% endif %}
Answer: {{ shot.answer }}

{% endfor %}
{{ question }}
{% if lines %}
{{ lines }}
{% endif %}
{% if not opening %}
{{ answer }}
{% endif %}
"""
"""The question with its options, behind worked examples."""
ANSWER = (
    "{% if letters and options %}Answer with the letter of the right option and nothing else."
    "{% elif options %}Answer with the text of the right option and nothing else."
    "{% else %}Give the result behind the word Answer.{% endif %}"
)
"""How options and results are answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """A layout and a wish, both Jinja texts of `FIELDS`."""

    layout: str = LAYOUT
    answer: str = ANSWER
    """How the answer is to be written; the layout places it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Teaching:
    """What a student's prompts may be made of."""

    seat: Seat
    wording: Wording | None
    """The environment's own; None where it has none."""
    pool: Sequence[Question]
    """What may be asked, and so be shown as a worked example."""
    measured: Sequence[Question]
    """What no worked example may give away."""
