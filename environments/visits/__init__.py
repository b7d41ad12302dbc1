"""Users of the embedded shop who visit again and again, and what each visit leaves in them."""
