"""A sandbox for untrusted programs: what a program does is judged by a process it cannot reach.

The program (candidate) answers calls; the tester, another process, holds tests, expected values and verdicts. Both are
forked by a lane: an interpreter started with an empty environment, in namespaces of its own (level `full`), under
Landlock, a filter of system calls and limits (levels `full` and `lock`), without root, a service or a foreign binary.

Not covered: holes in the kernel behind the calls that remain allowed, and side channels of time. At level `lock` a
program sees which files exist (stat), though it opens none, and has no folder to write to. Memory is limited for each
process, 256 MiB by default, and not for a machine as a whole: a lane may take twice that.
"""

from agents.sandbox.program import Limits, Program, Report, SandboxUnavailable
from agents.sandbox.sandbox import Sandbox, run_programs

__all__ = ["Limits", "Program", "Report", "Sandbox", "SandboxUnavailable", "run_programs"]
