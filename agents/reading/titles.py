"""Which title a text names, as models write one: in quotes, or as its first line."""

import re

_QUOTED = re.compile(r'\s*"([^"\n]+)"')


def written_title(text: str) -> str:
    """Return what stands in quotes where a text begins with one, else its first line; "" where there is nothing."""
    quoted = _QUOTED.match(text)
    lines = [quoted.group(1)] if quoted else text.strip().splitlines()
    return lines[0].strip() if lines else ""
