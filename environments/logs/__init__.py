"""Reads published records of what users took, one after another, in the formats that they are published in."""
