"""What made the shipped weights; no run imports it."""
