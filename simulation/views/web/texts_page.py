"""Whole texts that pages show only the beginning of, in pieces as plain text."""

from collections.abc import Callable, Mapping

from simulation.core.types import Attempt, Experience, Turn
from simulation.views.text import shown
from simulation.views.web.catalog import NotThere
from simulation.views.web.page_request import PageRequest
from simulation.views.web.queries import turn_of

PIECE = 90_000
"""Characters in one piece; each may be shown as an escape of ten, and no piece is over a megabyte."""
ANSWER_PARTS: Mapping[str, Callable[[Experience | Attempt], str]] = {
    "input": lambda answered: answered.answer.model_input,
    "answer": lambda answered: answered.answer.text,
    "explanation": lambda answered: answered.feedback.explanation,
}
"""Of a first answer, and of a further one, whose number stands behind: "answer-2"."""
PARTS: Mapping[str, Callable[[Experience], str]] = {
    **ANSWER_PARTS,
    "prompt": lambda experience: experience.question.prompt,
    "correction": lambda experience: experience.feedback.correction or "",
    "options": lambda experience: "\n".join(experience.question.form.alternatives),
}


NAMES = (*PARTS, *(f"{name}-{number}" for name in ANSWER_PARTS for number in (2, 3)))
"""What addresses may name."""


def text_named(turn: Turn, position: int, name: str) -> str:
    """Return a text of an answer of a turn; raises NotThere."""
    if position >= len(turn.experiences):
        raise NotThere(f"turn {turn.turn} has {len(turn.experiences)} answers, counted from 0")
    part, _, number = name.partition("-")
    if not number:
        return PARTS[part](turn.experiences[position])
    for attempt in turn.attempts:
        if (attempt.position, attempt.number) == (position, int(number)):
            return ANSWER_PARTS[part](attempt)
    raise NotThere(f"question {position + 1} of turn {turn.turn} was not answered {number} times")


def whole_text(request: PageRequest, seat: int, turn: int, position: int, part: str) -> str:
    """Return a piece of a text of an answer, with a line that names the next; raises NotThere."""
    whole = text_named(turn_of(request.study, seat, turn), position, part)
    piece = request.number("page")
    pieces = max(1, -(-len(whole) // PIECE))
    if piece > pieces:
        raise NotThere(f"there is no piece {piece} of {pieces}")
    text = "\n".join(map(shown, whole[(piece - 1) * PIECE : piece * PIECE].split("\n")))
    if piece == pieces:
        return text
    path = request.student_path(seat, f"answer-{turn}-{position}-{part}.txt")
    return f"{text}\n\n[piece {piece} of {pieces}; the next: {request.links.to(path, {'page': piece + 1})}]\n"
