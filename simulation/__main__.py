"""Runs the command line: `python -m simulation`."""

import gc
import os
import sys

from simulation.commands.main import program

# Threads that wait spin, by default for so long that one other busy program makes a run half as fast again on two
# cores (measured); libgomp reads this when torch loads it, and whoever has set it keeps his own.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")

# A turn of a class makes a hundred thousand small objects, hardly any of them in a cycle; looking for cycles at every
# 700 of them took a third of the time of simulated students (measured), and this takes no more memory that matters.
gc.set_threshold(50_000, 20, 50)

# Called with -P, as `.venv/bin/simulation` and the workers of a comparison are, modules of the user's own are found in
# his folder last, so that none of them stands in for one of ours or of a library.
if sys.flags.safe_path:
    sys.path.append("")

# Under torchrun every process would repeat on stderr what torch's C++ parts have to remark of each update.
if "RANK" in os.environ:
    os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")

if __name__ == "__main__":
    sys.exit(program())
