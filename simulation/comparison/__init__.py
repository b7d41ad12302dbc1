"""Comparing scenarios over seeds: who takes part, playing them as cohorts, and what came out."""
