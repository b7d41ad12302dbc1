"""Runs the command line: `python -m simulation`."""

import os
import sys

from simulation.cli import main

# Threads that wait spin, by default for so long that one other busy program makes a run half as fast again on two
# cores (measured); libgomp reads this when torch loads it, and whoever has set it keeps his own.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")

if __name__ == "__main__":
    sys.exit(main())
