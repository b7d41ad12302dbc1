"""Reads Moodle's GIFT: one option right of several, true or false, short and numerical answers; other kinds are named.

The format is Moodle's (docs.moodle.org, "GIFT format"): a blank line ends a question, its answers stand in braces, and
"\\\\" before one of ~ = # { } : makes it a mere character. What is fed back to a wrong option is its misconception.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from environments.own.draft import Draft
from environments.row_files import short
from simulation.core.errors import DataError
from simulation.core.templates import letter

ESCAPES = {"\\~": "\ufdd0", "\\=": "\ufdd1", "\\#": "\ufdd2", "\\{": "\ufdd3", "\\}": "\ufdd4", "\\:": "\ufdd5"}
"""Characters that mean nothing but themselves, each while a question is taken apart, by how it is written."""
ESCAPES |= {"\\\\": "\ufdd6", "\\n": "\ufdd7"}
MEANT = {mark: "\n" if written == "\\n" else written[1] for written, mark in ESCAPES.items()}
KINDS = "one option right of several, true or false, a short or a numerical answer"
GAP = "____"
"""What stands in a sentence where an answer is missing."""
_TITLE = re.compile(r"\s*::(.*?)::", re.DOTALL)
_FORMAT = re.compile(r"\s*\[(html|moodle|plain|markdown)\]", re.IGNORECASE)
_TRUTH = re.compile(r"(T|TRUE|F|FALSE)\s*(?:#(?P<wrong>[^#]*))?(?:#(?P<right>[^#]*))?", re.IGNORECASE)
_ANSWER = re.compile(r"([=~])\s*(?:%(-?\d+(?:\.\d+)?)%)?([^=~#]*)(?:#([^=~]*))?")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class GiftAnswer:
    """An answer in braces."""

    right: bool
    """Whether it gives all of the points."""
    partly: bool
    """Whether it gives some of them, or takes some."""
    text: str
    feedback: str


def gift_drafts(text: str) -> Iterator[tuple[int, Draft | DataError]]:
    """Yield the questions of a file, each with the line in which it begins, or why it cannot be one."""
    category: tuple[str, ...] = ()
    for line, block in blocks(text):
        if block.startswith("$CATEGORY:"):
            category = category_of(block.removeprefix("$CATEGORY:"))
            continue
        try:
            yield line, replace(draft_of(block), tags=category)
        except DataError as error:
            yield line, error


def blocks(text: str) -> Iterator[tuple[int, str]]:
    """Yield what stands between blank lines, without comments, and lines that set a category by themselves."""
    lines: list[str] = []
    start = 0
    for number, line in enumerate([*text.split("\n"), ""], start=1):
        if line.lstrip().startswith("//"):
            continue
        ends = not line.strip() or line.lstrip().startswith("$CATEGORY:")
        if ends and lines:
            yield start, "\n".join(lines)
            lines = []
        if ends and line.strip():
            yield number, line.strip()
        elif not ends:
            start = start if lines else number
            lines.append(line)


def category_of(path: str) -> tuple[str, ...]:
    """Return the parts of a category's path, from broad to narrow, without those that Moodle puts before them."""
    parts = [part.replace("\0", "/").strip() for part in path.replace("//", "\0").split("/")]
    return tuple(part for part in parts if part and part != "top" and not re.fullmatch(r"\$\w+\$", part))


def draft_of(block: str) -> Draft:
    """Return the question of a block; raises DataError where it is none, or of a kind that is not read."""
    if any(mark in block for mark in MEANT):
        raise DataError("it holds a character that is none of Unicode's (U+FDD0 to U+FDD7); remove it")
    marked = re.sub(r"\\[~=#{}:\\n]", lambda match: ESCAPES[match[0]], block)
    title = _TITLE.match(marked)
    body = marked[title.end() :] if title else marked
    form = _FORMAT.match(body)
    is_html = form is not None and form[1].lower() == "html"
    body = body[form.end() :] if form else body
    before, opening, rest = body.partition("{")
    inside, closing, after = rest.partition("}")
    if not opening:
        raise DataError(f"it has no answers in braces, as a description has none; read are {KINDS}")
    if not closing:
        raise DataError("its { is never closed, and a blank line ends a question; close it, or remove the blank line")
    if "{" in after or "}" in after or "}" in before:
        remedy = "leave a blank line between two questions, and write \\{ and \\} for braces in a text"
        raise DataError(f"it has more than one pair of braces; {remedy}")
    prompt = f"{before.rstrip()} {GAP} {after.strip()}" if after.strip() else before
    draft = answered(inside.partition("####")[0].strip(), is_html)
    return replace(draft, prompt=meant(prompt, is_html), title=plainly(title[1]).strip() if title else "")


