"""What a model wrote for itself before its answer."""

import re

_TAG = re.compile(
    r"<\s?(?P<close>/)?\s?(?:think|thinking|thought|thoughts|reasoning|reflection|scratchpad|analysis|seed:think)\s?>"
    r"|\[(?P<bracket>/)?THINK\]|◁(?P<triangle>/)?think▷|<\|(?P<word>begin|end)_of_thought\|>",
    re.IGNORECASE,
)
_CHANNEL = re.compile(r"<\|channel\|>\s?(\w+)[^<]{0,80}(?:<\|message\|>)?")
_CONTROL = re.compile(r"<\|(?:end|return|start|message|im_end|eot_id|endoftext|end_of_text)\|>(?:assistant)?|</s>")


def without_thoughts(text: str) -> tuple[str, int]:
    """Return a text without what its writer only thought, and how many characters that was.

    An opening mark that is never closed cuts to the end, and a closing one that was never opened cuts what stands
    before it, because the opening may have been part of the prompt.
    """
    answer = _without_channels(text) if "<|channel|>" in text else _without_bare_channels(text)
    if "<" in answer or "[" in answer or "◁" in answer:
        answer = _without_tags(answer)
    if len(answer) == len(text):
        return (_CONTROL.sub(" ", text) if "<|" in text or "</s>" in text else text), 0
    return _CONTROL.sub(" ", answer), len(text) - len(answer)


def behind_thoughts(text: str) -> tuple[str, int]:
    """Return a text without what its writer thought before it, and how many characters that was.

    Only marks at its beginning count, or one that closes what the prompt opened: a program may hold others.
    """
    body = text.lstrip()
    if body.startswith("<|channel|>"):
        return without_thoughts(text)
    if not _TAG.match(body) and "</think>" not in text:
        return text, 0
    closing = next((tag for tag in _TAG.finditer(text) if _closes(tag)), None)
    answer = "" if closing is None else text[closing.end() :]
    return answer, len(text) - len(answer)


def _closes(tag: re.Match[str]) -> bool:
    return bool(tag["close"] or tag["bracket"] or tag["triangle"] or tag["word"] == "end")


def _without_channels(text: str) -> str:
    """Return what stands in the last channel named "final", and what stands before the first channel."""
    channels = list(_CHANNEL.finditer(text))
    if not channels:
        return text
    ends = [*(channel.start() for channel in channels[1:]), len(text)]
    finals = [
        text[channel.end() : end] for channel, end in zip(channels, ends, strict=True) if channel[1].lower() == "final"
    ]
    return finals[-1] if finals else ""


def _without_bare_channels(text: str) -> str:
    """Return what stands behind "assistantfinal" in a text whose channel marks were lost."""
    if text.startswith("analysis") and "assistantfinal" in text:
        return text.rpartition("assistantfinal")[2]
    return text


def _without_tags(text: str) -> str:
    """Return what stands outside the marks of thinking."""
    pieces: list[str] = []
    start, thinking = 0, False
    for tag in _TAG.finditer(text):
        if _closes(tag):
            if not thinking:
                pieces.clear()
            thinking, start = False, tag.end()
        elif not thinking:
            pieces.append(text[start : tag.start()])
            thinking = True
    if not thinking:
        pieces.append(text[start:])
    return "".join(pieces)
