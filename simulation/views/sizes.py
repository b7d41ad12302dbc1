"""Sizes of files in words."""

UNITS = ("B", "kB", "MB", "GB", "TB")


def readable_size(count: int) -> str:
    """Return bytes such as "12 B", "3.4 MB" or "12 GB", in steps of a thousand."""
    value, unit = float(count), 0
    while value >= 999.5 and unit + 1 < len(UNITS):
        value, unit = value / 1000, unit + 1
    return f"{value:.1f} {UNITS[unit]}" if unit and value < 9.95 else f"{value:.0f} {UNITS[unit]}"
