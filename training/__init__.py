"""How students change: losses, the cohort trainer, the TRL trainers, and the scripts that made the shipped models."""
