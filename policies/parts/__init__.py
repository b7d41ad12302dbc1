"""What policies have in common."""
