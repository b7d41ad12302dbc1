"""Attacks on the sandbox end with the verdict they deserve and without an effect on the machine."""

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from agents.sandbox import Limits, Program, Sandbox, SandboxUnavailable, process
from tests.sandbox.attacks import SPECIAL, attacks
from tests.sandbox.attacks.machine import SECRET, dismantle, machine

ATTACKS = attacks()
ROOT = Path(__file__).resolve().parents[2]
QUICK = [attack for attack in ATTACKS if "slow" not in attack.flags]
SLOW = [attack for attack in ATTACKS if "slow" in attack.flags]
ARRIVING = [attack for attack in ATTACKS if "arrives" in attack.flags]
MAIN = process.MAIN
FIRST_LANDLOCK = "from agents.sandbox.inside import landlock\nlandlock.version = lambda: 1\n"
"""Makes a lane use what Linux 5.13 had of Landlock: it judges neither emptying of files nor abstract Unix sockets."""
AGAIN = os.environ.get("ATTACKS") == "again"
"""Whether this is the run of another user, which leaves out the slow ones."""


def named(attack):
    return f"{attack.family}: {attack.name}"


def program(attack, bait):
    source = bait.fill_in(attack.source)
    for name, text in SPECIAL.items():
        source = source.replace(name, text)
    limits = Limits(cpu_seconds=1, wall_seconds=2.0 if "slow" in attack.flags else 10.0)
    return Program(source=source, tests=(attack.test,), limits=limits)


def assert_deserved(attack, report):
    assert report.verdict in attack.verdicts[report.level], report
    assert re.search(attack.says, report.outcomes[0].message), report


@pytest.fixture(scope="module")
def bait():
    bait = machine()
    yield bait
    dismantle(bait)


@pytest.fixture(scope="module", params=["full", "lock", "lock with the first Landlock"])
def sandbox(request):
    level, _, older = request.param.partition(" with ")
    before = os.environ.get("API_KEY")
    os.environ["API_KEY"] = SECRET
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(process, "MAIN", (FIRST_LANDLOCK if older else "") + MAIN)
            with Sandbox(level=level) as sandbox:
                yield sandbox
    except SandboxUnavailable as error:
        pytest.skip(str(error))
    finally:
        os.environ.pop("API_KEY")
        if before is not None:
            os.environ["API_KEY"] = before


def test_there_are_enough_attacks_of_every_family():
    counts = Counter(attack.family for attack in ATTACKS)
    families = "resources files network sockets processes cheating sources late benign"
    assert sorted(counts) == sorted(families.split())
    assert sum(counts.values()) - counts["benign"] >= 120 and len({(a.family, a.name) for a in ATTACKS}) == len(ATTACKS)


@pytest.mark.parametrize("attack", QUICK, ids=named)
def test_an_attack_gets_its_verdict_and_has_no_effect(sandbox, bait, attack):
    (report,) = sandbox.run([program(attack, bait)])
    bait.check(report)
    assert_deserved(attack, report)


@pytest.mark.parametrize("attack", ARRIVING, ids=named)
def test_the_same_attack_has_its_effect_where_nothing_confines_it(bait, attack):
    as_nobody = ["tests.support.unprivileged"] if os.geteuid() == 0 else []
    command = [sys.executable, "-m", *as_nobody, "tests.sandbox.attacks.unconfined"]
    source = bait.fill_in(attack.source)
    done = subprocess.run(command, cwd=ROOT, input=source, capture_output=True, text=True, timeout=60)
    assert any(name in attack.source for name in bait.arrivals()), done.stderr


@pytest.fixture(scope="module")
def slow_reports(bait):
    """Return what became of the attacks that take their time, four at once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(process, "MAIN", MAIN)  # the last sandbox of the other tests stands until all of them are over
        with Sandbox(lanes=4) as sandbox:
            reports = sandbox.run([program(attack, bait) for attack in SLOW])
    for report in reports:
        bait.check(report)
    return dict(zip(map(named, SLOW), reports, strict=True))


@pytest.mark.skipif(AGAIN, reason="has been run by the user who started the tests")
@pytest.mark.parametrize("attack", SLOW, ids=named)
def test_an_attack_on_time_or_memory_gets_its_verdict(slow_reports, attack):
    assert_deserved(attack, slow_reports[named(attack)])


@pytest.mark.skipif(os.geteuid() != 0, reason="the other tests are run without rights already")
def test_all_this_holds_for_a_user_without_rights():
    command = [sys.executable, "-m", "tests.support.unprivileged", "pytest", "-q", "-p", "no:cacheprovider", __file__]
    done = subprocess.run(command, cwd=ROOT, env={"ATTACKS": "again"}, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0 and " passed" in done.stdout, done.stdout[-5000:] + done.stderr[-2000:]
