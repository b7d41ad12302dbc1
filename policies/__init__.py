"""What to ask, and what to learn from: one policy a file, and both orders of difficulty in one."""
