"""Which experiences are learned from: a policy a file."""
