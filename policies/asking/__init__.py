"""Which questions are asked: a policy a file."""
