"""What a study's turns add up to, kept between pages: of a study that goes on, only the new turns are read."""

from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from simulation.core.types import Question
from simulation.measures.summary import Course
from simulation.store import Study, StudySums
from simulation.store.turn_sums import QuestionSheets

KEPT = 16
"""Studies whose sums stay in memory."""


@dataclass(slots=True)
class Summary:
    """The courses of a study's students up to a turn."""

    genesis: bytes
    last_turn: int
    courses: dict[str, Course]
    sheets: QuestionSheets
    questions: dict[str, Question]


class Summaries:
    """The sums of the studies that were looked at last."""

    def __init__(self) -> None:
        self._summaries: OrderedDict[Path, Summary] = OrderedDict()
        self._lock = Lock()

    def courses(self, study: Study) -> list[Course]:
        """Return the course of every student by the truth, all committed turns in it."""
        with self._lock:
            summary = self._summaries.pop(study.folder, None)
            if summary is None or summary.genesis != study.genesis or summary.last_turn > study.last_turn:
                summary = begun(study)
            for sums in StudySums(study).since(summary.last_turn + 1):
                summary.courses[sums.student].take(sums, summary.sheets)
                summary.last_turn = sums.turn
            self._summaries[study.folder] = summary
            if len(self._summaries) > KEPT:
                self._summaries.popitem(last=False)
            return list(summary.courses.values())


def begun(study: Study) -> Summary:
    """Return the summary of no turn."""
    questions = {question.id: question for question in study.question_set("held_out")}
    truth = study.measures[0]
    return Summary(
        genesis=study.genesis,
        last_turn=-1,
        courses={seat.name: Course(seat.name, truth, truth) for seat in study.seats},
        sheets=QuestionSheets(questions),
        questions=questions,
    )
