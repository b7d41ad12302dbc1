"""Other libraries behind the trainer role."""
