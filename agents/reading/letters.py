"""Which single letters of a text name an option, and which are words, names and variables."""

import re
from collections.abc import Iterator

_LONE = re.compile(r"(?<![0-9A-Za-z\u00c0-\u04ff'^\\])(?P<letter>[A-Za-z])(?![0-9A-Za-z\u00c0-\u04ff])(?!['’]\w)")
_NAMED = re.compile(
    r"(?<!\w)(?:option|choice|answer|letter|statement|antwort|opción|opcion|opção|opzione|optie|réponse|respuesta|risposta"
    r"|вариант|选项|選項|選択肢)s?\s*[:=]?\s*[(\"'*]?\s*$",
    re.IGNORECASE,
)
_LISTED = re.compile(
    r"(?<!\w)(?:options?|choices?|answers?|between|both|either|neither|not|except)\s+(?:\(?[a-z]\)?\s*(?:,|and|or|nor|&)\s*){0,6}\(?$",
    re.IGNORECASE,
)
_JOINED = re.compile(r"(?<![^\W_])[A-Za-z]\)?\s*(?:or|and|,|&|/)\s*\(?$")
_JOINED_BEHIND = re.compile(r"\)?\s*(?:or|and|,|&|/)\s*\(?(?:option\s+)?[A-Za-z](?![\w'])\)?(?!\s?[=+*/^])")
_STATED = re.compile(
    r"(?:(?<!\w)(?:is|are|be|was|it's|that's|so|therefore|thus|hence|think|say|pick|choose|chose|select|selected|with|for"
    r"|not|but|answer|guess|meant|mean|leaves|definitely|surely|certainly|clearly|obviously|probably|likely|final|matches|remains|est|ist|es|è|é|lautet|donc)|['’]s|[:=→]|[一-鿿぀-ヿ가-힣])\s*[:=,\"'(]*\s*$",
    re.IGNORECASE,
)
_STOP = re.compile(
    r"\s*(?:$|[.,;:!?)\]\"'\n。、]|(?:because|since|as|and|or|is|nor|but|not|by)(?!\w)|-\s|です|입니다)", re.IGNORECASE
)
_MARK = re.compile(r"\s?(?:[.:)\],]|\n|$)|\s-\s|\s(?:because|since)(?!\w)")
_SUBJECT = re.compile(r"\s+(?:is|was|cannot|can't|isn't|looks|seems|must)(?!\w)")
_BEGINNING = re.compile(
    r"(?:^|[\n.;:!?,]\s?|(?<!\w)(?:so|but|that|therefore|thus|hence|think|and)\s)[\s\"'(*>|-]*$", re.IGNORECASE
)
_ENDING = re.compile(r"\s*[.!]?\s*(?:\n|$)")
_OPERATOR_BEFORE = re.compile(r"[+*/^<>≤≥×÷\\]\s?$|[\w)]\s[-=]\s?$|\d\s?$|\w\($")
_OPERATOR_BEHIND = re.compile(r"\s?[=+*/^<>≤≥×÷_]|\(\w|\s?-\s?\d")


def lettered(text: str, count: int) -> Iterator[tuple[int, int, int]]:
    """Yield where a flat text names an option by its letter, and which: start, end, option."""
    for match in _LONE.finditer(text):
        option = ord(match["letter"].casefold()) - ord("a")
        if option >= count:
            continue
        start, end = match.span()
        before, after = text[max(0, start - 40) : start], text[end : end + 20]
        bracketed = re.search(r"(?<!\w)[(\[]\s?$", before) and re.match(r"\s?[)\]]", after)
        if bracketed or _names(before, match["letter"], after):
            yield start, end, option


def _names(before: str, letter: str, after: str) -> bool:
    """Say whether a letter without brackets names an option, by what stands beside it."""
    if _OPERATOR_BEFORE.search(before) or _OPERATOR_BEHIND.match(after):
        return False
    word = letter in "aiAI"  # "a" and "I" are words too
    if re.match(r"\s?\)", after) and before.rfind("(") <= before.rfind(")"):
        return True
    stopped = _STOP.match(after) is not None
    if _NAMED.search(before):
        return stopped or not word or letter == "A"
    if (_LISTED.search(before) or _JOINED.search(before)) and (stopped or not word):
        return letter.isupper() or stopped
    if _STATED.search(before) and stopped:
        return letter != "I" or re.match(r"\s*[.)!\n]|\s*$", after) is not None
    if _BEGINNING.search(before):
        if _JOINED_BEHIND.match(after):
            return True
        if letter.isupper() and letter != "I" and _SUBJECT.match(after):
            return True
        if _MARK.match(after) and (before.strip(" \n(*\"'>|-") == "" or _ENDING.match(after) or before[-1:] in "\n "):
            return letter != "I" or _ENDING.match(after) is not None
    return False
