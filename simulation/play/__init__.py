"""Plays studies and comparisons: begun, gone on with, in this process or in several."""
