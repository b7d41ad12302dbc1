"""Forms and keys of a module outside this program are stored like ours, and found again by who only reads."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
MODULE = """
from simulation.core.kinds.kind import Form, Key
from simulation.core.questions import Measure, Splits

class Scale(Form, frozen=True, kw_only=True, tag="scale"):
    low: int
    high: int

class Around(Key, frozen=True, kw_only=True, tag="around"):
    middle: float


class Environment:
    exact_judge = "answer_key"
    measures = (Measure(name="closeness", graded=True),)

    def questions(self, seed: int) -> Splits:
        return Splits(pool=(), held_out=())
"""
UNTAGGED = """
class Untagged(Form, frozen=True, kw_only=True):
    low: int = 0
"""
WRITE = """
import sys
from pathlib import Path
import outside
from simulation.core.types import Question, Seat
from simulation.store import Study
question = Question(id="q", prompt="?", form=eval(sys.argv[2], vars(outside)), key=outside.Around(middle=1.5))
scenario = {"entries": [{"environment": {"name": "outside:Environment"}}]}
Study.create(
    Path(sys.argv[1]), scenario=scenario, seats=[Seat(name="a", number=0, seed=0)], fingerprint={},
    measures=outside.Environment.measures, sets={"held_out": [question]},
).close()
"""
READ = """
import sys
from pathlib import Path
from simulation.store import Study
with Study.open(Path(sys.argv[1])) as study:
    study.verify()
    (question,) = study.question_set("held_out")
    print(question.form, question.key, study.measures)
"""


def ran(code: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    path = f"import sys; sys.path[:0] = [{str(ROOT)!r}, {str(folder / 'lib')!r}]\n"
    command = [sys.executable, "-c", path + code, str(folder / "s"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)


def module(folder: Path) -> Path:
    """Put the module where it is found."""
    (folder / "lib").mkdir()
    path = folder / "lib" / "outside.py"
    path.write_text(MODULE, encoding="utf-8")
    return path


def test_kinds_of_another_module_are_found_by_who_only_reads(disk: Path) -> None:
    path = module(disk)
    written = ran(WRITE, disk, "Scale(low=1, high=5)")
    assert written.returncode == 0, written.stderr
    read = ran(READ, disk)
    assert read.returncode == 0, read.stderr
    assert read.stdout.startswith("Scale(low=1, high=5) Around(middle=1.5) (Measure(name='closeness', graded=True")
    path.unlink()
    read = ran(READ, disk)
    assert "no form is of kind 'scale'" in read.stderr and "the module that has it" in read.stderr


def test_a_kind_that_would_be_read_back_as_another_is_refused(disk: Path) -> None:
    """Here one that has no tag of its own, so that free text would be read back as it."""
    path = module(disk)
    path.write_text(MODULE + UNTAGGED, encoding="utf-8")
    refused = ran(WRITE, disk, "Form()")
    assert "Form or Around is read back as another value: give it a tag of its own" in refused.stderr
