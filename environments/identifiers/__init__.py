"""Semantic identifiers of items: features, residual codes, repair of collisions, and a report on any assignment."""
