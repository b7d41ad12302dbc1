"""One turn of the loop, over all students at once: ask, answer, judge, remember, learn, evaluate.

Read it from the bottom: `play_turn` is the loop; each stage above it is one batch over every desk.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from simulation.core.roles import (
    Context,
    Judge,
    LanguageModel,
    SelfTaught,
)
from simulation.core.seeding import draw_seed
from simulation.core.types import (
    Answer,
    Completion,
    Evaluation,
    Experience,
    Feedback,
    Question,
    Request,
    Result,
    Selection,
    Turn,
    Update,
)
from simulation.core.world import Desk, Plan, World

__all__ = ["Desk", "Plan", "World", "first_look", "play_turn"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a policy saw and what it picked."""

    candidates: tuple[Question, ...]
    predictions: tuple[tuple[float, ...], ...]
    picks: tuple[Selection[Question], ...]


def complete(model: LanguageModel, requests: Sequence[Request]) -> list[Completion]:
    """Answer requests that score and requests that generate, each kind in one batch, in the order given."""
    scored = [index for index, request in enumerate(requests) if request.continuations]
    written = [index for index, request in enumerate(requests) if not request.continuations]
    found: dict[int, Completion] = {}
    if scored:
        logprobs = model.score([requests[index] for index in scored])
        for index, row in zip(scored, logprobs, strict=True):
            found[index] = Completion(continuation_logprobs=row)
    if written:
        found.update(zip(written, model.generate([requests[index] for index in written]), strict=True))
    return [found[index] for index in range(len(requests))]


def seen(desk: Desk, questions: Sequence[Question]) -> Sequence[Question]:
    """Return the questions as the desk's student may see them: as they are only where it is simulated."""
    return questions if desk.answerer.simulated else [question.shown() for question in questions]


def answer(world: World, asked: Sequence[Sequence[Question]], turn: int, purpose: str) -> list[list[Answer]]:
    """Let every student answer its questions, in one batch over all students."""
    shown = [seen(desk, questions) for desk, questions in zip(world.desks, asked, strict=True)]
    requests = [
        desk.answerer.requests(questions, generator=desk.stream(turn, purpose))
        for desk, questions in zip(world.desks, shown, strict=True)
    ]
    completions = iter(complete(world.model, [request for row in requests for request in row]))
    return [
        desk.answerer.read(
            questions, [next(completions) for _ in row], model_version=world.model.version(desk.seat.name)
        )
        for desk, questions, row in zip(world.desks, shown, requests, strict=True)
    ]


def judge(
    world: World, judge: Judge, asked: Sequence[Sequence[Question]], answers: Sequence[Sequence[Answer]], turn: int
) -> list[list[Feedback]]:
    """Have every answer of every student evaluated, in one call."""
    seeds = [
        draw_seed(stream)
        for desk, row in zip(world.desks, answers, strict=True)
        for stream in [desk.stream(turn, "judge")]
        for _ in row
    ]
    feedback = iter(
        judge.judge(
            [question for row in asked for question in row], [answer for row in answers for answer in row], seeds=seeds
        )
    )
    return [[next(feedback) for _ in row] for row in answers]


def context(world: World, desk: Desk, turn: int, purpose: str, predictions: Mapping[str, tuple[float, ...]]) -> Context:
    """Return what a policy of this desk may look at."""
    return Context(
        turn=turn,
        memory=desk.memory,
        since=desk.since,
        evaluations=desk.evaluations,
        predictions=predictions,
        tags=world.tags,
        generator=desk.stream(turn, purpose),
        state=desk.states.get(purpose),
    )


def ask(world: World, turn: int) -> list[Asked]:
    """Draw candidates for every student, predict them where a policy needs it, and let the policies pick."""
    candidates = []
    for desk in world.desks:
        size = min(desk.plan.candidates, len(world.pool))
        drawn = desk.stream(turn, "candidates").choice(len(world.pool), size=size, replace=False)
        candidates.append(tuple(world.pool[int(index)] for index in drawn))
    requests = [
        request
        for desk, row in zip(world.desks, candidates, strict=True)
        if "predictions" in desk.plan.ask.needs
        for request in desk.answerer.options(seen(desk, row))
    ]
    scores = iter(world.model.score(requests) if requests else [])
    asked = []
    for desk, row in zip(world.desks, candidates, strict=True):
        predictions = tuple(next(scores) for _ in row) if "predictions" in desk.plan.ask.needs else ()
        known = {question.id: scored for question, scored in zip(row, predictions, strict=bool(predictions))}
        picks = desk.plan.ask.select(row, desk.plan.questions, context(world, desk, turn, "ask", known))
        asked.append(Asked(candidates=row, predictions=predictions, picks=tuple(picks)))
    return asked


def learn(world: World, turn: int) -> list[tuple[tuple[Selection[Experience], ...], Update | None]]:
    """Let the experience policies select and the trainers update, one batch for each trainer."""
    lessons: list[tuple[Selection[Experience], ...]] = []
    for desk in world.desks:
        if turn % desk.plan.learn_every:
            lessons.append(())
            continue
        k = len(desk.memory) if desk.plan.lessons is None else desk.plan.lessons
        lessons.append(tuple(desk.plan.learn.select(desk.memory, k, context(world, desk, turn, "learn", {}))))
    updates: dict[str, Update] = {}
    for trainer in dict.fromkeys(desk.plan.trainer for desk in world.desks):
        batches = {
            desk.seat.name: [selection.item for selection in selected]
            for desk, selected in zip(world.desks, lessons, strict=True)
            if selected and desk.plan.trainer == trainer
        }
        generators = {desk.seat.name: desk.stream(turn, "train") for desk in world.desks if desk.seat.name in batches}
        if batches and isinstance(world.model, SelfTaught):
            updates.update(world.model.learn(batches, turn=turn, generators=generators))
        elif batches:
            updates.update(trainer.update(world.model, batches, Marking(world), generators=generators))
    return [(selected, updates.get(desk.seat.name)) for desk, selected in zip(world.desks, lessons, strict=True)]


