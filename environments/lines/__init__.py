"""A generated bank of short lines under conditions, each made with lines that meet them."""
