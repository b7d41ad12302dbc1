"""Tiny checkpoints of model families that people use, as folders on disk."""
