"""Whether a text says of something that it is not the answer."""

import re

_BEFORE = re.compile(
    r"(?:(?<!\w)(?:not|never|neither|nor|rather\s+than|instead\s+of|rules?\s+out|ruled\s+out|eliminated?|eliminates"
    r"|excluded?|excludes|cannot)|n't)(?!\w)"
    r"(?:(?!(?<!\w)(?:is|are|was|were|but|so|because|gives?|leaves|must|it|that|therefore|thus|hence|only)(?!\w)|'s)[^.;:!?\n])*$"
    r"|(?:(?<!\w)not|n't)\s+(?:think|believe|say|mean)(?!\w)[^.;:!?,\n]*$",
    re.IGNORECASE,
)
_BEHIND = re.compile(
    r"[)\]\"'*]*(?:\s?(?:,|and|or|&)\s*(?:(?:and|or)\s+)?\(?[\w-]{1,20}\)?){0,6}\s+(?:(?:is|are|was|were|would\s+be|seems?|looks)"
    r"\s+(?:all\s+|both\s+|clearly\s+|also\s+|therefore\s+|definitely\s+)*(?:not|wrong|incorrect|false|out|too|impossible"
    r"|eliminated|excluded|ruled\s+out|a\s+mistake|unlikely)(?!\w)|(?:isn't|aren't|wasn't|can't\s+be|cannot\s+be)(?!\w))"
    r"|[)\]\"'*]*\s?,?\s?but\s+(?:that|this|it)\s+(?:is|was)\s+(?:wrong|incorrect|not)(?!\w)|[)\]\"'*.:]*\s*[-:?]\s?no(?!\w)"
    r"|[)\]\"'*]*\.\s+(?:it|that|this)\s+(?:isn't|is\s+not|is\s+wrong)(?!\w)",
    re.IGNORECASE,
)
_ASKED_BEFORE = re.compile(r"(?:^|[.!?\n]\s?)\s*(?:is|are|was|were|could|would|can|does|do)\s[^.!?\n]*$", re.IGNORECASE)
_ASKED_BEHIND = re.compile(r"[^.!?\n]{0,60}\?")


def is_denied(text: str, start: int, end: int) -> bool:
    """Say whether a text denies what stands from `start` to `end`, or only asks about it."""
    before, after = text[max(0, start - 80) : start], text[end : end + 80]
    if _BEFORE.search(before) is not None or _BEHIND.match(after) is not None:
        return True
    return _ASKED_BEHIND.match(after) is not None and _ASKED_BEFORE.search(before) is not None
