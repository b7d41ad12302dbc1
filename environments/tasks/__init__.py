"""The generated bank of programming tasks: skills, their bugs, and tasks as pure functions of an index."""
