"""How a question is laid out as text for a student; pretraining and answering share it word for word."""

from functools import lru_cache
from string import Formatter

from simulation.core.errors import ScenarioError
from simulation.core.types import Question

TEMPLATES = {
    "plain": "{prompt} {choices} answer:",
    "multiple_choice": "Answer the multiple-choice question:\n\n{prompt}\n\n{lines}",
}
"""Presets; "multiple_choice" words the instruction of the published student simulation."""

_FIELDS = {"prompt", "choices", "lines"}


@lru_cache(maxsize=1 << 14)
def lay_out(question: Question, template: str) -> str:
    """Return the text of `question`: "{choices}" lays its options in one row, "{lines}" one a line.

    Where an answer continues code, the space at the end is part of the code.
    """
    options = [f"{letter(index)}) {choice}" for index, choice in enumerate(question.form.alternatives)]
    text = TEMPLATES.get(template, template)
    laid = text.format(prompt=question.prompt, choices=" ".join(options), lines="\n".join(options))
    return laid if question.form.opening else laid.strip()


def letter(index: int) -> str:
    """Return the letter of an option: 0 is "a"."""
    return chr(ord("a") + index)


def check_template(template: str) -> str:
    """Return a preset's name or a template; raises ScenarioError where a field in braces is unknown."""
    fields = {name for _, name, _, _ in Formatter().parse(TEMPLATES.get(template, template)) if name is not None}
    if "prompt" not in fields or not fields <= _FIELDS:
        raise ScenarioError(
            f"template {template!r} must contain {{prompt}} and may contain {{choices}} or {{lines}}; "
            f"presets: {', '.join(TEMPLATES)}"
        )
    return template
