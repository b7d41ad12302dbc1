"""What to ask, and what to learn from: one policy a file."""
