"""One turn of the loop, over all students at once: ask, answer, judge, answer again, remember, learn, evaluate.

Read it from the bottom: `loop` is the loop; each stage is a file beside this one, and one batch over every student.
"""

from dataclasses import replace
from functools import partial

from simulation.core.errors import ModelError
from simulation.core.types import Turn
from simulation.loop.answering import practise
from simulation.loop.asking import Failures, ask, for_student
from simulation.loop.evaluating import evaluate
from simulation.loop.judging import judge_twice
from simulation.loop.learning import learn
from simulation.loop.results import experienced
from simulation.loop.trying_again import try_again
from simulation.loop.world import World, as_recorded


def first_look(world: World) -> tuple[Turn, ...]:
    """Play turn 0: evaluate before anything is asked."""
    failures: Failures = {}
    evaluations = evaluate(world, 0, failures)
    if len(failures) == len(world.students):
        raise next(iter(failures.values()))
    turns = tuple(
        Turn(
            turn=0,
            student=student.seat.name,
            evaluations=own_evaluations,
            model_version=world.model.version(student.seat.name),
            failure=as_recorded(0, failures[student.seat.name]) if student.seat.name in failures else "",
        )
        for student, own_evaluations in zip(world.students, evaluations, strict=True)
    )
    for student, turn in zip(world.students, turns, strict=True):
        student.close(turn)
    return turns


def play_turn(world: World, number: int) -> tuple[Turn, ...]:
    """Play one turn and return what happened, a `Turn` a student; a student that failed before plays no more."""
    playing = replace(world, students=tuple(student for student in world.students if not student.failure))
    failures: Failures = {}
    turns = {turn.student: turn for turn in loop(playing, number, failures)}
    if len(failures) == len(playing.students):
        raise next(iter(failures.values()), ModelError(f"every student failed: {world.students[0].failure}"))
    whole = tuple(
        turns[student.seat.name]
        if student.seat.name in turns
        else Turn(
            turn=number,
            student=student.seat.name,
            model_version=world.model.version(student.seat.name),
            failure=student.failure,
        )
        for student in world.students
    )
    for student, turn in zip(world.students, whole, strict=True):
        student.close(turn)
    return whole


def loop(world: World, number: int, failures: Failures) -> list[Turn]:
    """Ask, answer, judge, let try again, remember, learn and evaluate, each stage over all students at once."""
    picks = ask(world, number, failures)
    questions, answers = practise(world, picks, number, failures)
    feedback, truths = judge_twice(world, questions, answers, number, failures)
    for index, student in enumerate(world.students):
        if student.seat.name in failures:
            questions[index], answers[index], feedback[index], truths[index] = [], [], [], []
    experiences = experienced(number, questions, answers, feedback, truths)
    attempts = try_again(world, experiences, number, failures)
    transitions = [
        for_student(student, partial(student.advance, world.environment, number, row), failures) or ()
        for student, row in zip(world.students, experiences, strict=True)
    ]
    for student, row in zip(world.students, experiences, strict=True):
        student.memory.extend(row)
    learned = learn(world, number, failures)
    evaluations = evaluate(world, number, failures)
    return [
        Turn(
            turn=number,
            student=student.seat.name,
            candidates=tuple(question.id for question in picks[index].candidates),
            predictions=picks[index].predictions,
            committee=picks[index].committee,
            picks=picks[index].picks,
            experiences=experiences[index],
            transitions=transitions[index],
            lessons=learned[index][0],
            update=learned[index][1],
            evaluations=evaluations[index],
            model_version=world.model.version(student.seat.name),
            failure=as_recorded(number, failures[student.seat.name]) if student.seat.name in failures else "",
            attempts=attempts[index],
        )
        for index, student in enumerate(world.students)
    ]
