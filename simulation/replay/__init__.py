"""Plays a record again without a model."""
