"""The optimiser's loop that the makers of the shipped models share."""

import sys
import time
from collections.abc import Iterable
from typing import Any


def descend(model: Any, optimizer: Any, losses: Iterable[tuple[float, float, Any]]) -> None:
    """Take a clipped step on each (learning rate, share of the budget spent, loss); Any: torch is loaded only here.

    A loss is asked for once the step on the one before is taken. Standard error hears about every ten seconds.
    """
    import torch

    started = last_report = time.monotonic()
    for rate, spent, loss in losses:
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if spent and time.monotonic() - last_report > 10:
            last_report = time.monotonic()
            seconds_left = (last_report - started) * (1 - spent) / spent
            sys.stderr.write(f"{spent:6.1%}  loss {loss.item():.3f}  {seconds_left:,.0f} s left\n")
