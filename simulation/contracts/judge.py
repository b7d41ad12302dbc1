"""What a judge must hold: one verdict an answer, each a score in [0, 1] that no neighbour changes."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from math import isfinite

from simulation.contracts.boundary import breach, calling, counted, listed
from simulation.contracts.records import fitted
from simulation.contracts.rules import Build, broken, own_randomness
from simulation.contracts.scripted import answers_to, of_every_form
from simulation.core.errors import ContractError, SimulationError
from simulation.core.questions import Measure, computed, sources
from simulation.core.roles import Judge
from simulation.core.types import Answer, Feedback, Outcome, Question

KIND = "judge"
ALONE = 8
"""Answers that a judge is tried on one by one: for models that is what costs time."""
Groups = Mapping[str, Sequence[Question]]
"""Questions to try a judge on, by what they are."""


def guarded_feedback(
    name: str,
    judge: Judge,
    questions: Sequence[Question],
    answers: Sequence[Answer],
    *,
    seeds: Sequence[int],
    measures: Sequence[Measure] = (),
) -> list[Feedback]:
    """Have answers evaluated; return a good Feedback for each. `measures` are what an exact judge is to measure."""
    with calling(KIND, name):
        verdicts = judge.judge(questions, answers, seeds=seeds)
    verdicts = listed(KIND, name, verdicts, "Feedback")
    counted(KIND, name, verdicts, len(answers), ("verdict", "answer"))
    different_verdicts = {id(verdict): verdict for verdict in verdicts}.values()  # judges keep what they said before
    if not all(map(is_sound, different_verdicts)):
        verdicts = [good_feedback(name, *pair) for pair in zip(questions, verdicts, strict=True)]
    refuse_measured(name, measures, verdicts, questions)
    return verdicts


def refuse_measured(
    name: str, measures: Sequence[Measure], verdicts: Sequence[Feedback], questions: Sequence[Question]
) -> None:
    """Refuse what an exact judge does not tell of every answer, and values that are none of the measures'."""
    numbers = {source: [verdict.metrics.get(source) for verdict in verdicts] for source in sorted(sources(measures))}
    for source, column in numbers.items():
        if None in column:
            what = f"tells no {source!r} of an answer to {questions[column.index(None)].id!r}, from which its "
            what += "environment computes a measure"
            raise breach(KIND, name, what, f"tell it: Feedback(…, metrics={{{source!r}: …}})")
    values = computed(measures, numbers)
    for place, measure in enumerate(measures):
        told = [verdict.metrics.get(measure.name) if place else verdict.score for verdict in verdicts]
        if measure.name not in values:
            refuse_values(name, measure, told, questions)
            continue
        refuse_values(name, measure, values[measure.name].tolist(), questions)
        if place == 0 and told != values[measure.name].tolist():
            what = f"gives scores that are not the {measure.name!r} that its environment computes from what it tells"
            raise breach(KIND, name, what, "let the score be the first measure")


def refuse_values(name: str, measure: Measure, values: Sequence[float | None], questions: Sequence[Question]) -> None:
    """Refuse values of a measure that its environment does not allow."""
    distinct = {*values}
    if distinct <= {0.0, 1.0}:
        return
    if measure.graded and None not in distinct and all(0.0 <= value <= 1.0 for value in values if value is not None):
        return
    value, question = next(
        (value, question)
        for value, question in zip(values, questions, strict=True)
        if value is None or not (0.0 <= value <= 1.0 if measure.graded else value in (0.0, 1.0))
    )
    if value is None:
        what = f"measures no {measure.name!r} of an answer to {question.id!r}, which its environment names"
        raise breach(KIND, name, what, f"give it: Feedback(…, metrics={{{measure.name!r}: …}})")
    what = f"measures {measure.name!r} of an answer to {question.id!r} as {value:.4g}"
    if 0.0 <= value <= 1.0:
        remedy = f"let the environment name it graded: Measure(name={measure.name!r}, graded=True)"
        raise breach(KIND, name, f"{what}, where it is 0 or 1", remedy)
    raise breach(KIND, name, what, "a measure lies between 0 and 1")


def is_sound(feedback: object) -> bool:
    """Tell by a quick look whether a verdict is good; one that is not may still be made so."""
    return (
        type(feedback) is Feedback
        and type(feedback.score) is float
        and 0.0 <= feedback.score <= 1.0
        and type(feedback.judge) is type(feedback.explanation) is str
        and (feedback.correction is None or type(feedback.correction) is str)
        and type(feedback.metrics) is dict
        and (not feedback.metrics or is_sound_numbers(feedback.metrics))
        and type(feedback.outcomes) is tuple
        and (not feedback.outcomes or all(map(is_sound_outcome, feedback.outcomes)))
    )


