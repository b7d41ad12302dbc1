"""The sums of a study that keeps none, made from its rows in memory: the study's folder is only read."""

from threading import Lock, Thread

from simulation.core.errors import SimulationError
from simulation.store import Study, StudySums
from simulation.store.kept_sums import KeptSums
from simulation.views.web.queries import opened


class SumsUnderWay(Exception):
    """The sums of a study are not made yet; the message says how far they are."""

    def __init__(self, study: str, made: int, turns: int) -> None:
        super().__init__(
            f"{study} was begun before studies kept their sums by category. They are added up from its rows now: "
            f"{made} of {turns} turns. This page comes by itself when it is done."
        )
        self.made, self.turns = made, turns


class MadeSums:
    """Sums that a thread of its own makes and that follow a study that goes on."""

    def __init__(self, study: Study) -> None:
        """Begin without a turn."""
        questions = {question.id: question for question in study.question_set("held_out")}
        self.sums = KeptSums.in_memory(study.folder, lambda: questions)
        self.turns_made = 0
        self._folder = study.folder
        self._thread: Thread | None = None
        self._error: SimulationError | None = None
        self._lock = Lock()

    def ready(self, study: Study, patience_seconds: float | None) -> bool:
        """Have all committed turns added, wait so long, and tell whether they are; raises what reading them raised."""
        with self._lock:
            if self.turns_made <= study.last_turn and (self._thread is None or not self._thread.is_alive()):
                self._error = None
                self._thread = Thread(target=self._make, daemon=True)
                self._thread.start()
            thread = self._thread
        if thread is not None:
            thread.join(patience_seconds)
            if thread.is_alive():
                return False
        if self._error is not None:
            raise self._error
        return True

    def _make(self) -> None:
        try:
            with opened(self._folder) as study:
                places = {seat.name: place for place, seat in enumerate(study.seats)}
                for sums in StudySums(study).since(self.turns_made):
                    self.sums.add(sums, places[sums.student])
                    if places[sums.student] == len(places) - 1:
                        self.turns_made = sums.turn + 1
        except SimulationError as error:
            self._error = error
