"""From a scenario file to a world that is ready to play."""
