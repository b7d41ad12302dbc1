"""The processes of one run, as `torchrun` starts them: rank 0 plays the study and sends the others what they join in.

What trains meets in the default group, over NCCL or gloo. Jobs and judged samples go by a group of their own that
never loses patience: between two updates rank 0 asks and judges for as long as it takes.
"""

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import cache
from typing import Any, Protocol, TypeVar

import torch
import torch.distributed as dist

from simulation.core.ranks import RanksLost, rank, world_size

PATIENCE = timedelta(days=365)
Sent = TypeVar("Sent")
Returned = TypeVar("Returned")


class Work(Protocol):
    """What every rank does at once; it is pickled, and so holds no model."""

    def assist(self) -> None:
        """Take part in it at a rank above 0."""


@contextmanager
def together() -> Iterator[None]:
    """Lead the other processes while a study is played; they end when it does."""
    with connected():
        try:
            yield
        except RanksLost:
            raise  # nobody is there any more to be told
        except BaseException:
            with suppress(RanksLost):
                send(None)
            raise
        send(None)


def assist() -> None:
    """Do what rank 0 sends, until it ends; Ctrl-C, which every process hears, is its to answer."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with connected():
        while (work := shared(None)) is not None:
            work.assist()


@contextmanager
def connected() -> Iterator[None]:
    """Meet the other processes of the run, and leave them."""
    on_gpu = torch.cuda.is_available()
    if on_gpu:
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
    with meeting():
        dist.init_process_group("nccl" if on_gpu else "gloo")
        messages()
    try:
        yield
    finally:
        messages.cache_clear()
        dist.destroy_process_group()


@cache
def messages() -> Any:
    """Return the group by which objects are sent (Any: torch types it as a number or None)."""
    return dist.new_group(backend="gloo", timeout=PATIENCE)


def processes() -> dict[str, float]:
    """Return what an update reports of them; nothing where there is one."""
    return {"processes": float(world_size())} if world_size() > 1 else {}


def send(work: Work | None) -> None:
    """Have every other rank do this; None ends them."""
    shared(work)


def shared(work: Work | None) -> Work | None:
    """Return what rank 0 hands in, at every rank."""
    parcel = [work]
    with meeting():
        dist.broadcast_object_list(parcel, src=0, group=messages())
    return parcel[0]


def at_rank_0(sent: Sent, answer: Callable[[Sequence[Sent]], Sequence[Returned]]) -> Returned:
    """Have rank 0 answer what all ranks send, in the order of the ranks; each gets its own answer back."""
    if world_size() == 1:
        return answer([sent])[0]
    all_sent: list[Any] | None = [None] * world_size() if rank() == 0 else None
    with meeting():
        dist.gather_object(sent, all_sent, dst=0, group=messages())
    answers = None if all_sent is None else [*answer(all_sent)]
    own: list[Any] = [None]
    with meeting():
        dist.scatter_object_list(own, answers, src=0, group=messages())
    returned: Returned = own[0]
    return returned


def mean(value: torch.Tensor) -> torch.Tensor:
    """Return the mean of a number over all ranks."""
    total = value.clone()
    with meeting():
        dist.all_reduce(total)
    return total / world_size()


@contextmanager
def meeting() -> Iterator[None]:
    """Tell in one line that another process is gone; gloo and the store raise RuntimeErrors of their own."""
    try:
        yield
    except RuntimeError as error:
        what = (str(error).splitlines() or [""])[0]
        of_a_peer = isinstance(error, dist.DistError) or "onnection" in what or "gloo" in what.lower()
        if world_size() == 1 or not of_a_peer:
            raise
        raise RanksLost(
            f"process {rank()} of {world_size()} lost the others ({what[:160]}); no finished turn is lost; start as "
            "many again, with: -m simulation resume STUDY"
        ) from error
