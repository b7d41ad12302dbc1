"""Judges that run programs in the sandbox: the one a student learns from, and the exact one.

A question's visible tests are for both; its hidden tests only measure. What a judge says names a visible test that
failed, and of a hidden one no more than its number.
"""

import platform
from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar
from zlib import crc32

from pydantic import Field

from agents.judges.program_outcomes import (
    all_hidden,
    beginning,
    by_test,
    every,
    explained,
    fault,
    pass_rate,
    refuse_faultless,
    visible,
)
from agents.reading.lent import lent_to_tests
from agents.reading.programs import equals_reference, program_in, program_tests, untested
from agents.sandbox import Limits, Program, Report, SandboxUnavailable
from agents.sandbox.probe import probe
from agents.sandbox.program import Level
from agents.sandbox.shared import Place, judged, note, shared, spent
from simulation.core.kinds.program_tests import SCRIPT, Test
from simulation.core.optional_roles import Metering
from simulation.core.registry import judge, parameters
from simulation.core.types import Answer, Feedback, Question

SHARED = ("level", "lanes", "allow_weaker", "cpu_seconds", "wall_seconds", "memory_mebibytes")


@parameters
class Sandboxed:
    """What judges that run programs share: where these run, what they may use, and what becomes of their verdicts."""

    executes: ClassVar[bool] = True
    """A replay takes the recorded verdicts instead of running the programs again."""
    level: Level = "full"
    """Namespaces, Landlock, seccomp and limits; "lock" has no namespaces, "rlimits" has limits alone."""
    lanes: Annotated[int, Field(ge=1, le=64)] | None = None
    """How many programs run at the same time; null is one for each core, at most four."""
    allow_weaker: bool = False
    """Use the strongest level below where this machine lacks a layer; every verdict then says so."""
    cpu_seconds: Annotated[int, Field(ge=1, le=3600)] = 4
    """What a program and its tests may compute."""
    wall_seconds: Annotated[float, Field(ge=0.01, le=3600, allow_inf_nan=False)] = 12.0
    """After which a program is ended that neither computes nor ends."""
    memory_mebibytes: Annotated[int, Field(ge=16, le=1 << 16)] = 256
    """What a program may take."""
    correct: bool = False
    """Whether to hand a student whose program fails the reference as correction."""

    @property
    def place(self) -> Place:
        """Where programs run."""
        return Place(self.level, self.lanes, self.allow_weaker)

    def check(self) -> None:
        """Open the sandbox; raises `SandboxUnavailable` with the layer that is missing and the ways out."""
        shared(self.place)

    def shares(self) -> Mapping[str, object]:
        """Return the parameters that another judge of the same programs should have: where they run, and with what."""
        return {name: getattr(self, name) for name in SHARED}

    def metered(self) -> Metering:
        """Return the CPU seconds that the programs themselves have used since this was last asked."""
        seconds, by_answer = spent(self.place)
        return Metering({"programs": seconds}, by_answer)

    def fingerprint(self) -> Mapping[str, str]:
        """Return the Python that runs the programs."""
        return {"python": platform.python_version()}

    @classmethod
    def diagnosis(cls) -> Mapping[str, Mapping[str, str]]:
        """Return, for the section "sandbox", each layer and level with "works" or "missing: …"."""
        try:
            return {"sandbox": probe()}
        except SandboxUnavailable as error:
            return {"sandbox": {"layers": f"missing: {error}"}}

    def ran(
        self, questions: Sequence[Question], sources: Sequence[str], tests: Sequence[Sequence[Test]]
    ) -> list[Report]:
        """Run a program for each question, with some of its tests; raises where the fault is not the program's."""
        limits = Limits(
            cpu_seconds=self.cpu_seconds, wall_seconds=self.wall_seconds, memory_mebibytes=self.memory_mebibytes
        )
        programs = [
            Program(
                source=source,
                tests=(codes := tuple(test.code for test in question_tests)),
                setup=program_tests(question).setup,
                lent=(lent := lent_to_tests(question, codes)).code,
                classes=lent.classes,
                shared=lent.shared,
                reference=lent.reference,
                script=program_tests(question).setup.startswith(SCRIPT),
                seed=crc32(question.id.encode("utf-8", "surrogatepass")),
                limits=limits,
            )
            for question, source, question_tests in zip(questions, sources, tests, strict=True)
        ]
        reports = judged(programs, self.place)
        for question, report in zip(questions, reports, strict=True):
            refuse_faultless(question, report)
        return reports

    def ran_answers(
        self, questions: Sequence[Question], answers: Sequence[Answer], tests: Sequence[Sequence[Test]]
    ) -> tuple[list[str], list[Report]]:
        """Run each answer as a program, and note what it used; return the programs and their reports."""
        sources = [program_in(question, answer.text) for question, answer in zip(questions, answers, strict=True)]
        reports = self.ran(questions, sources, tests)
        judged_answers = zip(questions, answers, reports, strict=True)
        note(
            self.place,
            {(question.id, answer.text): report.program_seconds for question, answer, report in judged_answers},
        )
        return sources, reports

    def signed(self, name: str, report: Report) -> str:
        """Return the name to put under a verdict, which tells what isolated the program where that was not all."""
        return name if report.level == "full" else f"{name} at level {report.level}"

    def meaning(self, verdict: Feedback) -> str | None:
        """Return what a program did in its tests, the same for programs of equal behaviour; None of one not loaded."""
        did = [(outcome.reason, outcome.detail, outcome.evidence) for outcome in verdict.outcomes]
        return None if any(reason == "load_error" for reason, _, _ in did) else repr(did)

    def correction(self, question: Question, report: Report) -> str | None:
        """Return the reference for a program that failed, where that is wished."""
        return (question.key.reference or None) if self.correct and fault(report) is not None else None

    def failing(self, questions: Sequence[Question], tests: Sequence[Sequence[Test]]) -> list[str]:
        """Return a line for each question whose reference fails some of its tests."""
        with_reference = [
            (question, question_tests)
            for question, question_tests in zip(questions, tests, strict=True)
            if question.key.reference
        ]
        reports = self.ran(
            [question for question, _ in with_reference],
            [program_in(question, question.key.reference or "") for question, _ in with_reference],
            [question_tests for _, question_tests in with_reference],
        )
        return [
            f"question {question.id!r}: its own reference fails: {explained(question_tests, report, show_hidden=True)}"
            for (question, question_tests), report in zip(with_reference, reports, strict=True)
            if report.verdict != "passed"
        ]


