"""The table of the studies that there are."""

from collections.abc import Sequence

from rich.table import Table

from simulation.play.shelf import Shelved
from simulation.views.sizes import readable_size
from simulation.views.tables import empty_table
from simulation.views.text import clipped, shown

LONGEST_STATUS = 60


def studies_table(entries: Sequence[Shelved]) -> Table:
    """Return a row a study or comparison: its name, status, size, turns and students."""
    table = empty_table("studies and comparisons", ["name", "status", "size", "turns", "students", "kind"], 2, None)
    for entry in entries:
        turns = f"{max(0, entry.turn)}/{entry.turns}" if entry.turns else ""
        status = clipped(shown(entry.status), LONGEST_STATUS)
        table.add_row(shown(entry.name), status, readable_size(entry.bytes), turns, str(entry.students), entry.kind)
    return table
