"""What the files of a model folder hold, read without any library that computes; nothing in them is run."""