@judge("executor")
class Executor(Sandboxed):
    """Runs an answer as a program: the score is the share of the visible tests that pass."""

    def refusal(self, question: Question) -> str | None:
        """Return that a question has no visible test."""
        return untested(question) or all_hidden(question)

    def judge(
        self, questions: Sequence[Question], answers: Sequence[Answer], *, seeds: Sequence[int]
    ) -> list[Feedback]:
        """Evaluate each answer; a program's own random numbers depend on its question alone, so seeds are not used."""
        del seeds
        tests = [visible(question) for question in questions]
        # the exact judge runs every test of the same programs: run now, they need not run again
        _, full_reports = self.ran_answers(questions, answers, [every(question) for question in questions])
        reports = [
            beginning(report, len(question_tests)) for report, question_tests in zip(full_reports, tests, strict=True)
        ]
        return [
            Feedback(
                score=pass_rate(report),
                judge=self.signed("executor", report),
                explanation=explained(question_tests, report),
                correction=self.correction(question, report),
                outcomes=by_test(report),
            )
            for question, question_tests, report in zip(questions, tests, reports, strict=True)
        ]

    def audit(self, questions: Sequence[Question]) -> list[str]:
        """Return a line for each question whose reference fails a visible test."""
        return self.failing(questions, [visible(question) for question in questions])


@judge("all_tests")
class AllTests(Sandboxed):
    """Runs an answer as a program: right is what passes every test, visible and hidden."""

    def refusal(self, question: Question) -> str | None:
        """Return that a question has no test."""
        return untested(question)

    def judge(
        self, questions: Sequence[Question], answers: Sequence[Answer], *, seeds: Sequence[int]
    ) -> list[Feedback]:
        """Evaluate each answer; a program's own random numbers depend on its question alone, so seeds are not used."""
        del seeds
        tests = [every(question) for question in questions]
        sources, reports = self.ran_answers(questions, answers, tests)
        return [
            Feedback(
                score=float(pass_rate(report) == 1),
                judge=self.signed("all_tests", report),
                explanation=explained(question_tests, report),
                correction=self.correction(question, report),
                metrics={
                    "pass_rate": pass_rate(report),
                    # what fails its tests is not the reference, and needs no reading
                    "exact_match": float(fault(report) is None and equals_reference(question, source)),
                },
                outcomes=by_test(report),
            )
            for question, source, question_tests, report in zip(questions, sources, tests, reports, strict=True)
        ]

    def audit(self, questions: Sequence[Question]) -> list[str]:
        """Return a line for each question whose reference fails a test, visible or hidden."""
        return self.failing(questions, [every(question) for question in questions])
