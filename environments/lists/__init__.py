"""Questions whose answer is a list of items: how items are written, and what is asked of a window."""
