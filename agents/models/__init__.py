"""What computes for students and teachers: causal and seq2seq language models, their adapters and their text."""
