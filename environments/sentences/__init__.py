"""A generated bank of sentences on everyday topics under two conditions, asked for in ordinary words."""
