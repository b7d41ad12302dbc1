"""Whole texts that pages show only the beginning of, in pieces as plain text."""

from collections.abc import Callable, Mapping

from simulation.core.types import Experience
from simulation.views.text import shown
from simulation.views.web.catalog import NotThere
from simulation.views.web.page_request import PageRequest
from simulation.views.web.queries import turn_of

PIECE = 90_000
"""Characters in one piece; each may be shown as an escape of ten, and no piece is over a megabyte."""
PARTS: Mapping[str, Callable[[Experience], str]] = {
    "prompt": lambda experience: experience.question.prompt,
    "input": lambda experience: experience.answer.model_input,
    "answer": lambda experience: experience.answer.text,
    "explanation": lambda experience: experience.feedback.explanation,
    "correction": lambda experience: experience.feedback.correction or "",
    "options": lambda experience: "\n".join(experience.question.form.alternatives),
}


def whole_text(request: PageRequest, seat: int, turn: int, position: int, part: str) -> str:
    """Return a piece of a text of an answer, with a line that names the next; raises NotThere."""
    experiences = turn_of(request.study, seat, turn).experiences
    if position >= len(experiences):
        raise NotThere(f"turn {turn} has {len(experiences)} answers, counted from 0")
    whole = PARTS[part](experiences[position])
    piece = request.number("page")
    pieces = max(1, -(-len(whole) // PIECE))
    if piece > pieces:
        raise NotThere(f"there is no piece {piece} of {pieces}")
    text = "\n".join(map(shown, whole[(piece - 1) * PIECE : piece * PIECE].split("\n")))
    if piece == pieces:
        return text
    path = request.student_path(seat, f"answer-{turn}-{position}-{part}.txt")
    return f"{text}\n\n[piece {piece} of {pieces}; the next: {request.links.to(path, {'page': piece + 1})}]\n"
