"""Who evaluates answers."""
