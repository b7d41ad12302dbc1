"""Says what was understood of questions of one's own, row by row, for who brought them."""

from collections import Counter
from collections.abc import Iterator

from environments.own.draft import NO_CATEGORY
from environments.own.reading import Reading
from simulation.core.kinds.accepted import Accepted
from simulation.core.questions import Splits
from simulation.core.templates import letter
from simulation.core.types import Question

SHOWN = 10
"""Questions that are shown one by one."""
LONGEST = 100
"""Characters shown of a question, and of all else in its line each."""


def told(reading: Reading, splits: Splits) -> Iterator[str]:
    """Yield how the file was read, counts, and the first questions each in a line."""
    yield from reading.about
    questions = list(reading.gathered.questions.values())
    yield from counts(questions)
    measuring = f" ({len(splits.probe)} of them only where no policy measures on a set of its own)"
    pool = len(splits.pool) + len(splits.probe)
    yield f"{pool} may be asked{measuring if splits.probe else ''}, {len(splits.held_out)} are held out to evaluate on"
    for question in questions[:SHOWN]:
        yield f"  {reading.gathered.places[question.id]}: {line_of(question)}"
    if len(questions) > SHOWN:
        yield f"  … and {len(questions) - SHOWN} more"


def counts(questions: list[Question]) -> Iterator[str]:
    """Yield how many questions there are of what kind and category, and what is known of wrong options."""
    with_options = [question for question in questions if question.form.alternatives]
    numbers = sorted({len(question.form.alternatives) for question in with_options})
    kinds = []
    if with_options:
        span = f"{numbers[0]}" if len(numbers) == 1 else f"{numbers[0]} to {numbers[-1]}"
        kinds.append(f"{len(with_options)} with {span} options")
    if len(with_options) < len(questions):
        kinds.append(f"{len(questions) - len(with_options)} without options")
    yield f"{len(questions)} questions: {', '.join(kinds)}"
    if with_options:
        wrong = sum(len(question.form.alternatives) - 1 for question in with_options)
        named = sum(remark not in ("", "right") for question in with_options for remark in question.key.reveals)
        yield f"misconceptions are named of {named} of {wrong} wrong options"
    categories = Counter(question.category for question in questions).most_common()
    shown = ", ".join(f"{clipped(name)} {count}" for name, count in categories[:SHOWN])
    more = f", … ({len(categories) - SHOWN} more)" if len(categories) > SHOWN else ""
    yield f"{len(categories)} categories: {shown}{more}"


def line_of(question: Question) -> str:
    """Return a question in a line: its tags, what is asked, its options, the right one marked, what wrong ones show."""
    tags = "" if question.tags == (NO_CATEGORY,) else f"[{' / '.join(map(clipped, question.tags))}] "
    alternatives, reveals = question.form.alternatives, question.key.reveals
    if not alternatives:
        key = question.key
        right = clipped(" or ".join(key.references))
        near = f" (up to {key.tolerance:g} away)" if isinstance(key, Accepted) and key.tolerance else ""
        return f"{tags}{clipped(question.prompt)} → {right}{near}"
    options = []
    for place, option in enumerate(alternatives):
        remark = "right" if option == question.key.reference else reveals[place] if reveals else ""
        options.append(f"{letter(place)}) {clipped(option)}" + (f" ({clipped(remark)})" if remark else ""))
    return f"{tags}{clipped(question.prompt)} {'  '.join(options)}"


def clipped(text: str) -> str:
    """Return a text in one line, its beginning where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"
