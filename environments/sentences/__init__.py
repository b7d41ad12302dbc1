"""A generated bank of short sentences on everyday topics under two conditions, asked for in ordinary words."""