def is_sound_numbers(metrics: Mapping[str, float]) -> bool:
    """Tell whether metrics are finite floats by name."""
    values = metrics.values()
    return {*map(type, metrics)} == {str} and {*map(type, values)} == {float} and isfinite(sum(values))


def is_sound_outcome(outcome: object) -> bool:
    """Tell whether what came of a part of an answer is good."""
    return (
        type(outcome) is Outcome
        and type(outcome.score) is float
        and 0.0 <= outcome.score <= 1.0
        and type(outcome.part) is type(outcome.reason) is type(outcome.detail) is type(outcome.evidence) is str
    )


def good_feedback(name: str, question: Question, feedback: object) -> Feedback:
    """Return a verdict with its numbers made float and its lists tuples; raises ContractError."""
    of = f"for question {question.id!r}"
    verdict = fitted(KIND, name, feedback, Feedback, of)
    if not 0.0 <= verdict.score <= 1.0:
        raise breach(KIND, name, f"gave the score {verdict.score!r} {of}", "a score lies between 0 and 1")
    for outcome in verdict.outcomes:
        if not 0.0 <= outcome.score <= 1.0:
            what = f"gave the part {outcome.part!r} the score {outcome.score!r} {of}"
            raise breach(KIND, name, what, "a score lies between 0 and 1")
    return verdict


def check_judge(name: str, build: Build, asked: Sequence[Question] | None = None) -> list[str]:
    """Return what a judge breaks of its contract, tried on `asked`, or on scripted questions of every form."""
    groups = of_every_form() if asked is None else {"these questions": asked}
    return broken([partial(rule, groups) for rule in RULES], name, build)


def judged(name: str, build: Build, groups: Groups) -> Iterator[tuple[Judge, list[Question], list[Answer]]]:
    """Yield a judge with questions that it can judge and answers to them; one that can judge none is refused."""
    refusals = []
    for noun, asked in groups.items():
        judge: Judge = build()
        questions, answers = answers_to(asked)
        try:
            guarded_feedback(name, judge, questions, answers, seeds=[*range(len(answers))])
        except ContractError:
            raise
        except SimulationError as error:
            refusals.append(f"{noun}: {error}")
            continue
        yield judge, questions, answers
    if len(refusals) == len(groups):
        raise breach(
            KIND, name, f"can judge none of the questions it was tried on ({refusals[0]})", "see what it needs"
        )


def one_verdict_an_answer(groups: Groups, name: str, build: Build) -> None:
    """A judge gives each answer one good verdict, and draws from the seeds alone."""
    with own_randomness(KIND, name):
        for judge, _, _ in judged(name, build, groups):
            guarded_feedback(name, judge, [], [], seeds=[])


def no_verdict_depends_on_its_neighbours(groups: Groups, name: str, build: Build) -> None:
    """A verdict depends on its own answer and seed: not on the order, the batch, or on what was judged before."""
    for judge, questions, answers in judged(name, build, groups):
        rows = [*zip(questions, answers, range(7, 7 + len(answers)), strict=True)]

        def verdicts(rows: Sequence[tuple[Question, Answer, int]], judge: Judge = judge) -> list[Feedback]:
            columns = ([*column] for column in zip(*rows, strict=True))
            questions, answers, seeds = columns
            return guarded_feedback(name, judge, questions, answers, seeds=seeds)

        together = verdicts(rows)
        for other, how in (
            (verdicts(rows), "is judged again"),
            (verdicts(rows[::-1])[::-1], "stands in another order"),
            ([verdicts([row])[0] for row in rows[:ALONE]], "is judged alone"),
        ):
            for (question, answer, _), first, second in zip(rows, together, other, strict=False):
                if said(first) != said(second):
                    what = f"scores the answer {answer.text!r} to {question.id!r} {first.score}, and {second.score} "
                    what += (
                        f"where it {how}" if first.score != second.score else f"and says something else where it {how}"
                    )
                    remedy = "let a verdict depend on its question, answer and seed alone"
                    raise breach(KIND, name, what, remedy)


def said(feedback: Feedback) -> tuple[object, ...]:
    """Return what of a verdict may not depend on anything else."""
    return feedback.score, feedback.correction, feedback.explanation, feedback.reason


RULES = (one_verdict_an_answer, no_verdict_depends_on_its_neighbours)
