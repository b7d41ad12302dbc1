"""The places of a text that say "this is my answer", in the usual wordings of several languages."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from agents.reading.folding import folded, without_latex, without_marks

MOST_STATEMENTS = 200
"""How many statements of one text are looked at, from its end."""
LONGEST_READ = 50_000
"""Characters of an answer that are read, from its end, where it concludes."""
LONGEST_SEGMENT = 300
"""Characters of a statement that are looked at."""
BOX, END = "\ue000", "\ue001"
"""Stand for the braces of \\boxed{…} in a text laid flat."""
_BOXED = re.compile(r"\\f?boxed\s?\{")
_CALCULATION = re.compile(r"<<[^<>\n]{0,120}>>")
"""How GSM8K notes what a calculator was asked."""
_BRACE = re.compile(r"\\[{}]|[{}]")
_DECORATION = r"[\s*_\"'>`:=()\[\]]{0,12}?"
_LINK = (
    r"(?:\s?[:=→]+|\s?->|\s-(?=\s)|\s{1,3}(?:is|are|was|be|equals?|becomes|(?:would|should|must|will|has\sto|have\sto)\s+be"
    r"|(?:comes|works|turns)\s+out\s+(?:to\s+be|to|as|at)|seems\s+to\s+be)(?!\w|'t))"
)
_MIDDLE = (
    r"(?:\s?\([^()\n]{0,40}\))?(?:,?\s+(?:to|for|of|in|here|thus|then|therefore|hence|i|we|that|choice|option|letter|you)"
    r"\b[^.!?:=\n]{0,80}?)?"
)
_ENGLISH = (
    r"(?<!\w)(?:(?:final\s+|correct\s+)?answers?|ans\.?|solution(?=\s+(?:is|was))|(?:final|end|the)\s+result"
    r"|(?:correct|right|best|final)\s+(?:option|choice|one|letter))"
    rf"{_MIDDLE}[\"'*_)]{{0,4}}{_LINK}"
)
_FOREIGN = (
    r"(?<!\w)(?:antwort|lösung|ergebnis|resultado|respuesta|réponse|reponse|résultat|risposta|resposta|antwoord"
    r"|odpowiedź|svaret|svar|cevap|vastaus|răspunsul|ответ|відповідь|الإجابة|الجواب|đáp án)"
    r"(?:\s+(?:correct[ae]?|finale?|corretta|correta|definitiva|correcto|الصحيحة|النهائية))?[\"'*_)]{0,4}"
    r"(?:\s?[:=—-]|\s{1,3}(?:ist|lautet|est|es|è|é|is|to|är|er|هي|هو|là|,)(?!\w))(?:\s+(?:donc|also|somit|also))?"
    r"|(?<!\w)(?:opción|opcion|opção|opzione|option|risposta|réponse|resposta)\s+(?:correct[aeo]?|corretta|correta|esatta"
    r"|bonne|juste)\s+(?:es|est|é|è)(?!\w)"
    r"|(?<!\w)उत्तर(?:\s*(?:है|:))?"
    r"|(?:答案|正解|答え|解答|回答|答|정답|답)(?:应该|应当)?(?:是|为|為|は|은|는|이|选|選|[:=→])"
    r"|(?:故选|因此选|所以选|应选|我选|故選|所以選|選択肢は|选择[:是])"
)
_CHOOSING = (
    r"(?<!\w)(?:i|we|i'd|i'll|i'm|let's)(?:\s+(?:would|will|'ll|'d|am|have|going|to|must|should|therefore|thus|then"
    r"|so|finally|rather)){0,4}\s+(?:choose|chose|pick|picked|select|selected|go(?:ing)?\s+(?:with|for)|opt\s+for"
    r"|vote\s+for|answer|say|settle\s+(?:on|for)|meant?)(?!\w)"
)
_BARE = (
    r"(?:(?<=\n)|^)[\s#*_>]{0,8}(?:the\s+)?(?:final\s+|correct\s+)?answer"
    r"(?:\s+(?=[-+$€£]?\.?\d|\(?[a-z]\b[.)]?\s*(?:\n|$|because))|[*_:\s]{0,4}\n)"
)
_EXCEPT = (
    r"(?<!\w)(?:all|everything|every\s+\w+|any)\b[^.;\n]{0,30}?\b(?:except(?:\s+for)?|but|other\s+than)"
    r"(?=\s[^.;\n]{1,40}?\s(?:are|is|can)\s+(?:all\s+)?(?:wrong|incorrect|false|not|out|be)(?!\w))"
)
_MARKER = re.compile(
    rf"(?P<english>{_ENGLISH})|(?P<foreign>{_FOREIGN})|(?P<choosing>{_CHOOSING})|(?P<bare>{_BARE})"
    rf"|(?P<hash>####)(?=[^\n#])|(?P<tag><(?:answer|final_answer|final)>)|(?P<box>{BOX})|(?P<exception>{_EXCEPT})",
    re.IGNORECASE,
)
_BACKWARD = re.compile(
    r"\s(?:is|are|was|must\s+be|should\s+be|would\s+be)\s+(?:(?:therefore|thus|clearly|indeed|then|hence)\s+)?"
    r"(?:(?:the|my|our)\s+(?:only\s+)?(?:final\s+|correct\s+|right\s+|best\s+)?(?:answers?|options?|choices?|solution)\b"
    r"|(?:the\s+)?(?:correct|right)(?!\s+(?:that|if|to|answer\s+(?:is|:)|option\s+is))\b)",
    re.IGNORECASE,
)
_RIGHT = r"(?:richtig|korrekt|correct[aeo]?|juste|corretta|correta|esatta|juist|goed)"
_BACKWARD_FOREIGN = re.compile(
    rf"(?<!\w)(?:ist|es|est|è|é|is)\s+(?P<inner>\(?[a-z]\)?)\s+{_RIGHT}(?!\w)"
    rf"|(?<!\w)(?P<outer>\(?[a-z]\)?)\s+(?:ist|es|est|è|é|is)\s+(?:la\s+|die\s+|le\s+)?{_RIGHT}(?!\w)",
    re.IGNORECASE,
)
_SKIPPED = re.compile(
    r"(?:[\s*_\"`:=#,]+|(?<=\n)>+|(?:as\s+follows|the\s+following|given\s+by|below|simply|just|therefore|thus|then|exactly|clearly"
    r"|(?:la\s+)?opción|the\s+option|option(?=\s*:)|(?:la|el|le|il|die|der)(?=\s+\(?[a-z]\b))(?!\w)){0,6}",
    re.IGNORECASE,
)
SENTENCE_END = re.compile(
    r"\n|[!?。;।](?=\W|$)|(?<!\brs)(?<!\bapprox)(?<!\bca)(?<!\bi\.e)(?<!\be\.g)(?<!\bno)\.(?=[\s*\"')\]]|$)",
    re.IGNORECASE,
)
_DENIED_BEFORE = re.compile(
    r"(?:(?:\bnot|n't)\s+(?:think|believe|say|mean|sure|certain|know|clear)\b[^.!?\n,;]*"
    r"|\b(?:if|whether|wrong|incorrect|common|tempting|student's|possible|previous|another|other|example)\s+(?:the\s+)?)$",
    re.IGNORECASE,
)
_BREAK = re.compile(
    r"[;:]|,\s|\([^()\n]{3,80}\)\s|(?<!\w)(?:so|therefore|thus|hence|but|that|because|then)(?!\w)", re.IGNORECASE
)
TAKEN_BACK = re.compile(
    r"(?<!\w)(?:wait|oops|sorry|scratch\s+that|correction|actually|i\s+meant|mistake|mistaken|take\s+that\s+back|hmm"
    r"|on\s+second\s+thought|correcting|no,|(?:that's|that\s+is|that\s+was|was|is|i'm|i\s+was)\s+(?:wrong|not\s+right|incorrect)"
    r"|mis-?added|mis-?read|mis-?calculated|miscounted|revised?|my\s+bad|let\s+me\s+(?:correct|fix|redo))(?!\w)",
    re.IGNORECASE,
)

WITHDRAWN = re.compile(
    r"(?<!\w)(?:scratch\s+that|take\s+that\s+back|(?:that's|that\s+is|that\s+was|this\s+is)\s+(?:wrong|not\s+right|incorrect)"
    r"|i\s+was\s+wrong|was\s+a\s+mistake|my\s+mistake|(?:actually|wait|oh|hmm)[,.\s]+no|no[,.\s]+wait)(?!\w)",
    re.IGNORECASE,
)
UNDECIDED = re.compile(
    r"(?<!\w)(?:torn|undecided|leave\s+(?:it|this|that)(?:\s+one)?\s+(?:blank|open)|can't\s+decide|cannot\s+decide"
    r"|can't\s+(?:choose|pick)|cannot\s+(?:choose|pick)|no\s+idea|toss\s+(?:up|a\s+coin)|toss-up)(?!\w)",
    re.IGNORECASE,
)
HEDGED = re.compile(
    r"(?<!\w)(?:could|might|maybe|perhaps|possibly|either|probably\s+not|can't\s+decide|cannot\s+decide|not\s+sure"
    r"|unsure|no\s+idea|don't\s+know|do\s+not\s+know|unable|cannot\s+be|can't\s+be\s+determined|hard\s+to\s+say|guess(?:ing)?"
    r"\s+between|or\s+maybe)(?!\w)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Statement:
    """A place that states the answer, and what it says there."""

    start: int
    end: int
    how: str
    segment: str


def flat(text: str) -> str:
    """Return a text in one spelling, without marks of Markdown and simple LaTeX; boxes become single characters."""
    text = folded(text)
    if "<<" in text:
        text = _CALCULATION.sub("", text)
    if "boxed" in text:
        text = _boxes(text)
    return without_marks(without_latex(text))


def _boxes(text: str) -> str:
    """Put `BOX` and `END` for the braces of each box; one that is never closed ends with its line."""
    pieces: list[str] = []
    position = 0
    for opening in _BOXED.finditer(text):
        if opening.start() < position:
            continue
        depth, end, after = 1, -1, -1
        for brace in _BRACE.finditer(text, opening.end(), opening.end() + 2000):
            depth += {"{": 1, "}": -1}.get(brace[0], 0)
            if not depth:
                end, after = brace.span()
                break
        if end < 0:
            line = text.find("\n", opening.end())
            end = after = len(text) if line < 0 else line
        pieces += [text[position : opening.start()], BOX, text[opening.end() : end], END]
        position = after
    return "".join([*pieces, text[position:]])


def statements(text: str) -> list[Statement]:
    """Return the statements of a flat text in their order, without those denied, supposed or asked."""
    stated = [statement for match in _MARKER.finditer(text) if (statement := _forward(text, match)) is not None][
        -MOST_STATEMENTS:
    ]
    backward = [statement for match in _BACKWARD.finditer(text) if (statement := _backward(text, match)) is not None]
    foreign = [
        Statement(match.start(), match.end(), "before 'right'", match["inner"] or match["outer"])
        for match in _BACKWARD_FOREIGN.finditer(text)
    ]
    every_statement = [*stated, *backward[-MOST_STATEMENTS:], *foreign[-MOST_STATEMENTS:]]
    return sorted(every_statement, key=lambda statement: statement.start)


def _forward(text: str, match: re.Match[str]) -> Statement | None:
    """Return what stands behind a marker."""
    kind = match.lastgroup or ""
    if kind in ("english", "foreign", "choosing") and _DENIED_BEFORE.search(
        text[max(0, match.start() - 60) : match.start()]
    ):
        return None
    start = match.end()
    if kind in ("box", "tag"):
        closing = text.find(END if kind == "box" else "<", start)
        end = closing if 0 <= closing <= start + 2000 else min(len(text), start + LONGEST_SEGMENT)
        return Statement(match.start(), end, "boxed" if kind == "box" else "in an answer tag", text[start:end].strip())
    start = _SKIPPED.match(text, start, start + LONGEST_SEGMENT).end()  # type: ignore[union-attr]  # may be empty
    if text[start : start + 1] == BOX:
        return None
    sentence_end, end, mark = _ends(text, start)
    segment = text[start:end].replace(BOX, " ").replace(END, " ").strip()
    if not segment or mark == "?":
        return None
    return Statement(match.start(), sentence_end, _worded(kind, match[0]), segment)


def _worded(kind: str, marker: str) -> str:
    """Say in plain words what marks a statement."""
    if kind == "hash":
        return "after '####'"
    words = " ".join(marker.casefold().split()).strip("\"'*_#> ")
    return f"after '{words[:40]}'"


def _ends(text: str, start: int) -> tuple[int, int, str]:
    """Return where the sentence that begins at `start` ends, where its segment does, as "B." goes on, and its mark."""
    limit = min(len(text), start + LONGEST_SEGMENT)
    end = SENTENCE_END.search(text, start, limit)
    if end is None:
        return limit, limit, ""
    if end[0] == "." and len(text[start : end.start()].strip(" (*[")) == 1 and not text[start].isdigit():
        later = SENTENCE_END.search(text, end.end(), limit)
        return end.start(), later.start() if later else limit, end[0]
    return end.start(), end.start(), end[0]


def _backward(text: str, match: re.Match[str]) -> Statement | None:
    """Return what stands before "is the answer", in the same clause."""
    before = text[max(0, match.start() - 120) : match.start()]
    ends = [*SENTENCE_END.finditer(before), *_BREAK.finditer(before)]
    segment = before[max((end.end() for end in ends), default=0) :].replace(BOX, " ").replace(END, " ").strip(" *\"'")
    if not segment:
        return None
    return Statement(match.start() - len(segment), match.end(), f"before '{match[0].strip().casefold()}'", segment)


def sentences(text: str) -> Iterator[tuple[str, str]]:
    """Yield the sentences of a flat text from its last, each with the mark that ends it; at most twelve."""
    tail = text[-4000:].replace(BOX, " ").replace(END, " ")
    pieces: list[tuple[str, str]] = []
    start = 0
    for end in SENTENCE_END.finditer(tail):
        if len(tail[start : end.start()].strip(" (*[")) > 1 or end[0] == "\n":
            pieces.append((tail[start : end.start()].strip(), end[0]))
            start = end.end()
    pieces.append((tail[start:].strip(), ""))
    yield from [piece for piece in reversed(pieces) if piece[0].strip("\"'*_ |-)(")][:12]
