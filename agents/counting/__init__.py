"""Recommenders that count what was taken after what: the baselines of every study of recommendation. No torch here."""
