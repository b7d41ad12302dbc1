"""What a text says: the option it takes, the program it is."""
