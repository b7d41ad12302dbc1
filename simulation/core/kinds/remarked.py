"""Keys with what whoever wrote the question says besides: how it is called, and what is told who is right."""

from simulation.core.kinds.accepted import Accepted
from simulation.core.kinds.reference import Reference


class Remarked(Reference, frozen=True, kw_only=True, tag="remarked", omit_defaults=True):
    """The gold answer, with remarks."""

    title: str = ""
    praise: str = ""
    """What is told who gives the right answer."""


class RemarkedAccepted(Accepted, frozen=True, kw_only=True, tag="remarked_accepted", omit_defaults=True):
    """Several right answers, with remarks."""

    title: str = ""
    praise: str = ""
    """What is told who gives a right answer."""
