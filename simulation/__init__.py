"""Learning loops: a student answers, a judge evaluates, the student is trained, a policy decides."""

__version__ = "0.1.0"
