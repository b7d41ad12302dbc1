"""What runs in a lane: standard library only, imported by path, so that nothing of the project is near a candidate."""