@dataclass(frozen=True, slots=True)
class Marking:
    """Reads and judges what a trainer samples, with the world's own students and judge."""

    world: World

    def __call__(
        self, slot: str, questions: Sequence[Question], completions: Sequence[Completion], *, seeds: Sequence[int]
    ) -> list[Feedback]:
        answerer = next(desk.answerer for desk in self.world.desks if desk.seat.name == slot)
        shown = [question.shown() for question in questions]
        answers = answerer.read(shown, completions, model_version="")
        return self.world.judge.judge(questions, answers, seeds=seeds)


def evaluate(world: World, turn: int) -> list[dict[str, Evaluation]]:
    """Measure every student that is due on the held-out set, and on the probe set where its policy needs it."""
    found: list[dict[str, Evaluation]] = [{} for _ in world.desks]
    due = [turn % desk.plan.evaluate_every == 0 or turn == world.turns for desk in world.desks]
    for name, questions in (("held_out", world.held_out), ("probe", world.probe)):
        wanted = [
            ready and (name == "held_out" or "probe" in desk.plan.ask.needs)
            for ready, desk in zip(due, world.desks, strict=True)
        ]
        asked = [questions if want else () for want in wanted]
        if not any(asked):
            continue
        answers = answer(world, asked, turn, f"evaluate {name}")
        truths = judge(world, world.exact_judge, asked, answers, turn)
        for evaluations, want, row, truth in zip(found, wanted, answers, truths, strict=True):
            if want:
                evaluations[name] = evaluation(row, truth)
    return found


def evaluation(answers: Sequence[Answer], truths: Sequence[Feedback]) -> Evaluation:
    """Summarise one student's answers to one question set."""
    results = tuple(
        Result(
            question_id=given.question_id,
            text=given.text,
            truth=truth.score,
            choice=given.choice,
            confidence=confidence(given),
            stop=given.stop,
        )
        for given, truth in zip(answers, truths, strict=True)
    )
    metrics = {"accuracy": float(np.mean([result.truth for result in results]))}
    metrics["unparsed"] = float(np.mean([given.stop == "unparsed" for given in answers]))
    known = [result.confidence for result in results if result.confidence is not None]
    if known:
        metrics["confidence"] = float(np.mean(known))
    return Evaluation(questions=len(results), metrics=metrics, results=results)


def confidence(given: Answer) -> float | None:
    """Return the normalised probability of the option taken, or None where the options were not scored."""
    if given.confidence is not None:
        return given.confidence
    if given.choice is None or not given.choice_logprobs:
        return None
    logprobs = np.asarray(given.choice_logprobs)
    odds = np.exp(logprobs - logprobs.max())
    return float(odds[given.choice] / odds.sum())


def experienced(
    turn: int,
    questions: Sequence[Sequence[Question]],
    answers: Sequence[Sequence[Answer]],
    feedback: Sequence[Sequence[Feedback]],
    truths: Sequence[Sequence[Feedback]],
) -> list[tuple[Experience, ...]]:
    """Join what every student was asked, answered and told."""
    return [
        tuple(
            Experience(question=question, answer=given, feedback=said, truth=truth.score, turn=turn, position=position)
            for position, (question, given, said, truth) in enumerate(zip(*rows, strict=True))
        )
        for rows in zip(questions, answers, feedback, truths, strict=True)
    ]


def first_look(world: World) -> tuple[Turn, ...]:
    """Play turn 0: evaluate before anything is asked."""
    turns = tuple(
        Turn(
            turn=0,
            student=desk.seat.name,
            evaluations=evaluations,
            model_version=world.model.version(desk.seat.name),
        )
        for desk, evaluations in zip(world.desks, evaluate(world, 0), strict=True)
    )
    for desk, turn in zip(world.desks, turns, strict=True):
        desk.close(turn)
    return turns


def play_turn(world: World, number: int) -> tuple[Turn, ...]:
    """Play one turn for every student and return what happened, a `Turn` a desk."""
    asked = ask(world, number)
    questions = [[pick.item for pick in each.picks] for each in asked]
    answers = answer(world, questions, number, "answer")
    feedback = judge(world, world.judge, questions, answers, number)
    same = world.judge == world.exact_judge
    truths = feedback if same else judge(world, world.exact_judge, questions, answers, number)
    experiences = experienced(number, questions, answers, feedback, truths)
    transitions = [tuple(world.environment.step(experience) for experience in row) for row in experiences]
    for desk, row in zip(world.desks, experiences, strict=True):
        desk.memory.extend(row)
    learned = learn(world, number)
    evaluations = evaluate(world, number)
    turns = tuple(
        Turn(
            turn=number,
            student=desk.seat.name,
            candidates=tuple(question.id for question in asked[index].candidates),
            predictions=asked[index].predictions,
            picks=asked[index].picks,
            experiences=experiences[index],
            transitions=transitions[index],
            lessons=learned[index][0],
            update=learned[index][1],
            evaluations=evaluations[index],
            model_version=world.model.version(desk.seat.name),
        )
        for index, desk in enumerate(world.desks)
    )
    for desk, turn in zip(world.desks, turns, strict=True):
        desk.close(turn)
    return turns
