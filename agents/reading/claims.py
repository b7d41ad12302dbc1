"""The final claim of a text that answers without options: the number, or the words, that it comes to."""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from agents.reading.denials import is_denied
from agents.reading.equality import agree
from agents.reading.formulas import is_formula
from agents.reading.numbers import Quantity, comma_decimals, quantities, quantity
from agents.reading.reading import Reading
from agents.reading.statements import (
    HEDGED,
    LONGEST_READ,
    TAKEN_BACK,
    WITHDRAWN,
    Statement,
    flat,
    sentences,
    statements,
)
from agents.reading.thoughts import without_thoughts

Claims = Callable[[str], list[str]]
"""Returns what a segment of a text claims: one claim, several where it is not clear which, or none."""
_CLAUSE_BREAK = re.compile(
    r";|\((?![^()\n]{1,60}\)\s?[=*+/×-])|:\s|,\s|\s-\s(?![\d$€£(.])"
    r"|(?<!\w)(?<!divided )(?<!multiplied )(?:because|since|as|which|so|if|after|before|from|not|rather|instead|when"
    r"|with|by|where|until|while|but|for|on|in|at|if|per|each|this|that|using|given|to get)(?!\w)",
    re.IGNORECASE,
)
_LISTED = re.compile(
    r"\s*(?:,|;|and|or|&|to|bis|und|oder|et|ou|y|o)?\s*(?:[a-z]\s?=\s?)?[-+(]?\s?[$€£]?\.?\d", re.IGNORECASE
)
_SIDES = re.compile(
    r"(?<![<>!≤≥≠])(?:==?>?|≈|→|≡)(?!=)|(?<=\d)\s(?:is|equals|gives|makes|leaves)\s(?=[-+]?[$€£]?\.?\d)", re.IGNORECASE
)
_DENIED = re.compile(r"\s*(?:definitely |certainly |probably |clearly )?not\b", re.IGNORECASE)
_INSTEAD = re.compile(r"\bbut\b(?: rather)?")
_CONCLUSION = re.compile(
    r"(?<!\w)(?:so|therefore|thus|hence|consequently|altogether|in total|in all|finally|overall|that is|i\.e\.|that's"
    r"|then|total|sum|it is|it's|i get|we get|i got|output|result)(?!\w)[:,]?",
    re.IGNORECASE,
)
_VERB = re.compile(
    r"(?<!\w)(?:is|are|was|were|be|has|have|had|gets?|got|gives?|leaves?|leaving|makes?|equals?|costs?|pays?|earns?"
    r"|needs?|weighs?|there|beträgt|ist|sind|est|es|son|sont)(?!\w)",
    re.IGNORECASE,
)
_COPULA = re.compile(r"(?<!\w)(?:is|are|was|were|be|called|named|ist|heißt|est|es|è|é)\s+", re.IGNORECASE)
_WORD_BREAK = re.compile(r"[,;(\n]|\s-\s|(?<!\w)(?:because|since|as|which|who|where|but|not)(?!\w)", re.IGNORECASE)
_LONGEST_WORDS = 60


def read_claim(text: str, reference: str = "") -> Reading:
    """Return the final claim of a text; the reference tells only whether numbers are asked, and how written."""
    answer, thoughts = without_thoughts(text)
    body = flat(answer[-LONGEST_READ:])
    if not body.strip():
        return Reading(how="unparsed: nothing but thoughts" if thoughts else "unparsed: no text", thoughts=thoughts)
    comma = comma_decimals(reference)
    numeric = not reference or any(map(str.isdecimal, flat(reference))) or is_formula(reference)
    claims: Claims = partial(claimed_numbers, comma=comma) if numeric else claimed_words
    claim, how = _stated(body, claims, comma)
    if not how:
        claim, how = _concluded(body, comma) if numeric else _worded(body)
    if not how:
        claim, how = _only(body, comma) if numeric else ("", "unparsed: no final statement")
    return Reading(claim=claim, how=how, thoughts=thoughts)


