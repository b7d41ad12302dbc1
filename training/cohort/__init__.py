"""Training every slot of a cohort at once: losses, optimiser and the one loop they share."""
