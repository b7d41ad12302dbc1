"""What of a written reply is the answer."""

import re

_FENCED = re.compile(r"^[ \t]*```[ \t]*([\w+-]*)[^\n]*\n(.*?)(?:^[ \t]*```|\Z)", re.DOTALL | re.MULTILINE)


def program(text: str) -> str:
    """Return the first fenced block, of Python where one says so; the whole text where nothing is fenced."""
    blocks = _FENCED.findall(text)
    named = [code for language, code in blocks if language.lower() in ("python", "py", "python3")]
    found: list[str] = named or [code for _, code in blocks]
    return found[0] if found else text