def answered(inside: str, is_html: bool) -> Draft:
    """Return a draft without its prompt, of what stands in braces."""
    if not inside:
        raise DataError(f"it is an essay, {{}}; read are {KINDS}")
    if inside.startswith("#"):
        return numerical(inside[1:].strip())
    truth = _TRUTH.fullmatch(inside)
    if truth and "~" not in inside and "=" not in inside:
        is_true = truth[1][0].upper() == "T"
        wrong = meant(truth["wrong"] or "", is_html)
        return Draft(
            prompt="", options=("True", "False"), labels=("a", "b"), correct="a" if is_true else "b",
            misconceptions=("", wrong) if is_true else (wrong, ""), praise=meant(truth["right"] or "", is_html),
        )  # fmt: skip
    answers = answers_of(inside, is_html)
    if "~" in inside:
        return chosen_among(answers)
    if any("->" in answer.text for answer in answers):
        raise DataError(f"it asks to match pairs (->); read are {KINDS}")
    return written_freely(answers)


def answers_of(inside: str, is_html: bool) -> list[GiftAnswer]:
    """Return the answers in braces."""
    pieces = [*_ANSWER.finditer(inside)]
    if "".join(piece[0] for piece in pieces) != inside or not pieces:
        raise DataError(f"its answers cannot be told apart: {short(plainly(inside))}; write = or ~ before each")
    weights = [100.0 if piece[1] == "=" and piece[2] is None else float(piece[2] or 0) for piece in pieces]
    return [
        GiftAnswer(
            right=weight == 100,
            partly=weight not in (0, 100) and (weight > 0 or piece[1] == "="),
            text=meant(piece[3], is_html),
            feedback=meant(piece[4] or "", is_html),
        )
        for piece, weight in zip(pieces, weights, strict=True)
    ]


def chosen_among(answers: list[GiftAnswer]) -> Draft:
    """Return a draft of options, of which one has to be right."""
    refuse_partly(answers)
    right = [place for place, answer in enumerate(answers) if answer.right]
    if len(right) != 1:
        what = f"{len(right)} of its {len(answers)} options are right" if right else "it has no right option"
        raise DataError(f"{what}; put = before one of them, ~ before the others")
    return Draft(
        prompt="",
        options=tuple(answer.text for answer in answers),
        labels=tuple(letter(place) for place in range(len(answers))),
        misconceptions=tuple("" if answer.right else answer.feedback for answer in answers),
        correct=letter(right[0]),
        praise=answers[right[0]].feedback,
    )


def written_freely(answers: list[GiftAnswer]) -> Draft:
    """Return a draft of short answers, each of them right."""
    refuse_partly(answers)
    texts = [answer.text for answer in answers if answer.right]
    if not all(texts) or not texts:
        raise DataError("a right answer is empty; write it behind =")
    praise = next((answer.feedback for answer in answers if answer.right and answer.feedback), "")
    return Draft(prompt="", correct=texts[0], others=tuple(texts[1:]), praise=praise)


def refuse_partly(answers: list[GiftAnswer]) -> None:
    """Refuse answers that give some of the points."""
    if partly := [short(answer.text) for answer in answers if answer.partly]:
        raise DataError(f"{', '.join(partly)} gives a part of the points, but an answer is right or wrong; use = and ~")


def numerical(inside: str) -> Draft:
    """Return a draft of a number, with how far an answer may be from it."""
    pieces = [piece for piece in re.split(r"=", inside) if piece.strip()]
    if len(pieces) > 1 or "%" in inside:
        raise DataError("it has several numbers, or a part of the points for some; give one, such as {#3.14:0.01}")
    written = plainly((pieces or [""])[0].partition("#")[0].partition("~")[0]).strip()
    low, dots, high = written.partition("..")
    if dots and _NUMBER.fullmatch(low.strip()) and _NUMBER.fullmatch(high.strip()):
        ends = float(low), float(high)
        return Draft(prompt="", correct=f"{sum(ends) / 2:.12g}", tolerance=abs(ends[1] - ends[0]) / 2)
    number, colon, tolerance = (part.strip() for part in written.partition(":"))
    if not _NUMBER.fullmatch(number) or (colon and not _NUMBER.fullmatch(tolerance)):
        raise DataError(f"{short(written)} is no number; write {{#3.14}}, {{#3.14:0.01}} or {{#3.1..3.2}}")
    return Draft(prompt="", correct=number, tolerance=abs(float(tolerance)) if colon else 0.0)


def plainly(text: str) -> str:
    """Return a text with its escaped characters as they are meant."""
    return "".join(MEANT.get(character, character) for character in text)


def meant(text: str, is_html: bool) -> str:
    """Return a text as it is meant, without the tags of HTML where it is written in that."""
    own_form = _FORMAT.match(text)
    body = text[own_form.end() :] if own_form else text
    plain_text = plainly(body).strip()
    if not (is_html or (own_form is not None and own_form[1].lower() == "html")):
        return plain_text
    if picture := re.search(r"<(img|video|audio|svg|object|iframe)\b", plain_text, re.IGNORECASE):
        raise DataError(f"it holds a picture or the like (<{picture[1]}>), which no text can show; say it in words")
    broken = re.sub(r"(?i)<\s*(?:br|/p|/div|/li)\b[^>]*>", "\n", plain_text)
    return html.unescape(re.sub(r"<[^>]*>", "", broken)).replace("\xa0", " ").strip()
