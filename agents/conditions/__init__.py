"""Rules that check the conditions a text must meet, IFEval's and those of short lines, and its four levels."""
