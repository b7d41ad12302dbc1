"""Data sets on the Hub: where it cannot be reached, its library looks into its cache at once and waits for nobody.

The library itself asks for every file five times over, half a minute for each name.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit
from urllib.request import getproxies

from simulation.core.patience import answered_within

PATIENCE_SECONDS = 4.0


@contextmanager
def at_once() -> Iterator[str]:
    """Yield why the Hub cannot be reached, or nothing where it can; meanwhile its library asks only where it can."""
    from huggingface_hub import constants

    reason = "" if constants.HF_HUB_OFFLINE else unreachable(constants.ENDPOINT)
    before = constants.HF_HUB_OFFLINE
    constants.HF_HUB_OFFLINE = before or bool(reason)
    try:
        yield reason
    finally:
        constants.HF_HUB_OFFLINE = before


def unreachable(address: str) -> str:
    """Say why nobody answers at an address, or nothing; behind a proxy it is not asked."""
    if getproxies():
        return ""
    reason = answered_within(PATIENCE_SECONDS, lambda: _refusal(address))
    return f"{address} does not answer within {PATIENCE_SECONDS:g} s" if reason is None else reason


def _refusal(address: str) -> str:
    parts = urlsplit(address)
    try:
        port = parts.port or (80 if parts.scheme == "http" else 443)
        socket.create_connection((parts.hostname or "", port), timeout=PATIENCE_SECONDS).close()
    except OSError as error:
        return f"{address} cannot be reached ({error.strerror or error})"
    return ""
