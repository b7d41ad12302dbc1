"""The shipped weights: ordinary Hugging Face model folders, each with its model card."""
