"""One spelling for the many of a text: digits, signs and spaces of every script, simple LaTeX, and no Markdown."""

import re
import unicodedata
from functools import lru_cache

_SPELLINGS = str.maketrans({
    **dict.fromkeys("−–‒﹣－‐‑➖˗־", "-"),
    **dict.fromkeys("―⸺", "—"),
    "∓": "±",
    **dict.fromkeys("’‘ʼ´`", "'"),
    **dict.fromkeys("\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad\ufe0f\u20e3", ""),
    **dict.fromkeys("\u2028\u2029\x85\r", "\n"),
    **dict.fromkeys("⋅∙•", "·"),
    **dict.fromkeys("✕✖⨯", "×"),
    **dict.fromkeys("“”„«»", '"'),
    "⁄": "/", "∕": "/", "٫": ".", "٬": ",", "٪": "%", "。": "。",
    "㎟": "mm^2", "㎠": "cm^2", "㎡": "m^2", "㎢": "km^2", "㎣": "mm^3", "㎤": "cm^3", "㎥": "m^3", "㎦": "km^3",
})  # fmt: skip
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺₀₁₂₃₄₅₆₇₈₉", "0123456789-+0123456789")
_BUILT_FRACTION = re.compile("(?<![⁰¹²³⁴⁵⁶⁷⁸⁹])([⁰¹²³⁴⁵⁶⁷⁸⁹]{1,20})[⁄/∕]([₀-₉]{1,20})")
_SUPERSCRIPT = re.compile("[⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]++")
_SUBSCRIPT = re.compile("[₀-₉]++")
_VULGAR = re.compile("(?<=\\d)[¼½¾⅐-⅟↉]|[¼½¾⅐-⅟↉]")
_FOREIGN_DIGIT = re.compile(r"(?![0-9])\d")
_LONG_DASH = re.compile(r"(?:(?<=[\s*_$(\[{=])|^)—(?=[\d.$€£])", re.MULTILINE)

_NUMBER = r"-?\d[\d.,]{0,40}"
_ESCAPED = {
    r"\$": "$", r"\%": "%", r"\!": "", r"\,": " ", r"\;": " ", r"\:": " ", r"\ ": " ", r"\#": "#", r"\&": "&",
    r"\(": " ", r"\)": " ", r"\[": " ", r"\]": " ", r"\_": "_", r"\{": "{", r"\}": "}", r"\\": "\n",
}  # fmt: skip
_COMMANDS = {
    "cdot": "·", "times": "×", "ast": "*", "div": "÷", "approx": "≈", "pm": "±", "left": "", "right": "",
    "displaystyle": "", "quad": " ", "qquad": " ", "circ": "°", "degree": "°", "le": "≤", "leq": "≤", "ge": "≥",
    "geq": "≥", "neq": "≠", "ne": "≠", "lt": "<", "gt": ">", "ldots": "...", "dots": "...", "to": "→",
    "rightarrow": "→", "Rightarrow": "→", "implies": "→", "therefore": "therefore ", "euro": "€", "pounds": "£",
    "dollar": "$", "percent": "%", "Large": "", "large": "", "bf": "", "rm": "", "big": "", "Big": "",
}  # fmt: skip
_ESCAPE = re.compile(r"\\[$%!,;: #&()\[\]_{}\\]")
_COMMAND = re.compile(r"\\(" + "|".join(sorted(_COMMANDS, key=len, reverse=True)) + r")(?![A-Za-z])[ ]?")
_DEGREES = re.compile(r"\^\s?\{?\s?(?:\\circ|\\degree)(?![A-Za-z])\s?\}?")
_DIGIT_RAISED = re.compile(r"\^\{(\d)\}")
_WORDS = re.compile(
    r"\\(?:text|textbf|textit|textrm|mathrm|mathbf|mathit|mathsf|mbox|operatorname)\s?\{([^{}\\]{0,200})\}"
)
_FRACTION = re.compile(
    rf"(?:(?P<whole>\d)\s?)?\\[dtc]?frac\s?(?:\{{\s?(?P<a>{_NUMBER})\s?\}}\s?\{{\s?(?P<b>\d[\d.,]{{0,40}})\s?\}}"
    r"|\{?\s?(?P<c>\d)\s?\}?\s?\{?\s?(?P<d>\d)\s?\}?)"
)
_MATHEMATICS = re.compile(r"\$(?=[^\s$])([^$\n]{1,300})(?<=\S)\$(?!\d)")
_STARS = re.compile(r"(?<![\w)\s*])\*{1,3}(?=\S)|(?:(?<=\s)|^)\*{1,3}(?=[^\s*])|(?<=[^\s*])\*{1,3}(?![\w(*+-])")
_UNDERLINES = re.compile(r"(?<![\w])__?(?=[^\s_])|(?<=[^\s_])__?(?!\w)")


@lru_cache(maxsize=1 << 10)
def folded(text: str) -> str:
    """Return a text in one spelling of digits, signs, spaces and quotes; a superscript becomes a power, no digit."""
    if text.isascii():
        return text.replace("\r", "\n").replace("`", "'")
    text = _BUILT_FRACTION.sub(lambda match: f" {match[1].translate(_RAISED)}/{match[2].translate(_RAISED)} ", text)
    text = _SUPERSCRIPT.sub(lambda match: "^" + match[0].translate(_RAISED), text)
    text = _SUBSCRIPT.sub(lambda match: "_" + match[0].translate(_RAISED), text)
    text = _VULGAR.sub(_vulgar, text)
    text = unicodedata.normalize("NFKC", text.translate(_SPELLINGS)).translate(_SPELLINGS)
    text = _FOREIGN_DIGIT.sub(lambda match: str(unicodedata.decimal(match[0])), text)
    return _LONG_DASH.sub("-", text).replace("—", " , ")


def _vulgar(match: re.Match[str]) -> str:
    """Write a sign such as "½" as "1/2", apart from a whole number before it."""
    before = match.string[match.start() - 1] if match.start() else ""
    return (" " if before.isdecimal() else "") + unicodedata.normalize("NFKC", match[0]).replace("⁄", "/")


def without_latex(text: str) -> str:
    """Return a folded text with simple LaTeX written plainly; commands that say more stay as they are."""
    if "{,}" in text:
        text = text.replace("{,}", ",")
    if "\\" in text:
        text = _DEGREES.sub("°", text.replace(r"\\", "\n"))
        text = _DIGIT_RAISED.sub(r"^\1", text)
        text = _ESCAPE.sub(lambda match: _ESCAPED[match[0]], text)
        text = _WORDS.sub(lambda match: match[1], text)
        text = _COMMAND.sub(lambda match: _COMMANDS[match[1]], text)
        text = _FRACTION.sub(_fraction, text)
    if "$" in text:
        text = _MATHEMATICS.sub(r"\1", text.replace("$$", " "))
    return text


def _fraction(match: re.Match[str]) -> str:
    """Write a fraction as "3/4", apart from a whole number before it."""
    above, below = match["a"] or match["c"], match["b"] or match["d"]
    return f"{match['whole']} {above}/{below}" if match["whole"] else f"{above}/{below}"


def without_marks(text: str) -> str:
    """Return a folded text without the marks of Markdown around words and numbers."""
    if "*" in text:
        text = _STARS.sub("", text)
    if "_" in text:
        text = _UNDERLINES.sub("", text)
    return text