def final_number(body: str, comma: bool) -> tuple[str, str]:
    """Return the number that a flat text states or comes to, and how; no claim where it does neither clearly."""
    claim, how = _stated(body, partial(claimed_numbers, comma=comma), comma)
    return (claim, how) if how else _concluded(body, comma)


def _stated(body: str, claims: Claims, comma: bool) -> tuple[str, str]:
    """Return what a text's statements claim, and how; nothing at all where there is no statement."""
    standing: list[tuple[str, Statement]] = []
    unclear = ""
    for statement in statements(body):
        if statement.how.startswith(("after 'all", "after 'every", "after 'any")):
            continue  # of options
        if statement.how == "after '####'" and "\n" in body[statement.end :].strip() and len(statement.segment) > 40:
            continue  # a heading
        candidates = distinct(claims(statement.segment), comma)
        if len(candidates) > 1 and "before" not in statement.how:
            unclear = f"unparsed: several numbers {statement.how}: {', '.join(candidates[:4])}"
        if len(candidates) != 1:
            continue
        if standing and not agree(standing[-1][0], candidates[0], comma=comma):
            earlier = standing[-1][1]
            if TAKEN_BACK.search(body, earlier.end, statement.start + 8):
                standing.clear()
                unclear = ""
        standing.append((candidates[0], statement))
    return _settled(body, standing, unclear, comma)


def _settled(body: str, standing: Sequence[tuple[str, Statement]], unclear: str, comma: bool) -> tuple[str, str]:
    """Return the claim that statements agree on, or why there is none."""
    if unclear or not standing:
        return "", unclear
    different = distinct([claim for claim, _ in standing], comma)
    if len(different) > 1:
        return "", f"unparsed: two final claims, {different[0][:40]} and {different[1][:40]}"
    claim, statement = standing[-1]
    last, _ = next(sentences(body), ("", ""))
    alone = quantity(last, comma=comma) if len(last) < len(body.strip()) else None
    if alone is not None and not agree(claim, last, comma=comma):
        return "", f"unparsed: two final claims, {claim[:40]} and {last[:40]}"
    withdrawn = WITHDRAWN.search(body, statement.end)
    if not withdrawn:
        return claim, statement.how
    later, how = _concluded(body[withdrawn.end() :], comma)
    return (later, how) if later else ("", "unparsed: the final claim was taken back")


def distinct(claims: Iterable[str], comma: bool) -> list[str]:
    """Return claims without those that agree with an earlier one."""
    different: list[str] = []
    for claim in claims:
        if not any(agree(claim, other, comma=comma) for other in different):
            different.append(claim)
        if len(different) > 3:
            break
    return different


def claimed_numbers(segment: str, *, comma: bool, sums: bool = True) -> list[str]:
    """Return the numbers that a segment claims, of an equation the sides that are no sums; else a sum where wanted."""
    if _DENIED.match(segment):
        instead = _INSTEAD.search(segment)
        return claimed_numbers(segment[instead.end() :], comma=comma, sums=sums) if instead else []
    clause = _clause(segment, comma)
    plain_sides: list[str] = []
    unread = ""
    for side in _SIDES.split(clause):
        numbers = list(quantities(side, comma=comma))
        if is_formula(side):
            unread = side
        elif len(numbers) == 1 and not numbers[0].operand:
            plain_sides.append(written(side, numbers[0]))
        elif len([number for number in numbers if not number.operand]) > 1:
            return [number.text for number in numbers if not number.operand]
        elif numbers and sums:
            unread = side
    return plain_sides or ([unread.strip()] if unread else [])


def _clause(segment: str, comma: bool) -> str:
    """Return the beginning of a segment, up to a break behind its first number that no other number follows."""
    first = next(quantities(segment, comma=comma), None)
    if first is None:
        return segment
    position = first.end
    while end := _CLAUSE_BREAK.search(segment, position):
        listed = end[0] in (", ", "; ", ",", ";") and _LISTED.match(segment, end.start())
        if not listed:
            return segment[: end.start()]
        position = end.end()
    return segment


