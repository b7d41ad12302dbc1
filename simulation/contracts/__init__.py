"""What whatever plays must hold to: cheap guards around every call in the turn, and each role's whole contract."""
