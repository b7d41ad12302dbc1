"""Who can learn: language models, models behind an API, simulated students."""