def written(text: str, number: Quantity) -> str:
    """Return a number as it is written, with its unit."""
    unit = "" if number.value is None else " ".join(number.unit)
    beside = text[number.end : number.end + 1]
    if not unit or any(sign in number.text for sign in "$€£¥₹"):
        return number.text.strip()
    return f"{number.text.strip()}{'' if beside.strip() else ' '}{unit}".replace(" / ", "/")


def _concluded(body: str, comma: bool) -> tuple[str, str]:
    """Return the number that a text's last sentence with numbers comes to."""
    for sentence, mark in sentences(body):
        numbers = list(quantities(sentence, comma=comma))
        if HEDGED.search(sentence) or WITHDRAWN.search(sentence):
            return "", ""
        if not numbers and not is_formula(sentence):
            continue
        if mark == "?":
            return "", ""
        return result_of(sentence, numbers, comma)
    return "", ""


def result_of(sentence: str, numbers: Sequence[Quantity], comma: bool) -> tuple[str, str]:
    """Return what one sentence comes to: behind a word such as "so", behind its last sign of equality, or all of it."""
    if len(re.findall(r"(?<!\w)[a-z]\s?=", sentence)) > 1:
        return "", ""
    conclusions = list(_CONCLUSION.finditer(sentence))
    behind = sentence[conclusions[-1].end() :] if conclusions else ""
    last_side = _SIDES.split(sentence)[-1]
    alternatives = [behind] if behind else []
    if len(last_side) < len(sentence):
        # whatever stands last in the sentence is its result
        alternatives = (
            [last_side, behind, sentence] if len(last_side) <= len(behind) or not behind else [behind, last_side]
        )
    for alternative in alternatives:
        claims = distinct(claimed_numbers(alternative, comma=comma, sums=False), comma)
        if len(claims) == 1:
            return claims[0], "the last sentence's result"
    lone = [number for number in numbers if not number.operand and not is_denied(sentence, number.start, number.end)]
    alone = len(re.findall(r"[^\W\d_]{2,}", sentence)) <= 3
    if len(numbers) == 1 and len(lone) == 1 and (alone or _VERB.search(sentence, 0, lone[0].start)):
        bare_number = quantity(sentence, comma=comma) is not None
        return written(sentence, lone[0]), "the last line alone" if bare_number else "the last sentence's only number"
    if not lone and is_formula(sentence) and alone:
        return sentence.strip(), "the last line alone"
    return "", ""


def _only(body: str, comma: bool) -> tuple[str, str]:
    """Return the only number of a text without a final statement."""
    if HEDGED.search(body[-1000:]) and not any(map(str.isdecimal, body)):
        return "", "unparsed: no number and no final statement"
    different: list[str] = []
    seen: set[str] = set()
    for number in quantities(body, comma=comma):
        claim = written(body, number)
        if number.operand or claim in seen or is_denied(body, number.start, number.end):
            continue
        seen.add(claim)
        if not any(agree(claim, other, comma=comma) for other in different):
            different.append(claim)
        if len(different) > 1:
            return "", f"unparsed: several numbers and no final statement, {different[0][:40]} and {different[1][:40]}"
    return (different[0], "the only number") if different else ("", "unparsed: no number and no final statement")


def claimed_words(segment: str) -> list[str]:
    """Return the words that a segment claims, up to where it explains itself."""
    if _DENIED.match(segment):
        instead = _INSTEAD.search(segment)
        return claimed_words(segment[instead.end() :]) if instead else []
    words = _WORD_BREAK.split(segment.strip(" *\"'"), maxsplit=1)[0].strip(" :.\"'")
    return [words] if words and len(words) <= _LONGEST_WORDS else []


def _worded(body: str) -> tuple[str, str]:
    """Return the words that a text's last sentence comes to: all of a few, or what follows "is"."""
    last, mark = next(sentences(body), ("", ""))
    if not last or mark == "?" or HEDGED.search(last):
        return "", ""
    if len(last.split()) <= 4 and not _COPULA.search(last):
        return last.strip(" *\"'"), "the last line alone"
    copulas = list(_COPULA.finditer(last))
    words = claimed_words(last[copulas[-1].end() :]) if copulas else []
    return (words[0], "the last sentence's end") if words else ("", "")
