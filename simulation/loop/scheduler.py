"""Seats every role as a Mesa agent and lets Mesa's steps be the turns; no other file imports mesa.

Mesa 3 has no schedulers: a model steps itself. `steps` is already raised when `step` runs, so it is the turn's number.
Nothing is collected here: the run store holds every turn.
"""

import multiprocessing
from typing import Any

from simulation.core.roles import Answerer, Environment, Judge, SelectionPolicy, Trainer
from simulation.core.types import Turn
from simulation.loop.turn import first_look, play_turn
from simulation.loop.world import Student, World

_start_method = multiprocessing.get_start_method(allow_none=True)
import mesa  # type: ignore[import-untyped]  # noqa: E402  # its batch runner sets the start method; put back below

multiprocessing.set_start_method(_start_method, force=True)

KEPT: dict[Any, Any] = vars(mesa.Agent).get("_ids", {})
"""The models that Mesa keeps (Any: Mesa has no types)."""


class Seated(mesa.Agent):  # type: ignore[misc]  # mesa has no types
    """A role with a place in the world; what it does stays in the plain object it holds."""

    def __init__(self, model: mesa.Model, name: str, role: Any) -> None:
        """Seat `role` (Any: every kind of role sits here)."""
        super().__init__(model)
        self.name = name
        self.role = role


class StudentAgent(Seated):
    """A student in its seat, with all it carries from turn to turn."""

    role: Answerer

    def __init__(self, model: mesa.Model, student: Student) -> None:
        super().__init__(model, student.seat.name, student.answerer)
        self.student = student


class JudgeAgent(Seated):
    """The teacher, or the exact judge where it is another."""

    role: Judge


class PolicyAgent(Seated):
    """A question policy or an experience policy."""

    role: SelectionPolicy[Any]


class TrainerAgent(Seated):
    """What changes the students."""

    role: Trainer


class EnvironmentAgent(Seated):
    """Where the questions come from."""

    role: Environment


class Classroom(mesa.Model):  # type: ignore[misc]  # mesa has no types
    """The world as a Mesa model: a step is a turn of all students."""

    def __init__(self, world: World) -> None:
        super().__init__(rng=world.students[0].seat.seed % 2**32)
        self.world = world
        self.last_turns: tuple[Turn, ...] = ()
        self._seat(world)

    def _seat(self, world: World) -> None:
        """Give every role one agent, however many students share it."""
        EnvironmentAgent(self, "environment", world.environment)
        JudgeAgent(self, "exact judge", world.exact_judge)
        seated: list[Any] = [world.exact_judge]
        for student in world.students:
            StudentAgent(self, student)
            settings = student.settings
            for kind, name, role in (
                (JudgeAgent, "teacher", settings.judge),
                (PolicyAgent, "question policy", settings.ask),
                (PolicyAgent, "experience policy", settings.learn),
                (TrainerAgent, "trainer", settings.trainer),
            ):
                if not any(role is other for other in seated):
                    seated.append(role)
                    kind(self, name, role)

    def play(self, number: int) -> tuple[Turn, ...]:
        """Play turn `number`, wherever the clock stood before, as a resumed study needs."""
        if number == 0:
            self._close(first_look(self.world))
        else:
            self.steps = number - 1
            self.step()
        return self.last_turns

    def step(self) -> None:
        """Play the turn whose number Mesa has just counted."""
        self._close(play_turn(self.world, self.steps))

    def _close(self, turns: tuple[Turn, ...]) -> None:
        self.last_turns = turns
        self.running = self.steps < self.world.turns

    def leave(self) -> None:
        """Let the world go: Mesa before 3.5, all that there is for Python 3.11, keeps every model with agents."""
        KEPT.pop(self, None)
