"""What a record adds up to, as numbers: summaries, reliability, verdicts, power."""
