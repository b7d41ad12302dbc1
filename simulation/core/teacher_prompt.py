"""How an answer is put before a teacher classifier, and the two words it judges with; training and judging share it."""

CORRECT, WRONG = "Correct", "Wrong"


def teacher_prompt(gold: str, answer: str) -> str:
    """Return the text a teacher reads: the wording of the published student simulation."""
    return f"Context: {gold}\nAnswer: {answer}\nIs the answer {CORRECT} or {WRONG}?"
