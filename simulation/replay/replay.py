"""Plays a recorded study again without its model, and compares every turn with the record, byte for byte.

What the students, the trainer and a judge that rests on a model or runs programs said is taken from the record; the
environment, the policies, rule-based judges and the loop itself are run again. So a replay shows that the record is
what this code makes of these answers. It needs no torch.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from simulation.core.distinct import distinct
from simulation.core.errors import ReplayDiffers
from simulation.core.optional_roles import Executing
from simulation.core.types import Turn
from simulation.loop.turn import first_look, play_turn
from simulation.loop.world import World
from simulation.replay.recorded import (
    RecordedJudge,
    RecordedLearner,
    RecordedStudent,
    RecordedTrainer,
    RecordedTruth,
    Script,
)
from simulation.store import Study, canonical, chained, difference


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """A replay that went as recorded."""

    study: str
    turns: int
    students: int
    trace_hash: str
    finished: bool

    def __str__(self) -> str:
        """Say what was compared and how it came out."""
        extent = "" if self.finished else " so far"
        return (
            f"{self.study}: {self.turns} turns of {self.students} student(s){extent} replayed byte for byte; "
            f"trace hash {self.trace_hash}"
        )


def replay(study: Study, world: World | None = None) -> Replayed:
    """Replay a study; raises ReplayDiffers at the first turn, student and field that do not come out as recorded.

    `world` is one that was never played, with the study's seats, environment, policies and judges; whatever computes
    in it is replaced. Without it, the study's own scenario is assembled.
    """
    script = Script([seat.name for seat in study.seats])
    prepared = recast(assembled(study, script) if world is None else world, script)
    link = study.genesis
    finished, turns = study.status == "finished", 0
    for recorded in study.rounds():
        script.turn_to(recorded)
        number = recorded[0].turn
        played = play_turn(prepared, number) if number else first_look(prepared)
        compare(played, recorded)
        link = chained(link, played, study.adapter_hashes(number))
        turns += 1
    return Replayed(study=study.name, turns=turns, students=len(study.seats), trace_hash=link.hex(), finished=finished)


def assembled(study: Study, script: Script) -> World:
    """Build the world of the study's scenario before a recorded model."""
    from simulation.scenario.entries import prepared_scenarios
    from simulation.scenario.seating import seat_world

    return seat_world(prepared_scenarios(study.scenario, study.folder, study.seats), RecordedLearner(script))


def recast(world: World, script: Script) -> World:
    """Give every role that computes to one that reads the script."""
    trainers = distinct(student.settings.trainer for student in world.students)
    recorded_trainers = [RecordedTrainer(script) for _ in trainers]
    executes = isinstance(world.exact_judge, Executing) and world.exact_judge.executes
    exact = RecordedTruth(script) if executes else world.exact_judge
    students = tuple(
        replace(
            student,
            settings=replace(
                student.settings,
                trainer=recorded_trainers[trainers.index(student.settings.trainer)],
                judge=exact
                if student.settings.judge == world.exact_judge and not executes
                else RecordedJudge(script, student.seat.name),
                scorer=student.settings.scorer and RecordedJudge(script, student.seat.name, scorer=True),
            ),
            answerer=RecordedStudent(script, student.seat.name),
            sampler=None,
        )
        for student in world.students
    )
    return replace(world, students=students, model=RecordedLearner(script), exact_judge=exact)


def compare(played: Sequence[Turn], recorded: Sequence[Turn]) -> None:
    """Refuse the first turn whose canonical bytes are not the record's."""
    for ours, theirs in zip(played, recorded, strict=True):
        if canonical(ours) != canonical(theirs):
            raise ReplayDiffers(
                f"turn {theirs.turn}, {theirs.student!r}, {difference(ours, theirs)} (replayed is not recorded); "
                f"the environment, a policy or a judge no longer does what it did when the study was played"
            )
