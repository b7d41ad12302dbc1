"""One turn of the loop over all students, each stage a file; and what seats it as Mesa's model."""
