"""A simulated student in NumPy: item response theory says how it answers, a rule how it learns. No torch anywhere."""
