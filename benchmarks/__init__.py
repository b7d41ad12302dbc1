"""Measured claims: each script is run as `python -m benchmarks.<name>` from the project's root."""
