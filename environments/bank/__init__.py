"""The generated bank of word problems: skills, their misconceptions, and items as pure functions of an index."""
