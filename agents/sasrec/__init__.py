"""Self-attention over the items of a history: the learned baseline of every study of recommendation."""
