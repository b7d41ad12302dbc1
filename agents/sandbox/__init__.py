"""A sandbox for untrusted programs: what a program does is judged by a process it cannot reach."""

from agents.sandbox.program import Limits, Outcome, Program, Report, SandboxUnavailable
from agents.sandbox.sandbox import Sandbox, run_programs

__all__ = ["Limits", "Outcome", "Program", "Report", "Sandbox", "SandboxUnavailable", "run_programs"]
