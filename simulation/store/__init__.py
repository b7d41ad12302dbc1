"""The run store: one folder a study, one SQLite transaction a turn, adapters as files named by their hash."""

from simulation.store.adapters import Keep, sync_folder, write_durably
from simulation.store.canonical import canonical, difference
from simulation.store.chain import chained
from simulation.store.edited import differences, edit, refuse_edited
from simulation.store.founding import SCENARIO, new_folder, study_folders
from simulation.store.schema import DATABASE
from simulation.store.study import Study
from simulation.store.sums import StudySums

__all__ = [
    "DATABASE",
    "SCENARIO",
    "Keep",
    "Study",
    "StudySums",
    "canonical",
    "chained",
    "difference",
    "differences",
    "edit",
    "new_folder",
    "refuse_edited",
    "study_folders",
    "sync_folder",
    "write_durably",
]
