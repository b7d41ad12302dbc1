"""What a text says: the items it names, in its order."""

from collections.abc import Sequence


def named_items(text: str, items: Sequence[str]) -> tuple[str, ...]:
    """Return the items that a text names, each once: an item is a whole line, or stands between commas."""
    item_set = frozenset(items)
    names: dict[str, None] = {}
    for line in map(str.strip, text.splitlines()):
        pieces = [line] if line in item_set else map(str.strip, line.split(","))
        names |= dict.fromkeys(piece for piece in pieces if piece in item_set)
    return tuple(names)
